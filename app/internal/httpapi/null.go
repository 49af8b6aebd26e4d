package httpapi

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// mayBeNull lists the fields in which null means the same as nothing, by the types that are no merge patch: there, a
// pointer does not tell. A test holds the list against openapi.yaml.
var mayBeNull = map[reflect.Type][]string{
	reflect.TypeFor[api.InvitationCreate]():   {"email"},
	reflect.TypeFor[api.ServiceTokenCreate](): {"expires_at"},
	reflect.TypeFor[api.TaskCreate]():         {"due_date", "estimate", "parent_id", "start_date"},
	reflect.TypeFor[api.TokenCreate]():        {"expires_at", "workspace_id"},
}

// findNull looks for a null where the type has no place for one. In a merge patch null means "remove": for a field that
// cannot be removed that is a fault, and must not pass for an absent field, which the decoder takes it for.
func findNull(body []byte, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return nullIn(body, t, "")
}

func nullIn(value jsontext.Value, t reflect.Type, pointer string) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	nullable := isNullable(t)
	switch value.Kind() {
	case 'n':
		if nullable || t.Kind() == reflect.Interface || t == rawMessage {
			return nil
		}
		return fieldError(nil, apperr.InvalidType, "A field is null that cannot be.", pointer, "invalid_type", "must be "+expected(t)+", not null")
	case '{':
		if nullable {
			t = t.Elem()
		}
		if t.Kind() != reflect.Struct {
			return nil
		}
		return nullInObject(value, t, pointer)
	case '[':
		if nullable {
			t = t.Elem()
		}
		if t.Kind() != reflect.Slice || t == rawMessage {
			return nil
		}
		var items []jsontext.Value
		if err := json.Unmarshal(value, &items); err != nil {
			return decodeError(err)
		}
		for i, item := range items {
			if err := nullIn(item, t.Elem(), string(jsontext.Pointer(pointer).AppendToken(strconv.Itoa(i)))); err != nil {
				return err
			}
		}
	default: // strings, numbers and the like are what the decoder took them for
	}
	return nil
}

func nullInObject(value jsontext.Value, t reflect.Type, pointer string) error {
	var members map[string]jsontext.Value
	if err := json.Unmarshal(value, &members); err != nil {
		return decodeError(err)
	}
	for name, field := range fieldTypes(t) {
		member, ok := members[name]
		if !ok || member.Kind() == 'n' && slices.Contains(mayBeNull[t], name) {
			continue
		}
		if err := nullIn(member, field, string(jsontext.Pointer(pointer).AppendToken(name))); err != nil {
			return err
		}
	}
	return nil
}

// findMissing looks for required members of an object that the decoder cannot tell from others once it has read them: an
// id that is missing is all zeros, an object that is missing is empty. Of texts, numbers and lists, domains say what is
// required, with all other faults.
func findMissing(body []byte, t reflect.Type) error {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	wanted := requiredMembers(t)
	if len(wanted) == 0 {
		return nil
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil {
		return decodeError(err)
	}
	var f apperr.Fields
	for _, name := range wanted {
		if _, there := members[name]; !there {
			f.Add("/"+name, "required", "must be there")
		}
	}
	return f.Err()
}

// requiredMembers are the members of a body's type that [findMissing] looks for.
func requiredMembers(t reflect.Type) []string {
	if known, ok := requiredCache.Load(t); ok {
		return known.([]string)
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		isObject := f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]()
		if name != "" && name != "-" && options == "" && (isObject || f.Type == reflect.TypeFor[uuid.UUID]()) {
			names = append(names, name)
		}
	}
	requiredCache.Store(t, names)
	return names
}

var requiredCache sync.Map // reflect.Type → []string

var (
	rawMessage = reflect.TypeFor[jsontext.Value]()
	fieldCache sync.Map // reflect.Type → map[string]reflect.Type
)

// fieldTypes gives the types of a struct's fields by their names in JSON.
func fieldTypes(t reflect.Type) map[string]reflect.Type {
	if known, ok := fieldCache.Load(t); ok {
		return known.(map[string]reflect.Type)
	}
	fields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			fields[name] = f.Type
		}
	}
	fieldCache.Store(t, fields)
	return fields
}

// isNullable reports whether t is nullable.Nullable[…], which is a map[bool]T.
func isNullable(t reflect.Type) bool {
	return t.Kind() == reflect.Map && t.Key().Kind() == reflect.Bool && strings.HasPrefix(t.Name(), "Nullable[")
}
