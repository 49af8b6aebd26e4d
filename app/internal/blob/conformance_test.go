package blob_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

func TestUploadAndDownload(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		key, content := newKey(), []byte("four score and seven years ago\x00\xff")
		if err := s.Check(t.Context()); err != nil {
			t.Fatal(err)
		}
		wantMissing(t, s, key)
		upload(t, s, key, content)
		wantContent(t, s, key, content)
		upload(t, s, key, content) // a client that missed the reply sends again
		wantContent(t, s, key, content)

		got := fetch(t, link(t, s, key, "speech.pdf"), "", "")
		if got.status != http.StatusOK || !bytes.Equal(got.body, content) {
			t.Errorf("download: %d, %q", got.status, got.body)
		}
		for name, want := range map[string]string{
			"Content-Type":        "application/pdf",
			"Content-Disposition": `attachment; filename="speech.pdf"; filename*=UTF-8''speech.pdf`,
			"Cache-Control":       "private, no-transform",
		} {
			if value := got.header.Get(name); value != want {
				t.Errorf("%s: %q, want %q", name, value, want)
			}
		}
		if got := fetch(t, link(t, s, key, "x"), "Range", "bytes=5-9"); got.status != http.StatusPartialContent || string(got.body) != "score" {
			t.Errorf("range: %d, %q", got.status, got.body)
		}
	})
}

// TestUploadRefused sends what differs from the signed upload in one respect each.
func TestUploadRefused(t *testing.T) {
	t.Parallel()
	content, other := []byte("exactly these bytes"), newKey()
	for name, c := range map[string]struct {
		change func(*blob.Upload)
		body   string
	}{
		"too short":           {nil, "exactly these byte"},
		"too long":            {nil, "exactly these bytes!"},
		"much too long":       {nil, strings.Repeat("exactly these bytes", 100_000)},
		"empty":               {nil, ""},
		"other bytes":         {nil, "exactly those bytes"},
		"other type":          {func(up *blob.Upload) { typePlace(up).change(up, func(string) string { return "text/html" }) }, string(content)},
		"other key":           {func(up *blob.Upload) { swap(keyOf(up), other)(up) }, string(content)},
		"tampered signature":  {spoil(signaturePlace), string(content)},
		"tampered policy":     {spoil(expiryPlace), string(content)},
		"tampered checksum":   {spoil(checksumPlace), string(content)},
		"no signature":        {func(up *blob.Upload) { signaturePlace(up).drop(up) }, string(content)},
		"no checksum":         {func(up *blob.Upload) { checksumPlace(up).drop(up) }, string(content)},
		"one more parameter":  {add(place{field: "x-amz-meta-x"}, place{param: "x-amz-meta-x"}, place{param: "x"}), string(content)},
		"another form field":  {add(place{field: "acl"}, place{param: "x-amz-acl"}, place{param: "type"}), string(content)},
		"another header":      {add(place{field: "acl"}, place{header: "X-Amz-Acl"}, place{param: "type"}), string(content)},
		"signed for download": {nil, string(content)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachStore(t, func(t *testing.T, s blob.Store) {
				key := newKey()
				up := sign(t, s, request(key, content))
				if c.change != nil {
					c.change(&up)
				}
				if name == "signed for download" {
					up.URL = link(t, s, key, "x")
				}
				if got := send(t, up, []byte(c.body)); got < 400 || got >= 500 {
					t.Errorf("status %d, want 4xx", got)
				}
				wantMissing(t, s, key)
				wantMissing(t, s, other)
			})
		})
	}
}

func TestExpiry(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		content, late, stored := []byte("late"), newKey(), newKey()
		upload(t, s, stored, content)
		req := request(late, content)
		req.Expires = time.Now().Add(time.Second)
		up := sign(t, s, req)
		down := blob.DownloadRequest{Key: stored, Filename: "x", ContentType: "text/plain", Expires: req.Expires}
		signed, err := s.SignDownload(t.Context(), down)
		if err != nil {
			t.Fatal(err)
		}
		if want := req.Expires.Truncate(time.Second); !up.Expires.Equal(want) || !signed.Expires.Equal(want) {
			t.Errorf("expire at %s and %s, want %s", up.Expires, signed.Expires, want)
		}
		time.Sleep(2100 * time.Millisecond)
		if got := send(t, up, content); got < 400 || got >= 500 {
			t.Errorf("upload: status %d, want 4xx", got)
		}
		wantMissing(t, s, late)
		if got := fetch(t, signed.URL, "", ""); !got.refused() {
			t.Errorf("download: %d, want 4xx", got.status)
		}
		if _, err := s.SignUpload(t.Context(), req); !errors.Is(err, blob.ErrExpired) {
			t.Errorf("SignUpload in the past: %v", err)
		}
		if _, err := s.SignDownload(t.Context(), down); !errors.Is(err, blob.ErrExpired) {
			t.Errorf("SignDownload in the past: %v", err)
		}
	})
}

func TestDownloadRefused(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		content, key, other := []byte("secret"), newKey(), newKey()
		upload(t, s, key, content)
		upload(t, s, other, content)
		good := link(t, s, key, "name.pdf")
		for name, target := range map[string]string{
			"other key":     strings.ReplaceAll(good, key, other),
			"other name":    strings.ReplaceAll(good, "name.pdf", "name.exe"),
			"other type":    strings.ReplaceAll(good, "pdf", "svg"),
			"no parameters": strings.SplitN(good, "?", 2)[0],
			"missing":       link(t, s, newKey(), "x"),
			"for upload":    sign(t, s, request(key, content)).URL,
		} {
			if got := fetch(t, target, "", ""); !got.refused() || bytes.Contains(got.body, content) {
				t.Errorf("%s: %d, %q; want 4xx", name, got.status, got.body)
			}
		}
	})
}

func TestOddFilenames(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		key := newKey()
		upload(t, s, key, []byte("x"))
		for given, want := range map[string]string{
			"plain.txt":                      "plain.txt",
			`quo"te; filename=evil.exe`:      `quo"te; filename=evil.exe`,
			"per%41cent+plus &amp.txt":       "per%41cent+plus &amp.txt",
			"Żółć – 日本語 🗂️.pdf":              "Żółć – 日本語 🗂️.pdf",
			"../../etc/passwd":               "_.._etc_passwd",
			`C:\temp\a.txt`:                  "C__temp_a.txt",
			"line\r\nSet-Cookie: a=b":        "line__Set-Cookie_ a=b",
			"txt.\u202eexe":                  "txt._exe",
			"bad\xff\xfeutf8":                "bad_utf8",
			".htaccess":                      "htaccess",
			"":                               "download",
			" . hidden . ":                   "hidden",
			"...":                            "download",
			strings.Repeat("ü", 300) + ".md": strings.Repeat("ü", 126) + ".md",
		} {
			got := fetch(t, link(t, s, key, given), "", "")
			kind, params, err := mime.ParseMediaType(got.header.Get("Content-Disposition"))
			if err != nil || kind != "attachment" || params["filename"] != want || got.header.Get("Set-Cookie") != "" {
				t.Errorf("%q: %d, %q, %q, %v; want %q", given, got.status, kind, params["filename"], err, want)
			}
		}
	})
}

func TestPut(t *testing.T) {
	t.Parallel()
	const contentType = "text/plain; charset=utf-8"
	eachStore(t, func(t *testing.T, s blob.Store) {
		key, content := newKey(), []byte("imported")
		put := func(content string, size int64) error {
			// Hiding the reader's other methods shows that a plain stream will do.
			return s.Put(t.Context(), key, contentType, size, struct{ io.Reader }{strings.NewReader(content)})
		}
		if err := put("imported", 9); !errors.Is(err, blob.ErrTooSmall) {
			t.Errorf("short: %v", err)
		}
		if err := put("imported", 7); !errors.Is(err, blob.ErrTooLarge) {
			t.Errorf("long: %v", err)
		}
		broken := io.MultiReader(strings.NewReader("impo"), failing{})
		if err := s.Put(t.Context(), key, contentType, 8, broken); !errors.Is(err, blob.ErrInterrupted) || !errors.Is(err, errBroken) {
			t.Errorf("broken: %v", err)
		}
		cancelled, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Put(cancelled, key, contentType, 8, bytes.NewReader(content)); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		wantMissing(t, s, key)
		if err := errors.Join(put("imported", 8), put("imported", 8)); err != nil {
			t.Fatal(err)
		}
		if err := put("imposter", 8); !errors.Is(err, blob.ErrExists) {
			t.Errorf("other content: %v", err)
		}
		if err := s.Put(t.Context(), key, "text/html", 8, bytes.NewReader(content)); !errors.Is(err, blob.ErrExists) {
			t.Errorf("other type: %v", err)
		}
		wantContent(t, s, key, content)
	})
}

var errBroken = errors.New("the source broke")

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errBroken }

// TestPutRace lets writers with different contents meet at one key: one wins, whole.
func TestPutRace(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		key := newKey()
		contents, errs := make([][]byte, 8), make([]error, 8)
		var wg sync.WaitGroup
		for i := range contents {
			contents[i] = bytes.Repeat([]byte{byte('a' + i)}, 100_000)
			wg.Go(func() {
				errs[i] = s.Put(t.Context(), key, "text/plain; charset=utf-8", 100_000, bytes.NewReader(contents[i]))
			})
		}
		wg.Wait()
		won := -1
		for i, err := range errs {
			switch {
			case err == nil && won < 0:
				won = i
			case !errors.Is(err, blob.ErrExists):
				t.Errorf("writer %d: %v (winner so far: %d)", i, err, won)
			}
		}
		if won < 0 {
			t.Fatal("nobody won")
		}
		wantContent(t, s, key, contents[won])
	})
}

func TestDelete(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		key := newKey()
		if err := s.Delete(t.Context(), key); err != nil {
			t.Errorf("missing: %v", err)
		}
		upload(t, s, key, []byte("x"))
		for range 2 {
			if err := s.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
		wantMissing(t, s, key)
		if _, err := s.Get(t.Context(), key); !errors.Is(err, blob.ErrNotFound) {
			t.Errorf("Get: %v", err)
		}
		upload(t, s, key, []byte("the key is free again"))
	})
}

func TestBigFile(t *testing.T) {
	t.Parallel()
	eachStore(t, func(t *testing.T, s blob.Store) {
		content := make([]byte, 16<<20)
		_, _ = rand.Read(content) // never fails
		key := newKey()
		upload(t, s, key, content)
		wantContent(t, s, key, content)
		if got := fetch(t, link(t, s, key, "big"), "", ""); sha256.Sum256(got.body) != sha256.Sum256(content) {
			t.Error("the download differs")
		}
		streamed := newKey()
		if err := s.Put(t.Context(), streamed, "text/plain; charset=utf-8", int64(len(content)), struct{ io.Reader }{bytes.NewReader(content)}); err != nil {
			t.Fatal(err)
		}
		wantContent(t, s, streamed, content)
	})
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	good := newKey()
	keys := []string{
		"", "/", ".", "..", "workspace", "workspace/", "/" + good, good + "/", good + "\n", good + "\x00", "./" + good, good + "/..",
		"workspace/../" + good[10:], strings.ToUpper(good), "tmp/" + good[10:], "workspace/" + good, good[:len(good)-1], good + "0",
		strings.Replace(good, "workspace/", "workspace//", 1), strings.Replace(good, "workspace/", `workspace\`, 1),
		"workspace/../../../../etc/passwd", "workspace/%2e%2e/%2e%2e", strings.Replace(good, "-", "‐", 1),
	}
	eachStore(t, func(t *testing.T, s blob.Store) {
		for _, key := range keys {
			_, err1 := s.SignUpload(t.Context(), request(key, []byte("x")))
			_, err2 := s.SignDownload(t.Context(), blob.DownloadRequest{Key: key, ContentType: "text/plain", Expires: time.Now().Add(time.Minute)})
			_, err3 := s.Stat(t.Context(), key)
			_, err4 := s.Get(t.Context(), key)
			err5 := s.Put(t.Context(), key, "text/plain", 1, strings.NewReader("x"))
			err6 := s.Delete(t.Context(), key)
			for i, err := range []error{err1, err2, err3, err4, err5, err6} {
				if !errors.Is(err, blob.ErrBadKey) {
					t.Errorf("%q, method %d: %v; want ErrBadKey", key, i+1, err)
				}
			}
		}
		for name, change := range map[string]func(*blob.UploadRequest){
			"size 0":    func(r *blob.UploadRequest) { r.Size = 0 },
			"size -1":   func(r *blob.UploadRequest) { r.Size = -1 },
			"no type":   func(r *blob.UploadRequest) { r.ContentType = "" },
			"long type": func(r *blob.UploadRequest) { r.ContentType = strings.Repeat("x", 256) },
			"bad type":  func(r *blob.UploadRequest) { r.ContentType = "text/plain\r\nX: y" },
			"too far":   func(r *blob.UploadRequest) { r.Expires = time.Now().Add(8 * 24 * time.Hour) },
		} {
			req := request(newKey(), []byte("x"))
			change(&req)
			if up, err := s.SignUpload(t.Context(), req); err == nil {
				t.Errorf("%s: signed %+v", name, up)
			}
		}
	})
}
