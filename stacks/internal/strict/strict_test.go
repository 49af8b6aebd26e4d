package strict_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/stacks/internal/strict"
)

type sample struct {
	Name     string            `json:"name" default:"tracker" example:"x" doc:"A name."`
	Database database          `json:"database"`
	Zones    []string          `json:"zones" default:"a, b" doc:"Zones."`
	Tags     map[string]string `json:"tags" doc:"Tags."`
	Times    []timed           `json:"times" doc:"Times."`
}

type database struct {
	StorageGiB int     `json:"storageGiB" default:"20" unit:"GiB" doc:"Size."`
	MultiAz    bool    `json:"multiAz" default:"true" doc:"Two zones."`
	Share      float64 `json:"share" default:"0.5" doc:"A | share."`
}

type timed struct {
	At string `json:"at" default:"noon" enum:"noon,night" doc:"When."`
}

func TestDecode(t *testing.T) {
	t.Parallel()
	normal := sample{Name: "tracker", Database: database{20, true, .5}, Zones: []string{"a", "b"}}
	with := func(edit func(*sample)) sample {
		s := normal
		edit(&s)
		return s
	}
	for _, tt := range []struct {
		name, text string
		want       sample
		faults     []string
	}{
		{"defaults", `{}`, normal, nil},
		{"values", `{"database":{"storageGiB":50,"multiAz":false},"zones":["c"],"tags":{"k":"v"},"times":[{},{"at":"night"}]}`, with(func(s *sample) {
			s.Database.StorageGiB, s.Database.MultiAz = 50, false
			s.Zones, s.Tags, s.Times = []string{"c"}, map[string]string{"k": "v"}, []timed{{"noon"}, {"night"}}
		}), nil},
		{"all at once", `{"databse":{},"database":{"storageGB":1,"storageGiB":"9","multiAz":1,"share":null},"zones":[1],"zzzzzzzzzz":1}`, with(func(s *sample) { s.Zones = []string{""} }), []string{
			`database.multiAz: 1 must be true or false`,
			`database.share: is empty, must be a number; give a value or leave the key out`,
			`database.storageGB: no such setting; did you mean "storageGiB"?`,
			`database.storageGiB: "9" is a text, must be a whole number`,
			`databse: no such setting; did you mean "database"?`,
			`zones[0]: 1 must be a text; put it in quotes`,
			`zzzzzzzzzz: no such setting; there are name, database, zones, tags, times`,
		}},
		{"fraction", `{"database":{"storageGiB":1.5}}`, normal, []string{"database.storageGiB: 1.5 must be a whole number"}},
		{"huge", `{"database":{"storageGiB":1e400}}`, normal, []string{"database.storageGiB: 1e400 must be a whole number"}},
		{"list", `[]`, normal, []string{"platform: is a list, must be an object"}},
		{"two", `{} {}`, normal, []string{"platform: there is something behind the object; keep one object"}},
		{"none", ``, normal, []string{"platform: there are no settings; add the object that stacks/README.md describes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got sample
			var faults fault.Set
			view := &faults
			if strings.Contains(strings.Join(tt.faults, ""), "platform") {
				view = faults.At("platform")
			}
			strict.Decode(tt.text, &got, view)
			var texts []string
			for _, f := range faults.Faults() {
				texts = append(texts, f.Error())
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("decoded (-want +got)\n%s", diff)
			}
			if diff := cmp.Diff(tt.faults, texts); diff != "" {
				t.Errorf("faults (-want +got)\n%s", diff)
			}
		})
	}
}

func TestTable(t *testing.T) {
	t.Parallel()
	want := "| Setting | Type | Default | Unit | Example | |\n|---|---|---|---|---|---|\n" +
		"| `name` | text | `tracker` |  | `x` | A name. |\n" +
		"| `database.storageGiB` | integer | `20` | GiB |  | Size. |\n" +
		"| `database.multiAz` | bool | `true` |  |  | Two zones. |\n" +
		"| `database.share` | number | `0.5` |  |  | A \\| share. |\n" +
		"| `zones` | list of texts | `a, b` |  |  | Zones. |\n" +
		"| `tags` | object of texts | none |  |  | Tags. |\n" +
		"| `times` | list of objects | none |  |  | Times. |\n" +
		"| `times[].at` | text | `noon` |  |  | When. One of `noon`, `night`. |\n"
	if diff := cmp.Diff(want, strict.Table(strict.Settings(sample{}))); diff != "" {
		t.Error(diff)
	}
}

func TestLoose(t *testing.T) {
	t.Parallel()
	err := strict.Loose([]string{"aws:region", "p:platform", "p:platfrom", "p:platform.edge.domain", "p:other"}, "p", "platform")
	want := "p:other: no such setting; all are below p:platform\n" +
		"p:platform.edge.domain: is a key of its own, which nothing reads; take it away with `pulumi config rm p:platform.edge.domain`, and set it with `pulumi config set --path p:platform.edge.domain`\n" +
		"p:platfrom: no such setting; did you mean p:platform?"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	if err := strict.Loose([]string{"aws:region", "p:platform"}, "p", "platform"); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	for _, seed := range []string{`{}`, `{"database":{"storageGiB":1e999}}`, `{"times":[null]}`, `[[[[`, `{"tags":{"a":{"b":1}}}`, "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var got sample
		var faults fault.Set
		strict.Decode(text, &got, &faults)
		for _, one := range faults.Faults() {
			if one.Message == "" {
				t.Errorf("a fault without a message at %q", one.Path)
			}
		}
	})
}
