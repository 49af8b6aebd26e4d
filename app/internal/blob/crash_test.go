package blob_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// envCrashDir makes the test binary a writer that stores blobs there until it is killed.
const envCrashDir = "TASKTRACKER_TEST_BLOB_CRASH_DIR"

// crashContent is what the writer stores under a key: its size and bytes follow from it.
func crashContent(key string) []byte {
	return []byte(strings.Repeat(key, 1+4000*int(key[len(key)-1]&7)))
}

// crashChild writes from four goroutines and acknowledges each blob on stdout.
func crashChild(dir string) {
	store, err := blob.OpenDisk(dir, blob.Options{})
	if err != nil {
		fmt.Println("failed:", err)
		return
	}
	acks := make(chan string)
	for range 4 {
		go func() {
			for {
				key := newKey()
				content := string(crashContent(key))
				if err := store.Put(context.Background(), key, "text/plain", int64(len(content)), strings.NewReader(content)); err != nil {
					key = "failed: " + err.Error()
				}
				acks <- key
			}
		}()
	}
	for ack := range acks {
		if _, err := fmt.Println(ack); err != nil {
			return // the parent has gone
		}
	}
}

// TestKill kills a writer again and again: what it acknowledged is there, what is there
// is whole, and nothing else stays behind.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var acked []string
	for round := range 5 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), envCrashDir+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for enough := 10 + 7*round; enough > 0 && lines.Scan(); enough-- {
			acked = append(acked, lines.Text())
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() { // acknowledged before the kill
			if line := lines.Text(); blob.ValidateKey(line) == nil {
				acked = append(acked, line)
			}
		}
		_ = cmd.Wait() // killed, as it should be
	}
	left, err := filepath.Glob(filepath.Join(dir, "tmp", "*"))
	if err != nil {
		t.Fatal(err)
	}
	store := openDisk(t, dir)
	for _, key := range acked {
		checkCrashed(t, store, key)
	}
	files, err := filepath.Glob(filepath.Join(dir, "workspace", "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		key, err := filepath.Rel(dir, file)
		if err != nil {
			t.Fatal(err)
		}
		checkCrashed(t, store, filepath.ToSlash(key))
	}
	swept, err := filepath.Glob(filepath.Join(dir, "tmp", "*"))
	if err != nil || len(swept) != 0 {
		t.Errorf("left in tmp after opening: %v, %v", swept, err)
	}
	t.Logf("acknowledged=%d visible=%d partial_swept=%d", len(acked), len(files), len(left))
}

func checkCrashed(t *testing.T, s *diskBundle, key string) {
	t.Helper()
	info, err := s.Stat(t.Context(), key)
	if err != nil {
		t.Errorf("%s: %v", key, err)
	} else if want := int64(len(crashContent(key))); info.Size != want {
		t.Errorf("%s: %d bytes, want %d", key, info.Size, want)
	}
}
