package attachment

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// sweepGrace is how long a deleted attachment's bytes stay: longer than an upload that began before the deletion
	// can take, so that none arrives when nothing points to it any more.
	sweepGrace = time.Hour
	sweepBatch = 100
	sweepMost  = 1000 // attachments in one run
	// sweepFaults in a row mean that the blob store is down, and end the run.
	sweepFaults = 10
)

// Sweep removes the bytes and rows of attachments that were deleted an hour ago or longer, and of reservations that
// are older than [ReservationValid]: the bytes first, so that a failure leaves the row to the next run. One run
// removes a bounded number; it may run in many instances at once. It returns how many rows it removed, and what failed.
func (s *Service) Sweep(ctx context.Context) (removed int, err error) {
	now := s.now()
	// From here on nobody can confirm them.
	if _, err := s.store.Expire(ctx, now.Add(-ReservationValid), sweepMost); err != nil {
		return 0, fmt.Errorf("attachment sweep: %w", err)
	}
	var faults []error
	inRow := 0
	var last *Leftover
	for seen := 0; seen < sweepMost; {
		batch, err := s.store.Leftovers(ctx, now.Add(-sweepGrace), last, sweepBatch)
		if err != nil {
			return removed, errors.Join(append(faults, fmt.Errorf("attachment sweep: %w", err))...)
		}
		for _, l := range batch {
			if err := s.remove(ctx, l); err != nil {
				faults = append(faults, fmt.Errorf("attachment sweep: %s: %w", l.ID, err))
				if inRow++; inRow == sweepFaults || ctx.Err() != nil {
					return removed, errors.Join(faults...)
				}
				continue
			}
			inRow = 0
			removed++
		}
		if len(batch) < sweepBatch {
			break
		}
		last = &batch[len(batch)-1]
		seen += len(batch)
	}
	return removed, errors.Join(faults...)
}

func (s *Service) remove(ctx context.Context, l Leftover) error {
	if err := s.blobs.Delete(ctx, l.Key); err != nil {
		return err
	}
	return s.store.Forget(ctx, l.ID)
}
