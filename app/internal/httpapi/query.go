package httpapi

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// checkQuery refuses parameters that the route does not know: a filter with a typing error must not answer with
// everything. Errors: unknown_parameter, invalid_parameter; all faults at once.
func checkQuery(rt *route, raw string) error {
	if raw == "" {
		return nil
	}
	var unknown, invalid []apperr.Field
	seen := make([]string, 0, 8)
	for pair := range strings.SplitSeq(raw, "&") {
		if pair == "" {
			continue
		}
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		value, valueErr := url.QueryUnescape(rawValue)
		known, several := rt.knows(name)
		switch {
		case err != nil || !utf8.ValidString(name):
			unknown = append(unknown, apperr.Field{Pointer: clip(strings.ToValidUTF8(rawName, "?")), Code: "unknown_parameter", Message: "cannot be read"})
		case !known:
			unknown = append(unknown, apperr.Field{Pointer: clip(name), Code: "unknown_parameter", Message: rt.knownParameters()})
		case valueErr != nil || strings.Contains(pair, ";"):
			invalid = append(invalid, apperr.Field{Pointer: name, Code: "invalid_parameter", Message: "must be percent-encoded"})
		case !utf8.ValidString(value) || strings.ContainsRune(value, 0):
			invalid = append(invalid, apperr.Field{Pointer: name, Code: "invalid_parameter", Message: "must be valid UTF-8 without NUL"})
		case !several && contains(seen, name):
			invalid = append(invalid, apperr.Field{Pointer: name, Code: "invalid_parameter", Message: "must be given once only"})
		}
		seen = append(seen, name)
	}
	switch {
	case len(unknown) > 0:
		return &apperr.Error{Code: apperr.UnknownParameter, Message: "The query has a parameter that is not known here.", Fields: unknown[:min(len(unknown), 20)]}
	case len(invalid) > 0:
		return &apperr.Error{Code: apperr.InvalidParameter, Message: "A parameter is not valid.", Fields: invalid[:min(len(invalid), 20)]}
	}
	return nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}

// knows reports whether the route takes the parameter, and whether it takes it several times.
func (rt *route) knows(name string) (known, several bool) {
	for _, q := range rt.query {
		if q == name {
			return true, false
		}
		if base, ok := strings.CutSuffix(q, "*"); ok && base == name {
			return true, true
		}
	}
	return false, false
}

func (rt *route) knownParameters() string {
	if len(rt.query) == 0 {
		return "is not known; this route takes no query parameters"
	}
	return "is not known; this route takes " + strings.ReplaceAll(strings.Join(rt.query, ", "), "*", "")
}
