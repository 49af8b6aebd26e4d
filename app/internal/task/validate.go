package task

import "github.com/task-tracker/task-tracker/app/internal/apperr"

// Validate checks what a client can set, for tasks that come in whole as an import's do; what the task refers to is not
// looked at. It names every fault at once: validation_failed.
func (t Task) Validate() error {
	var f apperr.Fields
	t.validate(&f)
	return f.Err()
}
