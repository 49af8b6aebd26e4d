package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// ListProjects implements GET /v1/workspaces/{workspace}/projects.
func (s *Server) ListProjects(w http.ResponseWriter, r *http.Request, workspaceID api.PathWorkspace, params api.ListProjectsParams) {
	f := project.Filter{Archived: deref(params.Archived)}
	var err error
	if f.Limit, err = listLimit(params.Limit); err == nil {
		f.After, err = after[uuid.UUID](s, r)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	f.Eventual = eventual(r)
	items, next, err := s.svc.Projects.List(r.Context(), principal(r), workspaceID, f)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toProject), next)
}

// CreateProject implements POST /v1/workspaces/{workspace}/projects.
func (s *Server) CreateProject(w http.ResponseWriter, r *http.Request, workspaceID api.PathWorkspace, _ api.CreateProjectParams) {
	in, err := decode[api.ProjectCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.svc.Projects.Create(r.Context(), principal(r), workspaceID, project.CreateInput{
		Key: in.Key, Name: in.Name, Description: deref(in.Description),
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/projects/"+p.ID.String(), p.Version, toProject(p))
}

// GetProject implements GET /v1/projects/{project}.
func (s *Server) GetProject(w http.ResponseWriter, r *http.Request, id api.PathProject, _ api.GetProjectParams) {
	p, err := s.svc.Projects.Get(r.Context(), principal(r), id)
	s.projectOrFail(w, r, p, err)
}

// UpdateProject implements PATCH /v1/projects/{project}.
func (s *Server) UpdateProject(w http.ResponseWriter, r *http.Request, id api.PathProject, _ api.UpdateProjectParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.ProjectPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	p, err := s.svc.Projects.Update(r.Context(), principal(r), id, project.Patch{
		IfVersion: version, Name: patch.Name, Description: patch.Description, Archived: patch.Archived,
	})
	s.projectOrFail(w, r, p, err)
}

func (s *Server) projectOrFail(w http.ResponseWriter, r *http.Request, p project.Project, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, p.Version, toProject(p))
}

func toProject(p project.Project) api.Project {
	return api.Project{
		ID: p.ID, WorkspaceID: p.WorkspaceID, Key: p.Key, Name: p.Name, Description: p.Description, Archived: p.Archived,
		CreatedAt: p.CreatedAt, UpdatedAt: p.UpdatedAt, Version: p.Version,
	}
}

// listLimit is the size of a page that the caller wants: 1 to 100, and 50 without a wish. Errors: invalid_parameter.
func listLimit(wanted *int) (int, error) {
	const standard, most = 50, 100
	switch {
	case wanted == nil:
		return standard, nil
	case *wanted < 1 || *wanted > most:
		return 0, invalidParameter(nil, "limit", "must be 1 to 100")
	}
	return *wanted, nil
}

// projectPage reads which page of a project's statuses or labels is asked for. Errors: invalid_parameter, invalid_cursor.
func projectPage[C any](s *Server, r *http.Request, wanted *int) (project.Page[C], error) {
	limit, err := listLimit(wanted)
	if err != nil {
		return project.Page[C]{}, err
	}
	start, err := after[C](s, r)
	if err != nil {
		return project.Page[C]{}, err
	}
	return project.Page[C]{After: start, Limit: limit, Eventual: eventual(r)}, nil
}
