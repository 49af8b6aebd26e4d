package transfer_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

const (
	maxCount    = 1 << 52
	maxPosition = 1<<53 - 1
)

// edges sets each number of a file that could pass a bound of 64 bits: to `at`, which is allowed, or to `beyond`.
var edges = map[string]struct {
	where     func(t *testing.T, recs []transfer.Record) (record any, number *int64)
	low, high int64
}{
	"workspace version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Workspace](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"account version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Account](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"project version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Project](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"project last_number": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Project](t, r, 0)
		return v, &v.LastNumber
	}, low: 0, high: maxCount},
	"status version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Status](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"status position": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Status](t, r, 0)
		return v, &v.Position
	}, low: -maxPosition, high: maxPosition},
	"label version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Label](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"task version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Task](t, r, 0)
		return v, &v.Version
	}, low: 1, high: maxCount},
	"task number": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Task](t, r, 0)
		nth(t, r, 0, func(p *transfer.Project) bool { return p.ID == v.ProjectID }).LastNumber = maxCount
		return v, &v.Number
	}, low: 1, high: maxCount},
	"task position": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Task](t, r, 0)
		return v, &v.Position
	}, low: -maxPosition, high: maxPosition},
	"task estimate": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Task](t, r, 0)
		v.Estimate = new(int64)
		return v, v.Estimate
	}, low: 0, high: task.MaxEstimate},
	"comment version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth(t, r, 0, func(c *transfer.Comment) bool { return !c.Edited })
		return v, &v.Version
	}, low: 1, high: maxCount},
	"revision version": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Revision](t, r, 0)
		nth(t, r, 0, func(c *transfer.Comment) bool { return c.ID == v.CommentID }).Version = maxCount
		return v, &v.Version
	}, low: 1, high: maxCount - 1},
	"attachment size": {where: func(t *testing.T, r []transfer.Record) (any, *int64) {
		v := nth[transfer.Attachment](t, r, 0)
		return v, &v.Size
	}, low: 1, high: -1}, // what is at the bound is not at hand
}

func TestImportBoundsNumbers(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		for name, edge := range edges {
			beyond := []int64{edge.low - 1, edge.high + 1, 1<<63 - 1, -1 << 63}
			if edge.high < 0 {
				beyond = []int64{edge.low - 1, 1<<63 - 1, -1 << 63}
			}
			for _, n := range beyond {
				recs := records(t, file)
				where, number := edge.where(t, recs)
				*number = n
				_, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(encode(t, recs)), true)
				_, field, _ := strings.Cut(name, " ")
				e := apperr.From(err)
				if e.Code != apperr.ValidationFailed || !strings.Contains(e.Message, lineOf(recs, where)) || !strings.Contains(e.Message, field+": must be") ||
					len(e.Fields) == 0 || e.Fields[0].Code != "out_of_range" {
					t.Errorf("%s = %d: %v; want it refused at %s", name, n, err, lineOf(recs, where))
				}
			}
		}
	})
}

// What is at the bounds comes in, can be read and changed, and is counted on.
func TestImportAtTheBoundsCountsOn(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		recs := records(t, file)
		for _, name := range []string{
			"workspace version", "project version", "status version", "status position", "label version", "task version", "task number", "task position",
			"task estimate", "comment version", "revision version",
		} {
			_, number := edges[name].where(t, recs)
			*number = edges[name].high
		}
		b.mustImport(t, encode(t, recs))

		workspace, changed := nth[transfer.Workspace](t, recs, 0), nth[transfer.Task](t, recs, 0)
		owner := auth.Principal{Scopes: auth.Scopes(), AccountID: ownerOf(t, recs)}
		tasks := store.NewTasks(b.db)
		svc := task.NewService(tasks, tasks, tasks, tasks, nil)
		title := "changed"
		got, err := svc.Update(t.Context(), owner, changed.ID, task.Patch{Title: &title}, nil)
		if err != nil || got.Version != maxCount+1 || got.Number != maxCount {
			t.Errorf("changed task: %+v, %v", got, err)
		}
		for i := range int64(3) {
			made, err := svc.Create(t.Context(), owner, changed.ProjectID, task.CreateInput{Title: fmt.Sprint("made ", i)})
			if err != nil || made.Number != maxCount+1+i || made.Position != maxPosition {
				t.Fatalf("task %d after the greatest number: %+v, %v", i, made, err)
			}
		}
		last, _, err := svc.List(t.Context(), owner, task.Query{ProjectID: changed.ProjectID, Sort: task.Sort{Field: task.SortPosition, Desc: true}, Limit: 3})
		if err != nil || len(last) != 3 || last[0].Title != "made 2" || last[2].Title != "made 0" {
			t.Errorf("the last by position: %v, %v; want the three new ones", last, err)
		}

		revision := nth[transfer.Revision](t, recs, 0)
		said := nth(t, recs, 0, func(c *transfer.Comment) bool { return c.ID == revision.CommentID })
		comments := comment.NewService(store.NewComments(b.db))
		body := "changed"
		author := auth.Principal{Scopes: auth.Scopes(), AccountID: said.AuthorID}
		if v, err := comments.Update(t.Context(), author, said.ID, comment.Patch{Body: &body}); err != nil || v.Version != maxCount+1 {
			t.Errorf("changed comment: %+v, %v", v, err)
		}
		if history, _, err := comments.History(t.Context(), author, said.ID, comment.Page[int64]{Limit: 100}); err != nil || history[len(history)-1].Version != maxCount+1 {
			t.Errorf("its history: %+v, %v", history, err)
		}
		b.export(t, workspace.ID)
	})
}

func ownerOf(t *testing.T, recs []transfer.Record) uuid.UUID {
	t.Helper()
	return nth(t, recs, 0, func(m *transfer.Member) bool { return m.Role == string(auth.RoleOwner) }).AccountID
}
