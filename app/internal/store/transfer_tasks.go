package store

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// The tasks of an export, each with what hangs on it. For a page of tasks the lists below it are read page by page too,
// in the tasks' order, so that they are merged without holding more than a page of each.

const (
	exportTasksSQL = `SELECT id, project_id, number, title, description, status_id, priority, parent_id, start_date, due_date, estimate, position,
  author_id, created_at, updated_at, completed_at, checklist_total, checklist_done, version
FROM tasks {INDEX} WHERE workspace_id = ? AND id > ? ORDER BY id LIMIT ?`
	exportAssigneesSQL  = `SELECT task_id, account_id FROM task_assignees WHERE task_id IN (%) ORDER BY task_id, account_id`
	exportTaskLabelsSQL = `SELECT tl.task_id, tl.label_id FROM task_labels tl JOIN labels l ON l.id = tl.label_id AND l.deleted_at IS NULL
WHERE tl.task_id IN (%) ORDER BY tl.task_id, tl.label_id`
	exportCommentsSQL    = `SELECT task_id, id, author_id, body, edited, created_at, updated_at, version FROM comments WHERE task_id IN (%) AND ` + exportBehind
	exportAttachmentsSQL = `SELECT task_id, id, author_id, filename, content_type, size, sha256, blob_key, created_at, confirmed_at, changed_at
FROM attachments WHERE state = 2 AND task_id IN (%) AND ` + exportBehind
	// A task has one number at most in each project, so that the project's id stands for the row's.
	exportNumbersSQL = `SELECT task_id, project_id, number, created_at FROM task_numbers
WHERE task_id IN (%) AND (task_id > ? OR task_id = ? AND project_id > ?) ORDER BY task_id, project_id LIMIT ?`
	exportItemsSQL = `SELECT id, task_id, text, done, position, created_at, updated_at, version FROM checklist_items
WHERE task_id = ? ORDER BY position, id`
	exportBehind = `(task_id > ? OR task_id = ? AND id > ?) ORDER BY task_id, id LIMIT ?`
)

// stamp scans microseconds into a time.
type stamp struct{ t *time.Time }

// Scan implements sql.Scanner.
func (s stamp) Scan(src any) error {
	us, ok := src.(int64)
	if !ok {
		return fmt.Errorf("%T is not a time", src)
	}
	*s.t = fromMicros(us)
	return nil
}

func (e *exporter) tasks(ctx context.Context) error {
	text := strings.Replace(exportTasksSQL, "{INDEX}", e.c.db.d.useIndex("tasks_workspace_created_at"), 1)
	var last []byte
	for {
		page, err := collect(ctx, e.c, "export.tasks", text, scanExportTask, e.workspace[:], orZero(last), exportPage)
		if err != nil {
			return public(err)
		}
		if len(page) > 0 {
			if err := e.taskPage(ctx, page); err != nil {
				return err
			}
			last = page[len(page)-1].ID[:]
		}
		if len(page) < exportPage {
			return nil
		}
	}
}

func orZero(id []byte) []byte {
	if id == nil {
		return make([]byte, 16)
	}
	return id
}

func scanExportTask(row scanner) (*transfer.Task, error) {
	r := transfer.Task{AssigneeIDs: []uuid.UUID{}, LabelIDs: []uuid.UUID{}}
	var priority int
	var parent uuid.NullUUID
	var start sql.NullString
	var due string
	var estimate, completed sql.NullInt64
	err := row.Scan(&r.ID, &r.ProjectID, &r.Number, &r.Title, &r.Description, &r.StatusID, &priority, &parent, &start, &due, &estimate,
		&r.Position, &r.AuthorID, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &completed, &r.Checklist.Total, &r.Checklist.Done, &r.Version)
	if err != nil {
		return nil, err
	}
	p, err := task.PriorityOf(priority)
	r.Priority, r.ParentID, r.CompletedAt = string(p), fromNullID(parent), fromNullMicros(completed)
	if start.Valid {
		r.StartDate = &start.String
	}
	if due != string(task.NoDate) {
		r.DueDate = &due
	}
	if estimate.Valid {
		r.Estimate = &estimate.Int64
	}
	return &r, err
}

func (e *exporter) taskPage(ctx context.Context, page []*transfer.Task) error {
	ids := make([]any, len(page))
	byID := make(map[uuid.UUID]*transfer.Task, len(page))
	for i, t := range page {
		ids[i], byID[t.ID] = t.ID[:], t
	}
	for _, list := range []struct {
		name, text string
		of         func(*transfer.Task) *[]uuid.UUID
	}{
		{"export.assignees", exportAssigneesSQL, func(t *transfer.Task) *[]uuid.UUID { return &t.AssigneeIDs }},
		{"export.task_labels", exportTaskLabelsSQL, func(t *transfer.Task) *[]uuid.UUID { return &t.LabelIDs }},
	} {
		err := e.c.each(ctx, list.name, e.c.db.d.filled(list.text, len(ids)), func(row scanner) error {
			var taskID, id uuid.UUID
			if err := row.Scan(&taskID, &id); err != nil {
				return err
			}
			to := list.of(byID[taskID])
			*to = append(*to, id)
			return nil
		}, ids...)
		if err != nil {
			return public(err)
		}
	}
	numbers := newFeed(ctx, e, "export.numbers", exportNumbersSQL, ids, scanExportNumber)
	comments := newFeed(ctx, e, "export.comments", exportCommentsSQL, ids, scanExportComment)
	attachments := newFeed(ctx, e, "export.attachments", exportAttachmentsSQL, ids, scanExportAttachment)
	for _, t := range page {
		if err := e.people(ctx, append([]uuid.UUID{t.AuthorID}, t.AssigneeIDs...)...); err != nil {
			return err
		}
		if err := e.yield(t); err != nil {
			return err
		}
		if err := numbers.of(t.ID, func(n *transfer.Number) error { return e.yield(n) }); err != nil {
			return err
		}
		if err := e.checklist(ctx, t); err != nil {
			return err
		}
		if err := comments.of(t.ID, func(c *transfer.Comment) error { return e.comment(ctx, c) }); err != nil {
			return err
		}
		err := attachments.of(t.ID, func(a *transfer.Attachment) error {
			if err := e.people(ctx, a.AuthorID); err != nil {
				return err
			}
			return e.yield(a)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// checklist hands over a task's items, where it has some.
func (e *exporter) checklist(ctx context.Context, t *transfer.Task) error {
	if t.Checklist.Total == 0 {
		return nil
	}
	items, err := collect(ctx, e.c, "export.checklist", exportItemsSQL, func(row scanner) (*transfer.ChecklistItem, error) {
		var r transfer.ChecklistItem
		err := row.Scan(&r.ID, &r.TaskID, &r.Text, &r.Done, &r.Position, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
		return &r, err
	}, t.ID[:])
	if err != nil {
		return public(err)
	}
	for _, item := range items {
		if err := e.yield(item); err != nil {
			return err
		}
	}
	return nil
}

func scanExportNumber(row scanner) (taskID, id uuid.UUID, n *transfer.Number, err error) {
	n = &transfer.Number{}
	err = row.Scan(&n.TaskID, &n.ProjectID, &n.Number, stamp{&n.CreatedAt})
	return n.TaskID, n.ProjectID, n, err
}

// comment hands over a comment and, where it was edited, what it said before.
func (e *exporter) comment(ctx context.Context, c *transfer.Comment) error {
	if err := e.people(ctx, c.AuthorID); err != nil {
		return err
	}
	if err := e.yield(c); err != nil || !c.Edited {
		return err
	}
	return pages(func(last *transfer.Revision) ([]*transfer.Revision, error) {
		var from int64
		if last != nil {
			from = last.Version
		}
		return collect(ctx, e.c, "export.revisions", exportRevisionsSQL, func(row scanner) (*transfer.Revision, error) {
			var r transfer.Revision
			err := row.Scan(&r.CommentID, &r.Version, &r.Body, &r.EditedBy, stamp{&r.CreatedAt})
			return &r, err
		}, c.ID[:], from, exportPage)
	}, func(r *transfer.Revision) error {
		if err := e.people(ctx, r.EditedBy); err != nil {
			return err
		}
		return e.yield(r)
	})
}

func scanExportComment(row scanner) (taskID, id uuid.UUID, c *transfer.Comment, err error) {
	c = &transfer.Comment{}
	err = row.Scan(&c.TaskID, &c.ID, &c.AuthorID, &c.Body, &c.Edited, stamp{&c.CreatedAt}, stamp{&c.UpdatedAt}, &c.Version)
	return c.TaskID, c.ID, c, err
}

func scanExportAttachment(row scanner) (taskID, id uuid.UUID, a *transfer.Attachment, err error) {
	a = &transfer.Attachment{}
	var sum []byte
	var confirmed sql.NullInt64
	err = row.Scan(&a.TaskID, &a.ID, &a.AuthorID, &a.Filename, &a.ContentType, &a.Size, &sum, &a.BlobKey, stamp{&a.CreatedAt}, &confirmed, stamp{&a.ChangedAt})
	a.SHA256, a.ConfirmedAt = hex.EncodeToString(sum), fromNullMicros(confirmed)
	return a.TaskID, a.ID, a, err
}

// feed reads what hangs on a page of tasks, in the order of the tasks.
type feed[T any] struct {
	fetch  func(behindTask, behindID uuid.UUID) ([]hung[T], error)
	waits  []hung[T]
	task   uuid.UUID
	id     uuid.UUID
	at     int
	closed bool
}

type hung[T any] struct {
	task, id uuid.UUID
	row      *T
}

func newFeed[T any](ctx context.Context, e *exporter, name, text string, ids []any, scan func(scanner) (task, id uuid.UUID, r *T, err error)) *feed[T] {
	return &feed[T]{fetch: func(behindTask, behindID uuid.UUID) ([]hung[T], error) {
		args := append(append(make([]any, 0, len(ids)+4), ids...), behindTask[:], behindTask[:], behindID[:], exportPage)
		return collect(ctx, e.c, name, e.c.db.d.filled(text, len(ids)), func(row scanner) (h hung[T], err error) {
			h.task, h.id, h.row, err = scan(row)
			return h, err
		}, args...)
	}}
}

// of hands fn the rows of that task; tasks must be asked for in their order.
func (f *feed[T]) of(taskID uuid.UUID, fn func(*T) error) error {
	for {
		if f.at == len(f.waits) {
			if f.closed {
				return nil
			}
			var err error
			if f.waits, err = f.fetch(f.task, f.id); err != nil {
				return public(err)
			}
			f.at, f.closed = 0, len(f.waits) < exportPage
			continue
		}
		h := f.waits[f.at]
		if bytes.Compare(h.task[:], taskID[:]) > 0 {
			return nil
		}
		f.at, f.task, f.id = f.at+1, h.task, h.id
		if err := fn(h.row); err != nil {
			return err
		}
	}
}
