package store_test

import (
	"errors"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/seed"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// TestSlowExportsLeaveTheRequestsTheirConnections lets clients of exports stop reading.
func TestSlowExportsLeaveTheRequestsTheirConnections(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		transfers := store.NewTransfers(db)
		sum, err := seed.Run(t.Context(), transfers, seed.Options{Projects: 1, Tasks: 5, Seed: 1, Workspace: "Acme", OwnerEmail: "ada@example.com"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		begun, release, done := make(chan struct{}, 2), make(chan struct{}), make(chan error, 2)
		for range 2 {
			go func() {
				first := true
				done <- transfers.Export(t.Context(), sum.WorkspaceID, false, func(transfer.Record) error {
					if first {
						first = false
						begun <- struct{}{}
						<-release
					}
					return nil
				})
			}()
		}
		for range 2 {
			select {
			case <-begun:
			case err := <-done:
				t.Fatal(err)
			}
		}
		none := func(transfer.Record) error { return nil }
		if err := store.NewTransfers(db).Export(t.Context(), sum.WorkspaceID, true, none); !apperr.Is(err, apperr.Unavailable) {
			t.Errorf("a third export: %v", err)
		}
		if n := db.Pool().Stats().InUse; n != 0 {
			t.Errorf("the exports hold %d connections of the requests", n)
		}
		close(release)
		if err := errors.Join(<-done, <-done); err != nil {
			t.Error(err)
		}
		if err := transfers.Export(t.Context(), sum.WorkspaceID, false, none); err != nil {
			t.Errorf("afterwards: %v", err)
		}
	})
}
