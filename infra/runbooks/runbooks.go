package runbooks

import (
	"embed"
	"fmt"
	"regexp"
)

//go:embed *.md
var files embed.FS

// Page is one of the runbooks.
type Page struct {
	Text   string              // all of it, Markdown
	Prose  string              // without the fenced blocks
	Blocks map[string][]string // the fenced blocks by language: bash, yaml
}

var fence = regexp.MustCompile("(?ms)^ *```([a-z]+)\n(.*?)^ *```$")

// Pages returns the runbooks by file name.
func Pages() (map[string]Page, error) {
	entries, err := files.ReadDir(".")
	if err != nil {
		return nil, fmt.Errorf("runbooks: %w", err)
	}
	pages := map[string]Page{}
	for _, entry := range entries {
		text, err := files.ReadFile(entry.Name())
		if err != nil {
			return nil, fmt.Errorf("runbooks: %w", err)
		}
		p := Page{Text: string(text), Prose: fence.ReplaceAllString(string(text), ""), Blocks: map[string][]string{}}
		for _, m := range fence.FindAllStringSubmatch(p.Text, -1) {
			p.Blocks[m[1]] = append(p.Blocks[m[1]], m[2])
		}
		pages[entry.Name()] = p
	}
	return pages, nil
}
