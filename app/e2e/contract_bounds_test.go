package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/pb33f/libopenapi/datamodel/high/base"

	"github.com/task-tracker/task-tracker/app/internal/store"
)

// bound is one rule of the contract on one input of one operation, with values on both sides of it.
type bound struct {
	op       operation
	in       string // body, query, path, header
	pointer  string // as a problem names the input: /title, limit, If-Match
	rule     string // maxLength, pattern, …
	media    string // of the body
	base     any    // a body that is right but for this input
	path     []any  // of the input in the body: names and indices
	repeated bool   // a query parameter that may be given several times, its values in a list
	within   []any  // each must not be refused for this input
	beyond   []any  // each must be refused, and the problem must name this input
}

// String names the rule.
func (b bound) String() string { return fmt.Sprintf("%s: %s %s: %s", b.op, b.in, b.pointer, b.rule) }

// absent as a value leaves the input out.
type absent struct{}

// bounds reads all rules on inputs out of the contract. Nothing is listed by hand, so that a new input comes by itself.
func (c *contract) bounds() []bound {
	var out []bound
	for _, op := range c.operations {
		for _, p := range op.parameters {
			s := schemaOf(p.Schema)
			rules, repeated := rulesOf(p.Name, s), slices.Contains(s.Type, "array")
			if repeated {
				for _, item := range rulesOf(p.Name, schemaOf(s.Items.A)) {
					item.within, item.beyond = lists(item.within), lists(item.beyond)
					rules = append(rules, item)
				}
			}
			for _, r := range rules {
				if r.rule == "type" && slices.Contains(s.Type, "string") {
					continue // all that is sent there is text
				}
				if r.rule == "integer" { // JSON has other forms of a whole number, text has not
					r.within, r.beyond = r.within[:1], append(r.beyond, r.within[1:]...)
				}
				if p.In == "header" { // HTTP drops blanks around a value, and has no line breaks in it
					r.beyond = slices.DeleteFunc(r.beyond, func(v any) bool {
						return textOf(v) != strings.TrimSpace(textOf(v)) || strings.Contains(textOf(v), "\n")
					})
				}
				out = append(out, bound{op: op, in: p.In, pointer: p.Name, rule: r.rule, repeated: repeated, within: r.within, beyond: r.beyond})
			}
		}
		if op.RequestBody == nil {
			continue
		}
		for media, content := range op.RequestBody.Content.FromOldest() {
			if !strings.HasSuffix(media, "/json") && !strings.HasSuffix(media, "+json") {
				continue // an import has rules of its own, and tests for them
			}
			s := schemaOf(content.Schema)
			walkBody(s, minimal("", s), nil, func(path []any, name string, required bool, s *base.Schema, whole any) {
				rules := rulesOf(name, s)
				if required {
					rules = append(rules, rule{rule: "required", beyond: []any{absent{}}})
				}
				for _, r := range rules {
					out = append(out, bound{
						op: op, in: "body", pointer: pointerOf(path), rule: r.rule, media: media, base: whole, path: path, within: r.within, beyond: r.beyond,
					})
				}
			})
		}
	}
	return out
}

func lists(values []any) []any {
	out := make([]any, len(values))
	for i, v := range values {
		out[i] = []any{v}
	}
	return out
}

func pointerOf(path []any) string {
	out := ""
	for _, step := range path {
		out += "/" + fmt.Sprint(step)
	}
	return out
}

// walkBody visits every input of a body. whole is a right body in which the input is present; where a schema has
// alternatives, each is gone through.
func walkBody(s *base.Schema, whole any, path []any, visit func(path []any, name string, required bool, s *base.Schema, whole any)) {
	if len(s.OneOf) > 0 {
		for _, of := range s.OneOf {
			alternative := schemaOf(of)
			walkBody(alternative, put(whole, path, minimal("", alternative)), path, visit)
		}
		return
	}
	switch {
	case slices.Contains(s.Type, "object"):
		visit(slices.Concat(path, []any{"surprise"}), "surprise", false, nil, whole)
		for field, proxy := range s.Properties.FromOldest() {
			at, inner := slices.Concat(path, []any{field}), schemaOf(proxy)
			with := whole
			if _, present := valueAt(whole, at); !present {
				with = put(whole, at, minimal(field, inner))
			}
			visit(at, field, slices.Contains(s.Required, field), inner, with)
			walkBody(inner, with, at, visit)
		}
	case slices.Contains(s.Type, "array"):
		name, _ := path[len(path)-1].(string)
		item, at := schemaOf(s.Items.A), slices.Concat(path, []any{0})
		with := put(whole, path, []any{minimal(name, item)})
		if len(item.OneOf) == 0 {
			visit(at, name, false, item, with)
		}
		walkBody(item, with, at, visit)
	}
}

// put gives a copy of a JSON value with another value at a path; absent removes it.
func put(v any, path []any, value any) any {
	if len(path) == 0 {
		return value
	}
	switch step := path[0].(type) {
	case string:
		out := object{}
		if members, ok := v.(object); ok {
			out = maps.Clone(members)
		}
		if _, gone := value.(absent); gone && len(path) == 1 {
			delete(out, step)
			return out
		}
		out[step] = put(out[step], path[1:], value)
		return out
	case int:
		out := []any{nil}
		if items, ok := v.([]any); ok && len(items) > step {
			out = slices.Clone(items)
		}
		out[step] = put(out[step], path[1:], value)
		return out
	}
	panic(fmt.Sprintf("step %v of a path", path[0])) // paths are made here
}

func valueAt(v any, path []any) (any, bool) {
	for _, step := range path {
		switch at := v.(type) {
		case object:
			next, ok := at[step.(string)]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			if len(at) <= step.(int) {
				return nil, false
			}
			v = at[step.(int)]
		default:
			return nil, false
		}
	}
	return v, true
}

// call makes the request that carries a value of the bound's input.
func (b bound) call(value any) call {
	c := call{op: b.op, method: b.op.method, path: b.op.path, who: "owner"}
	if b.op.public() {
		c.who = "anonymous"
	}
	for _, p := range b.op.parameters {
		if p.In == "path" {
			text := "{own." + p.Name + "}"
			if b.in == "path" && b.pointer == p.Name {
				text = textOf(value)
			}
			c.path = strings.ReplaceAll(c.path, "{"+p.Name+"}", url.PathEscape(text))
		}
	}
	switch b.in {
	case "header":
		c.headers = append(c.headers, [2]string{b.pointer, textOf(value)})
	case "query":
		several, ok := value.([]any)
		if !ok {
			several = []any{value}
		}
		for _, v := range several {
			c.query = append(c.query, [2]string{b.pointer, textOf(v)})
		}
	}
	if b.in == "body" {
		c.body = &raw{b.media, encode(put(b.base, b.path, value))}
	} else if b.op.RequestBody != nil {
		for media, content := range b.op.RequestBody.Content.FromOldest() {
			c.body = &raw{media, encode(minimal("", schemaOf(content.Schema)))}
		}
	}
	return c
}

// meanings are the codes of faults that lie in what a value means here, and not in its form: what it refers to is not
// there, is taken, or is not allowed by this instance's configuration.
var meanings = []string{
	"not_found", "already_exists", "in_the_past", "not_allowed", "too_large", "before_start", "precondition_failed",
	"/invitation_token invalid_value", // it is none that this instance made
	"/current_password wrong",         // it is none of this account
	"q too_short",                     // it has no word that can be searched for
}

// refusedFor reports whether an answer refuses the input for its form, and with which code.
func (b bound) refusedFor(res *response) (code string, refused bool) {
	if res.status < 400 || res.status >= 500 {
		return "", false
	}
	faults, _ := decodeObject(res.plain())["errors"].([]any)
	for _, fault := range faults {
		f, _ := fault.(object)
		pointer, _ := f["pointer"].(string)
		code, _ := f["code"].(string)
		if (pointer == b.pointer || b.in == "body" && pointer != "" && strings.HasPrefix(b.pointer, pointer+"/")) &&
			!slices.Contains(meanings, code) && !slices.Contains(meanings, pointer+" "+code) {
			return code, true
		}
	}
	return "", false
}

// Fewer rules than these mean that the test does not read the contract any more.
var leastRules = map[string]int{"body": 400, "query": 140, "path": 50, "header": 80}

// TestContractBounds holds the server against every bound that openapi.yaml has for an input: it refuses what is just
// beyond, naming the input, and does not refuse for its form what is just within.
func TestContractBounds(t *testing.T) {
	t.Parallel()
	known, err := loadContract()
	if err != nil {
		t.Fatal(err)
	}
	all := known.bounds()
	rules, found := map[string]int{}, map[string]int{}
	for _, b := range all {
		rules[b.in]++
		found[b.rule]++
	}
	for in, least := range leastRules {
		if rules[in] < least {
			t.Errorf("%d rules on inputs of the kind %q were found, want at least %d", rules[in], in, least)
		}
	}
	for _, rule := range []string{
		"minimum", "maximum", "integer", "minLength", "maxLength", "minItems", "maxItems", "uniqueItems", "pattern", "enum", "uuid", "date", "date-time",
		"type", "required", "additionalProperties",
	} {
		if found[rule] == 0 {
			t.Errorf("no rule %q was found", rule)
		}
	}
	var once sync.Once
	each(t, func(t *testing.T, engine store.Engine) {
		p := newPlayground(t, engine)
		requests, seen := 0, ""
		for _, b := range all {
			if b.op.OperationId != seen {
				seen = b.op.OperationId
				p.renew(t) // the operation before may have broken it
			}
			for i, value := range slices.Concat(b.within, b.beyond) {
				c := b.call(value)
				who, path, content, edits := p.request(t, c)
				res, err := who.try(c.method, path, content, edits...)
				if err != nil {
					t.Errorf("%s: %s: %v", b, c, err)
					continue
				}
				requests++
				code, refused := b.refusedFor(res)
				if within := i < len(b.within); res.status >= 500 || within == refused {
					t.Errorf("%s: %.120s\n  within the bound: %v, refused for it: %v (%s)\n  %s", b, describeValue(value), within, refused, code, res)
				}
				if res.status == http.StatusUnauthorized || ends(b.op) {
					p.signInAgain()
				}
			}
		}
		once.Do(func() { fmt.Printf("contract bounds: rules %v, of kinds %v, requests=%d\n", rules, found, requests) })
	})
}

func describeValue(v any) string {
	if _, gone := v.(absent); gone {
		return "left out"
	}
	text := encode(v)
	return strconv.Itoa(len(text)) + " bytes " + text
}
