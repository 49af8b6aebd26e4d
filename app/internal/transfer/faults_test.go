package transfer_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// nth finds the nth record of a type, counted from 0; with where, the nth that it accepts.
func nth[T any](t *testing.T, recs []transfer.Record, n int, where ...func(*T) bool) *T {
	t.Helper()
	for _, r := range recs {
		v, ok := any(r).(*T)
		if !ok || len(where) > 0 && !where[0](v) {
			continue
		}
		if n--; n < 0 {
			return v
		}
	}
	t.Fatalf("there is no such %T", *new(T))
	return nil
}

// lineOf is the line of a record in the file that encode makes.
func lineOf(recs []transfer.Record, r any) string {
	for i, have := range recs {
		if any(have) == r {
			return fmt.Sprintf("line %d: %s", i+2, have.Kind())
		}
	}
	return "no line"
}

// importFault spoils one thing in a file's records and tells what the answer says of it, and of which record or line; more
// are records to insert.
type importFault struct {
	says  string
	spoil func(recs []transfer.Record) (where any, more []transfer.Record)
}

func keep(where any) (any, []transfer.Record) { return where, nil }

// TestImportFindsFaults spoils one thing at a time in a good file. The answer must name the line and what is wrong with
// it, and nothing may be left: no row, no bytes.
func TestImportFindsFaults(t *testing.T) {
	t.Parallel()
	file := everything(t)
	cases := map[string]importFault{
		"workspace without a name": {"name: must have", func(r []transfer.Record) (any, []transfer.Record) {
			w := nth[transfer.Workspace](t, r, 0)
			w.Name = " "
			return keep(w)
		}},
		"no owner": {"no owner", func(r []transfer.Record) (any, []transfer.Record) {
			nth(t, r, 0, func(m *transfer.Member) bool { return m.Role == "owner" }).Role = "admin"
			return keep(nth[transfer.Project](t, r, 0))
		}},
		"unknown role": {"role: must be one of", func(r []transfer.Record) (any, []transfer.Record) {
			m := nth[transfer.Member](t, r, 3)
			m.Role = "king"
			return keep(m)
		}},
		"member without an account": {"account_id: no account line", func(r []transfer.Record) (any, []transfer.Record) {
			m := nth[transfer.Member](t, r, 3)
			m.AccountID = uuid.New()
			return keep(m)
		}},
		"bad e-mail": {"email: must be", func(r []transfer.Record) (any, []transfer.Record) {
			a := nth[transfer.Account](t, r, 2)
			a.Email = "nobody"
			return keep(a)
		}},
		"bad project key": {"key: must be 2 to 10", func(r []transfer.Record) (any, []transfer.Record) {
			p := nth[transfer.Project](t, r, 1)
			p.Key = "ops"
			return keep(p)
		}},
		"project key twice": {"same id or key", func(r []transfer.Record) (any, []transfer.Record) {
			p := nth[transfer.Project](t, r, 2)
			p.Key = nth[transfer.Project](t, r, 0).Key
			return keep(p)
		}},
		"status name twice": {"same name", func(r []transfer.Record) (any, []transfer.Record) {
			s := nth[transfer.Status](t, r, 1)
			s.Name = strings.ToUpper(nth[transfer.Status](t, r, 0).Name)
			return keep(s)
		}},
		"unknown category": {"category: must be one of", func(r []transfer.Record) (any, []transfer.Record) {
			s := nth[transfer.Status](t, r, 4)
			s.Category = "later"
			return keep(s)
		}},
		"label of no project": {"project_id: no project line", func(r []transfer.Record) (any, []transfer.Record) {
			l := nth[transfer.Label](t, r, 5)
			l.ProjectID = uuid.New()
			return keep(l)
		}},
		"label colour": {"color: must be", func(r []transfer.Record) (any, []transfer.Record) {
			l := nth[transfer.Label](t, r, 5)
			l.Color = "red"
			return keep(l)
		}},
		"title": {"title: has 501 characters", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 200)
			v.Title = strings.Repeat("é", 501)
			return keep(v)
		}},
		"two faults at once": {"due_date: must be a date, YYYY-MM-DD, before 9999-12-31; priority: must be one of", func(r []transfer.Record) (any, []transfer.Record) {
			v, due := nth[transfer.Task](t, r, 10), "2026-02-30"
			v.DueDate, v.StartDate, v.Priority = &due, nil, "asap"
			return keep(v)
		}},
		"status of another project": {"status_id: the project has no status", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 10)
			v.StatusID = nth(t, r, 0, func(s *transfer.Status) bool { return s.ProjectID != v.ProjectID }).ID
			return keep(v)
		}},
		"label of another project": {"label_ids: the project has no label", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 10)
			v.LabelIDs = append(v.LabelIDs, nth(t, r, 0, func(s *transfer.Label) bool { return s.ProjectID != v.ProjectID }).ID)
			return keep(v)
		}},
		"unknown assignee": {"assignee_ids: no account line", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 10)
			v.AssigneeIDs = []uuid.UUID{uuid.New()}
			return keep(v)
		}},
		"number beyond the counter": {"number: is 4711", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 10)
			v.Number = 4711
			return keep(v)
		}},
		"number twice": {"same number", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 250)
			v.Number = nth(t, r, 0, func(o *transfer.Task) bool { return o.ProjectID == v.ProjectID }).Number
			return keep(v)
		}},
		"task id twice": {"same id", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Task](t, r, 259)
			v.ID = nth[transfer.Task](t, r, 0).ID
			return v, nil
		}},
		"completed but not done": {"completed_at: must be there exactly", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth(t, r, 5, func(v *transfer.Task) bool { return v.CompletedAt == nil })
			v.CompletedAt = &v.CreatedAt
			return keep(v)
		}},
		"parent of another project": {"parent_id: the project has no task", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth(t, r, 5, func(v *transfer.Task) bool { return v.ParentID == nil })
			v.ParentID = &nth(t, r, 5, func(o *transfer.Task) bool { return o.ProjectID != v.ProjectID }).ID
			return keep(v)
		}},
		"parent that is not there": {"parent_id: the project has no task", func(r []transfer.Record) (any, []transfer.Record) {
			v, gone := nth[transfer.Task](t, r, 5), uuid.New()
			v.ParentID = &gone
			return keep(v)
		}},
		"its own ancestor": {"its own parent", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth(t, r, 0, func(v *transfer.Task) bool { return v.ParentID != nil })
			nth(t, r, 0, func(o *transfer.Task) bool { return o.ID == *v.ParentID }).ParentID = &v.ID
			return "task", nil
		}},
		"comment of another task": {"task_id: must be the id of the task line before it", func(r []transfer.Record) (any, []transfer.Record) {
			c := nth[transfer.Comment](t, r, 50)
			c.TaskID = nth[transfer.Task](t, r, 0).ID
			return keep(c)
		}},
		"empty comment": {"body: must have at least one visible character", func(r []transfer.Record) (any, []transfer.Record) {
			c := nth[transfer.Comment](t, r, 50)
			c.Body = ""
			return keep(c)
		}},
		"bytes that are others": {"sha256: the bytes that follow", func(r []transfer.Record) (any, []transfer.Record) {
			d := nth[transfer.Data](t, r, 1)
			d.Data[0]++
			return keep(nth(t, r, 0, func(a *transfer.Attachment) bool { return a.ID == d.AttachmentID }))
		}},
		"bytes that are missing": {"more bytes of attachment", func(r []transfer.Record) (any, []transfer.Record) {
			nth[transfer.Attachment](t, r, 1).Size++
			return "line", nil
		}},
		"relation to nowhere": {"to_task: no task line", func(r []transfer.Record) (any, []transfer.Record) {
			v := nth[transfer.Relation](t, r, 0)
			v.ToTask = uuid.New()
			return keep(v)
		}},
		"relation twice": {"the same relation", func(r []transfer.Record) (any, []transfer.Record) {
			v := *nth[transfer.Relation](t, r, 0)
			v.ID = uuid.New()
			return "relation", []transfer.Record{&v}
		}},
		"blocks in a circle": {"blocks itself", func(r []transfer.Record) (any, []transfer.Record) {
			v := *nth(t, r, 0, func(v *transfer.Relation) bool { return v.Relation == "blocks" })
			v.ID, v.FromTask, v.ToTask = uuid.New(), v.ToTask, v.FromTask
			return "relation", []transfer.Record{&v}
		}},
		"changes that are none": {"changes: must be a list", func(r []transfer.Record) (any, []transfer.Record) {
			a := nth[transfer.Activity](t, r, 3)
			a.Changes = []byte(`{}`)
			return keep(a)
		}},
	}
	maps.Copy(cases, faultsBelowTasks(t))
	each(t, func(t *testing.T, b *bundle) {
		for name, c := range cases {
			recs := records(t, file)
			where, more := c.spoil(recs)
			at := lineOf(recs, where)
			if text, ok := where.(string); ok {
				at = text
			}
			recs = insertRelations(recs, more)
			_, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(encode(t, recs)), false)
			if err == nil {
				t.Fatalf("%s: imported", name)
			}
			switch e := apperr.From(err); e.Code {
			case apperr.ValidationFailed, apperr.AlreadyExists, apperr.Cycle:
				if !strings.HasPrefix(e.Message, "line ") || !strings.Contains(e.Message, at) || !strings.Contains(e.Message, c.says) {
					t.Errorf("%s: %q, want %q and %q", name, e.Message, at, c.says)
				}
			default:
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, table := range []string{"accounts", "workspaces", "tasks", "task_search", "attachments", "activity"} {
			if left := b.rows(t, table); left != "" {
				t.Errorf("left in %s: %.200s", table, left)
			}
		}
		if left := b.stored(t); left != 0 {
			t.Errorf("%d blobs are left", left)
		}
	})
}

// losing runs a load and loses it at its end.
type losing struct{ nowhere }

func (losing) Load(ctx context.Context, _ bool, fn func(context.Context, transfer.Sink) error) error {
	return errors.Join(fn(ctx, nowhereSink{}), apperr.New(apperr.Unavailable, "The connection is lost."))
}

// TestFailedImportRemovesOnlyItsOwnBytes lets an attempt fail when another one of the same file has been made.
func TestFailedImportRemovesOnlyItsOwnBytes(t *testing.T) {
	t.Parallel()
	file, b := everything(t), setup(t, store.SQLite)
	id := b.mustImport(t, file).WorkspaceID
	before, stored := b.export(t, id), b.stored(t)
	if _, err := transfer.NewService(losing{}, b.blobs).Import(t.Context(), operator(), bytes.NewReader(file), false); !apperr.Is(err, apperr.Unavailable) {
		t.Fatal(err)
	}
	if !bytes.Equal(before, b.export(t, id)) || b.stored(t) != stored || stored != 6 {
		t.Errorf("%d blobs, %d before", b.stored(t), stored)
	}
}

// insertRelations puts records before the activity.
func insertRelations(recs, more []transfer.Record) []transfer.Record {
	for i, r := range recs {
		if _, ok := r.(*transfer.Activity); ok {
			return append(append(append([]transfer.Record{}, recs[:i]...), more...), recs[i:]...)
		}
	}
	return append(recs, more...)
}

// TestActivityStaysInItsWorkspace tries to put an entry under another workspace's task.
func TestActivityStaysInItsWorkspace(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		b.mustImport(t, file)
		recs := records(t, file)
		victim := nth[transfer.Task](t, recs, 0)
		w, owner := nth[transfer.Workspace](t, recs, 0), nth[transfer.Account](t, recs, 0)
		w.ID = uuid.New()
		for _, target := range []struct{ task, project *uuid.UUID }{{&victim.ID, nil}, {nil, &victim.ProjectID}} {
			hostile := encode(t, []transfer.Record{
				w, owner, &transfer.Member{AccountID: owner.ID, Role: "owner", JoinedAt: w.CreatedAt},
				&transfer.Activity{
					ID: uuid.New(), TaskID: target.task, ProjectID: target.project, ActorID: owner.ID, Action: "task.updated", EntityType: "task", EntityID: victim.ID,
					Changes: []byte(`[]`), CreatedAt: w.CreatedAt,
				},
			})
			_, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(hostile), false)
			if !apperr.Is(err, apperr.ValidationFailed) || !strings.Contains(err.Error(), "is not of this workspace") {
				t.Errorf("%v", err)
			}
		}
	})
}

// TestDamagedFiles cuts and alters a file at many places: none of it is imported, and no answer is an internal fault.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	file := everything(t)
	none := transfer.NewService(nowhere{}, nil)
	check := func(what string, damaged []byte) {
		_, err := none.Import(t.Context(), operator(), bytes.NewReader(damaged), true)
		if e := apperr.From(err); err == nil || e.Code == apperr.Internal || !strings.HasPrefix(e.Message, "line ") {
			t.Errorf("%s: %v", what, err)
		}
	}
	for at := 0; at < len(file); at += len(file)/200 + 1 {
		check(fmt.Sprintf("cut at %d", at), file[:at])
		altered := bytes.Clone(file)
		altered[at] ^= 4
		check(fmt.Sprintf("altered at %d", at), altered)
	}
	check("doubled", append(bytes.Clone(file), file...))
	check("a blank line at the end", append(bytes.Clone(file), '\n'))
	lines := bytes.SplitAfter(file, []byte("\n"))
	check("a line left out", bytes.Join(append(append([][]byte{}, lines[:200]...), lines[201:]...), nil))
	check("an endless line", bytes.Repeat([]byte("x"), 5<<20))
	check("a newer version", bytes.Replace(file, []byte(`"version":1`), []byte(`"version":2`), 1))
	check("an unknown field", bytes.Replace(file, []byte(`"name":`), []byte(`"nome":"x","name":`), 1))
}

// nowhere takes every record and keeps none.
type nowhere struct{ transfer.Store }

func (nowhere) Load(ctx context.Context, _ bool, fn func(context.Context, transfer.Sink) error) error {
	return fn(ctx, nowhereSink{})
}

func (nowhere) Earlier(context.Context, auth.Principal, func() error) (*transfer.Summary, error) {
	return nil, nil
}

type nowhereSink struct{}

func (nowhereSink) Accounts(_ context.Context, accounts []transfer.Account) (map[uuid.UUID]uuid.UUID, int, error) {
	ids := map[uuid.UUID]uuid.UUID{}
	for _, a := range accounts {
		ids[a.ID] = a.ID
	}
	return ids, len(ids), nil
}
func (nowhereSink) Add(context.Context, transfer.Record, int64) error { return nil }
func (nowhereSink) Link(context.Context, []transfer.Edge) error       { return nil }
func (nowhereSink) Flush(context.Context) error                       { return nil }
func (nowhereSink) Keep(context.Context, auth.Principal, transfer.Summary) error {
	return nil
}

// FuzzImport looks for files that make the import panic, or blame anything but the file.
func FuzzImport(f *testing.F) {
	const header = `{"type":"header","format":"tasktracker.workspace","version":1}` + "\n"
	f.Add([]byte(header))
	f.Add([]byte(header + `{"type":"workspace","id":"0192ec1a-4e80-7000-97fc-55cc90cba79d","name":"Demo","created_at":"2024-11-02T09:00:00Z","updated_at":"2024-11-02T09:00:00Z","version":1}
{"type":"account","id":"0192ec1a-4e80-7000-815b-fc136c442139","email":"kwame@example.com","name":"K","created_at":"2024-11-02T09:00:00Z","updated_at":"2024-11-02T09:00:00Z","version":1}
{"type":"member","account_id":"0192ec1a-4e80-7000-815b-fc136c442139","role":"owner","joined_at":"2024-11-02T09:00:00Z"}
{"type":"project","id":"0192ec1a-4e80-7000-8111-fc136c442139","key":"OPS","name":"O","description":"","archived":false,"last_number":1,"created_at":"2024-11-02T09:00:00Z","updated_at":"2024-11-02T09:00:00Z","version":1}
{"type":"status","id":"0192ec1a-4e80-7000-8112-fc136c442139","project_id":"0192ec1a-4e80-7000-8111-fc136c442139","name":"Todo","category":"todo","position":1,"created_at":"2024-11-02T09:00:00Z","updated_at":"2024-11-02T09:00:00Z","version":1}
{"type":"task","id":"0192ec1a-4e80-7000-8113-fc136c442139","project_id":"0192ec1a-4e80-7000-8111-fc136c442139","number":1,"title":"T","description":"","status_id":"0192ec1a-4e80-7000-8112-fc136c442139","priority":"none","parent_id":null,"start_date":null,"due_date":"2026-01-01","estimate":null,"position":0,"author_id":"0192ec1a-4e80-7000-815b-fc136c442139","assignee_ids":[],"label_ids":[],"created_at":"2024-11-02T09:00:00Z","updated_at":"2024-11-02T09:00:00Z","completed_at":null,"version":1}
{"type":"attachment","id":"0192ec1a-4e80-7000-8114-fc136c442139","task_id":"0192ec1a-4e80-7000-8113-fc136c442139","author_id":"0192ec1a-4e80-7000-815b-fc136c442139","filename":"a","content_type":"text/plain","size":3,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","created_at":"2024-11-02T09:00:00Z","confirmed_at":null,"changed_at":"2024-11-02T09:00:00Z"}
{"type":"attachment_data","attachment_id":"0192ec1a-4e80-7000-8114-fc136c442139","data":"YWJj"}
{"type":"activity","id":"0192ec1a-4e80-7000-8115-fc136c442139","project_id":null,"task_id":null,"actor_id":"0192ec1a-4e80-7000-815b-fc136c442139","token_id":null,"token_name":"","action":"task.created","entity_type":"task","entity_id":"0192ec1a-4e80-7000-8113-fc136c442139","changes":[],"created_at":"2024-11-02T09:00:00Z"}
`))
	f.Add([]byte(header + `{"type":"trailer","counts":{"header":1},"sha256":""}` + "\n"))
	svc := transfer.NewService(nowhere{}, nil)
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := svc.Import(t.Context(), operator(), bytes.NewReader(data), true)
		if err == nil {
			return // the fuzzer has learned to compute SHA-256
		}
		if e := apperr.From(err); e.Code == apperr.Internal || !strings.HasPrefix(e.Message, "line ") {
			t.Errorf("%v", err)
		}
		r := transfer.NewReader(bytes.NewReader(data))
		for {
			if _, err := r.Next(); err != nil {
				if !errors.Is(err, io.EOF) && apperr.From(err).Code != apperr.ValidationFailed {
					t.Errorf("%v", err)
				}
				return
			}
		}
	})
}
