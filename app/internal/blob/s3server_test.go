package blob_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// envS3Server names the binary of the S3 server that .tools/s3 pins (versitygw).
const envS3Server = "TASKTRACKER_TEST_S3_SERVER"

const s3Region = "eu-central-1"

// TestMain gives the SDK's credential chain fixed answers, plays the child of the crash
// test, and ends the S3 server.
func TestMain(m *testing.M) {
	if dir := os.Getenv(envCrashDir); dir != "" {
		crashChild(dir)
		return
	}
	for name, value := range map[string]string{
		"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test-secret", "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "",
	} {
		if err := os.Setenv(name, value); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	s3Server.stop()
	if s3Server.missed.Load() {
		fmt.Fprintf(os.Stderr, "*** %s is unset: THE S3 HALF OF THE ATTACHMENT STORE'S TESTS DID NOT RUN ***\n", envS3Server)
	}
	os.Exit(code)
}

var s3Server server

// server is one S3 server for all tests of a run, each of which has a bucket of its own.
type server struct {
	once     sync.Once
	endpoint string
	err      error
	cmd      *exec.Cmd
	leash    io.Closer
	dir      string
	missed   atomic.Bool // a test went without it
}

// openS3 opens a store on a new bucket of the real server.
func openS3(t *testing.T) *blob.S3 {
	t.Helper()
	binary := os.Getenv(envS3Server)
	if binary == "" {
		s3Server.missed.Store(true)
		const why = "*** " + envS3Server + " is unset: THE S3 HALF DOES NOT RUN ***"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	s3Server.once.Do(func() { s3Server.err = s3Server.start(binary) })
	if s3Server.err != nil {
		t.Fatal("S3 server: ", s3Server.err)
	}
	bucket := "test-" + randomUUID()
	admin := s3Admin(t)
	if _, err := admin.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal(err)
	}
	store, err := blob.Open(t.Context(), fmt.Sprintf("s3://%s?region=%s&endpoint=%s&path_style=true", bucket, s3Region, s3Server.endpoint),
		blob.Options{TempDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	s, ok := store.(*blob.S3)
	if !ok {
		t.Fatalf("Open returned %T", store)
	}
	return s
}

func s3Admin(t *testing.T) *s3.Client {
	t.Helper()
	cfg, err := config.LoadDefaultConfig(t.Context(), config.WithRegion(s3Region), config.WithBaseEndpoint(s3Server.endpoint))
	if err != nil {
		t.Fatal(err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true })
}

func (s *server) start(binary string) error {
	for range 3 { // another process may take the port between our look and the server's
		err := s.try(binary)
		if err == nil {
			return nil
		}
		s.stop()
		s.err = err
	}
	return s.err
}

func (s *server) try(binary string) error {
	var err error
	if s.dir, err = os.MkdirTemp("", "tasktracker-s3-*"); err != nil {
		return err
	}
	data, meta := filepath.Join(s.dir, "data"), filepath.Join(s.dir, "meta")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(meta, 0o700)); err != nil {
		return err
	}
	free, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		return err
	}
	// The shell holds the server on a leash: it ends when this process does, however.
	s.cmd = exec.Command("/bin/sh", "-c", `"$@" & server=$!; cat >/dev/null; kill $server; wait $server`, "sh", //nolint:noctx // ends with the leash
		binary, "--port", addr, "--region", s3Region, "--health", "/health", "--quiet", "posix", "--sidecar", meta, data)
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID=test", "ROOT_SECRET_ACCESS_KEY=test-secret")
	var output bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &output, &output
	if s.leash, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.endpoint = "http://" + addr
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(s.endpoint + "/health") //nolint:noctx // bounded by the loop, on loopback
		if err != nil {
			continue
		}
		if err := resp.Body.Close(); err == nil && resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	s.stop()
	return fmt.Errorf("it did not start: %s", strings.TrimSpace(output.String()))
}

func (s *server) stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.leash.Close()
		_ = s.cmd.Wait() // its status is the signal's
		s.cmd = nil
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
