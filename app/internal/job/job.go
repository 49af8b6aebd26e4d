package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// Job is something to be done every so often. Run gets a context that ends with the runner or after Timeout.
type Job struct {
	Name    string // snake_case; the label in metrics and logs
	Every   time.Duration
	Timeout time.Duration // Every where 0
	Run     func(ctx context.Context) error
}

// Runner runs jobs, each in a goroutine of its own. Make it with [NewRunner]; add before Run.
type Runner struct {
	log     *slog.Logger
	jobs    []Job
	runs    *prometheus.CounterVec
	seconds *prometheus.HistogramVec
	last    *prometheus.GaugeVec
	// wait is time.After with a jitter, replaced in tests.
	wait func(time.Duration) <-chan time.Time
}

// NewRunner returns a runner whose metrics go to reg.
func NewRunner(log *slog.Logger, reg prometheus.Registerer) *Runner {
	f := promauto.With(reg)
	return &Runner{
		log: log,
		runs: f.NewCounterVec(prometheus.CounterOpts{
			Name: "tasktracker_job_runs_total", Help: "Runs of background jobs by name and outcome (ok, error).",
		}, []string{"job", "outcome"}),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tasktracker_job_duration_seconds", Help: "Time of a run of a background job.",
			Buckets: []float64{.01, .05, .1, .5, 1, 5, 10, 30, 60, 300},
		}, []string{"job"}),
		last: f.NewGaugeVec(prometheus.GaugeOpts{
			Name: "tasktracker_job_last_success_timestamp_seconds", Help: "When a background job last succeeded, in seconds since 1970.",
		}, []string{"job"}),
		wait: func(d time.Duration) <-chan time.Time { return time.After(jitter(d)) },
	}
}

// jitter spreads the processes of a fleet that were started together: 80 to 120 % of d.
func jitter(d time.Duration) time.Duration {
	return d*8/10 + time.Duration(rand.Int64N(int64(d)*4/10+1)) //nolint:gosec // no secret
}

// Add adds a job. It panics where the job could never run: that is a mistake in the wiring.
func (r *Runner) Add(j Job) {
	if j.Name == "" || j.Every <= 0 || j.Run == nil {
		panic(fmt.Sprintf("job: %q has no name, no interval or nothing to run", j.Name))
	}
	if j.Timeout == 0 {
		j.Timeout = j.Every
	}
	r.jobs = append(r.jobs, j)
}

// Run runs all jobs until ctx ends, and returns when every one of them has returned. The first run of a job comes a
// tenth of its interval after the start, so that a process that is restarted often gets it done all the same.
func (r *Runner) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, j := range r.jobs {
		wg.Go(func() {
			for pause := j.Every / 10; ; pause = j.Every {
				select {
				case <-ctx.Done():
					return
				case <-r.wait(pause):
					r.once(ctx, j)
				}
			}
		})
	}
	wg.Wait()
}

func (r *Runner) once(ctx context.Context, j Job) {
	start := time.Now()
	bounded, cancel := context.WithTimeout(ctx, j.Timeout)
	defer cancel()
	err := safely(bounded, j.Run)
	r.seconds.WithLabelValues(j.Name).Observe(time.Since(start).Seconds())
	switch {
	case err == nil:
		r.runs.WithLabelValues(j.Name, "ok").Inc()
		r.last.WithLabelValues(j.Name).SetToCurrentTime()
	case ctx.Err() != nil && errors.Is(err, context.Canceled): // the process stops; the next one goes on
	default:
		r.runs.WithLabelValues(j.Name, "error").Inc()
		level := slog.LevelError
		if apperr.Is(err, apperr.Unavailable) { // the database is away; the next run comes
			level = slog.LevelWarn
		}
		r.log.LogAttrs(ctx, level, "job failed", slog.String("job", j.Name), slog.String("error", err.Error()))
	}
}

// safely turns a panic into an error: a broken job must not end the service.
func safely(ctx context.Context, fn func(context.Context) error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = fmt.Errorf("panic: %v\n%s", fault, debug.Stack())
		}
	}()
	return fn(ctx)
}
