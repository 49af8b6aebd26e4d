// Package fault collects what is wrong with a stack's settings, all at once, each fault with the path of the setting.
package fault

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing that is wrong. It reads `database.storageGiB: 5 is below 20, …; set 20 or more`.
type Fault struct {
	Path    string // of the setting: database.storageGiB, network.zones[1]
	Message string // the value, the rule and the way out
}

func (f Fault) Error() string { return f.Path + ": " + f.Message }

// Set collects faults. Its zero value is empty. A view that [Set.At] returns adds to the same set.
type Set struct {
	root   *Set
	prefix string
	faults []Fault
}

// At returns a view of the set whose paths are below path.
func (s *Set) At(path string) *Set {
	return &Set{root: s.top(), prefix: s.path(path)}
}

// Add records a fault. The message names the value, the rule and the way out.
func (s *Set) Add(path, format string, args ...any) {
	top := s.top()
	f := Fault{Path: s.path(path), Message: fmt.Sprintf(format, args...)}
	if !slices.Contains(top.faults, f) {
		top.faults = append(top.faults, f)
	}
}

// Require records a fault unless ok, and returns ok.
func (s *Set) Require(ok bool, path, format string, args ...any) bool {
	if !ok {
		s.Add(path, format, args...)
	}
	return ok
}

// Within records a fault unless least <= value <= most. Why says whose limit it is.
func (s *Set) Within(path string, value, least, most int, why string) bool {
	switch {
	case value < least:
		s.Add(path, "%d is below %d, %s; set %d to %d", value, least, why, least, most)
	case value > most:
		s.Add(path, "%d is above %d, %s; set %d to %d", value, most, why, least, most)
	default:
		return true
	}
	return false
}

// OneOf records a fault unless value is one of allowed. It names the nearest one.
func (s *Set) OneOf(path, value string, allowed ...string) bool {
	if slices.Contains(allowed, value) {
		return true
	}
	hint := ""
	if near := Nearest(value, allowed); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	s.Add(path, "%q is none of %s%s", value, strings.Join(allowed, ", "), hint)
	return false
}

// Faults returns what was recorded, in the order it was recorded in.
func (s *Set) Faults() []Fault { return s.top().faults }

// Err returns all faults as one error, a line each; nil where there is none.
func (s *Set) Err() error {
	var errs []error
	for _, f := range s.Faults() {
		errs = append(errs, f)
	}
	return errors.Join(errs...)
}

func (s *Set) top() *Set {
	if s.root != nil {
		return s.root
	}
	return s
}

func (s *Set) path(p string) string {
	switch {
	case s.prefix == "":
		return p
	case p == "":
		return s.prefix
	case strings.HasPrefix(p, "["):
		return s.prefix + p
	}
	return s.prefix + "." + p
}

// Nearest returns the candidate that is the fewest edits away from word, or "" where none is near enough to be meant.
func Nearest(word string, candidates []string) string {
	best, distance := "", max(2, len(word)/3)+1
	for _, c := range candidates {
		if d := edits(strings.ToLower(word), strings.ToLower(c)); d < distance {
			best, distance = c, d
		}
	}
	return best
}

// edits is the Levenshtein distance.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
