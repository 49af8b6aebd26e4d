package awssim

import (
	"context"
	"strings"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"
)

func inputStruct(t *testing.T, values map[string]any) *structpb.Struct {
	t.Helper()
	s, err := properties{values: values}.encode()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestImagesAreChecked(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	b := &imageBuilder{Server: p.Server}
	const urn = "urn:pulumi:s::p::" + tImage + "::one"
	for name, test := range map[string]struct {
		in   map[string]any
		want string // property: reason
	}{
		"good":            {map[string]any{"push": true, "tags": list("repository:one"), "context": map[string]any{"location": "."}}, ""},
		"with a port":     {map[string]any{"push": true, "tags": list("localhost:5000/repository:one")}, ""},
		"not known yet":   {map[string]any{"push": true, "tags": list(unknown{})}, ""},
		"no tag":          {map[string]any{"push": true, "tags": list("repository")}, `tags[0]: "repository" is no name with a tag; write it as repository:tag`},
		"misspelt":        {map[string]any{"push": true, "buildArg": map[string]any{}}, `buildArg: "buildArg" is no property of docker-build:index:Image; did you mean "buildArgs"?`},
		"pushed or not":   {map[string]any{}, "push: is missing, and docker-build:index:Image needs it; set it"},
		"of another kind": {map[string]any{"push": "yes"}, "push: yes is not of type bool; write it as one"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response, err := b.Check(context.Background(), &rpc.CheckRequest{Urn: urn, News: inputStruct(t, test.in)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range response.GetFailures() {
				got = append(got, f.GetProperty()+": "+f.GetReason())
			}
			if strings.Join(got, "\n") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
	if _, err := b.Check(context.Background(), &rpc.CheckRequest{Urn: "urn:pulumi:s::p::docker-build:index:Index::x"}); err == nil ||
		!strings.Contains(err.Error(), `awssim knows no resource type "docker-build:index:Index"`) {
		t.Errorf("another type: %v", err)
	}
}

func TestImagesDiffer(t *testing.T) {
	t.Parallel()
	b := &imageBuilder{}
	image := func(tag, password string) map[string]any {
		return map[string]any{
			"push": true, "tags": list("repository:" + tag), "registries": list(map[string]any{"username": "AWS", "password": password}),
		}
	}
	for name, test := range map[string]struct {
		old, new map[string]any
		want     string
	}{
		"same":          {image("one", "a"), image("one", "a"), ""},
		"another login": {image("one", "a"), image("one", "b"), ""},
		"another tag":   {image("one", "a"), image("two", "a"), "tags[0] contextHash"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, state, err := built("urn", inputStruct(t, test.old), false)
			if err != nil {
				t.Fatal(err)
			}
			response, err := b.Diff(context.Background(), &rpc.DiffRequest{OldInputs: inputStruct(t, test.old), News: inputStruct(t, test.new), Olds: state})
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(response.GetDiffs(), " "); got != test.want || len(response.GetReplaces()) > 0 {
				t.Errorf("got %s %v, want %s", got, response.GetReplaces(), test.want)
			}
		})
	}
}

func TestAnImageIsWhatItsTagOrFolderSays(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	tagged := func(tag, folder string) map[string]any {
		return map[string]any{"tags": list("repository:" + tag), "context": map[string]any{"location": folder}}
	}
	here, err := contextHash(tagged("one", folder))
	if err != nil {
		t.Fatal(err)
	}
	if there, err := contextHash(tagged("one", "gone")); err != nil || there != here {
		t.Errorf("one tag is built into two images: %v", err)
	}
	if _, err := contextHash(tagged("1234"+awsxOwn, "gone")); err == nil || !strings.Contains(err.Error(), "context.location: ") ||
		!strings.Contains(err.Error(), "name a folder that can be read") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if own, err := contextHash(tagged("1234"+awsxOwn, folder)); err != nil || own == here {
		t.Errorf("what is in the folder does not count: %v", err)
	}
}
