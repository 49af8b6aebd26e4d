package store_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/cond"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

func wantCode(t *testing.T, err error, code apperr.Code) {
	t.Helper()
	if !apperr.Is(err, code) {
		t.Errorf("error %v, want code %s", err, code)
	}
}

func (b board) searchDoc(t *testing.T) string {
	t.Helper()
	return store.TextForTest(t, b.db, `SELECT doc FROM task_search WHERE task_id = ?`, b.task[:])
}

func TestCommentLife(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBoard(t, db)
		svc := comment.NewService(store.NewComments(db))
		ctx, author := t.Context(), b.people[auth.RoleMember]

		first, err := svc.Create(ctx, author, b.task, "Needs a *lighthouse*")
		if err != nil {
			t.Fatal(err)
		}
		want := comment.Comment{
			ID: first.ID, WorkspaceID: b.workspace, ProjectID: b.project, TaskID: b.task,
			Author: comment.Person{ID: author.AccountID, Name: author.Name}, Body: "Needs a *lighthouse*",
			CreatedAt: first.CreatedAt, UpdatedAt: first.CreatedAt, Version: 1,
		}
		if diff := cmp.Diff(want, first); diff != "" {
			t.Errorf("created (-want +got):\n%s", diff)
		}
		if got := b.searchDoc(t); !strings.Contains(got, "xlighthouse") || !strings.Contains(got, "xrotate") {
			t.Errorf("search document after create: %q", got)
		}

		second, err := svc.Update(ctx, author, first.ID, comment.Patch{Body: new("Needs a windmill"), IfVersion: cond.Only(1)})
		if err != nil {
			t.Fatal(err)
		}
		if !second.Edited || second.Version != 2 || second.Body != "Needs a windmill" || second.UpdatedAt.Before(first.UpdatedAt) {
			t.Errorf("updated: %+v", second)
		}
		if got := b.searchDoc(t); strings.Contains(got, "xlighthouse") || !strings.Contains(got, "xwindmill") {
			t.Errorf("search document after update: %q", got)
		}
		_, err = svc.Update(ctx, author, first.ID, comment.Patch{Body: new("late"), IfVersion: cond.Only(1)})
		wantCode(t, err, apperr.PreconditionFailed)
		same, err := svc.Update(ctx, author, first.ID, comment.Patch{Body: &second.Body})
		if diff := cmp.Diff(second, same); diff != "" || err != nil {
			t.Errorf("the same words again: %v\n%s", err, diff)
		}
		got, err := svc.Get(ctx, b.people[auth.RoleViewer], first.ID)
		if diff := cmp.Diff(second, got); diff != "" || err != nil {
			t.Errorf("get: %v\n%s", err, diff)
		}

		history, next, err := svc.History(ctx, b.people[auth.RoleViewer], first.ID, comment.Page[int64]{Limit: 10})
		if err != nil || next != nil {
			t.Fatal(err, next)
		}
		if diff := cmp.Diff([]comment.Revision{
			{Version: 1, Body: first.Body, EditedBy: first.Author, CreatedAt: first.CreatedAt},
			{Version: 2, Body: second.Body, EditedBy: first.Author, CreatedAt: second.UpdatedAt},
		}, history); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		page, next, err := svc.History(ctx, author, first.ID, comment.Page[int64]{Limit: 1})
		if err != nil || len(page) != 1 || next == nil || *next != 1 {
			t.Fatal(page, next, err)
		}
		page, next, err = svc.History(ctx, author, first.ID, comment.Page[int64]{Limit: 1, After: next})
		if err != nil || len(page) != 1 || page[0].Version != 2 || next != nil {
			t.Error("second page of history:", page, next, err)
		}

		wantCode(t, svc.Delete(ctx, author, first.ID, cond.Only(1)), apperr.PreconditionFailed)
		if err := svc.Delete(ctx, author, first.ID, cond.Only(second.Version)); err != nil {
			t.Fatal(err)
		}
		_, err = svc.Get(ctx, author, first.ID)
		wantCode(t, err, apperr.NotFound)
		_, _, err = svc.History(ctx, author, first.ID, comment.Page[int64]{Limit: 1})
		wantCode(t, err, apperr.NotFound)
		wantCode(t, svc.Delete(ctx, author, first.ID, nil), apperr.NotFound)
		if got := b.searchDoc(t); strings.Contains(got, "xwindmill") {
			t.Errorf("search document after delete: %q", got)
		}
		if got := store.TextForTest(t, db, `SELECT COUNT(*) FROM comment_revisions`); got != "0" {
			t.Errorf("%s revisions left", got)
		}
		if got, want := b.actions(t), "comment.created comment.updated comment.deleted"; got != want {
			t.Errorf("activity %q, want %q", got, want)
		}
		const changes = `SELECT changes FROM activity WHERE action = 'comment.updated'`
		if got, want := store.TextForTest(t, db, changes), `[{"field":"body","from":"Needs a *lighthouse*","to":"Needs a windmill"}]`; got != want {
			t.Errorf("changes %s, want %s", got, want)
		}
	})
}

func TestCommentRules(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBoard(t, db)
		svc := comment.NewService(store.NewComments(db))
		ctx, author := t.Context(), b.people[auth.RoleMember]
		c, err := svc.Create(ctx, author, b.task, "words")
		if err != nil {
			t.Fatal(err)
		}
		for role, code := range map[auth.Role]apperr.Code{
			auth.RoleNone: apperr.NotFound, auth.RoleViewer: apperr.Forbidden, auth.RoleMember: "", auth.RoleAdmin: "", auth.RoleOwner: "",
		} {
			p := b.people[role]
			t.Run("as "+string(role), func(t *testing.T) {
				check := func(what string, err error, want apperr.Code) {
					t.Helper()
					if want == "" && err != nil || want != "" && !apperr.Is(err, want) {
						t.Errorf("%s: %v, want %q", what, err, want)
					}
				}
				read := code
				if role == auth.RoleViewer {
					read = ""
				}
				_, _, err := svc.List(ctx, p, b.task, comment.Page[uuid.UUID]{Limit: 10})
				check("list", err, read)
				_, err = svc.Get(ctx, p, c.ID)
				check("get", err, read)
				_, _, err = svc.History(ctx, p, c.ID, comment.Page[int64]{Limit: 10})
				check("history", err, read)
				own, err := svc.Create(ctx, p, b.task, "mine")
				check("create", err, code)
				// Nobody edits the words of another; who moderates may remove them.
				edit := code
				if edit == "" && role != auth.RoleMember {
					edit = apperr.Forbidden
				}
				_, err = svc.Update(ctx, p, c.ID, comment.Patch{Body: new("words")})
				check("update", err, edit)
				if code == "" {
					_, err = svc.Update(ctx, p, own.ID, comment.Patch{Body: new("still mine")})
					check("update own", err, "")
					check("delete own", svc.Delete(ctx, p, own.ID, nil), "")
				} else {
					check("delete", svc.Delete(ctx, p, c.ID, nil), code)
				}
				reading := p
				reading.Scopes = []auth.Scope{auth.ScopeRead}
				_, err = svc.Create(ctx, reading, b.task, "x")
				if code == "" {
					check("create with a reading token", err, apperr.InsufficientScope)
				}
			})
		}
		foreign, err := svc.Create(ctx, b.people[auth.RoleOwner], b.task, "the owner's")
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, svc.Delete(ctx, author, foreign.ID, nil), apperr.Forbidden)
		if err := svc.Delete(ctx, b.people[auth.RoleAdmin], foreign.ID, nil); err != nil {
			t.Error("moderation:", err)
		}
		for _, body := range []string{"", " \n", "a\x00b", "\xff", strings.Repeat("x", comment.MaxBody+1)} {
			_, err := svc.Create(ctx, author, b.task, body)
			wantCode(t, err, apperr.ValidationFailed)
			_, err = svc.Update(ctx, author, c.ID, comment.Patch{Body: &body})
			wantCode(t, err, apperr.ValidationFailed)
		}
		if _, err := svc.Create(ctx, author, b.task, strings.Repeat("€", comment.MaxBody/3)); err != nil {
			t.Error("the longest comment:", err)
		}
		_, err = svc.Create(ctx, author, b.project, "no such task")
		wantCode(t, err, apperr.NotFound)

		b.archive(t, true)
		_, err = svc.Create(ctx, author, b.task, "late")
		wantCode(t, err, apperr.ProjectArchived)
		_, err = svc.Update(ctx, author, c.ID, comment.Patch{Body: new("late")})
		wantCode(t, err, apperr.ProjectArchived)
		wantCode(t, svc.Delete(ctx, author, c.ID, nil), apperr.ProjectArchived)
		wantCode(t, svc.Delete(ctx, b.people[auth.RoleNone], c.ID, nil), apperr.NotFound)
		if _, err := svc.Get(ctx, author, c.ID); err != nil {
			t.Error("reading in an archived project:", err)
		}
	})
}

func TestCommentPages(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBoard(t, db)
		svc := comment.NewService(store.NewComments(db))
		ctx, p := t.Context(), b.people[auth.RoleMember]
		other := b.newTask(t, 2, "Another")
		var want, got []string
		for i := range 5 {
			want = append(want, fmt.Sprint("comment ", i))
			for _, task := range []uuid.UUID{b.task, other} {
				if _, err := svc.Create(ctx, p, task, want[i]); err != nil {
					t.Fatal(err)
				}
			}
		}
		page := comment.Page[uuid.UUID]{Limit: 2, Eventual: true}
		for range 4 {
			items, next, err := svc.List(ctx, p, b.task, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range items {
				got = append(got, c.Body)
			}
			if page.After = next; next == nil {
				break
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("pages (-want +got):\n%s", diff)
		}
		empty, next, err := svc.List(ctx, p, b.newTask(t, 3, "Quiet"), comment.Page[uuid.UUID]{Limit: 2})
		if err != nil || next != nil || empty == nil || len(empty) != 0 {
			t.Error("an empty list:", empty, next, err)
		}
	})
}

// Of many edits that saw one version one wins, and no edit or comment at the same time loses another's search words.
func TestCommentsAtOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBoard(t, db)
		svc := comment.NewService(store.NewComments(db))
		ctx, p := t.Context(), b.people[auth.RoleMember]
		c, err := svc.Create(ctx, p, b.task, "first")
		if err != nil {
			t.Fatal(err)
		}
		const writers = 16
		var wg sync.WaitGroup
		results := make([]error, writers)
		for i := range writers {
			wg.Go(func() {
				_, results[i] = svc.Update(ctx, p, c.ID, comment.Patch{Body: new(fmt.Sprint("edit ", i)), IfVersion: cond.Only(c.Version)})
			})
			wg.Go(func() {
				if _, err := svc.Create(ctx, p, b.task, fmt.Sprint("newword", i)); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		won := 0
		for _, err := range results {
			if err == nil {
				won++
			} else {
				wantCode(t, err, apperr.PreconditionFailed)
			}
		}
		if won != 1 {
			t.Errorf("%d edits won", won)
		}
		doc := " " + b.searchDoc(t) + " "
		for i := range writers {
			if word := store.SearchDoc(fmt.Sprint("newword", i)); !strings.Contains(doc, " "+word+" ") {
				t.Errorf("the search document lacks %s: %s", word, doc)
			}
		}
	})
}

func TestCommentIsMadeOnce(t *testing.T) {
	t.Parallel()
	testdb.Each(t, func(t *testing.T, db *store.DB) {
		b := newBoard(t, db)
		svc := comment.NewService(store.NewComments(db))
		var made []comment.Comment
		for i := range 2 {
			r := &idem.Request{Key: "again", Hash: [32]byte{1}}
			c, err := svc.Create(idem.With(t.Context(), r), b.people[auth.RoleMember], b.task, "once")
			if err != nil || r.Replayed != (i == 1) {
				t.Fatal(err, r.Replayed)
			}
			made = append(made, c)
		}
		if diff := cmp.Diff(made[0], made[1]); diff != "" {
			t.Errorf("the replay differs:\n%s", diff)
		}
	})
}
