package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

func newImportCmd(e *env) *cobra.Command {
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use: "import [FILE]", Short: "Read a workspace that `export` wrote, all or nothing",
		Long: "Read a workspace that `export` wrote, from a file or from stdin, all or nothing. Accounts are matched by e-mail address;\n" +
			"unknown ones are made without a password, which `user password` sets.",
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usageError{fmt.Errorf("import takes one file, got %q", args)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			file := "-"
			if len(args) == 1 {
				file = args[0]
			} else if isTerminal(e.stdin) {
				return usageError{errors.New("import needs a file, or a workspace on stdin")}
			}
			sum, err := e.importFile(cmd.Context(), file, dryRun)
			if err != nil {
				return explain(err)
			}
			if asJSON {
				return e.printJSON(sum)
			}
			return e.printImported(sum)
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "check everything, change nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	return cmd
}

func (e *env) importFile(ctx context.Context, file string, dryRun bool) (sum imported, err error) {
	cfg, err := e.config()
	if err != nil {
		return sum, err
	}
	in, size := e.stdin, int64(-1)
	if file != "-" {
		f, err := os.Open(file) //nolint:gosec // the operator's own choice
		if err != nil {
			return sum, err
		}
		defer func() { _ = f.Close() }() // it was only read
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			size = info.Size()
		}
		in = f
	}
	db, err := openDatabase(ctx, cfg)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	blobs, err := openBlobs(ctx, cfg)
	if err != nil {
		return sum, err
	}
	transfers := store.NewTransfers(db)
	if err := transfers.Tune(ctx); err != nil {
		return sum, err
	}
	what := "importing"
	if dryRun {
		what = "checking"
	}
	bar := e.newProgress(what, "bytes", size)
	defer bar.finish()
	operator := auth.Principal{Name: "operator", InstanceOwner: true, Scopes: auth.Scopes()}
	if sum.Summary, err = transfer.NewService(transfers, blobs).Import(ctx, operator, io.Reader(&counter{r: in, p: bar}), dryRun); err != nil {
		return sum, err
	}
	if sum.InstanceOwned, err = store.NewAccounts(db).HasOwner(ctx); err != nil {
		return sum, fmt.Errorf("the import is done, but whether the instance has an owner cannot be told: %w", err)
	}
	return sum, nil
}

// imported is what `import` prints.
type imported struct {
	transfer.Summary
	InstanceOwned bool `json:"instance_owned"` // accounts that come with an import never own it
}

func (e *env) printImported(s imported) error {
	var b strings.Builder
	did := "imported"
	if s.DryRun {
		did = "dry run, nothing was changed: would import"
	}
	fmt.Fprintf(&b, "%s %q (%s): %s, %s, %s, %s\n", did, s.Name, s.WorkspaceID,
		count(s.Counts["project"], "project"), count(s.Counts["task"], "task"), count(s.Counts["comment"], "comment"), count(s.Counts["attachment"], "attachment"))
	fmt.Fprintf(&b, "accounts: %d known, %d new", s.AccountsMatched, s.AccountsCreated)
	if s.AccountsCreated > 0 && !s.DryRun {
		b.WriteString(", without a password yet: `tasktracker user password --email …` sets one")
	}
	b.WriteString("\n")
	if !s.InstanceOwned && !s.DryRun {
		b.WriteString("Nobody owns this instance yet: `tasktracker user create --owner --email …` makes one of these accounts, or a new one, the owner\n")
	}
	_, err := fmt.Fprint(e.stdout, b.String())
	return err
}
