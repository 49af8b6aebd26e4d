package enginetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/task-tracker/task-tracker/infra/awssim"
	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

var kinds = []awssim.Kind{awssim.Fail, awssim.Throttle, awssim.Timeout}

// broken runs a step that an injected fault stops. The engine must know all that exists then.
func (b *bed) broken(step func(context.Context) (*offline.Report, error)) {
	b.t.Helper()
	report, err := step(context.Background())
	if err == nil {
		b.t.Fatal("the step went through in spite of the fault")
	}
	if len(report.Failures) == 0 {
		b.t.Errorf("no word of what failed: %v", err)
	}
	b.noOrphans()
}

// TestFailedCreations makes each tenth creation fail, in one way after another. The next update must finish what was
// begun, and leave nothing that the engine does not know.
func TestFailedCreations(t *testing.T) {
	t.Parallel()
	failedCreations(t, offline.Options{Stack: "dev"}, 10, 10)
}

// TestFailedCreationsOfEverything does so, at fewer places, where all is switched on.
func TestFailedCreationsOfEverything(t *testing.T) {
	t.Parallel()
	failedCreations(t, offline.Options{Root: testdata, Stack: "everything"}, 25, 40)
}

func failedCreations(t *testing.T, o offline.Options, first, step int) {
	t.Helper()
	whole := open(t, o)
	whole.must(whole.Up)
	want := whole.exists()
	for n := first; n <= len(want); n += step {
		kind := kinds[n/step%len(kinds)]
		t.Run(fmt.Sprintf("%s at %d of %d", kind, n, len(want)), func(t *testing.T) {
			t.Parallel()
			o := o
			o.Faults = []awssim.Fault{{Nth: n, Kind: kind}}
			b := open(t, o)
			b.broken(b.Up)
			b.must(b.Up) // the fault struck already
			b.noOrphans()
			if got := b.exists(); !slices.Equal(got, want) {
				t.Errorf("%d objects after the recovery, %d after an undisturbed update", len(got), len(want))
			}
			b.quiet(b.Preview)
		})
	}
}

// TestFailedUpdatesAndDeletions makes each tenth one fail until all are through.
func TestFailedUpdatesAndDeletions(t *testing.T) {
	t.Parallel()
	b := open(t, offline.Options{Stack: "dev"})
	b.must(b.Up)
	for _, tt := range []struct {
		name string
		op   awssim.Op
		step func(context.Context) (*offline.Report, error)
	}{
		{"update of all tags", awssim.OpUpdate, b.Up},
		{"destroy", awssim.OpDelete, b.Destroy},
	} {
		if err := b.Set(map[string]any{"tags.Team": "platform"}); err != nil {
			t.Fatal(err)
		}
		failures := 0
		for {
			b.Cloud().SetFaults(awssim.Fault{Op: tt.op, Nth: 10, Kind: kinds[failures%2]})
			if _, err := tt.step(context.Background()); err == nil {
				break
			}
			failures++
			b.noOrphans()
			if failures > 30 {
				t.Fatalf("%s never ends", tt.name)
			}
		}
		if failures < 5 {
			t.Errorf("%s: %d failures only, so little was tested", tt.name, failures)
		}
		b.Cloud().SetFaults()
		if tt.op == awssim.OpUpdate {
			b.quiet(b.Up)
		}
	}
	if left := b.Cloud().Objects(); len(left) > 0 {
		t.Errorf("destroy left %d objects, the first is %s %s", len(left), left[0].Token, left[0].ID)
	}
}
