package store

import (
	"context"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// List implements [task.Reader]. It runs two statements, whatever the number of tasks; a third first where statuses are
// filtered by.
func (s *Tasks) List(ctx context.Context, q task.Query) ([]task.Task, *task.Cursor, error) {
	items, next, err := s.list(ctx, s.db.listReader(q.Eventual), q)
	if err != nil && q.Eventual && apperr.Is(public(err), apperr.Unavailable) {
		items, next, err = s.list(ctx, s.db.reader(), q) // the replica is down; the primary may not be
	}
	return items, next, public(err)
}

// listReader is the replica for reads that may lag, where there is one.
func (db *DB) listReader(eventual bool) conn {
	if eventual && db.lagging != nil {
		return conn{q: db.lagging, db: db}
	}
	return db.reader()
}

func (s *Tasks) list(ctx context.Context, c conn, q task.Query) ([]task.Task, *task.Cursor, error) {
	b := listBuilder{d: s.db.d, q: q}
	if len(q.StatusIDs) > 0 {
		categories, err := statusCategories(ctx, c, q.StatusIDs)
		if err != nil {
			return nil, nil, err
		}
		b.narrow(categories)
	}
	if q.Text != "" && s.db.d.matchQuery(q.Text) == "" {
		return nil, nil, &apperr.Error{Code: apperr.InvalidParameter, Message: "A query parameter is not valid.", Fields: []apperr.Field{
			{Pointer: "q", Code: "too_short", Message: "needs a word of at least 3 letters or digits"},
		}}
	}
	if err := b.choose(ctx, c); err != nil {
		return nil, nil, err
	}
	text, args, err := b.build()
	if err != nil {
		return nil, nil, err
	}
	items, err := collect(ctx, c, "task.list", text, scanTask, args...)
	if err != nil {
		return nil, nil, err
	}
	var next *task.Cursor
	if len(items) > q.Limit {
		items = items[:q.Limit]
		next = cursorOf(q.Sort.Field, items[q.Limit-1])
	}
	refs := make([]*task.Task, len(items))
	for i := range items {
		refs[i] = &items[i]
	}
	return items, next, facets(ctx, c, refs)
}

// cursorOf is the cursor behind a task.
func cursorOf(field task.SortField, t task.Task) *task.Cursor {
	c := &task.Cursor{ID: t.ID}
	switch field {
	case task.SortUpdated:
		c.Key = strconv.FormatInt(micros(t.UpdatedAt), 10)
	case task.SortPriority:
		c.Key = strconv.Itoa(t.Priority.Number())
	case task.SortPosition:
		c.Key = strconv.FormatInt(t.Position, 10)
	case task.SortDue:
		c.Key = string(dueColumn(t.DueDate))
	case task.SortCreated:
	}
	return c
}

// dueColumn is a due date as its column holds it.
func dueColumn(d *task.Date) task.Date {
	if d == nil {
		return task.NoDate
	}
	return *d
}

const statusCategoriesSQL = `SELECT s.project_id, s.category, (SELECT COUNT(*) FROM statuses o WHERE o.project_id = s.project_id AND o.category = s.category)
FROM statuses s WHERE s.id IN (%)`

// statusCategory is the category of a status, and how many statuses of its project are in it.
type statusCategory struct {
	project  uuid.UUID
	category int
	siblings int
}

func statusCategories(ctx context.Context, c conn, ids []uuid.UUID) ([]statusCategory, error) {
	args := make([]any, len(ids))
	for i := range ids {
		args[i] = ids[i][:]
	}
	return collect(ctx, c, "task.status_categories", c.db.d.filled(statusCategoriesSQL, len(ids)), func(row scanner) (v statusCategory, err error) {
		return v, row.Scan(&v.project, &v.category, &v.siblings)
	}, args...)
}

// listBuilder writes the statement of a list. It picks the one index that holds the rows in the order asked for and
// starts where the cursor ends, so that a page costs the same wherever it is; filters that the index does not cover are
// checked row by row. In order of preference a list is driven by the search index, a label, an assignee, a parent, a
// category, a priority, or all tasks of the project or workspace.
type listBuilder struct {
	d     *dialect
	q     task.Query
	where []string
	args  []any
	only  int // the one category that the statuses asked for have, or 0
	few   *few
	part  bool // the statuses asked for are not all of their categories
	empty bool
}

// narrow uses what is known of the statuses asked for: one category, one project.
func (b *listBuilder) narrow(found []statusCategory) {
	if len(found) == 0 {
		b.empty = true
		return
	}
	b.only = found[0].category
	oneProject := found[0].project
	for _, f := range found[1:] {
		if f.category != b.only {
			b.only = 0
		}
		if f.project != oneProject {
			oneProject = uuid.Nil
		}
	}
	if b.q.ProjectID == uuid.Nil {
		b.q.ProjectID = oneProject
	}
	b.part = b.only == 0 || found[0].siblings > len(found)
}

func (b *listBuilder) and(condition string, args ...any) {
	b.where = append(b.where, condition)
	b.args = append(b.args, args...)
}

// build returns the statement, which reads one row more than the page has, and its arguments.
func (b *listBuilder) build() (string, []any, error) {
	q := b.q
	if b.empty {
		b.and("1 = 0")
	}
	from, key, id := b.drive()
	if q.Text == "" {
		b.and("t.workspace_id = ?", q.WorkspaceID[:])
		if q.ProjectID != uuid.Nil {
			b.and("t.project_id = ?", q.ProjectID[:])
		}
	}
	b.filter()
	if err := b.seek(key, id); err != nil {
		return "", nil, err
	}
	page := func(key, id string) string {
		dir := ""
		if q.Sort.Desc {
			dir = " DESC"
		}
		if key != "" {
			key += dir + ", "
		}
		return " ORDER BY " + key + id + dir + " LIMIT " + strconv.Itoa(q.Limit+1)
	}
	join, where := b.join(), " WHERE "+strings.Join(b.where, " AND ")
	byKey := b.byKey()
	names := join + `projects p` + byKey + ` ON p.id = t.project_id` + join + `statuses s` + byKey + ` ON s.id = t.status_id` + join + `accounts a` + byKey + ` ON a.id = t.author_id`
	if q.Text == "" {
		return `SELECT ` + taskColumns + ` FROM ` + from + names + where + page(key, id), b.args, nil
	}
	// A search sorts all that it finds, so it sorts ids, and reads the tasks of the page only.
	return `SELECT ` + taskColumns + ` FROM (SELECT ` + id + ` AS id FROM ` + from + where + page(key, id) + `) page` + join + `tasks t ON t.id = page.id` +
		names + page(key, "t.id"), b.args, nil
}

// join keeps the planner from reading the small tables first.
func (b *listBuilder) join() string {
	if b.d.engine == MySQL {
		return " STRAIGHT_JOIN "
	}
	return " CROSS JOIN "
}

// byKey keeps the planner from scanning the small tables while they are small.
func (b *listBuilder) byKey() string {
	if b.d.engine == MySQL {
		return b.d.useIndex("PRIMARY")
	}
	return ""
}

// drive picks the index and returns the FROM clause with the columns that hold the sort key (empty where the id alone
// is the order) and the id.
func (b *listBuilder) drive() (from, key, id string) {
	q := b.q
	sort := string(q.Sort.Field)
	scope, scopeID := b.scope()
	tasks := b.join() + "tasks t ON t.id = d.task_id"
	key, id = "d."+sort, "d.task_id"
	switch {
	case q.Text != "":
		from = "task_search d"
		if b.readsTasks() {
			from += tasks
		}
		if b.d.engine == MySQL {
			b.and("MATCH (d.doc) AGAINST (? IN BOOLEAN MODE)", b.d.matchQuery(q.Text))
		} else {
			b.and("d.rowid IN (SELECT rowid FROM task_search_fts WHERE task_search_fts MATCH ?)", b.d.matchQuery(q.Text))
		}
		b.and("d.workspace_id = ?", q.WorkspaceID[:])
		if q.ProjectID != uuid.Nil {
			b.and("d.project_id = ?", q.ProjectID[:])
		}
		b.refine()
		key = "t." + sort
	case q.Label != nil:
		from = "task_labels d" + b.d.useIndex("task_labels_"+sort) + tasks
		b.and("d.label_id = ?", q.Label[:])
		b.refine()
	case q.Assignee != nil:
		from = "task_assignees d" + b.d.useIndex("task_assignees_"+scope+"_"+sort) + tasks
		b.and("d.account_id = ? AND d."+scope+"_id = ?", q.Assignee[:], scopeID[:])
	case q.Parent != nil:
		from = "tasks t" + b.d.useIndex("tasks_parent")
		b.and("t.parent_id = ?", q.Parent[:])
		key, id = "t."+sort, "t.id"
	case b.few != nil:
		from = "tasks t" + b.d.useIndex(b.few.index)
		b.and(b.few.where, b.few.args...)
		key, id = "t."+sort, "t.id"
	default:
		index, where, args := b.base(q.Sort.Field)
		from = "tasks t" + b.d.useIndex(index)
		b.and(where, args...)
		key, id = "t."+sort, "t.id"
	}
	if q.Sort.Field == task.SortCreated {
		key = ""
	}
	return from, key, id
}

func (b *listBuilder) scope() (name string, id uuid.UUID) {
	if b.q.ProjectID != uuid.Nil {
		return "project", b.q.ProjectID
	}
	return "workspace", b.q.WorkspaceID
}

// base is the index that holds the tasks of the project or workspace, of one category or one priority where only that
// is asked for, in the order of a field; with the condition that its beginning stands for.
func (b *listBuilder) base(field task.SortField) (index, where string, args []any) {
	q := b.q
	if b.only == 0 && len(q.Categories) == 1 {
		b.only = q.Categories[0].Number()
	}
	scope, id := b.scope()
	index, where, args = "tasks_"+scope+"_"+string(field), "t."+scope+"_id = ?", []any{id[:]}
	switch {
	case b.only != 0:
		index = "tasks_" + scope + "_category_" + string(field)
		where, args = where+" AND t.category = ?", append(args, b.only)
	case len(q.Priorities) == 1:
		index = "tasks_" + scope + "_priority"
		if field != task.SortCreated && field != task.SortPriority {
			index += "_" + string(field)
		}
		where, args = where+" AND t.priority = ?", append(args, q.Priorities[0].Number())
	}
	return index, where, args
}

// readsTasks reports whether a search needs more of the tasks that it finds than the search index knows.
func (b *listBuilder) readsTasks() bool {
	q := b.q
	return q.Sort.Field != task.SortCreated || q.Parent != nil || q.DueBefore != nil || q.DueAfter != nil || q.UpdatedAfter != nil ||
		len(q.StatusIDs) > 0 || len(q.Categories) > 0 || len(q.Priorities) > 0
}

// refine adds the conditions that have an index of their own but do not drive this list.
func (b *listBuilder) refine() {
	q := b.q
	if q.Assignee != nil {
		b.and("EXISTS (SELECT 1 FROM task_assignees x WHERE x.task_id = d.task_id AND x.account_id = ?)", q.Assignee[:])
	}
	if q.Label != nil && q.Text != "" {
		b.and("EXISTS (SELECT 1 FROM task_labels y WHERE y.task_id = d.task_id AND y.label_id = ?)", q.Label[:])
	}
}

// filter adds the conditions that are checked on the task itself.
func (b *listBuilder) filter() {
	q := b.q
	if q.Parent != nil && (q.Text != "" || q.Label != nil || q.Assignee != nil) {
		b.and("t.parent_id = ?", q.Parent[:])
	}
	if n := len(q.StatusIDs); n > 0 {
		args := make([]any, n)
		for i := range q.StatusIDs {
			args[i] = q.StatusIDs[i][:]
		}
		b.and("t.status_id IN ("+marks(n)+")", args...)
	}
	if len(q.Categories) > 0 {
		b.anyOf("t.category", len(q.Categories), func(i int) int { return q.Categories[i].Number() })
	}
	if len(q.Priorities) > 0 {
		b.anyOf("t.priority", len(q.Priorities), func(i int) int { return q.Priorities[i].Number() })
	}
	if q.DueBefore != nil {
		b.and("t.due_date < ?", string(*q.DueBefore))
	}
	if q.DueAfter != nil {
		b.and("t.due_date > ? AND t.due_date < ?", string(*q.DueAfter), string(task.NoDate))
	}
	if q.UpdatedAfter != nil {
		b.and("t.updated_at > ?", micros(*q.UpdatedAfter))
	}
}

func (b *listBuilder) anyOf(column string, n int, value func(int) int) {
	args := make([]any, n)
	for i := range args {
		args[i] = value(i)
	}
	b.and(column+" IN ("+marks(n)+")", args...)
}

// seek starts behind the cursor. MySQL's range optimizer understands the spelled-out form, SQLite's the row value.
func (b *listBuilder) seek(key, id string) error {
	q := b.q
	if q.After == nil {
		return nil
	}
	op := " > "
	if q.Sort.Desc {
		op = " < "
	}
	if key == "" {
		b.and(id+op+"?", q.After.ID[:])
		return nil
	}
	var value any = q.After.Key
	if q.Sort.Field != task.SortDue {
		n, err := strconv.ParseInt(q.After.Key, 10, 64)
		if err != nil {
			return apperr.New(apperr.InvalidCursor, "The cursor does not belong to this list.")
		}
		value = n
	}
	if b.d.engine == SQLite {
		b.and("("+key+", "+id+")"+op+"(?, ?)", value, q.After.ID[:])
		return nil
	}
	b.and("("+key+op+"? OR ("+key+" = ? AND "+id+op+"?))", value, value, q.After.ID[:])
	return nil
}
