package store_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/idem"
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

// TestImportOfWhatIsBeingImported has one import wait for another for as long as MySQL lets it.
func TestImportOfWhatIsBeingImported(t *testing.T) {
	t.Parallel()
	db := testdb.Open(t, store.MySQL, store.Options{})
	at := time.Now().UTC().Truncate(time.Microsecond)
	w := &transfer.Workspace{ID: store.NewID(at), Name: "Acme", CreatedAt: at, UpdatedAt: at, Version: 1}
	add := func(ctx context.Context, s transfer.Sink) error { return s.Add(ctx, w, 2) }
	begun, release, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- store.NewTransfers(db).Load(t.Context(), false, func(ctx context.Context, s transfer.Sink) error {
			err := add(ctx, s)
			close(begun)
			<-release
			return err
		})
	}()
	<-begun
	keyed := idem.With(t.Context(), &idem.Request{Key: "once"})
	if err := store.NewTransfers(db).Load(keyed, false, add); !apperr.Is(err, apperr.RequestInFlight) {
		t.Errorf("during the import: %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if err := store.NewTransfers(db).Load(keyed, false, add); !apperr.Is(err, apperr.AlreadyExists) {
		t.Errorf("after the import: %v", err)
	}
}
