package httpapi

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

func TestCheckParameters(t *testing.T) {
	t.Parallel()
	least, most := int64(1), int64(100)
	rt := &route{}
	for _, p := range []api.Parameter{
		{Name: "id", In: "path", Type: "string", Format: "uuid"},
		{Name: "limit", In: "query", Type: "integer", Min: &least, Max: &most},
		{Name: "q", In: "query", Type: "string", MinLength: 1, MaxLength: 3},
		{Name: "status", In: "query", Type: "string", Format: "uuid", Many: true, MaxItems: 2},
		{Name: "sort", In: "query", Type: "string", Enum: []string{"a", "-a"}},
		{Name: "who", In: "query", Type: "string", Pattern: "^(me|you)$"},
		{Name: "after", In: "query", Type: "string", Format: "date-time"},
		{Name: "day", In: "query", Type: "string", Format: "date"},
		{Name: "archived", In: "query", Type: "boolean"},
		{Name: "Prefer", In: "header", Type: "string", MaxLength: 10},
		{Name: "If-Match", In: "header", Type: "string", MinLength: 1, MaxLength: 10},
	} {
		rt.parameters = append(rt.parameters, newParameterRule(p))
	}
	const id = "01900000-0000-7000-8000-000000000001"
	check := func(id, query string, header http.Header) []string {
		r := httptest.NewRequestWithContext(context.Background(), http.MethodGet, "/"+id+"?"+query, nil)
		r.Header = header
		rc := chi.NewRouteContext()
		rc.URLParams.Add("id", id)
		r = r.WithContext(context.WithValue(r.Context(), chi.RouteCtxKey, rc))
		err := checkParameters(rt, r)
		if err == nil {
			return nil
		}
		var out []string
		for _, f := range apperr.From(err).Fields {
			out = append(out, f.Pointer+" "+f.Message)
		}
		return out
	}
	for _, good := range []string{
		"", "limit=1", "limit=100", "q=%F0%9F%98%80%E6%94%AFx", "status=" + id + "&status=" + strings.ToUpper(id), "sort=-a", "who=me",
		"after=2026-11-16T09%3A30%3A00.5%2B02%3A00", "day=2026-02-28", "archived=true&archived=false", "other=whatever",
	} {
		if got := check(id, good, http.Header{"Prefer": {""}, "If-Match": {`"1"`, `"2"`}}); got != nil {
			t.Errorf("%s: %v", good, got)
		}
	}
	const number, status = "limit must be a whole number from 1 to 100", "status must be a UUID"
	for query, want := range map[string]string{
		"limit=0": number, "limit=101": number, "limit=1e1": number, "limit=": number,
		"q=": "q has 0 characters, 1 to 3 are allowed", "q=abcd": "q has 4 characters, 1 to 3 are allowed",
		"status=" + id + "&status=" + id + "&status=" + id: "status is given 3 times, 1 to 2 are allowed",
		"status=x": status, "status=" + strings.ReplaceAll(id, "-", ""): status, "status=urn:uuid:" + id: status, "status={" + id + "}": status,
		"sort=b": "sort must be one of a, -a", "sort=": "sort must be one of a, -a", "who=them": "who must match the pattern ^(me|you)$",
		"after=2026-11-16": "after must be a time as RFC 3339 has it, such as 2026-11-16T09:30:00Z, with a + as %2B",
		"day=2026-02-29":   "day must be a date, YYYY-MM-DD", "archived=1": "archived must be true or false",
	} {
		if diff := cmp.Diff([]string{want}, check(id, query, nil)); diff != "" {
			t.Errorf("%s:\n%s", query, diff)
		}
	}
	// All faults at once, also those of path and headers.
	got := check("x", "limit=0&q=", http.Header{"Prefer": {"wait=10, x=yz"}, "If-Match": {""}})
	if len(got) != 5 {
		t.Errorf("faults %q, want five", got)
	}
	if got := check(url.PathEscape("{"+id+"}"), "", nil); len(got) != 1 {
		t.Errorf("an escaped path: %q", got)
	}
}

// Every parameter of the contract has a type and a format that checkParameters knows, and every route has its parameters.
func TestParametersAreThoseOfTheContract(t *testing.T) {
	t.Parallel()
	seen := 0
	for operation, parameters := range api.Parameters {
		for _, p := range parameters {
			seen++
			if p.Type != "string" && p.Type != "integer" && p.Type != "boolean" {
				t.Errorf("%s: %s has the type %q", operation, p.Name, p.Type)
			}
			if p.Format != "" && p.Type == "string" && formatFault(p.Format, "nonsense") == "" {
				t.Errorf("%s: %s has the format %q", operation, p.Name, p.Format)
			}
			if p.In != "path" && p.In != "query" && p.In != "header" {
				t.Errorf("%s: %s is in %q", operation, p.Name, p.In)
			}
		}
	}
	routed := 0
	for _, rt := range allRoutes(t, open(t, Options{})) {
		routed += len(api.Parameters[rt.method+" "+rt.pattern])
	}
	if seen < 150 || routed != seen {
		t.Errorf("the contract has %d parameters, the routes %d", seen, routed)
	}
}
