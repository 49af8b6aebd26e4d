package storage

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// replica registers the bucket in the second region and what copies into it.
func (b builder) replica(source kept) error {
	recovery := b.args.Recovery
	target, err := b.bucket(b.name+"-replica", b.args.replicaName(), recovery.KeyArn, pulumi.Provider(recovery.Provider))
	if err != nil {
		return fmt.Errorf("replica: %w", err)
	}
	b.parent.ReplicaBucketArn = target.bucket.Arn
	role, policy, err := b.replicationRole()
	if err != nil {
		return fmt.Errorf("replication role: %w", err)
	}
	_, err = s3.NewBucketReplicationConfig(b.ctx, b.name+"-replication", &s3.BucketReplicationConfigArgs{
		Bucket: source.bucket.Bucket,
		Role:   role.Arn,
		Rules:  s3.BucketReplicationConfigRuleArray{b.rule(target)},
	}, b.options(pulumi.DependsOn([]pulumi.Resource{source.versioning, target.versioning, policy}))...)
	if err != nil {
		return fmt.Errorf("replication: %w", err)
	}
	return nil
}

// rule copies everything, deletions included.
func (b builder) rule(target kept) s3.BucketReplicationConfigRuleArgs {
	enabled := pulumi.String("Enabled")
	destination := s3.BucketReplicationConfigRuleDestinationArgs{
		Bucket: target.bucket.Arn,
		EncryptionConfiguration: s3.BucketReplicationConfigRuleDestinationEncryptionConfigurationArgs{
			ReplicaKmsKeyId: b.args.Recovery.KeyArn,
		},
	}
	if b.args.Settings.ReplicationTimeControl {
		minutes := pulumi.Int(15) // the only time that S3 offers
		destination.ReplicationTime = s3.BucketReplicationConfigRuleDestinationReplicationTimeArgs{
			Status: enabled, Time: s3.BucketReplicationConfigRuleDestinationReplicationTimeTimeArgs{Minutes: minutes},
		}
		destination.Metrics = s3.BucketReplicationConfigRuleDestinationMetricsArgs{
			Status: enabled, EventThreshold: s3.BucketReplicationConfigRuleDestinationMetricsEventThresholdArgs{Minutes: minutes},
		}
	}
	return s3.BucketReplicationConfigRuleArgs{
		Id:                      pulumi.String("everything"),
		Priority:                pulumi.Int(0),
		Status:                  enabled,
		Filter:                  s3.BucketReplicationConfigRuleFilterArgs{Prefix: pulumi.String("")},
		DeleteMarkerReplication: s3.BucketReplicationConfigRuleDeleteMarkerReplicationArgs{Status: enabled},
		SourceSelectionCriteria: s3.BucketReplicationConfigRuleSourceSelectionCriteriaArgs{
			SseKmsEncryptedObjects: s3.BucketReplicationConfigRuleSourceSelectionCriteriaSseKmsEncryptedObjectsArgs{Status: enabled},
		},
		Destination: destination,
	}
}

// replicationRole registers the role that S3 copies with.
func (b builder) replicationRole() (*iam.Role, *iam.RolePolicy, error) {
	args := b.args
	source, target := args.arn(args.bucketName()), args.arn(args.replicaName())
	role, err := iam.NewRole(b.ctx, b.name+"-replication-role", &iam.RoleArgs{
		Name:        pulumi.String(args.Name("replication", 64)),
		Description: pulumi.String("S3 copies objects to " + args.Recovery.Region),
		// AWS documents no source that live replication names: https://docs.aws.amazon.com/AmazonS3/latest/userguide/setting-repl-config-perm-overview.html.
		AssumeRolePolicy: pulumi.String(iampolicy.AssumeBy("s3.amazonaws.com", "", "").JSON()),
	}, b.options()...)
	if err != nil {
		return nil, nil, err
	}
	document := pulumi.All(args.KeyArn, args.Recovery.KeyArn).ApplyT(func(keys []any) string {
		return replicationPolicy(args.Scope, copying{
			source: source, target: target, targetRegion: args.Recovery.Region,
			sourceKey: keys[0].(string), targetKey: keys[1].(string),
		}).JSON()
	}).(pulumi.StringOutput)
	policy, err := iam.NewRolePolicy(b.ctx, b.name+"-replication-policy", &iam.RolePolicyArgs{
		Name:   pulumi.String("replicate"),
		Role:   role.Name,
		Policy: document,
	}, b.options()...)
	if err != nil {
		return nil, nil, fmt.Errorf("policy: %w", err)
	}
	return role, policy, nil
}
