//go:build darwin || dragonfly || freebsd || illumos || linux || netbsd || openbsd

package blob

import (
	"os"
	"syscall"
)

// lock takes the file's advisory lock, or fails at once if another open file has it. The
// system releases it when the file is closed, also by a kill.
func lock(f *os.File) error {
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
}
