package blob_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/blob/s3test"
)

// TestS3WithoutChecksum describes an object that came by another way, with no SHA-256 of
// its own, as from a replica or a copy of a bucket.
func TestS3WithoutChecksum(t *testing.T) {
	t.Parallel()
	s, bucket := openS3(t)
	key, content := newKey(), []byte("copied from elsewhere")
	if _, err := theServer(t).Admin().PutObject(t.Context(), &s3.PutObjectInput{
		Bucket: &bucket, Key: &key, Body: bytes.NewReader(content), ContentType: aws.String("text/plain; charset=utf-8"),
	}); err != nil {
		t.Fatal(err)
	}
	wantContent(t, s, key, content)
}

// TestS3Unavailable has no bucket, or no server: an error, soon, and never ErrNotFound,
// which would let a caller believe that a blob is gone.
func TestS3Unavailable(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]string{
		"no bucket": theServer(t).URL("no-such-bucket"),
		"no server": "s3://bucket?path_style=true&region=" + s3test.Region + "&endpoint=http://127.0.0.1:1",
	} {
		s, err := blob.Open(t.Context(), target, blob.Options{})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if err := s.Check(t.Context()); err == nil || errors.Is(err, blob.ErrNotFound) {
			t.Errorf("%s: Check: %v", name, err)
		}
		if err := s.Put(t.Context(), newKey(), "text/plain", 1, strings.NewReader("x")); err == nil {
			t.Errorf("%s: Put succeeded", name)
		}
		if name == "no server" {
			if _, err := s.Stat(t.Context(), newKey()); err == nil || errors.Is(err, blob.ErrNotFound) {
				t.Errorf("%s: Stat: %v", name, err)
			}
		}
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
	}
}

// TestS3Put looks at what a client is told to send, and leaves out the length.
func TestS3Put(t *testing.T) {
	t.Parallel()
	s, _ := openS3(t, "upload=put")
	key, content := newKey(), []byte("exactly these bytes")
	req := request(key, content)
	up := sign(t, s, req)
	want := map[string]string{
		"Content-Type": req.ContentType, "X-Amz-Checksum-Sha256": base64.StdEncoding.EncodeToString(req.SHA256[:]),
	}
	if diff := cmp.Diff(want, up.Headers); diff != "" || up.Method != http.MethodPut || len(up.Fields) != 0 {
		t.Errorf("%s with %d fields, headers (-want +got):\n%s", up.Method, len(up.Fields), diff)
	}
	for _, signed := range []string{"content-length", "content-type", "x-amz-checksum-sha256"} {
		if !strings.Contains(up.URL, signed) {
			t.Errorf("the signature does not cover %s: %s", signed, up.URL)
		}
	}
	chunked, err := http.NewRequestWithContext(t.Context(), up.Method, up.URL, io.MultiReader(bytes.NewReader(content)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range up.Headers {
		chunked.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(chunked)
	switch {
	case hungUp(err):
	case err != nil:
		t.Fatal(err)
	default:
		if _ = resp.Body.Close(); resp.StatusCode/100 != 4 {
			t.Errorf("without a length: %s, want 4xx", resp.Status)
		}
	}
	wantMissing(t, s, key)
	if got := send(t, up, content); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	wantContent(t, s, key, content)
}
