package store_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// together runs fn n times at once and returns when all are done.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			fn(i)
		})
	}
	close(start)
	wg.Wait()
}

func TestOneOfManyUpdatesOfAVersionWins(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		made := w.create(t, task.CreateInput{Title: "contended"})
		var won, lost atomic.Int64
		together(64, func(i int) {
			_, err := w.tasks.Update(context.Background(), w.member, made.ID, task.Patch{Title: ptr(fmt.Sprint("writer ", i))}, cond.Only(1))
			switch {
			case err == nil:
				won.Add(1)
			case apperr.Is(err, apperr.PreconditionFailed):
				lost.Add(1)
			default:
				t.Error(err)
			}
		})
		if won.Load() != 1 || lost.Load() != 63 {
			t.Errorf("%d won, %d lost", won.Load(), lost.Load())
		}
	})
}

func TestNumbersAreUniqueAndDense(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		const creators, each = 16, 8
		numbers := make([][]int64, creators)
		together(creators, func(i int) {
			for range each {
				made, err := w.tasks.Create(context.Background(), w.member, w.project, task.CreateInput{Title: "x", LabelIDs: w.labels, AssigneeIDs: []uuid.UUID{w.admin.AccountID}})
				if err != nil {
					t.Error(err)
					return
				}
				numbers[i] = append(numbers[i], made.Number)
			}
		})
		all := slices.Sorted(slices.Values(slices.Concat(numbers...)))
		for i, n := range all {
			if n != int64(i+1) {
				t.Fatalf("numbers: %v", all)
			}
		}
		if len(all) != creators*each {
			t.Fatalf("%d tasks", len(all))
		}
	})
}

func TestOneIdempotencyKeyMakesOneTask(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		ids := make([]uuid.UUID, 32)
		var replayed atomic.Int64
		hash := sha256.Sum256([]byte("create x"))
		together(len(ids), func(i int) {
			r := &idem.Request{Key: "once", Hash: hash}
			made, err := w.tasks.Create(idem.With(context.Background(), r), w.member, w.project, task.CreateInput{Title: "x"})
			if err != nil {
				t.Error(err)
				return
			}
			if r.Replayed {
				replayed.Add(1)
			}
			ids[i] = made.ID
		})
		if len(slices.Compact(ids)) != 1 || replayed.Load() != 31 {
			t.Errorf("%d replayed, ids %v", replayed.Load(), ids)
		}
		other := &idem.Request{Key: "once", Hash: sha256.Sum256([]byte("create y"))}
		_, err := w.tasks.Create(idem.With(t.Context(), other), w.member, w.project, task.CreateInput{Title: "y"})
		requireCode(t, err, apperr.IdempotencyKeyReused)
		mine := &idem.Request{Key: "once", Hash: hash}
		made, err := w.tasks.Create(idem.With(t.Context(), mine), w.admin, w.project, task.CreateInput{Title: "x"})
		if err != nil || made.Number != 2 {
			t.Errorf("another account's key: %v, number %d", err, made.Number)
		}
		failed := &idem.Request{Key: "again", Hash: hash}
		_, err = w.tasks.Create(idem.With(t.Context(), failed), w.member, w.project, task.CreateInput{Title: ""})
		requireCode(t, err, apperr.ValidationFailed)
		if _, err = w.tasks.Create(idem.With(t.Context(), failed), w.member, w.project, task.CreateInput{Title: "x"}); err != nil {
			t.Errorf("a refused request kept its key: %v", err)
		}
	})
}

// TestConcurrentMovesMakeNoCircle lets pairs of moves race that would close a circle together.
func TestConcurrentMovesMakeNoCircle(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		w := setup(t, db)
		for range 8 {
			a, b := w.create(t, task.CreateInput{Title: "a"}).ID, w.create(t, task.CreateInput{Title: "b"}).ID
			var parents, blocks atomic.Int64
			together(4, func(i int) {
				from, to := a, b
				if i%2 == 1 {
					from, to = b, a
				}
				if i < 2 {
					_, err := w.tasks.Update(context.Background(), w.member, from, task.Patch{ParentID: nullable.NewNullableWithValue(to)}, nil)
					count(t, &parents, err)
				} else {
					_, err := w.tasks.Relate(context.Background(), w.member, from, to, task.Blocks)
					count(t, &blocks, err)
				}
			})
			if parents.Load() != 1 || blocks.Load() != 1 {
				t.Fatalf("%d moves and %d relations went through", parents.Load(), blocks.Load())
			}
		}
	})
}

func count(t *testing.T, ok *atomic.Int64, err error) {
	switch {
	case err == nil:
		ok.Add(1)
	case !apperr.Is(err, apperr.Cycle):
		t.Error(err)
	}
}
