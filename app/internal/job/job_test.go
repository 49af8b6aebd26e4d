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
