package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/oapi-codegen/nullable"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/cond"
)

// sample has one field of each kind that bodies have.
type sample struct {
	Title   string                       `json:"title"`
	Count   int                          `json:"count,omitempty"`
	Flag    *bool                        `json:"flag,omitempty"`
	ID      *uuid.UUID                   `json:"id,omitempty"`
	At      *time.Time                   `json:"at,omitempty"`
	Parent  nullable.Nullable[uuid.UUID] `json:"parent,omitempty"`
	Labels  *[]uuid.UUID                 `json:"labels,omitempty"`
	Changes []struct {
		Op string `json:"op"`
	} `json:"changes,omitempty"`
}

func request(body string) *http.Request {
	return httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", strings.NewReader(body))
}

func TestDecodeFaults(t *testing.T) {
	t.Parallel()
	const id = "01900000-0000-7000-8000-000000000002"
	for body, want := range map[string]struct {
		code    apperr.Code
		pointer string
		text    string
	}{
		``:                                  {apperr.MalformedBody, "", "empty"},
		`   `:                               {apperr.MalformedBody, "", "empty"},
		`{`:                                 {apperr.MalformedBody, "", "too early"},
		`{"title":"x"`:                      {apperr.MalformedBody, "", "too early"},
		`{"title":"x"} {}`:                  {apperr.MalformedBody, "", "follows its end"},
		`{"title":"x"}]`:                    {apperr.MalformedBody, "", "follows its end"},
		`nonsense`:                          {apperr.MalformedBody, "", "no JSON"},
		`{"title":'x'}`:                     {apperr.MalformedBody, "", "no JSON"},
		`{"title":"x",}`:                    {apperr.MalformedBody, "", "no JSON"},
		`{"title":"x","title":"y"}`:         {apperr.MalformedBody, "", "twice"},
		"{\"title\":\"\xff\"}":              {apperr.MalformedBody, "", "UTF-8"},
		`{"title":"\ud800"}`:                {apperr.MalformedBody, "", ""},
		`{"title":"a\u0000b"}`:              {apperr.MalformedBody, "", "NUL"},
		"{\"title\":\"a\x00b\"}":            {apperr.MalformedBody, "", ""},
		strings.Repeat("[", 101):            {apperr.MalformedBody, "", "100 levels"},
		`{"titel":"x"}`:                     {apperr.UnknownField, "/titel", "known"},
		`{"Title":"x"}`:                     {apperr.UnknownField, "/Title", "known"},
		`{"a/b~c":"x"}`:                     {apperr.UnknownField, "/a~1b~0c", "known"},
		`{"changes":[{"op":"a"},{"po":1}]}`: {apperr.UnknownField, "/changes/1/po", "known"},
		`[]`:                                {apperr.InvalidType, "", "an object"},
		`"x"`:                               {apperr.InvalidType, "", "an object"},
		`null`:                              {apperr.InvalidType, "", "an object"},
		`{"title":1}`:                       {apperr.InvalidType, "/title", "a string"},
		`{"title":null}`:                    {apperr.InvalidType, "/title", "a string, not null"},
		`{"count":"1"}`:                     {apperr.InvalidType, "/count", "an integer"},
		`{"count":1.5}`:                     {apperr.InvalidType, "/count", "an integer"},
		`{"count":99999999999999999999}`:    {apperr.InvalidType, "/count", "an integer"},
		`{"flag":"yes"}`:                    {apperr.InvalidType, "/flag", "true or false"},
		`{"flag":null}`:                     {apperr.InvalidType, "/flag", "true or false, not null"},
		`{"id":"nonsense"}`:                 {apperr.InvalidType, "/id", "a UUID"},
		`{"id":7}`:                          {apperr.InvalidType, "/id", "a UUID"},
		`{"id":"urn:uuid:` + id + `"}`:      {apperr.InvalidType, "/id", "a UUID"},
		`{"id":"{` + id + `}"}`:             {apperr.InvalidType, "/id", "a UUID"},
		`{"parent":"01900000000070008000000000000002"}`: {apperr.InvalidType, "/parent", "a UUID"},
		`{"at":"yesterday"}`:                            {apperr.InvalidType, "/at", "RFC 3339"},
		`{"parent":"nonsense"}`:                         {apperr.InvalidType, "/parent", "a UUID"},
		`{"labels":null}`:                               {apperr.InvalidType, "/labels", "an array, not null"},
		`{"labels":[null]}`:                             {apperr.InvalidType, "/labels/0", "a UUID, not null"},
		`{"labels":["` + id + `","x"]}`:                 {apperr.InvalidType, "/labels/1", "a UUID"},
		`{"labels":{}}`:                                 {apperr.InvalidType, "/labels", "an array"},
		`{"changes":[{"op":null}]}`:                     {apperr.InvalidType, "/changes/0/op", "a string, not null"},
	} {
		_, err := decode[sample](request(body))
		var e *apperr.Error
		if !errors.As(err, &e) || e.Code != want.code {
			t.Errorf("%s: %v, want %s", body, err, want.code)
			continue
		}
		text, pointer := e.Message, ""
		if len(e.Fields) > 0 {
			pointer = e.Fields[0].Pointer
			text += " " + e.Fields[0].Message
		}
		if pointer != want.pointer || !strings.Contains(text, want.text) {
			t.Errorf("%s: %q at %q, want %q at %q", body, text, pointer, want.text, want.pointer)
		}
		if strings.Contains(text, "httpapi") || strings.Contains(text, "Go ") {
			t.Errorf("%s: the message speaks of our types: %s", body, text)
		}
	}
}

func TestDecodeTellsNullFromAbsent(t *testing.T) {
	t.Parallel()
	id := uuid.MustParse("01900000-0000-7000-8000-000000000002")
	got, err := decode[sample](request(` {"title":"null \\u0000 ünï","parent":null,"labels":["` + id.String() + `"],"at":"2026-11-16T09:30:00.123456Z"} ` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Parent.IsNull() || got.Title != `null \u0000 ünï` || (*got.Labels)[0] != id {
		t.Errorf("got %+v", got)
	}
	got, err = decode[sample](request(`{"title":"x"}`))
	if err != nil || got.Parent.IsSpecified() || got.Labels != nil {
		t.Errorf("absent fields: %+v, %v", got, err)
	}
}

// The bodies of the contract decode through the kernel: their types must have no surprises for it.
func TestDecodeTaskPatch(t *testing.T) {
	t.Parallel()
	got, err := decode[api.TaskPatch](request(`{"title":"x","parent_id":null,"due_date":"2026-12-24","label_ids":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	if !got.ParentID.IsNull() || got.LabelIDs == nil {
		t.Errorf("got %+v", got)
	}
	_, err = decode[api.TaskPatch](request(`{"title":null}`))
	if !apperr.Is(err, apperr.InvalidType) {
		t.Errorf("a title cannot be removed: %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{"title":"x"}`, `{"parent":null}`, `{"changes":[{"op":"a"}]}`, `[[[`, `{"a":1}{`, "\xff", `{"title":"\u0000"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/", bytes.NewReader(body))
		_, err := decode[sample](r)
		if err == nil {
			if !json.Valid(body) {
				t.Errorf("%q is no JSON and was accepted", body)
			}
			return
		}
		switch code := apperr.From(err).Code; code {
		case apperr.MalformedBody, apperr.UnknownField, apperr.InvalidType:
		default:
			t.Errorf("%q: %s: %v", body, code, err)
		}
	})
}

func TestCursors(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	type place struct{ ID int }
	list := func(target string) *http.Request {
		return httptest.NewRequestWithContext(context.Background(), http.MethodGet, target, nil)
	}
	w := httptest.NewRecorder()
	page(s, w, list("/v1/a?sort=title&status=2&status=1&limit=5"), []int{1, 2}, &place{ID: 7})
	var body struct {
		Items      []int  `json:"items"`
		NextCursor string `json:"next_cursor"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil {
		t.Fatal(err)
	}
	link := w.Header().Get("Link")
	target, ok := strings.CutSuffix(strings.TrimPrefix(link, "<"), `>; rel="next"`)
	if !ok {
		t.Fatalf("Link: %s", link)
	}
	for _, good := range []string{
		target,
		"/v1/a?cursor=" + body.NextCursor + "&status=1&status=2&sort=title&limit=100",
	} {
		got, err := after[place](s, list(good))
		if err != nil || got == nil || got.ID != 7 {
			t.Errorf("%s: %v, %v", good, got, err)
		}
	}
	flipped := []byte(body.NextCursor)
	flipped[3] ^= 1
	for name, bad := range map[string]string{
		"another path":   "/v1/b?sort=title&status=1&status=2&cursor=" + body.NextCursor,
		"another sort":   "/v1/a?sort=-title&status=1&status=2&cursor=" + body.NextCursor,
		"another filter": "/v1/a?sort=title&status=1&cursor=" + body.NextCursor,
		"changed":        "/v1/a?sort=title&status=1&status=2&cursor=" + string(flipped),
		"empty":          "/v1/a?cursor=",
		"long":           "/v1/a?cursor=" + strings.Repeat("A", 1<<10+1),
	} {
		if _, err := after[place](s, list(bad)); !apperr.Is(err, apperr.InvalidCursor) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got, err := after[place](s, list("/v1/a?sort=title")); got != nil || err != nil {
		t.Errorf("no cursor: %v, %v", got, err)
	}
	w = httptest.NewRecorder()
	page[int, place](s, w, list("/v1/a"), nil, nil)
	if diff := cmp.Diff("{\"items\":[],\"next_cursor\":null}\n", w.Body.String()); diff != "" || w.Header().Get("Link") != "" {
		t.Error(diff, w.Header())
	}
}

func FuzzCursor(f *testing.F) {
	s := open(f, Options{})
	type place struct{ ID int }
	r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/v1/a", nil)
	token, err := s.cursors.seal(r, place{ID: 7})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(token)
	f.Add(token + "A")
	f.Add("")
	f.Add("////")
	f.Fuzz(func(t *testing.T, forged string) {
		var got place
		err := s.cursors.open(r, forged, &got)
		if (err == nil) != (forged == token) {
			t.Errorf("%q: %v", forged, err)
		}
	})
}

func FuzzQuery(f *testing.F) {
	s := New(Options{})
	rt := s.newRoute(http.MethodGet, "/v1/projects/{project}/tasks")
	for _, seed := range []string{"q=a&status=1&status=2", "q=%zz", "%ff=1", "q=a;b", "q=a&q=b", "&&=&", "q=%00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		err := checkQuery(rt, raw)
		if err != nil && !apperr.Is(err, apperr.UnknownParameter) && !apperr.Is(err, apperr.InvalidParameter) {
			t.Errorf("%q: %v", raw, err)
		}
	})
}

func TestETags(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	get := func(header http.Header) *httptest.ResponseRecorder {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/", nil)
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		s.object(w, r, http.StatusOK, 3, map[string]string{"text": strings.Repeat("lorem ipsum ", 200)})
		return w
	}
	plain := get(nil)
	tag := plain.Header().Get("ETag")
	if !strings.HasPrefix(tag, `"3-`) || len(tag) != len(`"3-12345678"`) {
		t.Errorf("ETag %s", tag)
	}
	packed := get(http.Header{"Accept-Encoding": {"br, gzip;q=0.5"}})
	weak := packed.Header().Get("ETag")
	if packed.Header().Get("Content-Encoding") != "gzip" || weak != "W/"+tag || packed.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("compressed: %v", packed.Header())
	}
	if packed.Body.Len() > plain.Body.Len()/2 {
		t.Errorf("%d of %d bytes", packed.Body.Len(), plain.Body.Len())
	}
	for given, status := range map[string]int{
		tag: 304, weak: 304, "*": 304, `"x", ` + weak: 304, `"a,b" ,, ` + tag: 304, tag + " x": 200, `"3-00000000"`: 200, `"2` + tag[2:]: 200, "": 200,
	} {
		if w := get(http.Header{"If-None-Match": {given}}); w.Code != status || status == 304 && w.Body.Len() > 0 {
			t.Errorf("If-None-Match %s: %d, want %d", given, w.Code, status)
		}
	}
	if w := get(http.Header{"Accept-Encoding": {"gzip;q=0"}}); w.Header().Get("Content-Encoding") != "" {
		t.Error("gzip;q=0 is no wish for gzip")
	}
	for given, want := range map[string]cond.Versions{
		tag: {3}, weak: {3}, `"3"`: {3}, "*": nil, `"1-a", W/"2-b" ,, "7,8"`: {1, 2}, `"x-1"`: {}, `"0-1"`: {}, `"-4"`: {}, `""`: {},
	} {
		r := request("")
		r.Header.Set("If-Match", given)
		if got, err := ifMatch(r); err != nil || !cmp.Equal(got, want) {
			t.Errorf("If-Match %s: %v, %v; want %v", given, got, err, want)
		}
	}
	for _, given := range []string{"3", `"1-a", "2-b" x`, `"1-a" "2-b"`, `"1-a`, `w/"1-a"`, `"1-a", *`, ",", ""} {
		r := request("")
		r.Header["If-Match"] = []string{given}
		if got, err := ifMatch(r); !apperr.Is(err, apperr.PreconditionFailed) {
			t.Errorf("If-Match %s: %v, %v", given, got, err)
		}
	}
	several := request("")
	several.Header["If-Match"] = []string{`"1"`, `"2-b", "3"`}
	if got, err := ifMatch(several); err != nil || !cmp.Equal(got, cond.Versions{1, 2, 3}) {
		t.Errorf("two If-Match headers: %v, %v", got, err)
	}
}

func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	s := New(Options{})
	rt := s.newRoute(http.MethodPost, "/v1/workspaces")
	hash := func(target, body string) [32]byte {
		t.Helper()
		r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, target, strings.NewReader(body))
		r.Header.Set("Idempotency-Key", "k-1")
		x := &exchange{route: rt}
		if err := takeKey(x, r); err != nil {
			t.Fatal(err)
		}
		if again, err := io.ReadAll(r.Body); err != nil || string(again) != body {
			t.Errorf("the handler reads %q, %v", again, err)
		}
		return x.idem.Hash
	}
	one, again := hash("/v1/workspaces", "{}"), hash("/v1/workspaces", "{}")
	if one != again {
		t.Error("the same request, another hash")
	}
	if one == hash("/v1/workspaces", "{} ") || one == hash("/v1/workspaces?a=b", "{}") {
		t.Error("another request, the same hash")
	}
	for _, bad := range [][]string{{""}, {"has space"}, {"ünï"}, {strings.Repeat("x", 256)}, {"a", "b"}} {
		r := request("{}")
		r.Header["Idempotency-Key"] = bad
		if err := takeKey(&exchange{route: rt}, r); !apperr.Is(err, apperr.InvalidParameter) {
			t.Errorf("%q: %v", bad, err)
		}
	}
	if s.newRoute(http.MethodPost, "/v1/tokens").takesKey {
		t.Error("an answer with a secret must not be kept")
	}
}
