package backup

import (
	"reflect"
	"strconv"
	"testing"
)

// defaults returns the settings as a stack has them that sets nothing.
func defaults(t testing.TB) Settings {
	t.Helper()
	var s Settings
	fill(t, reflect.ValueOf(&s).Elem())
	return s
}

func fill(t testing.TB, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		field, tag := v.Field(i), v.Type().Field(i).Tag
		if tag.Get("doc") == "" || tag.Get("json") == "" {
			t.Errorf("%s lacks a doc or a json tag", v.Type().Field(i).Name)
		}
		text := tag.Get("default")
		switch field.Kind() {
		case reflect.Struct:
			fill(t, field)
		case reflect.String:
			field.SetString(text)
		case reflect.Int:
			n, err := strconv.Atoi(text)
			if err != nil {
				t.Errorf("%s: %v", v.Type().Field(i).Name, err)
			}
			field.SetInt(int64(n))
		case reflect.Bool:
			field.SetBool(text == "true")
		default:
			t.Errorf("%s is a %s", v.Type().Field(i).Name, field.Kind())
		}
	}
}
