package store_test

import (
	"database/sql"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// shape is a way to ask for a list: each filter is crossed with each sort field, direction and scope.
type shape struct {
	name  string
	set   func(w *world, q *task.Query)
	sorts bool // finds so little that it may be sorted
}

func shapes(middle time.Time) []shape {
	return []shape{
		{"all", func(*world, *task.Query) {}, false},
		{"status", func(w *world, q *task.Query) { q.StatusIDs = []uuid.UUID{w.statuses[project.CategoryTodo]} }, false},
		{"rare status", func(w *world, q *task.Query) { q.StatusIDs = []uuid.UUID{w.statuses[project.CategoryCancelled]} }, false},
		{"category", func(_ *world, q *task.Query) { q.Categories = []project.Category{project.CategoryInProgress} }, false},
		{"rare category", func(_ *world, q *task.Query) { q.Categories = []project.Category{project.CategoryCancelled} }, false},
		{"open categories", func(_ *world, q *task.Query) { q.Categories = project.Categories()[:3] }, false},
		{"priority", func(_ *world, q *task.Query) { q.Priorities = []task.Priority{task.PriorityHigh} }, false},
		{"rare priority", func(_ *world, q *task.Query) { q.Priorities = []task.Priority{task.PriorityUrgent} }, false},
		{"assignee", func(w *world, q *task.Query) { q.Assignee = &w.member.AccountID }, false},
		{"label", func(w *world, q *task.Query) { q.Label = &w.labels[2] }, false},
		{"parent", func(w *world, q *task.Query) { q.Parent = &w.labels[0] }, true},                             // the fixture gives subtasks this parent
		{"one of two statuses", func(w *world, q *task.Query) { q.StatusIDs = []uuid.UUID{w.labels[3]} }, true}, // the fixture makes this status
		{"rare due before", func(_ *world, q *task.Query) { q.DueBefore = ptr(task.Date("2020-01-20")) }, true},
		{"rare due after", func(_ *world, q *task.Query) { q.DueAfter = ptr(task.Date("2030-01-01")) }, true},
		{"rare updated after", func(_ *world, q *task.Query) { q.UpdatedAfter = ptr(middle.AddDate(1, 0, 0)) }, true},
		{"due before", func(_ *world, q *task.Query) { q.DueBefore = ptr(task.Date("2026-01-15")) }, false},
		{"due after", func(_ *world, q *task.Query) { q.DueAfter = ptr(task.Date("2026-01-15")) }, false},
		{"updated after", func(_ *world, q *task.Query) { q.UpdatedAfter = &middle }, false},
	}
}

// TestEveryListIsReadFromAnIndex asks MySQL how it reads each filter × sort, on the first page and on a later one, with
// 30,000 tasks: no statement may scan a table, only those that find little may sort, and each must read at most ten
// rows per row asked for, the rows of the joined tables and those that were read to choose the index included.
func TestEveryListIsReadFromAnIndex(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, store.MySQL, store.Options{})
	w := setup(t, db)
	middle := fill(t, w, 30_000)
	c, err := db.Pool().Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close() //nolint:errcheck // the pool is closed with the test
	const limit = 50
	worst := int64(0)
	for _, s := range shapes(middle) {
		for _, field := range task.SortFields() {
			for _, desc := range []bool{false, true} {
				for _, scope := range []string{"project", "workspace"} {
					q := task.Query{WorkspaceID: w.workspace, Sort: task.Sort{Field: field, Desc: desc}, Limit: limit}
					if scope == "project" {
						q.ProjectID = w.project
					} else if field == task.SortPosition {
						continue // not supported
					}
					s.set(w, &q)
					name := fmt.Sprintf("%s, %s, %s desc=%t", s.name, scope, field, desc)
					for _, page := range []string{"first", "later"} {
						read, next := examine(t, w, c, name+", "+page+" page", s.sorts, q)
						worst = max(worst, read)
						if read > 10*limit {
							t.Errorf("%s, %s page: reads %d rows for %d", name, page, read, limit)
						}
						if next == nil {
							break
						}
						q.After = next
					}
				}
			}
		}
	}
	t.Logf("the worst list reads %d rows for %d", worst, limit)
}

// examine explains a list's statement and runs it, and returns how many rows the engine read for it.
func examine(t *testing.T, w *world, c *sql.Conn, name string, sorts bool, q task.Query) (int64, *task.Cursor) {
	t.Helper()
	ctx := t.Context()
	begin := handlerReads(t, c)
	text, args, err := store.NewTasks(w.db).ListStatement(ctx, c, q)
	if err != nil {
		t.Fatal(err)
	}
	asked := handlerReads(t, c) - begin
	var plan string
	if err := c.QueryRowContext(ctx, "EXPLAIN FORMAT=TREE "+text, args...).Scan(&plan); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if strings.Contains(plan, "Table scan") || strings.Contains(plan, "Index scan") && !strings.Contains(plan, "Limit") || strings.Contains(plan, "Sort") && !sorts {
		t.Errorf("%s:\n%s\n%s", name, text, plan)
	}
	before := handlerReads(t, c)
	rows, err := c.QueryContext(ctx, text, args...)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	n := 0
	for rows.Next() {
		n++
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Errorf("%s: finds nothing, so it shows nothing", name)
	}
	read := asked + handlerReads(t, c) - before
	_, next, err := w.tasks.List(ctx, w.viewer, q)
	if err != nil {
		t.Fatal(err)
	}
	return read, next
}

func handlerReads(t *testing.T, c *sql.Conn) (sum int64) {
	t.Helper()
	rows, err := c.QueryContext(t.Context(), "SHOW SESSION STATUS LIKE 'Handler_read%'")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	for rows.Next() {
		var name string
		var n int64
		if err := rows.Scan(&name, &n); err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return sum
}

// fill writes n tasks into the world's project and n/4 into another, by SQL alone: categories, priorities and due dates
// as a team's would be spread (3 % cancelled, 3 % urgent), one assignee of twenty, a label on one in four, eighty
// subtasks of one task, changes in another order than creations. It returns a time by which half of them were changed.
func fill(t *testing.T, w *world, n int) time.Time {
	t.Helper()
	other, otherStatuses, otherLabels := w.newProject(t, "DEV")
	const first = 1_760_000_000_000 // milliseconds
	for _, p := range []struct {
		project, parent uuid.UUID
		statuses        map[project.Category]uuid.UUID
		labels          []uuid.UUID
		from, n         int
	}{{w.project, w.labels[0], w.statuses, w.labels, 0, n}, {other, otherLabels[0], otherStatuses, otherLabels, n, n / 4}} {
		s := func(c project.Category) []byte { id := p.statuses[c]; return id[:] }
		const chunk = 3000 // a statement must end within the connection's read time-out, on a busy machine too
		for at := 0; at < p.n; at += chunk {
			w.exec(t, `INSERT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ INTO tasks (id, workspace_id, project_id, number, title, description, status_id, category, priority, parent_id, start_date, due_date,
  estimate, position, author_id, created_at, updated_at, completed_at, version)
WITH RECURSIVE seq (n) AS (SELECT CAST(? AS SIGNED) UNION ALL SELECT n + 1 FROM seq WHERE n < ? - 1),
d AS (SELECT n, n + ? AS g, CRC32(CONCAT('c', n)) % 100 AS c, CRC32(CONCAT('p', n)) % 100 AS p, CRC32(CONCAT('d', n)) % 100 AS d, CRC32(CONCAT('u', n)) AS u FROM seq)
SELECT UNHEX(CONCAT(LPAD(HEX(? + g), 12, '0'), '70008', LPAD(HEX(g), 15, '0'))), ?, ?, n + 1, CONCAT('Task ', n), 'Some words',
  CASE WHEN c < 20 THEN ? WHEN c < 45 THEN ? WHEN c < 60 THEN ? WHEN c < 97 THEN ? ELSE ? END,
  CASE WHEN c < 20 THEN 1 WHEN c < 45 THEN 2 WHEN c < 60 THEN 3 WHEN c < 97 THEN 4 ELSE 5 END,
  CASE WHEN p < 30 THEN 0 WHEN p < 50 THEN 1 WHEN p < 75 THEN 2 WHEN p < 97 THEN 3 ELSE 4 END,
  NULL, NULL, CASE WHEN d < 40 THEN '9999-12-31' ELSE DATE_FORMAT('2026-01-01' + INTERVAL d % 28 DAY, '%Y-%m-%d') END,
  NULL, u, ?, (? + g) * 1000, (? + u % 1000000) * 1000, NULL, 1 FROM d`,
				at, min(at+chunk, p.n), p.from, first, w.workspace[:], p.project[:], s(project.CategoryBacklog), s(project.CategoryTodo), s(project.CategoryInProgress), s(project.CategoryDone),
				s(project.CategoryCancelled), w.member.AccountID[:], first, first)
		}
		w.exec(t, "UPDATE tasks SET id = ? WHERE project_id = ? AND number = 1", p.parent[:], p.project[:])
		w.exec(t, "UPDATE tasks SET parent_id = ? WHERE project_id = ? AND number BETWEEN 2 AND 81", p.parent[:], p.project[:])
		w.exec(t, `INSERT INTO task_labels (task_id, label_id, priority, due_date, position, updated_at)
SELECT id, ?, priority, due_date, position, updated_at FROM tasks WHERE project_id = ? AND number % 4 = 0`, p.labels[2][:], p.project[:])
		w.exec(t, `INSERT INTO task_assignees (task_id, account_id, workspace_id, project_id, priority, due_date, position, updated_at)
SELECT id, ?, workspace_id, project_id, priority, due_date, position, updated_at FROM tasks WHERE project_id = ? AND number % 20 = 0`, w.member.AccountID[:], p.project[:])
	}
	// A few tasks that are rare in one way each: their own status in a common category, due long ago or far ahead, changed last.
	now := time.Now().UnixMicro()
	w.exec(t, "INSERT INTO statuses (id, project_id, name, name_fold, category, position, created_at, updated_at, version) VALUES (?, ?, 'rare', 'rare', 2, 9, ?, ?, 1)",
		w.labels[3][:], w.project[:], now, now)
	w.exec(t, "UPDATE tasks SET status_id = ?, category = 2 WHERE project_id = ? AND number BETWEEN 100 AND 180", w.labels[3][:], w.project[:])
	w.exec(t, "UPDATE tasks SET due_date = CONCAT('2020-01-', 10 + number % 10) WHERE project_id = ? AND number BETWEEN 200 AND 280", w.project[:])
	w.exec(t, "UPDATE tasks SET due_date = CONCAT('2030-01-', 10 + number % 10) WHERE project_id = ? AND number BETWEEN 300 AND 380", w.project[:])
	w.exec(t, "UPDATE tasks SET updated_at = (? + number) * 1000 WHERE project_id = ? AND number BETWEEN 400 AND 480", first+int64(2*365*24*time.Hour/time.Millisecond), w.project[:])
	for _, table := range []string{"tasks", "task_labels", "task_assignees"} {
		w.exec(t, "ANALYZE TABLE "+table)
	}
	return time.UnixMilli(first + 500_000)
}
