package store

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// Every change of a checklist begins with the lock on its task, so that the task's counts, version and times follow it.

var _ task.ChecklistStore = (*Tasks)(nil)

const (
	itemColumns = `i.id, i.workspace_id, i.task_id, i.text, i.done, i.position, i.created_at, i.updated_at, i.version`

	listItemsSQL = `SELECT ` + itemColumns + ` FROM checklist_items i
WHERE i.task_id = ? AND (i.position > ? OR i.position = ? AND i.id > ?) ORDER BY i.position, i.id LIMIT ?`
	getItemSQL = `SELECT ` + itemColumns + `, COALESCE(m.role, '')
FROM checklist_items i
JOIN tasks t ON t.id = i.task_id
JOIN projects p ON p.id = t.project_id
LEFT JOIN members m ON m.workspace_id = i.workspace_id AND m.account_id = ?
WHERE i.id = ?`
	itemTaskSQL = `SELECT task_id FROM checklist_items WHERE id = ?`
	lockItemSQL = `SELECT ` + itemColumns + ` FROM checklist_items i WHERE i.id = ? {FOR UPDATE}`
	lastItemSQL = `SELECT COALESCE(MAX(position), 0) FROM checklist_items WHERE task_id = ?`

	insertItemsSQL = `INSERT INTO checklist_items (id, workspace_id, task_id, text, done, position, created_at, updated_at, version) VALUES `
	insertItemRow  = `(?, ?, ?, ?, ?, ?, ?, ?, ?)`
	updateItemSQL  = `UPDATE checklist_items SET text = ?, done = ?, position = ?, updated_at = ?, version = ? WHERE id = ?`
	deleteItemSQL  = `DELETE FROM checklist_items WHERE id = ?`

	countItemsSQL = `UPDATE tasks SET checklist_total = ?, checklist_done = ?, updated_at = ?, version = version + 1 WHERE id = ?`
	redactItemSQL = `UPDATE activity SET changes = '[]', redacted = 1 WHERE task_id = ? AND entity_id = ?`
)

func scanItem(row scanner, more ...any) (v task.ChecklistItem, err error) {
	var created, updated int64
	err = row.Scan(append([]any{&v.ID, &v.WorkspaceID, &v.TaskID, &v.Text, &v.Done, &v.Position, &created, &updated, &v.Version}, more...)...)
	v.CreatedAt, v.UpdatedAt = fromMicros(created), fromMicros(updated)
	return v, err
}

func scanBareItem(row scanner) (task.ChecklistItem, error) { return scanItem(row) }

// Items implements [task.ChecklistStore].
func (s *Tasks) Items(ctx context.Context, taskID uuid.UUID, page task.ItemPage) ([]task.ChecklistItem, *task.ItemCursor, error) {
	after := task.ItemCursor{Position: -task.MaxPosition - 1} // no position is smaller
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "checklist.list", listItemsSQL, scanBareItem,
		taskID[:], after.Position, after.Position, after.ID[:])
	if err != nil || !more {
		return items, nil, err
	}
	last := items[len(items)-1]
	return items, &task.ItemCursor{Position: last.Position, ID: last.ID}, nil
}

// Item implements [task.ChecklistStore].
func (s *Tasks) Item(ctx context.Context, id, viewer uuid.UUID) (task.ChecklistItem, auth.Membership, error) {
	var role auth.Role
	item, err := one(ctx, s.db.reader(), "checklist.get", getItemSQL, func(row scanner) (task.ChecklistItem, error) {
		return scanItem(row, &role)
	}, viewer[:], id[:])
	return item, auth.Membership{Workspace: item.WorkspaceID, Role: role}, missing(err, "checklist item")
}

// AddItem implements [task.ChecklistStore].
func (s *Tasks) AddItem(
	ctx context.Context, p auth.Principal, taskID uuid.UUID, decide func(task.Current) (task.ChecklistItem, error),
) (task.ChecklistItem, error) {
	made := func(v task.ChecklistItem) []uuid.UUID { return []uuid.UUID{v.ID} }
	return mutateOnce(ctx, s.db, "checklist.add", p, made, func(tx *Tx) (task.ChecklistItem, error) {
		cur, err := lockTask(ctx, tx, taskID, p.AccountID)
		if err != nil {
			return task.ChecklistItem{}, err
		}
		item, err := decide(cur)
		if err != nil {
			return item, err
		}
		if item.Position == task.PositionEnd {
			last, err := one(ctx, tx.conn, "checklist.last", lastItemSQL, func(row scanner) (n int64, err error) {
				return n, row.Scan(&n)
			}, taskID[:])
			if err != nil {
				return item, err
			}
			item.Position = min(last+task.PositionGap, task.MaxPosition)
		}
		item.ID, item.WorkspaceID, item.TaskID = tx.NewID(), cur.WorkspaceID, taskID
		item.CreatedAt, item.UpdatedAt, item.Version = tx.Now, tx.Now, 1
		if err := insertItems(ctx, tx, []task.ChecklistItem{item}); err != nil {
			return item, err
		}
		return item, tx.itemChanged(ctx, p, cur, "checklist_item.created", task.ChecklistItem{ID: item.ID}, item)
	})
}

// ChangeItem implements [task.ChecklistStore].
func (s *Tasks) ChangeItem(
	ctx context.Context, p auth.Principal, id uuid.UUID, decide func(task.Current, task.ChecklistItem) (task.ChecklistItem, error),
) (task.ChecklistItem, error) {
	return mutate(ctx, s.db, "checklist.change", func(tx *Tx) (task.ChecklistItem, error) {
		cur, from, err := tx.lockItem(ctx, id, p.AccountID)
		if err != nil {
			return from, err
		}
		to, err := decide(cur, from)
		if err != nil || to == from {
			return to, err
		}
		to.UpdatedAt, to.Version = tx.Now, from.Version+1
		_, err = tx.exec(ctx, "checklist.update", updateItemSQL, to.Text, to.Done, to.Position, micros(to.UpdatedAt), to.Version, id[:])
		if err != nil {
			return to, err
		}
		return to, tx.itemChanged(ctx, p, cur, "checklist_item.updated", from, to)
	})
}

// RemoveItem implements [task.ChecklistStore]. The entries about the item, this one included, tell who did what and when,
// and no longer what the item said.
func (s *Tasks) RemoveItem(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(task.Current, task.ChecklistItem) error) error {
	_, err := mutate(ctx, s.db, "checklist.remove", func(tx *Tx) (struct{}, error) {
		cur, item, err := tx.lockItem(ctx, id, p.AccountID)
		if err != nil {
			return struct{}{}, err
		}
		if err := decide(cur, item); err != nil {
			return struct{}{}, err
		}
		if _, err := tx.exec(ctx, "checklist.delete", deleteItemSQL, id[:]); err != nil {
			return struct{}{}, err
		}
		if err := tx.itemChanged(ctx, p, cur, "checklist_item.deleted", item, task.ChecklistItem{ID: id}); err != nil {
			return struct{}{}, err
		}
		_, err = tx.exec(ctx, "checklist.redact", redactItemSQL, cur.ID[:], id[:])
		return struct{}{}, err
	})
	return err
}

// lockItem reads an item and its task, and holds both, the task first as all changes of checklists do.
func (tx *Tx) lockItem(ctx context.Context, id, viewer uuid.UUID) (task.Current, task.ChecklistItem, error) {
	taskID, err := one(ctx, tx.conn, "checklist.task", itemTaskSQL, scanID, id[:])
	if err != nil {
		return task.Current{}, task.ChecklistItem{}, absent(err, "checklist item")
	}
	cur, err := lockTask(ctx, tx, taskID, viewer)
	if err != nil {
		return task.Current{}, task.ChecklistItem{}, err
	}
	item, err := one(ctx, tx.conn, "checklist.lock", lockItemSQL, scanBareItem, id[:])
	return cur, item, absent(err, "checklist item")
}

// itemChanged makes an item's change one of its task: counts, version, time, search index, activity. A new item has no
// text in from, a deleted one none in to.
func (tx *Tx) itemChanged(ctx context.Context, p auth.Principal, cur task.Current, action string, from, to task.ChecklistItem) error {
	count := cur.Checklist
	count.Total += have(to) - have(from)
	count.Done += btoi(to.Done) - btoi(from.Done)
	if _, err := tx.exec(ctx, "checklist.count", countItemsSQL, count.Total, count.Done, micros(tx.Now), cur.ID[:]); err != nil {
		return err
	}
	if err := touchCopies(ctx, tx, []uuid.UUID{cur.ID}); err != nil {
		return err
	}
	if err := indexItems(ctx, tx, cur.ID, []itemText{{from.ID, from.Text, to.Text}}); err != nil {
		return err
	}
	var changes activity.Changes
	switch {
	case have(from) == 0:
		changes.Add("text", nil, to.Text)
		changes.Add("done", nil, to.Done)
		changes.Add("position", nil, to.Position)
	case have(to) == 1:
		changes.Add("text", from.Text, to.Text)
		changes.Add("done", from.Done, to.Done)
		changes.Add("position", from.Position, to.Position)
	}
	return tx.record(ctx, p, activity.Entry{
		WorkspaceID: cur.WorkspaceID, ProjectID: &cur.ProjectID, TaskID: &cur.ID, Action: action,
		EntityType: "checklist_item", EntityID: from.ID, Changes: changes,
	})
}

// have is 1 for an item that is there.
func have(item task.ChecklistItem) int { return btoi(item.Text != "") }

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func insertItems(ctx context.Context, tx *Tx, items []task.ChecklistItem) error {
	args := make([]any, 0, 9*len(items))
	for i := range items {
		v := &items[i]
		args = append(args, v.ID[:], v.WorkspaceID[:], v.TaskID[:], v.Text, v.Done, v.Position,
			micros(v.CreatedAt), micros(v.UpdatedAt), v.Version)
	}
	_, err := tx.exec(ctx, "checklist.insert", insertItemsSQL+valuesOf(insertItemRow, len(items)), args...)
	return err
}

// insertChecklist writes the checklist that a new task starts with.
func insertChecklist(ctx context.Context, tx *Tx, t task.Task, texts []string) error {
	if len(texts) == 0 {
		return nil
	}
	items, words := make([]task.ChecklistItem, len(texts)), make([]itemText, len(texts))
	for i, text := range texts {
		items[i] = task.ChecklistItem{
			ID: tx.NewID(), WorkspaceID: t.WorkspaceID, TaskID: t.ID, Text: text, Position: int64(i+1) * task.PositionGap,
			CreatedAt: tx.Now, UpdatedAt: tx.Now, Version: 1,
		}
		words[i] = itemText{items[i].ID, "", text}
	}
	if err := insertItems(ctx, tx, items); err != nil {
		return err
	}
	return indexItems(ctx, tx, t.ID, words)
}

// itemText is what an item said before a change and says after it; empty for none.
type itemText struct {
	item     uuid.UUID
	from, to string
}

// indexItems makes a task findable by the texts of its checklist's items, and no longer by those that they had before.
func indexItems(ctx context.Context, tx *Tx, taskID uuid.UUID, texts []itemText) error {
	var added []string
	for _, t := range texts {
		switch {
		case t.from == t.to:
		case t.from == "":
			added = append(added, t.to)
		default:
			return reindexTask(ctx, tx, taskID)
		}
	}
	if len(added) == 0 {
		return nil
	}
	return extendIndex(ctx, tx, taskID, strings.Join(added, "\n"))
}
