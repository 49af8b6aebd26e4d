package store_test

import (
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/store"
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
