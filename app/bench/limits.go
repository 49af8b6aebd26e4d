package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// limitsResult is what the binary takes, and what it serves in a quarter of a CPU and 512 MiB.
type limitsResult struct {
	BinaryMB    float64    `json:"binary_mb"`
	FirstStart  float64    `json:"first_start_ms"` // to the first /health, with a database to make
	ColdStart   float64    `json:"cold_start_ms"`  // the same, with the database there
	IdleMiB     float64    `json:"idle_mib"`       // resident, ten seconds after the start
	Container   []stepLoad `json:"container,omitempty"`
	Best        *stepLoad  `json:"container_best,omitempty"` // the most that was served at p99 < 250 ms
	PeakMiB     float64    `json:"container_peak_mib,omitempty"`
	NoContainer string     `json:"no_container,omitempty"` // why it could not be measured
}

type stepLoad struct {
	Clients   int     `json:"clients"`
	PerSecond float64 `json:"per_second"`
	P50       float64 `json:"p50_ms"`
	P99       float64 `json:"p99_ms"`
	Errors    int     `json:"errors"`
}

func (r *limitsResult) print(out io.Writer) {
	if r == nil {
		return
	}
	mark := func(ok bool) string {
		if ok {
			return ""
		}
		return " MISSED"
	}
	fmt.Fprintf(out, "binary %.1f MB (< 40%s)\nfirst start to /health %.0f ms, later starts %.0f ms (< 150%s)\nidle memory %.1f MiB (< 64%s)\n",
		r.BinaryMB, mark(r.BinaryMB < 40), r.FirstStart, r.ColdStart, mark(max(r.FirstStart, r.ColdStart) < 150), r.IdleMiB, mark(r.IdleMiB < 64))
	if r.NoContainer != "" {
		fmt.Fprintf(out, "0.25 CPU and 512 MiB: NOT MEASURED: %s\n", r.NoContainer)
		return
	}
	for _, s := range r.Container {
		fmt.Fprintf(out, "0.25 CPU, 512 MiB, %d clients: %.0f requests/s, p50 %.0f ms, p99 %.0f ms, %d errors\n", s.Clients, s.PerSecond, s.P50, s.P99, s.Errors)
	}
	if r.Best != nil {
		fmt.Fprintf(out, "0.25 CPU, 512 MiB: %.0f requests/s at p99 < 250 ms; peak memory %.0f MiB (< 200%s)\n", r.Best.PerSecond, r.PeakMiB, mark(r.PeakMiB < 200))
	} else {
		fmt.Fprintf(out, "0.25 CPU, 512 MiB: p99 < 250 ms MISSED at every load\n")
	}
}

func (b *bench) limits(ctx context.Context, server *mysqlServer) (err error) {
	r := &limitsResult{}
	b.report.Limits = r
	info, err := os.Stat(b.binary)
	if err != nil {
		return err
	}
	r.BinaryMB = float64(info.Size()) / 1e6
	b.say("start and idle memory, on SQLite")
	embedded := "sqlite:" + filepath.Join(b.dir, "embedded.db")
	var starts []float64
	for i := range 6 {
		start, idle, err := b.start(ctx, embedded, i == 5)
		if err != nil {
			return err
		}
		if i == 0 {
			r.FirstStart = start
		} else {
			starts = append(starts, start)
			r.IdleMiB = idle
		}
	}
	r.ColdStart = median(starts)
	return b.container(ctx, server, r)
}

// start measures one start of the embedded service and, where asked, its memory when idle.
func (b *bench) start(ctx context.Context, databaseURL string, idle bool) (startMS, idleMiB float64, err error) {
	addr, err := freeAddr(ctx)
	if err != nil {
		return 0, 0, err
	}
	p, err := b.launch(ctx, databaseURL, nil, addr)
	if err != nil {
		return 0, 0, err
	}
	defer p.stop()
	took, err := await(ctx, "http://"+addr+"/health")
	if err != nil {
		return 0, 0, err
	}
	if _, err := await(ctx, "http://"+addr+"/ready"); err != nil {
		return 0, 0, err
	}
	if idle {
		time.Sleep(10 * time.Second)
		idleMiB, err = resident(p.cmd.Process.Pid, "VmRSS")
	}
	return ms(took), idleMiB, err
}

// resident reads a memory figure of a process, in MiB.
func resident(pid int, field string) (float64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("no %s for process %d", field, pid)
}

// container runs the service in a control group of 0.25 CPU and 512 MiB and loads it with ever more clients.
func (b *bench) container(ctx context.Context, server *mysqlServer, r *limitsResult) (err error) {
	join, remove, why := controlGroup()
	if why != nil {
		r.NoContainer = why.Error()
		return nil
	}
	defer func() { err = errors.Join(err, remove()) }()
	return b.seeded(ctx, server, 16, b.o.tasks, b.o.tasks/4, func(databaseURL string, db *store.DB, token string) error {
		f, err := readFixture(ctx, db.SQL(), token)
		if err != nil {
			return err
		}
		return b.squeeze(ctx, databaseURL, join, f, r)
	})
}

// squeeze loads a service that join puts into its control group.
func (b *bench) squeeze(ctx context.Context, databaseURL, join string, f *fixture, r *limitsResult) error {
	p, err := b.service(ctx, databaseURL, []string{"sh", "-c", join + ` exec "$0" "$@"`})
	if err != nil {
		return err
	}
	defer p.stop()
	for _, clients := range []int{1, 2, 4, 8, 16, 32} {
		b.say("0.25 CPU, 512 MiB: %d clients", clients)
		got, err := load(ctx, p.addr, clients, time.Duration(2*b.o.seconds*float64(time.Second)), f.mixed())
		if err != nil {
			return err
		}
		s := stepLoad{clients, got.perSecond(), ms(got.quantile(.5)), ms(got.quantile(.99)), got.Errors}
		r.Container = append(r.Container, s)
		if s.P99 < 250 && s.Errors == 0 && (r.Best == nil || s.PerSecond > r.Best.PerSecond) {
			r.Best = &s
		}
	}
	r.PeakMiB, err = resident(p.cmd.Process.Pid, "VmHWM")
	return err
}

// controlGroup makes a control group, of version 2 or 1, and returns the shell words that put a process into it.
func controlGroup() (join string, remove func() error, why error) {
	name := fmt.Sprintf("tasktracker-bench-%d", os.Getpid())
	type limit struct{ dir, file, value string }
	root := "/sys/fs/cgroup"
	limits := []limit{{root, "cpu.max", "25000 100000"}, {root, "memory.max", "536870912"}}
	if _, err := os.Stat(filepath.Join(root, "cgroup.controllers")); err != nil {
		limits = []limit{
			{filepath.Join(root, "cpu"), "cpu.cfs_period_us", "100000"},
			{filepath.Join(root, "cpu"), "cpu.cfs_quota_us", "25000"},
			{filepath.Join(root, "memory"), "memory.limit_in_bytes", "536870912"},
		}
	}
	made := map[string]bool{}
	remove = func() (err error) {
		for dir := range made {
			for range 50 { // a group can go once its last process has
				if err = os.Remove(dir); err == nil {
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
		}
		return err
	}
	for _, l := range limits {
		dir := filepath.Join(l.dir, name)
		if !made[dir] {
			if err := os.Mkdir(dir, 0o755); err != nil {
				return "", nil, errors.Join(fmt.Errorf("control groups need root: %w", err), remove())
			}
			made[dir] = true
			join += "echo $$ > " + filepath.Join(dir, "cgroup.procs") + "; "
		}
		if err := os.WriteFile(filepath.Join(dir, l.file), []byte(l.value), 0o600); err != nil {
			return "", nil, errors.Join(fmt.Errorf("control groups: %w", err), remove())
		}
	}
	return join, remove, nil
}
