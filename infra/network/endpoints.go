package network

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// addEndpoints makes the gateway to S3 and the interfaces that the settings list.
func (b *build) addEndpoints() error {
	s3, err := ec2.NewVpcEndpoint(b.ctx, b.part("s3"), &ec2.VpcEndpointArgs{
		VpcId: b.vpc.ID(), VpcEndpointType: pulumi.String("Gateway"), ServiceName: pulumi.String(b.service("s3")),
		RouteTableIds: b.privateTables, Policy: pulumi.String(s3Policy(b.args.Account, b.args.Region, b.args.Partition).JSON()), Tags: b.tags("s3"),
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("s3: %w", err)
	}
	b.net.S3PrefixListId = s3.PrefixListId
	b.wait(private, s3)
	for _, service := range b.net.InterfaceEndpoints {
		part := strings.ReplaceAll(service, ".", "-")
		endpoint, err := ec2.NewVpcEndpoint(b.ctx, b.part(part), &ec2.VpcEndpointArgs{
			VpcId: b.vpc.ID(), VpcEndpointType: pulumi.String("Interface"), ServiceName: pulumi.String(b.service(service)),
			SubnetIds: ids(b.private), SecurityGroupIds: pulumi.StringArray{b.net.EndpointSecurityGroupId},
			PrivateDnsEnabled: pulumi.Bool(true), Tags: b.tags(part),
		}, b.child()...)
		if err != nil {
			return fmt.Errorf("%s: %w", service, err)
		}
		b.wait(private, endpoint)
	}
	return nil
}

// service is the name of an endpoint's service. In China all but S3's begin with cn.
func (b *build) service(short string) string {
	name := "com.amazonaws." + b.args.Region + "." + short
	if b.args.Partition == "aws-cn" && short != "s3" {
		return "cn." + name
	}
	return name
}

// s3Policy lets the VPC reach this account's buckets, and those in AWS's hands that hold image layers and the system
// packages of a bastion: whoever takes a task over can't carry data to a bucket of their own through this endpoint.
// https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms
func s3Policy(account, region, partition string) iampolicy.Document {
	bucket := func(name string) string { return "arn:" + partition + ":s3:::" + name + "/*" }
	return iampolicy.New(
		iampolicy.Statement{
			Sid: "OwnBuckets", Effect: "Allow", Principal: iampolicy.Everyone(), Action: []string{"s3:*"}, Resource: []string{"*"},
			Condition: iampolicy.Condition{"StringEquals": {"aws:ResourceAccount": {account}}},
		},
		iampolicy.Statement{
			Sid: "ImageLayersAndPackages", Effect: "Allow", Principal: iampolicy.Everyone(), Action: []string{"s3:GetObject"},
			Resource: []string{bucket("prod-" + region + "-starport-layer-bucket"), bucket("al2023-repos-" + region + "-*"), bucket("amazon-ssm-" + region)},
		},
	)
}

// addFlowLogs records the traffic of the whole VPC.
func (b *build) addFlowLogs() error {
	role, err := iam.NewRole(b.ctx, b.part("flow-logs"), &iam.RoleArgs{
		Name:             pulumi.String(b.args.Name("flow-logs", 64)),
		Description:      pulumi.String("Lets the VPC write its flow logs"),
		AssumeRolePolicy: pulumi.String(iampolicy.AssumeBy("vpc-flow-logs.amazonaws.com", b.args.Account, b.args.ARN("ec2", "vpc-flow-log/*")).JSON()),
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("role: %w", err)
	}
	policy, err := iam.NewRolePolicy(b.ctx, b.part("flow-logs"), &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: b.args.FlowLogGroupArn.ToStringOutput().ApplyT(func(arn string) string {
			return flowLogPolicy(arn).JSON()
		}).(pulumi.StringOutput),
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("role policy: %w", err)
	}
	s := b.args.Settings.FlowLogs
	_, err = ec2.NewFlowLog(b.ctx, b.part("flow-logs"), &ec2.FlowLogArgs{
		VpcId: b.vpc.ID(), TrafficType: pulumi.String(s.Traffic), MaxAggregationInterval: pulumi.Int(s.IntervalSeconds),
		LogDestinationType: pulumi.String("cloud-watch-logs"), LogDestination: b.args.FlowLogGroupArn, IamRoleArn: role.Arn, Tags: b.tags("flow-logs"),
	}, b.child(pulumi.DependsOn([]pulumi.Resource{policy}), pulumi.DeleteBeforeReplace(true))...) // AWS refuses a second one of the same traffic
	return err
}

// flowLogPolicy is what a flow log does with its group, the group's streams included.
// https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html
func flowLogPolicy(group string) iampolicy.Document {
	group = strings.TrimSuffix(group, ":*")
	return iampolicy.New(iampolicy.AllowStatement("WriteFlowLogs",
		[]string{"logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"}, []string{group, group + ":*"}, nil))
}
