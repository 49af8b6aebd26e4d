package awssim

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"github.com/task-tracker/task-tracker/infra/fault"
)

//go:generate go run ./internal/gen

//go:embed facts/*.json
var factFiles embed.FS

//go:embed schema.json
var schemaFile []byte

// facts is what is known of a type beside its properties. Paths cross list elements without an index; `x[]` is each element.
type facts struct {
	ID            string                     `json:"id"`
	Outputs       map[string]json.RawMessage `json:"outputs"`
	Required      []string                   `json:"required"`
	Replace       []string                   `json:"replaceOnChange"`
	DeleteFirst   string                     `json:"deleteBeforeReplaceKind"`
	Enums         map[string][]any           `json:"enums"`
	Ranges        map[string][2]*float64     `json:"ranges"`
	Counts        map[string][2]*float64     `json:"counts"`
	Names         map[string]textRule        `json:"names"`
	Defaults      map[string]any             `json:"defaults"`
	Conflicts     [][]string                 `json:"conflicts"`
	ExactlyOneOf  [][]string                 `json:"exactlyOneOf"`
	AtLeastOneOf  [][]string                 `json:"atLeastOneOf"`
	RequiredWith  [][]string                 `json:"requiredWith"`
	Autoname      *autoname                  `json:"autoname"`
	computedInput map[string]bool            // inputs that AWS fills in where they are absent
}

type textRule struct {
	Min        *int   `json:"min"`
	Max        *int   `json:"max"`
	Pattern    string `json:"pattern"`
	NotPattern string `json:"notPattern"`
}

type autoname struct {
	Property  string `json:"property"`
	Max       int    `json:"max"`
	LowerCase bool   `json:"lowerCase"`
}

// shape gives each property its kind: string, bool, int, number, any, []kind, map[]kind, or the name of a nested block. A trailing ! is required.
type shape map[string]string

type typeInfo struct {
	Token   string   `json:"-"`
	Inputs  shape    `json:"inputs"`
	Outputs shape    `json:"outputs"`
	Secrets []string `json:"secrets"`
	facts   facts
}

type catalogue struct {
	Version string               `json:"version"`
	Blocks  map[string]shape     `json:"types"`
	Types   map[string]*typeInfo `json:"resources"`
}

var loadCatalogue = sync.OnceValues(func() (*catalogue, error) {
	var c catalogue
	if err := json.Unmarshal(schemaFile, &c); err != nil {
		return nil, fmt.Errorf("schema.json: %w; run `go generate ./awssim`", err)
	}
	files, err := factFiles.ReadDir("facts")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		text, err := factFiles.ReadFile("facts/" + file.Name())
		if err != nil {
			return nil, err
		}
		var known map[string]facts
		if err := json.Unmarshal(text, &known); err != nil {
			return nil, fmt.Errorf("facts/%s: %w", file.Name(), err)
		}
		for token, f := range known {
			t, ok := c.Types[token]
			if !ok {
				return nil, fmt.Errorf("facts/%s: %s is not in schema.json; run `go generate ./awssim`", file.Name(), token)
			}
			t.Token, t.facts = token, f
			t.complete()
		}
	}
	return &c, nil
})

// complete reads what the formats of outputs say in passing: which properties are auto-named, which AWS fills in.
func (t *typeInfo) complete() {
	t.facts.computedInput = map[string]bool{}
	for property := range t.facts.Outputs {
		spec := t.spec(property)
		if _, input := t.Inputs[property]; !input {
			continue
		}
		if t.facts.Autoname == nil && strings.Contains(spec, "auto-named") {
			t.facts.Autoname = &autoname{Property: property, LowerCase: strings.Contains(spec, "lower")}
		}
		plain := spec == "same as input" || spec == "same as input "+property
		if _, filled := t.facts.Defaults[property]; !plain && !filled {
			t.facts.computedInput[property] = true
		}
	}
	if _, named := t.Inputs["name"]; named && t.facts.Autoname == nil && strings.Contains(t.facts.ID, "{name}") {
		t.facts.Autoname = &autoname{Property: "name"} // the id needs one, so the provider makes one up
	}
	if a := t.facts.Autoname; a != nil && a.Max == 0 {
		a.Max = 255
		if rule, ok := t.facts.Names[a.Property]; ok && rule.Max != nil {
			a.Max = *rule.Max
		}
	}
}

// spec is the format of an output; "" where the facts say nothing.
func (t *typeInfo) spec(property string) string {
	raw, ok := t.facts.Outputs[property]
	if !ok {
		return ""
	}
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return text
	}
	return string(raw)
}

// lookup returns a type, or an error that says how to add it.
func (c *catalogue) lookup(token string) (*typeInfo, error) {
	if t, ok := c.Types[token]; ok {
		return t, nil
	}
	var known []string
	for k := range c.Types {
		known = append(known, k)
	}
	hint := ""
	if near := fault.Nearest(token, known); near != "" {
		hint = fmt.Sprintf("did you mean %q? ", near)
	}
	return nil, fmt.Errorf("awssim knows no resource type %q; %sto add it, put its facts into infra/awssim/facts/more.json "+
		"and run `go generate ./awssim`", token, hint)
}
