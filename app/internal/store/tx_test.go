package store_test

import (
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func TestMigrateIsReadyAndRepeatable(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		if err := db.Ready(t.Context()); err != nil {
			t.Fatal(err)
		}
		ran := 0
		if err := db.Migrate(t.Context(), func(store.Migration) { ran++ }); err != nil || ran != 0 {
			t.Fatalf("second migrate: ran %d, %v", ran, err)
		}
		all, err := db.Migrations(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range all {
			if m.AppliedAt == nil {
				t.Errorf("%d %s is pending", m.Version, m.Name)
			}
		}
	})
}

// TestALockThatIsNotHadInTimeIsWaitedForAgain holds a task's row for longer than the server's time-out for locks.
func TestALockThatIsNotHadInTimeIsWaitedForAgain(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, store.MySQL, store.Options{})
	w := setup(t, db)
	made := w.create(t, task.CreateInput{Title: "held"})
	holder, err := db.Pool().BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(t.Context(), "UPDATE tasks SET title = 'mine' WHERE id = ?", made.ID[:]); err != nil {
		t.Fatal(err)
	}
	released := make(chan error)
	go func() {
		time.Sleep(4 * time.Second)
		released <- holder.Rollback()
	}()
	got, err := w.tasks.Update(t.Context(), w.member, made.ID, task.Patch{Title: ptr("yours")}, nil)
	if err != nil || got.Title != "yours" {
		t.Errorf("%v %+v", err, got)
	}
	if err := <-released; err != nil {
		t.Error(err)
	}
}
