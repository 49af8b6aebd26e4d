package seed

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// Store takes records, one transaction at a time.
type Store interface {
	Load(ctx context.Context, dryRun bool, fn func(ctx context.Context, s transfer.Sink) error) error
}

// Summary is what was made.
type Summary struct {
	WorkspaceID uuid.UUID `json:"workspace_id"`
	Workspace   string    `json:"workspace"`
	OwnerEmail  string    `json:"owner_email"`
	Projects    int       `json:"projects"`
	Tasks       int       `json:"tasks"`
	Comments    int       `json:"comments"`
	Seed        uint64    `json:"seed"`
}

// perLoad is how many tasks, with all that hangs on them, are written in one transaction.
const perLoad = 2500

// Run makes the workspace. done, where not nil, hears how many tasks are there. The first transaction makes all but the
// tasks, each further one some thousand tasks: a run that is cut short leaves a smaller workspace, whole in itself.
//
// Errors: validation_failed; already_exists when a run with the same seed and size was here before.
func Run(ctx context.Context, store Store, o Options, done func(tasks int)) (Summary, error) {
	if err := o.Validate(); err != nil {
		return Summary{}, err
	}
	g := newGenerator(o)
	people := g.accounts()
	err := store.Load(ctx, false, func(ctx context.Context, s transfer.Sink) error {
		here, _, err := s.Accounts(ctx, people)
		if err != nil {
			return err
		}
		ids := make([]uuid.UUID, len(people))
		for i, a := range people {
			ids[i] = here[a.ID]
		}
		return write(ctx, s, g.head(ids))
	})
	if apperr.Is(err, apperr.AlreadyExists) {
		return Summary{}, apperr.Wrap(err, apperr.AlreadyExists, "A workspace of this seed and size is there already. Choose another --seed.")
	}
	if err != nil {
		return Summary{}, err
	}
	if err := load(ctx, store, g, done); err != nil {
		return Summary{}, err
	}
	return Summary{
		WorkspaceID: g.workspace, Workspace: o.Workspace, OwnerEmail: o.OwnerEmail,
		Projects: o.Projects, Tasks: o.Tasks, Comments: o.Comments, Seed: o.Seed,
	}, nil
}

// load makes the tasks on one goroutine while others write those made before, o.Writers at a time: no batch refers to
// another.
func load(ctx context.Context, store Store, g *generator, done func(tasks int)) error {
	group, ctx := errgroup.WithContext(ctx)
	batches := make(chan []transfer.Record)
	group.Go(func() error {
		defer close(batches)
		for {
			batch := g.tasks(nil, perLoad)
			if len(batch) == 0 {
				return nil
			}
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	})
	var mu sync.Mutex
	tasks := 0
	for range max(1, g.o.Writers) {
		group.Go(func() error {
			for batch := range batches {
				if err := loadBatch(ctx, store, batch); err != nil {
					return err
				}
				mu.Lock()
				if tasks = min(tasks+perLoad, g.o.Tasks); done != nil {
					done(tasks)
				}
				mu.Unlock()
			}
			return nil
		})
	}
	return group.Wait()
}

// loadBatch writes a batch in one transaction, and tries again where the database says that nothing was changed.
func loadBatch(ctx context.Context, store Store, batch []transfer.Record) error {
	for attempt := 1; ; attempt++ {
		err := store.Load(ctx, false, func(ctx context.Context, s transfer.Sink) error { return write(ctx, s, batch) })
		if err == nil || attempt == 4 || !apperr.Is(err, apperr.Unavailable) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt) * 500 * time.Millisecond):
		}
	}
}

func write(ctx context.Context, s transfer.Sink, records []transfer.Record) error {
	for _, r := range records {
		if err := s.Add(ctx, r, 0); err != nil {
			return err
		}
	}
	return s.Flush(ctx)
}
