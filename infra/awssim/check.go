package awssim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// defaultsKey is where the provider notes which inputs it filled in, as the real one does.
const defaultsKey = "__defaults"

// checker validates the inputs of one resource against what is known of its type.
type checker struct {
	c      *catalogue
	t      *typeInfo
	inputs map[string]any
	faults *fault.Set
}

func (k checker) run() {
	k.block("", k.t.Inputs, k.inputs)
	for _, path := range k.t.facts.Required {
		each(k.inputs, path, func(at string, v any) {
			k.faults.Require(v != nil, at, "is missing, and %s needs it; set it", k.t.Token)
		})
	}
	for path, allowed := range k.t.facts.Enums {
		each(k.inputs, path, func(at string, v any) { k.enum(at, v, allowed) })
	}
	for path, bounds := range k.t.facts.Ranges {
		each(k.inputs, path, func(at string, v any) {
			if n, ok := v.(float64); ok {
				k.within(at, n, bounds, "is")
			}
		})
	}
	for path, bounds := range k.t.facts.Counts {
		each(k.inputs, path, func(at string, v any) {
			if list, ok := v.([]any); ok {
				k.within(at, float64(len(list)), bounds, "elements, which is")
			}
		})
	}
	for path, rule := range k.t.facts.Names {
		each(k.inputs, path, func(at string, v any) { k.text(at, v, rule) })
	}
	k.groups()
}

// block checks one nested block: its properties exist, have the right kind, and the required ones are there.
func (k checker) block(path string, want shape, have map[string]any) {
	for _, name := range sorted(have) {
		if strings.HasPrefix(name, "__") {
			continue
		}
		kind, ok := want[name]
		if !ok {
			hint := "remove it"
			if near := fault.Nearest(name, sorted(want)); near != "" {
				hint = fmt.Sprintf("did you mean %q?", near)
			}
			k.faults.Add(join(path, name), "%q is no property of %s; %s", name, k.t.Token, hint)
			continue
		}
		k.value(join(path, name), strings.TrimSuffix(kind, "!"), have[name])
	}
	for _, name := range sorted(want) {
		if strings.HasSuffix(want[name], "!") {
			k.faults.Require(have[name] != nil, join(path, name), "is missing, and %s needs it; set it", k.t.Token)
		}
	}
}

func (k checker) value(path, kind string, v any) {
	if _, unknown := v.(unknown); unknown || v == nil || kind == "any" {
		return
	}
	if elem, ok := strings.CutPrefix(kind, "[]"); ok {
		list, ok := v.([]any)
		if k.kind(path, "a list", v, ok) {
			for i, e := range list {
				k.value(fmt.Sprintf("%s[%d]", path, i), elem, e)
			}
		}
		return
	}
	if elem, ok := strings.CutPrefix(kind, "map[]"); ok {
		object, ok := v.(map[string]any)
		if k.kind(path, "a map", v, ok) {
			for _, key := range sorted(object) {
				k.value(join(path, key), elem, object[key])
			}
		}
		return
	}
	ok := false
	switch kind {
	case "string":
		_, ok = v.(string)
	case "bool":
		_, ok = v.(bool)
	case "number":
		_, ok = v.(float64)
	case "int":
		n, number := v.(float64)
		ok = number && n == math.Trunc(n)
	default:
		object, isObject := v.(map[string]any)
		if k.kind(path, "an object", v, isObject) {
			k.block(path, k.c.Blocks[kind], object)
		}
		return
	}
	k.kind(path, "of type "+kind, v, ok)
}

func (k checker) kind(path, kind string, v any, ok bool) bool {
	return k.faults.Require(ok, path, "%v is not %s; write it as one", v, kind)
}

func (k checker) enum(path string, v any, allowed []any) {
	if empty(v) || !known(v) {
		return
	}
	if list, ok := v.([]any); ok {
		for i, one := range list {
			k.enum(fmt.Sprintf("%s[%d]", path, i), one, allowed)
		}
		return
	}
	if slices.ContainsFunc(allowed, func(a any) bool { return reflect.DeepEqual(a, v) }) {
		return
	}
	var words []string
	for _, a := range allowed {
		words = append(words, fmt.Sprint(a))
	}
	k.faults.OneOf(path, fmt.Sprint(v), words...)
}

func (k checker) within(path string, n float64, bounds [2]*float64, is string) {
	switch {
	case bounds[0] != nil && n < *bounds[0]:
		k.faults.Add(path, "%v %s below %v, AWS's least; set %v or more", n, is, *bounds[0], *bounds[0])
	case bounds[1] != nil && n > *bounds[1]:
		k.faults.Add(path, "%v %s above %v, AWS's most; set %v or less", n, is, *bounds[1], *bounds[1])
	}
}

var patterns sync.Map // pattern → *regexp.Regexp

func pattern(text string) (*regexp.Regexp, error) {
	if re, ok := patterns.Load(text); ok {
		return re.(*regexp.Regexp), nil
	}
	re, err := regexp.Compile(text)
	if err == nil {
		patterns.Store(text, re)
	}
	return re, err
}

func (k checker) text(path string, v any, rule textRule) {
	text, ok := v.(string)
	if !ok {
		return
	}
	if rule.Min != nil && len(text) < *rule.Min {
		k.faults.Add(path, "%q has %d characters, AWS's least is %d; make it longer", text, len(text), *rule.Min)
	}
	if rule.Max != nil && len(text) > *rule.Max {
		k.faults.Add(path, "%q has %d characters, AWS's most is %d; make it shorter", text, len(text), *rule.Max)
	}
	if re, err := pattern(rule.Pattern); rule.Pattern != "" && err == nil {
		k.faults.Require(re.MatchString(text), path, "%q does not match %s; choose one that does", text, rule.Pattern)
	}
	if re, err := pattern(rule.NotPattern); rule.NotPattern != "" && err == nil {
		k.faults.Require(!re.MatchString(text), path, "%q matches %s, which AWS forbids; choose another", text, rule.NotPattern)
	}
}

// groups checks which inputs exclude, need or stand for each other. A group below a block holds for each such block.
func (k checker) groups() {
	visit := func(group []string, f func(path string, set, unset []string)) {
		prefix := commonBlock(group)
		each(k.inputs, prefix, func(path string, v any) {
			block, ok := v.(map[string]any)
			if !ok {
				return
			}
			var set, unset []string
			for _, member := range group {
				rest := strings.TrimPrefix(strings.TrimPrefix(member, prefix), ".")
				if slices.ContainsFunc(valuesAt(block, rest), func(v any) bool {
					_, block := v.(map[string]any) // an empty block says something by being there: defaultAction.allow
					return block || !empty(v)
				}) {
					set = append(set, rest)
				} else {
					unset = append(unset, rest)
				}
			}
			f(path, set, unset)
		})
	}
	for _, group := range k.t.facts.Conflicts {
		visit(group, func(path string, set, _ []string) {
			if len(set) > 1 {
				k.faults.Add(join(path, set[0]), "excludes %s; remove one of them", strings.Join(set[1:], ", "))
			}
		})
	}
	for _, group := range k.t.facts.ExactlyOneOf {
		visit(group, func(path string, set, unset []string) {
			if len(set) != 1 {
				k.faults.Add(join(path, append(set, unset...)[0]), "%d of %s are set, and it must be one; set one of them",
					len(set), strings.Join(append(set, unset...), ", "))
			}
		})
	}
	for _, group := range k.t.facts.AtLeastOneOf {
		visit(group, func(path string, set, unset []string) {
			k.faults.Require(len(set) > 0, join(path, group[0]), "none of %s is set; set one of them", strings.Join(unset, ", "))
		})
	}
	for _, group := range k.t.facts.RequiredWith {
		if !empty(k.inputs[group[0]]) && len(group) > 1 {
			for _, other := range group[1:] {
				k.faults.Require(len(valuesAt(k.inputs, other)) > 0, group[0], "needs %s too; set both", other)
			}
		}
	}
}

// commonBlock is the path of the innermost block that holds all paths.
func commonBlock(paths []string) string {
	parts := strings.Split(paths[0], ".")
	parts = parts[:len(parts)-1]
	for _, path := range paths[1:] {
		other := strings.Split(path, ".")
		n := 0
		for n < len(parts) && n < len(other)-1 && parts[n] == other[n] {
			n++
		}
		parts = parts[:n]
	}
	return strings.Join(parts, ".")
}

// each calls f for every place a path leads to, with the place's own path; with nil where the block is there and the last
// property is not. Unknown blocks are left out.
func each(v any, path string, f func(at string, v any)) { eachFrom("", v, path, f) }

func eachFrom(base string, v any, path string, f func(string, any)) {
	if path == "" {
		f(base, v)
		return
	}
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			eachFrom(fmt.Sprintf("%s[%d]", base, i), e, path, f)
		}
	case map[string]any:
		key, rest, _ := strings.Cut(path, ".")
		key, elements := strings.CutSuffix(key, "[]")
		next := v[key]
		if next == nil && rest != "" {
			return
		}
		if list, ok := next.([]any); ok && elements {
			for i, e := range list {
				eachFrom(fmt.Sprintf("%s[%d]", join(base, key), i), e, rest, f)
			}
			return
		}
		if !elements || next != nil {
			eachFrom(join(base, key), next, rest, f)
		}
	}
}

// fill puts in what the provider fills in: defaults, and a name. It notes which under defaultsKey.
func fill(w *world, t *typeInfo, seed, urn string, olds, news map[string]any) {
	var filled []any
	for _, path := range sorted(t.facts.Defaults) {
		if excluded(t, news, path) {
			continue
		}
		block, key := "", path
		if i := strings.LastIndex(path, "."); i >= 0 {
			block, key = path[:i], path[i+1:]
		}
		each(news, block, func(_ string, v any) {
			for _, e := range append(elements(v), v) {
				if m, ok := e.(map[string]any); ok && m[key] == nil {
					m[key] = cloneAny(t.facts.Defaults[path])
					if block == "" {
						filled = append(filled, key)
					}
				}
			}
		})
	}
	if a := t.facts.Autoname; a != nil && news[a.Property] == nil && news[a.Property+"Prefix"] == nil {
		news[a.Property] = autoName(w, t, seed, urn, olds)
		filled = append(filled, a.Property)
	}
	if filled != nil {
		news[defaultsKey] = filled
	}
}

func elements(v any) []any {
	list, _ := v.([]any)
	return list
}

// excluded says whether something that is set forbids the default of a path.
func excluded(t *typeInfo, inputs map[string]any, path string) bool {
	return slices.ContainsFunc(append(slices.Clone(t.facts.Conflicts), t.facts.ExactlyOneOf...), func(group []string) bool {
		return slices.Contains(group, path) && slices.ContainsFunc(group, func(other string) bool {
			return other != path && len(valuesAt(inputs, other)) > 0
		})
	})
}

// autoName keeps the name of an object that stays, and makes one that no object has for one that is new.
func autoName(w *world, t *typeInfo, seed, urn string, olds map[string]any) string {
	a := t.facts.Autoname
	if old, ok := olds[a.Property].(string); ok && filledIn(olds, a.Property) {
		return old
	}
	logical := urn[strings.LastIndex(urn, ":")+1:]
	if t.Token == "aws:kms/alias:Alias" {
		logical = "alias/" + logical
	}
	for n := 0; ; n++ {
		sum := sha256.Sum256(fmt.Appendf(nil, "%s|name|%s|%d", seed, urn, n))
		name := logical[:min(len(logical), a.Max-8)] + "-" + hex.EncodeToString(sum[:])[:7]
		if a.LowerCase || t.Token == "aws:s3/bucketV2:BucketV2" {
			name = strings.ToLower(name)
		}
		if w.Left(t.Token, name, "") == nil && !slices.ContainsFunc(w.ByType(t.Token, ""), func(o *Object) bool { return o.In[a.Property] == name }) {
			return name
		}
	}
}

func filledIn(inputs map[string]any, property string) bool {
	list, _ := inputs[defaultsKey].([]any)
	return slices.Contains(list, any(property))
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
