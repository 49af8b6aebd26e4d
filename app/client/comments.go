package client

import (
	"context"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Comments iterates over a task's comments, oldest first.
func (c *Client) Comments(ctx context.Context, task uuid.UUID, opts ...CallOption) iter.Seq2[Comment, error] {
	return pages[Comment](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListComments(ctx, task, &api.ListCommentsParams{Cursor: cursor}, e)
	})
}

// CreateComment comments on a task, in Markdown.
func (c *Client) CreateComment(ctx context.Context, task uuid.UUID, body string, opts ...CallOption) (*Comment, error) {
	return do[Comment](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.CreateComment(ctx, task, nil, api.CommentCreate{Body: body}, e)
	})
}

// Comment reads a comment.
func (c *Client) Comment(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Comment, error) {
	return do[Comment](opts, func(e edit) (*http.Response, error) { return c.raw.GetComment(ctx, id, nil, e) })
}

// UpdateComment edits one's own comment; the old text stays in its history.
func (c *Client) UpdateComment(ctx context.Context, id uuid.UUID, body string, opts ...CallOption) (*Comment, error) {
	return do[Comment](opts, func(e edit) (*http.Response, error) {
		return c.raw.UpdateComment(ctx, id, nil, api.CommentPatch{Body: &body}, e)
	})
}

// DeleteComment deletes a comment with its history.
func (c *Client) DeleteComment(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteComment(ctx, id, nil, e) })
}

// CommentHistory iterates over a comment's versions, newest first, the present one included.
func (c *Client) CommentHistory(ctx context.Context, id uuid.UUID, opts ...CallOption) iter.Seq2[CommentRevision, error] {
	return pages[CommentRevision](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListCommentRevisions(ctx, id, &api.ListCommentRevisionsParams{Cursor: cursor}, e)
	})
}
