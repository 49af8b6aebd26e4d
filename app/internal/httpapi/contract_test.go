package httpapi

import (
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/api"
)

func prefixes(texts ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		out[i] = netip.MustParsePrefix(text)
	}
	return out
}

// specOperation is what the kernel must know of an operation.
type specOperation struct {
	Security    *[]any          `json:"security"`
	Parameters  []specParameter `json:"parameters"`
	RequestBody specRef         `json:"requestBody"`
}

type specRef struct {
	Ref     string         `json:"$ref"`
	Content map[string]any `json:"content"`
}

type specParameter struct {
	Ref    string         `json:"$ref"`
	Name   string         `json:"name"`
	In     string         `json:"in"`
	Schema map[string]any `json:"schema"`
}

type specification struct {
	Paths      map[string]map[string]json.RawMessage `json:"paths"`
	Components struct {
		Parameters    map[string]specParameter  `json:"parameters"`
		RequestBodies map[string]specRef        `json:"requestBodies"`
		Schemas       map[string]map[string]any `json:"schemas"`
	} `json:"components"`
}

func (s specification) parameter(p specParameter) specParameter {
	if p.Ref != "" {
		return s.Components.Parameters[p.Ref[strings.LastIndex(p.Ref, "/")+1:]]
	}
	return p
}

func (s specification) isArray(schema map[string]any) bool {
	if ref, ok := schema["$ref"].(string); ok {
		schema = s.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]]
	}
	return schema["type"] == "array"
}

// seen is a route's policy in the words of the contract.
type seen struct {
	Public   bool
	Query    []string
	Media    []string
	TakesKey bool
}

// TestPoliciesAreTheContracts holds the table of policies against openapi.yaml, route by route.
func TestPoliciesAreTheContracts(t *testing.T) {
	t.Parallel()
	var spec specification
	if err := json.Unmarshal(api.SpecJSON(), &spec); err != nil {
		t.Fatal(err)
	}
	s := New(Options{})
	routes := allRoutes(t, s)
	for path, item := range spec.Paths {
		var shared []specParameter
		if raw, ok := item["parameters"]; ok {
			if err := json.Unmarshal(raw, &shared); err != nil {
				t.Fatal(err)
			}
		}
		for method, raw := range item {
			if method = strings.ToUpper(method); !slices.Contains([]string{"GET", "POST", "PUT", "PATCH", "DELETE"}, method) {
				continue
			}
			var op specOperation
			if err := json.Unmarshal(raw, &op); err != nil {
				t.Fatal(err)
			}
			want := seen{Public: op.Security != nil && len(*op.Security) == 0}
			for _, p := range append(shared, op.Parameters...) {
				switch p = spec.parameter(p); {
				case p.In == "query" && spec.isArray(p.Schema):
					want.Query = append(want.Query, p.Name+"*")
				case p.In == "query":
					want.Query = append(want.Query, p.Name)
				case p.Name == "Idempotency-Key":
					want.TakesKey = true
				}
			}
			body := op.RequestBody
			if body.Ref != "" {
				body = spec.Components.RequestBodies[body.Ref[strings.LastIndex(body.Ref, "/")+1:]]
			}
			for mediaType := range body.Content {
				want.Media = append(want.Media, mediaType)
			}
			i := slices.IndexFunc(routes, func(rt routeUnderTest) bool { return rt.method == method && rt.pattern == path })
			if i < 0 {
				t.Errorf("%s %s is in the contract and not in the router", method, path)
				continue
			}
			got := s.inWords(routes[i])
			slices.Sort(want.Query)
			slices.Sort(want.Media)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s %s (-contract +policy):\n%s", method, path, diff)
			}
		}
	}
	for key := range policies {
		method, pattern, _ := strings.Cut(key, " ")
		if _, ok := spec.Paths[pattern][strings.ToLower(method)]; !ok && !strings.Contains(pattern, "*") && pattern != "/" {
			t.Errorf("the policy of %s is for a route that is not in the contract", key)
		}
	}
}

func (s *Server) inWords(rt routeUnderTest) seen {
	r := &Server{metrics: s.metrics}
	one := r.newRoute(rt.method, rt.pattern)
	out := seen{Public: one.public, Query: slices.Clone(one.query), TakesKey: one.takesKey}
	slices.Sort(out.Query)
	switch {
	case one.body == bodyNDJSON:
		out.Media = []string{"application/x-ndjson"}
	case one.body == bodyByMethod && one.method == http.MethodPatch:
		out.Media = []string{"application/json", "application/merge-patch+json"}
	case one.body == bodyByMethod:
		out.Media = []string{"application/json"}
	}
	return out
}

// TestNullsAreTheContracts holds mayBeNull against openapi.yaml.
func TestNullsAreTheContracts(t *testing.T) {
	t.Parallel()
	var spec specification
	if err := json.Unmarshal(api.SpecJSON(), &spec); err != nil {
		t.Fatal(err)
	}
	want, got := map[string][]string{}, map[string][]string{}
	for name, schema := range spec.Components.Schemas {
		properties, _ := schema["properties"].(map[string]any)
		if schema["additionalProperties"] != false || strings.HasSuffix(name, "Patch") {
			continue
		}
		for field, property := range properties {
			types, _ := property.(map[string]any)["type"].([]any)
			if slices.Contains(types, any("null")) {
				want[name] = append(want[name], field)
			}
		}
		slices.Sort(want[name])
	}
	for typ, fields := range mayBeNull {
		got[typ.Name()] = fields
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-contract +mayBeNull):\n%s", diff)
	}
}
