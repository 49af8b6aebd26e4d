package storage

import (
	"github.com/task-tracker/task-tracker/infra/iampolicy"
	"github.com/task-tracker/task-tracker/infra/place"
)

// bucketPolicy keeps everybody out who comes without TLS, or with a version older than 1.2.
func bucketPolicy(bucket string) iampolicy.Document {
	deny := func(sid string, condition iampolicy.Condition) iampolicy.Statement {
		return iampolicy.Statement{
			Sid: sid, Effect: "Deny", Principal: iampolicy.Everyone(),
			Action: []string{"s3:*"}, Resource: []string{bucket, bucket + "/*"}, Condition: condition,
		}
	}
	return iampolicy.New(
		deny("TLSOnly", iampolicy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}),
		deny("RecentTLSOnly", iampolicy.Condition{"NumericLessThan": {"s3:TlsVersion": {"1.2"}}}),
	)
}

// copying is what a replication role has to know: ARNs of both buckets and of their keys.
type copying struct {
	source, target       string
	sourceKey, targetKey string
	targetRegion         string
}

// replicationPolicy lets S3 read objects and their versions here, and write them there, each with the key of its region.
// Source: https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html.
func replicationPolicy(s place.Scope, c copying) iampolicy.Document {
	forBucket := func(region, bucket string) iampolicy.Condition {
		return iampolicy.Condition{
			"StringEquals": {"kms:ViaService": {"s3." + region + ".amazonaws.com"}},
			// The bucket where it has a key of its own, each object where it has none.
			"StringLike": {"kms:EncryptionContext:aws:s3:arn": {bucket, bucket + "/*"}},
		}
	}
	return iampolicy.New(
		iampolicy.AllowStatement("ReadBucket", []string{"s3:GetReplicationConfiguration", "s3:ListBucket"}, []string{c.source}, nil),
		iampolicy.AllowStatement("ReadVersions",
			[]string{"s3:GetObjectVersionAcl", "s3:GetObjectVersionForReplication", "s3:GetObjectVersionTagging"},
			[]string{c.source + "/*"}, nil),
		iampolicy.AllowStatement("WriteCopies",
			[]string{"s3:ReplicateDelete", "s3:ReplicateObject", "s3:ReplicateTags"}, []string{c.target + "/*"}, nil),
		iampolicy.AllowStatement("Decrypt", []string{"kms:Decrypt"}, []string{c.sourceKey}, forBucket(s.Region, c.source)),
		iampolicy.AllowStatement("Encrypt", []string{"kms:Encrypt", "kms:GenerateDataKey"}, []string{c.targetKey},
			forBucket(c.targetRegion, c.target)),
	)
}
