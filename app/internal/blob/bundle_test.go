package blob_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// eachStore runs a test on the disk store behind a real HTTP server and on the S3 store
// in front of a real S3 server, with both ways of uploading to it.
func eachStore(t *testing.T, test func(t *testing.T, s blob.Store)) {
	t.Helper()
	t.Run("disk", func(t *testing.T) {
		t.Parallel()
		test(t, openDisk(t, t.TempDir()).Disk)
	})
	for _, way := range []string{"post", "put"} {
		t.Run("s3 "+way, func(t *testing.T) {
			t.Parallel()
			s, _ := openS3(t, "upload="+way)
			test(t, s)
		})
	}
}

type diskBundle struct {
	*blob.Disk
	server *httptest.Server
	dir    string

	mu    sync.Mutex
	errs  []error    // what the handler reported
	admit blob.Admit // nil admits all
}

var signingKey = bytes.Repeat([]byte("k"), 32)

// openDisk opens a store in dir and serves it, with the statuses that an API would give.
func openDisk(t *testing.T, dir string) *diskBundle {
	t.Helper()
	b := &diskBundle{dir: dir}
	mux := http.NewServeMux()
	b.server = httptest.NewServer(mux)
	t.Cleanup(b.server.Close)
	store, err := blob.Open(t.Context(), "file:"+dir, blob.Options{SigningKey: signingKey, BaseURL: b.server.URL + "/"})
	if err != nil {
		t.Fatal(err)
	}
	b.Disk = store.(*blob.Disk)
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	admit := func(ctx context.Context, key string, upload bool) error {
		b.mu.Lock()
		decide := b.admit
		b.mu.Unlock()
		if decide == nil {
			return nil
		}
		return decide(ctx, key, upload)
	}
	mux.Handle(blob.RoutePrefix, b.Handler(admit, func(w http.ResponseWriter, _ *http.Request, err error) {
		b.mu.Lock()
		b.errs = append(b.errs, err)
		b.mu.Unlock()
		http.Error(w, err.Error(), status(err))
	}))
	return b
}

func (b *diskBundle) lastError() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.errs) == 0 {
		return nil
	}
	return b.errs[len(b.errs)-1]
}

func status(err error) int {
	for target, code := range map[error]int{
		blob.ErrNotFound: 404, blob.ErrMethod: 405, blob.ErrExists: 409, blob.ErrTooLarge: 413, blob.ErrType: 415,
		blob.ErrBadSignature: 403, blob.ErrExpired: 403, blob.ErrTooSmall: 400, blob.ErrChecksum: 400,
		blob.ErrInterrupted: 400, blob.ErrNoSpace: 507,
	} {
		if errors.Is(err, target) {
			return code
		}
	}
	return http.StatusInternalServerError
}

func randomUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func newKey() string { return blob.Key(randomUUID(), randomUUID()) }

func request(key string, content []byte) blob.UploadRequest {
	return blob.UploadRequest{
		Key: key, ContentType: "text/plain; charset=utf-8", Size: int64(len(content)),
		SHA256: sha256.Sum256(content), Expires: time.Now().Add(5 * time.Minute),
	}
}

func sign(t *testing.T, s blob.Store, req blob.UploadRequest) blob.Upload {
	t.Helper()
	up, err := s.SignUpload(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return up
}

// hungUp tells a store that ended the connection on a body that it will not have. Whether its response is read before
// that shows is chance.
func hungUp(err error) bool {
	return errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.EOF)
}

// send does what a client does with an Upload, and nothing more; it returns the status.
func send(t *testing.T, up blob.Upload, content []byte) int {
	t.Helper()
	body, headers := io.Reader(bytes.NewReader(content)), maps.Clone(up.Headers)
	if up.Method == http.MethodPost {
		var buf bytes.Buffer
		form := multipart.NewWriter(&buf)
		for name, value := range up.Fields {
			if err := form.WriteField(name, value); err != nil {
				t.Fatal(err)
			}
		}
		file, err := form.CreateFormFile("file", "whatever.bin")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write(content); err != nil {
			t.Fatal(err)
		}
		if err := form.Close(); err != nil {
			t.Fatal(err)
		}
		body, headers["Content-Type"] = &buf, form.FormDataContentType()
	}
	req, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if hungUp(err) {
		t.Log("the store hung up: ", err)
		return http.StatusRequestEntityTooLarge
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	said, _ := io.ReadAll(resp.Body) // for the log
	t.Logf("%s: %s %s", up.Method, resp.Status, said)
	return resp.StatusCode
}

func upload(t *testing.T, s blob.Store, key string, content []byte) {
	t.Helper()
	if got := send(t, sign(t, s, request(key, content)), content); got/100 != 2 {
		t.Fatalf("upload: status %d", got)
	}
}

// answer is what a download came back with.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// refused tells a 4xx: anything else is either success or the server's own failure.
func (a answer) refused() bool { return a.status >= 400 && a.status < 500 }

// fetch is a plain GET, with one header set if name is not empty.
func fetch(t *testing.T, target, name, value string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name != "" {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

func link(t *testing.T, s blob.Store, key, filename string) string {
	t.Helper()
	down, err := s.SignDownload(t.Context(), blob.DownloadRequest{
		Key: key, Filename: filename, ContentType: "application/pdf", Expires: time.Now().Add(time.Minute),
	})
	if err != nil {
		t.Fatal(err)
	}
	return down.URL
}

func wantMissing(t *testing.T, s blob.Store, key string) {
	t.Helper()
	if info, err := s.Stat(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
		t.Errorf("Stat = %+v, %v; want ErrNotFound", info, err)
	}
}

func wantContent(t *testing.T, s blob.Store, key string, content []byte) {
	t.Helper()
	info, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	want := blob.Info{Size: int64(len(content)), ContentType: "text/plain; charset=utf-8", SHA256: sha256.Sum256(content)}
	if diff := cmp.Diff(want, info); diff != "" {
		t.Error("Stat (-want +got):\n", diff)
	}
	body, err := s.Get(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(body)
	if err = errors.Join(err, body.Close()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("Get: %d bytes, %v; want the %d stored ones", len(got), err, len(content))
	}
}

// swap replaces text in whatever carries it: the form's fields, the headers or the URL.
func swap(from, to string) func(*blob.Upload) {
	return func(up *blob.Upload) {
		up.URL = strings.ReplaceAll(up.URL, url.QueryEscape(from), url.QueryEscape(to))
		up.URL = strings.ReplaceAll(up.URL, from, to)
		for _, carrier := range []map[string]string{up.Fields, up.Headers} {
			for name, value := range carrier {
				carrier[name] = strings.ReplaceAll(value, from, to)
			}
		}
	}
}

// place is where a way of uploading carries something: a form field, a header, or a parameter of the URL.
type place struct{ field, header, param string }

func placeOf(up *blob.Upload, form, s3Put, disk place) place {
	switch {
	case up.Method == http.MethodPost:
		return form
	case strings.Contains(up.URL, "X-Amz-Signature="):
		return s3Put
	}
	return disk
}

// change puts what with makes of a value in its place.
func (p place) change(up *blob.Upload, with func(string) string) {
	switch {
	case p.field != "":
		up.Fields[p.field] = with(up.Fields[p.field])
	case p.header != "":
		up.Headers[p.header] = with(up.Headers[p.header])
	default:
		base, query, _ := strings.Cut(up.URL, "?")
		q, _ := url.ParseQuery(query) // our own
		q.Set(p.param, with(q.Get(p.param)))
		up.URL = base + "?" + q.Encode()
	}
}

// drop takes the value away.
func (p place) drop(up *blob.Upload) {
	delete(up.Fields, p.field)
	delete(up.Headers, p.header)
	if base, query, _ := strings.Cut(up.URL, "?"); p.param != "" {
		q, _ := url.ParseQuery(query) // our own
		q.Del(p.param)
		up.URL = base + "?" + q.Encode()
	}
}

func signaturePlace(up *blob.Upload) place {
	return placeOf(up, place{field: "X-Amz-Signature"}, place{param: "X-Amz-Signature"}, place{param: "sig"})
}

func expiryPlace(up *blob.Upload) place {
	return placeOf(up, place{field: "policy"}, place{param: "X-Amz-Expires"}, place{param: "expires"})
}

func checksumPlace(up *blob.Upload) place {
	return placeOf(up, place{field: "x-amz-checksum-sha256"}, place{header: "X-Amz-Checksum-Sha256"}, place{param: "sha256"})
}

func typePlace(up *blob.Upload) place {
	return placeOf(up, place{field: "Content-Type"}, place{header: "Content-Type"}, place{header: "Content-Type"})
}

// spoil changes one character of what is in a place.
func spoil(at func(*blob.Upload) place) func(*blob.Upload) {
	return func(up *blob.Upload) {
		at(up).change(up, func(s string) string {
			i := len(s) - min(len(s), 2)
			c := byte('1')
			if s[i] == c {
				c = '2'
			}
			return s[:i] + string(c) + s[i+1:]
		})
	}
}

// add adds something that was not signed.
func add(form, s3Put, disk place) func(*blob.Upload) {
	return func(up *blob.Upload) {
		placeOf(up, form, s3Put, disk).change(up, func(string) string { return "public-read" })
	}
}

func keyOf(up *blob.Upload) string {
	if key, ok := up.Fields["key"]; ok {
		return key
	}
	_, rest, _ := strings.Cut(up.URL, "/workspace/")
	key, _, _ := strings.Cut(rest, "?")
	return "workspace/" + key
}

func hexOf(sum [32]byte) string { return hex.EncodeToString(sum[:]) }
