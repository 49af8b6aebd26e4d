package enginetest

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/awssim"
)

// A secret of a destroyed stack keeps its name for its recovery window, also in the account that is kept on disk; one whose
// name is made up comes back under another.
func TestADestroyedSecretKeepsItsName(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var days atomic.Int64
	options := awssim.Options{Dir: t.TempDir(), Now: func() time.Time { return start.AddDate(0, 0, int(days.Load())) }}
	b := setup(t, options)
	program := func(inputs pulumi.Map) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			register(ctx, "aws:secretsmanager/secret:Secret", "secret", inputs)
			return nil
		}
	}
	named := program(pulumi.Map{"name": pulumi.String("app")})
	auto := program(pulumi.Map{})
	for _, p := range []pulumi.RunFunc{named, auto} {
		b.mustUp(p, nil)
		b.destroy()
	}
	again, err := awssim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if left := again.Leftovers(); len(left) != 2 || left[0].Name != "app" || !left[0].Until.Equal(start.AddDate(0, 0, 30)) {
		t.Errorf("the account on disk has the leftovers %v", left)
	}
	if _, _, err := b.up(named); err == nil || !strings.Contains(err.Error(), "already scheduled for deletion") {
		t.Errorf("the reserved name was given again: %v", err)
	}
	b.mustUp(auto, nil)
	days.Store(30)
	b.mustUp(named, nil)
}
