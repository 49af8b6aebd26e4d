package service

import (
	"fmt"
	"regexp"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
	"github.com/task-tracker/task-tracker/infra/place"
)

// ecrImage is a reference to an image in a private repository of ECR.
var ecrImage = regexp.MustCompile(`^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^@:]+)@`)

// role is a role of tasks with its one policy.
type role struct {
	*iam.Role
	policy *iam.RolePolicy
}

// role registers a role that ECS tasks of this account assume. Part is "task" or "execution".
func (b *build) role(part, description string, policy pulumi.StringInput) (*role, error) {
	assume := iampolicy.AssumeBy("ecs-tasks.amazonaws.com", b.args.Account, b.args.ARN("ecs", "*"))
	r, err := iam.NewRole(b.ctx, b.name+"-"+part+"-role", &iam.RoleArgs{
		Name:             pulumi.String(b.args.Name(part, 64)),
		Description:      pulumi.String(description),
		AssumeRolePolicy: pulumi.String(assume.JSON()),
	}, b.child())
	if err != nil {
		return nil, fmt.Errorf("%s role: %w", part, err)
	}
	p, err := iam.NewRolePolicy(b.ctx, b.name+"-"+part+"-policy", &iam.RolePolicyArgs{Role: r.Name, Policy: policy}, b.child())
	if err != nil {
		return nil, fmt.Errorf("%s policy: %w", part, err)
	}
	return &role{Role: r, policy: p}, nil
}

// taskGrant is what the application may use.
type taskGrant struct {
	place.Scope
	bucketArn, keyArn, logGroupArn string
	exec                           bool
}

// document returns the task role's policy: the attachments, their key, and where it is on, ECS Exec.
func (g taskGrant) document() iampolicy.Document {
	statements := []iampolicy.Statement{
		iampolicy.AllowStatement("ListAttachments", []string{"s3:ListBucket"}, []string{g.bucketArn}, nil),
		iampolicy.AllowStatement("Attachments", []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"},
			[]string{g.bucketArn + "/*"}, nil),
		iampolicy.AllowStatement("AttachmentsKey", []string{"kms:Decrypt", "kms:GenerateDataKey"}, []string{g.keyArn},
			iampolicy.Condition{"StringEquals": {"kms:ViaService": {"s3." + g.Region + ".amazonaws.com"}}}),
	}
	if g.exec {
		statements = append(statements,
			// Channels of Session Manager have no ARNs to name.
			iampolicy.AllowStatement("Exec", []string{
				"ssmmessages:CreateControlChannel", "ssmmessages:CreateDataChannel",
				"ssmmessages:OpenControlChannel", "ssmmessages:OpenDataChannel",
			}, []string{"*"}, nil),
			iampolicy.AllowStatement("ExecKey", []string{"kms:Decrypt"}, []string{g.keyArn}, nil),
			iampolicy.AllowStatement("ExecLogGroups", []string{"logs:DescribeLogGroups"}, []string{"*"}, nil),
			iampolicy.AllowStatement("ExecLog", []string{"logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"},
				[]string{g.logGroupArn + ":*"}, nil))
	}
	return iampolicy.New(statements...)
}

// executionGrant is what ECS itself needs to start a task.
type executionGrant struct {
	place.Scope
	image, logGroupArn, keyArn string
	secrets                    []string // ARNs
}

// document returns the execution role's policy: pull the image, write logs, read the secrets that tasks get.
func (g executionGrant) document() iampolicy.Document {
	statements := []iampolicy.Statement{
		iampolicy.AllowStatement("Logs", []string{"logs:CreateLogStream", "logs:PutLogEvents"}, []string{g.logGroupArn + ":*"}, nil),
		iampolicy.AllowStatement("Secrets", []string{"secretsmanager:GetSecretValue"}, g.secrets, nil),
		iampolicy.AllowStatement("SecretsKey", []string{"kms:Decrypt"}, []string{g.keyArn},
			iampolicy.Condition{"StringEquals": {"kms:ViaService": {"secretsmanager." + g.Region + ".amazonaws.com"}}}),
	}
	if m := ecrImage.FindStringSubmatch(g.image); m != nil {
		repository := fmt.Sprintf("arn:%s:ecr:%s:%s:repository/%s", g.Partition, m[2], m[1], m[3])
		statements = append(statements,
			// The token is the account's and has no ARN.
			iampolicy.AllowStatement("RegistryToken", []string{"ecr:GetAuthorizationToken"}, []string{"*"}, nil),
			iampolicy.AllowStatement("Image", []string{"ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"},
				[]string{repository}, nil))
	}
	return iampolicy.New(statements...)
}
