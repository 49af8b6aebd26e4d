package e2e

import "syscall"

// dieWithParent ends a server when the test's process is gone, however it ended.
func dieWithParent() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }
