package blob_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/blob/s3test"
)

// source gives credentials that are good for as long as the test says: the first call, the second and so on; the last
// again and again. Zero never ends, a negative one is a source that fails.
type source struct {
	mu    sync.Mutex
	lives []time.Duration
	calls int
	ends  time.Time // of the credentials that were given last
}

var errSource = errors.New("the source is away")

// Retrieve implements [aws.CredentialsProvider].
func (s *source) Retrieve(context.Context) (aws.Credentials, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	life := s.lives[min(s.calls, len(s.lives)-1)]
	s.calls++
	if life < 0 {
		return aws.Credentials{}, errSource
	}
	creds := aws.Credentials{AccessKeyID: s3test.AccessKey, SecretAccessKey: s3test.SecretKey}
	if life > 0 {
		s.ends = time.Now().Add(life)
		creds.CanExpire, creds.Expires = true, s.ends
	}
	return creds, nil
}

func (s *source) state() (calls int, ends time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls, s.ends
}

// signedEnd is when a store will refuse what was signed, as the signature itself says.
func signedEnd(t *testing.T, up blob.Upload) time.Time {
	t.Helper()
	if up.Method == http.MethodPost {
		policy, err := base64.StdEncoding.DecodeString(up.Fields["policy"])
		var doc struct{ Expiration time.Time }
		if err == nil {
			err = json.Unmarshal(policy, &doc)
		}
		if err != nil {
			t.Fatal(err)
		}
		return doc.Expiration
	}
	return urlEnd(t, up.URL)
}

func urlEnd(t *testing.T, target string) time.Time {
	t.Helper()
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	from, err1 := time.Parse("20060102T150405Z", u.Query().Get("X-Amz-Date"))
	seconds, err2 := strconv.Atoi(u.Query().Get("X-Amz-Expires"))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return from.Add(time.Duration(seconds) * time.Second)
}

// TestLinksEndWithTheirCredentials signs for a quarter of an hour with credentials that end sooner.
func TestLinksEndWithTheirCredentials(t *testing.T) {
	t.Parallel()
	const wanted = 15 * time.Minute
	for name, c := range map[string]struct {
		lives []time.Duration
		life  time.Duration // of the link; 0 is ErrCredentials, below 0 the source's own error
		calls int           // after an upload and a download were signed
	}{
		"never end":                     {[]time.Duration{0}, wanted, 1},
		"good for longer":               {[]time.Duration{time.Hour}, wanted, 1},
		"renewed":                       {[]time.Duration{6 * time.Minute, time.Hour}, wanted, 2},
		"none better":                   {[]time.Duration{6 * time.Minute}, 6 * time.Minute, 2},
		"source away, some time left":   {[]time.Duration{6 * time.Minute, -1}, 6 * time.Minute, 3},
		"about to end, renewed":         {[]time.Duration{5 * time.Second, time.Hour}, wanted, 2},
		"about to end, none better":     {[]time.Duration{5 * time.Second}, 0, 2},
		"about to end, and source away": {[]time.Duration{5 * time.Second, -1}, 0, 3},
		"source away from the start":    {[]time.Duration{-1}, -1, 2},
	} {
		for _, way := range []string{"post", "put"} {
			t.Run(name+"/"+way, func(t *testing.T) {
				t.Parallel()
				server := theServer(t)
				at, err := blob.ParseURL(server.URL(server.Bucket(t), "upload="+way))
				if err != nil {
					t.Fatal(err)
				}
				src := &source{lives: c.lives}
				at.S3.Credentials = src
				content, before := []byte("within their time"), time.Now()
				s, err := blob.OpenS3(*at.S3, blob.Options{Now: func() time.Time { return before }})
				if err != nil {
					t.Fatal(err)
				}
				req := request(newKey(), content)
				req.Expires = before.Add(wanted)
				up, err := s.SignUpload(t.Context(), req)
				down, downErr := s.SignDownload(t.Context(), blob.DownloadRequest{Key: req.Key, Filename: "x", ContentType: "text/plain", Expires: req.Expires})
				calls, ends := src.state()
				if calls != c.calls {
					t.Errorf("the source was asked %d times, want %d", calls, c.calls)
				}
				if c.life <= 0 {
					target := blob.ErrCredentials
					if c.life < 0 {
						target = errSource
					}
					if !errors.Is(err, target) || !errors.Is(downErr, target) {
						t.Errorf("upload %v, download %v; want %v", err, downErr, target)
					}
					return
				}
				if err := errors.Join(err, downErr); err != nil {
					t.Fatal(err)
				}
				want := req.Expires
				if c.life < wanted {
					want = ends
				}
				for what, end := range map[string]time.Time{"the upload": up.Expires, "the download": down.Expires} {
					if !end.Equal(want.Truncate(time.Second)) {
						t.Errorf("%s is said to end at %s, want %s", what, end, want)
					}
				}
				// The signatures count from when they are made; what is asked of them is never more than the credentials' time.
				slack := time.Since(before)
				for what, end := range map[string]time.Time{"the upload": signedEnd(t, up), "the download": urlEnd(t, down.URL)} {
					if end.After(want.Add(slack)) || end.Before(want.Add(-2*time.Second)) {
						t.Errorf("%s is signed until %s, want %s", what, end, want)
					}
				}
				if got := send(t, up, content); got/100 != 2 {
					t.Errorf("upload: status %d", got)
				}
				if got := fetch(t, down.URL, "", ""); got.status != http.StatusOK {
					t.Errorf("download: status %d", got.status)
				}
			})
		}
	}
}
