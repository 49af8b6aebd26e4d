package client

import (
	"context"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Projects iterates over a workspace's projects, oldest first: the archived ones where archived is true, else the others.
func (c *Client) Projects(ctx context.Context, workspace uuid.UUID, archived *bool, opts ...CallOption) iter.Seq2[Project, error] {
	return pages[Project](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListProjects(ctx, workspace, &api.ListProjectsParams{Archived: archived, Cursor: cursor}, e)
	})
}

// CreateProject makes a project with default statuses.
func (c *Client) CreateProject(ctx context.Context, workspace uuid.UUID, in ProjectCreate, opts ...CallOption) (*Project, error) {
	return do[Project](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.CreateProject(ctx, workspace, nil, in, e) })
}

// Project reads a project.
func (c *Client) Project(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Project, error) {
	return do[Project](opts, func(e edit) (*http.Response, error) { return c.raw.GetProject(ctx, id, nil, e) })
}

// UpdateProject changes, archives or reopens a project.
func (c *Client) UpdateProject(ctx context.Context, id uuid.UUID, p ProjectPatch, opts ...CallOption) (*Project, error) {
	return do[Project](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateProject(ctx, id, nil, p, e) })
}

// Stats counts a project's tasks by status, and what was created and completed in the last weeks (0: twelve).
func (c *Client) Stats(ctx context.Context, project uuid.UUID, weeks int, opts ...CallOption) (*Stats, error) {
	params := &api.GetProjectStatsParams{Weeks: optional(weeks)}
	return do[Stats](opts, func(e edit) (*http.Response, error) { return c.raw.GetProjectStats(ctx, project, params, e) })
}

// ProjectActivity iterates over what happened in a project, newest first.
func (c *Client) ProjectActivity(ctx context.Context, project uuid.UUID, opts ...CallOption) iter.Seq2[Activity, error] {
	return pages[Activity](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListProjectActivity(ctx, project, &api.ListProjectActivityParams{Cursor: cursor}, e)
	})
}

// Statuses iterates over a project's statuses, by position.
func (c *Client) Statuses(ctx context.Context, project uuid.UUID, opts ...CallOption) iter.Seq2[Status, error] {
	return pages[Status](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListStatuses(ctx, project, &api.ListStatusesParams{Cursor: cursor}, e)
	})
}

// CreateStatus adds a status to a project.
func (c *Client) CreateStatus(ctx context.Context, project uuid.UUID, in StatusCreate, opts ...CallOption) (*Status, error) {
	return do[Status](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.CreateStatus(ctx, project, nil, in, e) })
}

// Status reads a status.
func (c *Client) Status(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Status, error) {
	return do[Status](opts, func(e edit) (*http.Response, error) { return c.raw.GetStatus(ctx, id, nil, e) })
}

// UpdateStatus renames or moves a status.
func (c *Client) UpdateStatus(ctx context.Context, id uuid.UUID, p StatusPatch, opts ...CallOption) (*Status, error) {
	return do[Status](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateStatus(ctx, id, nil, p, e) })
}

// DeleteStatus deletes a status that no task is in.
func (c *Client) DeleteStatus(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteStatus(ctx, id, nil, e) })
}

// Labels iterates over a project's labels, by name.
func (c *Client) Labels(ctx context.Context, project uuid.UUID, opts ...CallOption) iter.Seq2[Label, error] {
	return pages[Label](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListLabels(ctx, project, &api.ListLabelsParams{Cursor: cursor}, e)
	})
}

// CreateLabel adds a label to a project.
func (c *Client) CreateLabel(ctx context.Context, project uuid.UUID, in LabelCreate, opts ...CallOption) (*Label, error) {
	return do[Label](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.CreateLabel(ctx, project, nil, in, e) })
}

// Label reads a label.
func (c *Client) Label(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Label, error) {
	return do[Label](opts, func(e edit) (*http.Response, error) { return c.raw.GetLabel(ctx, id, nil, e) })
}

// UpdateLabel changes a label's name or color.
func (c *Client) UpdateLabel(ctx context.Context, id uuid.UUID, p LabelPatch, opts ...CallOption) (*Label, error) {
	return do[Label](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateLabel(ctx, id, nil, p, e) })
}

// DeleteLabel takes a label off all tasks and deletes it.
func (c *Client) DeleteLabel(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteLabel(ctx, id, nil, e) })
}
