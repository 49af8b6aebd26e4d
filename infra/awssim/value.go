package awssim

import (
	"encoding/json"
	"reflect"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"google.golang.org/protobuf/types/known/structpb"
)

// unknown stands for a value that a preview cannot know yet.
type unknown struct{}

// properties are plain values, and the top-level keys under which a secret was found.
type properties struct {
	values  map[string]any
	secrets map[string]bool
}

func decode(s *structpb.Struct) (properties, error) {
	p := properties{values: map[string]any{}, secrets: map[string]bool{}}
	m, err := plugin.UnmarshalProperties(s, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
	if err != nil {
		return p, err
	}
	for k, v := range m {
		value, secret := plain(v)
		if value != nil {
			p.values[string(k)] = value
		}
		if secret {
			p.secrets[string(k)] = true
		}
	}
	return p, nil
}

// decodeAll decodes several; the first that cannot be read ends it.
func decodeAll(structs ...*structpb.Struct) ([]properties, error) {
	all := make([]properties, len(structs))
	for i, s := range structs {
		p, err := decode(s)
		if err != nil {
			return nil, err
		}
		all[i] = p
	}
	return all, nil
}

// plain unwraps a value and says whether a secret was in it.
func plain(v resource.PropertyValue) (any, bool) {
	switch {
	case v.IsSecret():
		value, _ := plain(v.SecretValue().Element)
		return value, true
	case v.IsComputed():
		return unknown{}, false
	case v.IsOutput():
		if !v.OutputValue().Known {
			return unknown{}, v.OutputValue().Secret
		}
		value, secret := plain(v.OutputValue().Element)
		return value, secret || v.OutputValue().Secret
	case v.IsResourceReference():
		return plain(v.ResourceReferenceValue().ID)
	case v.IsAsset():
		return v.AssetValue().Hash, false
	case v.IsArchive():
		return v.ArchiveValue().Hash, false
	case v.IsArray():
		list, secret := make([]any, 0, len(v.ArrayValue())), false
		for _, e := range v.ArrayValue() {
			value, s := plain(e)
			list, secret = append(list, value), secret || s
		}
		return list, secret
	case v.IsObject():
		object, secret := map[string]any{}, false
		for k, e := range v.ObjectValue() {
			value, s := plain(e)
			secret = secret || s
			if value != nil {
				object[string(k)] = value
			}
		}
		return object, secret
	case v.IsNull():
		return nil, false
	}
	return v.V, false
}

func (p properties) encode() (*structpb.Struct, error) {
	m := resource.PropertyMap{}
	for k, v := range p.values {
		value := wrap(v)
		if p.secrets[k] {
			value = resource.MakeSecret(value)
		}
		m[resource.PropertyKey(k)] = value
	}
	return plugin.MarshalProperties(m, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true, SkipNulls: true})
}

func wrap(v any) resource.PropertyValue {
	switch v := v.(type) {
	case unknown:
		return resource.MakeComputed(resource.NewStringProperty(""))
	case []any:
		list := make([]resource.PropertyValue, 0, len(v))
		for _, e := range v {
			list = append(list, wrap(e))
		}
		return resource.NewArrayProperty(list)
	case map[string]any:
		object := resource.PropertyMap{}
		for k, e := range v {
			object[resource.PropertyKey(k)] = wrap(e)
		}
		return resource.NewObjectProperty(object)
	case int:
		return resource.NewNumberProperty(float64(v))
	case nil:
		return resource.NewNullProperty()
	}
	return resource.NewPropertyValue(v)
}

// clone copies a tree of plain values.
func clone[T any](v T) T {
	c, _ := cloneAny(v).(T)
	return c
}

func cloneAny(v any) any {
	switch v := v.(type) {
	case map[string]any:
		m := make(map[string]any, len(v))
		for k, e := range v {
			m[k] = cloneAny(e)
		}
		return m
	case []any:
		l := make([]any, len(v))
		for i, e := range v {
			l[i] = cloneAny(e)
		}
		return l
	}
	return v
}

// known says whether nothing in a tree is unknown.
func known(v any) bool {
	switch v := v.(type) {
	case unknown:
		return false
	case map[string]any:
		for _, e := range v {
			if !known(e) {
				return false
			}
		}
	case []any:
		for _, e := range v {
			if !known(e) {
				return false
			}
		}
	}
	return true
}

// empty says whether AWS sees no difference to an absent value.
func empty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	}
	return false
}

// alike compares values as AWS does: JSON documents by what they say, absent and empty alike.
func alike(a, b any) bool {
	if empty(a) && empty(b) || reflect.DeepEqual(a, b) {
		return true
	}
	left, ok1 := jsonDocument(a)
	right, ok2 := jsonDocument(b)
	return ok1 && ok2 && reflect.DeepEqual(canonical(left), canonical(right))
}

func jsonDocument(v any) (any, bool) {
	text, ok := v.(string)
	if !ok || !strings.HasPrefix(strings.TrimSpace(text), "{") && !strings.HasPrefix(strings.TrimSpace(text), "[") {
		return nil, false
	}
	var d any
	err := json.Unmarshal([]byte(text), &d)
	return d, err == nil
}

// valuesAt returns the values at a path that crosses list elements without an index.
func valuesAt(v any, path string) []any {
	if list, ok := v.([]any); ok {
		var all []any
		for _, e := range list {
			all = append(all, valuesAt(e, path)...)
		}
		return all
	}
	if path == "" {
		if v == nil {
			return nil
		}
		return []any{v}
	}
	key, rest, _ := strings.Cut(path, ".")
	switch v := v.(type) {
	case map[string]any:
		return valuesAt(v[strings.TrimSuffix(key, "[]")], rest)
	case unknown:
		return []any{v}
	}
	return nil
}
