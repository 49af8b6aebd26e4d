package client

import (
	"context"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Checklist iterates over the items of a task's checklist, by position.
func (c *Client) Checklist(ctx context.Context, task uuid.UUID, opts ...CallOption) iter.Seq2[ChecklistItem, error] {
	return pages[ChecklistItem](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListChecklistItems(ctx, task, &api.ListChecklistItemsParams{Cursor: cursor}, e)
	})
}

// CreateChecklistItem adds an item to a task's checklist, behind the others where it has no position.
func (c *Client) CreateChecklistItem(ctx context.Context, task uuid.UUID, in ChecklistItemCreate, opts ...CallOption) (*ChecklistItem, error) {
	return do[ChecklistItem](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.CreateChecklistItem(ctx, task, nil, in, e)
	})
}

// ChecklistItem reads an item of a checklist.
func (c *Client) ChecklistItem(ctx context.Context, id uuid.UUID, opts ...CallOption) (*ChecklistItem, error) {
	return do[ChecklistItem](opts, func(e edit) (*http.Response, error) { return c.raw.GetChecklistItem(ctx, id, nil, e) })
}

// UpdateChecklistItem changes an item of a checklist: nil fields stay.
func (c *Client) UpdateChecklistItem(ctx context.Context, id uuid.UUID, p ChecklistItemPatch, opts ...CallOption) (*ChecklistItem, error) {
	return do[ChecklistItem](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateChecklistItem(ctx, id, nil, p, e) })
}

// DeleteChecklistItem deletes an item of a checklist.
func (c *Client) DeleteChecklistItem(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteChecklistItem(ctx, id, nil, e) })
}
