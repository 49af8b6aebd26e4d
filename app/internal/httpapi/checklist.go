package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// ListChecklistItems implements GET /v1/tasks/{task}/checklist.
func (s *Server) ListChecklistItems(w http.ResponseWriter, r *http.Request, taskID api.PathTask, params api.ListChecklistItemsParams) {
	start, err := after[task.ItemCursor](s, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	wanted := task.ItemPage{After: start, Limit: task.DefaultLimit, Eventual: eventual(r)}
	if params.Limit != nil {
		wanted.Limit = *params.Limit
	}
	items, next, err := s.svc.Tasks.Checklist(r.Context(), principal(r), taskID, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toChecklistItem), next)
}

// CreateChecklistItem implements POST /v1/tasks/{task}/checklist.
func (s *Server) CreateChecklistItem(w http.ResponseWriter, r *http.Request, taskID api.PathTask, _ api.CreateChecklistItemParams) {
	in, err := decode[api.ChecklistItemCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	item, err := s.svc.Tasks.AddChecklistItem(r.Context(), principal(r), taskID,
		task.ItemInput{Text: in.Text, Done: deref(in.Done), Position: in.Position})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/checklist-items/"+item.ID.String(), item.Version, toChecklistItem(item))
}

// GetChecklistItem implements GET /v1/checklist-items/{item}.
func (s *Server) GetChecklistItem(w http.ResponseWriter, r *http.Request, id api.PathItem, _ api.GetChecklistItemParams) {
	item, err := s.svc.Tasks.ChecklistItem(r.Context(), principal(r), id)
	s.itemOrFail(w, r, item, err)
}

// UpdateChecklistItem implements PATCH /v1/checklist-items/{item}.
func (s *Server) UpdateChecklistItem(w http.ResponseWriter, r *http.Request, id api.PathItem, _ api.UpdateChecklistItemParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	in, err := decode[api.ChecklistItemPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	item, err := s.svc.Tasks.UpdateChecklistItem(r.Context(), principal(r), id,
		task.ItemPatch{Text: in.Text, Done: in.Done, Position: in.Position}, version)
	s.itemOrFail(w, r, item, err)
}

// DeleteChecklistItem implements DELETE /v1/checklist-items/{item}.
func (s *Server) DeleteChecklistItem(w http.ResponseWriter, r *http.Request, id api.PathItem, _ api.DeleteChecklistItemParams) {
	version, err := ifMatch(r)
	if err == nil {
		err = s.svc.Tasks.DeleteChecklistItem(r.Context(), principal(r), id, version)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) itemOrFail(w http.ResponseWriter, r *http.Request, item task.ChecklistItem, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, item.Version, toChecklistItem(item))
}

func toChecklistItem(item task.ChecklistItem) api.ChecklistItem {
	return api.ChecklistItem{
		ID: item.ID, TaskID: item.TaskID, Text: item.Text, Done: item.Done, Position: item.Position,
		CreatedAt: item.CreatedAt, UpdatedAt: item.UpdatedAt, Version: item.Version,
	}
}
