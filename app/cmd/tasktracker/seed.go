package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/seed"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

// seeded is what `seed` prints: what was made, and how to try it.
type seeded struct {
	seed.Summary
	Password string  `json:"password,omitempty"` // where the owner's account was made
	Token    string  `json:"token"`
	Seconds  float64 `json:"seconds"`

	url string // where the API is reached
}

// seedTokenLife is how long the token that a seed prints is valid.
const seedTokenLife = 30 * 24 * time.Hour

func newSeedCmd(e *env) *cobra.Command {
	var o seed.Options
	var now string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "seed", Short: "Fill a new workspace with projects, tasks and comments to try things out", Args: noArgs,
		Long: "Fill a new workspace with projects, tasks and comments. The same numbers give the same workspace, ids and times included.\n" +
			"The owner's account is made where it is missing; at the end its password and a token are printed.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch at, err := time.Parse(time.RFC3339, now); {
			case now == "now":
				o.Now = time.Now()
			case now != "" && err != nil:
				return usageError{fmt.Errorf("--now: %q is neither a moment as 2026-11-02T09:00:00Z nor now", now)}
			default:
				o.Now = at
			}
			if err := o.Validate(); err != nil {
				return usageError{explain(err)}
			}
			out, err := e.seed(cmd.Context(), o)
			if err != nil {
				return explain(err)
			}
			if asJSON {
				return e.printJSON(out)
			}
			return e.printSeeded(out)
		},
	}
	f := cmd.Flags()
	f.IntVar(&o.Projects, "projects", 3, "how many projects")
	f.IntVar(&o.Tasks, "tasks", 1000, "how many tasks in all")
	f.IntVar(&o.Comments, "comments", 500, "how many comments in all")
	f.Uint64Var(&o.Seed, "seed", 1, "what all chance follows from")
	f.StringVar(&o.Workspace, "workspace", "Demo", "the workspace's name")
	f.StringVar(&o.OwnerEmail, "owner", "owner@example.com", "the e-mail address of the workspace's owner")
	f.StringVar(&now, "now", "", "when the workspace's history ends: a moment, or now (default "+seed.Reference.Format(time.RFC3339)+")")
	f.BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (e *env) seed(ctx context.Context, o seed.Options) (out seeded, err error) {
	cfg, err := e.config()
	if err != nil {
		return out, err
	}
	out.url = "http://" + cfg.ClientAddr()
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	accounts := newAccounts(db, cfg, slog.New(slog.DiscardHandler))
	defer accounts.Close()
	if out.Password, err = ownerFor(ctx, accounts, o.OwnerEmail); err != nil {
		return out, err
	}
	transfers := store.NewTransfers(db)
	if err := transfers.Tune(ctx); err != nil {
		return out, err
	}
	if db.Engine() == store.MySQL {
		o.Writers = min(4, cfg.Database.MaxConns)
	}
	start := time.Now()
	bar := e.newProgress("seeding", "tasks", int64(o.Tasks))
	out.Summary, err = seed.Run(ctx, transfers, o, func(tasks int) { bar.set(int64(tasks)) })
	bar.finish()
	if err != nil {
		return out, err
	}
	out.Seconds = time.Since(start).Seconds()
	expiry := time.Now().Add(seedTokenLife)
	token, err := accounts.CreateTokenFor(ctx, o.OwnerEmail, account.TokenInput{Name: "seed", Scopes: auth.Scopes(), ExpiresAt: &expiry})
	out.Token = token.Secret
	return out, err
}

// ownerFor makes the owner's account unless it is there, and returns the password that it made up.
func ownerFor(ctx context.Context, accounts *account.Service, email string) (password string, err error) {
	password = rand.Text()
	name, _, _ := strings.Cut(email, "@")
	_, err = accounts.CreateUser(ctx, email, name, password)
	if apperr.Is(err, apperr.AlreadyExists) {
		return "", nil
	}
	return password, err
}

func (e *env) printSeeded(s seeded) error {
	var b strings.Builder
	fmt.Fprintf(&b, "workspace  %s (%s): %s, %s, %s in %.1f s\n", s.Workspace, s.WorkspaceID,
		count(s.Projects, "project"), count(s.Tasks, "task"), count(s.Comments, "comment"), s.Seconds)
	fmt.Fprintf(&b, "owner      %s\n", s.OwnerEmail)
	if s.Password != "" {
		fmt.Fprintf(&b, "password   %s   (shown this once)\n", s.Password)
	}
	fmt.Fprintf(&b, "token      %s   (shown this once; ends in %d days)\n\n", s.Token, int(seedTokenLife.Hours()/24))
	fmt.Fprintf(&b, "Try it, with the server running:\n\n  curl -H 'Authorization: Bearer %s' '%s/v1/workspaces/%s/tasks?q=keys&limit=3'\n", s.Token, s.url, s.WorkspaceID)
	_, err := fmt.Fprint(e.stdout, b.String())
	return err
}
