package client

import (
	"context"
	"iter"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
)

// Sort is an order of tasks.
type Sort = api.ProjectTaskSort

// The orders. By position there is only within one project.
const (
	SortCreated      = api.ProjectTaskSortCreatedAt
	SortCreatedDesc  = api.ProjectTaskSortCreatedAtDesc
	SortUpdated      = api.ProjectTaskSortUpdatedAt
	SortUpdatedDesc  = api.ProjectTaskSortUpdatedAtDesc
	SortPriority     = api.ProjectTaskSortPriority
	SortPriorityDesc = api.ProjectTaskSortPriorityDesc
	SortDue          = api.ProjectTaskSortDueDate
	SortDueDesc      = api.ProjectTaskSortDueDateDesc
	SortPosition     = api.ProjectTaskSortPosition
	SortPositionDesc = api.ProjectTaskSortPositionDesc
)

// TaskFilter says which tasks a list has. The zero value of a field does not filter; all others must match.
type TaskFilter struct {
	// Query is full-text search in title, description and comments: all words, each the beginning of a word.
	Query string
	// Project is for a workspace's list only.
	Project uuid.UUID
	// Status, Category and Priority match any of their values.
	Status   []uuid.UUID
	Category []StatusCategory
	Priority []Priority
	// Assignee is an account's ID, or `me`.
	Assignee string
	Label    uuid.UUID
	Parent   uuid.UUID
	// DueBefore and DueAfter are days, `YYYY-MM-DD`, themselves excluded.
	DueBefore, DueAfter string
	UpdatedAfter        time.Time
	// Sort is newest first where it is empty.
	Sort Sort
	// PageSize is how many tasks a request fetches, 1 to 100; 0 leaves it to the server.
	PageSize int
}

// Tasks iterates over the tasks of all of a workspace's projects that match the filter.
func (c *Client) Tasks(ctx context.Context, workspace uuid.UUID, f TaskFilter, opts ...CallOption) iter.Seq2[Task, error] {
	return pages[Task](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.SearchTasks(ctx, workspace, &api.SearchTasksParams{
			Q:            optional(f.Query),
			Project:      optional(f.Project),
			Status:       several(f.Status),
			Category:     several(f.Category),
			Priority:     several(f.Priority),
			Assignee:     optional(f.Assignee),
			Label:        optional(f.Label),
			Parent:       optional(f.Parent),
			DueBefore:    optional(f.DueBefore),
			DueAfter:     optional(f.DueAfter),
			UpdatedAfter: optional(f.UpdatedAfter),
			Sort:         optional(api.TaskSort(f.Sort)),
			Limit:        optional(f.PageSize),
			Cursor:       cursor,
		}, e)
	})
}

// ProjectTasks iterates over a project's tasks that match the filter, whose Project is not looked at.
func (c *Client) ProjectTasks(ctx context.Context, project uuid.UUID, f TaskFilter, opts ...CallOption) iter.Seq2[Task, error] {
	return pages[Task](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListProjectTasks(ctx, project, &api.ListProjectTasksParams{
			Q:            optional(f.Query),
			Status:       several(f.Status),
			Category:     several(f.Category),
			Priority:     several(f.Priority),
			Assignee:     optional(f.Assignee),
			Label:        optional(f.Label),
			Parent:       optional(f.Parent),
			DueBefore:    optional(f.DueBefore),
			DueAfter:     optional(f.DueAfter),
			UpdatedAfter: optional(f.UpdatedAfter),
			Sort:         optional(f.Sort),
			Limit:        optional(f.PageSize),
			Cursor:       cursor,
		}, e)
	})
}

// CreateTask adds a task to a project.
func (c *Client) CreateTask(ctx context.Context, project uuid.UUID, in TaskCreate, opts ...CallOption) (*Task, error) {
	return do[Task](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.CreateTask(ctx, project, nil, in, e) })
}

// Task reads a task.
func (c *Client) Task(ctx context.Context, id uuid.UUID, opts ...CallOption) (*Task, error) {
	return do[Task](opts, func(e edit) (*http.Response, error) { return c.raw.GetTask(ctx, id, nil, e) })
}

// TaskByNumber reads a task by its number in a project: 42 for OPS-42. A number that the task had there before it moved to
// another project finds it too; the task then has another ProjectID and Number.
func (c *Client) TaskByNumber(ctx context.Context, project uuid.UUID, number int64, opts ...CallOption) (*Task, error) {
	return do[Task](opts, func(e edit) (*http.Response, error) { return c.raw.GetTaskByNumber(ctx, project, number, nil, e) })
}

// UpdateTask changes a task: nil fields stay, [Null] clears, [Set] sets.
func (c *Client) UpdateTask(ctx context.Context, id uuid.UUID, p TaskPatch, opts ...CallOption) (*Task, error) {
	return do[Task](opts, func(e edit) (*http.Response, error) { return c.raw.UpdateTask(ctx, id, nil, p, e) })
}

// MoveTask moves a task to another project of its workspace, with its subtasks unless WithSubtasks is false.
func (c *Client) MoveTask(ctx context.Context, id uuid.UUID, in TaskMove, opts ...CallOption) (*TaskMoved, error) {
	return do[TaskMoved](keyed(opts), func(e edit) (*http.Response, error) { return c.raw.MoveTask(ctx, id, nil, in, e) })
}

// DeleteTask deletes a task with its checklist, comments, attachments and relations.
func (c *Client) DeleteTask(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteTask(ctx, id, nil, e) })
}

// BatchCreate is a change of [Client.Batch] that creates a task.
func BatchCreate(project uuid.UUID, in TaskCreate) (BatchChange, error) {
	var b BatchChange
	err := b.FromBatchCreate(api.BatchCreate{Op: string(api.BatchOpCreate), ProjectID: project, Task: in})
	return b, err
}

// BatchUpdate is a change of [Client.Batch] that changes a task, if it still has that version (0: any).
func BatchUpdate(task uuid.UUID, p TaskPatch, ifVersion int64) (BatchChange, error) {
	var b BatchChange
	err := b.FromBatchUpdate(api.BatchUpdate{Op: string(api.BatchOpUpdate), TaskID: task, Task: p, IfVersion: optional(ifVersion)})
	return b, err
}

// BatchDelete is a change of [Client.Batch] that deletes a task, if it still has that version (0: any).
func BatchDelete(task uuid.UUID, ifVersion int64) (BatchChange, error) {
	var b BatchChange
	err := b.FromBatchDelete(api.BatchDelete{Op: string(api.BatchOpDelete), TaskID: task, IfVersion: optional(ifVersion)})
	return b, err
}

// Batch makes up to 100 changes in a workspace, all or nothing, and gives a result for each in their order.
func (c *Client) Batch(ctx context.Context, workspace uuid.UUID, changes []BatchChange, opts ...CallOption) ([]BatchChangeResult, error) {
	r, err := do[api.BatchResult](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.BatchTasks(ctx, workspace, nil, api.Batch{Changes: changes}, e)
	})
	if err != nil {
		return nil, err
	}
	return r.Results, nil
}

// TaskActivity iterates over what happened to a task, newest first.
func (c *Client) TaskActivity(ctx context.Context, task uuid.UUID, opts ...CallOption) iter.Seq2[Activity, error] {
	return pages[Activity](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListTaskActivity(ctx, task, &api.ListTaskActivityParams{Cursor: cursor}, e)
	})
}

// Relations iterates over a task's relations, in both directions, oldest first.
func (c *Client) Relations(ctx context.Context, task uuid.UUID, opts ...CallOption) iter.Seq2[Relation, error] {
	return pages[Relation](opts, func(cursor *string, e edit) (*http.Response, error) {
		return c.raw.ListRelations(ctx, task, &api.ListRelationsParams{Cursor: cursor}, e)
	})
}

// CreateRelation relates a task to another: "task kind other", such as "task blocks other".
func (c *Client) CreateRelation(ctx context.Context, task uuid.UUID, kind RelationType, other uuid.UUID, opts ...CallOption) (*Relation, error) {
	return do[Relation](keyed(opts), func(e edit) (*http.Response, error) {
		return c.raw.CreateRelation(ctx, task, nil, api.RelationCreate{Type: kind, TaskID: other}, e)
	})
}

// DeleteRelation deletes a relation.
func (c *Client) DeleteRelation(ctx context.Context, id uuid.UUID, opts ...CallOption) error {
	return discard(opts, func(e edit) (*http.Response, error) { return c.raw.DeleteRelation(ctx, id, e) })
}
