package offline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/stacks/internal/offline/offlinetest"
)

func TestUnknownStackNamesThoseThatAre(t *testing.T) {
	t.Parallel()
	root := offlinetest.Repository(t, map[string]string{"Pulumi.yaml": "", "Pulumi.dev.yaml": "", "Pulumi.prod.yaml": "", "Pulumi.eu.prod.yaml": ""})
	_, err := settings(root, "test")
	offlinetest.WantError(t, err, `there is no stack "test": no Pulumi.test.yaml; there are dev, eu.prod, prod`)

	_, err = settings(t.TempDir(), "test")
	offlinetest.WantError(t, err, `there is no stack "test": no Pulumi.test.yaml, nor that of any other stack`)

	for _, name := range []string{"../dev", "a/b", ""} {
		_, err = settings(root, name)
		offlinetest.WantError(t, err, "cannot be a stack's name")
	}
}

func TestStackFileThatIsNoYAML(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"config:\n\t- no":                      "line 2",
		"config: [1]":                          "cannot unmarshal array",
		"config:\n  a: 1\n  b: 2\n  a: 3\n":    `"a" already set`,
		"config: {aws:region: a, x: {y: [}}}}": "did not find expected",
	} {
		root := offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": text})
		_, err := settings(root, "dev")
		offlinetest.WantError(t, err, "Pulumi.dev.yaml: ", want)
	}
}

func TestSecretsBecomePlaceholders(t *testing.T) {
	t.Parallel()
	root := offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": `
secretsprovider: awskms://alias/state
encryptedkey: c2VjcmV0
config:
  aws:token:
    secure: v1:topmost
  task-tracker:platform:
    environment: dev
    plain: {secure: v1:nested}
    list:
      - name: a
        secure: v1:kept, since this is an object with other keys
      - secure: v1:listed
      - [{deep: {secure: v1:deep}}]
    number: {secure: 5}
`})
	got, err := settings(root, "dev")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"aws:token": "(a secret of the stack)",
		"task-tracker:platform": map[string]any{
			"environment": "dev",
			"plain":       "(a secret of the stack)",
			"list": []any{
				map[string]any{"name": "a", "secure": "v1:kept, since this is an object with other keys"},
				"(a secret of the stack)",
				[]any{map[string]any{"deep": "(a secret of the stack)"}},
			},
			"number": map[string]any{"secure": 5.0},
		},
	}
	if diff := cmp.Diff(want, got.Config); diff != "" {
		t.Error(diff)
	}
	dir := t.TempDir()
	if err := got.write(dir, "dev"); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(dir, "Pulumi.dev.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "awskms") || strings.Contains(string(text), "encryptedkey") {
		t.Errorf("the stack's own secrets provider is in the offline settings:\n%s", text)
	}
}

func TestSet(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, path string
		value            any
		want             map[string]any // of the platform
		fault            string
	}{
		{"a value that is there", "database: {multiAz: false, size: 1}", "database.multiAz", true, map[string]any{"database": map[string]any{"multiAz": true, "size": 1.0}}, ""},
		{"missing objects are made", "environment: dev", "edge.waf.enabled", true, map[string]any{"environment": "dev", "edge": map[string]any{"waf": map[string]any{"enabled": true}}}, ""},
		{"an object that is null", "edge:", "edge.waf", 1, map[string]any{"edge": map[string]any{"waf": 1}}, ""},
		{"topmost", "environment: dev", "environment", "prod", map[string]any{"environment": "prod"}, ""},
		{"no settings at all", "", "environment", "prod", map[string]any{"environment": "prod"}, ""},
		{"an object is replaced", "edge: {a: 1}", "edge", []any{1}, map[string]any{"edge": []any{1}}, ""},
		{"a scalar in the way", "edge: {waf: yes please}", "edge.waf.enabled", true, nil, "edge.waf.enabled: edge.waf is no object"},
		{"a list in the way", "zones: [a]", "zones.0", "b", nil, "zones.0: zones is no object"},
		{"a platform that is text", "text", "environment", "b", nil, "environment: task-tracker:platform is no object"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text := "config: {}"
			if tt.file != "" {
				text = "config:\n  task-tracker:platform:\n    " + tt.file + "\n"
			}
			file, err := settings(offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": text}), "dev")
			if err != nil {
				t.Fatal(err)
			}
			err = file.set(tt.path, tt.value)
			if tt.fault != "" {
				offlinetest.WantError(t, err, tt.fault)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, file.Config[platformKey]); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestSetInAnEmptyFile needs no config key: an empty stack file is a valid one.
func TestSetInAnEmptyFile(t *testing.T) {
	t.Parallel()
	file, err := settings(offlinetest.Repository(t, map[string]string{"Pulumi.dev.yaml": ""}), "dev")
	if err != nil {
		t.Fatal(err)
	}
	if err := file.set("environment", "dev"); err != nil {
		t.Fatal(err)
	}
}
