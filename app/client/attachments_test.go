package client

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// store is a bucket: a server of its own, which must not see the token.
func store(t *testing.T) (*httptest.Server, *[]string) {
	t.Helper()
	var got []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "" {
			t.Error("the store sees the token")
		}
		if r.ContentLength < 0 {
			t.Error("the upload has no length")
		}
		switch r.Method {
		case http.MethodGet:
			_, _ = io.WriteString(w, "the bytes")
		case http.MethodPut:
			b, _ := io.ReadAll(r.Body)
			got = append(got, r.Header.Get("X-Check")+" "+string(b))
		case http.MethodPost:
			f, _, err := r.FormFile("file")
			if err != nil {
				t.Error(err)
				return
			}
			b, _ := io.ReadAll(f)
			got = append(got, r.FormValue("key")+" "+string(b))
			w.WriteHeader(http.StatusNoContent)
		}
	}))
	t.Cleanup(s.Close)
	return s, &got
}

func TestAttach(t *testing.T) {
	t.Parallel()
	attachment := `{"id":"` + taskID.String() + `","filename":"a.txt","state":"ready"}`
	for name, c := range map[string]struct{ upload, want string }{
		"PUT":  {`{"method":"PUT","headers":{"X-Check":"yes"},"fields":{}`, "yes the bytes"},
		"POST": {`{"method":"POST","headers":{},"fields":{"key":"workspace/1","policy":"p"}`, "workspace/1 the bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bucket, got := store(t)
			b := setup(t,
				answer(201, `{"attachment":`+attachment+`,"upload":`+c.upload+`,"url":"`+bucket.URL+`/x","expires_at":"2026-11-23T06:30:00Z"}}`),
				answer(200, attachment))
			a, err := b.Attach(t.Context(), taskID, "a.txt", "text/plain", strings.NewReader("the bytes"))
			if err != nil || a.State != "ready" {
				t.Fatalf("attachment = %+v, %v", a, err)
			}
			if len(*got) != 1 || (*got)[0] != c.want {
				t.Errorf("the store got %q, want %q", *got, c.want)
			}
			const sum = "ed589341c9fd5da96aaff4c5efa008226282a716186608d5a032ac75895a9c2f"
			if !strings.Contains(b.seen[0].body, `"size":9`) || !strings.Contains(b.seen[0].body, `"sha256":"`+sum+`"`) {
				t.Errorf("reserved %s", b.seen[0].body)
			}
			if b.seen[1].uri != "/v1/attachments/"+taskID.String()+"/confirm" {
				t.Errorf("confirmed at %s", b.seen[1].uri)
			}
		})
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	bucket, _ := store(t)
	b := setup(t, answer(302, "", "Location", bucket.URL+"/x?signature=1"))
	r, err := b.Download(t.Context(), taskID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got, err := io.ReadAll(r); err != nil || string(got) != "the bytes" {
		t.Errorf("downloaded %q, %v", got, err)
	}

	b = setup(t, problem(409, CodeConflict))
	if _, err := b.Download(t.Context(), taskID); !HasCode(err, CodeConflict) {
		t.Errorf("not confirmed: %v", err)
	}
}

func TestExportAndImport(t *testing.T) {
	t.Parallel()
	lines := "{\"type\":\"header\"}\n{\"type\":\"trailer\"}\n"
	b := setup(t, answer(200, lines, "Content-Type", ndjson), answer(200, `{"dry_run":true,"counts":{"task":2}}`))
	r, err := b.Export(t.Context(), workspaceID)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	report, err := b.Import(t.Context(), r, true)
	if err != nil || !report.DryRun || report.Counts["task"] != 2 {
		t.Fatalf("report = %+v, %v", report, err)
	}
	if got := b.seen[0].header.Get("Accept"); !strings.HasPrefix(got, ndjson) {
		t.Errorf("Accept = %q", got)
	}
	if b.seen[1].body != lines || b.seen[1].uri != "/v1/workspaces/import?dry_run=true" || b.seen[1].header.Get("Content-Type") != ndjson {
		t.Errorf("imported %+v", b.seen[1])
	}
}
