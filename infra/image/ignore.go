package image

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// ignoreRule is a line of a .dockerignore file.
type ignoreRule struct {
	readmit bool     // !pattern
	parts   []string // of the pattern, between slashes
	pattern *regexp.Regexp
}

// ignoreRules are the lines in their order; the last one that matches decides.
type ignoreRules []ignoreRule

// parseIgnore reads a .dockerignore file. Source: https://docs.docker.com/build/concepts/context/#syntax.
func parseIgnore(text string) (ignoreRules, error) {
	var rules ignoreRules
	for number, raw := range strings.Split(strings.TrimPrefix(text, "\ufeff"), "\n") {
		if strings.HasPrefix(raw, "#") {
			continue
		}
		pattern := strings.TrimSpace(raw)
		rest, readmit := strings.CutPrefix(pattern, "!")
		if pattern == "" {
			continue
		}
		clean := strings.TrimPrefix(path.Clean(strings.TrimSpace(rest)), "/")
		if rest == "" {
			return nil, fmt.Errorf("line %d: %q readmits nothing; name what it is about", number+1, pattern)
		}
		if clean == "." || clean == "" {
			continue // the context itself is never ignored
		}
		matcher, err := regexp.Compile(expression(clean))
		if err != nil {
			return nil, fmt.Errorf("line %d: %q is no pattern; close its bracket, or put \\ before it", number+1, pattern)
		}
		rules = append(rules, ignoreRule{readmit: readmit, parts: strings.Split(clean, "/"), pattern: matcher})
	}
	return rules, nil
}

// expression turns a pattern into a regular expression: ** is any number of folders, * and ? stay within one name.
func expression(pattern string) string {
	var b strings.Builder
	b.WriteString("(?s)^") // a name may have a line break
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; c {
		case '*':
			switch rest := pattern[i:]; {
			case strings.HasPrefix(rest, "**/"):
				b.WriteString("(.*/)?")
				i += 2
			case strings.HasPrefix(rest, "**"):
				b.WriteString(".*")
				i++
			default:
				b.WriteString("[^/]*")
			}
		case '?':
			b.WriteString("[^/]")
		case '[', ']', '-', '^':
			b.WriteByte(c) // a class of characters is written alike
		case '\\':
			if i+1 < len(pattern) {
				i++
			}
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		default:
			b.WriteString(regexp.QuoteMeta(pattern[i : i+1]))
		}
	}
	b.WriteString("$")
	return b.String()
}

// matches reports whether a file, as a path with slashes, stays out of the context. A pattern that matches a folder covers
// what is in it.
func (rules ignoreRules) matches(file string) bool {
	ignored := false
	for _, rule := range rules {
		if rule.readmit == ignored && rule.covers(file) {
			ignored = !rule.readmit
		}
	}
	return ignored
}

func (r ignoreRule) covers(file string) bool {
	for at := file; at != "." && at != "/"; at = path.Dir(at) {
		if r.pattern.MatchString(at) {
			return true
		}
	}
	return false
}

// mayReadmitBelow reports whether some file in an ignored folder could be let in again. It may say yes too often: then a
// folder is walked for nothing.
func (rules ignoreRules) mayReadmitBelow(folder string) bool {
	for _, rule := range rules {
		if rule.readmit && rule.reaches(strings.Split(folder, "/")) {
			return true
		}
	}
	return false
}

func (r ignoreRule) reaches(folder []string) bool {
	for i, name := range folder {
		switch {
		case i >= len(r.parts):
			return false // the pattern names a folder above, and was outweighed by a later line
		case strings.Contains(r.parts[i], "**"), strings.Contains(r.parts[i], "["):
			return true // either may match a slash, so that parts and folders no longer pair up
		case strings.ContainsAny(r.parts[i], `*?\`):
		case r.parts[i] != name:
			return false
		}
	}
	return true
}
