package main

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
)

// The Markdown of one stack stays below 30,000 bytes, so that two fit into a comment of 65,536 characters.
const (
	maxFailure = 5_000
	maxNote    = 2_000
	maxRows    = 200
	maxTable   = 15_000
	maxDetails = 6_000
)

// page prints a plan.
type page struct {
	Stack   string
	Against string
	Note    string // why it is not against what was asked for
	Report  *offline.Report
	Err     error
}

var signs = map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-", "import": "="}

func (p page) text(w io.Writer) {
	fmt.Fprintf(w, "Stack %s against %s: %s (%s)\n", p.Stack, p.Against, p.Report.Tally(), p.took())
	if p.Note != "" {
		fmt.Fprintf(w, "  %s\n", strings.ReplaceAll(p.Note, "\n", "\n  "))
	}
	for _, said := range p.Report.Warnings {
		fmt.Fprintf(w, "  warning: %s\n", strings.ReplaceAll(said, "\n", "\n  "))
	}
	for _, c := range p.Report.Changes {
		fmt.Fprintf(w, "  %s %-8s %s %s%s\n", signs[c.Op], c.Op, c.Type, c.Name, keys(c, ""))
	}
	if p.Err != nil {
		fmt.Fprintf(w, "FAILED\n%s\n", p.Err)
	}
}

// markdown prints the tally first, then a line per resource, then the details, folded.
func (p page) markdown(w io.Writer) {
	fmt.Fprintf(w, "### Stack `%s` against %s\n\n", p.Stack, cell(p.Against))
	if p.Err != nil {
		fmt.Fprint(w, "**The preview failed.** Until then: ")
	}
	fmt.Fprintf(w, "**%s** (%s, offline: a stand-in for AWS)\n", p.Report.Tally(), p.took())
	if p.Err != nil {
		fmt.Fprintf(w, "\n%s\n", fenced(limited(p.Err.Error(), maxFailure)))
	}
	if p.Note != "" {
		fmt.Fprintf(w, "\n%s\n", folded("Why there is nothing to compare with", limited(p.Note, maxNote)))
	}
	if len(p.Report.Warnings) > 0 {
		fmt.Fprintf(w, "\nWarnings:\n\n%s\n", fenced(limited(strings.Join(p.Report.Warnings, "\n"), maxNote)))
	}
	changes := p.Report.Changed()
	if len(changes) > 0 {
		fmt.Fprint(w, "\n| | Resource | Name |\n|---|---|---|\n")
		fmt.Fprint(w, rows(changes))
	}
	if n := len(p.Report.Changes) - len(changes); n > 0 {
		fmt.Fprintf(w, "\nComponents, which are nothing on AWS, are counted and not listed: %d.\n", n)
	}
	var details strings.Builder
	for _, c := range changes {
		if len(c.Keys) > 0 {
			fmt.Fprintf(&details, "%s %s%s\n", signs[c.Op], c.Name, keys(c, "\n    "))
		}
	}
	if details.Len() > 0 {
		fmt.Fprintf(w, "\n%s\n", folded("Which properties", limited(details.String(), maxDetails)))
	}
}

func (p page) took() time.Duration { return p.Report.Took.Round(10 * time.Millisecond) }

// rows are lines of a table, as many as there is room for.
func rows(changes []offline.Change) string {
	var b strings.Builder
	for i, c := range changes {
		row := fmt.Sprintf("| %s %s | `%s` | `%s` |\n", signs[c.Op], c.Op, cell(c.Type), cell(c.Name))
		if i == maxRows || b.Len()+len(row) > maxTable {
			fmt.Fprintf(&b, "| | %d more | |\n", len(changes)-i)
			break
		}
		b.WriteString(row)
	}
	return b.String()
}

// cell makes text fit for a cell of a table and for code within it.
func cell(text string) string {
	return strings.NewReplacer("|", "¦", "`", "'", "\n", " ", "<", "‹").Replace(text)
}

// keys lists the properties that differ, those that force a replacement marked.
func keys(c offline.Change, separator string) string {
	if len(c.Keys) == 0 {
		return ""
	}
	var parts []string
	for _, k := range c.Keys {
		text := cmp.Or(map[string]string{"add": "+", "delete": "-"}[k.Kind], "~") + k.Path
		switch {
		case k.Old != "" && k.New != "":
			text += ": " + k.Old + " → " + k.New
		case k.Kind != "update" && k.Old+k.New != "":
			text += ": " + k.Old + k.New
		}
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

func folded(title, text string) string {
	return "<details><summary>" + title + "</summary>\n\n" + fenced(text) + "\n\n</details>"
}

// limited cuts text behind a line, or within one that is too long.
func limited(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	end := strings.LastIndexByte(text[:limit], '\n') + 1
	if end == 0 {
		for end = limit; !utf8.RuneStart(text[end]); {
			end--
		}
		return text[:end] + "\n(cut here)\n"
	}
	return text[:end] + "(cut here)\n"
}
