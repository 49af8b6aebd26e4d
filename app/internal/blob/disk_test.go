package blob_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

func tempFiles(t *testing.T, dir string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, "tmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestHandlerErrors checks the typed error of each fault, and that none leaves a file.
func TestHandlerErrors(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	key, content := newKey(), []byte("exactly these bytes")
	put := func(change func(*http.Request)) error {
		up := sign(t, d.Disk, request(key, content))
		// A pipe hides the length, so that the body goes in chunks.
		req, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, io.MultiReader(bytes.NewReader(content)))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", up.Headers["Content-Type"])
		change(req)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		if err := resp.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if resp.StatusCode == http.StatusNoContent {
			return nil
		}
		return d.lastError()
	}
	body := func(text string) func(*http.Request) {
		return func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(text)) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		want   error
	}{
		"chunked, too long":      {body("exactly these bytes!"), blob.ErrTooLarge},
		"chunked, much too long": {body(strings.Repeat("x", 1<<20)), blob.ErrTooLarge},
		"chunked, too short":     {body("exactly these byte"), blob.ErrTooSmall},
		"chunked, other bytes":   {body("exactly those bytes"), blob.ErrChecksum},
		"type missing":           {func(r *http.Request) { r.Header.Del("Content-Type") }, blob.ErrType},
		"type twice":             {func(r *http.Request) { r.Header.Add("Content-Type", "text/html") }, blob.ErrType},
		"compressed":             {func(r *http.Request) { r.Header.Set("Content-Encoding", "gzip") }, blob.ErrType},
		"POST":                   {func(r *http.Request) { r.Method = http.MethodPost }, blob.ErrMethod},
		"DELETE":                 {func(r *http.Request) { r.Method = http.MethodDelete }, blob.ErrMethod},
		"GET":                    {func(r *http.Request) { r.Method, r.Body = http.MethodGet, nil }, blob.ErrBadSignature},
		"parameter twice":        {func(r *http.Request) { r.URL.RawQuery += "&size=1" }, blob.ErrBadSignature},
		"signature respelled":    {func(r *http.Request) { r.URL.RawQuery += "%0A" }, blob.ErrBadSignature},
		"malformed parameters":   {func(r *http.Request) { r.URL.RawQuery += ";%zz" }, blob.ErrBadSignature},
		"not a key":              {func(r *http.Request) { r.URL.Path = "/blobs/workspace/x" }, blob.ErrNotFound},
	} {
		if err := put(c.change); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
	wantMissing(t, d.Disk, key)
	if left := tempFiles(t, d.dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if err := put(func(*http.Request) {}); err != nil {
		t.Errorf("chunked and right: %v", err)
	}
	content = []byte("another set of bytes")
	if err := put(func(*http.Request) {}); !errors.Is(err, blob.ErrExists) {
		t.Errorf("other content, newly signed: %v, want ErrExists", err)
	}
	wantContent(t, d.Disk, key, []byte("exactly these bytes"))
}

// TestBrokenUpload hangs up in the middle.
func TestBrokenUpload(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	key, content := newKey(), bytes.Repeat([]byte("x"), 1<<20)
	up := sign(t, d.Disk, request(key, content))
	u, err := url.Parse(up.URL)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	head := "PUT " + u.RequestURI() + " HTTP/1.1\r\nHost: " + u.Host + "\r\nContent-Type: " + up.Headers["Content-Type"] + "\r\nContent-Length: 1048576\r\n\r\n"
	if _, err := conn.Write(append([]byte(head), content[:500_000]...)); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); len(tempFiles(t, d.dir)) == 0; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the upload did not begin")
		}
	}
	wantMissing(t, d.Disk, key)
	// Another process that opens the store leaves an upload in flight alone.
	second, err := blob.OpenDisk(d.dir, blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.Close(); err != nil {
		t.Fatal(err)
	}
	if len(tempFiles(t, d.dir)) != 1 {
		t.Error("the upload in flight was swept")
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(5 * time.Second); d.lastError() == nil; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the broken upload was not noticed")
		}
	}
	if err := d.lastError(); !errors.Is(err, blob.ErrInterrupted) {
		t.Errorf("error: %v, want ErrInterrupted", err)
	}
	wantMissing(t, d.Disk, key)
	if left := tempFiles(t, d.dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestRot damages stored files in every way and expects each to be noticed.
func TestRot(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	content := []byte("bytes that will rot")
	for name, damage := range map[string]func([]byte) []byte{
		"flipped bit":    func(b []byte) []byte { b[len(b)-1] ^= 1; return b },
		"truncated":      func(b []byte) []byte { return b[:len(b)-1] },
		"longer":         func(b []byte) []byte { return append(b, 'x') },
		"empty":          func([]byte) []byte { return nil },
		"damaged header": func(b []byte) []byte { b[25] ^= 0xff; return b },
		"foreign file":   func([]byte) []byte { return bytes.Repeat([]byte("x"), 5000) },
	} {
		key := newKey()
		upload(t, d.Disk, key, content)
		file := filepath.Join(d.dir, filepath.FromSlash(key))
		stored, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, damage(stored), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Stat(t.Context(), key); !errors.Is(err, blob.ErrChecksum) {
			t.Errorf("%s: Stat: %v, want ErrChecksum", name, err)
		}
		body, err := d.Get(t.Context(), key)
		if err == nil {
			_, err = io.ReadAll(body)
			err = errors.Join(err, body.Close())
		}
		if !errors.Is(err, blob.ErrChecksum) {
			t.Errorf("%s: Get: %v, want ErrChecksum", name, err)
		}
	}
}

// TestConfined plants links that lead out of the directory.
func TestConfined(t *testing.T) {
	t.Parallel()
	dir, outside := t.TempDir(), t.TempDir()
	d := openDisk(t, dir)
	key := newKey()
	parts := strings.Split(key, "/")
	if err := os.WriteFile(filepath.Join(outside, parts[2]), []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(dir, parts[0], parts[1])); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Get(t.Context(), key); err == nil {
		t.Error("Get left the directory")
	}
	other := blob.Key(parts[1], randomUUID())
	if err := d.Put(t.Context(), other, "text/plain", 1, strings.NewReader("x")); err == nil {
		t.Error("Put left the directory")
	}
	if err := d.Delete(t.Context(), key); err == nil {
		t.Error("Delete left the directory")
	}
	files, err := os.ReadDir(outside)
	if err != nil || len(files) != 1 {
		t.Errorf("outside: %v, %v; want it untouched", files, err)
	}
}

func TestDownloadHeaders(t *testing.T) {
	t.Parallel()
	d := openDisk(t, t.TempDir())
	key, content := newKey(), []byte("<script>alert(1)</script>")
	upload(t, d.Disk, key, content)
	target := link(t, d.Disk, key, "a.html")
	plain := fetch(t, target, "", "")
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "sandbox; default-src 'none'",
		"Referrer-Policy": "no-referrer", "Accept-Ranges": "bytes",
	} {
		if got := plain.header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := fetch(t, target, "If-None-Match", plain.header.Get("ETag")); got.status != http.StatusNotModified || len(got.body) != 0 {
		t.Errorf("If-None-Match: %d, %q", got.status, got.body)
	}
	if got := fetch(t, target, "Range", "bytes=100-"); got.status != http.StatusRequestedRangeNotSatisfiable {
		t.Errorf("range beyond the end: %d", got.status)
	}
	head, err := http.NewRequestWithContext(t.Context(), http.MethodHead, target, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(head)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK || resp.ContentLength != int64(len(content)) {
		t.Errorf("HEAD: %s, %d", resp.Status, resp.ContentLength)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	plain := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(plain, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"", "file:" + plain, "s3://bucket/prefix", "s3://bucket?colour=red"} {
		if s, err := blob.Open(t.Context(), target, blob.Options{}); err == nil {
			t.Errorf("Open(%q) = %T", target, s)
		}
	}
	if _, err := blob.Open(t.Context(), "s3://my.bucket-1/?region=eu-central-1&endpoint=https://minio:9000&path_style=true", blob.Options{}); err != nil {
		t.Error(err)
	}
	for name, opts := range map[string]blob.Options{
		"short key":   {SigningKey: []byte("short"), BaseURL: "http://h"},
		"no base":     {SigningKey: signingKey},
		"base scheme": {SigningKey: signingKey, BaseURL: "ftp://h"},
	} {
		if _, err := blob.Open(t.Context(), "file:"+t.TempDir(), opts); err == nil {
			t.Errorf("%s: opened", name)
		}
	}
	unsigned, err := blob.OpenDisk(t.TempDir(), blob.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := unsigned.SignUpload(t.Context(), request(newKey(), []byte("x"))); err == nil {
		t.Error("signed without a key")
	}
	if err := unsigned.Close(); err != nil {
		t.Fatal(err)
	}
	if err := unsigned.Check(t.Context()); err == nil {
		t.Error("a closed store checks out")
	}
}

// TestBehindPrefix serves from below a path of the public URL.
func TestBehindPrefix(t *testing.T) {
	t.Parallel()
	d, err := blob.OpenDisk(t.TempDir(), blob.Options{SigningKey: signingKey, BaseURL: "https://example.com/tracker/"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	up := sign(t, d, request(newKey(), []byte("x")))
	if !strings.HasPrefix(up.URL, "https://example.com/tracker/blobs/workspace/") {
		t.Errorf("URL: %s", up.URL)
	}
	if sum := sha256.Sum256([]byte("x")); !strings.Contains(up.URL, "sha256="+hexOf(sum)) {
		t.Errorf("URL: %s", up.URL)
	}
}
