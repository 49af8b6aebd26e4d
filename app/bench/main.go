package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	tasks, clients, rounds int
	seconds                float64
	cases, out             string
	million, limits        bool
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.IntVar(&o.tasks, "tasks", 100_000, "tasks to seed, in 16 projects")
	flags.IntVar(&o.clients, "clients", 16, "connections, each with one request at a time")
	flags.IntVar(&o.rounds, "rounds", 3, "rounds of each case, floor and service in turn")
	flags.Float64Var(&o.seconds, "seconds", 4, "length of a round")
	flags.StringVar(&o.cases, "cases", "get,list,create,create-one,patch,search,stats", "which cases")
	flags.StringVar(&o.out, "o", "", "file for the figures as JSON")
	flags.BoolVar(&o.million, "million", false, "also measure paging through 1,000,000 tasks in one project")
	flags.BoolVar(&o.limits, "limits", true, "also measure size, start, idle memory and what a small container serves")
	floorURL := flags.String("floor", "", "serve the floor on this database (used by the command itself)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *floorURL != "" {
		return serveFloor(ctx, *floorURL, "127.0.0.1:0", stdout)
	}
	if o.clients < 1 || o.clients > 256 || o.rounds < 1 || o.rounds > 50 || o.seconds <= 0 || o.seconds > 120 || o.tasks < 1000 {
		return errors.New("-clients must be 1 to 256, -rounds 1 to 50, -seconds up to 120, -tasks at least 1000")
	}
	dir, err := os.MkdirTemp("", "tasktracker-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir) //nolint:errcheck // a temporary folder
	b := &bench{o: o, dir: dir, out: stdout, log: stderr, report: report{Date: time.Now().UTC(), Tasks: o.tasks, Clients: o.clients, Seconds: o.seconds, Rounds: o.rounds}}
	err = b.run(ctx)
	if o.out != "" && len(b.report.Cases) > 0 {
		err = errors.Join(err, b.report.write(o.out))
	}
	return err
}

// bench is one run of the command.
type bench struct {
	o      options
	dir    string // for the binary, the data, the logs
	binary string
	out    io.Writer
	log    io.Writer
	report report
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.log, "bench: "+format+"\n", args...) }

func (b *bench) run(ctx context.Context) error {
	b.binary = filepath.Join(b.dir, "tasktracker")
	b.say("building")
	if err := b.command(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", b.binary, "./cmd/tasktracker"); err != nil {
		return err
	}
	server, err := b.mysql(ctx)
	if err != nil {
		return err
	}
	defer server.stop()
	err = b.seeded(ctx, server, 16, b.o.tasks, b.o.tasks/4, func(url string, db *store.DB, token string) error {
		return b.compare(ctx, url, db, token)
	})
	if err == nil && b.o.million {
		err = b.seeded(ctx, server, 1, deepTasks, deepTasks/10, func(url string, db *store.DB, token string) error {
			return b.paging(ctx, url, db, token)
		})
	}
	if err == nil && b.o.limits {
		err = b.limits(ctx, server)
	}
	b.report.print(b.out)
	return err
}

// seeded makes a database, fills it, and hands fn its URL, its pool and a token of its owner. It drops it at the end.
func (b *bench) seeded(ctx context.Context, server *mysqlServer, projects, tasks, comments int, fn func(url string, db *store.DB, token string) error) (err error) {
	url, drop, err := server.database(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, drop()) }()
	token, err := b.seed(ctx, url, projects, tasks, comments)
	if err != nil {
		return err
	}
	db, err := store.Open(store.Options{URL: url, MaxConns: 2})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return fn(url, db, token)
}

// compare measures each case on the floor and on the service, in turn.
func (b *bench) compare(ctx context.Context, url string, db *store.DB, token string) error {
	f, err := readFixture(ctx, db.SQL(), token)
	if err != nil {
		return err
	}
	service, err := b.service(ctx, url, nil)
	if err != nil {
		return err
	}
	defer service.stop()
	bare, err := b.floor(ctx, url)
	if err != nil {
		return err
	}
	defer bare.stop()
	wanted := strings.Split(b.o.cases, ",")
	for _, c := range f.cases() {
		if !slices.Contains(wanted, c.Name) {
			continue
		}
		b.say("%s", c.Title)
		result, err := b.measure(ctx, c, service.addr, bare.addr)
		if err != nil {
			return fmt.Errorf("%s: %w", c.Name, err)
		}
		b.report.Cases = append(b.report.Cases, result)
	}
	return b.plans(ctx, db, f)
}

func (b *bench) measure(ctx context.Context, c benchCase, service, bare string) (caseResult, error) {
	r := caseResult{Name: c.Name, Title: c.Title, Target: c.Target}
	round := time.Duration(b.o.seconds * float64(time.Second))
	for i := range b.o.rounds + 1 {
		d := round
		if i == 0 {
			d = time.Second // a warm-up that does not count
		}
		var under outcome
		var err error
		if c.Target > 0 {
			if under, err = load(ctx, bare, b.o.clients, d, c.Next); err != nil {
				return r, fmt.Errorf("floor: %w", err)
			}
		}
		got, err := load(ctx, service, b.o.clients, d, c.Next)
		if err != nil {
			return r, err
		}
		if under.FirstBad != "" {
			return r, fmt.Errorf("floor answered %s", under.FirstBad)
		}
		r.Errors += got.Errors
		if got.FirstBad != "" && r.FirstError == "" {
			r.FirstError = got.FirstBad
		}
		if i == 0 {
			continue
		}
		r.add(got, under)
	}
	r.finish()
	return r, ctx.Err()
}

// plans keeps how MySQL runs the search and the statistics.
func (b *bench) plans(ctx context.Context, db *store.DB, f *fixture) error {
	q := benchQuery(f.places[f.projects[0]].workspace, f.projects[0])
	q.Categories, q.ProjectID, q.Text = nil, [16]byte{}, "deploy cache"
	text, args, err := db.ListStatement(q)
	if err != nil {
		return err
	}
	statements := map[string]string{"search": text}
	arguments := map[string][]any{"search": args}
	id := f.projects[0]
	for name, text := range db.StatsStatements() {
		statements[name], arguments[name] = text, []any{id[:]}
		for range strings.Count(text, "?") - 1 {
			arguments[name] = append(arguments[name], id[:])
		}
	}
	b.report.Plans = map[string]string{}
	for name, text := range statements {
		var plan string
		if err := db.SQL().QueryRowContext(ctx, "EXPLAIN FORMAT=TREE "+text, arguments[name]...).Scan(&plan); err != nil {
			return fmt.Errorf("plan of %s: %w", name, err)
		}
		b.report.Plans[name] = plan
	}
	return nil
}

// seed fills a database and returns a token of its owner.
func (b *bench) seed(ctx context.Context, url string, projects, tasks, comments int) (string, error) {
	b.say("seeding %d tasks in %d project(s)", tasks, projects)
	start := time.Now()
	if _, err := b.tasktracker(ctx, url, "migrate", "up"); err != nil {
		return "", err
	}
	out, err := b.tasktracker(ctx, url, "seed", "--projects", fmt.Sprint(projects), "--tasks", fmt.Sprint(tasks), "--comments", fmt.Sprint(comments), "--seed", "1", "--json")
	if err != nil {
		return "", err
	}
	var made struct {
		Token string `json:"token"`
	}
	if err := json.Unmarshal(out, &made); err != nil || made.Token == "" {
		return "", fmt.Errorf("seed printed no token: %w", err)
	}
	b.report.Seeds = append(b.report.Seeds, seedResult{Tasks: tasks, Seconds: time.Since(start).Seconds()})
	return made.Token, nil
}
