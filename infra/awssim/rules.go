package awssim

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// rulesFor returns what AWS checks when an object of the type is created, updated or deleted.
func rulesFor(token string) []rule { return rules[token] }

// obey returns what AWS refuses of an operation, nil where it accepts it.
func obey(w World, op Op, obj, old *Object) error {
	for _, r := range rulesFor(obj.Token) {
		if err := r(w, op, obj, old); err != nil {
			return err
		}
	}
	return nil
}

// rules holds, per type, first that what it refers to exists, then that its name is free, then what only that type knows,
// and last whether it may go.
var rules = assemble(
	referenceRules(), uniqueRules(),
	networkRules(), gatewayRules(), edgeRules(), trafficRules(), computeRules(), scalingRules(), databaseRules(), databaseStorageRules(),
	bucketRules(), imageRules(), keyRules(), identityRules(), operationsRules(), auditRules(),
	deletionRules(),
)

func assemble(areas ...map[string][]rule) map[string][]rule {
	all := map[string][]rule{}
	for _, area := range areas {
		for token, of := range area {
			all[token] = append(all[token], of...)
		}
	}
	return all
}

// onWrite is a rule for what is created or updated.
func onWrite(check func(w World, obj, old *Object) error) rule {
	return func(w World, op Op, obj, old *Object) error {
		if op == OpDelete {
			return nil
		}
		return check(w, obj, old)
	}
}

// onDelete is a rule for what is deleted.
func onDelete(check func(w World, obj *Object) error) rule {
	return func(w World, op Op, obj, _ *Object) error {
		if op != OpDelete {
			return nil
		}
		return check(w, obj)
	}
}

// refuse is an error as AWS words it: its code, then the property, its value, the rule and the way out.
func refuse(code, property string, value any, format string, args ...any) error {
	return fmt.Errorf("%s: %s: %q %s", code, property, fmt.Sprint(value), fmt.Sprintf(format, args...))
}

// absent is the error for a property that AWS misses.
func absent(code, property, format string, args ...any) error {
	return fmt.Errorf("%s: %s: is not set; %s", code, property, fmt.Sprintf(format, args...))
}

// at returns what stands at a path, "networkConfiguration.subnets": all of it where the path crosses lists.
// What was given goes before what AWS made up.
func at(o *Object, path string) []any {
	if o == nil {
		return nil
	}
	head, rest, nested := strings.Cut(path, ".")
	value, ok := o.In[head]
	if !ok {
		value = o.Out[head]
	}
	if !nested {
		rest = ""
	}
	return walk(value, rest)
}

func walk(value any, path string) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		var all []any
		for _, element := range v {
			all = append(all, walk(element, path)...)
		}
		return all
	case map[string]any:
		if path == "" {
			return []any{v}
		}
		head, rest, _ := strings.Cut(path, ".")
		return walk(v[head], rest)
	}
	if path != "" {
		return nil
	}
	return []any{value}
}

// texts returns the scalars at a path as text; numbers as in JSON.
func texts(o *Object, path string) []string {
	var all []string
	for _, v := range at(o, path) {
		if s, ok := scalar(v); ok {
			all = append(all, s)
		}
	}
	return all
}

func scalar(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64), true
	case int:
		return strconv.Itoa(v), true
	}
	return "", false
}

// text returns the first scalar at a path, or "".
func text(o *Object, path string) string {
	if all := texts(o, path); len(all) > 0 {
		return all[0]
	}
	return ""
}

// truthy says whether a boolean is set and true.
func truthy(o *Object, path string) bool { return text(o, path) == "true" }

// number returns the number at a path, 0 where there is none.
func number(o *Object, path string) float64 {
	n, _ := strconv.ParseFloat(text(o, path), 64)
	return n
}

// blocks returns the objects at a path, each with the path inside it as its only input.
func blocks(o *Object, path string) []*Object {
	var all []*Object
	for _, v := range at(o, path) {
		if m, ok := v.(map[string]any); ok {
			all = append(all, &Object{Token: o.Token, Region: o.Region, In: m})
		}
	}
	return all
}

// same says whether a and b are the same thing in the account, as an update's old and new are.
func same(a, b *Object) bool {
	return a != nil && b != nil && (a == b || a.Token == b.Token && a.ID == b.ID && a.ID != "" && arn(a) == arn(b))
}

// arn returns an object's ARN, or "".
func arn(o *Object) string {
	if o == nil {
		return ""
	}
	s, _ := o.Out["arn"].(string)
	return s
}

// label is what an object is called in an error.
func label(o *Object) string {
	if at := strings.LastIndex(o.URN, "::"); at >= 0 {
		name := o.URN[at+2:]
		return fmt.Sprintf("%s (%s)", o.ID, name)
	}
	return o.ID
}

// arnParts matches arn:partition:service:region:account:….
var arnParts = regexp.MustCompile(`^arn:[a-z-]+:([a-z0-9-]+):([a-z0-9-]*):(\d{12}|aws)?:`)

// arnRegion returns the region in an ARN, or "".
func arnRegion(s string) string {
	if m := arnParts.FindStringSubmatch(s); m != nil {
		return m[2]
	}
	return ""
}

// arnAccount returns the account in an ARN, or "".
func arnAccount(s string) string {
	if m := arnParts.FindStringSubmatch(s); m != nil {
		return m[3]
	}
	return ""
}

// account returns the account that everything is in, as any ARN tells it.
func account(w World, obj *Object) string {
	for _, o := range append(slices.Clip(w.All()), obj) {
		if a := arnAccount(arn(o)); a != "" {
			return a
		}
	}
	return "123456789012"
}

// others returns the objects of obj's type in a region ("": all), without the one that obj updates.
func others(w World, obj, old *Object, region string) []*Object {
	var all []*Object
	for _, o := range w.ByType(obj.Token, region) {
		if !same(o, old) {
			all = append(all, o)
		}
	}
	return all
}
