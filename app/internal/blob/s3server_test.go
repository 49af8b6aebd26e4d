package blob_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/blob"
	"github.com/task-tracker/task-tracker/app/internal/blob/s3test"
)

// TestMain gives the SDK's credential chain fixed answers, plays the child of the crash
// test, and ends the S3 server.
func TestMain(m *testing.M) {
	if dir := os.Getenv(envCrashDir); dir != "" {
		crashChild(dir)
		return
	}
	for name, value := range s3test.Environ() {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	if s3Server.running != nil {
		s3Server.running.Stop()
	}
	if s3Server.missed.Load() {
		fmt.Fprintf(os.Stderr, "*** %s is unset: THE S3 HALF OF THE ATTACHMENT STORE'S TESTS DID NOT RUN ***\n", s3test.Env)
	}
	os.Exit(code)
}

// s3Server is one S3 server for all tests of a run, each of which has a bucket of its own.
var s3Server struct {
	once    sync.Once
	running *s3test.Server
	err     error
	missed  atomic.Bool // a test went without it
}

func theServer(t *testing.T) *s3test.Server {
	t.Helper()
	if os.Getenv(s3test.Env) == "" {
		s3Server.missed.Store(true)
	}
	binary := s3test.Binary(t)
	s3Server.once.Do(func() { s3Server.running, s3Server.err = s3test.Start(binary) })
	if s3Server.err != nil {
		t.Fatal("S3 server: ", s3Server.err)
	}
	return s3Server.running
}

// openS3 opens a store on a new bucket of the real server; more are parameters of its URL.
func openS3(t *testing.T, more ...string) (s *blob.S3, bucket string) {
	t.Helper()
	server := theServer(t)
	bucket = server.Bucket(t)
	store, err := blob.Open(t.Context(), server.URL(bucket, more...), blob.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := store.(*blob.S3)
	if !ok {
		t.Fatalf("Open returned %T", store)
	}
	return s, bucket
}
