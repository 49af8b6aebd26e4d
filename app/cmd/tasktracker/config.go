package main

import (
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/config"
)

func newConfigCmd(e *env) *cobra.Command {
	var asJSON bool
	var markdown string
	cmd := &cobra.Command{
		Use: "config", Short: "Print the effective settings, secrets hidden", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if markdown != "" {
				return os.WriteFile(markdown, []byte(config.Markdown()), 0o644) //nolint:gosec // documentation, for everybody
			}
			cfg, err := e.config()
			if err != nil {
				return err
			}
			if asJSON {
				return e.printJSON(map[string]any{"settings": cfg.Effective()})
			}
			out := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
			for _, s := range cfg.Effective() {
				value := s.Value
				if s.Set {
					value += "\t(set)"
				}
				if _, err := fmt.Fprintf(out, "%s\t%s\n", s.Name, value); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&markdown, "markdown", "", "write the reference of all settings to this file")
	return cmd
}
