package main

import (
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/task-tracker/task-tracker/app/internal/config"
)

func newConfigCmd(e *env) *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use: "config", Short: "Print the effective settings, secrets hidden", Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			if asMarkdown {
				_, err := fmt.Fprint(e.stdout, config.Markdown())
				return err
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
				mark := ""
				if s.Set {
					mark = "(set)"
				}
				if _, err := fmt.Fprintf(out, "%s\t%s\t%s\n", s.Name, s.Value, mark); err != nil {
					return err
				}
			}
			return out.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the reference of all settings")
	return cmd
}
