package store

import (
	"context"
	"database/sql"
	"errors"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/comment"
)

// Comments keeps comments. It is the store of package comment.
type Comments struct{ db *DB }

var _ comment.Store = (*Comments)(nil)

// NewComments returns the comments of a database.
func NewComments(db *DB) *Comments { return &Comments{db: db} }

const (
	commentPlaceSQL = `SELECT t.workspace_id, t.project_id, p.archived, COALESCE(m.role, '')
FROM tasks t
JOIN projects p ON p.id = t.project_id
LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.account_id = ?
WHERE t.id = ?`
	insertCommentSQL = `INSERT INTO comments (id, workspace_id, task_id, author_id, body, edited, created_at, updated_at, version)
VALUES (?, ?, ?, ?, ?, 0, ?, ?, 1)`
	lockCommentSQL = `SELECT id FROM comments WHERE id = ? {FOR UPDATE}`
	getCommentSQL  = `SELECT c.id, c.task_id, c.author_id, a.name, c.body, c.edited, c.created_at, c.updated_at, c.version,
  c.workspace_id, t.project_id, p.archived, COALESCE(m.role, '')
FROM comments c
JOIN tasks t ON t.id = c.task_id
JOIN projects p ON p.id = t.project_id
JOIN accounts a ON a.id = c.author_id
LEFT JOIN members m ON m.workspace_id = c.workspace_id AND m.account_id = ?
WHERE c.id = ?`
	// The outer join keeps the planners from starting at the accounts: the page comes from the index, in its order.
	listCommentsSQL = `SELECT c.id, c.task_id, c.author_id, COALESCE(a.name, ''), c.body, c.edited, c.created_at, c.updated_at, c.version,
  c.workspace_id, t.project_id
FROM comments c
LEFT JOIN tasks t ON t.id = c.task_id
LEFT JOIN accounts a ON a.id = c.author_id
WHERE c.task_id = ? AND c.id > ? ORDER BY c.id LIMIT ?`
	updateCommentSQL = `UPDATE comments SET body = ?, edited = 1, updated_at = ?, version = version + 1 WHERE id = ? AND version = ?`
	deleteCommentSQL = `DELETE FROM comments WHERE id = ?`

	insertRevisionSQL = `INSERT INTO comment_revisions (comment_id, version, body, edited_by, created_at) VALUES (?, ?, ?, ?, ?)`
	// One statement, so that an edit in between can neither show a wording twice nor hide one.
	listRevisionsSQL = `SELECT h.version, h.body, h.edited_by, COALESCE(a.name, ''), h.created_at
FROM (SELECT version, body, edited_by, created_at FROM (
    SELECT version, body, edited_by, created_at FROM comment_revisions WHERE comment_id = ? AND version > ? ORDER BY version LIMIT ?) r
  UNION ALL SELECT version, body, author_id, updated_at FROM comments WHERE id = ? AND version > ?) h
LEFT JOIN accounts a ON a.id = h.edited_by
ORDER BY h.version LIMIT ?`
)

// orMissing is missing for use within a transaction: other errors stay as they are, so that mutate knows a deadlock
// when it sees one.
func orMissing(err error, object string) error {
	if errors.Is(err, sql.ErrNoRows) {
		return apperr.Missing(object)
	}
	return err
}

type placedComment struct {
	comment comment.Comment
	place   comment.Place
}

func scanComment(row scanner, more ...any) (c comment.Comment, err error) {
	var created, updated int64
	err = row.Scan(append([]any{
		&c.ID, &c.TaskID, &c.Author.ID, &c.Author.Name, &c.Body, &c.Edited, &created, &updated, &c.Version,
		&c.WorkspaceID, &c.ProjectID,
	}, more...)...)
	c.CreatedAt, c.UpdatedAt = fromMicros(created), fromMicros(updated)
	return c, err
}

func (c conn) comment(ctx context.Context, id, viewer uuid.UUID) (comment.Comment, comment.Place, error) {
	v, err := one(ctx, c, "comment.get", getCommentSQL, func(row scanner) (v placedComment, err error) {
		v.comment, err = scanComment(row, &v.place.Archived, &v.place.Role)
		v.place.WorkspaceID, v.place.ProjectID = v.comment.WorkspaceID, v.comment.ProjectID
		return v, err
	}, viewer[:], id[:])
	return v.comment, v.place, err
}

func (c conn) commentPlace(ctx context.Context, taskID, viewer uuid.UUID) (comment.Place, error) {
	return one(ctx, c, "comment.place", commentPlaceSQL, func(row scanner) (at comment.Place, err error) {
		return at, row.Scan(&at.WorkspaceID, &at.ProjectID, &at.Archived, &at.Role)
	}, viewer[:], taskID[:])
}

// lockComment reads a comment while no other transaction can change it.
func (tx *Tx) lockComment(ctx context.Context, id, viewer uuid.UUID) (comment.Comment, comment.Place, error) {
	if err := tx.lockRow(ctx, "comment.lock", lockCommentSQL, id); err != nil {
		return comment.Comment{}, comment.Place{}, orMissing(err, "comment")
	}
	c, at, err := tx.comment(ctx, id, viewer)
	tx.locked(c.UpdatedAt)
	return c, at, orMissing(err, "comment")
}

// Place implements [comment.Reader].
func (s *Comments) Place(ctx context.Context, taskID, viewer uuid.UUID) (comment.Place, error) {
	at, err := s.db.reader().commentPlace(ctx, taskID, viewer)
	return at, missing(err, "task")
}

// Get implements [comment.Reader].
func (s *Comments) Get(ctx context.Context, id, viewer uuid.UUID) (comment.Comment, comment.Place, error) {
	c, at, err := s.db.reader().comment(ctx, id, viewer)
	return c, at, missing(err, "comment")
}

// List implements [comment.Reader].
func (s *Comments) List(ctx context.Context, taskID uuid.UUID, page comment.Page[uuid.UUID]) ([]comment.Comment, *uuid.UUID, error) {
	var after uuid.UUID // no id is smaller
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "comment.list", listCommentsSQL, func(row scanner) (comment.Comment, error) {
		return scanComment(row)
	}, taskID[:], after[:])
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].ID, nil
}

// Revisions implements [comment.Reader].
func (s *Comments) Revisions(ctx context.Context, id uuid.UUID, page comment.Page[int64]) ([]comment.Revision, *int64, error) {
	var after int64 // versions start at 1
	if page.After != nil {
		after = *page.After
	}
	items, more, err := listPage(ctx, s.db, page.Eventual, page.Limit, "comment.history", listRevisionsSQL, func(row scanner) (r comment.Revision, err error) {
		var at int64
		err = row.Scan(&r.Version, &r.Body, &r.EditedBy.ID, &r.EditedBy.Name, &at)
		r.CreatedAt = fromMicros(at)
		return r, err
	}, id[:], after, page.Limit+1, id[:], after)
	if err != nil || !more {
		return items, nil, err
	}
	return items, &items[len(items)-1].Version, nil
}

// Create implements [comment.Writer].
func (s *Comments) Create(ctx context.Context, p auth.Principal, taskID uuid.UUID, body string, decide func(comment.Place) error) (comment.Comment, error) {
	return mutateOnce(ctx, s.db, "comment.create", p, func(v comment.Comment) []uuid.UUID { return []uuid.UUID{v.ID} }, func(tx *Tx) (comment.Comment, error) {
		at, err := tx.commentPlace(ctx, taskID, p.AccountID)
		if err != nil {
			return comment.Comment{}, orMissing(err, "task")
		}
		if err := decide(at); err != nil {
			return comment.Comment{}, err
		}
		id := tx.NewID()
		_, err = tx.exec(ctx, "comment.insert", insertCommentSQL, id[:], at.WorkspaceID[:], taskID[:], p.AccountID[:], body, micros(tx.Now), micros(tx.Now))
		if isReference(err) { // the task went away meanwhile
			return comment.Comment{}, apperr.Missing("task")
		}
		if err != nil {
			return comment.Comment{}, err
		}
		if err := extendIndex(ctx, tx, taskID, body); err != nil {
			return comment.Comment{}, err
		}
		c, _, err := tx.comment(ctx, id, p.AccountID)
		if err != nil {
			return comment.Comment{}, err
		}
		return c, tx.recordComment(ctx, p, "comment.created", c, nil, c.Body)
	})
}

// Update implements [comment.Writer].
func (s *Comments) Update(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(comment.Comment, comment.Place) (comment.Comment, error)) (comment.Comment, error) {
	return mutate(ctx, s.db, "comment.update", func(tx *Tx) (comment.Comment, error) {
		cur, at, err := tx.lockComment(ctx, id, p.AccountID)
		if err != nil {
			return comment.Comment{}, err
		}
		next, err := decide(cur, at)
		if err != nil || next.Body == cur.Body {
			return next, err
		}
		if _, err := tx.exec(ctx, "comment.revision", insertRevisionSQL, id[:], cur.Version, cur.Body, cur.Author.ID[:], micros(cur.UpdatedAt)); err != nil {
			return comment.Comment{}, err
		}
		if _, err := tx.exec(ctx, "comment.update", updateCommentSQL, next.Body, micros(tx.Now), id[:], cur.Version); err != nil {
			return comment.Comment{}, err
		}
		if err := reindexTask(ctx, tx, cur.TaskID); err != nil {
			return comment.Comment{}, err
		}
		next.Edited, next.UpdatedAt, next.Version = true, tx.Now, cur.Version+1
		return next, tx.recordComment(ctx, p, "comment.updated", next, cur.Body, next.Body)
	})
}

// Delete implements [comment.Writer]. The revisions go with the comment, by their foreign key.
func (s *Comments) Delete(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(comment.Comment, comment.Place) error) error {
	_, err := mutate(ctx, s.db, "comment.delete", func(tx *Tx) (comment.Comment, error) {
		cur, at, err := tx.lockComment(ctx, id, p.AccountID)
		if err != nil {
			return comment.Comment{}, err
		}
		if err := decide(cur, at); err != nil {
			return comment.Comment{}, err
		}
		if _, err := tx.exec(ctx, "comment.delete", deleteCommentSQL, id[:]); err != nil {
			return comment.Comment{}, err
		}
		if err := reindexTask(ctx, tx, cur.TaskID); err != nil {
			return comment.Comment{}, err
		}
		return cur, tx.recordComment(ctx, p, "comment.deleted", cur, cur.Body, nil)
	})
	return err
}

func (tx *Tx) recordComment(ctx context.Context, p auth.Principal, action string, c comment.Comment, from, to any) error {
	var changes activity.Changes
	changes.Add("body", from, to)
	return tx.record(ctx, p, activity.Entry{
		WorkspaceID: c.WorkspaceID, ProjectID: &c.ProjectID, TaskID: &c.TaskID,
		Action: action, EntityType: "comment", EntityID: c.ID, Changes: changes,
	})
}
