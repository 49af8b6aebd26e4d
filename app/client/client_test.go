package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

var (
	workspaceID = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a02")
	projectID   = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a03")
	taskID      = uuid.MustParse("01988c5e-7a3b-7c21-9f00-5b6c8e1d2a06")
)

// testBundle is a server that answers from a script and notes what it was asked.
type testBundle struct {
	*Client
	server *httptest.Server

	mu     sync.Mutex
	seen   []seen
	pauses []time.Duration
}

type seen struct {
	method, uri, body string
	header            http.Header
}

// setup starts a server that gives the answers in turn, the last one again and again; pauses take no time.
func setup(t *testing.T, answers ...http.HandlerFunc) *testBundle {
	t.Helper()
	b := &testBundle{}
	b.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		b.mu.Lock()
		n := min(len(b.seen), len(answers)-1)
		b.seen = append(b.seen, seen{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone()})
		b.mu.Unlock()
		answers[n](w, r)
	}))
	t.Cleanup(b.server.Close)
	c, err := New(b.server.URL, "tt_secret")
	if err != nil {
		t.Fatal(err)
	}
	for _, doer := range []any{c.raw.Client, c.stream.Client} {
		doer.(*retrier).sleep = func(ctx context.Context, d time.Duration) error {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.pauses = append(b.pauses, d)
			return ctx.Err()
		}
	}
	b.Client = c
	return b
}

func answer(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

// cut breaks the connection: before the answer, or after half of it.
func cut(half string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if half != "" {
			w.Header().Set("Content-Length", fmt.Sprint(2*len(half)))
			_, _ = io.WriteString(w, half)
			_ = http.NewResponseController(w).Flush()
		}
		panic(http.ErrAbortHandler)
	}
}

func problem(status int, code string, header ...string) http.HandlerFunc {
	body := fmt.Sprintf(`{"type":"/problems/%s","title":"T","status":%d,"detail":"D","code":%q,"request_id":"r1"}`, code, status, code)
	return answer(status, body, append(header, "Content-Type", "application/problem+json")...)
}

func task(title string) string {
	return `{"id":"` + taskID.String() + `","title":"` + title + `","version":3,"parent_id":null}`
}

func TestNewRefusesABadAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "tasks.example.com", "ftp://x", "http://", "://"} {
		if _, err := New(address, ""); err == nil {
			t.Errorf("New(%q) succeeds", address)
		}
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(200, task("Rotate"), "ETag", `"3-00000000"`, "X-Request-Id", "r7"))
	var m Meta
	got, err := b.UpdateTask(t.Context(), taskID, TaskPatch{
		Title:    new("Rotate"),
		DueDate:  Null[string](),
		Estimate: Set[int64](5),
	}, IfVersion(2), WithMeta(&m))
	if err != nil {
		t.Fatal(err)
	}
	if got.Title != "Rotate" || got.Version != 3 || got.ParentID != nil {
		t.Errorf("task = %+v", got)
	}
	if want := (Meta{Status: 200, ETag: `"3-00000000"`, RequestID: "r7"}); m != want {
		t.Errorf("meta = %+v, want %+v", m, want)
	}
	r := b.seen[0]
	if r.method != "PATCH" || r.uri != "/v1/tasks/"+taskID.String() {
		t.Errorf("sent %s %s", r.method, r.uri)
	}
	for name, want := range map[string]string{"Authorization": "Bearer tt_secret", "If-Match": `"2"`, "Idempotency-Key": ""} {
		if got := r.header.Get(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	var body map[string]any
	if err := json.Unmarshal([]byte(r.body), &body); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]any{"title": "Rotate", "due_date": nil, "estimate": 5.0}, body); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestNotModified(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(304, "", "ETag", `"3-00000000"`))
	if _, err := b.Task(t.Context(), taskID, IfNoneMatch(`"3-00000000"`)); !errors.Is(err, ErrNotModified) {
		t.Errorf("err = %v, want ErrNotModified", err)
	}
	if got := b.seen[0].header.Get("If-None-Match"); got != `"3-00000000"` {
		t.Errorf("If-None-Match = %q", got)
	}
}

func TestErrorIsDecoded(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(422, `{"type":"/problems/validation_failed","title":"Unprocessable Content","status":422,
		"detail":"One or more fields are not valid.","code":"validation_failed","request_id":"r9",
		"errors":[{"pointer":"/title","code":"too_long","message":"has 501 characters"}]}`))
	_, err := b.CreateTask(t.Context(), projectID, TaskCreate{Title: strings.Repeat("x", 501)})
	var got *Error
	if !errors.As(err, &got) {
		t.Fatalf("err = %v, want an *Error", err)
	}
	want := &Error{
		Status: 422, Code: CodeValidationFailed, Title: "Unprocessable Content", Detail: "One or more fields are not valid.",
		Fields: []FieldError{{Pointer: "/title", Code: "too_long", Message: "has 501 characters"}}, RequestID: "r9",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	if !HasCode(fmt.Errorf("wrapped: %w", err), CodeValidationFailed) || HasCode(err, CodeNotFound) {
		t.Error("HasCode is wrong")
	}
	for _, part := range []string{"422", "validation_failed", "/title", "r9"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q lacks %q", err, part)
		}
	}
	if len(b.seen) != 1 {
		t.Errorf("sent %d times: what is refused for good must not be tried again", len(b.seen))
	}
}

func TestErrorOfAProxy(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(500, "<html>oops</html>", "X-Request-Id", "r2"))
	_, err := b.Task(t.Context(), taskID)
	var got *Error
	if !errors.As(err, &got) || got.Status != 500 || got.Code != "" || got.RequestID != "r2" {
		t.Errorf("err = %#v", err)
	}
}

func TestPaging(t *testing.T) {
	t.Parallel()
	page := func(next string, titles ...string) http.HandlerFunc {
		var items []string
		for _, title := range titles {
			items = append(items, task(title))
		}
		return answer(200, `{"items":[`+strings.Join(items, ",")+`],"next_cursor":`+next+`}`)
	}
	all := []http.HandlerFunc{page(`"c1"`, "a", "b"), problem(503, CodeUnavailable), page(`"c2"`), page("null", "c")}
	filter := TaskFilter{
		Query: "keys", Priority: []Priority{PriorityHigh, PriorityUrgent}, Assignee: "me", Sort: SortUpdatedDesc, PageSize: 2,
		UpdatedAfter: time.Date(2026, 11, 23, 6, 30, 0, 0, time.UTC),
	}

	b := setup(t, all...)
	var titles []string
	for task, err := range b.Tasks(t.Context(), workspaceID, filter, Eventual()) {
		if err != nil {
			t.Fatal(err)
		}
		titles = append(titles, task.Title)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, titles); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	var cursors []string
	for _, r := range b.seen {
		request, err := http.NewRequest(http.MethodGet, r.uri, nil) //nolint:noctx // It is never sent.
		if err != nil {
			t.Fatal(err)
		}
		q := request.URL.Query()
		cursors = append(cursors, q.Get("cursor"))
		q.Del("cursor")
		want := "assignee=me&limit=2&priority=high&priority=urgent&q=keys&sort=-updated_at&updated_after=2026-11-23T06%3A30%3A00Z"
		if got := q.Encode(); got != want {
			t.Errorf("query = %s, want %s", got, want)
		}
		if r.header.Get("Prefer") != "consistency=eventual" {
			t.Errorf("Prefer = %q", r.header.Get("Prefer"))
		}
	}
	if diff := cmp.Diff([]string{"", "c1", "c1", "c2"}, cursors); diff != "" {
		t.Errorf("cursors (-want +got):\n%s", diff)
	}

	b = setup(t, all...)
	if got, err := Collect(b.Tasks(t.Context(), workspaceID, filter), 1); err != nil || len(got) != 1 || len(b.seen) != 1 {
		t.Errorf("Collect 1: %d tasks, %v, %d requests", len(got), err, len(b.seen))
	}

	b = setup(t, page(`"c1"`, "a"), problem(400, CodeInvalidCursor))
	got, err := Collect(b.Tasks(t.Context(), workspaceID, TaskFilter{}), 0)
	if len(got) != 1 || !HasCode(err, CodeInvalidCursor) {
		t.Errorf("a fault on page 2: %d tasks, %v", len(got), err)
	}
}

func TestBatch(t *testing.T) {
	t.Parallel()
	b := setup(t, answer(200, `{"results":[{"op":"create","task_id":"`+taskID.String()+`","task":`+task("a")+`},
		{"op":"delete","task_id":"`+taskID.String()+`","task":null}]}`))
	create, err := BatchCreate(projectID, TaskCreate{Title: "a"})
	if err != nil {
		t.Fatal(err)
	}
	remove, err := BatchDelete(taskID, 3)
	if err != nil {
		t.Fatal(err)
	}
	results, err := b.Batch(t.Context(), workspaceID, []BatchChange{create, remove})
	if err != nil || len(results) != 2 || results[0].Task == nil || results[1].Task != nil {
		t.Fatalf("results = %+v, %v", results, err)
	}
	want := `{"changes":[{"op":"create","project_id":"` + projectID.String() + `","task":{"title":"a"}},{"if_version":3,"op":"delete","task_id":"` + taskID.String() + `"}]}`
	var wantBody, gotBody any
	_ = json.Unmarshal([]byte(want), &wantBody)
	_ = json.Unmarshal([]byte(b.seen[0].body), &gotBody)
	if diff := cmp.Diff(wantBody, gotBody); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
	if b.seen[0].uri != "/v1/workspaces/"+workspaceID.String()+"/tasks:batch" {
		t.Errorf("sent to %s", b.seen[0].uri)
	}
}

// TestChanges follows a workspace page by page, and stops at an error.
func TestChanges(t *testing.T) {
	t.Parallel()
	page := func(last int64, more bool, sequences ...int64) http.HandlerFunc {
		items := make([]string, len(sequences))
		for i, s := range sequences {
			items[i] = fmt.Sprintf(`{"sequence":%d,"action":"task.updated","entity":{"type":"task","id":%q},"deleted":false,"task":%s}`, s, taskID, task("x"))
		}
		return answer(200, fmt.Sprintf(`{"items":[%s],"last_sequence":%d,"more":%t}`, strings.Join(items, ","), last, more))
	}
	b := setup(t, page(7, false), page(9, true, 8, 9), page(12, false, 12), problem(410, CodeGone))
	begin, err := b.LastSequence(t.Context(), workspaceID)
	if err != nil || begin != 7 {
		t.Fatal(begin, err)
	}
	var got []int64
	for event, err := range b.Changes(t.Context(), workspaceID, begin) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, event.Sequence)
	}
	if diff := cmp.Diff([]int64{8, 9, 12}, got); diff != "" {
		t.Error(diff)
	}
	for _, err := range b.Changes(t.Context(), workspaceID, 99) {
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeGone {
			t.Errorf("%v", err)
		}
	}
	at := "/v1/workspaces/" + workspaceID.String() + "/changes"
	want := []string{at, at + "?since=7", at + "?since=9", at + "?since=99"}
	var asked []string
	for _, s := range b.seen {
		asked = append(asked, s.uri)
	}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}
