package transfer_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/seed"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// operator may do all that the command line may.
func operator() auth.Principal { return auth.Principal{InstanceOwner: true, Scopes: auth.Scopes()} }

// bundle is an instance: a database, a blob store and the service on them.
type bundle struct {
	db    *store.DB
	peek  *sql.DB
	disk  string // the folder of blobs
	blobs *blob.Disk
	store *store.Transfers
	svc   *transfer.Service
}

func setup(t *testing.T, engine store.Engine) *bundle {
	t.Helper()
	address := testdb.URL(t, engine)
	db, err := store.Open(store.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := db.Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	disk := t.TempDir()
	blobs, err := blob.OpenDisk(disk, blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := blobs.Close(); err != nil {
			t.Error(err)
		}
	})
	s := store.NewTransfers(db)
	return &bundle{db: db, peek: peek(t, engine, address), disk: disk, blobs: blobs, store: s, svc: transfer.NewService(s, blobs)}
}

// stored counts the blobs.
func (b *bundle) stored(t *testing.T) (n int) {
	t.Helper()
	err := filepath.WalkDir(b.disk, func(_ string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			n++
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// each runs a test on an instance of each engine.
func each(t *testing.T, fn func(t *testing.T, b *bundle)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			fn(t, setup(t, engine))
		})
	}
}

func (b *bundle) export(t *testing.T, workspace uuid.UUID) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := b.svc.Dump(t.Context(), workspace, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func (b *bundle) mustImport(t *testing.T, file []byte) transfer.Summary {
	t.Helper()
	sum, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(file), false)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

// records reads a file into records.
func records(t *testing.T, file []byte) []transfer.Record {
	t.Helper()
	var out []transfer.Record
	r := transfer.NewReader(bytes.NewReader(file))
	for {
		rec, err := r.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, rec)
	}
}

// encode is the reverse of records, with a true trailer.
func encode(t *testing.T, recs []transfer.Record) []byte {
	t.Helper()
	var out bytes.Buffer
	w, err := transfer.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// everything is an export that has every type of line, with the awkward values of each.
func everything(t *testing.T) []byte {
	t.Helper()
	b := setup(t, store.SQLite)
	sum, err := seed.Run(t.Context(), b.store, seed.Options{Projects: 3, Tasks: 260, Comments: 500, Seed: 7, Workspace: "Überall & <so>", OwnerEmail: "olga@example.com"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	in := records(t, b.export(t, sum.WorkspaceID))
	var out []transfer.Record
	var tasks []*transfer.Task
	var tail []transfer.Record
	var projects []*transfer.Project
	attachments := 0
	for _, r := range in {
		if _, ok := r.(*transfer.Activity); ok {
			tail = append(tail, r)
			continue
		}
		out = append(out, r)
		switch r := r.(type) {
		case *transfer.Project:
			projects = append(projects, r)
		case *transfer.Task:
			tasks = append(tasks, r)
			out = append(out, formerNumbers(r, projects, len(tasks))...)
			out = append(out, checklist(r, len(tasks))...)
			r.Description += "\n\t\"quoted\" \\ \u2028 <b>&amp;</b> 日本語 🦉 ' ? %s \x01"
		case *transfer.Comment:
			if len(out)%7 == 0 {
				r.Edited, r.Version = true, 3
				for v := range int64(2) {
					out = append(out, &transfer.Revision{CommentID: r.ID, Version: v + 1, Body: "earlier " + r.Body, EditedBy: r.AuthorID, CreatedAt: r.CreatedAt})
				}
			}
			if len(out)%11 == 0 && attachments < 6 {
				attachments++
				out = append(out, attachment(r.TaskID, r.AuthorID, r.CreatedAt, attachments)...)
			}
		}
	}
	for i := 0; i+2 < 60; i += 3 {
		a, c := tasks[i], tasks[i+1]
		for j, kind := range []string{"blocks", "relates_to", "duplicates"} {
			out = append(out, &transfer.Relation{
				ID: store.NewID(a.CreatedAt.Add(time.Duration(i*10+j) * time.Hour)), Relation: kind, FromTask: a.ID, ToTask: c.ID, CreatedBy: a.AuthorID, CreatedAt: a.CreatedAt,
			})
		}
	}
	gone, token := uuid.New(), uuid.New()
	tail = append(tail, &transfer.Activity{
		ID: store.NewID(time.Now()), ActorID: tasks[0].AuthorID, TaskID: &gone, TokenID: &token, TokenName: "ci", Action: "task.deleted", EntityType: "task", EntityID: gone,
		Changes: []byte(`[{"field":"title","from":"a \u003c b","to":null},{"field":"estimate","from":3,"to":1.50}]`), CreatedAt: time.Now().UTC().Truncate(time.Microsecond),
	})
	return encode(t, append(out, tail...))
}

// formerNumbers gives some tasks the next numbers of other projects.
func formerNumbers(v *transfer.Task, projects []*transfer.Project, n int) (out []transfer.Record) {
	for i, p := range projects {
		if p.ID != v.ProjectID && n%(4+i) == 0 && n < 260 { // nothing stands below the last task: a test gives it another id
			p.LastNumber++
			out = append(out, &transfer.Number{TaskID: v.ID, ProjectID: p.ID, Number: p.LastNumber, CreatedAt: v.UpdatedAt})
		}
	}
	return out
}

// checklist gives some tasks items, none to the largest number, one in three of them done.
func checklist(v *transfer.Task, n int) (out []transfer.Record) {
	if n%5 != 0 || n == 260 {
		return nil
	}
	for i := range (n * 7) % 101 {
		v.Checklist.Total++
		v.Checklist.Done += 1 - min(i%3, 1)
		out = append(out, &transfer.ChecklistItem{
			ID: store.NewID(v.CreatedAt.Add(time.Duration(i) * time.Millisecond)), TaskID: v.ID, Text: fmt.Sprintf("step %d: Größe 日本 <b>'%%s'", i), Done: i%3 == 0,
			Position: int64(50-i) << 20, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt, Version: int64(i + 1),
		})
	}
	return out
}

// attachment is the nth; the first has bytes that take three lines.
func attachment(taskID, author uuid.UUID, at time.Time, n int) []transfer.Record {
	data := bytes.Repeat([]byte(fmt.Sprintf("%07d\n", n)), 100)
	if n == 1 {
		data = bytes.Repeat(data, 2*transfer.ChunkSize/len(data)+1)
	}
	sum := sha256.Sum256(data)
	id := store.NewID(at)
	out := []transfer.Record{&transfer.Attachment{
		ID: id, TaskID: taskID, AuthorID: author, Filename: "plan für ü.txt", ContentType: "text/plain; charset=utf-8", Size: int64(len(data)), SHA256: hex.EncodeToString(sum[:]),
		CreatedAt: at, ConfirmedAt: &at, ChangedAt: at,
	}}
	for len(data) > 0 {
		k := min(len(data), transfer.ChunkSize)
		out = append(out, &transfer.Data{AttachmentID: id, Data: data[:k]})
		data = data[k:]
	}
	return out
}

func TestThereAndBackIsLossless(t *testing.T) {
	t.Parallel()
	file := everything(t)
	first := setup(t, store.SQLite)
	id := first.mustImport(t, file).WorkspaceID
	want := first.export(t, id)

	second := setup(t, store.MySQL)
	sum := second.mustImport(t, want)
	if sum.AccountsMatched != 0 || sum.AccountsCreated != 30 || sum.Counts["task"] != 260 || sum.Counts["attachment"] == 0 || sum.Counts["comment_revision"] == 0 ||
		sum.Counts["task_number"] == 0 || sum.Counts["checklist_item"] == 0 {
		t.Errorf("summary: %+v", sum)
	}
	middle := second.export(t, id)
	third := setup(t, store.SQLite)
	third.mustImport(t, middle)
	last := third.export(t, id)
	if !bytes.Equal(want, middle) || !bytes.Equal(want, last) {
		t.Fatalf("exports differ: SQLite %d bytes, MySQL %d, SQLite %d: %s", len(want), len(middle), len(last), firstDifference(want, middle))
	}
	// Nor did the first import lose anything of the file that was written by hand; only lines may stand elsewhere.
	if diff := cmp.Diff(sortedLines(file), sortedLines(want)); diff != "" {
		t.Errorf("file and export differ:\n%s", diff)
	}
	for _, table := range []string{"tasks", "task_assignees", "task_labels", "task_numbers", "checklist_items", "task_search", "comments", "comment_revisions", "attachments", "relations", "activity", "project_counters"} {
		if a, b := first.rows(t, table), second.rows(t, table); a != b || a == "" {
			t.Errorf("%s differs between the engines", table)
		}
	}
}

// TestFilesWithoutChecklists sees to it that a workspace without checklists and moved tasks is exported as before there were
// any, so that files from then are read.
func TestFilesWithoutChecklists(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b *bundle) {
		sum, err := seed.Run(t.Context(), b.store, seed.Options{Projects: 1, Tasks: 3, Seed: 1, Workspace: "Acme", OwnerEmail: "ada@example.com"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if file := b.export(t, sum.WorkspaceID); bytes.Contains(file, []byte("checklist")) || bytes.Contains(file, []byte("task_number")) {
			t.Errorf("%s", file)
		}
	})
}

func firstDifference(a, b []byte) string {
	la, lb := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(la), len(lb)) {
		if la[i] != lb[i] {
			return fmt.Sprintf("line %d:\n%.2000s\n%.2000s", i+1, la[i], lb[i])
		}
	}
	return "one is longer"
}

func sortedLines(file []byte) map[string]int {
	out := map[string]int{}
	for line := range strings.Lines(string(file)) {
		if !strings.HasPrefix(line, `{"type":"trailer"`) {
			out[line]++
		}
	}
	return out
}

func TestImportRefusesWhatIsThere(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		id := b.mustImport(t, file).WorkspaceID
		before := b.export(t, id)
		_, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(file), false)
		if !apperr.Is(err, apperr.AlreadyExists) {
			t.Fatalf("second import: %v", err)
		}
		// Under a new workspace id the tasks are still somebody else's.
		hijack := records(t, file)
		for _, r := range hijack {
			switch r := r.(type) {
			case *transfer.Workspace:
				r.ID = uuid.New()
			case *transfer.Project:
				r.Key = "X" + r.Key
			}
		}
		if _, err = b.svc.Import(t.Context(), operator(), bytes.NewReader(encode(t, hijack)), false); !apperr.Is(err, apperr.AlreadyExists) && !apperr.Is(err, apperr.ValidationFailed) {
			t.Fatalf("hijack: %v", err)
		}
		if !bytes.Equal(before, b.export(t, id)) { // bytes of attachments included: none were removed
			t.Error("the refused imports changed the workspace")
		}
	})
}

func TestDryRunAndAuthorisation(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		sum, err := b.svc.Import(t.Context(), operator(), bytes.NewReader(file), true)
		if err != nil || !sum.DryRun || sum.Counts["task"] != 260 {
			t.Fatalf("dry run: %+v, %v", sum, err)
		}
		if got := b.rows(t, "accounts") + b.rows(t, "workspaces"); got != "" {
			t.Errorf("the dry run left rows: %s", got)
		}
		if _, err := b.svc.Dump(t.Context(), sum.WorkspaceID, io.Discard); !apperr.Is(err, apperr.NotFound) {
			t.Errorf("export of nothing: %v", err)
		}
		for _, p := range []auth.Principal{{Scopes: auth.Scopes()}, {InstanceOwner: true, Scopes: []auth.Scope{auth.ScopeWrite}}} {
			if _, err := b.svc.Import(t.Context(), p, bytes.NewReader(file), true); !apperr.Is(err, apperr.Forbidden) && !apperr.Is(err, apperr.InsufficientScope) {
				t.Errorf("import by %+v: %v", p, err)
			}
		}
		id := b.mustImport(t, file).WorkspaceID
		for _, r := range records(t, file) {
			m, ok := r.(*transfer.Member)
			if !ok {
				continue
			}
			_, err := b.svc.Export(t.Context(), auth.Principal{AccountID: m.AccountID, Scopes: auth.Scopes()}, id, false, io.Discard)
			if may := m.Role == "owner" || m.Role == "admin"; may && err != nil || !may && !apperr.Is(err, apperr.Forbidden) {
				t.Errorf("export by %s: %v", m.Role, err)
			}
		}
		if _, err := b.svc.Export(t.Context(), auth.Principal{AccountID: uuid.New(), Scopes: auth.Scopes()}, id, false, io.Discard); !apperr.Is(err, apperr.NotFound) {
			t.Errorf("export by a stranger: %v", err)
		}
	})
}

func TestAccountsAreMatchedByEmail(t *testing.T) {
	t.Parallel()
	file := everything(t)
	each(t, func(t *testing.T, b *bundle) {
		// Here Olga has another id, and Olga's id is somebody else's.
		var olga uuid.UUID
		for _, r := range records(t, file) {
			if a, ok := r.(*transfer.Account); ok && a.Email == "olga@example.com" {
				olga = a.ID
			}
		}
		here := uuid.New()
		err := b.store.Load(t.Context(), false, func(ctx context.Context, s transfer.Sink) error {
			_, made, err := s.Accounts(ctx, []transfer.Account{
				{ID: here, Email: "Olga@Example.com", Name: "Olga", CreatedAt: time.Now(), UpdatedAt: time.Now(), Version: 1},
				{ID: olga, Email: "other@example.com", Name: "Other", CreatedAt: time.Now(), UpdatedAt: time.Now(), Version: 1},
			})
			return errors.Join(err, s.Flush(ctx), map[bool]error{false: errors.New("not both were made")}[made == 2])
		})
		if err != nil {
			t.Fatal(err)
		}
		sum := b.mustImport(t, file)
		if sum.AccountsMatched != 1 || sum.AccountsCreated != 29 {
			t.Errorf("summary: %+v", sum)
		}
		got := b.export(t, sum.WorkspaceID)
		if want := bytes.ReplaceAll(file, []byte(olga.String()), []byte(here.String())); bytes.Contains(got, []byte(olga.String())) || len(got) != len(b.export(t, sum.WorkspaceID)) || len(want) == 0 {
			t.Error("the file's id of an account that has another one here is still in use")
		}
	})
}
