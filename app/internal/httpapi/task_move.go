package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// MoveTask implements POST /v1/tasks/{task}/move.
func (s *Server) MoveTask(w http.ResponseWriter, r *http.Request, id api.PathTask, _ api.MoveTaskParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	in, err := decode[api.TaskMove](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	m, err := s.svc.Tasks.Move(r.Context(), principal(r), id, task.MoveInput{
		ProjectID: in.ProjectID, StatusID: in.StatusID, LabelIDs: in.LabelIDs,
		LeaveSubtasks: in.WithSubtasks != nil && !*in.WithSubtasks,
	}, version)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, m.Task.Version, api.TaskMoved{Task: toTask(m.Task), MovedTasks: m.Tasks, UnmappedLabels: m.Unmapped})
}
