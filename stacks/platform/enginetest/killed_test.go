package enginetest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// TestKilledUpdate kills the engine in the middle of an update with SIGKILL, and goes the way of the runbook for a locked
// stack: the lock is taken away, what was being created is taken over or forgotten, and the next update finishes.
func TestKilledUpdate(t *testing.T) {
	t.Parallel()
	whole := open(t, offline.Options{Stack: "dev"})
	whole.must(whole.Up)
	want := whole.exists()

	b := open(t, offline.Options{Stack: "dev"})
	ended := make(chan error, 1)
	go func() {
		_, err := b.Up(t.Context())
		ended <- err
	}()
	for len(b.Cloud().Objects()) < len(want)/2 {
		select {
		case err := <-ended:
			t.Fatalf("the update ended before it could be killed: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	b.kill()
	if err := <-ended; err == nil {
		t.Fatal("the update survived")
	}
	if _, err := b.Up(t.Context()); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Fatalf("the stack is not locked: %v", err)
	}
	if err := b.Engine().Cancel(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d objects when it was killed, %d operations pending", len(b.exists()), len(b.state().PendingOperations))
	b.takeOver()
	b.must(b.Refresh)
	b.noOrphans()
	b.must(b.Up)
	b.noOrphans()
	if got := b.exists(); !slices.Equal(got, want) {
		t.Errorf("%d objects in the end, %d after an undisturbed update", len(got), len(want))
	}
	b.quiet(b.Up)
}

// takeOver makes a resource of each pending creation that AWS has carried out, and forgets the others.
func (b *bed) takeOver() {
	b.t.Helper()
	state := b.state()
	for _, pending := range state.PendingOperations {
		for _, o := range b.Cloud().Objects() {
			if o.URN == string(pending.Resource.URN) {
				pending.Resource.ID = resource.ID(o.ID)
				state.Resources = append(state.Resources, pending.Resource)
			}
		}
	}
	state.PendingOperations = nil
	text, err := json.Marshal(state)
	if err != nil {
		b.t.Fatal(err)
	}
	if err := b.Engine().Import(b.t.Context(), apitype.UntypedDeployment{Version: 3, Deployment: text}); err != nil {
		b.t.Fatal(err)
	}
}

// kill ends the engine's process, at a moment at which the state file is whole: a file backend writes it in place, where
// the bucket of a real stack takes it at once.
func (b *bed) kill() {
	b.t.Helper()
	pid := b.engineProcess()
	for {
		b.signal(pid, syscall.SIGSTOP)
		text, err := os.ReadFile(filepath.Join(b.dir, "state", ".pulumi", "stacks", "task-tracker", "dev.json"))
		if err == nil && json.Valid(text) {
			b.signal(pid, syscall.SIGKILL)
			return
		}
		b.signal(pid, syscall.SIGCONT)
		time.Sleep(time.Millisecond)
	}
}

func (b *bed) signal(pid int, s syscall.Signal) {
	b.t.Helper()
	if err := syscall.Kill(pid, s); err != nil {
		b.t.Fatal(err)
	}
}

// engineProcess is the process that works in the stack's folder: a child of this one, and no other's.
func (b *bed) engineProcess() int {
	b.t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		b.t.Fatal(err)
	}
	for _, process := range processes {
		folder, err := os.Readlink(filepath.Join(process, "cwd"))
		if err != nil || folder != filepath.Join(b.dir, "work") {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(process)); err == nil {
			return pid
		}
	}
	b.t.Fatal("no engine is running")
	return 0
}
