package main

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/config"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

func newUserCmd(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "user", Short: "Create accounts, set their passwords, and say who owns the instance", Args: noArgs, RunE: needsSubcommand}
	cmd.AddCommand(newUserCreateCmd(e), newUserPasswordCmd(e), newUserOwnerCmd(e))
	return cmd
}

// opener is [openDatabase] or [openExisting].
type opener func(ctx context.Context, cfg *config.Config) (*store.DB, error)

// withAccounts runs fn on the service of accounts.
func (e *env) withAccounts(ctx context.Context, open opener, fn func(db *store.DB, accounts *account.Service) error) (err error) {
	cfg, err := e.config()
	if err != nil {
		return err
	}
	db, err := open(ctx, cfg)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	accounts := newAccounts(db, cfg, slog.New(slog.DiscardHandler))
	defer accounts.Close()
	return explain(fn(db, accounts))
}

// createdUser is what `user create` prints. Password is there only where this program made it up.
type createdUser struct {
	ID            string    `json:"id"`
	Email         string    `json:"email"`
	Name          string    `json:"name"`
	InstanceOwner bool      `json:"instance_owner"`
	Password      string    `json:"password,omitempty"`
	CreatedAt     time.Time `json:"created_at"`

	known bool // it was there already
}

func newUserCreateCmd(e *env) *cobra.Command {
	var email, name string
	var fromStdin, owner, asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create an account", Args: noArgs,
		Long: "Create an account. It owns the instance where nobody does; with --owner it is a fault when there is an owner already,\n" +
			"and an account that is there already, as after an import, becomes the owner and keeps its name and password.\n" +
			"Without --password-stdin a password is made up and printed, this once.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, made, err := e.password(fromStdin)
			if err != nil {
				return err
			}
			return e.withAccounts(cmd.Context(), openDatabase, func(db *store.DB, accounts *account.Service) error {
				if owner {
					acc, err := makeOwner(cmd.Context(), db, accounts, email)
					if err == nil {
						return e.printUser(createdUser{ID: acc.ID.String(), Email: acc.Email, Name: acc.Name, InstanceOwner: true, CreatedAt: acc.CreatedAt, known: true}, asJSON)
					}
					if !apperr.Is(err, apperr.NotFound) {
						return err
					}
				}
				if name == "" {
					return usageError{fmt.Errorf("%s needs --name: there is no account with the e-mail address %s", cmd.CommandPath(), email)}
				}
				acc, err := accounts.CreateUser(cmd.Context(), email, name, password)
				if err != nil {
					return err
				}
				return e.printUser(createdUser{acc.ID.String(), acc.Email, acc.Name, acc.InstanceOwner, made, acc.CreatedAt, false}, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the e-mail address to sign in with")
	cmd.Flags().StringVar(&name, "name", "", "the person's name; not needed with --owner for an account that is there already")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from the first line of stdin")
	cmd.Flags().BoolVar(&owner, "owner", false, "make it the owner of the instance")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	require(cmd, "email", "name")
	both, alone := cmd.PreRunE, require(&cobra.Command{}, "email").PreRunE
	cmd.PreRunE = func(cmd *cobra.Command, args []string) error {
		if owner {
			return alone(cmd, args)
		}
		return both(cmd, args)
	}
	return cmd
}

// makeOwner makes an account that is there already the owner, if the instance has none: not_found where it is not.
func makeOwner(ctx context.Context, db *store.DB, accounts *account.Service, email string) (account.Account, error) {
	taken := errors.New("--owner: the instance has an owner already; leave the flag out to make another account")
	switch has, err := store.NewAccounts(db).HasOwner(ctx); {
	case err != nil:
		return account.Account{}, err
	case has:
		return account.Account{}, taken
	}
	acc, err := accounts.MakeOwner(ctx, email)
	if errors.Is(err, account.ErrOwnerExists) {
		err = taken
	}
	return acc, err
}

func newUserPasswordCmd(e *env) *cobra.Command {
	var email string
	var fromStdin, asJSON bool
	cmd := &cobra.Command{
		Use: "password", Short: "Set an account's password, as after an import, and end its sessions", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			password, made, err := e.password(fromStdin)
			if err != nil {
				return err
			}
			return e.withAccounts(cmd.Context(), openExisting, func(_ *store.DB, accounts *account.Service) error {
				acc, err := accounts.SetPassword(cmd.Context(), email, password)
				if err != nil {
					return noAccount(err, email)
				}
				return e.printUser(createdUser{acc.ID.String(), acc.Email, acc.Name, acc.InstanceOwner, made, acc.CreatedAt, false}, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().BoolVar(&fromStdin, "password-stdin", false, "read the password from the first line of stdin")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return require(cmd, "email")
}

func newUserOwnerCmd(e *env) *cobra.Command {
	var email string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "owner", Short: "Make an account the owner of the instance, in place of the one that is", Args: noArgs,
		Long: "Make an account the owner of the instance, in place of the one that is. The former owner keeps their account and its workspaces,\n" +
			"and may delete it from then on.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			return e.withAccounts(cmd.Context(), openExisting, func(_ *store.DB, accounts *account.Service) error {
				acc, err := accounts.HandOver(cmd.Context(), email)
				if err != nil {
					return noAccount(err, email)
				}
				return e.printUser(createdUser{acc.ID.String(), acc.Email, acc.Name, acc.InstanceOwner, "", acc.CreatedAt, false}, asJSON)
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "the account's e-mail address")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return require(cmd, "email")
}

// noAccount says in the operator's words that there is no such account.
func noAccount(err error, email string) error {
	if apperr.Is(err, apperr.NotFound) {
		return fmt.Errorf("there is no account with the e-mail address %s", email)
	}
	return err
}

// require makes flags required, with our exit code.
func require(cmd *cobra.Command, flags ...string) *cobra.Command {
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		var missing []string
		for _, name := range flags {
			if !cmd.Flags().Changed(name) {
				missing = append(missing, "--"+name)
			}
		}
		if len(missing) > 0 {
			return usageError{fmt.Errorf("%s needs %s", cmd.CommandPath(), strings.Join(missing, ", "))}
		}
		return nil
	}
	return cmd
}

// password reads one from stdin, or makes one up, which is then returned as made too.
func (e *env) password(fromStdin bool) (password, made string, err error) {
	if !fromStdin {
		made = rand.Text()
		return made, made, nil
	}
	line, err := bufio.NewReader(io.LimitReader(e.stdin, 4096)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", "", fmt.Errorf("reading the password: %w", err)
	}
	return strings.TrimRight(line, "\r\n"), "", nil
}

func (e *env) printUser(u createdUser, asJSON bool) error {
	if asJSON {
		return e.printJSON(u)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "account   %s\nid        %s\n", u.Email, u.ID)
	if u.Password != "" {
		fmt.Fprintf(&b, "password  %s   (shown this once)\n", u.Password)
	}
	switch {
	case u.known:
		b.WriteString("It was here already and owns this instance now. Its password is what it was, none after an import: `tasktracker user password --email …` sets one.\n")
	case u.InstanceOwner:
		b.WriteString("It owns this instance.\n")
	}
	_, err := fmt.Fprint(e.stdout, b.String())
	return err
}
