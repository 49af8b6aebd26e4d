package httpapi

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-chi/chi/v5"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// parameterRule is a parameter of a route, with its pattern ready to be matched.
type parameterRule struct {
	api.Parameter
	pattern *regexp.Regexp
}

func newParameterRule(p api.Parameter) parameterRule {
	rule := parameterRule{Parameter: p}
	if p.Pattern != "" {
		rule.pattern = regexp.MustCompile(p.Pattern)
	}
	return rule
}

// parameterRules are those that the contract has for a route.
func parameterRules(method, pattern string) []parameterRule {
	var out []parameterRule
	for _, p := range api.Parameters[method+" "+pattern] {
		out = append(out, newParameterRule(p))
	}
	return out
}

// checkParameters holds what stands in path, query and headers against the bounds of the contract, all of them, so that
// no handler has to. What the contract does not know of the query, checkQuery has refused. Errors: invalid_parameter,
// all faults at once.
func checkParameters(rt *route, r *http.Request) error {
	if len(rt.parameters) == 0 {
		return nil
	}
	var query url.Values
	if r.URL.RawQuery != "" {
		query = r.URL.Query()
	}
	var faults []apperr.Field
	for i := range rt.parameters {
		p := &rt.parameters[i]
		var values []string
		switch p.In {
		case "path":
			value, err := url.PathUnescape(chi.URLParam(r, p.Name))
			if err != nil {
				value = "" // which is no value of any path parameter
			}
			values = []string{value}
		case "query":
			values = query[p.Name]
		case "header":
			// Several lines of a header are one list (RFC 9110, 5.3).
			if lines := r.Header.Values(p.Name); len(lines) > 0 {
				values = []string{strings.Join(lines, ", ")}
			}
		}
		if message := p.fault(values); message != "" {
			faults = append(faults, apperr.Field{Pointer: p.Name, Code: "invalid_parameter", Message: message})
		}
	}
	if len(faults) > 0 {
		return &apperr.Error{Code: apperr.InvalidParameter, Message: "A parameter is not valid.", Fields: faults}
	}
	return nil
}

// fault says what is wrong with the values of a parameter: "" where nothing is. Whether one must be there is the
// generated code's business.
func (p *parameterRule) fault(values []string) string {
	if n := len(values); p.Many && n > 0 && (n < p.MinItems || p.MaxItems > 0 && n > p.MaxItems) {
		return fmt.Sprintf("is given %d times, %d to %d are allowed", n, max(p.MinItems, 1), p.MaxItems)
	}
	for _, value := range values {
		if message := p.valueFault(value); message != "" {
			return message
		}
	}
	return ""
}

func (p *parameterRule) valueFault(value string) string {
	switch p.Type {
	case "boolean":
		if value != "true" && value != "false" {
			return "must be true or false"
		}
		return ""
	case "integer":
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || p.Min != nil && n < *p.Min || p.Max != nil && n > *p.Max {
			return "must be a whole number" + between(p.Min, p.Max)
		}
		return ""
	}
	switch n := utf8.RuneCountInString(value); {
	case p.Format != "":
		return formatFault(p.Format, value)
	case len(p.Enum) > 0 && !slices.Contains(p.Enum, value):
		return "must be one of " + strings.Join(p.Enum, ", ")
	case n < p.MinLength, p.MaxLength > 0 && n > p.MaxLength:
		return fmt.Sprintf("has %d characters, %d to %d are allowed", n, p.MinLength, p.MaxLength)
	case p.pattern != nil && !p.pattern.MatchString(value):
		return "must match the pattern " + p.Pattern
	}
	return ""
}

func between(least, most *int64) string {
	switch {
	case least != nil && most != nil:
		return fmt.Sprintf(" from %d to %d", *least, *most)
	case least != nil:
		return fmt.Sprintf(" from %d on", *least)
	case most != nil:
		return fmt.Sprintf(" of at most %d", *most)
	}
	return ""
}

// formatFault knows the formats that parameters of the contract have; a test holds it against the contract.
func formatFault(format, value string) string {
	switch format {
	case "uuid":
		if _, err := uuid.Parse(value); err != nil || len(value) != uuidLength {
			return "must be a UUID"
		}
	case "date":
		if _, err := time.Parse(time.DateOnly, value); err != nil {
			return "must be a date, YYYY-MM-DD"
		}
	case "date-time":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return "must be a time as RFC 3339 has it, such as 2026-11-16T09:30:00Z, with a + as %2B"
		}
	}
	return ""
}
