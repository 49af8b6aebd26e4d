package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
)

func newTokenCmd(e *env) *cobra.Command {
	cmd := &cobra.Command{Use: "token", Short: "Create personal access tokens", Args: noArgs, RunE: needsSubcommand}
	cmd.AddCommand(newTokenCreateCmd(e))
	return cmd
}

// createdToken is what `token create` prints; Token is shown this once.
type createdToken struct {
	ID          string       `json:"id"`
	Name        string       `json:"name"`
	Scopes      []auth.Scope `json:"scopes"`
	WorkspaceID *uuid.UUID   `json:"workspace_id"`
	ExpiresAt   *time.Time   `json:"expires_at"`
	Token       string       `json:"token"`
}

func newTokenCreateCmd(e *env) *cobra.Command {
	var email, name, expires, workspace string
	var scopes []string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "create", Short: "Create a token for an account, and print it this once", Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			expiry, err := parseExpiry(expires, time.Now())
			if err != nil {
				return usageError{err}
			}
			in := account.TokenInput{Name: name, ExpiresAt: expiry}
			for _, s := range scopes {
				in.Scopes = append(in.Scopes, auth.Scope(strings.TrimSpace(s)))
			}
			if workspace != "" {
				id, err := uuid.Parse(workspace)
				if err != nil {
					return usageError{fmt.Errorf("--workspace: %q is not a workspace's id", workspace)}
				}
				in.Workspace = &id
			}
			return e.withAccounts(cmd.Context(), openExisting, func(_ *store.DB, accounts *account.Service) error {
				t, err := accounts.CreateTokenFor(cmd.Context(), email, in)
				if err != nil {
					return noAccount(err, email)
				}
				out := createdToken{t.ID.String(), t.Name, t.Scopes, t.Workspace, t.ExpiresAt, t.Secret}
				if asJSON {
					return e.printJSON(out)
				}
				until := "never expires"
				if out.ExpiresAt != nil {
					until = "expires " + out.ExpiresAt.Format(time.RFC3339)
				}
				_, err = fmt.Fprintf(e.stdout, "%s\n", out.Token)
				_, noteErr := fmt.Fprintf(e.stderr, "Token %q of %s, scopes %v, %s. It is shown this once.\n", out.Name, email, out.Scopes, until)
				return errors.Join(err, noteErr)
			})
		},
	}
	cmd.Flags().StringVar(&email, "email", "", "whose token it is")
	cmd.Flags().StringVar(&name, "name", "", "what it is for")
	cmd.Flags().StringSliceVar(&scopes, "scopes", []string{"read", "write"}, "read, write, admin")
	cmd.Flags().StringVar(&workspace, "workspace", "", "the id of the one workspace that it acts in; all of the account's without the flag")
	cmd.Flags().StringVar(&expires, "expires", "90d", "how long it lives, as 90d or 12h; or when it ends, as 2027-01-31T00:00:00Z; or never")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return require(cmd, "email", "name")
}

// parseExpiry reads never, a number of days, a duration or a moment.
func parseExpiry(s string, now time.Time) (*time.Time, error) {
	if s == "never" {
		return nil, nil //nolint:nilnil // nil is never
	}
	if at, err := time.Parse(time.RFC3339, s); err == nil {
		return &at, nil
	}
	if days, ok := strings.CutSuffix(s, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			at := now.AddDate(0, 0, n)
			return &at, nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 {
		at := now.Add(d)
		return &at, nil
	}
	return nil, fmt.Errorf("--expires: %q is neither a time to live as 90d or 12h, nor a moment as 2027-01-31T00:00:00Z, nor never", s)
}
