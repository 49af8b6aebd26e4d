package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/sns"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/place"
)

// logGroups registers the log groups. WAF lets itself into its group when logging is turned on.
func (b builder) logGroups() error {
	c, prefix, settings := b.parent, b.args.NamePrefix, b.args.Settings
	for _, g := range []struct {
		part, name string
		days       int
		group      *LogGroup
	}{
		{"app", "/ecs/" + prefix, settings.AppLogDays, &c.AppLogGroup},
		{"flow", "/vpc/" + prefix + "/flow", settings.AuditLogDays, &c.FlowLogGroup},
		{"waf", "aws-waf-logs-" + prefix, settings.AuditLogDays, &c.WafLogGroup},
		{"trail", "/cloudtrail/" + prefix, settings.AuditLogDays, &c.TrailLogGroup},
	} {
		made, err := cloudwatch.NewLogGroup(b.ctx, b.name+"-"+g.part+"-log-group", &cloudwatch.LogGroupArgs{
			Name:            pulumi.String(place.Shorten(g.name, 512)),
			RetentionInDays: pulumi.Int(g.days),
			KmsKeyId:        c.LogsKeyArn,
		}, b.options()...)
		if err != nil {
			return fmt.Errorf("%s: %w", g.part, err)
		}
		*g.group = LogGroup{Name: made.Name, Arn: made.Arn}
	}
	return nil
}

// topic registers the alert topic, who may publish to it, and who reads it.
func (b builder) topic() error {
	topic, err := sns.NewTopic(b.ctx, b.name+"-alerts", &sns.TopicArgs{
		Name:             pulumi.String(topicName(b.args.Scope)),
		DisplayName:      pulumi.String(b.args.NamePrefix),
		KmsMasterKeyId:   b.parent.AlertsKeyArn,
		SignatureVersion: pulumi.Int(2),
	}, b.options()...)
	if err != nil {
		return err
	}
	policy, err := sns.NewTopicPolicy(b.ctx, b.name+"-alerts-policy", &sns.TopicPolicyArgs{
		Arn:    topic.Arn,
		Policy: pulumi.String(topicPolicy(b.args.Scope).JSON()),
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	b.parent.TopicArn = policy.Arn
	for _, email := range b.args.Settings.AlertEmails {
		_, err := sns.NewTopicSubscription(b.ctx, b.name+"-alerts-"+email, &sns.TopicSubscriptionArgs{
			Topic:    topic.Arn,
			Protocol: pulumi.String("email"),
			Endpoint: pulumi.String(email),
		}, b.options()...)
		if err != nil {
			return fmt.Errorf("subscription of %s: %w", email, err)
		}
	}
	return nil
}

// logBucket registers the bucket that AWS delivers logs to. It has no access log: deliveries of it would log themselves.
func (b builder) logBucket() error {
	name := b.name + "-log-bucket"
	bucket, err := s3.NewBucketV2(b.ctx, name, &s3.BucketV2Args{
		Bucket:       pulumi.String(logBucketName(b.args.Scope)),
		ForceDestroy: pulumi.Bool(b.args.Settings.ForceDestroy),
	}, b.options(b.keep())...)
	if err != nil {
		return err
	}
	access, err := s3.NewBucketPublicAccessBlock(b.ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("public access block: %w", err)
	}
	ownership, err := s3.NewBucketOwnershipControls(b.ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.Bucket,
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	if err := b.logBucketContents(name, bucket); err != nil {
		return err
	}
	// S3 refuses changes of these three that meet each other: one after the other.
	policy, err := s3.NewBucketPolicy(b.ctx, name+"-policy", &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: pulumi.String(logBucketPolicy(b.args.Scope).JSON()),
	}, b.options(pulumi.DependsOn([]pulumi.Resource{access, ownership}))...)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	b.parent.LogBucketName = policy.Bucket
	b.parent.LogBucketArn = pulumi.All(bucket.Arn, policy.Bucket).ApplyT(func(all []any) string { return all[0].(string) }).(pulumi.StringOutput)
	return nil
}

// logBucketContents registers how the logs are kept: encrypted, versioned, and for a time.
func (b builder) logBucketContents(name string, bucket *s3.BucketV2) error {
	_, err := s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, name+"-encryption", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm: pulumi.String("AES256"),
			},
		}},
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("encryption: %w", err)
	}
	versioning, err := s3.NewBucketVersioningV2(b.ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.Bucket,
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("versioning: %w", err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(b.ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketLifecycleConfigurationV2RuleArray{s3.BucketLifecycleConfigurationV2RuleArgs{
			Id:         pulumi.String("expire"),
			Status:     pulumi.String("Enabled"),
			Filter:     s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")},
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{Days: pulumi.Int(b.args.Settings.LogBucketDays)},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(30),
			},
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(7),
			},
		}},
	}, b.options(pulumi.DependsOn([]pulumi.Resource{versioning}))...)
	if err != nil {
		return fmt.Errorf("lifecycle: %w", err)
	}
	return nil
}
