package offline

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"
)

// platformKey is the one setting of a stack: an object with all of the platform's settings.
const platformKey = "task-tracker:platform"

// stackFile is Pulumi.<stack>.yaml, without what only the real backend can read.
type stackFile struct {
	Config map[string]any `json:"config"`
}

// StackNames returns the stacks that a folder has a Pulumi.<stack>.yaml of, sorted.
func StackNames(root string) []string {
	found, _ := filepath.Glob(filepath.Join(root, "Pulumi.*.yaml")) // the pattern is well formed
	var names []string
	for _, path := range found {
		names = append(names, strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "Pulumi."), ".yaml"))
	}
	slices.Sort(names)
	return names
}

// settings reads the stack's file of a repository. Values that only its secrets provider can read become a placeholder.
func settings(root, stack string) (stackFile, error) {
	var file stackFile
	path := filepath.Join(root, "Pulumi."+stack+".yaml")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		return file, fmt.Errorf("there is no stack %q: no Pulumi.%s.yaml; there are %s", stack, stack, strings.Join(StackNames(root), ", "))
	}
	if err != nil {
		return file, err
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return file, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	for key, value := range file.Config {
		file.Config[key] = withoutSecrets(value)
	}
	return file, nil
}

func withoutSecrets(v any) any {
	switch v := v.(type) {
	case map[string]any:
		if _, ok := v["secure"].(string); ok && len(v) == 1 {
			return "(a secret of the stack)"
		}
		for key, one := range v {
			v[key] = withoutSecrets(one)
		}
	case []any:
		for i, one := range v {
			v[i] = withoutSecrets(one)
		}
	}
	return v
}

// set puts a value at a dotted path of the platform's settings, making the objects on the way.
func (f stackFile) set(path string, value any) error {
	at, ok := f.Config[platformKey].(map[string]any)
	if !ok {
		at = map[string]any{}
		f.Config[platformKey] = at
	}
	parts := strings.Split(path, ".")
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			if at[part] != nil {
				return fmt.Errorf("%s: %s is no object", path, part)
			}
			next = map[string]any{}
			at[part] = next
		}
		at = next
	}
	at[parts[len(parts)-1]] = value
	return nil
}

func (f stackFile) write(dir, stack string) error {
	text, err := yaml.Marshal(f)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "Pulumi."+stack+".yaml"), text, 0o600)
}
