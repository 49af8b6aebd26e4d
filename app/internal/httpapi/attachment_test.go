package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/attachment"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/comment"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// desk is a served API whose workspace has one task, for what hangs on tasks.
type desk struct {
	url  string
	task uuid.UUID
}

// tokenOf lets the test's one member in with the token "member".
type tokenOf struct{ p auth.Principal }

func (a tokenOf) Authenticate(_ context.Context, bearer string) (auth.Principal, error) {
	if bearer != "member" {
		return auth.Principal{}, apperr.New(apperr.Unauthenticated, "No such token.")
	}
	return a.p, nil
}

func newDesk(t *testing.T) desk {
	t.Helper()
	address := testdb.URL(t, store.SQLite)
	db, err := store.Open(store.Options{URL: address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Migrate(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	at := now.UnixMicro()
	account, workspace, project, status, task := store.NewID(now), store.NewID(now), store.NewID(now), store.NewID(now), store.NewID(now)
	raw, err := sql.Open("sqlite", strings.Replace(address, "sqlite:", "file:", 1))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = raw.Close() }()
	for _, row := range []struct {
		text string
		args []any
	}{
		{`INSERT INTO accounts (id, email, email_fold, name, password_hash, created_at, updated_at, version) VALUES (?, 'a', 'a', 'Ada', '', ?, ?, 1)`, []any{account[:], at, at}},
		{`INSERT INTO workspaces (id, name, created_at, updated_at, version) VALUES (?, 'Acme', ?, ?, 1)`, []any{workspace[:], at, at}},
		{`INSERT INTO members (workspace_id, account_id, role, joined_at) VALUES (?, ?, 'member', ?)`, []any{workspace[:], account[:], at}},
		{`INSERT INTO projects (id, workspace_id, project_key, name, description, archived, created_at, updated_at, version)
			VALUES (?, ?, 'OPS', 'O', '', 0, ?, ?, 1)`, []any{project[:], workspace[:], at, at}},
		{`INSERT INTO statuses (id, project_id, name, name_fold, category, position, created_at, updated_at, version) VALUES (?, ?, 'x', 'x', 1, 1, ?, ?, 1)`, []any{status[:], project[:], at, at}},
		{`INSERT INTO tasks (id, workspace_id, project_id, number, title, description, status_id, category, priority, due_date, position, author_id,
			created_at, updated_at, version) VALUES (?, ?, ?, 1, 't', '', ?, 1, 0, '9999-12-31', 1, ?, ?, ?, 1)`, []any{task[:], workspace[:], project[:], status[:], account[:], at, at}},
		{`INSERT INTO task_search (task_id, workspace_id, project_id, doc) VALUES (?, ?, ?, '')`, []any{task[:], workspace[:], project[:]}},
	} {
		if _, err := raw.ExecContext(t.Context(), row.text, row.args...); err != nil {
			t.Fatal(err)
		}
	}
	server := httpapi.New(httpapi.Options{})
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	disk, err := blob.OpenDisk(t.TempDir(), blob.Options{SigningKey: make([]byte, 32), BaseURL: listener.URL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = disk.Close() })
	server.Open(httpapi.Live{
		Services: httpapi.Services{
			Comments: comment.NewService(store.NewComments(db)),
			Attachments: attachment.NewService(store.NewAttachments(db), httpapi.AttachmentBlobs{Store: disk},
				attachment.Limits{MaxSize: 1 << 20, Types: []string{"text/*"}}, nil),
		},
		Authenticator: tokenOf{auth.Principal{AccountID: account, Name: "Ada", Scopes: []auth.Scope{auth.ScopeWrite}}},
		CursorKey:     make([]byte, 32),
		Blobs:         disk,
	})
	return desk{url: listener.URL, task: task}
}

// send makes a request to a path of the API, or to a whole URL without the token, and follows no redirect.
func (d desk) send(t *testing.T, method, target, body string, header map[string]string) (*http.Response, []byte) {
	t.Helper()
	target, signed := strings.CutPrefix(target, "signed:")
	if !signed {
		target = d.url + target
	}
	r, err := http.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if !signed {
		r.Header.Set("Authorization", "Bearer member")
		if body != "" {
			r.Header.Set("Content-Type", "application/json")
		}
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	return res, got
}

func (d desk) want(t *testing.T, status int, method, path, body string, header map[string]string, out any) http.Header {
	t.Helper()
	res, got := d.send(t, method, path, body, header)
	if res.StatusCode != status {
		t.Fatalf("%s %s: %d %s, want %d", method, path, res.StatusCode, got, status)
	}
	if out != nil {
		dec := json.NewDecoder(bytes.NewReader(got))
		dec.DisallowUnknownFields()
		if err := dec.Decode(out); err != nil {
			t.Fatalf("%s %s: %v in %s", method, path, err, got)
		}
	}
	return res.Header
}

// An attachment from its reservation to its removal, the bytes by way of the signed URLs.
func TestAttachmentOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const content = "the plan"
	sum := attachment.Sum(sha256.Sum256([]byte(content))).String()
	list := "/v1/tasks/" + d.task.String() + "/attachments"
	body := `{"filename":"plän.txt","content_type":"text/plain","size":8,"sha256":"` + sum + `"}`
	var reserved api.AttachmentReserved
	h := d.want(t, 201, "POST", list, body, nil, &reserved)
	path := "/v1/attachments/" + reserved.Attachment.ID.String()
	if h.Get("Location") != path || h.Get("Etag") != "" || h.Get("Cache-Control") != "no-store" {
		t.Errorf("headers %v", h)
	}
	if a := reserved.Attachment; a.State != "reserved" || a.SHA256 != sum || a.Author.Name != "Ada" || a.ConfirmedAt != nil || a.TaskID != d.task {
		t.Errorf("reserved %+v", a)
	}
	d.want(t, 409, "POST", path+"/confirm", "", nil, nil)
	d.want(t, 409, "GET", path+"/download", "", nil, nil)
	up := reserved.Upload
	if up.Fields == nil || len(up.Fields) != 0 {
		t.Errorf("fields %v", up.Fields)
	}
	d.want(t, 422, up.Method, "signed:"+up.URL, "the plot", up.Headers, nil)
	d.want(t, 204, up.Method, "signed:"+up.URL, content, up.Headers, nil)

	var ready, again api.Attachment
	d.want(t, 200, "POST", path+"/confirm", "", nil, &ready)
	d.want(t, 200, "POST", path+"/confirm", "", map[string]string{"Idempotency-Key": "k"}, &again)
	if ready.State != "ready" || ready.ConfirmedAt == nil || !again.ConfirmedAt.Equal(*ready.ConfirmedAt) {
		t.Errorf("ready %+v, again %+v", ready, again)
	}
	link := d.want(t, 302, "GET", path+"/download", "", map[string]string{"Accept": "text/html"}, nil).Get("Location")
	res, got := d.send(t, "GET", "signed:"+link, "", nil)
	if string(got) != content || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment;") {
		t.Errorf("downloaded %q with %v", got, res.Header)
	}
	var page api.AttachmentPage
	d.want(t, 200, "GET", list, "", nil, &page)
	if len(page.Items) != 1 || page.NextCursor != nil {
		t.Errorf("list %+v", page)
	}
	d.want(t, 204, "DELETE", path, "", nil, nil)
	d.want(t, 404, "GET", path, "", nil, nil)
	d.want(t, 422, "POST", list, strings.Replace(body, "text/plain", "image/png", 1), nil, nil)
	d.want(t, 400, "GET", list+"?limit=101", "", nil, nil)
}

func TestCommentsOverHTTP(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	list := "/v1/tasks/" + d.task.String() + "/comments"
	var c api.Comment
	h := d.want(t, 201, "POST", list, `{"body":"Done in **staging**."}`, map[string]string{"Idempotency-Key": "once"}, &c)
	path := "/v1/comments/" + c.ID.String()
	if h.Get("Location") != path || !strings.HasPrefix(h.Get("Etag"), `"1-`) || c.Edited || c.Author.Name != "Ada" {
		t.Errorf("%v %+v", h, c)
	}
	if h := d.want(t, 201, "POST", list, `{"body":"Done in **staging**."}`, map[string]string{"Idempotency-Key": "once"}, nil); h.Get("Idempotency-Replayed") != "true" {
		t.Errorf("not replayed: %v", h)
	}
	d.want(t, 304, "GET", path, "", map[string]string{"If-None-Match": h.Get("Etag")}, nil)
	d.want(t, 200, "PATCH", path, `{"body":"Done everywhere."}`, map[string]string{"If-Match": h.Get("Etag"), "Content-Type": "application/merge-patch+json"}, &c)
	if !c.Edited || c.Version != 2 {
		t.Errorf("edited %+v", c)
	}
	d.want(t, 412, "PATCH", path, `{"body":"Late."}`, map[string]string{"If-Match": h.Get("Etag")}, nil)
	d.want(t, 400, "PATCH", path, `{"body":null}`, nil, nil)
	d.want(t, 200, "PATCH", path, `{}`, nil, nil)
	d.want(t, 422, "POST", list, `{"body":""}`, nil, nil)

	d.want(t, 201, "POST", list, `{"body":"second"}`, nil, nil)
	var page api.CommentPage
	d.want(t, 200, "GET", list+"?limit=1", "", nil, &page)
	if len(page.Items) != 1 || page.Items[0].ID != c.ID || page.NextCursor == nil {
		t.Fatalf("first page %+v", page)
	}
	d.want(t, 200, "GET", list+"?limit=1&cursor="+*page.NextCursor, "", nil, &page)
	if len(page.Items) != 1 || page.Items[0].Body != "second" || page.NextCursor != nil {
		t.Errorf("second page %+v", page)
	}
	var history api.CommentRevisionPage
	d.want(t, 200, "GET", path+"/history", "", nil, &history)
	if len(history.Items) != 2 || history.Items[0].Body != "Done in **staging**." || history.Items[1].Version != 2 {
		t.Errorf("history %+v", history)
	}
	d.want(t, 412, "DELETE", path, "", map[string]string{"If-Match": h.Get("Etag")}, nil)
	d.want(t, 204, "DELETE", path, "", nil, nil)
	d.want(t, 404, "GET", path, "", nil, nil)
	d.want(t, 404, "GET", path+"/history", "", nil, nil)
}
