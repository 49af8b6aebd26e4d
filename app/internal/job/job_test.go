package job

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

func TestRunner(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		r := NewRunner(slog.New(slog.DiscardHandler), reg)
		good, bad, panics := 0, 0, 0
		r.Add(Job{Name: "good", Every: time.Minute, Run: func(context.Context) error { good++; return nil }})
		r.Add(Job{Name: "bad", Every: time.Minute, Run: func(context.Context) error { bad++; return errors.New("no") }})
		r.Add(Job{Name: "panics", Every: time.Minute, Run: func(context.Context) error { panics++; panic("oh") }})
		r.Add(Job{Name: "slow", Every: time.Minute, Timeout: time.Second, Run: func(ctx context.Context) error {
			<-ctx.Done()
			return ctx.Err()
		}})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			r.Run(ctx)
			close(done)
		}()
		time.Sleep(10 * time.Minute)
		cancel()
		<-done
		for name, n := range map[string]int{"good": good, "bad": bad, "panics": panics} {
			if n < 8 || n > 14 {
				t.Errorf("%s ran %d times in 10 minutes", name, n)
			}
		}
		n, err := testutil.GatherAndCount(reg, "tasktracker_job_runs_total")
		if err != nil || n != 4 {
			t.Errorf("%d series of runs, %v", n, err)
		}
		if got := testutil.ToFloat64(r.runs.WithLabelValues("slow", "error")); got < 8 {
			t.Errorf("a job over its time counts as failed: %v", got)
		}
	})
}

func TestRunnerRefusesNonsense(t *testing.T) {
	t.Parallel()
	defer func() {
		if fault, _ := recover().(string); !strings.Contains(fault, "nothing to run") {
			t.Errorf("got %v", fault)
		}
	}()
	NewRunner(slog.New(slog.DiscardHandler), prometheus.NewRegistry()).Add(Job{Name: "x", Every: time.Second})
}

// TestFailuresAreLoggedByTheirKind warns where the database is away, which mends itself, and logs the rest as errors.
func TestFailuresAreLoggedByTheirKind(t *testing.T) {
	t.Parallel()
	for want, err := range map[string]error{
		"WARN":  apperr.New(apperr.Unavailable, "The database cannot be reached right now."),
		"ERROR": errors.New("a fault of ours"),
	} {
		var log strings.Builder
		r := NewRunner(slog.New(slog.NewTextHandler(&log, nil)), prometheus.NewRegistry())
		r.once(t.Context(), Job{Name: "j", Every: time.Minute, Timeout: time.Minute, Run: func(context.Context) error { return err }})
		if !strings.Contains(log.String(), "level="+want) {
			t.Errorf("%v is logged as %s", err, log.String())
		}
	}
}
