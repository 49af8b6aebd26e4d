package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Attachments keeps what is known of attachments; their bytes are elsewhere. It is the store of package attachment.
type Attachments struct{ db *DB }

var _ attachment.Store = (*Attachments)(nil)

// NewAttachments returns the attachments of a database.
func NewAttachments(db *DB) *Attachments { return &Attachments{db: db} }

// The states as the database keeps them; statements name them by number: 1 reserved, 2 ready, 3 deleted.
var attachmentStates = map[int64]attachment.State{
	1: attachment.StateReserved,
	2: attachment.StateReady,
	3: attachment.StateDeleted,
}

const (
	attachmentPlaceSQL = `SELECT t.workspace_id, t.project_id, p.archived, COALESCE(m.role, '')
FROM tasks t
JOIN projects p ON p.id = t.project_id
LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.account_id = ?
WHERE t.id = ?`
	lockAttachmentTaskSQL = `SELECT id FROM tasks WHERE id = ? {FOR UPDATE}`
	countAttachmentsSQL   = `SELECT COUNT(*) FROM attachments WHERE task_id = ? AND state <> 3`
	insertAttachmentSQL   = `INSERT INTO attachments
  (id, workspace_id, task_id, author_id, filename, content_type, size, sha256, blob_key, state, created_at, confirmed_at, changed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?, NULL, ?)`
	lockAttachmentSQL = `SELECT id FROM attachments WHERE id = ? {FOR UPDATE}`
	getAttachmentSQL  = `SELECT f.id, f.workspace_id, t.project_id, f.task_id, f.author_id, a.name, f.filename, f.content_type, f.size, f.sha256,
  f.blob_key, f.state, f.created_at, f.confirmed_at, p.archived, COALESCE(m.role, '')
FROM attachments f
JOIN tasks t ON t.id = f.task_id
JOIN projects p ON p.id = t.project_id
JOIN accounts a ON a.id = f.author_id
LEFT JOIN members m ON m.workspace_id = f.workspace_id AND m.account_id = ?
WHERE f.id = ? AND f.state <> 3`
	// The outer joins keep the planners from starting elsewhere: the page comes from the index, in its order.
	listAttachmentsSQL = `SELECT f.id, f.workspace_id, t.project_id, f.task_id, f.author_id, COALESCE(a.name, ''), f.filename, f.content_type, f.size, f.sha256,
  f.blob_key, f.state, f.created_at, f.confirmed_at
FROM attachments f
LEFT JOIN tasks t ON t.id = f.task_id
LEFT JOIN accounts a ON a.id = f.author_id
WHERE f.task_id = ? AND f.id > ? AND f.state <> 3 ORDER BY f.id LIMIT ?`
	// A key's row may outlive its task; what it says then is not asked for any more.
	attachmentStateSQL   = `SELECT f.state FROM attachments f JOIN tasks t ON t.id = f.task_id WHERE f.blob_key = ?`
	confirmAttachmentSQL = `UPDATE attachments SET state = 2, confirmed_at = ?, changed_at = ? WHERE id = ? AND state = 1`
	deleteAttachmentSQL  = `UPDATE attachments SET state = 3, changed_at = ? WHERE id = ? AND state <> 3`
)

func scanAttachment(row scanner, more ...any) (a attachment.Attachment, err error) {
	var (
		sum       []byte
		state     int64
		created   int64
		confirmed sql.NullInt64
		known     bool
	)
	err = row.Scan(append([]any{
		&a.ID, &a.WorkspaceID, &a.ProjectID, &a.TaskID, &a.Author.ID, &a.Author.Name, &a.Filename, &a.ContentType, &a.Size, &sum,
		&a.Key, &state, &created, &confirmed,
	}, more...)...)
	if err != nil {
		return a, err
	}
	if copy(a.SHA256[:], sum) != len(a.SHA256) {
		return a, fmt.Errorf("attachment %s: checksum of %d bytes", a.ID, len(sum))
	}
	if a.State, known = attachmentStates[state]; !known {
		return a, fmt.Errorf("attachment %s: state %d is not known", a.ID, state)
	}
	a.CreatedAt, a.ConfirmedAt = fromMicros(created), fromNullMicros(confirmed)
	return a, nil
}

type placedAttachment struct {
	attachment attachment.Attachment
	place      attachment.Place
}

func (c conn) attachment(ctx context.Context, id, viewer uuid.UUID) (attachment.Attachment, attachment.Place, error) {
	v, err := one(ctx, c, "attachment.get", getAttachmentSQL, func(row scanner) (v placedAttachment, err error) {
		v.attachment, err = scanAttachment(row, &v.place.Archived, &v.place.Role)
		v.place.WorkspaceID, v.place.ProjectID = v.attachment.WorkspaceID, v.attachment.ProjectID
		return v, err
	}, viewer[:], id[:])
	return v.attachment, v.place, err
}

func (c conn) attachmentPlace(ctx context.Context, taskID, viewer uuid.UUID) (attachment.Place, error) {
	return one(ctx, c, "attachment.place", attachmentPlaceSQL, func(row scanner) (at attachment.Place, err error) {
		return at, row.Scan(&at.WorkspaceID, &at.ProjectID, &at.Archived, &at.Role)
	}, viewer[:], taskID[:])
}

// lockAttachment reads an attachment while no other transaction can change it.
func (tx *Tx) lockAttachment(ctx context.Context, id, viewer uuid.UUID) (attachment.Attachment, attachment.Place, error) {
	if err := tx.lockRow(ctx, "attachment.lock", lockAttachmentSQL, id); err != nil {
		return attachment.Attachment{}, attachment.Place{}, orMissing(err, "attachment")
	}
	a, at, err := tx.attachment(ctx, id, viewer)
	tx.locked(a.CreatedAt)
	return a, at, orMissing(err, "attachment")
}

// lockRow runs a statement that locks one row by its id. Joined reads lock nothing: a lock on the join would make the
// whole project wait.
func (tx *Tx) lockRow(ctx context.Context, name, text string, id uuid.UUID) error {
	_, err := one(ctx, tx.conn, name, text, func(row scanner) (got uuid.UUID, err error) { return got, row.Scan(&got) }, id[:])
	return err
}

// Place implements [attachment.Reader].
func (s *Attachments) Place(ctx context.Context, taskID, viewer uuid.UUID) (attachment.Place, error) {
	at, err := s.db.reader().attachmentPlace(ctx, taskID, viewer)
	return at, missing(err, "task")
}

// Get implements [attachment.Reader].
func (s *Attachments) Get(ctx context.Context, id, viewer uuid.UUID) (attachment.Attachment, attachment.Place, error) {
	a, at, err := s.db.reader().attachment(ctx, id, viewer)
	return a, at, missing(err, "attachment")
}

// State implements [attachment.Reader].
func (s *Attachments) State(ctx context.Context, key string) (attachment.State, error) {
	number, err := one(ctx, s.db.reader(), "attachment.state", attachmentStateSQL, func(row scanner) (n int64, err error) {
		return n, row.Scan(&n)
	}, key)
	if err != nil {
		return "", missing(err, "attachment")
	}
	state, known := attachmentStates[number]
	if !known {
		return "", fmt.Errorf("attachment with the key %s: state %d is not known", key, number)
	}
	return state, nil
}

// List implements [attachment.Reader].
func (s *Attachments) List(ctx context.Context, taskID uuid.UUID, page attachment.Page) ([]attachment.Attachment, *uuid.UUID, error) {
	var after uuid.UUID // no id is smaller
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "attachment.list", listAttachmentsSQL, func(row scanner) (attachment.Attachment, error) {
		return scanAttachment(row)
	}, taskID[:], after[:])
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

func madeAttachment(a attachment.Attachment) []uuid.UUID { return []uuid.UUID{a.ID} }

// Reserve implements [attachment.Writer]. It locks the task, so that the count holds, and so that a deletion of the task
// either sees the new row or is seen.
func (s *Attachments) Reserve(
	ctx context.Context, p auth.Principal, taskID uuid.UUID, decide func(at attachment.Place, count int) (attachment.Attachment, error),
) (attachment.Attachment, error) {
	return mutateOnce(ctx, s.db, "attachment.reserve", p, madeAttachment, func(tx *Tx) (attachment.Attachment, error) {
		if err := tx.lockRow(ctx, "attachment.lock_task", lockAttachmentTaskSQL, taskID); err != nil {
			return attachment.Attachment{}, orMissing(err, "task")
		}
		tx.locked(time.Time{})
		at, err := tx.attachmentPlace(ctx, taskID, p.AccountID)
		if err != nil {
			return attachment.Attachment{}, orMissing(err, "task")
		}
		count, err := one(ctx, tx.conn, "attachment.count", countAttachmentsSQL, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, taskID[:])
		if err != nil {
			return attachment.Attachment{}, err
		}
		a, err := decide(at, count)
		if err != nil {
			return attachment.Attachment{}, err
		}
		id := tx.NewID()
		key := attachment.Key(at.WorkspaceID, id)
		_, err = tx.exec(ctx, "attachment.insert", insertAttachmentSQL, id[:], at.WorkspaceID[:], taskID[:], p.AccountID[:],
			a.Filename, a.ContentType, a.Size, a.SHA256[:], key, micros(tx.Now), micros(tx.Now))
		if err != nil {
			return attachment.Attachment{}, err
		}
		a, _, err = tx.attachment(ctx, id, p.AccountID)
		if err != nil {
			return attachment.Attachment{}, err
		}
		return a, tx.recordAttachment(ctx, p, "attachment.reserved", a, nil, a.Filename)
	})
}

// Confirm implements [attachment.Writer].
func (s *Attachments) Confirm(
	ctx context.Context, p auth.Principal, id uuid.UUID, decide func(attachment.Attachment, attachment.Place) error,
) (attachment.Attachment, error) {
	return mutateOnce(ctx, s.db, "attachment.confirm", p, madeAttachment, func(tx *Tx) (attachment.Attachment, error) {
		a, at, err := tx.lockAttachment(ctx, id, p.AccountID)
		if err != nil {
			return attachment.Attachment{}, err
		}
		if err := decide(a, at); err != nil || a.State == attachment.StateReady {
			return a, err
		}
		if _, err := tx.exec(ctx, "attachment.confirm", confirmAttachmentSQL, micros(tx.Now), micros(tx.Now), id[:]); err != nil {
			return attachment.Attachment{}, err
		}
		a.State, a.ConfirmedAt = attachment.StateReady, &tx.Now
		return a, tx.recordAttachment(ctx, p, "attachment.confirmed", a, attachment.StateReserved, attachment.StateReady)
	})
}

// Delete implements [attachment.Writer].
func (s *Attachments) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(attachment.Attachment, attachment.Place) error) error {
	_, err := mutate(ctx, s.db, "attachment.delete", func(tx *Tx) (attachment.Attachment, error) {
		a, at, err := tx.lockAttachment(ctx, id, p.AccountID)
		if err != nil {
			return attachment.Attachment{}, err
		}
		if err := decide(a, at); err != nil {
			return attachment.Attachment{}, err
		}
		if _, err := tx.exec(ctx, "attachment.delete", deleteAttachmentSQL, micros(tx.Now), id[:]); err != nil {
			return attachment.Attachment{}, err
		}
		return a, tx.recordAttachment(ctx, p, "attachment.deleted", a, a.Filename, nil)
	})
	return err
}

// recordAttachment notes a change of the file name (there, or gone) or of the state.
func (tx *Tx) recordAttachment(ctx context.Context, p auth.Principal, action string, a attachment.Attachment, from, to any) error {
	field := "filename"
	if action == "attachment.confirmed" {
		field = "state"
	}
	var changes activity.Changes
	changes.Add(field, from, to)
	return tx.record(ctx, p, activity.Entry{
		WorkspaceID: a.WorkspaceID, ProjectID: &a.ProjectID, TaskID: &a.TaskID,
		Action: action, EntityType: "attachment", EntityID: a.ID, Changes: changes,
	})
}
