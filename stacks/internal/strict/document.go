package strict

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
)

// Setting is one setting, as a reader of the documentation sees it.
type Setting struct {
	Path, Type, Default, Unit, Example, Doc string
	Enum                                    []string // the values that it may have; nil where others may be
}

// Settings returns the settings of a struct in the order of its fields, groups flattened. A setting without a doc tag is
// a mistake in the program.
func Settings(v any) []Setting { return settings(reflect.TypeOf(v), "") }

func settings(t reflect.Type, prefix string) (out []Setting) {
	for i := range t.NumField() {
		f := t.Field(i)
		path := prefix + key(f)
		switch {
		case f.Type.Kind() == reflect.Struct:
			out = append(out, settings(f.Type, path+".")...)
			continue
		case f.Tag.Get("doc") == "":
			panic("setting without documentation: " + path)
		}
		doc := f.Tag.Get("doc")
		var enum []string
		if allowed := f.Tag.Get("enum"); allowed != "" {
			enum = strings.Split(allowed, ",")
			doc += " One of `" + strings.ReplaceAll(allowed, ",", "`, `") + "`."
		}
		out = append(out, Setting{
			Path: path, Type: typeName(f.Type), Default: f.Tag.Get("default"),
			Unit: f.Tag.Get("unit"), Example: f.Tag.Get("example"), Doc: doc, Enum: enum,
		})
		if f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() == reflect.Struct {
			out = append(out, settings(f.Type.Elem(), path+"[].")...)
		}
	}
	return out
}

func typeName(t reflect.Type) string {
	switch t.Kind() { //nolint:exhaustive // the kinds that settings may have
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "bool"
	case reflect.Int:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Struct {
			return "list of objects"
		}
		return "list of " + typeName(t.Elem()) + "s"
	case reflect.Map:
		return "object of " + typeName(t.Elem()) + "s"
	}
	panic(fmt.Sprintf("settings can't be %s", t.Kind()))
}

// Table prints settings as a Markdown table.
func Table(all []Setting) string {
	var b strings.Builder
	b.WriteString("| Setting | Type | Default | Unit | Example | |\n|---|---|---|---|---|---|\n")
	code := func(s string) string {
		if s == "" {
			return ""
		}
		return "`" + strings.ReplaceAll(s, "|", "\\|") + "`"
	}
	for _, s := range all {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s |\n",
			code(s.Path), s.Type, cmp.Or(code(s.Default), "none"), s.Unit, code(s.Example), strings.ReplaceAll(s.Doc, "|", "\\|"))
	}
	return b.String()
}
