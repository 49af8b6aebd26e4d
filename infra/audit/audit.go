package audit

import (
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:audit:Audit"

// Where the log bucket's policy lets these services write.
const (
	trailPrefix  = "cloudtrail"
	configPrefix = "config"
)

// Args is what the component records, and where to.
type Args struct {
	place.Scope
	Settings Settings

	KeyArn           pulumi.StringInput // encrypts the trail's files; its policy lets CloudTrail use it
	LogBucketName    pulumi.StringInput // of the bucket whose policy lets CloudTrail and Config deliver
	TrailLogGroupArn pulumi.StringInput // without the :* at its end
	DataBucketArn    pulumi.StringInput // whose objects' calls are recorded
	TopicArn         pulumi.StringInput // gets the findings
}

// Audit is the trail and the services that look for what should not be.
type Audit struct {
	pulumi.ResourceState

	TrailArn pulumi.StringOutput // "" where there is none
}

// Validate returns all that is wrong with the settings and the wiring, a line each.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("audit")
	a.Settings.Validate(f)
	for _, wired := range []struct {
		path  string
		input pulumi.StringInput
		from  string
	}{
		{"keyArn", a.KeyArn, "foundation's DataKeyArn"},
		{"logBucketName", a.LogBucketName, "foundation's LogBucketName"},
		{"trailLogGroupArn", a.TrailLogGroupArn, "foundation's TrailLogGroup.Arn"},
		{"dataBucketArn", a.DataBucketArn, "storage's BucketArn"},
		{"topicArn", a.TopicArn, "foundation's TopicArn"},
	} {
		f.Require(wired.input != nil, wired.path, "is not wired; pass %s", wired.from)
	}
	f.Require(a.NamePrefix != "" && a.Account != "" && a.Region != "" && a.Partition != "", "scope",
		"%+v lacks a part, and names and ARNs are made of all four; pass the stack's place.Scope", a.Scope)
	return all.Err()
}

// New registers the trail, and GuardDuty, Config, Access Analyzer and Inspector as their modes say.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Audit, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Audit{TrailArn: pulumi.String("").ToStringOutput()}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("audit: %w", err)
	}
	b := builder{ctx: ctx, name: name, args: args, parent: c}
	if args.Settings.Trail.Enabled {
		trail, err := b.trail()
		if err != nil {
			return nil, fmt.Errorf("audit: trail: %w", err)
		}
		c.TrailArn = trail.Arn
	}
	for _, part := range []struct {
		name  string
		build func() error
	}{
		{"GuardDuty", b.guardDuty},
		{"Config", b.config},
		{"Access Analyzer", b.accessAnalyzer},
		{"Inspector", b.inspector},
	} {
		if err := part.build(); err != nil {
			return nil, fmt.Errorf("audit: %s: %w", part.name, err)
		}
	}
	if err := ctx.RegisterResourceOutputs(c, pulumi.Map{"trailArn": c.TrailArn}); err != nil {
		return nil, fmt.Errorf("audit: outputs: %w", err)
	}
	return c, nil
}

// builder registers the parts of one component.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.Resource
}
