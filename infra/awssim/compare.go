package awssim

import (
	"fmt"
	"slices"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// change is one place where inputs differ.
type change struct {
	path string // with indexes
	fact string // as facts write it: without
	kind rpc.PropertyDiff_Kind
}

// compare returns where two values differ. The lists at the paths of sets, written as facts are, have no order.
func compare(path, fact string, old, new any, sets []string) []change {
	if alike(old, new) {
		return nil
	}
	switch {
	case path == "": // all the inputs, each of which is looked at
	case empty(old):
		return []change{{path, fact, rpc.PropertyDiff_ADD}}
	case empty(new):
		return []change{{path, fact, rpc.PropertyDiff_DELETE}}
	}
	if a, ok := old.(map[string]any); ok {
		if b, ok := new.(map[string]any); ok {
			var all []change
			for _, key := range sorted(union(a, b)) {
				if !strings.HasPrefix(key, "__") {
					all = append(all, compare(join(path, key), join(fact, key), a[key], b[key], sets)...)
				}
			}
			return all
		}
	}
	if a, ok := old.([]any); ok {
		if b, ok := new.([]any); ok {
			return compareLists(path, fact, a, b, sets)
		}
	}
	return []change{{path, fact, rpc.PropertyDiff_UPDATE}}
}

func union(a, b map[string]any) map[string]bool {
	all := map[string]bool{}
	for k := range a {
		all[k] = true
	}
	for k := range b {
		all[k] = true
	}
	return all
}

// compareLists compares element by element; in a set those first drop out that stand in both.
func compareLists(path, fact string, old, new []any, sets []string) []change {
	left, right := indexes(old), indexes(new)
	if slices.Contains(sets, fact) {
		left = slices.DeleteFunc(left, func(i int) bool {
			at := slices.IndexFunc(right, func(j int) bool { return len(compare("[]", fact, old[i], new[j], sets)) == 0 })
			if at >= 0 {
				right = slices.Delete(right, at, at+1)
			}
			return at >= 0
		})
	}
	var all []change
	for n := range max(len(left), len(right)) {
		var a, b any
		at := 0
		if n < len(left) {
			at, a = left[n], old[left[n]]
		}
		if n < len(right) {
			at, b = right[n], new[right[n]]
		}
		all = append(all, compare(fmt.Sprintf("%s[%d]", path, at), fact, a, b, sets)...)
	}
	return all
}

func indexes(list []any) []int {
	all := make([]int, len(list))
	for i := range list {
		all[i] = i
	}
	return all
}

// canonical writes a JSON document in one way of several that mean the same. In IAM policies a word is a list of one, and
// neither statements nor words have an order.
func canonical(document any) any {
	policy, ok := document.(map[string]any)
	if !ok || policy["Statement"] == nil {
		return document
	}
	policy = clone(policy)
	list, ok := policy["Statement"].([]any)
	if !ok {
		list = []any{policy["Statement"]}
	}
	for _, s := range list {
		if statement, ok := s.(map[string]any); ok {
			for _, key := range []string{"Principal", "NotPrincipal"} {
				if statement[key] == "*" {
					statement[key] = map[string]any{"AWS": "*"}
				}
			}
			for key, v := range statement {
				if key != "Sid" && key != "Effect" {
					statement[key] = wordLists(v)
				}
			}
		}
	}
	slices.SortFunc(list, func(a, b any) int { return strings.Compare(jsonText(a), jsonText(b)) })
	policy["Statement"] = list
	return policy
}

// wordLists makes each scalar below a value a list of texts, and sorts the lists.
func wordLists(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, e := range v {
			v[key] = wordLists(e)
		}
		return v
	case []any:
		texts := make([]string, 0, len(v))
		for _, e := range v {
			text, _ := scalar(e)
			texts = append(texts, text)
		}
		slices.Sort(texts)
		return texts
	}
	text, _ := scalar(v)
	return []string{text}
}
