package image

import (
	"regexp"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Settings is what a platform engineer decides about the image.
type Settings struct {
	Ref         string            `json:"ref" example:"123456789012.dkr.ecr.us-east-1.amazonaws.com/task-tracker@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" doc:"A ready image by digest, as CI pushes it. Empty: the Dockerfile is built and pushed."`
	Platform    string            `json:"platform" default:"linux/amd64" enum:"linux/amd64,linux/arm64" doc:"What the image is built for; the service's architecture has to agree."`
	BuildArgs   map[string]string `json:"buildArgs" example:"BUILD_BASE: mirror.example.com/golang:1.26" doc:"Arguments of the Dockerfile, such as BUILD_BASE and RUN_BASE from a mirror. They stay readable in the image: no secrets."`
	KeepImages  int               `json:"keepImages" default:"30" example:"100" doc:"How many tagged images the repository keeps. A task can only be started, and a release rolled back to, while its image is there."`
	ForceDelete bool              `json:"forceDelete" default:"false" doc:"Whether destroying the stack deletes the repository's images, too. Without it, AWS refuses to delete a repository that has any."`
}

// Platforms are what Fargate runs.
var Platforms = []string{"linux/amd64", "linux/arm64"}

var (
	refPattern    = regexp.MustCompile(`^[a-z0-9][a-z0-9.:/_-]*@sha256:[0-9a-f]{64}$`)
	argPattern    = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	secretPattern = regexp.MustCompile(`(?i)(password|secret|token|credential|private_?key)`)
)

// Validate records what is wrong with the settings taken alone.
func (s Settings) Validate(f *fault.Set) {
	switch {
	case s.Ref == "" || refPattern.MatchString(s.Ref):
	case !strings.Contains(s.Ref, "@"):
		f.Add("ref", "%q has no digest, and a tag may be moved to another image; write REPOSITORY@sha256:DIGEST, which `docker buildx imagetools inspect %s` shows", s.Ref, s.Ref)
	default:
		f.Add("ref", "%q is not REPOSITORY@sha256: and 64 hexadecimal digits; copy the digest whole", s.Ref)
	}
	f.OneOf("platform", s.Platform, Platforms...)
	f.Within("keepImages", s.KeepImages, 2, 1000, "at least the running release and the one before it")
	names := make([]string, 0, len(s.BuildArgs))
	for name := range s.BuildArgs {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		path := "buildArgs." + name
		switch {
		case !argPattern.MatchString(name):
			f.Add(path, "%q is no name of a build argument: letters, digits and _, no digit first; write it as the Dockerfile's ARG has it", name)
		case name == versionArg:
			f.Add(path, "%q is set, but the build sets it to the image's tag; leave it out", s.BuildArgs[name])
		case secretPattern.MatchString(name):
			f.Add(path, "looks like a secret, and build arguments stay readable in the image's history; use a base image or a mirror that needs none")
		}
	}
}
