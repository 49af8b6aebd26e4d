package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// TestFullDisk puts database and attachments on a file system of 8 MiB and fills it up: 507, nothing that was answered
// is lost, reads go on, and with space again so do writes, without a restart.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=8m")
	s := start(t, options{database: "sqlite:" + filepath.Join(dir, "tasks.db"), dir: dir})
	d := newDesk(s)
	first := d.post(d.tasksPath(), object{"title": "Before"}).want(http.StatusCreated).str("id")
	filler := filepath.Join(dir, "filler")
	for round := range 3 {
		fillDisk(t, filler, 600<<10)
		acked := d.untilFull(fmt.Sprint("round", round))
		d.get("/v1/tasks/" + first).want(http.StatusOK)
		s.anonymous().get("/health").want(http.StatusOK)
		if got := d.upload(s, first); got != nil {
			got.problem(http.StatusInsufficientStorage, "storage_full")
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		for _, title := range acked {
			if n := len(d.get("/v1/workspaces/" + d.workspace + "/tasks?q=" + title).want(http.StatusOK).items()); n != 1 {
				t.Errorf("%q is there %d times, want once", title, n)
			}
		}
		d.post(d.tasksPath(), object{"title": "Space again"}).want(http.StatusCreated)
		if got := d.upload(s, first); got != nil {
			got.want(http.StatusNoContent)
		}
		t.Logf("full disk, round %d: acked=%d before 507", round, len(acked))
		if round == 0 && len(acked) == 0 {
			t.Error("nothing was acknowledged before the disk was full: that nothing is lost is not proven")
		}
	}
	// Full to the last byte, it also stops well and starts again.
	fillDisk(t, filler, 0)
	s.stop()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	d = d.at(start(t, s.opts))
	d.get("/v1/tasks/" + first).want(http.StatusOK)
}

// untilFull creates tasks until the disk is full and returns the titles of those that were acknowledged.
func (d desk) untilFull(prefix string) []string {
	d.t.Helper()
	var acked []string
	for i := range 500 {
		title := fmt.Sprintf("%snumber%03d", prefix, i)
		res := d.post(d.tasksPath(), object{"title": title, "description": strings.Repeat("0123456789abcdef", 2000)})
		if res.status != http.StatusCreated {
			res.problem(http.StatusInsufficientStorage, "storage_full")
			return acked
		}
		acked = append(acked, title)
	}
	d.t.Fatal("500 tasks and the disk is not full")
	return nil
}

// upload reserves and uploads an attachment of 600 kB. It returns the upload's answer, or nil where the reservation, which
// goes to the database, was refused for want of space.
func (d desk) upload(s *server, task string) *response {
	d.t.Helper()
	content := bytes.Repeat([]byte("x"), 600_000)
	sum := sha256.Sum256(content)
	res := d.post("/v1/tasks/"+task+"/attachments", object{
		"filename": "a.txt", "content_type": "text/plain", "size": len(content), "sha256": hex.EncodeToString(sum[:]),
	})
	if res.status == http.StatusInsufficientStorage {
		res.problem(http.StatusInsufficientStorage, "storage_full")
		return nil
	}
	res.want(http.StatusCreated)
	return s.anonymous().do(http.MethodPut, res.str("upload", "url"), raw{"text/plain", string(content)})
}

// fillDisk writes a file until there is no space left, and then gives some back.
func fillDisk(t *testing.T, path string, spare int64) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	block := make([]byte, 4096)
	written := int64(0)
	for {
		n, err := f.Write(block)
		written += int64(n)
		switch {
		case err == nil:
		case !noSpace(err):
			t.Fatal(err)
		default:
			if err := f.Truncate(max(0, written-spare)); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
}

// TestDamagedFiles starts on databases that cannot be used. Each time the message, one line, names the file, what is
// wrong and what to do, and the files are left as they were.
func TestDamagedFiles(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, dir string) string // returns the database's path
		says []string
	}{
		"no database": {func(t *testing.T, dir string) string {
			return writeFile(t, filepath.Join(dir, "tasks.db"), strings.Repeat("This is a shopping list.\n", 400))
		}, []string{"no SQLite database", "TASKTRACKER_DATABASE_URL"}},
		"damaged": {func(t *testing.T, dir string) string {
			s := start(t, options{database: "sqlite:" + filepath.Join(dir, "tasks.db")})
			newDesk(s)
			s.stop()
			path := filepath.Join(dir, "tasks.db")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for i := 100; i < len(content); i++ {
				content[i] = 0xa5
			}
			return writeFile(t, path, string(content))
		}, []string{"damaged", "backup"}},
		"a folder": {func(t *testing.T, dir string) string {
			path := filepath.Join(dir, "tasks.db")
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
			return path
		}, []string{"TASKTRACKER_DATABASE_URL", "writable"}},
		"below a file": {func(t *testing.T, dir string) string {
			return filepath.Join(writeFile(t, filepath.Join(dir, "file"), "x"), "below", "tasks.db")
		}, []string{"TASKTRACKER_DATABASE_URL", "writable"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := c.make(t, dir)
			before := snapshot(t, dir)
			o := options{database: "sqlite:" + path, dir: t.TempDir(), addr: "127.0.0.1:0"}
			tool(t, o, nil, "serve").want(1).line().says(append(c.says, filepath.Dir(path))...)
			tool(t, o, nil, "migrate", "up").want(1).line().says(append(c.says, filepath.Dir(path))...)
			if after := snapshot(t, dir); after != before {
				t.Errorf("the folder was changed:\n%s\nwas\n%s", after, before)
			}
		})
	}
}

// TestReadOnlyDisk starts on a file system that is mounted read-only.
func TestReadOnlyDisk(t *testing.T) {
	t.Parallel()
	dir := smallDisk(t, "size=8m")
	path := filepath.Join(dir, "tasks.db")
	s := start(t, options{database: "sqlite:" + path})
	d := newDesk(s)
	s.stop()
	remount(t, dir, true)
	o := options{database: "sqlite:" + path, dir: t.TempDir(), addr: "127.0.0.1:0"}
	tool(t, o, nil, "serve").want(1).line().says(path, "read-only", "TASKTRACKER_DATABASE_URL")
	o.database = "sqlite:" + filepath.Join(dir, "new", "tasks.db")
	tool(t, o, nil, "serve").want(1).line().says(filepath.Join(dir, "new"), "read-only", "TASKTRACKER_DATABASE_URL")
	remount(t, dir, false)
	again := start(t, s.opts)
	d.at(again).get("/v1/me").want(http.StatusOK)
}

// TestMissingFolders has the folders of the database and of the attachments made, for the eyes of the service alone.
func TestMissingFolders(t *testing.T) {
	t.Parallel()
	deep := filepath.Join(t.TempDir(), "not", "there", "yet")
	s := start(t, options{database: "sqlite:" + filepath.Join(deep, "tasks.db"), env: []string{"TASKTRACKER_BLOB_URL=file:" + filepath.Join(deep, "blobs")}})
	d := newDesk(s)
	task := d.post(d.tasksPath(), object{"title": "Made"}).want(http.StatusCreated).str("id")
	d.upload(s, task).want(http.StatusNoContent)
	info, err := os.Stat(deep)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		t.Errorf("the data's folder has the mode %v: others may read it", mode)
	}
}

func writeFile(t *testing.T, path, content string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// snapshot lists names and contents of a folder's files, but for SQLite's shared memory, which is made anew each time.
func snapshot(t *testing.T, dir string) string {
	t.Helper()
	var out strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			content = []byte("a folder")
		}
		fmt.Fprintf(&out, "%s %x\n", e.Name(), sha256.Sum256(content))
	}
	return out.String()
}

// needMount ends a test that must be able to mount: loudly, and in CI as a failure.
func needMount(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if os.Getenv("CI") != "" {
		t.Fatalf("CI must run this test, which takes the right to mount: %v", err)
	}
	t.Skipf("*** THIS FAULT OF THE DISK IS NOT TESTED on %s: mounting a small file system: %v ***", runtime.GOOS, err)
}
