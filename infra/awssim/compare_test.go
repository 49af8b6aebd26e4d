package awssim

import (
	"slices"
	"strings"
	"testing"
)

// pair is a list of two, in one order or the other.
func pair(swapped bool) []any {
	both := list("a", "b")
	if swapped {
		slices.Reverse(both)
	}
	return both
}

// inputsAt are inputs in which a value stands at the end of a path.
func inputsAt(path string, value any) props {
	head, rest, more := strings.Cut(path, ".")
	if !more {
		return props{head: value}
	}
	return props{head: inputsAt(rest, value)}
}

func TestSetsHaveNoOrder(t *testing.T) {
	t.Parallel()
	_, types := setup(t)
	for token, paths := range sets {
		info, ok := types.Types[token]
		if !ok {
			t.Errorf("%s is no type", token)
			continue
		}
		for _, path := range paths {
			kind := kindAt(types, info.Inputs, path)
			if !strings.HasPrefix(kind, "[]") && kind != "any" {
				t.Errorf("%s has no list at %s, but %q", token, path, kind)
			}
			if changes := compare("", "", inputsAt(path, pair(false)), inputsAt(path, pair(true)), paths); len(changes) > 0 {
				t.Errorf("%s: another order of %s is taken for a change: %v", token, path, changes)
			}
		}
	}
}

// kindAt is the kind of the property at a path, "" where there is none.
func kindAt(types *catalogue, in shape, path string) string {
	head, rest, more := strings.Cut(path, ".")
	kind := strings.TrimSuffix(in[head], "!")
	if !more || kind == "any" {
		return kind
	}
	return kindAt(types, types.Blocks[strings.TrimPrefix(kind, "[]")], rest)
}

func TestCompare(t *testing.T) {
	t.Parallel()
	group := func(port float64, peers ...any) props {
		return props{"fromPort": port, "securityGroups": peers}
	}
	for name, test := range map[string]struct {
		old, new props
		want     []string
	}{
		"a list has an order": {props{"steps": list("a", "b")}, props{"steps": list("b", "a")}, []string{"steps[0]", "steps[1]"}},
		"one of a set goes":   {props{"ingress": list("a", "b", "c")}, props{"ingress": list("c", "a")}, []string{"ingress[1]"}},
		"one of a set comes":  {props{"ingress": list("a")}, props{"ingress": list("b", "a")}, []string{"ingress[0]"}},
		"one of a set changes": {
			props{"ingress": list(group(80), group(443, "x"))},
			props{"ingress": list(group(444, "x"), group(80))},
			[]string{"ingress[0].fromPort"},
		},
		"a set in a set": {
			props{"ingress": list(group(80, "x", "y"), group(443))}, props{"ingress": list(group(443), group(80, "y", "x"))}, nil,
		},
		"what is not known yet": {props{"ingress": list("a", "b")}, props{"ingress": list("b", unknown{})}, []string{"ingress[1]"}},
		"absent and empty":      {props{"ingress": list()}, props{}, nil},
		"all goes":              {props{"ingress": list("a"), "name": "n"}, props{}, []string{"ingress", "name"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, c := range compare("", "", test.old, test.new, sets[tGroup]) {
				got = append(got, c.path)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestPoliciesAreComparedByWhatTheySay(t *testing.T) {
	t.Parallel()
	const one = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*","Principal":"*",` +
		`"Condition":{"Bool":{"aws:SecureTransport":true}}},{"Effect":"Deny","Action":["a:B","c:D"],"Resource":"*"}]}`
	for name, test := range map[string]struct {
		other string
		same  bool
	}{
		"spaces": {strings.ReplaceAll(one, ",", " ,\n"), true},
		"lists of one, and order": {`{"Statement":[{"Effect":"Deny","Resource":["*"],"Action":["c:D","a:B"]},{"Condition":{"Bool":{"aws:SecureTransport":["true"]}},` +
			`"Principal":{"AWS":["*"]},"Effect":"Allow","Action":["s3:GetObject"],"Resource":"*"}],"Version":"2012-10-17"}`, true},
		"another action": {strings.Replace(one, "GetObject", "PutObject", 1), false},
		"another effect": {strings.Replace(one, "Deny", "Allow", 1), false},
		"no JSON":        {one + "}", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := alike(one, test.other); got != test.same {
				t.Errorf("alike is %v, want %v", got, test.same)
			}
		})
	}
	if alike(`["a","b"]`, `["b","a"]`) {
		t.Error("a JSON list that is no policy has an order")
	}
}
