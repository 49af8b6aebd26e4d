package blob_test

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// TestFullDisk fills a file system of 1 MiB. It takes the right to mount one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatalf("CI must run this test, which takes the right to mount: %v", err)
		}
		t.Skipf("*** A FULL DISK IS NOT TESTED: mounting a small file system: %v ***", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	d := openDisk(t, dir)
	kept, content := newKey(), []byte("stored before the disk was full")
	upload(t, d.Disk, kept, content)

	big, key := bytes.Repeat([]byte("x"), 2<<20), newKey()
	if got := send(t, sign(t, d.Disk, request(key, big)), big); got != 507 || !errors.Is(d.lastError(), blob.ErrNoSpace) {
		t.Errorf("upload: status %d, %v; want ErrNoSpace", got, d.lastError())
	}
	if err := d.Put(t.Context(), key, "text/plain", int64(len(big)), bytes.NewReader(big)); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("Put: %v, want ErrNoSpace", err)
	}
	wantMissing(t, d.Disk, key)
	if left := tempFiles(t, dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}

	// Full to the last byte, the store still opens and serves what it has.
	if err := os.WriteFile(dir+"/filler", big, 0o600); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("filling: %v", err)
	}
	if err := d.Check(t.Context()); !errors.Is(err, blob.ErrNoSpace) {
		t.Errorf("Check: %v, want ErrNoSpace", err)
	}
	again := openDisk(t, dir)
	wantContent(t, again.Disk, kept, content)

	if err := os.Remove(dir + "/filler"); err != nil {
		t.Fatal(err)
	}
	if err := d.Put(t.Context(), key, "text/plain", 5, strings.NewReader("again")); err != nil {
		t.Errorf("with space again: %v", err)
	}
}
