package foundation

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the type of the component.
const Token = "tasktracker:foundation:Foundation"

// Args are the inputs of [New].
type Args struct {
	place.Scope
	Settings Settings
	Recovery place.Recovery // where the recovery key is made; its KeyArn is not read
}

// LogGroup is a group of CloudWatch Logs.
type LogGroup struct {
	Name pulumi.StringOutput
	Arn  pulumi.StringOutput // without the trailing ":*"
}

// Foundation is what other components refer to.
type Foundation struct {
	pulumi.ResourceState

	DataKeyArn     pulumi.StringOutput
	LogsKeyArn     pulumi.StringOutput
	AlertsKeyArn   pulumi.StringOutput
	RecoveryKeyArn pulumi.StringOutput // in the second region; empty where there is none

	AppLogGroup   LogGroup // /ecs/{NamePrefix}
	FlowLogGroup  LogGroup
	WafLogGroup   LogGroup // its name starts with aws-waf-logs-, as WAF demands
	TrailLogGroup LogGroup

	TopicArn      pulumi.StringOutput // of the topic once its policy lets AWS publish
	LogBucketName pulumi.StringOutput // of the bucket once its policy lets AWS deliver
	LogBucketArn  pulumi.StringOutput // likewise
}

var (
	prefixPattern  = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*[a-z0-9]$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
)

// Validate returns all that is wrong with the inputs, a line each.
func (a Args) Validate() error {
	var set fault.Set
	f := set.At("foundation")
	a.Settings.Validate(f)
	f.Require(prefixPattern.MatchString(a.NamePrefix), "namePrefix",
		"%q can't start the name of a bucket; use lower-case letters, digits and hyphens", a.NamePrefix)
	f.Require(accountPattern.MatchString(a.Account), "account", "%q is no account; give its 12 digits", a.Account)
	f.Require(a.Region != "", "region", "is missing; give one such as us-east-1")
	f.Require(a.Partition != "", "partition", "is missing; give aws, aws-cn or aws-us-gov")
	if a.Recovery.Set() {
		f.Require(a.Recovery.Region != a.Region, "recovery.region",
			"%q is the region of the stack itself; give another one, or none", a.Recovery.Region)
		f.Require(a.Recovery.Provider != nil, "recovery.provider", "is missing; give a provider of %s", a.Recovery.Region)
	}
	return set.Err()
}

// New registers the foundation. An error lists every fault of the inputs, or says which resource was refused.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Foundation, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Foundation{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("foundation: %w", err)
	}
	b := builder{ctx: ctx, name: name, args: args, parent: c}
	for _, part := range []struct {
		what  string
		build func() error
	}{
		{"keys", b.keys},
		{"log groups", b.logGroups},
		{"alert topic", b.topic},
		{"log bucket", b.logBucket},
	} {
		if err := part.build(); err != nil {
			return nil, fmt.Errorf("foundation: %s: %w", part.what, err)
		}
	}
	err := ctx.RegisterResourceOutputs(c, pulumi.Map{
		"dataKeyArn": c.DataKeyArn, "logsKeyArn": c.LogsKeyArn, "alertsKeyArn": c.AlertsKeyArn, "recoveryKeyArn": c.RecoveryKeyArn,
		"appLogGroup": c.AppLogGroup.Name, "flowLogGroup": c.FlowLogGroup.Name,
		"wafLogGroup": c.WafLogGroup.Name, "trailLogGroup": c.TrailLogGroup.Name,
		"topicArn": c.TopicArn, "logBucketName": c.LogBucketName, "logBucketArn": c.LogBucketArn,
	})
	if err != nil {
		return nil, fmt.Errorf("foundation: outputs: %w", err)
	}
	return c, nil
}

// builder registers the parts of one foundation.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Foundation
}

func (b builder) options(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent)}, more...)
}

// keep is for what must outlive a mistake.
func (b builder) keep() pulumi.ResourceOption {
	return pulumi.Protect(b.args.Settings.DeletionProtection)
}
