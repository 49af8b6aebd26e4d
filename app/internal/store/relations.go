package store

import (
	"bytes"
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/activity"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

const relationsSQL = `SELECT r.id, r.kind, r.to_task = ?, r.created_at, t.id, p.project_key, t.number, t.title, s.id, s.name, s.category
FROM relations r
JOIN tasks t ON t.id = CASE WHEN r.from_task = ? THEN r.to_task ELSE r.from_task END
JOIN projects p ON p.id = t.project_id
JOIN statuses s ON s.id = t.status_id
WHERE `

const (
	listRelationsSQL = relationsSQL + `r.id IN (SELECT id FROM relations WHERE from_task = ? UNION SELECT id FROM relations WHERE to_task = ?) AND r.id > ?
ORDER BY r.id LIMIT ?`
	oneRelationSQL = relationsSQL + `r.id = ? AND (r.from_task = ? OR r.to_task = ?)`
)

func scanRelation(row scanner) (r task.Relation, err error) {
	var kind, category int
	var created int64
	o := &r.Other
	if err = row.Scan(&r.ID, &kind, &r.Inbound, &created, &o.ID, &o.ProjectKey, &o.Number, &o.Title, &o.Status.ID, &o.Status.Name, &category); err != nil {
		return r, err
	}
	r.Type, r.CreatedAt = task.RelationTypes()[kind-1], fromMicros(created)
	if r.Type == task.RelatesTo {
		r.Inbound = false
	}
	o.Status.Category, err = project.CategoryOf(category)
	return r, err
}

// Relation implements [task.RelationStore].
func (s *Tasks) Relation(ctx context.Context, id, taskID uuid.UUID) (task.Relation, error) {
	r, err := one(ctx, s.db.reader(), "relation.one", oneRelationSQL, scanRelation, taskID[:], taskID[:], id[:], taskID[:], taskID[:])
	return r, missing(err, "relation")
}

// Relations implements [task.RelationStore].
func (s *Tasks) Relations(ctx context.Context, taskID, after uuid.UUID, limit int) ([]task.Relation, *uuid.UUID, error) {
	out, err := collect(ctx, s.db.reader(), "relation.list", listRelationsSQL, scanRelation, taskID[:], taskID[:], taskID[:], taskID[:], after[:], limit+1)
	if err != nil || len(out) <= limit {
		return out, nil, public(err)
	}
	return out[:limit], &out[limit-1].ID, nil
}

const (
	lockWorkspaceSQL  = `SELECT id FROM workspaces WHERE id = ? {FOR UPDATE}`
	insertRelationSQL = `INSERT INTO relations (id, workspace_id, kind, from_task, to_task, created_by, created_at) VALUES (?, ?, ?, ?, ?, ?, ?)`
	blockedSQL        = `WITH RECURSIVE reach (id) AS (
  SELECT to_task FROM relations WHERE from_task = ? AND kind = 1
  UNION SELECT r.to_task FROM relations r JOIN reach ON r.from_task = reach.id WHERE r.kind = 1
) SELECT /*+ SET_VAR(cte_max_recursion_depth = 1000000) */ COUNT(*) FROM reach WHERE id = ?`
)

// Relate implements [task.RelationStore].
func (s *Tasks) Relate(ctx context.Context, p auth.Principal, taskID, other uuid.UUID, kind task.RelationType, decide func(task.Place) error) (task.Relation, error) {
	return mutateOnce(ctx, s.db, "relation.create", p, func(v task.Relation) []uuid.UUID { return []uuid.UUID{v.ID} }, func(tx *Tx) (task.Relation, error) {
		var none task.Relation
		from, err := one(ctx, tx.conn, "task.get", getTaskSQL, scanSeenTask, p.AccountID[:], taskID[:])
		if noRow(err) {
			return none, apperr.Missing("task")
		}
		if err != nil {
			return none, err
		}
		if err := decide(task.Place{WorkspaceID: from.WorkspaceID, ProjectID: from.ProjectID, Archived: from.archived, Role: from.role}); err != nil {
			return none, err
		}
		to, err := one(ctx, tx.conn, "task.get", getTaskSQL, scanSeenTask, p.AccountID[:], other[:])
		if noRow(err) || err == nil && to.WorkspaceID != from.WorkspaceID {
			return none, apperr.Invalid("/task_id", "not_found", "is not a task of this workspace")
		}
		if err != nil {
			return none, err
		}
		if kind == task.Blocks {
			if err := checkBlocks(ctx, tx, from.WorkspaceID, taskID, other); err != nil {
				return none, err
			}
		}
		tx.locked(time.Time{})
		r := task.Relation{ID: tx.NewID(), Type: kind, CreatedAt: tx.Now, Other: task.Summary{
			ID: to.ID, ProjectKey: to.ProjectKey, Number: to.Number, Title: to.Title, Status: to.Status,
		}}
		a, b := taskID, other
		if kind == task.RelatesTo && bytes.Compare(a[:], b[:]) > 0 {
			a, b = b, a
		}
		_, err = tx.exec(ctx, "relation.insert", insertRelationSQL, r.ID[:], from.WorkspaceID[:], kind.Number(), a[:], b[:], p.AccountID[:], micros(tx.Now))
		switch {
		case isDuplicate(err):
			return none, apperr.New(apperr.AlreadyExists, "The two tasks are related in this way already.")
		case isReference(err):
			return none, apperr.Invalid("/task_id", "not_found", "one of the tasks was deleted meanwhile")
		case err != nil:
			return none, err
		}
		var changes activity.Changes
		changes.Add(string(kind), nil, other)
		return r, tx.record(ctx, p, activity.Entry{
			WorkspaceID: from.WorkspaceID, ProjectID: &from.ProjectID, TaskID: &taskID, Action: "relation.created", EntityType: "relation", EntityID: r.ID, Changes: changes,
		})
	})
}

// checkBlocks refuses a circle of tasks that block each other. The workspace's row is the lock under which such
// relations are made, so that two at once cannot close one.
func checkBlocks(ctx context.Context, tx *Tx, workspaceID, from, to uuid.UUID) error {
	if _, err := one(ctx, tx.conn, "relation.lock", lockWorkspaceSQL, scanID, workspaceID[:]); err != nil {
		return err
	}
	n, err := one(ctx, tx.conn, "relation.reach", blockedSQL, func(row scanner) (n int, err error) { return n, row.Scan(&n) }, to[:], from[:])
	if err != nil {
		return err
	}
	if n > 0 {
		return apperr.New(apperr.Cycle, "The other task blocks this one already, directly or through others.")
	}
	return nil
}

const (
	getRelationSQL = `SELECT r.kind, r.from_task, r.to_task, t.workspace_id, t.project_id, p.archived, COALESCE(m.role, '')
FROM relations r
JOIN tasks t ON t.id = r.from_task
JOIN projects p ON p.id = t.project_id
LEFT JOIN members m ON m.workspace_id = t.workspace_id AND m.account_id = ?
WHERE r.id = ?`
	deleteRelationSQL = `DELETE FROM relations WHERE id = ?`
)

// Unrelate implements [task.RelationStore].
func (s *Tasks) Unrelate(ctx context.Context, p auth.Principal, id uuid.UUID, decide func(task.Place) error) error {
	type relation struct {
		kind     int
		from, to uuid.UUID
		place    task.Place
	}
	_, err := mutate(ctx, s.db, "relation.delete", func(tx *Tx) (struct{}, error) {
		var none struct{}
		r, err := one(ctx, tx.conn, "relation.get", getRelationSQL, func(row scanner) (r relation, err error) {
			return r, row.Scan(&r.kind, &r.from, &r.to, &r.place.WorkspaceID, &r.place.ProjectID, &r.place.Archived, &r.place.Role)
		}, p.AccountID[:], id[:])
		if noRow(err) {
			return none, apperr.Missing("relation")
		}
		if err != nil {
			return none, err
		}
		if err := decide(r.place); err != nil {
			return none, err
		}
		n, err := tx.exec(ctx, "relation.delete", deleteRelationSQL, id[:])
		if err != nil {
			return none, err
		}
		if n == 0 {
			return none, apperr.Missing("relation")
		}
		var changes activity.Changes
		changes.Add(string(task.RelationTypes()[r.kind-1]), r.to, nil)
		return none, tx.record(ctx, p, activity.Entry{
			WorkspaceID: r.place.WorkspaceID, ProjectID: &r.place.ProjectID, TaskID: &r.from, Action: "relation.deleted", EntityType: "relation", EntityID: id, Changes: changes,
		})
	})
	return err
}
