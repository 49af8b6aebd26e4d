package store_test

import (
	"database/sql"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// TestLateCommitsComeLater holds a transaction open while others commit and are read: what it wrote first comes last. That
// is MySQL's case: SQLite has one writer.
func TestLateCommitsComeLater(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, store.MySQL, store.Options{})
	w, ctx := setup(t, db), t.Context()
	log := activity.NewService(store.NewActivity(db))
	begin, err := log.Events(ctx, w.viewer, w.workspace, nil, 10)
	if err != nil || len(begin.Items) != 0 {
		t.Fatalf("%v %+v", err, begin)
	}
	late, err := db.SQL().BeginTx(ctx, &sql.TxOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = late.Rollback() })
	lateEntity, id := newID(), newID()
	_, err = late.ExecContext(ctx, `INSERT INTO activity (id, workspace_id, actor_id, token_name, action, entity_type, entity_id, changes, created_at)
VALUES (?, ?, ?, '', 'label.created', 'label', ?, '[]', ?)`, id[:], w.workspace[:], w.member.AccountID[:], lateEntity[:], time.Now().UnixMicro())
	if err != nil {
		t.Fatal(err)
	}
	early := w.create(t, task.CreateInput{Title: "committed first"})
	seen, err := log.Events(ctx, w.viewer, w.workspace, &begin.Last, 10)
	if err != nil || len(seen.Items) != 1 || seen.Items[0].EntityID != early.ID {
		t.Fatalf("before the late commit: %v %+v", err, seen)
	}
	if err := late.Commit(); err != nil {
		t.Fatal(err)
	}
	next, err := log.Events(ctx, w.viewer, w.workspace, &seen.Last, 10)
	if err != nil || len(next.Items) != 1 || next.Items[0].EntityID != lateEntity || next.Items[0].Sequence <= seen.Last {
		t.Fatalf("after the late commit: %v %+v", err, next)
	}
}

// TestEventsOfManyChanges numbers more entries than one transaction does, from several readers at once, and bounds a page
// by the bytes of its tasks.
func TestEventsOfManyChanges(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w, ctx := setup(t, db), t.Context()
		log := activity.NewService(store.NewActivity(db))
		begin, err := log.Events(ctx, w.viewer, w.workspace, nil, 10)
		if err != nil {
			t.Fatal(err)
		}
		const entries = 1300
		tx, err := db.SQL().BeginTx(ctx, &sql.TxOptions{})
		if err != nil {
			t.Fatal(err)
		}
		for range entries {
			id := newID()
			_, err = tx.ExecContext(ctx, `INSERT INTO activity (id, workspace_id, project_id, actor_id, token_name, action, entity_type, entity_id, changes, created_at)
VALUES (?, ?, ?, ?, '', 'label.created', 'label', ?, '[]', 1)`, id[:], w.workspace[:], w.project[:], w.member.AccountID[:], id[:])
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := tx.Commit(); err != nil {
			t.Fatal(err)
		}
		together(4, func(int) {
			if _, err := log.Events(ctx, w.viewer, w.workspace, &begin.Last, 10); err != nil {
				t.Error(err)
			}
		})
		walked, since := map[uuid.UUID]bool{}, begin.Last
		for more := true; more; {
			page, err := log.Events(ctx, w.viewer, w.workspace, &since, 100)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range page.Items {
				if walked[e.EntityID] {
					t.Fatal("twice")
				}
				walked[e.EntityID] = true
			}
			since, more = page.Last, page.More
		}
		if len(walked) != entries || since != begin.Last+entries {
			t.Errorf("%d entries up to %d", len(walked), since)
		}

		long := strings.Repeat("x", task.MaxDescription)
		for range 40 {
			w.create(t, task.CreateInput{Title: "long", Description: long})
		}
		page, err := log.Events(ctx, w.viewer, w.workspace, &since, 100)
		if err != nil || !page.More || len(page.Items) < 10 || len(page.Items) > 16 {
			t.Errorf("of 40 long tasks a page has %d, more: %v, %v", len(page.Items), page.More, err)
		}
		ahead := since + 1000
		_, err = log.Events(ctx, w.viewer, w.workspace, &ahead, 10)
		requireCode(t, err, apperr.Gone)
		_, err = log.Events(ctx, w.outsider, w.workspace, nil, 10)
		requireCode(t, err, apperr.NotFound)
	})
}
