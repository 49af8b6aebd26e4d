package blob

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const testKey = "workspace/01890a5d-ac96-774b-bcce-b302099a8057/01890a5d-ac96-774b-bcce-b302099a8058"

func testSigner(t testing.TB, secret string) urlSigner {
	t.Helper()
	s, err := newURLSigner([]byte(strings.Repeat(secret, 32)), "http://127.0.0.1:3000")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func testGrants(expires time.Time) []grant {
	return []grant{
		{method: http.MethodPut, key: testKey, contentType: "image/png", size: 4711, sha256: [32]byte{1, 2, 31: 3}, expires: expires},
		{method: http.MethodGet, key: testKey, contentType: "text/plain; a=\"b&c\"", filename: "ż&=?\n%.txt", expires: expires},
	}
}

// signedQuery returns the parameters of a signed URL.
func signedQuery(t testing.TB, s urlSigner, g grant) string {
	t.Helper()
	target, err := s.sign(g)
	if err != nil {
		t.Fatal(err)
	}
	base, query, _ := strings.Cut(target, "?")
	if base != "http://127.0.0.1:3000/blobs/"+testKey {
		t.Fatalf("URL: %s", target)
	}
	return query
}

func TestVerify(t *testing.T) {
	t.Parallel()
	s, expires := testSigner(t, "a"), time.Unix(1_800_000_000, 0)
	for _, g := range testGrants(expires) {
		query := signedQuery(t, s, g)
		got, err := s.verify(testKey, query, expires.Add(-time.Nanosecond))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(g, got, cmp.AllowUnexported(grant{})); diff != "" {
			t.Error("(-want +got):\n", diff)
		}
		if _, err := s.verify(testKey, query, expires); !errors.Is(err, ErrExpired) {
			t.Errorf("at its expiry: %v", err)
		}
		if _, err := testSigner(t, "b").verify(testKey, query, expires); !errors.Is(err, ErrBadSignature) {
			t.Errorf("by another key: %v", err)
		}
		// No change of a single byte goes through.
		for i := range len(query) {
			for _, c := range []byte{'0', 'A', '&', '=', '%', '+', query[i] ^ 0x20, query[i] + 1} {
				changed := query[:i] + string(rune(c)) + query[i+1:]
				if got, err := s.verify(testKey, changed, time.Time{}); err == nil {
					if diff := cmp.Diff(g, got, cmp.AllowUnexported(grant{})); diff != "" {
						t.Errorf("%s: accepted with another meaning: %s", changed, diff)
					}
				}
			}
		}
	}
}

// FuzzVerify looks for parameters that pass without having been signed.
func FuzzVerify(f *testing.F) {
	s, expires := testSigner(f, "a"), time.Unix(1_800_000_000, 0)
	grants := testGrants(expires)
	for _, g := range grants {
		f.Add(testKey, signedQuery(f, s, g))
	}
	f.Add(testKey, "method=GET&expires=9999999999&type=a&name=b&sig=")
	f.Add("workspace/../x", "sig=%00&sig=;")
	f.Fuzz(func(t *testing.T, key, query string) {
		got, err := s.verify(key, query, expires.Add(-time.Hour))
		switch {
		case err != nil && !errors.Is(err, ErrBadSignature):
			t.Fatalf("unexpected error: %v", err)
		case err == nil && !cmp.Equal(got, grants[0], cmp.AllowUnexported(grant{})) && !cmp.Equal(got, grants[1], cmp.AllowUnexported(grant{})):
			t.Fatalf("accepted without having been signed: %+v", got)
		}
	})
}

// FuzzDisposition looks for file names that break out of their header.
func FuzzDisposition(f *testing.F) {
	for _, name := range []string{"a.txt", `"; filename=x`, "\r\nSet-Cookie: a", "日本語.pdf", "\xff", strings.Repeat("ü", 200) + ".tar.gz"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		got := disposition(name)
		if strings.Count(got, `"`) != 2 || len(got) > 1100 {
			t.Errorf("%q: %s", name, got)
		}
		for _, c := range []byte(got) {
			if c < ' ' || c > '~' || c == '\\' {
				t.Errorf("%q: byte %#x in %q", name, c, got)
			}
		}
		if clean := cleanFilename(name); len(clean) > maxFilename || clean == "" || clean != cleanFilename(clean) {
			t.Errorf("%q: cleaned to %q, then to %q", name, clean, cleanFilename(clean))
		}
	})
}

func TestLongestHeaderFits(t *testing.T) {
	t.Parallel()
	h := header{Size: 1<<63 - 1, ContentType: strings.Repeat("\\", 255), SHA256: [32]byte(bytes.Repeat([]byte{255}, 32))}
	if got := len(h.encode()); got != headerSize {
		t.Errorf("%d bytes, want %d", got, headerSize)
	}
}
