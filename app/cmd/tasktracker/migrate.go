package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

func newMigrateCmd(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "migrate", Short: "Bring the database's schema up to date, or show how far it is", Args: noArgs, RunE: needsSubcommand}
	cmd.AddCommand(newMigrateUpCmd(e), newMigrateStatusCmd(e))
	return cmd
}

// needsSubcommand is what a command does that does nothing itself.
func needsSubcommand(cmd *cobra.Command, _ []string) error {
	var names []string
	for _, c := range cmd.Commands() {
		names = append(names, c.Name())
	}
	return usageError{fmt.Errorf("%s needs one of: %s", cmd.CommandPath(), strings.Join(names, ", "))}
}

func newMigrateUpCmd(e *env) *cobra.Command {
	var wait time.Duration
	var ensureUser, asJSON bool
	cmd := &cobra.Command{
		Use: "up", Short: "Bring the schema up to date", Args: noArgs,
		Long: `Bring the schema up to date. It ends well when the schema is current, or newer than this program.

On MySQL it uses the login of TASKTRACKER_DATABASE_ADMIN_USER where that is set, else the application's own. With --ensure-user it first
creates the schema and the application's user where they are missing, and gives that user the password of the settings and the rights to
select, insert, update and delete in this schema, and no others.`,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := e.config()
			if err != nil {
				return err
			}
			if ensureUser {
				if err := mayEnsureUser(cfg); err != nil {
					return usageError{err}
				}
			}
			report, err := e.migrateUp(cmd.Context(), cfg, wait, ensureUser)
			if err != nil {
				return explain(fmt.Errorf("database %s: %w", cfg.ShowDatabase(), err))
			}
			if asJSON {
				return e.printJSON(report)
			}
			return e.printMigrated(report)
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "wait so long for the database, as in 2m")
	cmd.Flags().BoolVar(&ensureUser, "ensure-user", false, "MySQL: create or update the application's least-privilege user; a former password stays good until the next change")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

// mayEnsureUser checks that the settings allow it.
func mayEnsureUser(cfg *config.Config) error {
	d := cfg.Database
	switch {
	case d.SQLite():
		return errors.New("--ensure-user is for MySQL; the database is SQLite, which has no users")
	case d.AdminUser == "":
		return errors.New("--ensure-user needs an administrator's login: set TASKTRACKER_DATABASE_ADMIN_USER and TASKTRACKER_DATABASE_ADMIN_PASSWORD")
	case d.AdminUser == d.User():
		return errors.New("TASKTRACKER_DATABASE_ADMIN_USER is the application's own user, which is to have fewer rights; give the application another")
	case d.Password() == "":
		return errors.New("the application's user needs a password: set TASKTRACKER_DATABASE_PASSWORD, or put it into TASKTRACKER_DATABASE_URL")
	}
	return nil
}

// migrated is what `migrate up` did.
type migrated struct {
	Database string             `json:"database"`
	Version  int64              `json:"schema_version"`
	Applied  []store.Migration  `json:"applied"`
	User     *store.EnsuredUser `json:"user,omitempty"`
}

func (e *env) migrateUp(ctx context.Context, cfg *config.Config, wait time.Duration, ensureUser bool) (out migrated, err error) {
	out = migrated{Database: cfg.ShowDatabase(), Applied: []store.Migration{}}
	options := storeOptions(cfg)
	options.ReplicaURL, options.Log = "", slog.New(slog.DiscardHandler)
	if options.URL, err = adminURL(cfg); err != nil {
		return out, err
	}
	options.URL = patient(options.URL)
	deadline := time.Now().Add(wait)
	if ensureUser {
		err := e.await(ctx, cfg, deadline, func(ctx context.Context) error {
			user, err := store.EnsureUser(ctx, options, cfg.Database.User(), cfg.Database.Password())
			out.User = &user
			return err
		})
		if err != nil {
			return out, fmt.Errorf("application user: %w", err)
		}
	}
	db, err := store.Open(options)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := e.await(ctx, cfg, deadline, db.Ping); err != nil {
		return out, err
	}
	err = db.Migrate(ctx, func(m store.Migration) { out.Applied = append(out.Applied, m) })
	if err != nil {
		return out, err
	}
	all, err := db.Migrations(ctx)
	if err != nil {
		return out, err
	}
	out.Version = all[len(all)-1].Version
	return out, nil
}

// adminURL is the database's address with the administrator's login, where there is one.
func adminURL(cfg *config.Config) (string, error) {
	if cfg.Database.AdminUser == "" {
		return cfg.Database.URL, nil
	}
	u, err := url.Parse(cfg.Database.URL)
	if err != nil {
		return "", errors.New("TASKTRACKER_DATABASE_URL cannot be parsed") // without the address: it may hold a password
	}
	u.User = url.UserPassword(cfg.Database.AdminUser, cfg.Database.AdminPassword)
	return u.String(), nil
}

// await tries until try succeeds or the deadline is over, with a growing pause, and says what it waits for. A login that
// is refused is waited for as well: a database that has just been made may not know its users yet.
func (e *env) await(ctx context.Context, cfg *config.Config, deadline time.Time, try func(ctx context.Context) error) error {
	for pause := 250 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
		err := try(ctx)
		left := time.Until(deadline)
		if err == nil || left <= 0 || ctx.Err() != nil {
			return err
		}
		_, _ = fmt.Fprintf(e.stderr, "waiting for the database %s (%s left): %v\n", cfg.ShowDatabase(), left.Round(time.Second), explain(err))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(min(pause, left)):
		}
	}
}

func (e *env) printMigrated(m migrated) error {
	var b strings.Builder
	if m.User != nil {
		fmt.Fprintf(&b, "user %s: %s\n", m.User.Name, m.User.Did)
	}
	const few = 10
	if n := len(m.Applied); n > few {
		fmt.Fprintf(&b, "applied %d steps, from %s to %s\n", n, m.Applied[0].Name, m.Applied[n-1].Name)
	} else {
		for _, a := range m.Applied {
			fmt.Fprintf(&b, "applied %s\n", a.Name)
		}
	}
	if len(m.Applied) == 0 {
		fmt.Fprintf(&b, "%s: nothing to do, the schema is up to date (version %d)\n", m.Database, m.Version)
	} else {
		fmt.Fprintf(&b, "%s: the schema is up to date (version %d)\n", m.Database, m.Version)
	}
	_, err := fmt.Fprint(e.stdout, b.String())
	return err
}

func newMigrateStatusCmd(e *env) *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use: "status", Short: "Show which steps of the schema were applied, and when", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			cfg, err := e.config()
			if err != nil {
				return err
			}
			if err := mustExist(cfg); err != nil {
				return err
			}
			options := storeOptions(cfg)
			options.ReplicaURL, options.Log = "", slog.New(slog.DiscardHandler)
			if options.URL, err = adminURL(cfg); err != nil {
				return err
			}
			db, err := store.Open(options)
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			all, err := db.Migrations(cmd.Context())
			if err != nil {
				return explain(fmt.Errorf("database %s: %w", cfg.ShowDatabase(), err))
			}
			return e.printStatus(all, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (e *env) printStatus(all []store.Migration, asJSON bool) error {
	pending := 0
	for _, m := range all {
		if m.AppliedAt == nil {
			pending++
		}
	}
	if asJSON {
		return e.printJSON(map[string]any{"pending": pending, "migrations": all})
	}
	w := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	for _, m := range all {
		at := "pending"
		if m.AppliedAt != nil {
			at = m.AppliedAt.Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(w, "%05d\t%s\t%s\n", m.Version, m.Name, at); err != nil {
			return err
		}
	}
	if _, err := fmt.Fprintf(w, "%d of %s pending\n", pending, count(len(all), "step")); err != nil {
		return err
	}
	return w.Flush()
}
