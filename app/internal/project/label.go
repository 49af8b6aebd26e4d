package project

import (
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

var colorPattern = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Label is a mark that a project's tasks can bear.
type Label struct {
	ID        uuid.UUID
	ProjectID uuid.UUID
	// Name is unique in the project, whatever the case.
	Name string
	// Color is #rrggbb in lower case.
	Color     string
	CreatedAt time.Time
	UpdatedAt time.Time
	Version   int64
}

// Validate checks all that a client can set and names every fault at once: validation_failed.
func (v Label) Validate() error {
	var f apperr.Fields
	validateName(&f, v.Name, MaxLabelName)
	if !colorPattern.MatchString(v.Color) {
		f.Add("/color", "invalid_format", "must be # and six hexadecimal digits, as in #1f6feb")
	}
	return f.Err()
}
