package store

import (
	"context"
	"strconv"

	"github.com/task-tracker/task-tracker/app/internal/task"
)

// few is a filter that leaves so few tasks that it is cheaper to read and sort them all than to look for them in the
// order that is asked for.
type few struct {
	index, where string
	args         []any
}

// choose looks whether one of the filters that no index of the order covers leaves only a few tasks: at most twice as
// many as the page has. Else the list is read in its order, and they are passed over where they do not hold.
func (b *listBuilder) choose(ctx context.Context, c conn) error {
	q := b.q
	if b.empty || q.Text != "" || q.Label != nil || q.Assignee != nil || q.Parent != nil {
		return nil
	}
	for _, f := range b.filtersBeside() {
		// Asking for the row behind the most that may be reads no further, and nothing but the index.
		text := "SELECT 1 FROM tasks t" + b.d.useIndex(f.index) + " WHERE " + f.where + " LIMIT 1 OFFSET " + strconv.Itoa(2*q.Limit)
		_, err := one(ctx, c, "task.list_probe", text, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, f.args...)
		if noRow(err) {
			b.few = &f
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// filtersBeside lists the filters that have an index, but not the one that holds the order.
func (b *listBuilder) filtersBeside() []few {
	q := b.q
	var out []few
	add := func(field task.SortField, condition string, values ...any) {
		index, where, args := b.base(field)
		out = append(out, few{index, where + " AND " + condition, append(args, values...)})
	}
	if b.part {
		args := make([]any, len(q.StatusIDs))
		for i := range q.StatusIDs {
			args[i] = q.StatusIDs[i][:]
		}
		out = append(out, few{"tasks_status", "t.status_id IN (" + marks(len(args)) + ")", args})
	}
	if q.UpdatedAfter != nil && q.Sort.Field != task.SortUpdated {
		add(task.SortUpdated, "t.updated_at > ?", micros(*q.UpdatedAfter))
	}
	switch {
	case q.Sort.Field == task.SortDue:
	case q.DueBefore != nil && q.DueAfter != nil:
		add(task.SortDue, "t.due_date < ? AND t.due_date > ?", string(*q.DueBefore), string(*q.DueAfter))
	case q.DueBefore != nil:
		add(task.SortDue, "t.due_date < ?", string(*q.DueBefore))
	case q.DueAfter != nil:
		add(task.SortDue, "t.due_date > ? AND t.due_date < ?", string(*q.DueAfter), string(task.NoDate))
	}
	return out
}
