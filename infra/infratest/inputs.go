package infratest

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Forget makes every wired input of a component's Args one that is not known yet, as most are in the preview of a new
// stack. Args is a pointer; what is nil stays nil, and settings stay as they are.
func Forget(args any) { forget(reflect.ValueOf(args).Elem()) }

func forget(v reflect.Value) {
	switch {
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				forget(v.Field(i))
			}
		}
	case (v.Kind() == reflect.Interface || v.Kind() == reflect.Slice) && v.IsNil():
	case v.Type() == reflect.TypeFor[pulumi.StringInput]():
		v.Set(reflect.ValueOf(unknown[string]().(pulumi.StringOutput)))
	case v.Type() == reflect.TypeFor[pulumi.StringArrayInput]():
		v.Set(reflect.ValueOf(unknown[[]string]().(pulumi.StringArrayOutput)))
	case v.Type() == reflect.TypeFor[pulumi.StringArray](): // how many there are is known
		forgotten := pulumi.StringArray{}
		for range v.Len() {
			forgotten = append(forgotten, unknown[string]().(pulumi.StringOutput))
		}
		v.Set(reflect.ValueOf(forgotten))
	}
}

// unknown returns an output that is not known yet.
func unknown[T any]() pulumi.Output {
	return pulumi.UnsafeUnknownOutput(nil).ApplyT(func(any) (none T) { return none })
}

// Defaults returns a component's settings as a stack has them that sets nothing: those of the default tags. Settings
// without a name or a doc fail the test.
func Defaults[S any](t testing.TB) S {
	t.Helper()
	var s S
	fill(t, reflect.ValueOf(&s).Elem())
	return s
}

func fill(t testing.TB, v reflect.Value) {
	t.Helper()
	for i := range v.NumField() {
		field, of := v.Field(i), v.Type().Field(i)
		if of.Tag.Get("doc") == "" || of.Tag.Get("json") == "" {
			t.Errorf("%s lacks a doc or a json tag", of.Name)
		}
		text := of.Tag.Get("default")
		var err error
		switch {
		case field.Kind() == reflect.Struct:
			fill(t, field)
		case text == "": // none
		case field.Kind() == reflect.String:
			field.SetString(text)
		case field.Kind() == reflect.Bool:
			var b bool
			b, err = strconv.ParseBool(text)
			field.SetBool(b)
		case field.Kind() == reflect.Int:
			var n int64
			n, err = strconv.ParseInt(text, 10, 64)
			field.SetInt(n)
		case field.Kind() == reflect.Float64:
			var x float64
			x, err = strconv.ParseFloat(text, 64)
			field.SetFloat(x)
		case field.Type() == reflect.TypeFor[[]string]():
			field.Set(reflect.ValueOf(strings.Split(text, ",")))
		default:
			t.Errorf("%s has a default and is a %s, which has none", of.Name, field.Type())
		}
		if err != nil {
			t.Errorf("the default of %s: %v", of.Name, err)
		}
	}
}
