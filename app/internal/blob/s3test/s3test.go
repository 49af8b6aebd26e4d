// Package s3test runs a real S3 server for tests: versitygw, which .tools/s3 pins.
package s3test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Env names the server's binary.
const Env = "TASKTRACKER_TEST_S3_SERVER"

// What the server knows its one user and its region by.
const (
	Region    = "eu-central-1"
	AccessKey = "test"
	SecretKey = "test-secret"
)

// Environ gives the SDK's credential chain fixed answers.
func Environ() map[string]string {
	return map[string]string{
		"AWS_ACCESS_KEY_ID": AccessKey, "AWS_SECRET_ACCESS_KEY": SecretKey, "AWS_SESSION_TOKEN": "",
		"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
		"AWS_PROFILE": "", "AWS_ENDPOINT_URL": "", "AWS_ENDPOINT_URL_S3": "",
	}
}

// Binary is the server's, or ends the test: loudly, and in CI as a failure.
func Binary(t testing.TB) string {
	t.Helper()
	binary := os.Getenv(Env)
	if binary == "" {
		const why = "*** " + Env + " is unset: WHAT NEEDS AN S3 SERVER IS NOT TESTED ***"
		if os.Getenv("CI") == "true" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	return binary
}

// Server is a running server.
type Server struct {
	Endpoint string // http://127.0.0.1:PORT

	cmd   *exec.Cmd
	leash io.Closer
	dir   string
}

// Start starts a server. It ends with [Server.Stop], or with this process, however that ends.
func Start(binary string) (*Server, error) {
	var err error
	for range 3 { // another process may take the port between our look and the server's
		s := &Server{}
		if err = s.start(binary); err == nil {
			return s, nil
		}
		s.Stop()
	}
	return nil, err
}

// Bucket makes a new bucket and returns its name.
func (s *Server) Bucket(t testing.TB) string {
	t.Helper()
	bucket := "test-" + strings.ToLower(rand.Text())
	if _, err := s.Admin().CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &bucket}); err != nil {
		t.Fatal("S3 server: ", err)
	}
	return bucket
}

// Admin is a client that may do everything.
func (s *Server) Admin() *s3.Client {
	return s3.New(s3.Options{
		Region: Region, BaseEndpoint: &s.Endpoint, UsePathStyle: true,
		Credentials: aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			return aws.Credentials{AccessKeyID: AccessKey, SecretAccessKey: SecretKey}, nil
		}),
	})
}

// URL is what blob.Open takes for a bucket; more are parameters, such as upload=put.
func (s *Server) URL(bucket string, more ...string) string {
	parameters := append([]string{"region=" + Region, "endpoint=" + s.Endpoint, "path_style=true"}, more...)
	return "s3://" + bucket + "?" + strings.Join(parameters, "&")
}

func (s *Server) start(binary string) error {
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
	const leash = `"$@" & server=$!; cat >/dev/null; kill $server; wait $server`
	s.cmd = exec.Command("/bin/sh", "-c", leash, "sh", //nolint:noctx,gosec // it ends with the leash; the binary is the tester's
		binary, "--port", addr, "--region", Region, "--health", "/health", "--quiet", "posix", "--sidecar", meta, data)
	s.cmd.Env = append(os.Environ(), "ROOT_ACCESS_KEY_ID="+AccessKey, "ROOT_SECRET_ACCESS_KEY="+SecretKey)
	var output bytes.Buffer
	s.cmd.Stdout, s.cmd.Stderr = &output, &output
	if s.leash, err = s.cmd.StdinPipe(); err != nil {
		return err
	}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.Endpoint = "http://" + addr
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		resp, err := http.Get(s.Endpoint + "/health") //nolint:noctx // bounded by the loop, on loopback
		if err != nil {
			continue
		}
		if err := resp.Body.Close(); err == nil && resp.StatusCode == http.StatusOK {
			return nil
		}
	}
	s.Stop()
	return fmt.Errorf("it did not start: %s", strings.TrimSpace(output.String()))
}

// Stop ends the server and removes what it stored.
func (s *Server) Stop() {
	if s.cmd != nil && s.cmd.Process != nil {
		_ = s.leash.Close()
		_ = s.cmd.Wait() // its status is the signal's
		s.cmd = nil
	}
	if s.dir != "" {
		_ = os.RemoveAll(s.dir)
	}
}
