package enginetest

import (
	"slices"
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// TestRecoveryBesideTheFirst goes the way of the runbook for corrupted data: a second instance is restored to a point in
// time beside the first, the service is cut over to it, and the first is retired. No step touches the instance that serves.
func TestRecoveryBesideTheFirst(t *testing.T) {
	t.Parallel()
	b := open(t, offline.Options{Stack: "dev"})
	b.must(b.Up)
	instances := func() (ids []string) {
		for _, o := range b.Cloud().Objects() {
			if o.Token == "aws:rds/instance:Instance" {
				ids = append(ids, o.ID)
			}
		}
		return ids
	}
	first := instances()
	if len(first) != 1 {
		t.Fatalf("instances: %v", first)
	}
	changes := map[string]any{
		"database.generation": 2, "database.serving": 1,
		"database.restore.instance": "task-tracker-dev-us-east-1-db", "database.restore.time": "2026-11-23T09:30:00Z",
	}
	b.apply(changes)
	both := instances()
	if len(both) != 2 || both[0] != first[0] {
		t.Fatalf("after the restore there are %v, before it %v", both, first)
	}
	delete(changes, "database.serving")
	if err := b.Set(changes); err != nil {
		t.Fatal(err)
	}
	report := b.must(b.Up)
	if !slices.ContainsFunc(report.Changed(), func(c offline.Change) bool { return c.Type == "aws:ecs/taskDefinition:TaskDefinition" }) {
		t.Error("the cut-over starts no deployment")
	}
	if got := instances(); !slices.Equal(got, both) {
		t.Errorf("the cut-over left %v of %v", got, both)
	}
	changes["database.oldest"] = 2
	b.apply(changes)
	if got := instances(); !slices.Equal(got, both[1:]) {
		t.Errorf("after retiring the first there are %v, want %v", got, both[1:])
	}
}
