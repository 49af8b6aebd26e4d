package httpapi_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/httpapi"
	"github.com/task-tracker/task-tracker/app/internal/seed"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// pausingBlobs holds one file's bytes under every key, and takes its time before each.
type pausingBlobs struct {
	pause time.Duration
	data  []byte
	fail  error // of the second Get
	gets  int
}

func (b *pausingBlobs) Get(context.Context, string) (io.ReadCloser, error) {
	time.Sleep(b.pause)
	if b.gets++; b.gets > 1 && b.fail != nil {
		return nil, b.fail
	}
	return io.NopCloser(bytes.NewReader(b.data)), nil
}

func (b *pausingBlobs) Put(_ context.Context, _, _ string, _ int64, r io.Reader) error {
	time.Sleep(b.pause)
	_, err := io.Copy(io.Discard, r)
	return err
}

func (b *pausingBlobs) Delete(context.Context, string) error { return nil }

// transferDesk serves exports and imports with time-outs that every test outlives.
type transferDesk struct {
	url       string
	workspace uuid.UUID
	owner     auth.Principal // of the workspace
	file      []byte         // the workspace, with two attachments
	blobs     *pausingBlobs
	db        *store.DB
}

const shortTimeout = 300 * time.Millisecond

func newTransferDesk(t *testing.T, who func(owner auth.Principal) auth.Principal) *transferDesk {
	t.Helper()
	d := &transferDesk{blobs: &pausingBlobs{data: bytes.Repeat([]byte("0123456789abcdef"), 8<<10)}}
	first := store.NewTransfers(testdb.Open(t, store.SQLite, store.Options{}))
	sum, err := seed.Run(t.Context(), first, seed.Options{Projects: 1, Tasks: 20, Seed: 3, Workspace: "Acme", OwnerEmail: "ada@example.com"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d.workspace = sum.WorkspaceID
	var out bytes.Buffer
	w, err := transfer.NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	added := 0
	err = first.Export(t.Context(), sum.WorkspaceID, false, func(r transfer.Record) error {
		if m, ok := r.(*transfer.Member); ok && m.Role == "owner" {
			d.owner = auth.Principal{AccountID: m.AccountID, Scopes: auth.Scopes(), InstanceOwner: true}
		}
		if err := w.Write(r); err != nil {
			return err
		}
		task, ok := r.(*transfer.Task)
		if !ok || added == 2 {
			return nil
		}
		added++
		return d.attach(w, task)
	})
	if err := errors.Join(err, w.Close()); err != nil {
		t.Fatal(err)
	}
	d.file = out.Bytes()

	server := httpapi.New(httpapi.Options{MaxImport: int64(len(d.file)) + 100})
	d.db = testdb.Open(t, store.SQLite, store.Options{})
	server.Open(httpapi.Live{
		Services:      httpapi.Services{Transfers: transfer.NewService(store.NewTransfers(d.db), d.blobs)},
		Authenticator: tokenOf{who(d.owner)}, CursorKey: make([]byte, 32),
	})
	listener := httptest.NewUnstartedServer(server)
	listener.Config.ReadTimeout, listener.Config.WriteTimeout = shortTimeout, shortTimeout
	listener.Start()
	t.Cleanup(listener.Close)
	d.url = listener.URL
	return d
}

func (d *transferDesk) attach(w *transfer.Writer, task *transfer.Task) error {
	sum, id := sha256.Sum256(d.blobs.data), uuid.New()
	return errors.Join(w.Write(&transfer.Attachment{
		ID: id, TaskID: task.ID, AuthorID: task.AuthorID, Filename: "a.txt", ContentType: "text/plain", Size: int64(len(d.blobs.data)), SHA256: hex.EncodeToString(sum[:]),
		CreatedAt: task.CreatedAt, ChangedAt: task.CreatedAt,
	}), w.Write(&transfer.Data{AttachmentID: id, Data: d.blobs.data}))
}

// do sends a request and reads the answer to its end.
func (d *transferDesk) do(t *testing.T, method, path string, body io.Reader) (*http.Response, []byte, error) {
	t.Helper()
	return d.doWithKey(t, method, path, "", body)
}

func (d *transferDesk) doWithKey(t *testing.T, method, path, key string, body io.Reader) (*http.Response, []byte, error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, d.url+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer member")
	if body != nil {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, nil, err
	}
	data, err := io.ReadAll(resp.Body)
	return resp, data, errors.Join(err, resp.Body.Close())
}

// dripping yields a file in pieces with pauses between them.
type dripping struct {
	rest  []byte
	piece int
	pause time.Duration
}

func (d *dripping) Read(p []byte) (int, error) {
	if len(d.rest) == 0 {
		return 0, io.EOF
	}
	time.Sleep(d.pause)
	n := copy(p, d.rest[:min(d.piece, len(d.rest))])
	d.rest = d.rest[n:]
	return n, nil
}

func same(p auth.Principal) auth.Principal { return p }

func TestTransferOverHTTP(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, same)
	resp, body, err := d.do(t, "POST", "/v1/workspaces/import?dry_run=true", bytes.NewReader(d.file))
	var report api.ImportReport
	if err != nil || resp.StatusCode != 200 || json.Unmarshal(body, &report) != nil || !report.DryRun || report.Counts["task"] != 20 {
		t.Fatalf("dry run: %v %s %v", resp, body, err)
	}
	// Slower than the server's time-outs, in sending and in storing, with the accounts made by the import itself.
	d.blobs.pause = 2 * shortTimeout
	resp, body, err = d.do(t, "POST", "/v1/workspaces/import", &dripping{d.file, len(d.file)/4 + 1, shortTimeout / 2})
	if err != nil || resp.StatusCode != 201 || resp.Header.Get("Location") != "/v1/workspaces/"+d.workspace.String() || json.Unmarshal(body, &report) != nil || report.DryRun {
		t.Fatalf("import: %v %s %v", resp, body, err)
	}
	resp, body, err = d.do(t, "GET", "/v1/workspaces/"+d.workspace.String()+"/export", nil)
	if err != nil || resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "application/x-ndjson" || !bytes.Equal(body, d.file) {
		t.Fatalf("export: %v, %d bytes of %d, %v", resp, len(body), len(d.file), err)
	}
	d.blobs.pause = 0
	if resp, body, err = d.do(t, "POST", "/v1/workspaces/import", bytes.NewReader(d.file)); err != nil || resp.StatusCode != 409 || !strings.Contains(string(body), "already_exists") {
		t.Errorf("again: %v %s %v", resp, body, err)
	}
	if resp, body, err = d.do(t, "GET", "/v1/workspaces/"+uuid.NewString()+"/export", nil); err != nil || resp.StatusCode != 404 {
		t.Errorf("no such workspace: %v %s %v", resp, body, err)
	}
	// What fails when a part is out already must not look like the whole.
	d.blobs.gets, d.blobs.fail = 0, errors.New("the disk is gone")
	if _, body, err = d.do(t, "GET", "/v1/workspaces/"+d.workspace.String()+"/export", nil); err == nil || bytes.Contains(body, []byte("trailer")) {
		t.Errorf("a broken export looks whole: %d bytes, %v", len(body), err)
	}
}

func TestAnImportCanBeRepeatedUnderItsKey(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, same)
	resp, body, err := d.doWithKey(t, "POST", "/v1/workspaces/import", "once", bytes.NewReader(d.file[:len(d.file)/2]))
	if err != nil || resp.StatusCode != 422 {
		t.Fatalf("half a file: %v %s %v", resp, body, err)
	}
	resp, first, err := d.doWithKey(t, "POST", "/v1/workspaces/import", "once", bytes.NewReader(d.file))
	if err != nil || resp.StatusCode != 201 || resp.Header.Get("Idempotency-Replayed") != "" {
		t.Fatalf("the first: %v %s %v", resp, first, err)
	}
	resp, body, err = d.doWithKey(t, "POST", "/v1/workspaces/import", "once", bytes.NewReader(d.file))
	if err != nil || resp.StatusCode != 201 || !bytes.Equal(first, body) || resp.Header.Get("Idempotency-Replayed") != "true" {
		t.Errorf("the same again: %v %s %v", resp, body, err)
	}
	resp, body, err = d.doWithKey(t, "POST", "/v1/workspaces/import", "once", bytes.NewReader(append(bytes.Clone(d.file), '\n')))
	if err != nil || resp.StatusCode != 422 || !strings.Contains(string(body), "idempotency_key_reused") {
		t.Errorf("another file: %v %s %v", resp, body, err)
	}
	resp, body, err = d.doWithKey(t, "POST", "/v1/workspaces/import", "twice", bytes.NewReader(d.file))
	if err != nil || resp.StatusCode != 409 || !strings.Contains(string(body), "already_exists") {
		t.Errorf("another key: %v %s %v", resp, body, err)
	}
}

// TestImportsUnderOneKeyAtOnce begins the second while the first is storing bytes.
func TestImportsUnderOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, same)
	d.blobs.pause = shortTimeout
	type answer struct {
		status   int
		replayed string
		body     string
	}
	answers := make(chan answer, 2)
	for range 2 {
		go func() {
			resp, body, err := d.doWithKey(t, "POST", "/v1/workspaces/import", "once", bytes.NewReader(d.file))
			if err != nil {
				answers <- answer{body: err.Error()}
				return
			}
			answers <- answer{resp.StatusCode, resp.Header.Get("Idempotency-Replayed"), string(body)}
		}()
	}
	one, two := <-answers, <-answers
	if one.status != 201 || two.status != 201 || one.replayed+two.replayed != "true" || one.body != two.body {
		t.Errorf("%+v\n%+v", one, two)
	}
}

// TestAnUploadHoldsNoWriter writes to the database while a client takes its time to send a file.
func TestAnUploadHoldsNoWriter(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, same)
	rest, upload := io.Pipe()
	done := make(chan int, 1)
	go func() {
		resp, _, err := d.do(t, "POST", "/v1/workspaces/import", rest)
		if err != nil {
			t.Error(err)
			done <- 0
			return
		}
		done <- resp.StatusCode
	}()
	if _, err := upload.Write(d.file[:len(d.file)/2]); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*shortTimeout)
	defer cancel()
	for range 3 { // whatever part of the body the server has read by now
		time.Sleep(shortTimeout / 3)
		if err := store.NewTransfers(d.db).Load(ctx, false, func(context.Context, transfer.Sink) error { return nil }); err != nil {
			t.Fatalf("a write during the upload: %v", err)
		}
	}
	if _, err := upload.Write(d.file[len(d.file)/2:]); err != nil {
		t.Fatal(err)
	}
	if err := upload.Close(); err != nil {
		t.Fatal(err)
	}
	if status := <-done; status != 201 {
		t.Errorf("the import: %d", status)
	}
}

func TestBadImportsOverHTTP(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, same)
	line := func(n int, from, to string) []byte {
		lines := bytes.SplitAfter(bytes.Clone(d.file), []byte("\n"))
		lines[n-1] = bytes.Replace(lines[n-1], []byte(from), []byte(to), 1)
		return bytes.Join(lines, nil)
	}
	for name, c := range map[string]struct {
		body   []byte
		status int
		says   string
	}{
		"empty":     {nil, 422, "line 1"},
		"cut off":   {d.file[:len(d.file)/2], 422, "cut off"},
		"altered":   {line(2, "Acme", "Acne"), 422, "sha256"},
		"bad name":  {line(2, `"Acme"`, `""`), 422, "line 2: workspace: name"},
		"too large": {append(bytes.Clone(d.file), make([]byte, 200)...), 413, "body_too_large"},
		"no NDJSON": {[]byte("<html>\n"), 422, "line 1"},
	} {
		resp, body, err := d.do(t, "POST", "/v1/workspaces/import", bytes.NewReader(c.body))
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.says) || resp.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %v %s %v", name, resp, body, err)
		}
	}
	// A client that goes away in the middle leaves nothing.
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/v1/workspaces/import", &dripping{d.file, len(d.file)/2 + 1, shortTimeout})
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-ndjson")
	req.Header.Set("Authorization", "Bearer member")
	time.AfterFunc(shortTimeout*3/2, cancel)
	if resp, err := http.DefaultClient.Do(req); err == nil {
		_ = resp.Body.Close()
		t.Error("the request was not cut off")
	}
	if resp, body, err := d.do(t, "POST", "/v1/workspaces/import", bytes.NewReader(d.file)); err != nil || resp.StatusCode != 201 {
		t.Errorf("after all that: %v %s %v", resp, body, err)
	}
}

func TestOnlyTheInstanceOwnerImports(t *testing.T) {
	t.Parallel()
	d := newTransferDesk(t, func(p auth.Principal) auth.Principal { p.InstanceOwner = false; return p })
	if resp, body, err := d.do(t, "POST", "/v1/workspaces/import", bytes.NewReader(d.file)); err != nil || resp.StatusCode != 403 || !strings.Contains(string(body), `"forbidden"`) {
		t.Errorf("%v %s %v", resp, body, err)
	}
}
