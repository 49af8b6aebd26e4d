package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// ListStatuses implements GET /v1/projects/{project}/statuses.
func (s *Server) ListStatuses(w http.ResponseWriter, r *http.Request, projectID api.PathProject, params api.ListStatusesParams) {
	wanted, err := projectPage[project.StatusCursor](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Projects.Statuses(r.Context(), principal(r), projectID, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toStatus), next)
}

// CreateStatus implements POST /v1/projects/{project}/statuses.
func (s *Server) CreateStatus(w http.ResponseWriter, r *http.Request, projectID api.PathProject, _ api.CreateStatusParams) {
	in, err := decode[api.StatusCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Projects.CreateStatus(r.Context(), principal(r), projectID, project.StatusInput{
		Name: in.Name, Category: project.Category(in.Category), Position: in.Position,
	})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/statuses/"+v.ID.String(), v.Version, toStatus(v))
}

// GetStatus implements GET /v1/statuses/{status}.
func (s *Server) GetStatus(w http.ResponseWriter, r *http.Request, id api.PathStatus, _ api.GetStatusParams) {
	v, err := s.svc.Projects.Status(r.Context(), principal(r), id)
	s.statusOrFail(w, r, v, err)
}

// UpdateStatus implements PATCH /v1/statuses/{status}.
func (s *Server) UpdateStatus(w http.ResponseWriter, r *http.Request, id api.PathStatus, _ api.UpdateStatusParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.StatusPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Projects.UpdateStatus(r.Context(), principal(r), id, project.StatusPatch{
		IfVersion: version, Name: patch.Name, Position: patch.Position,
	})
	s.statusOrFail(w, r, v, err)
}

// DeleteStatus implements DELETE /v1/statuses/{status}.
func (s *Server) DeleteStatus(w http.ResponseWriter, r *http.Request, id api.PathStatus, _ api.DeleteStatusParams) {
	version, err := ifMatch(r)
	if err == nil {
		err = s.svc.Projects.DeleteStatus(r.Context(), principal(r), id, version)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) statusOrFail(w http.ResponseWriter, r *http.Request, v project.Status, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, v.Version, toStatus(v))
}

func toStatus(v project.Status) api.Status {
	return api.Status{
		ID: v.ID, ProjectID: v.ProjectID, Name: v.Name, Category: api.StatusCategory(v.Category), Position: v.Position,
		CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: v.Version,
	}
}
