package blob_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// TestS3WithoutChecksum describes an object that came by another way, with no SHA-256 of
// its own, as from a replica or a copy of a bucket.
func TestS3WithoutChecksum(t *testing.T) {
	t.Parallel()
	s := openS3(t)
	key, content := newKey(), []byte("copied from elsewhere")
	up := sign(t, s, request(newKey(), content)) // its URL names the bucket
	bucket := up.URL[strings.LastIndexByte(strings.TrimRight(up.URL, "/"), '/')+1:]
	if _, err := s3Admin(t).PutObject(t.Context(), &s3.PutObjectInput{
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
	openS3(t)
	for name, target := range map[string]string{
		"no bucket": "s3://no-such-bucket?path_style=true&region=" + s3Region + "&endpoint=" + s3Server.endpoint,
		"no server": "s3://bucket?path_style=true&region=" + s3Region + "&endpoint=http://127.0.0.1:1",
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
