package image

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

const digest = "sha256:" + "00000000000000000000000000000000" + "00000000000000000000000000000000"

func settings() Settings { return Settings{Platform: "linux/amd64", KeepImages: 30} }

func arguments(t *testing.T) Args {
	t.Helper()
	return Args{Scope: infratest.Scope(), Settings: settings(), KeyArn: pulumi.String("arn:aws:kms:us-east-1:123456789012:key/1"), Context: repository(t)}
}

// seen are outputs, once they are known.
type seen struct {
	mu     sync.Mutex
	values map[string]string
}

// note exports the output, since a program's end waits for its exports only.
func (s *seen) note(ctx *pulumi.Context, key string, out pulumi.StringOutput) {
	ctx.Export(key, out.ApplyT(func(v string) string {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.values == nil {
			s.values = map[string]string{}
		}
		s.values[key] = v
		return v
	}))
}

func register(t *testing.T, args Args, opts ...infratest.Option) (*infratest.Recorder, map[string]string) {
	t.Helper()
	var out seen
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		i, err := New(ctx, "image", args)
		if err != nil {
			return err
		}
		out.note(ctx, "ref", i.Ref)
		out.note(ctx, "url", i.RepositoryURL)
		out.note(ctx, "arn", i.RepositoryArn)
		return nil
	}, opts...)
	return r, out.values
}

func TestBuild(t *testing.T) {
	t.Parallel()
	args := arguments(t)
	args.Settings.BuildArgs = map[string]string{"RUN_BASE": "mirror.example.com/static:1"}
	r, out := register(t, args)

	repo := r.One(t, "aws:ecr/repository:Repository", "image-repository")
	got := map[string]string{}
	for _, path := range []string{
		"name", "imageTagMutability", "imageScanningConfiguration.scanOnPush", "encryptionConfigurations[0].encryptionType",
		"encryptionConfigurations[0].kmsKey", "forceDelete",
	} {
		got[path] = repo.String(path)
	}
	want := map[string]string{
		"name": "task-tracker", "imageTagMutability": "IMMUTABLE", "imageScanningConfiguration.scanOnPush": "true",
		"encryptionConfigurations[0].encryptionType": "KMS", "forceDelete": "false",
		"encryptionConfigurations[0].kmsKey": "arn:aws:kms:us-east-1:123456789012:key/1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("repository (-want +got)\n%s", diff)
	}

	built := r.One(t, "awsx:ecr:Image", "image-build")
	tag := tagOf(t, Source{Context: args.Context, Dockerfile: "Dockerfile", Platform: "linux/amd64", BuildArgs: args.Settings.BuildArgs})
	got = map[string]string{}
	for _, path := range []string{"repositoryUrl", "context", "dockerfile", "imageTag", "platform", "args.VERSION", "args.RUN_BASE"} {
		got[path] = built.String(path)
	}
	want = map[string]string{
		"repositoryUrl": "image-repository-repositoryUrl", "context": args.Context, "dockerfile": args.Context + "/Dockerfile",
		"imageTag": tag, "platform": "linux/amd64", "args.VERSION": tag, "args.RUN_BASE": "mirror.example.com/static:1",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("build (-want +got)\n%s", diff)
	}
	if want := "123456789012.dkr.ecr.us-east-1.amazonaws.com/task-tracker@" + digest; out["ref"] != want {
		t.Errorf("the image is %q, want %q", out["ref"], want)
	}
	if out["url"] != "image-repository-repositoryUrl" || !strings.HasSuffix(out["arn"], ":image-repository") {
		t.Errorf("outputs %v", out)
	}
	for _, one := range r.All() {
		if one.Type != Token && !strings.HasSuffix(one.Parent, "::image") && one.Type != "pulumi:pulumi:Stack" {
			t.Errorf("%s %s is a child of %s", one.Type, one.Name, one.Parent)
		}
	}
}

func TestReadyImageIsNotBuilt(t *testing.T) {
	t.Parallel()
	args := arguments(t)
	args.Context = ""
	args.Settings.Ref = "ghcr.io/task-tracker/task-tracker@" + digest
	for _, opts := range [][]infratest.Option{nil, {infratest.Unknown()}} {
		r, out := register(t, args, opts...)
		if built := r.OfType("awsx:ecr:Image"); len(built) > 0 {
			t.Errorf("%s is built", built[0].Name)
		}
		r.One(t, "aws:ecr/repository:Repository", "image-repository")
		if out["ref"] != args.Settings.Ref {
			t.Errorf("the image is %q", out["ref"])
		}
	}
}

func TestPreviewDoesNotKnowTheDigest(t *testing.T) {
	t.Parallel()
	args := arguments(t)
	infratest.Forget(&args)
	r, out := register(t, args, infratest.Unknown())
	if ref, known := out["ref"]; known {
		t.Errorf("the image is %q before it is built", ref)
	}
	if built := r.One(t, "awsx:ecr:Image", "image-build"); built.String("imageTag") == "(unknown)" {
		t.Error("the tag is not known in a preview")
	}
}

func TestLifecyclePolicy(t *testing.T) {
	t.Parallel()
	r, _ := register(t, arguments(t))
	infratest.Golden(t, "lifecycle.json", r.One(t, "aws:ecr/lifecyclePolicy:LifecyclePolicy", "image-lifecycle").String("policy"))
}

func TestByDigest(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"1.dkr.ecr.x.amazonaws.com/a:tag@" + digest: "1.dkr.ecr.x.amazonaws.com/a@" + digest,
		"1.dkr.ecr.x.amazonaws.com/a@" + digest:     "1.dkr.ecr.x.amazonaws.com/a@" + digest,
		"localhost:5000/a@" + digest:                "localhost:5000/a@" + digest,
		"localhost:5000/a:b@" + digest:              "localhost:5000/a@" + digest,
	} {
		if got, err := byDigest(in); err != nil || got != want {
			t.Errorf("%s became %s, %v", in, got, err)
		}
	}
	_, err := byDigest("repo:tag")
	if want := `image: the build answered "repo:tag", which names no digest; push the image yourself and set image.ref`; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "image", Args{})
		return err
	}, "image.keyArn: is not wired; pass foundation.DataKeyArn", "image.context: is empty", "image.namePrefix: ")
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		edit func(*Args)
		want string
	}{
		{"a tag", func(a *Args) { a.Settings.Ref = "repo:v1" }, "image.ref: \"repo:v1\" has no digest, and a tag may be moved to another image; write REPOSITORY@sha256:DIGEST, which `docker buildx imagetools inspect repo:v1` shows"},
		{"a short digest", func(a *Args) { a.Settings.Ref = "repo@sha256:12" }, `image.ref: "repo@sha256:12" is not REPOSITORY@sha256: and 64 hexadecimal digits; copy the digest whole`},
		{"platform", func(a *Args) { a.Settings.Platform = "linux/amd" }, `image.platform: "linux/amd" is none of linux/amd64, linux/arm64; did you mean "linux/amd64"?`},
		{"keep", func(a *Args) { a.Settings.KeepImages = 1 }, "image.keepImages: 1 is below 2, at least the running release and the one before it; set 2 to 1000"},
		{"version", func(a *Args) { a.Settings.BuildArgs = map[string]string{"VERSION": "v1"} }, `image.buildArgs.VERSION: "v1" is set, but the build sets it to the image's tag; leave it out`},
		{"secret", func(a *Args) { a.Settings.BuildArgs = map[string]string{"NPM_TOKEN": "hush"} }, "image.buildArgs.NPM_TOKEN: looks like a secret, and build arguments stay readable in the image's history; use a base image or a mirror that needs none"},
		{"argument", func(a *Args) { a.Settings.BuildArgs = map[string]string{"A-B": ""} }, `image.buildArgs.A-B: "A-B" is no name of a build argument: letters, digits and _, no digit first; write it as the Dockerfile's ARG has it`},
		{"wiring", func(a *Args) { a.KeyArn, a.Context = nil, "" }, "image.keyArn: is not wired; pass foundation.DataKeyArn\nimage.context: is empty, so there is nothing to build; pass the folder of the Dockerfile, or set ref"},
		{"prefix", func(a *Args) { a.NamePrefix = "Task" }, `image.namePrefix: "Task" can't name a repository: lower-case letters and digits, with single . _ or - between; choose another environment or prefix`},
		{"no Dockerfile", func(a *Args) { a.Context = "/nowhere" }, "image: /nowhere/Dockerfile can't be read: no such file or directory; set image.ref to a ready image, or run the program from the repository"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			args := arguments(t)
			c.edit(&args)
			var got error
			_, _ = infratest.Try(func(ctx *pulumi.Context) error {
				_, got = New(ctx, "image", args)
				return nil
			})
			if got == nil || got.Error() != c.want {
				t.Errorf("\n got %v\nwant %s", got, c.want)
			}
		})
	}
}
