package store_test

import (
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

func (s *shelf) wantHeld(t *testing.T, what string, a attachment.Attachment, stored, row bool) {
	t.Helper()
	if gotStored, gotRow := s.holds(t, a); gotStored != stored || gotRow != row {
		t.Errorf("%s: bytes %v, row %v; want %v, %v", what, gotStored, gotRow, stored, row)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx, p := t.Context(), s.person(auth.RoleMember)
		kept := s.ready(t, "kept")
		deleted := s.ready(t, "deleted")
		never := s.reserve(t, "never uploaded")
		unconfirmed := s.reserve(t, "never confirmed")
		s.upload(t, unconfirmed, "never confirmed")
		if err := s.svc.Delete(ctx, p, deleted.ID); err != nil {
			t.Fatal(err)
		}
		s.sweep(t, 0)
		s.clock.pass(time.Hour + time.Second)
		s.sweep(t, 1)
		s.wantHeld(t, "deleted", deleted, false, false)
		s.clock.pass(22 * time.Hour)
		s.sweep(t, 0)
		fresh := s.reserve(t, "fresh")
		s.clock.pass(2 * time.Hour)
		s.sweep(t, 2)
		s.wantHeld(t, "never uploaded", never, false, false)
		s.wantHeld(t, "never confirmed", unconfirmed, false, false)
		s.wantHeld(t, "fresh", fresh, false, true)
		s.wantHeld(t, "kept", kept, true, true)
		s.sweep(t, 0)
		_, err := s.svc.Confirm(ctx, p, unconfirmed.ID)
		wantCode(t, err, apperr.NotFound)
	})
}

// What cannot be removed stays, holds up nothing else, and is removed by a later run.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		var all []attachment.Attachment
		for range 30 {
			a := s.ready(t, "gone")
			if err := s.svc.Delete(t.Context(), s.person(auth.RoleMember), a.ID); err != nil {
				t.Fatal(err)
			}
			all = append(all, a)
		}
		s.clock.pass(2 * time.Hour)
		broken := errors.New("broken")
		s.fail = func(key string) error {
			if key == all[0].Key || key == all[7].Key {
				return broken
			}
			return nil
		}
		if n, err := s.svc.Sweep(t.Context()); n != 28 || !errors.Is(err, broken) {
			t.Errorf("removed %d, %v", n, err)
		}
		s.wantHeld(t, "failed", all[7], true, true)
		s.wantHeld(t, "others", all[29], false, false)
		s.fail = func(string) error { return nil }
		s.sweep(t, 2)
		s.wantHeld(t, "failed before", all[7], false, false)
	})
}

// With the blob store down a run ends soon and loses nothing.
func TestSweepGivesUp(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		for range 15 {
			if err := s.svc.Delete(t.Context(), s.person(auth.RoleMember), s.reserve(t, "x").ID); err != nil {
				t.Fatal(err)
			}
		}
		s.clock.pass(2 * time.Hour)
		tries := 0
		s.fail = func(string) error { tries++; return errors.New("down") }
		if n, err := s.svc.Sweep(t.Context()); n != 0 || err == nil || tries != 10 {
			t.Errorf("removed %d after %d tries, %v", n, tries, err)
		}
		s.fail = func(string) error { return nil }
		s.sweep(t, 15)
	})
}

// Sweeps in several instances at once remove everything and fail nowhere.
func TestSweepsAtOnce(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		var all []attachment.Attachment
		for range 40 {
			a := s.reserve(t, "x")
			s.upload(t, a, "x")
			all = append(all, a)
		}
		s.clock.pass(25 * time.Hour)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := s.svc.Sweep(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, a := range all {
			s.wantHeld(t, "swept by many", a, false, false)
		}
	})
}

// A sweep while bytes arrive: the reservation lives on, and can be confirmed. Where it was deleted meanwhile, its row
// outlives the upload, so that the bytes that came too late are removed too.
func TestSweepDuringUpload(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx, p := t.Context(), s.person(auth.RoleMember)
		wanted, unwanted := s.reserve(t, "slowly"), s.reserve(t, "slowly")
		var finish []func()
		for _, a := range []attachment.Attachment{wanted, unwanted} {
			r, w := io.Pipe()
			done := make(chan error, 1)
			go func() { done <- s.disk.Put(ctx, a.Key, a.ContentType, a.Size, r) }()
			if _, err := io.WriteString(w, "slow"); err != nil {
				t.Fatal(err)
			}
			finish = append(finish, func() {
				_, err := io.WriteString(w, "ly")
				if err = errors.Join(err, w.Close(), <-done); err != nil {
					t.Error(err)
				}
			})
		}
		if err := s.svc.Delete(ctx, p, unwanted.ID); err != nil {
			t.Fatal(err)
		}
		s.clock.pass(attachment.UploadValid)
		s.sweep(t, 0)
		for _, fn := range finish {
			fn()
		}
		if _, err := s.svc.Confirm(ctx, p, wanted.ID); err != nil {
			t.Error(err)
		}
		s.wantHeld(t, "came too late", unwanted, true, true)
		s.clock.pass(time.Hour)
		s.sweep(t, 1)
		s.wantHeld(t, "came too late, then swept", unwanted, false, false)
		s.wantHeld(t, "confirmed", wanted, true, true)
	})
}

// A confirmation at the last moment and a sweep: either it is ready and its bytes are there, or both are gone.
func TestSweepAgainstConfirm(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx, p := t.Context(), s.person(auth.RoleMember)
		for range 12 {
			a := s.reserve(t, "in time?")
			s.upload(t, a, "in time?")
			s.clock.pass(attachment.ReservationValid + time.Second)
			var wg sync.WaitGroup
			var confirmErr error
			wg.Go(func() { _, confirmErr = s.svc.Confirm(ctx, p, a.ID) })
			wg.Go(func() {
				if _, err := s.svc.Sweep(ctx); err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			if confirmErr == nil {
				s.wantHeld(t, "confirmed", a, true, true)
			} else {
				if !apperr.Is(confirmErr, apperr.NotFound) && !apperr.Is(confirmErr, apperr.Conflict) {
					t.Error(confirmErr)
				}
				s.wantHeld(t, "swept", a, false, false)
			}
		}
	})
}
