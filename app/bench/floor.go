package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

// floor is the least that a server can do: net/http, the driver, the service's own statements, encoding/json. It checks
// nothing. A transaction writes the rows that the service writes.
type floor struct {
	db     *store.DB
	pool   *sql.DB
	sql    map[string]string
	now    func() time.Time
	doc    string
	places map[uuid.UUID]place // of every project
}

// place is what the floor knows of a project beforehand; the service looks it up.
type place struct {
	workspace, status, label, assignee uuid.UUID
}

// floorTask is the answer; as the service's, but for what only checks or formatting would add.
type floorTask struct {
	ID          uuid.UUID        `json:"id"`
	WorkspaceID uuid.UUID        `json:"workspace_id"`
	ProjectID   uuid.UUID        `json:"project_id"`
	Key         string           `json:"key"`
	Number      int64            `json:"number"`
	Title       string           `json:"title"`
	Description string           `json:"description"`
	StatusID    uuid.UUID        `json:"status_id"`
	Status      string           `json:"status"`
	Category    int              `json:"category"`
	Priority    int              `json:"priority"`
	ParentID    uuid.NullUUID    `json:"parent_id"`
	StartDate   *string          `json:"start_date"`
	DueDate     string           `json:"due_date"`
	Estimate    *int64           `json:"estimate"`
	Position    int64            `json:"position"`
	AuthorID    uuid.UUID        `json:"author_id"`
	Author      string           `json:"author"`
	CreatedAt   int64            `json:"created_at"`
	UpdatedAt   int64            `json:"updated_at"`
	CompletedAt *int64           `json:"completed_at"`
	Version     int64            `json:"version"`
	Facets      []floorTaskFacet `json:"facets"`
}

type floorTaskFacet struct {
	Kind  int       `json:"kind"`
	ID    uuid.UUID `json:"id"`
	Name  string    `json:"name"`
	Color string    `json:"color"`
}

func (t *floorTask) dest(more ...any) []any {
	return append([]any{
		&t.ID, &t.WorkspaceID, &t.ProjectID, &t.Key, &t.Number, &t.Title, &t.Description, &t.StatusID, &t.Status, &t.Category, &t.Priority,
		&t.ParentID, &t.StartDate, &t.DueDate, &t.Estimate, &t.Position, &t.AuthorID, &t.Author, &t.CreatedAt, &t.UpdatedAt, &t.CompletedAt, &t.Version,
	}, more...)
}

// serveFloor serves until ctx ends.
func serveFloor(ctx context.Context, url, addr string, out io.Writer) error {
	db, err := store.Open(store.Options{URL: url})
	if err != nil {
		return err
	}
	f := &floor{db: db, pool: db.SQL(), sql: db.Statements(), now: time.Now, doc: store.SearchDoc(benchTitle, benchDescription)}
	if f.places, err = readPlaces(ctx, f.pool); err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/tasks/{id}", f.handle(f.get))
	mux.HandleFunc("PATCH /v1/tasks/{id}", f.handle(f.patch))
	mux.HandleFunc("GET /v1/projects/{id}/tasks", f.handle(f.list))
	mux.HandleFunc("POST /v1/projects/{id}/tasks", f.handle(f.create))
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(out, l.Addr()); err != nil {
		return err
	}
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second}
	context.AfterFunc(ctx, func() { _ = srv.Close() })
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return db.Close()
}

// handle runs the statement that authenticates, then fn, and encodes what it returns.
func (f *floor) handle(fn func(r *http.Request, id, account uuid.UUID) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		id, err := uuid.Parse(r.PathValue("id"))
		var account uuid.UUID
		if err == nil {
			account, err = f.authenticate(r)
		}
		var v any
		if err == nil {
			v, err = fn(r, id, account)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		body, err := json.Marshal(v)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body)
	}
}

// authenticate runs the statement and keeps the account, which is its sixth column.
func (f *floor) authenticate(r *http.Request) (account uuid.UUID, err error) {
	hash := sha256.Sum256([]byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")))
	rows, err := f.pool.QueryContext(r.Context(), f.sql["token.authenticate"], hash[:])
	if err != nil {
		return account, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	columns, err := rows.Columns()
	if err != nil {
		return account, err
	}
	dest := make([]any, len(columns))
	for i := range dest {
		dest[i] = new(sql.RawBytes)
	}
	dest[5] = &account
	if !rows.Next() {
		return account, errors.Join(rows.Err(), errors.New("unknown token"))
	}
	if err := rows.Scan(dest...); err != nil {
		return account, err
	}
	return account, rows.Err()
}

type queryer interface {
	QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error)
}

func (f *floor) facets(ctx context.Context, q queryer, tasks map[uuid.UUID]*floorTask, args []any) error {
	rows, err := q.QueryContext(ctx, f.db.FacetsStatement(len(args)), append(args, args...)...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	for rows.Next() {
		var v floorTaskFacet
		var id uuid.UUID
		if err := rows.Scan(&v.Kind, &id, &v.ID, &v.Name, &v.Color); err != nil {
			return err
		}
		tasks[id].Facets = append(tasks[id].Facets, v)
	}
	return rows.Err()
}

func (f *floor) get(r *http.Request, id, account uuid.UUID) (any, error) {
	return f.read(r.Context(), f.pool, f.sql["task.get"], id, account)
}

// read runs a statement that reads one task, and the one for its assignees and labels.
func (f *floor) read(ctx context.Context, q interface {
	queryer
	QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row
}, text string, id, account uuid.UUID,
) (*floorTask, error) {
	var t floorTask
	var role string
	var archived bool
	if err := q.QueryRowContext(ctx, text, account[:], id[:]).Scan(t.dest(&role, &archived)...); err != nil {
		return nil, err
	}
	return &t, f.facets(ctx, q, map[uuid.UUID]*floorTask{t.ID: &t}, []any{t.ID[:]})
}

func (f *floor) list(r *http.Request, id, account uuid.UUID) (any, error) {
	ctx := r.Context()
	var workspace, projectID uuid.UUID
	var key, role string
	var archived bool
	if err := f.pool.QueryRowContext(ctx, f.sql["task.project_place"], account[:], id[:]).Scan(&workspace, &projectID, &key, &archived, &role); err != nil {
		return nil, err
	}
	text, args, err := f.db.ListStatement(benchQuery(workspace, projectID))
	if err != nil {
		return nil, err
	}
	rows, err := f.pool.QueryContext(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	var items []*floorTask
	byID := map[uuid.UUID]*floorTask{}
	var ids []any
	for rows.Next() {
		t := new(floorTask)
		if err := rows.Scan(t.dest()...); err != nil {
			return nil, err
		}
		items, ids = append(items, t), append(ids, t.ID[:])
		byID[t.ID] = t
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if len(items) == 51 {
		items, ids = items[:50], ids[:50]
	}
	return map[string]any{"items": items}, f.facets(ctx, f.pool, byID, ids)
}

func (f *floor) create(r *http.Request, id, account uuid.UUID) (any, error) {
	var in struct{ Title, Description string }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	ctx, p, now := r.Context(), f.places[id], f.now()
	taskID, entryID, us := store.NewID(now), store.NewID(now), now.UnixMicro()
	return map[string]any{"id": taskID}, f.transaction(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, f.sql["task.next_number"], id[:]); err != nil {
			return err
		}
		var number int64
		if err := tx.QueryRowContext(ctx, f.sql["task.read_number"], id[:]).Scan(&number); err != nil {
			return err
		}
		position := number * task.PositionGap
		for _, s := range []struct {
			name string
			args []any
		}{
			{"task.insert", []any{
				taskID[:], p.workspace[:], id[:], number, in.Title, in.Description, p.status[:], project.CategoryBacklog.Number(), 2, nil,
				nil, string(task.NoDate), nil, position, account[:], us, us, nil, 1,
			}},
			{"task.insert_assignees", []any{taskID[:], p.assignee[:], p.workspace[:], id[:], 2, string(task.NoDate), position, us}},
			{"task.insert_labels", []any{taskID[:], p.label[:], 2, string(task.NoDate), position, us}},
			{"search.insert", []any{taskID[:], p.workspace[:], id[:], f.doc}},
			{"activity.insert", []any{entryID[:], p.workspace[:], id[:], taskID[:], account[:], nil, "bench", "task.created", "task", taskID[:], `[{"field":"title","from":null,"to":"x"}]`, us}},
		} {
			if _, err := tx.ExecContext(ctx, f.sql[s.name], s.args...); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
		}
		return nil
	})
}

func (f *floor) patch(r *http.Request, id, account uuid.UUID) (any, error) {
	var in struct{ Position int64 }
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		return nil, err
	}
	ctx, now := r.Context(), f.now()
	us, entryID := now.UnixMicro(), store.NewID(now)
	var t *floorTask
	err := f.transaction(ctx, func(tx *sql.Tx) (err error) {
		if t, err = f.read(ctx, tx, f.sql["task.lock"], id, account); err != nil {
			return err
		}
		var parent any
		if t.ParentID.Valid {
			parent = t.ParentID.UUID[:]
		}
		t.Version++
		t.Position = in.Position
		if _, err := tx.ExecContext(ctx, f.sql["task.update"], t.Title, t.Description, t.StatusID[:], t.Category, t.Priority, parent, t.StartDate, t.DueDate,
			t.Estimate, t.Position, us, t.CompletedAt, t.Version, t.ID[:]); err != nil {
			return err
		}
		for kind, name := range []string{"task.touch_assignees", "task.touch_labels"} {
			for _, facet := range t.Facets {
				if facet.Kind == kind {
					if _, err := tx.ExecContext(ctx, f.sql[name], t.Priority, t.DueDate, t.Position, us, t.ID[:]); err != nil {
						return err
					}
					break
				}
			}
		}
		_, err = tx.ExecContext(ctx, f.sql["activity.insert"], entryID[:], t.WorkspaceID[:], t.ProjectID[:], t.ID[:], account[:], nil, "bench", "task.updated",
			"task", t.ID[:], `[{"field":"position","from":1048576,"to":2097152}]`, us)
		return err
	})
	return t, err
}

func (f *floor) transaction(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := f.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
