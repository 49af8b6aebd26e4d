package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// page prints a plan.
type page struct {
	Stack   string
	Against string
	Report  *offline.Report
	Err     error
}

var signs = map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-", "import": "="}

func (p page) text(w io.Writer) {
	fmt.Fprintf(w, "Stack %s against %s: %s (%s)\n", p.Stack, p.Against, p.Report.Tally(), p.Report.Took.Round(10*time.Millisecond))
	for _, c := range p.Report.Changes {
		fmt.Fprintf(w, "  %s %-8s %s %s%s\n", signs[c.Op], c.Op, c.Type, c.Name, keys(c, ""))
	}
	if p.Err != nil {
		fmt.Fprintf(w, "FAILED\n%s\n", p.Err)
	}
}

// markdown prints the tally first, then a line per resource, then the details, folded.
func (p page) markdown(w io.Writer) {
	fmt.Fprintf(w, "### Stack `%s` against %s\n\n", p.Stack, p.Against)
	if p.Err != nil {
		fmt.Fprintf(w, "**The preview failed.**\n\n%s\n\n", fenced(p.Err.Error()))
	}
	fmt.Fprintf(w, "**%s** (%s, offline: a stand-in for AWS)\n", p.Report.Tally(), p.Report.Took.Round(10*time.Millisecond))
	changes := p.Report.Changed()
	if len(changes) == 0 {
		return
	}
	fmt.Fprint(w, "\n| | Resource | Name |\n|---|---|---|\n")
	for i, c := range changes {
		if i == 200 {
			fmt.Fprintf(w, "| | %d more | |\n", len(changes)-i)
			break
		}
		fmt.Fprintf(w, "| %s %s | `%s` | `%s` |\n", signs[c.Op], c.Op, c.Type, c.Name)
	}
	var details strings.Builder
	for _, c := range changes {
		if len(c.Keys) > 0 {
			fmt.Fprintf(&details, "%s %s%s\n", signs[c.Op], c.Name, keys(c, "\n    "))
		}
	}
	if details.Len() > 0 {
		fmt.Fprintf(w, "\n<details><summary>Which properties</summary>\n\n%s\n\n</details>\n", fenced(limited(details.String(), 30_000)))
	}
}

// keys lists the properties that differ, those that force a replacement marked.
func keys(c offline.Change, separator string) string {
	if len(c.Keys) == 0 {
		return ""
	}
	var parts []string
	for _, k := range c.Keys {
		text := signs[map[string]string{"add": "create", "delete": "delete"}[k.Kind]]
		if text == "" {
			text = "~"
		}
		text += k.Path
		if k.Replace {
			text += " (replaces)"
		}
		parts = append(parts, text)
	}
	if separator == "" {
		return " [" + strings.Join(parts, ", ") + "]"
	}
	return separator + strings.Join(parts, separator)
}

// fenced puts text into a code block that it cannot leave.
func fenced(text string) string {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	return fence + "text\n" + strings.TrimRight(text, "\n") + "\n" + fence
}

func limited(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	return text[:strings.LastIndexByte(text[:limit], '\n')+1] + "(cut here)\n"
}
