package enginetest

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/awssim"
)

// remote is a repository or an image of awsx, as its SDK asks for it.
type remote struct {
	pulumi.ResourceState
	URL      pulumi.StringOutput `pulumi:"url"`
	ImageURI pulumi.StringOutput `pulumi:"imageUri"`
}

func TestImageRepositoryHasItsChildren(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	result := b.mustUp(func(ctx *pulumi.Context) error {
		var r remote
		if err := ctx.RegisterRemoteComponentResource("awsx:ecr:Repository", "app", pulumi.Map{"name": pulumi.String("app")}, &r); err != nil {
			return err
		}
		ctx.Export("url", r.URL)
		return nil
	}, map[string]int{"create": 4})
	if got, want := result.Outputs["url"].Value, "123456789012.dkr.ecr.us-east-1.amazonaws.com/app"; got != want {
		t.Errorf("url is %v, want %s", got, want)
	}
}

// built is a repository and an image in it, built from a folder under a tag; "" is the tag that awsx makes up.
func built(folder, tag string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		repository := register(ctx, "aws:ecr/repository:Repository", "app", pulumi.Map{
			"name": pulumi.String("app"), "imageTagMutability": pulumi.String("IMMUTABLE"),
		})
		url := pulumi.Sprintf("123456789012.dkr.ecr.us-east-1.amazonaws.com/%s", repository.Name)
		in := pulumi.Map{"repositoryUrl": url, "context": pulumi.String(folder), "args": pulumi.StringMap{"VERSION": pulumi.String(tag)}}
		if tag != "" {
			in["imageTag"] = pulumi.String(tag)
		}
		var image remote
		if err := ctx.RegisterRemoteComponentResource("awsx:ecr:Image", "build", in, &image); err != nil {
			return err
		}
		ctx.Export("uri", image.ImageURI)
		return nil
	}
}

var byDigest = regexp.MustCompile(`^123456789012\.dkr\.ecr\.us-east-1\.amazonaws\.com/app@sha256:[0-9a-f]{64}$`)

func TestAnImageIsKnownByItsDigest(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	folder := t.TempDir()
	first := b.mustUp(built(folder, "one"), map[string]int{"create": 4}) // the stack, repository, component and its docker-build image
	uri, _ := first.Outputs["uri"].Value.(string)
	if !byDigest.MatchString(uri) {
		t.Errorf("the image is %q, want one by digest", uri)
	}
	if state := b.state(); !strings.Contains(state, `"docker-build:index:Image"`) || strings.Contains(state, `"password": "`) {
		t.Error("the state lacks the docker-build image, or has the registry's password in plain text")
	}
	b.mustUp(built(folder, "one"), map[string]int{"same": 4, "update": 0, "create": 0}) // though the login is another one
	refreshed, err := b.stack.Refresh(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if changes := *refreshed.Summary.ResourceChanges; changes["update"]+changes["delete"] > 0 {
		t.Errorf("a refresh of an untouched account found %v", changes)
	}
	// awsx names its child after the tag: another tag is another resource, and the old image goes.
	second := b.mustUp(built(folder, "two"), map[string]int{"create": 1, "delete": 1, "update": 1, "same": 2})
	if other := second.Outputs["uri"].Value; other == uri || !byDigest.MatchString(other.(string)) {
		t.Errorf("under another tag the image is %v", other)
	}
	if lost := b.orphans(); len(lost) > 0 {
		t.Errorf("orphans: %v", lost)
	}
	b.destroy() // the image before its repository, which is not emptied by force
}

func TestAnImmutableTagTakesNoOtherContent(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	folder := t.TempDir()
	write(t, folder, "Dockerfile", "FROM scratch")
	b.mustUp(built(folder, ""), nil)
	write(t, folder, "Dockerfile", "FROM scratch\nUSER 1")
	_, _, err := b.up(built(folder, ""))
	if err == nil || !strings.Contains(err.Error(), "cannot be overwritten because the tag is immutable") {
		t.Errorf("other content was pushed under the same tag: %v", err)
	}
}

func TestAPushThatNobodyWaitedForIsTakenUpAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{Faults: []awssim.Fault{{Type: "docker-build:index:Image", Kind: awssim.Timeout}}})
	folder := t.TempDir()
	if _, _, err := b.up(built(folder, "one")); err == nil || !strings.Contains(err.Error(), "timeout while pushing") {
		t.Fatalf("the update went through in spite of the fault: %v", err)
	}
	b.mustUp(built(folder, "one"), nil)
	if lost := b.orphans(); len(lost) > 0 {
		t.Errorf("orphans: %v", lost)
	}
	b.destroy()
}

func write(t *testing.T, folder, name, content string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
