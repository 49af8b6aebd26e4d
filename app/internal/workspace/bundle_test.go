package workspace_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/testdb"
	"github.com/task-tracker/task-tracker/app/internal/workspace"
)

// bundle is a workspace with one member of each role, and an outsider.
type bundle struct {
	db         *store.DB
	accounts   *store.Accounts
	workspaces *workspace.Service
	id         uuid.UUID
	people     map[auth.Role]auth.Principal

	mu     sync.Mutex
	passed time.Duration // since the real time
}

func (b *bundle) now() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Now().Add(b.passed)
}

func (b *bundle) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.passed += d
}

func each(t *testing.T, fn func(t *testing.T, b *bundle)) {
	t.Helper()
	for _, engine := range []store.Engine{store.SQLite, store.MySQL} {
		t.Run(string(engine), func(t *testing.T) {
			t.Parallel()
			b := &bundle{people: map[auth.Role]auth.Principal{}}
			b.db = testdb.Open(t, engine, store.Options{Now: b.now})
			b.accounts = store.NewAccounts(b.db)
			b.workspaces = workspace.NewService(store.NewWorkspaces(b.db), store.NewMembers(b.db), store.NewInvitations(b.db))
			owner := b.person(t, "owner@example.com")
			w, err := b.workspaces.Create(t.Context(), owner, "Acme")
			if err != nil {
				t.Fatal(err)
			}
			b.id = w.ID
			b.people[auth.RoleOwner], b.people[auth.RoleNone] = owner, b.person(t, "outsider@example.com")
			for _, role := range []auth.Role{auth.RoleAdmin, auth.RoleMember, auth.RoleViewer} {
				b.people[role] = b.join(t, string(role)+"@example.com", role)
			}
			fn(t, b)
		})
	}
}

func (b *bundle) person(t *testing.T, email string) auth.Principal {
	t.Helper()
	a, err := b.accounts.Create(t.Context(), account.NewAccount{Email: email, Name: email, PasswordHash: "of somebody who can log in"})
	if err != nil {
		t.Fatal(err)
	}
	return auth.Principal{AccountID: a.ID, Name: a.Name, Email: a.Email, Scopes: auth.Scopes()}
}

// join makes a new person a member by invitation.
func (b *bundle) join(t *testing.T, email string, role auth.Role) auth.Principal {
	t.Helper()
	p := b.person(t, email)
	if _, err := b.workspaces.Accept(t.Context(), p, b.invite(t, workspace.InvitationInput{Role: role}).Secret); err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *bundle) invite(t *testing.T, in workspace.InvitationInput) workspace.CreatedInvitation {
	t.Helper()
	inv, err := b.workspaces.Invite(t.Context(), b.people[auth.RoleOwner], b.id, in)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func wantCode(t *testing.T, err error, code apperr.Code) {
	t.Helper()
	if !apperr.Is(err, code) {
		t.Fatalf("got %v, want %s", err, code)
	}
}

// outcome is "" for success, else the code.
func outcome(err error) apperr.Code {
	if err == nil {
		return ""
	}
	return apperr.From(err).Code
}

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
