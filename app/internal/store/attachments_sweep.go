package store

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/attachment"
)

const (
	overdueAttachmentsSQL = `SELECT id FROM attachments WHERE state = 1 AND changed_at < ? ORDER BY changed_at LIMIT ?`
	// changed_at stays, so that the sweep that finds an old reservation also removes it.
	expireAttachmentSQL    = `UPDATE attachments SET state = 3 WHERE id = ? AND state = 1 AND changed_at < ?`
	leftoverAttachmentsSQL = `SELECT id, blob_key, changed_at FROM attachments
WHERE state = 3 AND changed_at < ? AND changed_at >= ? AND (changed_at > ? OR id > ?)
ORDER BY changed_at, id LIMIT ?`
	forgetAttachmentSQL = `DELETE FROM attachments WHERE id = ? AND state = 3`
)

// Expire implements [attachment.Cleaner]. Each row has a transaction of its own, so that a confirmation waits for one
// statement at most, and two sweeps never wait for each other in a ring.
func (s *Attachments) Expire(ctx context.Context, before time.Time, limit int) (int, error) {
	ids, err := collect(ctx, s.db.reader(), "attachment.overdue", overdueAttachmentsSQL, func(row scanner) (id uuid.UUID, err error) {
		return id, row.Scan(&id)
	}, micros(before), limit)
	if err != nil {
		return 0, public(err)
	}
	expired := 0
	for _, id := range ids {
		n, err := mutate(ctx, s.db, "attachment.expire", func(tx *Tx) (int64, error) {
			return tx.exec(ctx, "attachment.expire", expireAttachmentSQL, id[:], micros(before))
		})
		if err != nil {
			return expired, err
		}
		expired += int(n)
	}
	return expired, nil
}

// Leftovers implements [attachment.Cleaner].
func (s *Attachments) Leftovers(ctx context.Context, before time.Time, after *attachment.Leftover, limit int) ([]attachment.Leftover, error) {
	var behind int64
	var behindID uuid.UUID
	if after != nil {
		behind, behindID = micros(after.ChangedAt), after.ID
	}
	items, err := collect(ctx, s.db.reader(), "attachment.leftovers", leftoverAttachmentsSQL, func(row scanner) (l attachment.Leftover, err error) {
		var changed int64
		err = row.Scan(&l.ID, &l.Key, &changed)
		l.ChangedAt = fromMicros(changed)
		return l, err
	}, micros(before), behind, behind, behindID[:], limit)
	return items, public(err)
}

// Forget implements [attachment.Cleaner].
func (s *Attachments) Forget(ctx context.Context, id uuid.UUID) error {
	_, err := mutate(ctx, s.db, "attachment.forget", func(tx *Tx) (int64, error) {
		return tx.exec(ctx, "attachment.forget", forgetAttachmentSQL, id[:])
	})
	return err
}
