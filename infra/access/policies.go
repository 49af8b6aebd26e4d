package access

import (
	"slices"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// previewPolicy narrows ReadOnlyAccess, which reads objects and logs, to settings. The one exception is the stack's own
// state: its bucket and key. A denial wins over every permission.
func previewPolicy(a Args) iampolicy.Document {
	g := a.Settings.GitHub
	noObjects := iampolicy.Statement{Sid: "NoObjects", Effect: "Deny", Action: []string{"s3:GetObject", "s3:GetObjectVersion"}}
	noDecryption := iampolicy.Statement{Sid: "NoDecryption", Effect: "Deny", Action: []string{"kms:Decrypt"}}
	statements := []iampolicy.Statement{
		{Sid: "NoSecretsNorLogs", Effect: "Deny", Resource: []string{"*"}, Action: []string{
			"logs:FilterLogEvents", "logs:GetLogEvents", "logs:GetLogRecord", "logs:GetQueryResults", "logs:StartLiveTail", "logs:StartQuery",
			"rds:DownloadCompleteDBLogFile", "rds:DownloadDBLogFilePortion",
			"secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue",
		}},
		iampolicy.AllowStatement("MadeUpPasswords", []string{"secretsmanager:GetRandomPassword"}, []string{"*"}, nil),
	}
	noObjects.Resource = []string{"*"}
	if g.StateBucket != "" {
		bucket := a.GlobalARN("s3", g.StateBucket)
		noObjects.Resource, noObjects.NotResource = nil, []string{bucket + "/*"}
		statements = append(statements, iampolicy.AllowStatement("State", []string{"s3:GetObject", "s3:ListBucket"}, []string{bucket, bucket + "/*"}, nil))
	}
	noDecryption.Resource = []string{"*"}
	if g.StateKeyArn != "" {
		noDecryption.Resource, noDecryption.NotResource = nil, []string{g.StateKeyArn}
		statements = append(statements, iampolicy.AllowStatement("StateKey", []string{"kms:Decrypt"}, []string{g.StateKeyArn}, nil))
	}
	return iampolicy.New(append(statements, noObjects, noDecryption)...)
}

// changes are the actions of a deployment, by service, as the beginnings of their names. Nothing stands for all of a service.
var changes = []string{
	"access-analyzer:*Analyzer", "access-analyzer:List*", "access-analyzer:TagResource",
	"acm:AddTags*", "acm:Delete*", "acm:Describe*", "acm:List*", "acm:Request*", "acm:RemoveTags*", "acm:UpdateCertificateOptions",
	"application-autoscaling:De*", "application-autoscaling:List*", "application-autoscaling:Put*", "application-autoscaling:Register*", "application-autoscaling:*TagResource",
	"backup:Create*", "backup:De*", "backup:Get*", "backup:List*", "backup:Put*", "backup:*TagResource", "backup:Update*", "backup-storage:MountCapsule",
	"budgets:ModifyBudget", "budgets:*TagResource", "budgets:View*", "budgets:List*", "ce:Create*", "ce:Delete*", "ce:Get*Anomaly*", "ce:List*", "ce:*TagResource", "ce:Update*",
	"cloudtrail:AddTags", "cloudtrail:*Trail", "cloudtrail:*Logging", "cloudtrail:DescribeTrails", "cloudtrail:Get*", "cloudtrail:List*", "cloudtrail:PutEventSelectors", "cloudtrail:RemoveTags",
	"cloudwatch:De*", "cloudwatch:Get*", "cloudwatch:List*", "cloudwatch:Put*", "cloudwatch:*TagResource",
	"config:De*", "config:Get*", "config:List*", "config:PutConfigurationRecorder", "config:PutDeliveryChannel", "config:St*Recorder", "config:*TagResource",
	"ec2:A*", "ec2:Create*", "ec2:De*", "ec2:Di*", "ec2:Get*", "ec2:Modify*", "ec2:Re*", "ec2:RunInstances", "ec2:St*Instances", "ec2:TerminateInstances",
	"ecr:Batch*", "ecr:CompleteLayerUpload", "ecr:Create*", "ecr:Delete*", "ecr:Describe*", "ecr:Get*", "ecr:InitiateLayerUpload", "ecr:List*", "ecr:Put*", "ecr:*TagResource", "ecr:UploadLayerPart", "ecr:StartLifecyclePolicyPreview",
	"ecs:Create*", "ecs:De*", "ecs:List*", "ecs:Put*", "ecs:RegisterTaskDefinition", "ecs:*TagResource", "ecs:Update*",
	"elasticloadbalancing:A*", "elasticloadbalancing:Create*", "elasticloadbalancing:De*", "elasticloadbalancing:Modify*", "elasticloadbalancing:Re*", "elasticloadbalancing:Set*",
	"events:De*", "events:List*", "events:Put*", "events:Remove*", "events:*TagResource",
	"guardduty:Create*", "guardduty:Delete*", "guardduty:Get*", "guardduty:List*", "guardduty:*TagResource", "guardduty:Update*",
	"inspector2:BatchGet*", "inspector2:Disable", "inspector2:Enable", "inspector2:List*",
	"kms:CreateAlias", "kms:CreateKey", "kms:DeleteAlias", "kms:Describe*", "kms:EnableKeyRotation", "kms:Get*", "kms:List*", "kms:PutKeyPolicy", "kms:ReplicateKey", "kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:Update*",
	"logs:*Delivery", "logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:Delete*", "logs:Describe*", "logs:*ResourcePolicy", "logs:List*", "logs:Put*Filter", "logs:PutRetentionPolicy", "logs:*TagResource", "logs:*TagLogGroup",
	"rds:Add*", "rds:Create*", "rds:De*", "rds:List*", "rds:Modify*", "rds:Promote*", "rds:Re*", "rds:St*",
	"route53:Change*", "route53:*HealthCheck", "route53:Get*", "route53:List*",
	"s3:CreateBucket", "s3:DeleteBucket*", "s3:Get*Configuration", "s3:GetBucket*", "s3:GetEncryption*", "s3:List*", "s3:Put*Configuration", "s3:PutBucket*",
	"secretsmanager:CreateSecret", "secretsmanager:De*", "secretsmanager:GetRandomPassword", "secretsmanager:GetResourcePolicy", "secretsmanager:List*", "secretsmanager:Put*", "secretsmanager:RotateSecret", "secretsmanager:*TagResource", "secretsmanager:Update*",
	"sns:CreateTopic", "sns:DeleteTopic", "sns:Get*", "sns:List*", "sns:Set*", "sns:Subscribe", "sns:*TagResource", "sns:Unsubscribe",
	"ssm:DescribeParameters", "ssm:GetParameter",
	"sts:GetCallerIdentity",
	"wafv2:Associate*", "wafv2:Create*", "wafv2:De*", "wafv2:Di*", "wafv2:Get*", "wafv2:List*", "wafv2:Put*", "wafv2:*TagResource", "wafv2:Update*",
}

// passedTo are the services that a deployment hands roles to.
var passedTo = []string{
	"backup.amazonaws.com", "cloudtrail.amazonaws.com", "config.amazonaws.com", "ec2.amazonaws.com", "ecs-tasks.amazonaws.com", "events.amazonaws.com",
	"monitoring.rds.amazonaws.com", "s3.amazonaws.com", "vpc-flow-logs.amazonaws.com",
}

// deployPolicy is what a deployment may do: change the kinds of things that the platform consists of, in its regions,
// with roles of its own prefix. It reads the secrets that it writes, not the database's master password where RDS keeps
// it, and no attachment; and it leaves itself alone.
func deployPolicy(a Args, dataBucket string) iampolicy.Document {
	g := a.Settings.GitHub
	regions := []string{a.Region, "us-east-1"} // IAM, Route 53, budgets and Cost Explorer answer from us-east-1
	if g.RecoveryRegion != "" {
		regions = append(regions, g.RecoveryRegion)
	}
	slices.Sort(regions)
	regions = slices.Compact(regions)
	inRegions := iampolicy.Condition{"StringEquals": {"aws:RequestedRegion": regions}}
	roles := []string{
		a.GlobalARN("iam", "role/"+a.NamePrefix+"-*"), a.GlobalARN("iam", "instance-profile/"+a.NamePrefix+"-*"),
	}
	statements := []iampolicy.Statement{
		iampolicy.AllowStatement("Platform", changes, []string{"*"}, inRegions),
		iampolicy.AllowStatement("ReadRoles", []string{"iam:Get*", "iam:List*"}, []string{"*"}, nil),
		iampolicy.AllowStatement("OwnRoles", []string{
			"iam:AddRoleToInstanceProfile", "iam:AttachRolePolicy", "iam:CreateInstanceProfile", "iam:CreateRole", "iam:DeleteInstanceProfile",
			"iam:DeleteRole", "iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:PutRolePolicy", "iam:RemoveRoleFromInstanceProfile",
			"iam:TagInstanceProfile", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
		}, roles, nil),
		iampolicy.AllowStatement("HandRolesToServices", []string{"iam:PassRole"}, roles[:1], iampolicy.Condition{"StringEquals": {"iam:PassedToService": passedTo}}),
		iampolicy.AllowStatement("ServicesOwnRoles", []string{"iam:CreateServiceLinkedRole"}, []string{a.GlobalARN("iam", "role/aws-service-role/*")}, nil),
		iampolicy.AllowStatement("KeysThroughServices", []string{"kms:CreateGrant", "kms:Decrypt", "kms:GenerateDataKey*"},
			[]string{"arn:" + a.Partition + ":kms:*:" + a.Account + ":key/*"},
			iampolicy.Condition{"StringEquals": {"kms:ViaService": viaServices(regions, a.Partition)}}),
	}
	// The provider reads back each version of a secret that it writes.
	statements = append(statements, iampolicy.AllowStatement("OwnSecrets", []string{"secretsmanager:GetSecretValue"},
		[]string{a.ARN("secretsmanager", "secret:"+a.NamePrefix+"-*")}, nil))
	if g.StateBucket != "" {
		bucket := a.GlobalARN("s3", g.StateBucket)
		statements = append(statements, iampolicy.AllowStatement("State", []string{"s3:DeleteObject", "s3:GetObject", "s3:ListBucket", "s3:PutObject"}, []string{bucket, bucket + "/*"}, nil))
	}
	if g.StateKeyArn != "" {
		statements = append(statements, iampolicy.AllowStatement("StateKey", []string{"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey"}, []string{g.StateKeyArn}, nil))
	}
	return iampolicy.New(append(append(statements, noOtherStacks(a)...),
		iampolicy.Statement{Sid: "NoMasterPassword", Effect: "Deny", Action: []string{"secretsmanager:GetSecretValue"}, Resource: []string{a.ARN("secretsmanager", "secret:rds!*")}},
		iampolicy.Statement{Sid: "NoAttachments", Effect: "Deny", Action: []string{"s3:GetObject", "s3:GetObjectVersion"}, Resource: []string{dataBucket + "/*"}},
		iampolicy.Statement{Sid: "NotItself", Effect: "Deny", Resource: []string{
			a.GlobalARN("iam", "role/"+a.Name("deploy", 64)), a.GlobalARN("iam", "role/"+a.Name("preview", 64)), a.GlobalARN("iam", "oidc-provider/*"),
		}, Action: []string{"iam:A*", "iam:C*", "iam:D*", "iam:P*", "iam:R*", "iam:T*", "iam:U*", "sts:AssumeRole"}},
	)...)
}

// noOtherStacks keeps a deployment away from the other stacks of the account. Tags tell environments apart wherever AWS
// compares them. Names do where it doesn't, as for handing over a role, or need not, as for buckets: a plain prefix is
// also the start of every other stack's names, which go on with environment and region.
func noOtherStacks(a Args) []iampolicy.Statement {
	other := func(key string) iampolicy.Condition { // a key that is absent is not equal either
		return iampolicy.Condition{"StringNotEquals": {key: {a.Environment}}, "Null": {key: {"false"}}}
	}
	const resourceTag, requestTag = "aws:ResourceTag/Environment", "aws:RequestTag/Environment"
	resources := iampolicy.Statement{Sid: "NoOtherEnvironment", Effect: "Deny", Action: []string{"*"}, Condition: other(resourceTag)}
	if shared := state(a); len(shared) > 0 {
		resources.NotResource = shared
	} else {
		resources.Resource = []string{"*"}
	}
	names := a.NamePrefix + "-*-??-*-?-" // {prefix}-{environment}-us-east-1-
	secrets := a
	secrets.Region = "*"
	return []iampolicy.Statement{
		resources,
		{Sid: "NoOtherEnvironmentsTag", Effect: "Deny", Action: []string{"*"}, Resource: []string{"*"}, Condition: other(requestTag)},
		{Sid: "NoOtherStacksNames", Effect: "Deny", Action: []string{"*"}, Resource: []string{
			a.GlobalARN("iam", "role/"+names+"*"), a.GlobalARN("iam", "instance-profile/"+names+"*"),
			a.GlobalARN("s3", names+"app-data-*"), a.GlobalARN("s3", names+"logs-*"), secrets.ARN("secretsmanager", "secret:"+names+"*"),
		}},
	}
}

// state are the ARNs of the state's bucket and key, which may serve all environments.
func state(a Args) (arns []string) {
	if g := a.Settings.GitHub; g.StateBucket != "" {
		bucket := a.GlobalARN("s3", g.StateBucket)
		arns = append(arns, bucket, bucket+"/*")
	}
	if key := a.Settings.GitHub.StateKeyArn; key != "" {
		arns = append(arns, key)
	}
	return arns
}

// viaServices are the services through which a deployment uses the stack's keys.
func viaServices(regions []string, partition string) []string {
	suffix := ".amazonaws.com"
	if partition == "aws-cn" {
		suffix += ".cn"
	}
	var via []string
	for _, service := range []string{"backup", "ec2", "ecr", "rds", "secretsmanager", "sns"} {
		for _, region := range regions {
			via = append(via, service+"."+region+suffix)
		}
	}
	return via
}
