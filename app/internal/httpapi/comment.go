package httpapi

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/comment"
)

// ListComments implements GET /v1/tasks/{task}/comments.
func (s *Server) ListComments(w http.ResponseWriter, r *http.Request, taskID api.PathTask, params api.ListCommentsParams) {
	wanted, err := commentPage[uuid.UUID](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Comments.List(r.Context(), principal(r), taskID, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toComment), next)
}

// CreateComment implements POST /v1/tasks/{task}/comments.
func (s *Server) CreateComment(w http.ResponseWriter, r *http.Request, taskID api.PathTask, _ api.CreateCommentParams) {
	in, err := decode[api.CommentCreate](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c, err := s.svc.Comments.Create(r.Context(), principal(r), taskID, in.Body)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.created(w, r, "/v1/comments/"+c.ID.String(), c.Version, toComment(c))
}

// GetComment implements GET /v1/comments/{comment}.
func (s *Server) GetComment(w http.ResponseWriter, r *http.Request, id api.PathComment, _ api.GetCommentParams) {
	c, err := s.svc.Comments.Get(r.Context(), principal(r), id)
	s.commentOrFail(w, r, c, err)
}

// UpdateComment implements PATCH /v1/comments/{comment}.
func (s *Server) UpdateComment(w http.ResponseWriter, r *http.Request, id api.PathComment, _ api.UpdateCommentParams) {
	version, err := ifMatch(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	in, err := decode[api.CommentPatch](r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c, err := s.svc.Comments.Update(r.Context(), principal(r), id, comment.Patch{Body: in.Body, IfVersion: version})
	s.commentOrFail(w, r, c, err)
}

// DeleteComment implements DELETE /v1/comments/{comment}.
func (s *Server) DeleteComment(w http.ResponseWriter, r *http.Request, id api.PathComment, _ api.DeleteCommentParams) {
	version, err := ifMatch(r)
	if err == nil {
		err = s.svc.Comments.Delete(r.Context(), principal(r), id, version)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.noContent(w, r)
}

// ListCommentRevisions implements GET /v1/comments/{comment}/history.
func (s *Server) ListCommentRevisions(w http.ResponseWriter, r *http.Request, id api.PathComment, params api.ListCommentRevisionsParams) {
	wanted, err := commentPage[int64](s, r, params.Limit)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	items, next, err := s.svc.Comments.History(r.Context(), principal(r), id, wanted)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	page(s, w, r, each(items, toCommentRevision), next)
}

func commentPage[C any](s *Server, r *http.Request, limit *int) (comment.Page[C], error) {
	start, err := after[C](s, r)
	if err != nil {
		return comment.Page[C]{}, err
	}
	p := comment.Page[C]{After: start, Limit: comment.DefaultLimit, Eventual: eventual(r)}
	if limit != nil {
		p.Limit = *limit
	}
	return p, nil
}

func (s *Server) commentOrFail(w http.ResponseWriter, r *http.Request, c comment.Comment, err error) {
	if err != nil {
		s.fail(w, r, err)
		return
	}
	s.object(w, r, http.StatusOK, c.Version, toComment(c))
}

func toComment(c comment.Comment) api.Comment {
	return api.Comment{
		ID: c.ID, TaskID: c.TaskID, Author: api.AccountRef{ID: c.Author.ID, Name: c.Author.Name}, Body: c.Body,
		Edited: c.Edited, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, Version: c.Version,
	}
}

func toCommentRevision(r comment.Revision) api.CommentRevision {
	return api.CommentRevision{
		Version: r.Version, Body: r.Body, EditedBy: api.AccountRef{ID: r.EditedBy.ID, Name: r.EditedBy.Name}, CreatedAt: r.CreatedAt,
	}
}
