package offline

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/task-tracker/task-tracker/stacks/internal/strict"
)

// platformKey is the one setting of a stack: an object with all of the platform's settings.
const platformKey = "task-tracker:platform"

// stackName is what the engine takes for a stack's name. It is part of a file's name, too.
var stackName = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)

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
	if !stackName.MatchString(stack) {
		return file, fmt.Errorf("%q cannot be a stack's name: letters, digits, hyphens, underscores and points only; there are %s", stack, strings.Join(StackNames(root), ", "))
	}
	path := filepath.Join(root, "Pulumi."+stack+".yaml")
	text, err := os.ReadFile(path)
	if os.IsNotExist(err) {
		others := "; there are " + strings.Join(StackNames(root), ", ")
		if len(StackNames(root)) == 0 {
			others = ", nor that of any other stack"
		}
		return file, fmt.Errorf("there is no stack %q: no Pulumi.%s.yaml%s", stack, stack, others)
	}
	if err != nil {
		return file, err
	}
	asJSON, err := yaml.YAMLToJSONStrict(text) // a key that stands twice is an error, as the engine has it
	if err == nil {
		err = json.Unmarshal(asJSON, &file)
	}
	if err != nil {
		return file, fmt.Errorf("%s: %w", filepath.Base(path), err)
	}
	if file.Config == nil {
		file.Config = map[string]any{}
	}
	project, object, _ := strings.Cut(platformKey, ":")
	if err := strict.Loose(slices.Collect(maps.Keys(file.Config)), project, object); err != nil {
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
		if f.Config[platformKey] != nil {
			return fmt.Errorf("%s: %s is no object", path, platformKey)
		}
		at = map[string]any{}
		f.Config[platformKey] = at
	}
	parts := strings.Split(path, ".")
	for i, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			if at[part] != nil {
				return fmt.Errorf("%s: %s is no object", path, strings.Join(parts[:i+1], "."))
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
