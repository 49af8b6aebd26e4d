package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/activity"
)

// ListTaskActivity implements GET /v1/tasks/{task}/activity.
func (s *Server) ListTaskActivity(w http.ResponseWriter, r *http.Request, id api.PathTask, params api.ListTaskActivityParams) {
	s.listActivity(w, r, activity.OfTask, id, params.Limit)
}

// ListProjectActivity implements GET /v1/projects/{project}/activity.
func (s *Server) ListProjectActivity(w http.ResponseWriter, r *http.Request, id api.PathProject, params api.ListProjectActivityParams) {
	s.listActivity(w, r, activity.OfProject, id, params.Limit)
}

// ListWorkspaceActivity implements GET /v1/workspaces/{workspace}/activity.
func (s *Server) ListWorkspaceActivity(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, params api.ListWorkspaceActivityParams) {
	s.listActivity(w, r, activity.OfWorkspace, id, params.Limit)
}

func (s *Server) listActivity(w http.ResponseWriter, r *http.Request, of activity.Of, id uuid.UUID, wanted *int) {
	q := activity.Query{Of: of, ID: id}
	var err error
	if q.Limit, err = listLimit(wanted); err == nil {
		q.After, err = after[uuid.UUID](s, r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	q.Eventual = eventual(r)
	items, next, err := s.svc.Activity.List(r.Context(), principal(r), q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toActivity), next)
}

// toActivity names the token of what was done with a personal access token; a session's says nothing to anybody.
func toActivity(e activity.Entry) api.Activity {
	a := api.Activity{
		ID: e.ID, WorkspaceID: e.WorkspaceID, ProjectID: e.ProjectID, TaskID: e.TaskID,
		Actor: api.AccountRef{ID: e.ActorID, Name: e.ActorName}, Action: e.Action,
		Entity: api.EntityRef{Type: e.EntityType, ID: e.EntityID}, Changes: each(e.Changes, toChange), CreatedAt: e.CreatedAt,
	}
	if e.TokenID != nil && e.TokenName != "" {
		a.Token = &api.TokenRef{ID: *e.TokenID, Name: e.TokenName}
	}
	return a
}

func toChange(c activity.Change) api.Change {
	return api.Change{Field: c.Field, From: c.From, To: c.To}
}
