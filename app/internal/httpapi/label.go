package httpapi

import (
	"net/http"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// ListLabels implements GET /v1/projects/{project}/labels.
func (s *Server) ListLabels(w http.ResponseWriter, r *http.Request, projectID api.PathProject, params api.ListLabelsParams) {
	wanted, err := projectPage[project.LabelCursor](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Projects.Labels(r.Context(), principal(r), projectID, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toLabel), next)
}

// CreateLabel implements POST /v1/projects/{project}/labels.
func (s *Server) CreateLabel(w http.ResponseWriter, r *http.Request, projectID api.PathProject, _ api.CreateLabelParams) {
	in, err := decode[api.LabelCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Projects.CreateLabel(r.Context(), principal(r), projectID, project.LabelInput{Name: in.Name, Color: in.Color})
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/labels/"+v.ID.String(), v.Version, toLabel(v))
}

// GetLabel implements GET /v1/labels/{label}.
func (s *Server) GetLabel(w http.ResponseWriter, r *http.Request, id api.PathLabel, _ api.GetLabelParams) {
	v, err := s.svc.Projects.Label(r.Context(), principal(r), id)
	s.labelOrFail(w, r, v, err)
}

// UpdateLabel implements PATCH /v1/labels/{label}.
func (s *Server) UpdateLabel(w http.ResponseWriter, r *http.Request, id api.PathLabel, _ api.UpdateLabelParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	patch, err := decode[api.LabelPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v, err := s.svc.Projects.UpdateLabel(r.Context(), principal(r), id, project.LabelPatch{IfVersion: version, Name: patch.Name, Color: patch.Color})
	s.labelOrFail(w, r, v, err)
}

// DeleteLabel implements DELETE /v1/labels/{label}.
func (s *Server) DeleteLabel(w http.ResponseWriter, r *http.Request, id api.PathLabel, _ api.DeleteLabelParams) {
	version, err := ifMatch(r)
	if err == nil {
		err = s.svc.Projects.DeleteLabel(r.Context(), principal(r), id, version)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func (s *Server) labelOrFail(w http.ResponseWriter, r *http.Request, v project.Label, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, v.Version, toLabel(v))
}

func toLabel(v project.Label) api.Label {
	return api.Label{
		ID: v.ID, ProjectID: v.ProjectID, Name: v.Name, Color: v.Color, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: v.Version,
	}
}
