package audit

import (
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cfg"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// config records the configuration of every resource. The order is AWS's: the recorder, then the channel that it delivers
// through, then the start; and all the way back when it is deleted. Names are given, so that a replacement deletes first:
// an account has one of each in a region.
func (b builder) config() error {
	s := b.args.Settings.Config
	if s.Mode != Create {
		return nil
	}
	role, policy, err := b.configRole()
	if err != nil {
		return err
	}
	recorder, err := cfg.NewRecorder(b.ctx, b.name+"-recorder", &cfg.RecorderArgs{
		Name:    pulumi.String(b.args.Name("recorder", 256)),
		RoleArn: role.Arn,
		RecordingGroup: cfg.RecorderRecordingGroupArgs{
			AllSupported: pulumi.Bool(true), IncludeGlobalResourceTypes: pulumi.Bool(s.GlobalResources),
		},
		RecordingMode: cfg.RecorderRecordingModeArgs{RecordingFrequency: pulumi.String(s.Frequency)},
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	channel, err := cfg.NewDeliveryChannel(b.ctx, b.name+"-delivery", &cfg.DeliveryChannelArgs{
		Name:                       pulumi.String(b.args.Name("delivery", 256)),
		S3BucketName:               b.args.LogBucketName,
		S3KeyPrefix:                pulumi.String(configPrefix),
		SnapshotDeliveryProperties: cfg.DeliveryChannelSnapshotDeliveryPropertiesArgs{DeliveryFrequency: pulumi.String("TwentyFour_Hours")},
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{recorder, policy}))
	if err != nil {
		return err
	}
	_, err = cfg.NewRecorderStatus(b.ctx, b.name+"-recorder-status", &cfg.RecorderStatusArgs{
		Name: recorder.Name, IsEnabled: pulumi.Bool(true),
	}, pulumi.Parent(b.parent), pulumi.DependsOn([]pulumi.Resource{channel}))
	return err
}

// configRole is the role that Config reads with, which AWS keeps a policy for, and writes to the log bucket with.
// Source: https://docs.aws.amazon.com/config/latest/developerguide/iamrole-permissions.html.
func (b builder) configRole() (*iam.Role, *iam.RolePolicy, error) {
	role, err := iam.NewRole(b.ctx, b.name+"-config-role", &iam.RoleArgs{
		Name:             pulumi.String(b.args.Name("config", 64)),
		Description:      pulumi.String("AWS Config reads the account's configuration and delivers it to the log bucket."),
		AssumeRolePolicy: pulumi.String(iampolicy.AssumeBy("config.amazonaws.com", b.args.Account, "").JSON()),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return nil, nil, err
	}
	if _, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-config-read", &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: pulumi.String("arn:" + b.args.Partition + ":iam::aws:policy/service-role/AWS_ConfigRole"),
	}, pulumi.Parent(b.parent)); err != nil {
		return nil, nil, err
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.name+"-config-policy", &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: b.args.LogBucketName.ToStringOutput().ApplyT(func(bucket string) string {
			return b.deliverToBucket(bucket).JSON()
		}).(pulumi.StringOutput),
	}, pulumi.Parent(b.parent))
	return role, policy, err
}

func (b builder) deliverToBucket(bucket string) iampolicy.Document {
	arn := b.args.GlobalARN("s3", bucket)
	return iampolicy.New(
		iampolicy.AllowStatement("FindBucket", []string{"s3:GetBucketAcl", "s3:ListBucket"}, []string{arn}, nil),
		iampolicy.AllowStatement("Deliver", []string{"s3:PutObject"},
			[]string{arn + "/" + configPrefix + "/AWSLogs/" + b.args.Account + "/Config/*"}, nil),
	)
}
