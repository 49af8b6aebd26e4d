package store

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// exportPage is how many rows are read at once: some ten megabytes where every text has its greatest length. Pages and
// not one long answer, so that a slow reader of the stream keeps no statement open.
const exportPage = 200

const (
	exportWorkspaceSQL = `SELECT id, name, created_at, updated_at, version FROM workspaces WHERE id = ?`
	exportAccountSQL   = `SELECT id, kind, email, name, deleted_at IS NOT NULL, created_at, updated_at, version FROM accounts WHERE id = ?`
	exportMembersSQL   = `SELECT account_id, role, joined_at FROM members WHERE workspace_id = ? AND account_id > ? ORDER BY account_id LIMIT ?`
	exportProjectsSQL  = `SELECT p.id, p.project_key, p.name, p.description, p.archived, c.last_number, p.created_at, p.updated_at, p.version
FROM projects p JOIN project_counters c ON c.project_id = p.id WHERE p.workspace_id = ? AND p.id > ? ORDER BY p.id LIMIT ?`
	exportStatusesSQL  = `SELECT id, project_id, name, category, position, created_at, updated_at, version FROM statuses WHERE project_id = ? ORDER BY id`
	exportLabelsSQL    = `SELECT id, project_id, name, color, created_at, updated_at, version FROM labels WHERE project_id = ? AND deleted_at IS NULL ORDER BY id`
	exportRevisionsSQL = `SELECT comment_id, version, body, edited_by, created_at FROM comment_revisions WHERE comment_id = ? AND version > ? ORDER BY version LIMIT ?`
	exportRelationsSQL = `SELECT id, kind, from_task, to_task, created_by, created_at FROM relations WHERE workspace_id = ? AND id > ? ORDER BY id LIMIT ?`
	exportActivitySQL  = `SELECT id, project_id, task_id, actor_id, token_id, token_name, action, entity_type, entity_id, changes, created_at
FROM activity WHERE workspace_id = ? AND id > ? ORDER BY id LIMIT ?`
)

// exporter hands one workspace's records to yield, within one transaction that sees one moment.
type exporter struct {
	c         conn
	workspace uuid.UUID
	yield     func(transfer.Record) error
	known     map[uuid.UUID]bool // accounts that were handed over
}

// maxExports is how many exports may run at once. Each keeps a connection and a snapshot for as long as its client takes
// to read, which must not be at the expense of those that serve requests.
const maxExports = 2

// exports are the connections that exports read from.
type exports struct {
	slots   chan struct{}
	primary *sql.DB
	lagging *sql.DB // the replica's, or nil
}

func openMySQLExports(o Options) (*exports, error) {
	e := &exports{slots: make(chan struct{}, maxExports)}
	o.MaxConns = maxExports
	var err error
	if e.primary, err = openMySQL(o.URL, o); err != nil || o.ReplicaURL == "" {
		return e, err
	}
	e.lagging, err = openMySQL(o.ReplicaURL, o)
	return e, err
}

func openSQLiteExports(path string) (*exports, error) {
	pool, err := openSQLiteReader(path, maxExports)
	if err != nil {
		return nil, err
	}
	pool.SetConnMaxIdleTime(time.Minute)
	return &exports{slots: make(chan struct{}, maxExports), primary: pool}, nil
}

func (e *exports) close() error {
	err := e.primary.Close()
	if e.lagging != nil {
		err = errors.Join(err, e.lagging.Close())
	}
	return err
}

// Export implements [transfer.Store]: unavailable where maxExports run already. On MySQL the snapshot is that of REPEATABLE READ, on SQLite that of a read
// transaction; both are taken by the first read.
func (s *Transfers) Export(ctx context.Context, workspace uuid.UUID, eventual bool, yield func(transfer.Record) error) error {
	e := s.db.exports
	select {
	case e.slots <- struct{}{}:
		defer func() { <-e.slots }()
	default:
		return apperr.New(apperr.Unavailable, "%d exports are running already, which is as many as may. Try again when one of them is done.", maxExports)
	}
	if eventual && e.lagging != nil {
		begun := false
		err := s.export(ctx, e.lagging, workspace, func(r transfer.Record) error {
			begun = true
			return yield(r)
		})
		if begun || !apperr.Is(err, apperr.Unavailable) {
			return err
		}
	}
	return s.export(ctx, e.primary, workspace, yield) // also where the replica is down
}

func (s *Transfers) export(ctx context.Context, pool *sql.DB, workspace uuid.UUID, yield func(transfer.Record) error) error {
	options := &sql.TxOptions{ReadOnly: true}
	if s.db.d.engine == MySQL {
		options.Isolation = sql.LevelRepeatableRead
	}
	tx, err := pool.BeginTx(ctx, options)
	if err != nil {
		return public(stmtError{"begin", err})
	}
	defer func() { _ = tx.Rollback() }() // it only read
	e := &exporter{c: conn{q: tx, db: s.db}, workspace: workspace, yield: yield, known: map[uuid.UUID]bool{}}
	return e.run(ctx)
}

func (e *exporter) run(ctx context.Context) error {
	w, err := one(ctx, e.c, "export.workspace", exportWorkspaceSQL, func(row scanner) (*transfer.Workspace, error) {
		var r transfer.Workspace
		err := row.Scan(&r.ID, &r.Name, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
		return &r, err
	}, e.workspace[:])
	if err != nil {
		return missing(err, "workspace")
	}
	if err := e.yield(w); err != nil {
		return err
	}
	if err := e.members(ctx); err != nil {
		return err
	}
	projects, err := e.projects(ctx)
	if err != nil {
		return err
	}
	if err := e.statuses(ctx, projects); err != nil {
		return err
	}
	if err := e.labels(ctx, projects); err != nil {
		return err
	}
	for _, part := range []func(context.Context) error{e.tasks, e.relations, e.activity} {
		if err := part(ctx); err != nil {
			return err
		}
	}
	return nil
}

// people hands over those of the accounts that were not yet.
func (e *exporter) people(ctx context.Context, ids ...uuid.UUID) error {
	for _, id := range ids {
		if e.known[id] {
			continue
		}
		a, err := one(ctx, e.c, "export.account", exportAccountSQL, func(row scanner) (*transfer.Account, error) {
			var r transfer.Account
			err := row.Scan(&r.ID, &r.AccountKind, &r.Email, &r.Name, &r.Deleted, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
			return &r, err
		}, id[:])
		if err != nil {
			return public(err)
		}
		if err := e.yield(a); err != nil {
			return err
		}
		e.known[id] = true
	}
	return nil
}

// pages reads a list page by page, each behind the last row of the one before, and hands each row to fn.
func pages[T any](fetch func(last *T) ([]*T, error), fn func(*T) error) error {
	var last *T
	for {
		rows, err := fetch(last)
		if err != nil {
			return public(err)
		}
		for _, r := range rows {
			if err := fn(r); err != nil {
				return err
			}
		}
		if len(rows) < exportPage {
			return nil
		}
		last = rows[len(rows)-1]
	}
}

// beyond is the id that a page begins behind.
func beyond[T any](last *T, id func(*T) uuid.UUID) []byte {
	var from uuid.UUID
	if last != nil {
		from = id(last)
	}
	return from[:]
}

func (e *exporter) members(ctx context.Context) error {
	return pages(func(last *transfer.Member) ([]*transfer.Member, error) {
		return collect(ctx, e.c, "export.members", exportMembersSQL, func(row scanner) (*transfer.Member, error) {
			var r transfer.Member
			err := row.Scan(&r.AccountID, &r.Role, stamp{&r.JoinedAt})
			return &r, err
		}, e.workspace[:], beyond(last, func(r *transfer.Member) uuid.UUID { return r.AccountID }), exportPage)
	}, func(r *transfer.Member) error {
		if err := e.people(ctx, r.AccountID); err != nil {
			return err
		}
		return e.yield(r)
	})
}

func (e *exporter) projects(ctx context.Context) (ids []uuid.UUID, err error) {
	err = pages(func(last *transfer.Project) ([]*transfer.Project, error) {
		return collect(ctx, e.c, "export.projects", exportProjectsSQL, func(row scanner) (*transfer.Project, error) {
			var r transfer.Project
			err := row.Scan(&r.ID, &r.Key, &r.Name, &r.Description, &r.Archived, &r.LastNumber, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
			return &r, err
		}, e.workspace[:], beyond(last, func(r *transfer.Project) uuid.UUID { return r.ID }), exportPage)
	}, func(r *transfer.Project) error {
		ids = append(ids, r.ID)
		return e.yield(r)
	})
	return ids, err
}

func (e *exporter) statuses(ctx context.Context, projects []uuid.UUID) error {
	for _, id := range projects {
		rows, err := collect(ctx, e.c, "export.statuses", exportStatusesSQL, func(row scanner) (*transfer.Status, error) {
			var r transfer.Status
			var category int
			if err := row.Scan(&r.ID, &r.ProjectID, &r.Name, &category, &r.Position, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version); err != nil {
				return nil, err
			}
			var err error
			r.Category, err = project.CategoryOf(category)
			return &r, err
		}, id[:])
		if err != nil {
			return public(err)
		}
		for _, r := range rows {
			if err := e.yield(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *exporter) labels(ctx context.Context, projects []uuid.UUID) error {
	for _, id := range projects {
		rows, err := collect(ctx, e.c, "export.labels", exportLabelsSQL, func(row scanner) (*transfer.Label, error) {
			var r transfer.Label
			err := row.Scan(&r.ID, &r.ProjectID, &r.Name, &r.Color, stamp{&r.CreatedAt}, stamp{&r.UpdatedAt}, &r.Version)
			return &r, err
		}, id[:])
		if err != nil {
			return public(err)
		}
		for _, r := range rows {
			if err := e.yield(r); err != nil {
				return err
			}
		}
	}
	return nil
}

func (e *exporter) relations(ctx context.Context) error {
	return pages(func(last *transfer.Relation) ([]*transfer.Relation, error) {
		return collect(ctx, e.c, "export.relations", exportRelationsSQL, func(row scanner) (*transfer.Relation, error) {
			var r transfer.Relation
			var kind int
			if err := row.Scan(&r.ID, &kind, &r.FromTask, &r.ToTask, &r.CreatedBy, stamp{&r.CreatedAt}); err != nil {
				return nil, err
			}
			r.Relation = string(task.RelationTypes()[min(max(kind, 1), 3)-1])
			return &r, nil
		}, e.workspace[:], beyond(last, func(r *transfer.Relation) uuid.UUID { return r.ID }), exportPage)
	}, func(r *transfer.Relation) error {
		if err := e.people(ctx, r.CreatedBy); err != nil {
			return err
		}
		return e.yield(r)
	})
}

func (e *exporter) activity(ctx context.Context) error {
	return pages(func(last *transfer.Activity) ([]*transfer.Activity, error) {
		return collect(ctx, e.c, "export.activity", exportActivitySQL, func(row scanner) (*transfer.Activity, error) {
			var r transfer.Activity
			var projectID, taskID, token uuid.NullUUID
			var changes string
			err := row.Scan(&r.ID, &projectID, &taskID, &r.ActorID, &token, &r.TokenName, &r.Action, &r.EntityType, &r.EntityID, &changes, stamp{&r.CreatedAt})
			r.ProjectID, r.TaskID, r.TokenID = fromNullID(projectID), fromNullID(taskID), fromNullID(token)
			r.Changes = []byte(changes)
			return &r, err
		}, e.workspace[:], beyond(last, func(r *transfer.Activity) uuid.UUID { return r.ID }), exportPage)
	}, func(r *transfer.Activity) error {
		if err := e.people(ctx, r.ActorID); err != nil {
			return err
		}
		return e.yield(r)
	})
}
