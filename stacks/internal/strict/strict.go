package strict

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// depth is how deep objects may nest: far more than any settings do, and far less than a stack overflow takes.
const depth = 32

// Decode fills the struct that dst points to: with the defaults of its tags, then with the JSON object in text. What is
// wrong with the text is added to faults; what is right is still decoded, so that later rules find more faults.
func Decode(text string, dst any, faults *fault.Set) {
	v := reflect.ValueOf(dst).Elem()
	defaults(v)
	if strings.TrimSpace(text) == "" {
		faults.Add("", "there are no settings; add the object that stacks/README.md describes")
		return
	}
	dec := json.NewDecoder(bytes.NewBufferString(text))
	dec.UseNumber()
	var raw any
	if err := dec.Decode(&raw); err != nil {
		faults.Add("", "not a JSON object: %v", err)
		return
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		faults.Add("", "there is something behind the object; keep one object")
		return
	}
	fill(raw, v, faults, 0)
}

// defaults sets every field to the value of its tag. A tag that does not parse is a mistake in the program.
func defaults(v reflect.Value) {
	for i := range v.NumField() {
		field, f := v.Type().Field(i), v.Field(i)
		if f.Kind() == reflect.Struct {
			defaults(f)
			continue
		}
		text, ok := field.Tag.Lookup("default")
		if !ok {
			continue
		}
		if err := parse(text, f); err != nil {
			panic(fmt.Sprintf("%s.%s: default %q: %v", v.Type(), field.Name, text, err))
		}
	}
}

func parse(text string, v reflect.Value) error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		b, err := strconv.ParseBool(text)
		v.SetBool(b)
		return err
	case reflect.Int:
		n, err := strconv.Atoi(text)
		v.SetInt(int64(n))
		return err
	case reflect.Float64:
		n, err := strconv.ParseFloat(text, 64)
		v.SetFloat(n)
		return err
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		if text == "" {
			return nil
		}
		for part := range strings.SplitSeq(text, ",") {
			one := reflect.New(v.Type().Elem()).Elem()
			if err := parse(strings.TrimSpace(part), one); err != nil {
				return err
			}
			v.Set(reflect.Append(v, one))
		}
	case reflect.Map:
		if text != "" {
			return errors.New("a map has no default")
		}
	default:
		return fmt.Errorf("settings can't be %s", v.Kind())
	}
	return nil
}

func fill(raw any, v reflect.Value, faults *fault.Set, level int) {
	if level > depth {
		faults.Add("", "nested too deeply; settings nest two or three levels")
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		object(raw, v, faults, level)
	case reflect.Slice:
		list, ok := raw.([]any)
		if !ok {
			mistyped(raw, "a list", faults)
			return
		}
		out := reflect.MakeSlice(v.Type(), len(list), len(list))
		for i, one := range list {
			if out.Index(i).Kind() == reflect.Struct {
				defaults(out.Index(i))
			}
			fill(one, out.Index(i), faults.At(fmt.Sprintf("[%d]", i)), level+1)
		}
		v.Set(out)
	case reflect.Map:
		entries, ok := raw.(map[string]any)
		if !ok {
			mistyped(raw, "an object of texts", faults)
			return
		}
		v.Set(reflect.MakeMap(v.Type()))
		for _, key := range sortedKeys(entries) {
			one := reflect.New(v.Type().Elem()).Elem()
			fill(entries[key], one, faults.At(key), level+1)
			v.SetMapIndex(reflect.ValueOf(key), one)
		}
	default:
		scalar(raw, v, faults)
	}
}

func object(raw any, v reflect.Value, faults *fault.Set, level int) {
	entries, ok := raw.(map[string]any)
	if !ok {
		mistyped(raw, "an object", faults)
		return
	}
	known := map[string]reflect.Value{}
	var names []string
	for i := range v.NumField() {
		name := key(v.Type().Field(i))
		known[name] = v.Field(i)
		names = append(names, name)
	}
	for _, name := range sortedKeys(entries) {
		field, ok := known[name]
		if !ok {
			if near := fault.Nearest(name, names); near != "" {
				faults.Add(name, "no such setting; did you mean %q?", near)
			} else {
				faults.Add(name, "no such setting; there are %s", strings.Join(names, ", "))
			}
			continue
		}
		fill(entries[name], field, faults.At(name), level+1)
	}
}

func scalar(raw any, v reflect.Value, faults *fault.Set) {
	switch v.Kind() {
	case reflect.String:
		text, ok := raw.(string)
		if !ok {
			mistyped(raw, "a text", faults)
			return
		}
		v.SetString(text)
	case reflect.Bool:
		b, ok := raw.(bool)
		if !ok {
			mistyped(raw, "true or false", faults)
			return
		}
		v.SetBool(b)
	case reflect.Int:
		n, ok := number(raw)
		if !ok || n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			mistyped(raw, "a whole number", faults)
			return
		}
		v.SetInt(int64(n))
	case reflect.Float64:
		n, ok := number(raw)
		if !ok {
			mistyped(raw, "a number", faults)
			return
		}
		v.SetFloat(n)
	default:
		panic(fmt.Sprintf("settings can't be %s", v.Kind()))
	}
}

func number(raw any) (float64, bool) {
	n, ok := raw.(json.Number)
	if !ok {
		return 0, false
	}
	f, err := n.Float64()
	return f, err == nil && !math.IsInf(f, 0)
}

func mistyped(raw any, want string, faults *fault.Set) {
	switch value := raw.(type) {
	case nil:
		faults.Add("", "is empty, must be %s; give a value or leave the key out", want)
	case string:
		faults.Add("", "%q is a text, must be %s", value, want)
	case []any:
		faults.Add("", "is a list, must be %s", want)
	case map[string]any:
		faults.Add("", "is an object, must be %s", want)
	default:
		if want == "a text" {
			want += "; put it in quotes"
		}
		faults.Add("", "%v must be %s", value, want)
	}
}

// key is the name of a field in the object.
func key(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		panic("setting without a json tag: " + f.Name)
	}
	return name
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Loose returns an error where keys has others of a project than its one object, which no program reads: misspelt ones, and
// those that were set without --path.
func Loose(keys []string, project, object string) error {
	var errs []error
	for _, key := range slices.Sorted(slices.Values(keys)) {
		name, ok := strings.CutPrefix(key, project+":")
		switch {
		case !ok || name == object:
		case strings.HasPrefix(name, object+"."):
			errs = append(errs, fmt.Errorf("%s: is a key of its own, which nothing reads; take it away with `pulumi config rm %s`, and set it with `pulumi config set --path %s`", key, key, key))
		case fault.Nearest(name, []string{object}) != "":
			errs = append(errs, fmt.Errorf("%s: no such setting; did you mean %s:%s?", key, project, object))
		default:
			errs = append(errs, fmt.Errorf("%s: no such setting; all are below %s:%s", key, project, object))
		}
	}
	return errors.Join(errs...)
}
