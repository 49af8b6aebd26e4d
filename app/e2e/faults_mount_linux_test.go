package e2e

import (
	"errors"
	"syscall"
	"testing"
)

// smallDisk mounts a file system of its own and returns where.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	needMount(t, syscall.Mount("tmpfs", dir, "tmpfs", 0, size))
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// remount makes a small disk read-only or writable again.
func remount(t *testing.T, dir string, readOnly bool) {
	t.Helper()
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	if err := syscall.Mount("tmpfs", dir, "tmpfs", flags, ""); err != nil {
		t.Fatal(err)
	}
}

func noSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) }
