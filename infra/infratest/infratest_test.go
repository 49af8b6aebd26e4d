package infratest_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

// witness is a test that may fail without failing this one.
type witness struct {
	testing.TB
	said []string
}

func (w *witness) Helper() {}
func (w *witness) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

// topics registers a component with a topic, and one that nobody is the parent of.
func topics(ctx *pulumi.Context) error {
	c := &struct{ pulumi.ResourceState }{}
	if err := ctx.RegisterComponentResource("test:index:Component", "parent", c); err != nil {
		return err
	}
	var first, second pulumi.CustomResourceState
	if err := ctx.RegisterResource(topic, "first", pulumi.Map{"displayName": pulumi.String("One"), "fifoTopic": pulumi.Bool(true)}, &first, pulumi.Parent(c)); err != nil {
		return err
	}
	return ctx.RegisterResource(topic, "second", pulumi.Map{"displayName": first.ID()}, &second)
}

const topic = "aws:sns/topic:Topic"

func TestHelpersFailWhereTheyShould(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, topics)
	first, second := r.One(t, topic, "first"), r.One(t, topic, "second")
	first.Expect(t, map[string]string{"displayName": "One", "fifoTopic": "true", "name": ""})
	if !second.WaitsFor("first") || first.WaitsFor("second") {
		t.Errorf("the second topic has the first one's id: %q, %q", first.Dependencies, second.Dependencies)
	}
	for name, one := range map[string]struct {
		check func(*witness)
		want  string
	}{
		"another value":   {func(w *witness) { first.Expect(w, map[string]string{"displayName": "Two"}) }, "Two"},
		"no parent":       {func(w *witness) { r.ChildrenOf(w, "test:index:Component", "parent") }, topic + " second is a child of"},
		"no children":     {func(w *witness) { r.ChildrenOf(w, "test:index:Component", "other") }, "not of other"},
		"nothing refused": {func(w *witness) { infratest.Refused(w, topics) }, "it was accepted"},
		"refused too late": {
			func(w *witness) {
				infratest.Refused(w, func(ctx *pulumi.Context) error { return errors.Join(topics(ctx), errors.New("no")) })
			}, "parent was registered in spite of",
		},
		"refused for another reason": {
			func(w *witness) {
				infratest.Refused(w, func(*pulumi.Context) error { return errors.New("no") }, "yes")
			}, `the error lacks "yes"`,
		},
		"a document": {
			func(w *witness) { infratest.Golden(w, "document.json", `{"a":2}`) }, "document.json differs, go test -update writes it",
		},
	} {
		w := &witness{TB: t}
		one.check(w)
		if said := strings.Join(w.said, "\n"); !strings.Contains(said, one.want) {
			t.Errorf("%s: it said %q, want %q", name, said, one.want)
		}
	}
	infratest.Golden(t, "document.json", `{"a":1}`)
	if _, err := os.Stat(filepath.Join("testdata", "document.json")); err != nil {
		t.Error(err)
	}
}

func TestForget(t *testing.T) {
	t.Parallel()
	type args struct {
		place.Scope
		Name, Left pulumi.StringInput
		List       pulumi.StringArrayInput
		Each       pulumi.StringArray
		Recovery   place.Recovery
		Count      int
	}
	_, err := infratest.Try(func(ctx *pulumi.Context) error {
		a := args{
			Scope: infratest.Scope(), Name: pulumi.String("a"), List: pulumi.ToStringArray([]string{"a"}), Count: 2,
			Each: pulumi.ToStringArray([]string{"a", "b"}), Recovery: place.Recovery{KeyArn: pulumi.String("a")},
		}
		infratest.Forget(&a)
		if a.Left != nil || a.Count != 2 || a.Scope != infratest.Scope() || len(a.Each) != 2 {
			t.Errorf("it changed what is no wired input: %+v", a)
		}
		for i, one := range []pulumi.Input{a.Name, a.List, a.Each[1], a.Recovery.KeyArn} {
			one.(pulumi.Output).ApplyT(func(v any) error { return fmt.Errorf("input %d is known: %v", i, v) })
		}
		return nil
	}, infratest.Unknown())
	if err != nil {
		t.Error(err)
	}
}

func TestDefaultsAndLines(t *testing.T) {
	t.Parallel()
	type group struct {
		On bool `json:"on" default:"true" doc:"A switch."`
	}
	type settings struct {
		Text  string   `json:"text" default:"a" doc:"A text."`
		Empty string   `json:"empty" doc:"Nothing."`
		Count int      `json:"count" default:"3" doc:"A number."`
		Share float64  `json:"share" default:"0.5" doc:"A share."`
		List  []string `json:"list" default:"a,b" doc:"A list."`
		None  []group  `json:"none" doc:"Groups."`
		Group group    `json:"group" doc:"A group."`
	}
	want := settings{Text: "a", Count: 3, Share: 0.5, List: []string{"a", "b"}, Group: group{On: true}}
	if diff := cmp.Diff(want, infratest.Defaults[settings](t)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	w := &witness{TB: t}
	infratest.Defaults[struct {
		Count int `json:"count" default:"many"`
	}](w)
	if said := strings.Join(w.said, "\n"); !strings.Contains(said, "Count lacks a doc") || !strings.Contains(said, "the default of Count") {
		t.Errorf("it said %q", said)
	}
	if got := infratest.Lines(errors.Join(errors.New("a"), errors.New("b"))); !cmp.Equal(got, []string{"a", "b"}) || infratest.Lines(nil) != nil {
		t.Errorf("the lines are %q", got)
	}
}
