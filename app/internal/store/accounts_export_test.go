package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestPersonalExportIsReadInPages exports an account with more of everything than a page, and stops in the middle of it: what
// comes later has not been read by then. A workspace that the account leaves meanwhile ends there.
func TestPersonalExportIsReadInPages(t *testing.T) {
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			registry := prometheus.NewRegistry()
			db := testdb.Open(t, engine, store.Options{Registry: registry})
			w, ctx := setup(t, db), t.Context()
			const tasks = 120
			for i := range tasks {
				in := task.CreateInput{Title: fmt.Sprint("T", i)}
				if i%2 == 0 {
					in.AssigneeIDs = []uuid.UUID{w.member.AccountID, w.admin.AccountID}
				}
				w.create(t, in)
			}
			accounts := store.NewAccounts(db)
			export := func(id uuid.UUID, each func(n int, record any) error) (map[string]int, error) {
				n, found := 0, map[string]int{}
				err := accounts.Export(ctx, id, func(record any) error {
					n++
					kind := fmt.Sprintf("%T", record)
					if r, ok := record.(*account.ExportedTask); ok {
						kind = fmt.Sprintf("task author=%t assigned=%t", r.Author, r.Assigned)
					}
					found[kind]++
					return each(n, record)
				})
				return found, err
			}
			all := func(int, any) error { return nil }
			found, err := export(w.member.AccountID, all)
			if err != nil || found["task author=true assigned=true"] != 60 || found["task author=true assigned=false"] != 60 || found["*account.ExportedActivity"] != tasks {
				t.Errorf("the author's: %v, %v", found, err)
			}
			found, err = export(w.admin.AccountID, all)
			if err != nil || found["task author=false assigned=true"] != 60 || len(found) != 3 { // with the account and the membership
				t.Errorf("the assignee's: %v, %v", found, err)
			}
			if found, err = export(w.outsider.AccountID, all); err != nil || len(found) != 1 {
				t.Errorf("an outsider's: %v, %v", found, err)
			}
			_, err = export(uuid.New(), all)
			requireCode(t, err, apperr.NotFound)

			before := statements(t, registry)
			whole, err := export(w.member.AccountID, all)
			if err != nil {
				t.Fatal(err)
			}
			ofAll := statements(t, registry) - before
			before = statements(t, registry)
			stop := fmt.Errorf("stop")
			_, err = export(w.member.AccountID, func(_ int, record any) error {
				if _, ok := record.(*account.ExportedTask); ok {
					return stop
				}
				return nil
			})
			if err == nil || statements(t, registry)-before > ofAll-6 {
				t.Errorf("stopped at the first task: %v, %d statements of %d", err, statements(t, registry)-before, ofAll)
			}

			left := false
			found, err = export(w.member.AccountID, func(_ int, record any) error {
				if _, ok := record.(*account.ExportedTask); ok && !left {
					left = true
					w.exec(t, "DELETE FROM members WHERE account_id = ?", w.member.AccountID[:])
				}
				return nil
			})
			if err != nil || found["*account.ExportedActivity"] != 0 || found["task author=true assigned=true"]+found["task author=true assigned=false"] != 50 {
				t.Errorf("left meanwhile: %v of %v, %v", found, whole, err)
			}
		})
	}
}

// TestNoStatementOfAccountsReadsATable asks both engines how they run the statements that look for what an account has, with
// so many rows of others that a scan would show.
func TestNoStatementOfAccountsReadsATable(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		now := time.Now()
		in := w.create(t, task.CreateInput{Title: "T"})
		for i := range 300 {
			other := w.person(t, fmt.Sprint("P", i), auth.RoleViewer)
			w.exec(t, "INSERT INTO tokens (id, account_id, kind, name, hash, scopes, created_at) VALUES (?, ?, 'personal', 't', ?, 'read', ?)",
				bytesOf(newID()), other.AccountID[:], append(bytesOf(newID()), bytesOf(newID())...), now.UnixMicro())
			w.exec(t, `INSERT INTO invitations (id, workspace_id, email, email_fold, role, hash, invited_by, bound, created_at, expires_at, accepted_by) VALUES (?, ?, ?, ?, 'viewer', ?, ?, 0, ?, ?, ?)`,
				bytesOf(newID()), w.workspace[:], fmt.Sprint(i), fmt.Sprint(i), append(bytesOf(newID()), bytesOf(newID())...), other.AccountID[:], now.UnixMicro(), now.UnixMicro(), other.AccountID[:])
			w.exec(t, `INSERT INTO activity (id, workspace_id, actor_id, token_name, action, entity_type, entity_id, changes, created_at) VALUES (?, ?, ?, '', 'task.created', 'task', ?, '[]', ?)`,
				bytesOf(newID()), w.workspace[:], other.AccountID[:], bytesOf(newID()), now.UnixMicro())
			w.exec(t, "INSERT INTO comments (id, workspace_id, task_id, author_id, body, edited, created_at, updated_at, version) VALUES (?, ?, ?, ?, 'b', 0, ?, ?, 1)",
				bytesOf(newID()), w.workspace[:], in.ID[:], other.AccountID[:], now.UnixMicro(), now.UnixMicro())
			w.exec(t, `INSERT INTO attachments (id, workspace_id, task_id, author_id, filename, content_type, size, sha256, blob_key, state, created_at, changed_at)
VALUES (?, ?, ?, ?, 'f', 'text/plain', 1, ?, ?, 2, ?, ?)`,
				bytesOf(newID()), w.workspace[:], in.ID[:], other.AccountID[:], append(bytesOf(newID()), bytesOf(newID())...), fmt.Sprint(i), now.UnixMicro(), now.UnixMicro())
			w.exec(t, `INSERT INTO tasks (id, workspace_id, project_id, number, title, description, status_id, category, priority, due_date, position, author_id, created_at, updated_at, version)
VALUES (?, ?, ?, ?, 'T', '', ?, 1, 0, '9999-12-31', 1, ?, ?, ?, 1)`,
				bytesOf(newID()), w.workspace[:], w.project[:], 1000+i, bytesOf(w.statuses["backlog"]), other.AccountID[:], now.UnixMicro(), now.UnixMicro())
		}
		if db.Engine() == store.MySQL {
			for _, table := range []string{"accounts", "members", "tokens", "invitations", "activity", "tasks", "comments", "attachments", "task_assignees"} {
				w.exec(t, "ANALYZE TABLE "+table)
			}
		}
		for text, n := range db.PersonalStatements() {
			args := make([]any, n)
			for i := range args {
				args[i] = w.member.AccountID[:]
			}
			if strings.Contains(text, "LIMIT ?") {
				args[n-1] = 50
			}
			plan := explain(t, db, text, args)
			for table, index := range map[string]string{"FROM comments": "comments_author", "FROM attachments": "attachments_author", "FROM activity": "activity_actor", "FROM tasks t": "tasks_author"} {
				if strings.Contains(text, table) && !strings.Contains(plan, index) {
					t.Errorf("without the index %s: %s\n%s", index, text, plan)
				}
			}
			for line := range strings.Lines(plan) {
				if strings.Contains(line, "Table scan on ") && !strings.Contains(line, "<") || strings.HasPrefix(line, "SCAN ") && !strings.Contains(line, "INDEX") {
					t.Errorf("%s\n%s", text, plan)
					break
				}
			}
		}
	})
}

// explain says how the engine runs a statement, step by step.
func explain(t *testing.T, db *store.DB, text string, args []any) string {
	t.Helper()
	how := "EXPLAIN QUERY PLAN "
	if db.Engine() == store.MySQL {
		how = "EXPLAIN FORMAT=TREE "
	}
	rows, err := db.Pool().QueryContext(t.Context(), how+text, args...)
	if err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var plan strings.Builder
	for rows.Next() {
		var step string
		line := make([]any, len(columns))
		for i := range line {
			line[i] = new(any)
		}
		line[len(line)-1] = &step
		if err := rows.Scan(line...); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintln(&plan, step)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return plan.String()
}
