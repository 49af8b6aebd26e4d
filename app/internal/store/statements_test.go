package store_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestListRunsAConstantNumberOfStatements counts the statements of a list of 2 and of 60 tasks, each with assignees and
// labels, from the metrics that count every statement.
func TestListRunsAConstantNumberOfStatements(t *testing.T) {
	t.Parallel()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			registry := prometheus.NewRegistry()
			w := setup(t, testdb.Open(t, engine, store.Options{Registry: registry}))
			grow := func(n int) {
				for range n {
					w.create(t, task.CreateInput{Title: "x", LabelIDs: w.labels, AssigneeIDs: []uuid.UUID{w.admin.AccountID, w.member.AccountID}})
				}
			}
			cost := func(want int) uint64 {
				before := statements(t, registry)
				items, _, err := w.tasks.List(t.Context(), w.viewer, task.Query{
					WorkspaceID: w.workspace, StatusIDs: []uuid.UUID{w.statuses["backlog"]}, Sort: task.Sort{Field: task.SortUpdated, Desc: true}, Limit: 100,
				})
				if err != nil || len(items) != want || len(items[0].Labels) != 4 || len(items[0].Assignees) != 2 {
					t.Fatalf("list: %v, %d items", err, len(items))
				}
				return statements(t, registry) - before
			}
			grow(2)
			few := cost(2)
			grow(58)
			if many := cost(60); many != few || many > 4 {
				t.Errorf("%d statements for 2 tasks, %d for 60", few, many)
			}
		})
	}
}

// statements is how many statements have run.
func statements(t *testing.T, registry *prometheus.Registry) (n uint64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "tasktracker_sql_duration_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			n += m.GetHistogram().GetSampleCount()
		}
	}
	return n
}
