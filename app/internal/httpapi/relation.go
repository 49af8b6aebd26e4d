package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// ListRelations implements GET /v1/tasks/{task}/relations.
func (s *Server) ListRelations(w http.ResponseWriter, r *http.Request, taskID api.PathTask, params api.ListRelationsParams) {
	start, err := after[uuid.UUID](s, r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	limit := task.DefaultLimit
	if params.Limit != nil {
		limit = *params.Limit
	}
	items, next, err := s.svc.Tasks.Relations(r.Context(), principal(r), taskID, deref(start), limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toRelation), next)
}

// CreateRelation implements POST /v1/tasks/{task}/relations.
func (s *Server) CreateRelation(w http.ResponseWriter, r *http.Request, taskID api.PathTask, _ api.CreateRelationParams) {
	in, err := decode[api.RelationCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	relation, err := s.svc.Tasks.Relate(r.Context(), principal(r), taskID, in.TaskID, task.RelationType(in.Type))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/relations/"+relation.ID.String(), 0, toRelation(relation))
}

// DeleteRelation implements DELETE /v1/relations/{relation}.
func (s *Server) DeleteRelation(w http.ResponseWriter, r *http.Request, id api.PathRelation) {
	if err := s.svc.Tasks.Unrelate(r.Context(), principal(r), id); err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

func toRelation(r task.Relation) api.Relation {
	direction := api.RelationDirectionOutbound
	if r.Inbound {
		direction = api.RelationDirectionInbound
	}
	return api.Relation{
		ID: r.ID, Type: api.RelationType(r.Type), Direction: direction, CreatedAt: r.CreatedAt,
		Task: api.TaskRef{ID: r.Other.ID, Key: r.Other.Key(), Title: r.Other.Title, Status: toStatusRef(r.Other.Status)},
	}
}
