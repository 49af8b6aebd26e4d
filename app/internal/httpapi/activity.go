package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/activity"
)

// ListTaskActivity implements GET /v1/tasks/{task}/activity.
func (s *Server) ListTaskActivity(w http.ResponseWriter, r *http.Request, id api.PathTask, params api.ListTaskActivityParams) {
	s.listActivity(w, r, activity.OfTask, id, params)
}

// ListProjectActivity implements GET /v1/projects/{project}/activity.
func (s *Server) ListProjectActivity(w http.ResponseWriter, r *http.Request, id api.PathProject, params api.ListProjectActivityParams) {
	s.listActivity(w, r, activity.OfProject, id, api.ListTaskActivityParams{
		Sort: (*api.ListTaskActivityParamsSort)(params.Sort), Since: params.Since, Limit: params.Limit,
	})
}

// ListWorkspaceActivity implements GET /v1/workspaces/{workspace}/activity.
func (s *Server) ListWorkspaceActivity(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, params api.ListWorkspaceActivityParams) {
	s.listActivity(w, r, activity.OfWorkspace, id, api.ListTaskActivityParams{
		Sort: (*api.ListTaskActivityParamsSort)(params.Sort), Since: params.Since, Limit: params.Limit,
	})
}

func (s *Server) listActivity(w http.ResponseWriter, r *http.Request, of activity.Of, id uuid.UUID, params api.ListTaskActivityParams) {
	q, err := activityQuery(of, id, params)
	if err == nil {
		q.After, err = after[activity.Place](s, r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	if q.Since == nil {
		q.Eventual = eventual(r)
	}
	items, next, err := s.svc.Activity.List(r.Context(), principal(r), q)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toActivity), next)
}

func activityQuery(of activity.Of, id uuid.UUID, params api.ListTaskActivityParams) (q activity.Query, err error) {
	q = activity.Query{Of: of, ID: id, Since: params.Since}
	if q.Limit, err = listLimit(params.Limit); err != nil {
		return q, err
	}
	if err := checkSince(params.Since); err != nil {
		return q, err
	}
	switch deref(params.Sort) {
	case "", api.ListTaskActivityParamsSortCreatedAtDesc:
	case api.ListTaskActivityParamsSortCreatedAt:
		q.Oldest = true
	default:
		return q, invalidParameter(nil, "sort", "must be created_at or -created_at")
	}
	if params.Sort != nil && params.Since != nil {
		return q, invalidParameter(nil, "sort", "does not go with since, which has an order of its own: leave it out")
	}
	return q, nil
}

// checkSince refuses what cannot be a sequence number.
func checkSince(since *int64) error {
	if since != nil && (*since < 0 || *since > 1<<53-1) {
		return invalidParameter(nil, "since", "must be 0 to 9007199254740991")
	}
	return nil
}

// GetChanges implements GET /v1/workspaces/{workspace}/changes.
func (s *Server) GetChanges(w http.ResponseWriter, r *http.Request, workspace api.PathWorkspace, params api.GetChangesParams) {
	limit, err := listLimit(params.Limit)
	if err == nil {
		err = checkSince(params.Since)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	events, err := s.svc.Activity.Events(r.Context(), principal(r), workspace, params.Since, limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, 0, api.ChangeFeed{Items: each(events.Items, toChangeEvent), LastSequence: events.Last, More: events.More})
}

func toChangeEvent(e activity.Event) api.ChangeEvent {
	out := api.ChangeEvent{
		Sequence: e.Sequence, Action: e.Action, Entity: api.EntityRef{Type: e.EntityType, ID: e.EntityID},
		ProjectID: e.ProjectID, TaskID: e.TaskID, Deleted: e.Deleted, CreatedAt: e.CreatedAt,
	}
	if e.Task != nil {
		t := toTask(*e.Task)
		out.Task = &t
	}
	return out
}

// toActivity names the token of what was done with a personal access token; a session's says nothing to anybody.
func toActivity(e activity.Entry) api.Activity {
	a := api.Activity{
		ID: e.ID, Sequence: e.Sequence, WorkspaceID: e.WorkspaceID, ProjectID: e.ProjectID, TaskID: e.TaskID,
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
