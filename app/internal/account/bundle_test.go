package account_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

const password = "correct horse battery"

// clock is a time that the test moves.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

type bundle struct {
	db         *store.DB
	metrics    *prometheus.Registry
	clock      *clock
	accounts   *account.Service
	workspaces *workspace.Service
}

// each runs a test on both engines with a service of those options.
func each(t *testing.T, o account.Options, fn func(t *testing.T, b *bundle)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			c := &clock{t: time.Now().Truncate(time.Microsecond)}
			b := &bundle{clock: c, metrics: prometheus.NewRegistry()}
			b.db = testdb.Open(t, engine, store.Options{Now: c.now, Registry: b.metrics})
			b.accounts = b.service(t, o)
			b.workspaces = workspace.NewService(store.NewWorkspaces(b.db), store.NewMembers(b.db), store.NewInvitations(b.db))
			fn(t, b)
		})
	}
}

// statements is how many statements were run so far.
func (b *bundle) statements(t *testing.T) (n uint64) {
	t.Helper()
	families, err := b.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "tasktracker_sql_duration_seconds" {
			for _, m := range f.GetMetric() {
				n += m.GetHistogram().GetSampleCount()
			}
		}
	}
	return n
}

// service is another process on the same database.
func (b *bundle) service(t *testing.T, o account.Options) *account.Service {
	t.Helper()
	o.Now = b.clock.now
	s := account.NewService(store.NewAccountStores(b.db), o)
	t.Cleanup(s.Close)
	return s
}

var here = account.SignupContext{Loopback: true}

func signup(email string) account.SignupInput {
	return account.SignupInput{Email: email, Password: password, Name: "Ada"}
}

// first signs the first person up and in.
func (b *bundle) first(t *testing.T) (account.Session, auth.Principal) {
	t.Helper()
	s, err := b.accounts.Signup(t.Context(), signup("ada@example.com"), here)
	if err != nil {
		t.Fatal(err)
	}
	return s, b.principal(t, s.Secret)
}

// user makes an account and signs it in.
func (b *bundle) user(t *testing.T, email string) (account.Session, auth.Principal) {
	t.Helper()
	if _, err := b.accounts.CreateUser(t.Context(), email, "Grace", password); err != nil {
		t.Fatal(err)
	}
	s, err := b.accounts.Login(t.Context(), email, password, account.Client{})
	if err != nil {
		t.Fatal(err)
	}
	return s, b.principal(t, s.Secret)
}

func (b *bundle) principal(t *testing.T, secret string) auth.Principal {
	t.Helper()
	p, err := b.accounts.Authenticate(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// wantCode fails unless err carries the code, and the pointer where one is named.
func wantCode(t *testing.T, err error, code apperr.Code, pointer ...string) {
	t.Helper()
	if !apperr.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
	var e *apperr.Error
	if len(pointer) > 0 && (!errors.As(err, &e) || len(e.Fields) == 0 || e.Fields[0].Pointer != pointer[0]) {
		t.Fatalf("got %v, want a fault at %s", err, pointer[0])
	}
}

// atOnce runs fn n times at once and returns the errors.
func atOnce(ctx context.Context, n int, fn func(ctx context.Context, i int) error) []error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() {
			<-start
			errs[i] = fn(ctx, i)
		})
	}
	close(start)
	wg.Wait()
	return errs
}

func ptr[T any](v T) *T { return &v }

func page(limit int, after *uuid.UUID) account.Page { return account.Page{After: after, Limit: limit} }
