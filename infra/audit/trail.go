package audit

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudtrail"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// trail records every call to AWS in every region, and the calls on the objects of the application's bucket. Its files go
// to the log bucket, signed by digests, and its events to the log group, where they can be asked for at once.
func (b builder) trail() (*cloudtrail.Trail, error) {
	trailName := b.args.Name("trail", 128)
	role, err := iam.NewRole(b.ctx, b.name+"-trail-role", &iam.RoleArgs{
		Name:        pulumi.String(b.args.Name("trail", 64)),
		Description: pulumi.String("CloudTrail writes the trail's events to its log group."),
		AssumeRolePolicy: pulumi.String(iampolicy.AssumeBy("cloudtrail.amazonaws.com", b.args.Account,
			b.args.ARN("cloudtrail", "trail/"+trailName)).JSON()),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, err
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.name+"-trail-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: b.args.TrailLogGroupArn.ToStringOutput().ApplyT(func(arn string) string {
			return b.deliverToLogs(arn).JSON()
		}).(pulumi.StringOutput),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, err
	}
	// The role's policy is no input of the trail, yet AWS tries the delivery when the trail is made.
	return cloudtrail.NewTrail(b.ctx, b.name+"-trail", &cloudtrail.TrailArgs{
		Name:                       pulumi.String(trailName),
		S3BucketName:               b.args.LogBucketName,
		S3KeyPrefix:                pulumi.String(trailPrefix),
		KmsKeyId:                   b.args.KeyArn.ToStringOutput(),
		CloudWatchLogsGroupArn:     pulumi.Sprintf("%s:*", b.args.TrailLogGroupArn),
		CloudWatchLogsRoleArn:      role.Arn,
		IsMultiRegionTrail:         pulumi.Bool(true),
		IncludeGlobalServiceEvents: pulumi.Bool(true),
		EnableLogFileValidation:    pulumi.Bool(true),
		EnableLogging:              pulumi.Bool(true),
		EventSelectors:             b.selectors(),
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{policy}))
}

// deliverToLogs is what CloudTrail needs to write to its log group: streams called after the account and region.
// Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-required-policy-for-cloudwatch-logs.html.
func (b builder) deliverToLogs(group string) iampolicy.Document {
	streams := group + ":log-stream:" + b.args.Account + "_CloudTrail_" + b.args.Region + "*"
	return iampolicy.New(iampolicy.AllowStatement("Deliver",
		[]string{"logs:CreateLogStream", "logs:PutLogEvents"}, []string{streams}, nil))
}

// selectors are all management events, and the data events that the settings ask for: of one bucket's objects, since
// those of the log bucket would record their own recording.
func (b builder) selectors() cloudtrail.TrailEventSelectorArray {
	all := cloudtrail.TrailEventSelectorArgs{ReadWriteType: pulumi.String("All"), IncludeManagementEvents: pulumi.Bool(true)}
	events := b.args.Settings.Trail.DataEvents
	if events == "None" {
		return cloudtrail.TrailEventSelectorArray{all}
	}
	objects := cloudtrail.TrailEventSelectorDataResourceArray{cloudtrail.TrailEventSelectorDataResourceArgs{
		Type: pulumi.String("AWS::S3::Object"), Values: pulumi.StringArray{pulumi.Sprintf("%s/", b.args.DataBucketArn)},
	}}
	if events == "All" {
		all.DataResources = objects
		return cloudtrail.TrailEventSelectorArray{all}
	}
	return cloudtrail.TrailEventSelectorArray{all, cloudtrail.TrailEventSelectorArgs{
		ReadWriteType: pulumi.String(events), IncludeManagementEvents: pulumi.Bool(false), DataResources: objects,
	}}
}
