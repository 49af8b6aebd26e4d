package image

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecr"
	awsx "github.com/pulumi/pulumi-awsx/sdk/v2/go/awsx/ecr"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:image:Image"

// versionArg is the Dockerfile's argument for the version that the binary reports.
const versionArg = "VERSION"

// Args is what the image is made from.
type Args struct {
	place.Scope
	Settings   Settings
	KeyArn     pulumi.StringInput // encrypts the repository
	Context    string             // folder of the build context, relative to the program's working directory
	Dockerfile string             // relative to Context; "" is Dockerfile
}

// Validate returns every fault of the settings, and every input that is not wired.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("image")
	a.Settings.Validate(f)
	f.Require(a.KeyArn != nil, "keyArn", "is not wired; pass foundation.DataKeyArn")
	f.Require(a.Context != "" || a.Settings.Ref != "", "context", "is empty, so there is nothing to build; pass the folder of the Dockerfile, or set ref")
	f.Require(repositoryPattern.MatchString(a.NamePrefix), "namePrefix",
		"%q can't name a repository: lower-case letters and digits, with single . _ or - between; choose another environment or prefix", a.NamePrefix)
	return all.Err()
}

// repositoryPattern is ECR's rule for names. Source: botocore's ecr model.
var repositoryPattern = regexp.MustCompile(`^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*$`)

// Image is the service's image.
type Image struct {
	pulumi.ResourceState

	Ref           pulumi.StringOutput // REPOSITORY@sha256:DIGEST
	RepositoryArn pulumi.StringOutput
	RepositoryURL pulumi.StringOutput // ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME
}

// New registers the repository and, unless a ready image is given, the build. The repository is there in both cases: CI
// pushes to it, and a stack that goes over to ready images keeps the old ones.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Image, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	i := &Image{}
	if err := ctx.RegisterComponentResource(Token, name, i, opts...); err != nil {
		return nil, fmt.Errorf("image: %w", err)
	}
	child := pulumi.Parent(i)
	repository, err := ecr.NewRepository(ctx, name+"-repository", &ecr.RepositoryArgs{
		Name:               pulumi.String(args.NamePrefix),
		ImageTagMutability: pulumi.String("IMMUTABLE"),
		ImageScanningConfiguration: ecr.RepositoryImageScanningConfigurationArgs{
			ScanOnPush: pulumi.Bool(true),
		},
		EncryptionConfigurations: ecr.RepositoryEncryptionConfigurationArray{ecr.RepositoryEncryptionConfigurationArgs{
			EncryptionType: pulumi.String("KMS"), KmsKey: args.KeyArn.ToStringOutput().ToStringPtrOutput(),
		}},
		ForceDelete: pulumi.Bool(args.Settings.ForceDelete),
	}, child)
	if err != nil {
		return nil, fmt.Errorf("image: repository: %w", err)
	}
	i.RepositoryArn, i.RepositoryURL = repository.Arn, repository.RepositoryUrl
	if _, err := ecr.NewLifecyclePolicy(ctx, name+"-lifecycle", &ecr.LifecyclePolicyArgs{
		Repository: repository.Name, Policy: pulumi.String(lifecycleOf(args.Settings.KeepImages).JSON()),
	}, child); err != nil {
		return nil, fmt.Errorf("image: lifecycle policy: %w", err)
	}
	i.Ref = pulumi.String(args.Settings.Ref).ToStringOutput()
	if args.Settings.Ref == "" {
		if i.Ref, err = build(ctx, name, args, repository, child); err != nil {
			return nil, err
		}
	}
	if err := ctx.RegisterResourceOutputs(i, pulumi.Map{
		"ref": i.Ref, "repositoryArn": i.RepositoryArn, "repositoryUrl": i.RepositoryURL,
	}); err != nil {
		return nil, fmt.Errorf("image: outputs: %w", err)
	}
	return i, nil
}

// build registers the build and push of the Dockerfile, and returns the image by digest.
func build(ctx *pulumi.Context, name string, args Args, repository *ecr.Repository, child pulumi.ResourceOption) (pulumi.StringOutput, error) {
	dockerfile := args.Dockerfile
	if dockerfile == "" {
		dockerfile = "Dockerfile"
	}
	tag, err := Tag(Source{Context: args.Context, Dockerfile: dockerfile, Platform: args.Settings.Platform, BuildArgs: args.Settings.BuildArgs})
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	buildArgs := pulumi.StringMap{versionArg: pulumi.String(tag)}
	for k, v := range args.Settings.BuildArgs {
		buildArgs[k] = pulumi.String(v)
	}
	built, err := awsx.NewImage(ctx, name+"-build", &awsx.ImageArgs{
		RepositoryUrl: repository.RepositoryUrl,
		Context:       pulumi.String(args.Context),
		Dockerfile:    pulumi.String(filepath.Join(args.Context, dockerfile)),
		ImageTag:      pulumi.String(tag),
		Platform:      pulumi.String(args.Settings.Platform),
		Args:          buildArgs,
	}, child, pulumi.Transforms([]pulumi.ResourceTransform{kept}))
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("image: build: %w", err)
	}
	return built.ImageUri.ApplyT(byDigest).(pulumi.StringOutput), nil
}

// kept leaves an image in the repository when a newer one takes its place: tasks are started, and releases rolled back to, by
// digest. The lifecycle policy takes old ones away. Left to itself, the build deletes them.
// Source: https://www.pulumi.com/registry/packages/docker-build/api-docs/image/.
func kept(_ context.Context, a *pulumi.ResourceTransformArgs) *pulumi.ResourceTransformResult {
	if a.Type != "docker-build:index:Image" {
		return nil
	}
	a.Opts.RetainOnDelete = true
	return &pulumi.ResourceTransformResult{Props: a.Props, Opts: a.Opts}
}

// byDigest leaves the tag out of REPOSITORY:TAG@sha256:DIGEST, so that nothing but content starts a deployment.
func byDigest(uri string) (string, error) {
	repository, digest, ok := strings.Cut(uri, "@")
	if slash, colon := strings.LastIndex(repository, "/"), strings.LastIndex(repository, ":"); colon > slash {
		repository = repository[:colon]
	}
	if ref := repository + "@" + digest; ok && refPattern.MatchString(ref) {
		return ref, nil
	}
	return "", fmt.Errorf("image: the build answered %q, which names no digest; push the image yourself and set image.ref", uri)
}

// lifecycle is ECR's policy. Source: https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html.
type lifecycle struct {
	Rules []lifecycleRule `json:"rules"`
}

type lifecycleRule struct {
	RulePriority int                `json:"rulePriority"`
	Description  string             `json:"description"`
	Selection    lifecycleSelection `json:"selection"`
	Action       lifecycleAction    `json:"action"`
}

type lifecycleSelection struct {
	TagStatus      string   `json:"tagStatus"`
	TagPatternList []string `json:"tagPatternList,omitempty"`
	CountType      string   `json:"countType"`
	CountUnit      string   `json:"countUnit,omitempty"`
	CountNumber    int      `json:"countNumber"`
}

type lifecycleAction struct {
	Type string `json:"type"`
}

// lifecycleOf counts tagged images only: the parts of a multi-platform image have no tag, and stay as long as it does.
func lifecycleOf(keep int) lifecycle {
	expire := lifecycleAction{Type: "expire"}
	return lifecycle{Rules: []lifecycleRule{
		{
			RulePriority: 1, Description: "What lost its tag goes after a week", Action: expire,
			Selection: lifecycleSelection{TagStatus: "untagged", CountType: "sinceImagePushed", CountUnit: "days", CountNumber: 7},
		},
		{
			RulePriority: 2, Description: fmt.Sprintf("The last %d images stay", keep), Action: expire,
			Selection: lifecycleSelection{TagStatus: "tagged", TagPatternList: []string{"*"}, CountType: "imageCountMoreThan", CountNumber: keep},
		},
	}}
}

// JSON returns the policy as text, its keys in a fixed order.
func (l lifecycle) JSON() string {
	text, err := json.Marshal(l)
	if err != nil {
		panic(fmt.Sprintf("image: %v", err)) // strings and numbers always encode
	}
	return string(text)
}
