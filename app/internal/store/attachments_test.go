package store_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/idem"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/task"
)

func TestAttachmentLife(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx, author := t.Context(), s.person(auth.RoleMember)
		r, err := s.svc.Reserve(ctx, author, s.task, draft("a plan"))
		if err != nil {
			t.Fatal(err)
		}
		a := r.Attachment
		want := attachment.Attachment{
			ID: a.ID, WorkspaceID: s.workspace, ProjectID: s.project, TaskID: s.task,
			Author: attachment.Person{ID: author.AccountID, Name: author.Name}, Filename: "plan.txt", ContentType: "text/plain", Size: 6,
			SHA256: a.SHA256, Key: "workspace/" + s.workspace.String() + "/" + a.ID.String(), State: attachment.StateReserved, CreatedAt: s.clock.now(),
		}
		if diff := cmp.Diff(want, a); diff != "" {
			t.Errorf("reserved (-want +got):\n%s", diff)
		}
		if err := blob.ValidateKey(a.Key); err != nil {
			t.Error(err)
		}
		if left := r.Upload.ExpiresAt.Sub(s.clock.now()); r.Upload.Method != "PUT" || left <= 14*time.Minute || left > 15*time.Minute {
			t.Errorf("upload: %+v", r.Upload)
		}

		_, err = s.svc.Confirm(ctx, author, a.ID)
		wantCode(t, err, apperr.Conflict)
		_, err = s.svc.Download(ctx, author, a.ID)
		wantCode(t, err, apperr.Conflict)
		s.upload(t, a, "a plan")
		s.clock.pass(time.Minute)
		confirmed, err := s.svc.Confirm(ctx, author, a.ID)
		if err != nil {
			t.Fatal(err)
		}
		at := s.clock.now()
		want.State, want.ConfirmedAt = attachment.StateReady, &at
		if diff := cmp.Diff(want, confirmed); diff != "" {
			t.Errorf("confirmed (-want +got):\n%s", diff)
		}
		s.clock.pass(time.Minute)
		again, err := s.svc.Confirm(ctx, author, a.ID)
		if diff := cmp.Diff(want, again); diff != "" || err != nil {
			t.Errorf("confirmed again: %v (-want +got):\n%s", err, diff)
		}

		link, err := s.svc.Download(ctx, s.person(auth.RoleViewer), a.ID)
		if err != nil || !strings.Contains(link.URL, a.Key) || !link.ExpiresAt.Equal(s.clock.now().Add(time.Minute).Truncate(time.Second)) {
			t.Error(link, err)
		}
		if u, err := url.Parse(link.URL); err != nil || u.Query().Get("name") != "plan.txt" {
			t.Error(link, err)
		}

		if err := s.svc.Delete(ctx, author, a.ID); err != nil {
			t.Fatal(err)
		}
		_, err = s.svc.Get(ctx, author, a.ID)
		wantCode(t, err, apperr.NotFound)
		_, err = s.svc.Confirm(ctx, author, a.ID)
		wantCode(t, err, apperr.NotFound)
		_, err = s.svc.Download(ctx, author, a.ID)
		wantCode(t, err, apperr.NotFound)
		wantCode(t, s.svc.Delete(ctx, author, a.ID), apperr.NotFound)
		if items, _, err := s.svc.List(ctx, author, s.task, attachment.Page{Limit: 10}); err != nil || len(items) != 0 {
			t.Error("deleted, and still listed:", items, err)
		}
		if got, want := s.actions(t), "attachment.reserved attachment.confirmed attachment.deleted"; got != want {
			t.Errorf("activity %q, want %q", got, want)
		}
	})
}

// What may be uploaded and downloaded under a key follows the attachment's state, and ends with its task.
func TestAttachmentAdmit(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx := t.Context()
		want := func(when string, a attachment.Attachment, upload, download apperr.Code) {
			t.Helper()
			for _, c := range []struct {
				upload bool
				code   apperr.Code
			}{{true, upload}, {false, download}} {
				err := s.svc.Admit(ctx, a.Key, c.upload)
				if c.code == "" && err != nil || c.code != "" && !apperr.Is(err, c.code) {
					t.Errorf("%s: upload %v: %v, want %q", when, c.upload, err, c.code)
				}
			}
		}
		want("never there", attachment.Attachment{Key: attachment.Key(s.workspace, s.task)}, apperr.NotFound, apperr.NotFound)
		reserved, ready := s.reserve(t, "a plan"), s.ready(t, "another plan")
		want("reserved", reserved, "", apperr.NotFound)
		want("ready", ready, apperr.Conflict, "")
		if err := s.svc.Delete(ctx, s.person(auth.RoleMember), ready.ID); err != nil {
			t.Fatal(err)
		}
		want("deleted", ready, apperr.NotFound, apperr.NotFound)
		ready = s.ready(t, "a third plan")
		want("ready", ready, apperr.Conflict, "")
		tasks := store.NewTasks(s.db)
		if err := task.NewService(tasks, tasks, tasks, tasks, nil).Delete(ctx, s.person(auth.RoleMember), s.task, nil); err != nil {
			t.Fatal(err)
		}
		want("reserved, its task deleted", reserved, apperr.NotFound, apperr.NotFound)
		want("ready, its task deleted", ready, apperr.NotFound, apperr.NotFound)
	})
}

// A confirmation without an upload says whether one can still begin, and until when.
func TestAttachmentConfirmedTooEarlyAndTooLate(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		a := s.reserve(t, "a plan")
		last := a.CreatedAt.Add(15 * time.Minute).Truncate(time.Second).Format(time.RFC3339)
		for _, c := range []struct {
			after time.Duration
			says  string
		}{{0, "Nothing has arrived yet"}, {14 * time.Minute, "may begin until " + last}, {time.Minute, "could begin until " + last + ". Reserve again"}} {
			s.clock.pass(c.after)
			_, err := s.svc.Confirm(t.Context(), s.person(auth.RoleMember), a.ID)
			if !apperr.Is(err, apperr.Conflict) || !strings.Contains(apperr.From(err).Message, c.says) {
				t.Errorf("%v, want %q", err, c.says)
			}
		}
		s.upload(t, a, "a plan") // it began in time and took long
		if a, err := s.svc.Confirm(t.Context(), s.person(auth.RoleMember), a.ID); err != nil || a.State != attachment.StateReady {
			t.Error(a, err)
		}
	})
}

func TestAttachmentUploadsThatDiffer(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		for content, pointers := range map[string]string{"a plot": "/sha256", "a longer plan": "/sha256 /size"} {
			a := s.reserve(t, "a plan")
			s.upload(t, a, content)
			_, err := s.svc.Confirm(t.Context(), s.person(auth.RoleMember), a.ID)
			wantCode(t, err, apperr.ValidationFailed)
			var got []string
			for _, f := range apperr.From(err).Fields {
				got = append(got, f.Pointer)
			}
			if strings.Join(got, " ") != pointers {
				t.Errorf("%q: faults at %v, want %s", content, got, pointers)
			}
			if a, err := s.svc.Get(t.Context(), s.person(auth.RoleMember), a.ID); err != nil || a.State != attachment.StateReserved {
				t.Error(a, err)
			}
		}
	})
}

func TestAttachmentRules(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx := t.Context()
		member, admin := s.person(auth.RoleMember), s.person(auth.RoleAdmin)
		a := s.ready(t, "a plan")
		check := func(what string, role auth.Role, err error, want apperr.Code) {
			t.Helper()
			if want == "" && err != nil || want != "" && !apperr.Is(err, want) {
				t.Errorf("%s as %q: %v, want %q", what, role, err, want)
			}
		}
		for role, code := range map[auth.Role]apperr.Code{
			auth.RoleNone: apperr.NotFound, auth.RoleViewer: apperr.Forbidden, auth.RoleMember: "", auth.RoleAdmin: "", auth.RoleOwner: "",
		} {
			p, read := s.people[role], code
			if role == auth.RoleViewer {
				read = ""
			}
			_, _, err := s.svc.List(ctx, p, s.task, attachment.Page{Limit: 10})
			check("list", role, err, read)
			_, err = s.svc.Get(ctx, p, a.ID)
			check("get", role, err, read)
			_, err = s.svc.Download(ctx, p, a.ID)
			check("download", role, err, read)
			own, err := s.svc.Reserve(ctx, p, s.task, draft("x"))
			check("reserve", role, err, code)
			confirm := code
			if code == "" && role != auth.RoleMember { // it is the member's
				confirm = apperr.Forbidden
			}
			_, err = s.svc.Confirm(ctx, p, a.ID)
			check("confirm", role, err, confirm)
			if code == "" {
				check("delete own", role, s.svc.Delete(ctx, p, own.Attachment.ID), "")
			} else {
				check("delete", role, s.svc.Delete(ctx, p, a.ID), code)
			}
		}
		others, err := s.svc.Reserve(ctx, admin, s.task, draft("x"))
		if err != nil {
			t.Fatal(err)
		}
		wantCode(t, s.svc.Delete(ctx, member, others.Attachment.ID), apperr.Forbidden)

		_, err = s.svc.Reserve(ctx, member, s.project, draft("no such task"))
		wantCode(t, err, apperr.NotFound)
		_, err = s.svc.Reserve(ctx, member, s.task, attachment.Draft{Filename: "../x", ContentType: "text/html", Size: 1001, SHA256: "0"})
		wantCode(t, err, apperr.ValidationFailed)
		if n := len(apperr.From(err).Fields); n != 4 {
			t.Errorf("%d faults: %v", n, err)
		}
		for _, limit := range []int{0, 101} {
			_, _, err = s.svc.List(ctx, member, s.task, attachment.Page{Limit: limit})
			wantCode(t, err, apperr.InvalidParameter)
		}

		pending := s.reserve(t, "y")
		s.upload(t, pending, "y")
		s.archive(t, true)
		_, err = s.svc.Reserve(ctx, member, s.task, draft("late"))
		wantCode(t, err, apperr.ProjectArchived)
		_, err = s.svc.Confirm(ctx, member, pending.ID)
		wantCode(t, err, apperr.ProjectArchived)
		wantCode(t, s.svc.Delete(ctx, member, a.ID), apperr.ProjectArchived)
		if _, err := s.svc.Confirm(ctx, member, a.ID); err != nil {
			t.Error("confirming again in an archived project:", err)
		}
		if _, err := s.svc.Download(ctx, member, a.ID); err != nil {
			t.Error("download from an archived project:", err)
		}
		s.archive(t, false)
		if err := s.svc.Delete(ctx, admin, a.ID); err != nil {
			t.Error("moderation:", err)
		}
	})
}

// A task takes a hundred attachments and no more, however many come at once.
func TestAttachmentsOfOneTask(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		ctx, p := t.Context(), s.person(auth.RoleMember)
		const most = attachment.MaxPerTask
		var want []uuid.UUID
		for range most - 4 {
			want = append(want, s.reserve(t, "x").ID)
		}
		var wg sync.WaitGroup
		results := make([]error, 12)
		for i := range results {
			wg.Go(func() { _, results[i] = s.svc.Reserve(ctx, p, s.task, draft("x")) })
		}
		wg.Wait()
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else {
				wantCode(t, err, apperr.Conflict)
			}
		}
		if made != 4 {
			t.Errorf("%d reservations beside %d, want 4", made, most-4)
		}
		var got []uuid.UUID
		for page := (attachment.Page{Limit: 30}); ; {
			items, next, err := s.svc.List(ctx, p, s.task, page)
			if err != nil {
				t.Fatal(err)
			}
			for _, a := range items {
				got = append(got, a.ID)
			}
			if page.After = next; next == nil {
				break
			}
		}
		if len(got) != most {
			t.Fatalf("%d attachments, want %d", len(got), most)
		}
		// One clock reading may give several: within it ids are in any order, but each is listed once.
		seen := map[uuid.UUID]bool{}
		for i, id := range got {
			if seen[id] = true; i > 0 && strings.Compare(got[i-1].String(), id.String()) >= 0 {
				t.Errorf("%s is listed before %s", got[i-1], id)
			}
		}
		for _, id := range want {
			if !seen[id] {
				t.Errorf("%s is not listed", id)
			}
		}
		if err := s.svc.Delete(ctx, p, got[0]); err != nil {
			t.Fatal(err)
		}
		s.reserve(t, "x") // what is deleted makes room
	})
}

// Confirmations at once: all succeed with one result, and one of them is recorded.
func TestAttachmentConfirmedAtOnce(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		a := s.reserve(t, "a plan")
		s.upload(t, a, "a plan")
		var wg sync.WaitGroup
		results := make([]attachment.Attachment, 8)
		for i := range results {
			wg.Go(func() {
				var err error
				if results[i], err = s.svc.Confirm(t.Context(), s.person(auth.RoleMember), a.ID); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for _, got := range results {
			if diff := cmp.Diff(results[0], got); diff != "" {
				t.Errorf("results differ:\n%s", diff)
			}
		}
		if got, want := s.actions(t), "attachment.reserved attachment.confirmed"; got != want {
			t.Errorf("activity %q, want %q", got, want)
		}
	})
}

// A repeated request gets the same reservation and an upload that ends when the first one did.
func TestAttachmentReservedOnce(t *testing.T) {
	t.Parallel()
	eachShelf(t, func(t *testing.T, s *shelf) {
		reserve := func() (attachment.Reservation, error) {
			ctx := idem.With(t.Context(), &idem.Request{Key: "again", Hash: [32]byte{1}})
			return s.svc.Reserve(ctx, s.person(auth.RoleMember), s.task, draft("a plan"))
		}
		first, err := reserve()
		if err != nil {
			t.Fatal(err)
		}
		s.clock.pass(10 * time.Minute)
		second, err := reserve()
		if diff := cmp.Diff(first, second); diff != "" || err != nil {
			t.Errorf("the replay differs: %v\n%s", err, diff)
		}
		s.clock.pass(5 * time.Minute)
		_, err = reserve()
		wantCode(t, err, apperr.Conflict)
		if n := store.TextForTest(t, s.db, `SELECT COUNT(*) FROM attachments`); n != "1" {
			t.Errorf("%s reservations", n)
		}
	})
}
