package config

import (
	"fmt"
	"strings"
)

// Effective is one setting as it holds, safe to print.
type Effective struct {
	Name    string `json:"name"`
	Value   string `json:"value"` // secrets are hidden
	Default string `json:"default"`
	Set     bool   `json:"set"` // by the environment
}

// Effective lists all settings in the order of the documentation.
func (c *Config) Effective() []Effective { return c.effective }

// Markdown is the reference of all settings, CONFIGURATION.md.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`<!-- Code generated from internal/config/settings.go by go generate; DO NOT EDIT. -->
# Settings

The environment is the only source. An empty variable counts as unset unless the table says otherwise. ` +
		"`tasktracker config`" + ` prints what holds, with
secrets hidden; a wrong, missing or unknown ` + "`TASKTRACKER_…`" + ` variable stops every command that uses the settings with exit code 2
(` + "`version`, `completion` and `--help`" + ` do not look at them), and all faults are named at once.

| Variable | Default | Meaning |
|---|---|---|
`)
	for _, s := range table {
		standard := s.when
		if s.standard != "" {
			standard = "`" + strings.ReplaceAll(s.standard, ",", ", ") + "`"
		}
		if standard == "" {
			standard = "none"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", s.name, standard, strings.ReplaceAll(s.doc, "|", `\|`))
	}
	b.WriteString(providers)
	return b.String()
}

// ShowDatabase is the database's address, safe to print.
func (c *Config) ShowDatabase() string { return hidePassword(c.Database.URL) }
