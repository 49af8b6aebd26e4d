package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
)

// asProgram is set where this test binary is to be the program itself.
const asProgram = "TASKTRACKER_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// program starts the program in a process of its own, in which a shell has had SIGINT ignored, and waits until it listens at the URL.
func program(t *testing.T, environ ...string) (cmd *exec.Cmd, url string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), "/bin/sh", "-c", `trap "" INT; exec "$0" serve`, os.Args[0])
	cmd.Dir = t.TempDir()
	cmd.Env = append([]string{asProgram + "=1", "TASKTRACKER_ADDR=127.0.0.1:0", "TASKTRACKER_METRICS_ADDR="}, environ...)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(stderr)
	for lines.Scan() && !strings.Contains(lines.Text(), `"listening"`) {
	}
	var line struct{ Address string }
	if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
		t.Fatalf("%q: %v", lines.Text(), err)
	}
	go func() {
		for lines.Scan() { // so that the program never waits for its reader
		}
	}()
	return cmd, "http://" + line.Address
}

// await waits until /ready answers with a status.
func await(t *testing.T, url string, want int) {
	t.Helper()
	got := 0
	for range 500 {
		if got, _, _ = request(t, "GET", url+"/ready", "", ""); got == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("/ready answers %d, want %d", got, want)
}

func signalTo(t *testing.T, cmd *exec.Cmd, sig syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(sig); err != nil {
		t.Error(err)
	}
}

// The second signal ends the drain at once, also where the first one would be ignored but for us.
func TestSecondSignalEnds(t *testing.T) {
	t.Parallel()
	for sig, code := range map[syscall.Signal]int{syscall.SIGINT: 130, syscall.SIGTERM: 143} {
		cmd, url := program(t, "TASKTRACKER_DRAIN_DELAY=60s")
		await(t, url, http.StatusOK) // else it would end with 0 at the first one
		signalTo(t, cmd, sig)
		await(t, url, http.StatusServiceUnavailable)
		signalTo(t, cmd, sig)
		begin := time.Now()
		err := cmd.Wait()
		var exit *exec.ExitError
		if took := time.Since(begin); !errors.As(err, &exit) || exit.ExitCode() != code || took > 3*time.Second {
			t.Errorf("%v twice: %v after %s, want %d", sig, err, took, code)
		}
	}
}

// A process that never was ready has nobody to turn away.
func TestNoDrainBeforeReady(t *testing.T) {
	t.Parallel()
	cmd, _ := program(t, "TASKTRACKER_DATABASE_URL=mysql://u:p@127.0.0.1:1/x", "TASKTRACKER_DRAIN_DELAY=60s")
	signalTo(t, cmd, syscall.SIGINT)
	begin := time.Now()
	if err := cmd.Wait(); err != nil || time.Since(begin) > 8*time.Second {
		t.Errorf("%v after %s", err, time.Since(begin))
	}
}

// How to make the first account is said while there is none.
func TestFirstAccountBanner(t *testing.T) {
	t.Parallel()
	address := "TASKTRACKER_DATABASE_URL=sqlite:" + filepath.Join(t.TempDir(), "t.db")
	first := start(t, address)
	first.find(t, `(Make the first account)`)
	if status, body, _ := request(t, "POST", first.url+"/v1/signup", "", `{"email":"ada@example.com","password":"correct horse battery","name":"Ada"}`); status != 201 {
		t.Fatalf("%d %v", status, body)
	}
	first.stop()
	first.exit <- <-first.exit
	second := start(t, address)
	second.awaitReady(t)
	second.stop()
	second.exit <- <-second.exit
	if strings.Contains(second.stdout.String(), "first account") {
		t.Errorf("%s", second.stdout)
	}
}

// A command that reads makes no database where there is none.
func TestWrongFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "var", "t.db")
	d := &desk{t: t, dir: dir, environ: []string{"TASKTRACKER_DATABASE_URL=sqlite:" + file, "TASKTRACKER_BLOB_URL=file:" + filepath.Join(dir, "blobs"), "TASKTRACKER_ADDR=127.0.0.1:3456"}}
	for _, args := range [][]string{
		{"migrate", "status"},
		{"export", "--workspace", "Acme"},
		{"token", "create", "--email", "a@example.com", "--name", "n"},
		{"user", "password", "--email", "a@example.com"},
	} {
		d.refuses(1, "there is no database at "+file, args...)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	out, _ := d.run(0, "seed", "--projects", "1", "--tasks", "1", "--comments", "1")
	if !strings.Contains(out, "1 project, 1 task, 1 comment in") || !strings.Contains(out, "'http://127.0.0.1:3456/v1/") {
		t.Errorf("%s", out)
	}
	if _, stderr := d.run(0, "export", "--workspace", "Demo"); !strings.Contains(stderr, "1 task, 1 comment, 0 attachments") {
		t.Errorf("%s", stderr)
	}
}

// While this process makes the schema, nobody is told to make it.
func TestReadinessWhileMigrating(t *testing.T) {
	t.Parallel()
	bothEngines(t, func(t *testing.T, engine store.Engine) {
		db, err := store.Open(store.Options{URL: testdb.URL(t, engine)})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = db.Close() }()
		for migrate, want := range map[bool]string{true: "is bringing the database's schema up to date", false: "run `tasktracker migrate up`"} {
			err := readiness(&config.Config{Database: config.Database{Migrate: migrate}}, db)(t.Context())
			if !strings.Contains(apperr.From(err).Message, want) {
				t.Errorf("MIGRATE auto is %t: %v", migrate, err)
			}
		}
	})
}
