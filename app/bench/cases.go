package main

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/project"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

const (
	benchTitle       = "Rotate the signing keys of the staging cluster"
	benchDescription = "The keys are older than ninety days. Make new ones, publish both, wait a day, then retire the old ones. Watch the error rate of the login service while doing so."
)

// benchQuery is the list that is measured: a project's open tasks, the latest change first.
func benchQuery(workspace, projectID uuid.UUID) task.Query {
	return task.Query{
		WorkspaceID: workspace, ProjectID: projectID, Categories: []project.Category{project.CategoryTodo},
		Sort: task.Sort{Field: task.SortUpdated, Desc: true}, Limit: 50,
	}
}

const benchList = "/v1/projects/%s/tasks?category=todo&sort=-updated_at&limit=50"

// fixture is what the requests are made of.
type fixture struct {
	token    string
	projects []uuid.UUID
	places   map[uuid.UUID]place
	tasks    []uuid.UUID
}

func readFixture(ctx context.Context, pool *sql.DB, token string) (*fixture, error) {
	f := &fixture{token: token}
	var err error
	if f.places, err = readPlaces(ctx, pool); err != nil {
		return nil, err
	}
	if f.projects, err = readIDs(ctx, pool, "SELECT id FROM projects ORDER BY id LIMIT 16"); err != nil {
		return nil, err
	}
	f.tasks, err = readIDs(ctx, pool, "SELECT id FROM tasks ORDER BY CRC32(id) LIMIT 10000")
	if err == nil && len(f.projects) == 0 || len(f.tasks) == 0 {
		return nil, fmt.Errorf("no tasks to measure with: %w", err)
	}
	return f, err
}

func readPlaces(ctx context.Context, pool *sql.DB) (map[uuid.UUID]place, error) {
	rows, err := pool.QueryContext(ctx, `SELECT p.id, p.workspace_id,
  (SELECT s.id FROM statuses s WHERE s.project_id = p.id ORDER BY s.position LIMIT 1),
  (SELECT l.id FROM labels l WHERE l.project_id = p.id LIMIT 1),
  (SELECT m.account_id FROM members m WHERE m.workspace_id = p.workspace_id LIMIT 1)
FROM projects p`)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	out := map[uuid.UUID]place{}
	for rows.Next() {
		var id uuid.UUID
		var p place
		if err := rows.Scan(&id, &p.workspace, &p.status, &p.label, &p.assignee); err != nil {
			return nil, err
		}
		out[id] = p
	}
	return out, rows.Err()
}

func readIDs(ctx context.Context, pool *sql.DB, query string) ([]uuid.UUID, error) {
	rows, err := pool.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close() //nolint:errcheck // rows.Err below has it
	var out []uuid.UUID
	for rows.Next() {
		var id uuid.UUID
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		out = append(out, id)
	}
	return out, rows.Err()
}

// benchCase is something to measure. Without a floor it is reported by itself.
type benchCase struct {
	Name   string
	Title  string
	Target float64 // of the floor; 0 where there is none
	Next   request
}

func (f *fixture) cases() []benchCase {
	get := make([][]byte, len(f.tasks))
	for i, id := range f.tasks {
		get[i] = raw("GET", "/v1/tasks/"+id.String(), f.token, "")
	}
	var list, creates, search, stats [][]byte
	for _, id := range f.projects {
		p := f.places[id]
		list = append(list, raw("GET", fmt.Sprintf(benchList, id), f.token, ""))
		creates = append(creates, raw("POST", "/v1/projects/"+id.String()+"/tasks", f.token, fmt.Sprintf(
			`{"title":%q,"description":%q,"priority":"medium","assignee_ids":[%q],"label_ids":[%q]}`, benchTitle, benchDescription, p.assignee, p.label)))
		search = append(search, raw("GET", "/v1/workspaces/"+p.workspace.String()+"/tasks?q=deploy+cache&limit=50", f.token, ""))
		stats = append(stats, raw("GET", "/v1/projects/"+id.String()+"/stats", f.token, ""))
	}
	any := func(of [][]byte) request { return func(int, int) []byte { return of[rand.IntN(len(of))] } }
	return []benchCase{
		{"get", "GET one task", .6, any(get)},
		{"list", "list 50 tasks, filtered and sorted", .6, any(list)},
		{"create", "create a task, 16 projects", .6, func(client, _ int) []byte { return creates[client%len(creates)] }},
		{"create-one", "create a task, one project", .6, func(int, int) []byte { return creates[0] }},
		{"patch", "PATCH a task", .6, func(int, int) []byte {
			return raw("PATCH", "/v1/tasks/"+f.tasks[rand.IntN(len(f.tasks))].String(), f.token, fmt.Sprintf(`{"position":%d}`, 1+rand.Int64N(1<<40)))
		}},
		{"search", "full-text search, two words", 0, any(search)},
		{"stats", "statistics of a project", 0, any(stats)},
	}
}

// mixed is what a small team does: mostly reads.
func (f *fixture) mixed() request {
	cases := f.cases()
	return func(client, n int) []byte {
		pick := 0
		switch r := rand.IntN(100); {
		case r >= 95:
			pick = 2
		case r >= 90:
			pick = 4
		case r >= 65:
			pick = 1
		}
		return cases[pick].Next(client, n)
	}
}
