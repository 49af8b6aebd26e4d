package foundation

import (
	"github.com/task-tracker/task-tracker/infra/iampolicy"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Where each service's files stand in the log bucket.
const (
	loadBalancerPrefix = "alb"
	accessLogPrefix    = "s3"
	trailPrefix        = "cloudtrail"
	configPrefix       = "config"
)

// ownerStatement leaves it to IAM's policies who of this account may use a key. Without it nobody could change the key
// any more. Source: https://docs.aws.amazon.com/kms/latest/developerguide/key-policy-default.html.
func ownerStatement(s place.Scope) iampolicy.Statement {
	return iampolicy.Statement{
		Sid: "Account", Effect: "Allow", Principal: iampolicy.AWS(s.GlobalARN("iam", "root")),
		Action: []string{"kms:*"}, Resource: []string{"*"},
	}
}

// dataKeyPolicy adds the trail to the account: CloudTrail encrypts in its own name, everybody else in their caller's.
// Source: https://docs.aws.amazon.com/awscloudtrail/latest/userguide/create-kms-key-policy-for-cloudtrail.html.
func dataKeyPolicy(s place.Scope) iampolicy.Document {
	trails := []string{s.ARN("cloudtrail", "trail/*")}
	return iampolicy.New(
		ownerStatement(s),
		iampolicy.Statement{
			Sid: "TrailEncrypts", Effect: "Allow", Principal: iampolicy.Service("cloudtrail.amazonaws.com"),
			Action: []string{"kms:GenerateDataKey*"}, Resource: []string{"*"},
			Condition: iampolicy.Condition{
				"ArnLike":    {"aws:SourceArn": trails},
				"StringLike": {"kms:EncryptionContext:aws:cloudtrail:arn": trails},
			},
		},
		iampolicy.Statement{
			Sid: "TrailDescribes", Effect: "Allow", Principal: iampolicy.Service("cloudtrail.amazonaws.com"),
			Action: []string{"kms:DescribeKey"}, Resource: []string{"*"},
			Condition: iampolicy.Condition{"ArnLike": {"aws:SourceArn": trails}},
		},
	)
}

// recoveryKeyPolicy leaves the copies to the account's roles: replication and backup act in the name of one.
func recoveryKeyPolicy(s place.Scope) iampolicy.Document { return iampolicy.New(ownerStatement(s)) }

// logsKeyPolicy lets CloudWatch Logs encrypt the groups of this account and region.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html.
func logsKeyPolicy(s place.Scope) iampolicy.Document {
	return iampolicy.New(
		ownerStatement(s),
		iampolicy.Statement{
			Sid: "LogGroups", Effect: "Allow", Principal: iampolicy.Service("logs." + s.Region + "." + dnsSuffix(s)),
			Action:    []string{"kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"},
			Resource:  []string{"*"},
			Condition: iampolicy.Condition{"ArnLike": {"kms:EncryptionContext:aws:logs:arn": {s.ARN("logs", "log-group:*")}}},
		},
	)
}

// alertsKeyPolicy lets the publishers of the topic encrypt for it. They are held to the topic and not to the account:
// SNS names the topic with every use of the key, while not every publisher names the account it acts for.
// Source: https://docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.
func alertsKeyPolicy(s place.Scope) iampolicy.Document {
	return iampolicy.New(
		ownerStatement(s),
		iampolicy.Statement{
			Sid: "Publishers", Effect: "Allow",
			Principal: iampolicy.Service(
				"budgets.amazonaws.com", "cloudwatch.amazonaws.com", "costalerts.amazonaws.com",
				"events.amazonaws.com", "events.rds.amazonaws.com"),
			Action: []string{"kms:Decrypt", "kms:GenerateDataKey*"}, Resource: []string{"*"},
			Condition: iampolicy.Condition{"StringEquals": {"kms:EncryptionContext:aws:sns:topicArn": {topicARN(s)}}},
		},
	)
}

// topicPolicy says who may publish alerts: this account's alarms, databases, budgets and event rules.
func topicPolicy(s place.Scope) iampolicy.Document {
	publish := func(sid, service string, condition iampolicy.Condition) iampolicy.Statement {
		return iampolicy.Statement{
			Sid: sid, Effect: "Allow", Principal: iampolicy.Service(service),
			Action: []string{"sns:Publish"}, Resource: []string{topicARN(s)}, Condition: condition,
		}
	}
	account := iampolicy.Condition{"StringEquals": {"aws:SourceAccount": {s.Account}}}
	return iampolicy.New(
		iampolicy.Statement{
			Sid: "TLSOnly", Effect: "Deny", Principal: iampolicy.Everyone(),
			Action: []string{"sns:Publish"}, Resource: []string{topicARN(s)}, Condition: plain(),
		},
		publish("Alarms", "cloudwatch.amazonaws.com", account),
		publish("Databases", "events.rds.amazonaws.com", account),
		publish("Budgets", "budgets.amazonaws.com", account),
		publish("CostAnomalies", "costalerts.amazonaws.com", account),
		// A rule names itself but not its account.
		publish("Events", "events.amazonaws.com", iampolicy.Condition{"ArnLike": {"aws:SourceArn": {s.ARN("events", "rule/*")}}}),
	)
}

// logBucketPolicy says who may deliver logs, each below its own prefix, and that nobody comes without TLS.
func logBucketPolicy(s place.Scope) iampolicy.Document {
	bucket := s.GlobalARN("s3", logBucketName(s))
	account := map[string][]string{"aws:SourceAccount": {s.Account}}
	owned := map[string][]string{"aws:SourceAccount": {s.Account}, "s3:x-amz-acl": {"bucket-owner-full-control"}}
	trails := map[string][]string{"aws:SourceArn": {s.ARN("cloudtrail", "trail/*")}}
	allow := func(sid, service, resource string, condition iampolicy.Condition, actions ...string) iampolicy.Statement {
		return iampolicy.Statement{
			Sid: sid, Effect: "Allow", Principal: iampolicy.Service(service),
			Action: actions, Resource: []string{resource}, Condition: condition,
		}
	}
	below := func(path string) string { return bucket + "/" + path + "/*" }
	delivered := "AWSLogs/" + s.Account
	return iampolicy.New(
		iampolicy.Statement{
			Sid: "TLSOnly", Effect: "Deny", Principal: iampolicy.Everyone(),
			Action: []string{"s3:*"}, Resource: []string{bucket, bucket + "/*"}, Condition: plain(),
		},
		allow("LoadBalancers", "logdelivery.elasticloadbalancing.amazonaws.com", below(loadBalancerPrefix+"/"+delivered),
			iampolicy.Condition{"ArnLike": {"aws:SourceArn": {s.ARN("elasticloadbalancing", "loadbalancer/*")}}}, "s3:PutObject"),
		allow("AccessLogs", "logging.s3.amazonaws.com", below(accessLogPrefix), iampolicy.Condition{"StringEquals": account}, "s3:PutObject"),
		allow("TrailAsks", "cloudtrail.amazonaws.com", bucket, iampolicy.Condition{"ArnLike": trails}, "s3:GetBucketAcl"),
		allow("TrailWrites", "cloudtrail.amazonaws.com", below(trailPrefix+"/"+delivered),
			iampolicy.Condition{"ArnLike": trails, "StringEquals": {"s3:x-amz-acl": {"bucket-owner-full-control"}}}, "s3:PutObject"),
		allow("ConfigAsks", "config.amazonaws.com", bucket, iampolicy.Condition{"StringEquals": account}, "s3:GetBucketAcl", "s3:ListBucket"),
		allow("ConfigWrites", "config.amazonaws.com", below(configPrefix+"/"+delivered+"/Config"),
			iampolicy.Condition{"StringEquals": owned}, "s3:PutObject"),
	)
}

// plain holds for a request without TLS.
func plain() iampolicy.Condition {
	return iampolicy.Condition{"Bool": {"aws:SecureTransport": {"false"}}}
}

func topicARN(s place.Scope) string { return s.ARN("sns", topicName(s)) }

func topicName(s place.Scope) string { return s.Name("alerts", 80) }

func logBucketName(s place.Scope) string { return s.Name("logs-"+s.Account, 63) }

// dnsSuffix ends the names of services that have one per region.
func dnsSuffix(s place.Scope) string {
	if s.Partition == "aws-cn" {
		return "amazonaws.com.cn"
	}
	return "amazonaws.com"
}
