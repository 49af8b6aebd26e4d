package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// workspacePage reads which page of workspaces, members or invitations is asked for. Errors: invalid_parameter,
// invalid_cursor.
func workspacePage[C any](s *Server, r *http.Request, wanted *int) (workspace.Page[C], error) {
	limit, err := listLimit(wanted)
	if err != nil {
		return workspace.Page[C]{}, err
	}
	start, err := after[C](s, r)
	if err != nil {
		return workspace.Page[C]{}, err
	}
	return workspace.Page[C]{After: start, Limit: limit, Eventual: eventual(r)}, nil
}

// ListWorkspaces implements GET /v1/workspaces.
func (s *Server) ListWorkspaces(w http.ResponseWriter, r *http.Request, params api.ListWorkspacesParams) {
	wanted, err := workspacePage[uuid.UUID](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Workspaces.List(r.Context(), principal(r), wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toWorkspace), next)
}

// CreateWorkspace implements POST /v1/workspaces.
func (s *Server) CreateWorkspace(w http.ResponseWriter, r *http.Request, _ api.CreateWorkspaceParams) {
	in, err := decode[api.WorkspaceCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Workspaces.Create(r.Context(), principal(r), in.Name)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/workspaces/"+v.ID.String(), v.Version, toWorkspace(v))
}

// GetWorkspace implements GET /v1/workspaces/{workspace}.
func (s *Server) GetWorkspace(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, _ api.GetWorkspaceParams) {
	v, err := s.svc.Workspaces.Get(r.Context(), principal(r), id)
	s.workspaceOrFail(w, r, v, err)
}

// UpdateWorkspace implements PATCH /v1/workspaces/{workspace}.
func (s *Server) UpdateWorkspace(w http.ResponseWriter, r *http.Request, id api.PathWorkspace, _ api.UpdateWorkspaceParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.WorkspacePatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Workspaces.Update(r.Context(), principal(r), id, workspace.Patch{Name: patch.Name, IfVersion: version})
	s.workspaceOrFail(w, r, v, err)
}

func (s *Server) workspaceOrFail(w http.ResponseWriter, r *http.Request, v workspace.Workspace, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, v.Version, toWorkspace(v))
}

func toWorkspace(v workspace.Workspace) api.Workspace {
	return api.Workspace{ID: v.ID, Name: v.Name, Role: api.Role(v.Role), CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: v.Version}
}
