package platform

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/runbooks"
	"github.com/task-tracker/task-tracker/stacks/internal/strict"
)

// pages returns the runbooks by file name.
func pages(t *testing.T) map[string]runbooks.Page {
	t.Helper()
	all, err := runbooks.Pages()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// everything is prod with all that the pages speak of, and what it registers: in the middle of a restore, with a domain
// and a bastion.
func everything(t *testing.T) *infratest.Recorder {
	t.Helper()
	text := stackText(t, "prod")
	for path, value := range map[string]any{
		"edge.domain": "tasks.example.com", "edge.zoneId": "Z0123456789ABCDEFGHIJ", "access.bastion.enabled": true,
		"database.generation": 2, "database.serving": 1, "database.masterPassword": "generated",
	} {
		text = changed(t, text, path, value)
	}
	return record(t, text)
}

// TestRunbooksOfAlarmsExist finds each page that a description points at.
func TestRunbooksOfAlarmsExist(t *testing.T) {
	t.Parallel()
	all, pointers := pages(t), 0
	for _, one := range everything(t).All() {
		for _, m := range regexp.MustCompile(`infra/runbooks/([a-z-]+\.md)`).FindAllStringSubmatch(one.String("alarmDescription")+one.String("description"), -1) {
			pointers++
			if _, ok := all[m[1]]; !ok {
				t.Errorf("%s points at %s, which isn't there", one.Name, m[0])
			}
		}
	}
	if pointers < 5 {
		t.Errorf("only %d alarms point at a page", pointers)
	}
}

var (
	inline      = regexp.MustCompile("`([^`\n]+)`")
	dottedPath  = regexp.MustCompile(`^([a-z][A-Za-z]*(?:\.[a-z][A-Za-z]*)+)(?:: .*)?$`)
	keyAndValue = regexp.MustCompile(`^([a-z][A-Za-z]*): .+$`)
	configSet   = regexp.MustCompile(`task-tracker:platform\.([A-Za-z.\[\]0-9]+)`)
)

// TestRunbooksSettingsExist finds each setting that a page names among those that a stack has.
func TestRunbooksSettingsExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, one := range strict.Settings(Config{}) {
		known[one.Path] = true
		for i := range one.Path {
			if one.Path[i] == '.' {
				known[one.Path[:i]] = true // the group that it is in
			}
		}
	}
	named := 0
	for name, p := range pages(t) {
		var paths []string
		for _, m := range inline.FindAllStringSubmatch(p.Prose, -1) {
			for _, pattern := range []*regexp.Regexp{dottedPath, keyAndValue} {
				if found := pattern.FindStringSubmatch(m[1]); found != nil {
					paths = append(paths, found[1])
				}
			}
		}
		for _, m := range configSet.FindAllStringSubmatch(p.Text, -1) {
			paths = append(paths, m[1])
		}
		for _, path := range paths {
			if !known[path] {
				t.Errorf("%s: there is no setting %s", name, path)
			}
		}
		named += len(paths)
	}
	if named < 20 {
		t.Errorf("only %d settings were found in the pages; are they still written as `like.this`?", named)
	}
}

// merged returns a with b over it.
func merged(a, b map[string]any) map[string]any {
	out := maps.Clone(a)
	for key, value := range b {
		below, ok := value.(map[string]any)
		if before, also := out[key].(map[string]any); ok && also {
			value = merged(before, below)
		}
		out[key] = value
	}
	return out
}

// TestRunbooksSettingsWork puts each YAML block of a page over prod's settings and runs the program with them.
func TestRunbooksSettingsWork(t *testing.T) {
	t.Parallel()
	blocks := 0
	for name, p := range pages(t) {
		for _, block := range p.Blocks["yaml"] {
			blocks++
			var base, over map[string]any
			if err := json.Unmarshal([]byte(stackText(t, "prod")), &base); err != nil {
				t.Fatal(err)
			}
			if err := yaml.UnmarshalStrict([]byte(block), &over); err != nil {
				t.Errorf("%s: %v\n%s", name, err, block)
				continue
			}
			text, err := json.Marshal(merged(base, over))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Read(string(text)); err != nil {
				t.Errorf("%s: prod with\n%s\n%v", name, block, err)
				continue
			}
			record(t, string(text))
		}
	}
	if blocks < 2 {
		t.Errorf("%d blocks of settings, want those of corrupted data and of a lost region", blocks)
	}
}

// TestRunbooksNamesExist finds each physical name of a page among those that prod gives.
func TestRunbooksNamesExist(t *testing.T) {
	t.Parallel()
	r := everything(t)
	names := map[string]bool{}
	for _, one := range r.All() {
		for _, key := range []string{"name", "alarmName", "identifier", "bucket", "namePrefix", "tags.Name"} {
			names[strings.TrimSuffix(one.String(key), "-")] = true
		}
	}
	cluster := r.One(t, "aws:ecs/cluster:Cluster", "service-cluster").String("name")
	if !names["/ecs/"+cluster] {
		t.Errorf("LOGS of README.md is /ecs/%s, and no log group is called that", cluster)
	}
	for name, p := range pages(t) {
		text := strings.NewReplacer("$CLUSTER", cluster, "$ACCOUNT", infratest.Account).Replace(p.Text)
		for _, one := range regexp.MustCompile(`task-tracker-[a-z0-9-]*[a-z0-9]`).FindAllString(text, -1) {
			if !names[one] {
				t.Errorf("%s: nothing of prod is called %s", name, one)
			}
		}
	}
}

// TestRunbooksOutputsExist finds each output that a page asks a stack for among the program's.
func TestRunbooksOutputsExist(t *testing.T) {
	t.Parallel()
	program, err := os.ReadFile("platform.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for name, p := range pages(t) {
		for _, m := range regexp.MustCompile(`(?:\(out|e\.g\. out|stack output|\x60out) ([a-z][A-Za-z]+)`).FindAllStringSubmatch(p.Text, -1) {
			asked++
			if !strings.Contains(string(program), `ctx.Export("`+m[1]+`"`) {
				t.Errorf("%s: a stack has no output %s", name, m[1])
			}
		}
	}
	if asked < 10 {
		t.Errorf("only %d outputs were found in the pages", asked)
	}
}

// TestRunbooksContainersExist holds the names of log streams, prefix/container/task, against the task definition.
func TestRunbooksContainersExist(t *testing.T) {
	t.Parallel()
	var containers []struct {
		Name             string `json:"name"`
		LogConfiguration struct {
			Options map[string]string `json:"options"`
		} `json:"logConfiguration"`
	}
	text := everything(t).One(t, "aws:ecs/taskDefinition:TaskDefinition", "service-task").String("containerDefinitions")
	if err := json.Unmarshal([]byte(text), &containers); err != nil {
		t.Fatal(err)
	}
	var streams []string
	for _, c := range containers {
		streams = append(streams, c.LogConfiguration.Options["awslogs-stream-prefix"]+"/"+c.Name)
	}
	for name, p := range pages(t) {
		for _, m := range regexp.MustCompile(`--log-stream-name-prefix (\S+)`).FindAllStringSubmatch(p.Text, -1) {
			if !slices.Contains(streams, m[1]) {
				t.Errorf("%s: no log stream starts with %s; they start with %q", name, m[1], streams)
			}
		}
	}
}

// TestRunbooksRehearsalsExist finds each test that a page names.
func TestRunbooksRehearsalsExist(t *testing.T) {
	t.Parallel()
	var all strings.Builder
	for _, dir := range []string{filepath.Join("..", "..", "app", "e2e"), "enginetest"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(text)
		}
	}
	for name, p := range pages(t) {
		for _, test := range regexp.MustCompile("`(Test[A-Za-z]+)`").FindAllStringSubmatch(p.Prose, -1) {
			if !strings.Contains(all.String(), "func "+test[1]+"(") {
				t.Errorf("%s: no end-to-end or engine test is called %s", name, test[1])
			}
		}
	}
}
