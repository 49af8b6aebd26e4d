package storage

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// kept is a bucket whose versions are kept: only with those can it be replicated.
type kept struct {
	bucket     *s3.BucketV2
	versioning *s3.BucketVersioningV2
}

// bucket registers a private bucket that is encrypted with a key, versioned, and cleaned up after a time. The options say
// in which region.
func (b builder) bucket(name, physical string, key pulumi.StringInput, region ...pulumi.ResourceOption) (kept, error) {
	var out kept
	settings := b.args.Settings
	bucket, err := s3.NewBucketV2(b.ctx, name, &s3.BucketV2Args{
		Bucket:       pulumi.String(physical),
		ForceDestroy: pulumi.Bool(settings.ForceDestroy),
	}, b.options(append(region, pulumi.Protect(settings.DeletionProtection))...)...)
	if err != nil {
		return out, err
	}
	if err := b.closed(name, physical, bucket, region); err != nil {
		return out, err
	}
	_, err = s3.NewBucketServerSideEncryptionConfigurationV2(b.ctx, name+"-encryption", &s3.BucketServerSideEncryptionConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules: s3.BucketServerSideEncryptionConfigurationV2RuleArray{s3.BucketServerSideEncryptionConfigurationV2RuleArgs{
			BucketKeyEnabled: pulumi.Bool(true), // one request to KMS for many objects
			ApplyServerSideEncryptionByDefault: s3.BucketServerSideEncryptionConfigurationV2RuleApplyServerSideEncryptionByDefaultArgs{
				SseAlgorithm:   pulumi.String("aws:kms"),
				KmsMasterKeyId: key.ToStringOutput().ToStringPtrOutput(),
			},
		}},
	}, b.options(region...)...)
	if err != nil {
		return out, fmt.Errorf("encryption: %w", err)
	}
	versioning, err := s3.NewBucketVersioningV2(b.ctx, name+"-versioning", &s3.BucketVersioningV2Args{
		Bucket:                  bucket.Bucket,
		VersioningConfiguration: s3.BucketVersioningV2VersioningConfigurationArgs{Status: pulumi.String("Enabled")},
	}, b.options(region...)...)
	if err != nil {
		return out, fmt.Errorf("versioning: %w", err)
	}
	_, err = s3.NewBucketLifecycleConfigurationV2(b.ctx, name+"-lifecycle", &s3.BucketLifecycleConfigurationV2Args{
		Bucket: bucket.Bucket,
		Rules:  lifecycle(settings),
	}, b.options(append(region, pulumi.DependsOn([]pulumi.Resource{versioning}))...)...)
	if err != nil {
		return out, fmt.Errorf("lifecycle: %w", err)
	}
	return kept{bucket, versioning}, nil
}

// closed registers who may not reach a bucket: the public, other accounts' access lists, and anybody without TLS.
func (b builder) closed(name, physical string, bucket *s3.BucketV2, region []pulumi.ResourceOption) error {
	access, err := s3.NewBucketPublicAccessBlock(b.ctx, name+"-public-access", &s3.BucketPublicAccessBlockArgs{
		Bucket:                bucket.Bucket,
		BlockPublicAcls:       pulumi.Bool(true),
		BlockPublicPolicy:     pulumi.Bool(true),
		IgnorePublicAcls:      pulumi.Bool(true),
		RestrictPublicBuckets: pulumi.Bool(true),
	}, b.options(region...)...)
	if err != nil {
		return fmt.Errorf("public access block: %w", err)
	}
	ownership, err := s3.NewBucketOwnershipControls(b.ctx, name+"-ownership", &s3.BucketOwnershipControlsArgs{
		Bucket: bucket.Bucket,
		Rule:   s3.BucketOwnershipControlsRuleArgs{ObjectOwnership: pulumi.String("BucketOwnerEnforced")},
	}, b.options(region...)...)
	if err != nil {
		return fmt.Errorf("ownership: %w", err)
	}
	// S3 refuses changes of these three that meet each other: the policy comes last.
	_, err = s3.NewBucketPolicy(b.ctx, name+"-policy", &s3.BucketPolicyArgs{
		Bucket: bucket.Bucket,
		Policy: pulumi.String(bucketPolicy(b.args.arn(physical)).JSON()),
	}, b.options(append(region, pulumi.DependsOn([]pulumi.Resource{access, ownership}))...)...)
	if err != nil {
		return fmt.Errorf("policy: %w", err)
	}
	return nil
}

// lifecycle is how objects age: the same for both buckets, as replication does not copy what a lifecycle does.
func lifecycle(s Settings) s3.BucketLifecycleConfigurationV2RuleArray {
	everything := s3.BucketLifecycleConfigurationV2RuleFilterArgs{Prefix: pulumi.String("")}
	enabled := pulumi.String("Enabled")
	return s3.BucketLifecycleConfigurationV2RuleArray{
		s3.BucketLifecycleConfigurationV2RuleArgs{
			Id: pulumi.String("tiering"), Status: enabled, Filter: everything,
			Transitions: s3.BucketLifecycleConfigurationV2RuleTransitionArray{s3.BucketLifecycleConfigurationV2RuleTransitionArgs{
				Days:         pulumi.Int(s.TieringDays),
				StorageClass: pulumi.String("INTELLIGENT_TIERING"),
			}},
		},
		s3.BucketLifecycleConfigurationV2RuleArgs{
			Id: pulumi.String("old-versions"), Status: enabled, Filter: everything,
			Expiration: s3.BucketLifecycleConfigurationV2RuleExpirationArgs{ExpiredObjectDeleteMarker: pulumi.Bool(true)},
			NoncurrentVersionExpiration: s3.BucketLifecycleConfigurationV2RuleNoncurrentVersionExpirationArgs{
				NoncurrentDays: pulumi.Int(s.OldVersionDays),
			},
		},
		s3.BucketLifecycleConfigurationV2RuleArgs{
			Id: pulumi.String("incomplete-uploads"), Status: enabled, Filter: everything,
			AbortIncompleteMultipartUpload: s3.BucketLifecycleConfigurationV2RuleAbortIncompleteMultipartUploadArgs{
				DaysAfterInitiation: pulumi.Int(s.IncompleteUploadDays),
			},
		},
	}
}
