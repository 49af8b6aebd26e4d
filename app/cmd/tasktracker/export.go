package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/store"
	"github.com/task-tracker/task-tracker/app/internal/transfer"
)

// exported is what `export --json` prints.
type exported struct {
	WorkspaceID uuid.UUID        `json:"workspace_id"`
	Name        string           `json:"name"`
	File        string           `json:"file"`
	Bytes       int64            `json:"bytes"`
	Counts      map[string]int64 `json:"counts"`
}

func newExportCmd(e *env) *cobra.Command {
	var workspace, file string
	var asJSON bool
	cmd := &cobra.Command{
		Use: "export", Short: "Write a whole workspace as NDJSON, attachments included", Args: noArgs,
		Long: "Write a whole workspace as NDJSON, one object a line, as it stands at one moment, to stdout or to a file. `import` reads it, on\nany database.",
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && file == "" {
				return usageError{errors.New("--json needs --output: without it, the workspace itself goes to stdout")}
			}
			out, err := e.export(cmd.Context(), workspace, file)
			if err != nil {
				return explain(err)
			}
			if asJSON {
				return e.printJSON(out)
			}
			_, err = fmt.Fprintf(e.stderr, "exported %q (%s): %s, %s, %s, %s\n", out.Name, out.WorkspaceID,
				count(out.Counts["task"], "task"), count(out.Counts["comment"], "comment"), count(out.Counts["attachment"], "attachment"), count(out.Bytes, "byte"))
			return err
		},
	}
	cmd.Flags().StringVar(&workspace, "workspace", "", "the workspace's id or name")
	cmd.Flags().StringVarP(&file, "output", "o", "", "the file to write, which appears only when it is whole")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a summary as JSON")
	return require(cmd, "workspace")
}

func (e *env) export(ctx context.Context, workspace, file string) (out exported, err error) {
	cfg, err := e.config()
	if err != nil {
		return out, err
	}
	db, err := openExisting(ctx, cfg)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	blobs, err := openBlobs(ctx, cfg)
	if err != nil {
		return out, err
	}
	transfers := store.NewTransfers(db)
	if out.WorkspaceID, out.Name, err = transfers.FindWorkspace(ctx, workspace); err != nil {
		return out, err
	}
	out.File = file
	err = e.writeWhole(file, func(w io.Writer) error {
		bar := e.newProgress("exporting", "bytes", -1)
		defer bar.finish()
		c := &counter{w: w, p: bar}
		out.Counts, err = transfer.NewService(transfers, blobs).Dump(ctx, out.WorkspaceID, c)
		out.Bytes = c.n
		return err
	})
	return out, err
}

// writeWhole hands fn stdout, or a file that gets its name when fn has succeeded and the bytes are on the disk.
func (e *env) writeWhole(file string, fn func(w io.Writer) error) (err error) {
	if file == "" {
		return fn(e.stdout)
	}
	part, err := os.OpenFile(file+".part", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600) //nolint:gosec // the operator's own choice
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	err = fn(part)
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return os.Rename(part.Name(), file)
}
