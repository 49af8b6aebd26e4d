package project_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/project"
)

// faults lists `pointer code` of a validation failure.
func faults(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var e *apperr.Error
	if !errors.As(err, &e) || e.Code != apperr.ValidationFailed {
		t.Fatalf("%v is no validation failure", err)
	}
	var out []string
	for _, f := range e.Fields {
		out = append(out, f.Pointer+" "+f.Code)
	}
	return out
}

func TestProjectValidate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		in   project.Project
		want []string
	}{
		"good":           {project.Project{Key: "OPS", Name: "Operations"}, nil},
		"longest":        {project.Project{Key: "A123456789", Name: strings.Repeat("é", 200), Description: strings.Repeat("x", 65536)}, nil},
		"empty":          {project.Project{}, []string{"/key invalid_format", "/name required"}},
		"lower case key": {project.Project{Key: "ops", Name: "x"}, []string{"/key invalid_format"}},
		"short key":      {project.Project{Key: "O", Name: "x"}, []string{"/key invalid_format"}},
		"long key":       {project.Project{Key: "ABCDEFGHIJK", Name: "x"}, []string{"/key invalid_format"}},
		"digit first":    {project.Project{Key: "1OPS", Name: "x"}, []string{"/key invalid_format"}},
		"key, new line":  {project.Project{Key: "OPS\n", Name: "x"}, []string{"/key invalid_format"}},
		"all wrong": {
			project.Project{Key: "Ö", Name: strings.Repeat("x", 201), Description: "a\x00"},
			[]string{"/description invalid_character", "/key invalid_format", "/name too_long"},
		},
		"long description": {project.Project{Key: "OPS", Name: "x", Description: strings.Repeat("x", 65537)}, []string{"/description too_long"}},
		"control in name":  {project.Project{Key: "OPS", Name: "a\tb"}, []string{"/name invalid_character"}},
	} {
		if diff := cmp.Diff(c.want, faults(t, c.in.Validate())); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestStatusAndLabelValidate(t *testing.T) {
	t.Parallel()
	const hebrew = "\ufb2c" // one character that normalizes to three
	for name, c := range map[string]struct {
		err  error
		want []string
	}{
		"good status":      {project.Status{Name: "Done", Category: project.CategoryDone, Position: -project.MaxPosition}.Validate(), nil},
		"no category":      {project.Status{Name: "Done"}.Validate(), []string{"/category invalid_value"}},
		"far position":     {project.Status{Name: "Done", Category: project.CategoryDone, Position: project.MaxPosition + 1}.Validate(), []string{"/position out_of_range"}},
		"long status name": {project.Status{Name: strings.Repeat("é", 101), Category: project.CategoryDone}.Validate(), []string{"/name too_long"}},
		"longest label":    {project.Label{Name: strings.Repeat("😀", 100), Color: "#00ff00"}.Validate(), nil},
		"blank label":      {project.Label{Name: "\u2003", Color: "#00ff00"}.Validate(), []string{"/name required"}},
		"grows":            {project.Label{Name: strings.Repeat(hebrew, 100), Color: "#00ff00"}.Validate(), []string{"/name too_long"}},
		"grows a little":   {project.Label{Name: strings.Repeat(hebrew, 30), Color: "#00ff00"}.Validate(), nil},
		"folds to twice":   {project.Label{Name: strings.Repeat("ß", 100), Color: "#00ff00"}.Validate(), nil},
		"folds to more":    {project.Label{Name: strings.Repeat("ﬃ", 67), Color: "#00ff00"}.Validate(), []string{"/name too_long"}},
		"long in JSON":     {project.Label{Name: strings.Repeat("<", 100), Color: "#00ff00"}.Validate(), nil},
		"colour by name":   {project.Label{Name: "x", Color: "green"}.Validate(), []string{"/color invalid_format"}},
		"short colour":     {project.Label{Name: "x", Color: "#0f0"}.Validate(), []string{"/color invalid_format"}},
	} {
		if diff := cmp.Diff(c.want, faults(t, c.err)); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	for a, b := range map[string]string{
		"  Größe ": "GRO\u0308SSE", "Todo": "TODO", "\u00a0x": "X", "ΟΔΟΣ": "οδος", "οδος": "οδοσ", "STRAẞE": "strasse",
		"\u1fb3": "ΑΙ", "\u03b1\u0345\u0301": "ΆΙ", "ISPARTA": "isparta", "ǅ": "ǆ", "\u212a": "k", "Ꭰ": "ꭰ",
	} {
		if project.Fold(a) != project.Fold(b) {
			t.Errorf("%q and %q fold to %q and %q", a, b, project.Fold(a), project.Fold(b))
		}
	}
	for a, b := range map[string]string{"a": "á", "ısparta": "isparta", "İ": "i", "m²": "m2", "Ａ": "A"} {
		if project.Fold(a) == project.Fold(b) {
			t.Errorf("%q and %q are not the same name", a, b)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		s := rapid.String().Draw(rt, "name")
		if folded := project.Fold(s); project.Fold(folded) != folded || project.Fold(norm.NFD.String(s)) != folded {
			rt.Fatalf("%q folds to %q, and then to %q; decomposed to %q", s, folded, project.Fold(folded), project.Fold(norm.NFD.String(s)))
		}
	})
}

func TestCategoryNumbers(t *testing.T) {
	t.Parallel()
	for i, c := range project.Categories() {
		back, err := project.CategoryOf(c.Number())
		if err != nil || back != c || c.Number() != i+1 || !c.Valid() {
			t.Errorf("%s: number %d, back %s, %v", c, c.Number(), back, err)
		}
	}
	for _, n := range []int{0, 6, -1} {
		if _, err := project.CategoryOf(n); err == nil {
			t.Errorf("number %d is a category", n)
		}
	}
	if project.Category("odd").Valid() || project.Category("odd").Number() != 0 {
		t.Error("odd is a category")
	}
}

func TestDefaultStatusesAreValidAndOrdered(t *testing.T) {
	t.Parallel()
	defaults := project.DefaultStatuses()
	for i, s := range defaults {
		if err := s.Validate(); err != nil {
			t.Error(err)
		}
		if i > 0 && s.Position <= defaults[i-1].Position || s.Category != project.Categories()[i] {
			t.Errorf("%d: %+v", i, s)
		}
	}
}
