package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// addACLs makes one network ACL per tier. Its rules are part of it, so that a rule which somebody adds by hand is seen
// and removed.
func (b *build) addACLs() error {
	s := b.args.Settings
	for _, t := range []struct {
		tier    string
		subnets []*ec2.Subnet
		rules   acl
	}{{public, b.public, s.publicACL()}, {private, b.private, s.privateACL()}, {data, b.data, s.dataACL()}} {
		var in ec2.NetworkAclIngressArray
		for i, r := range t.rules.In {
			action, protocol := r.verdict()
			in = append(in, ec2.NetworkAclIngressArgs{
				RuleNo: number(i), Action: action, Protocol: protocol, FromPort: pulumi.Int(r.From), ToPort: pulumi.Int(r.To), CidrBlock: pulumi.String(r.Cidr),
			})
		}
		var out ec2.NetworkAclEgressArray
		for i, r := range t.rules.Out {
			action, protocol := r.verdict()
			out = append(out, ec2.NetworkAclEgressArgs{
				RuleNo: number(i), Action: action, Protocol: protocol, FromPort: pulumi.Int(r.From), ToPort: pulumi.Int(r.To), CidrBlock: pulumi.String(r.Cidr),
			})
		}
		made, err := ec2.NewNetworkAcl(b.ctx, b.part(t.tier), &ec2.NetworkAclArgs{
			VpcId: b.vpc.ID(), SubnetIds: ids(t.subnets), Ingress: in, Egress: out, Tags: b.tags(t.tier),
		}, b.child()...)
		if err != nil {
			return fmt.Errorf("%s: %w", t.tier, err)
		}
		b.wait(t.tier, made)
	}
	return nil
}

func number(i int) pulumi.Int { return pulumi.Int(100 + 10*i) }

func (r aclRule) verdict() (action, protocol pulumi.String) {
	if r.Allow {
		return "allow", "tcp"
	}
	return "deny", "-1"
}

func (b *build) addSecurityGroups() (err error) {
	if b.net.LoadBalancerSecurityGroupId, err = b.group("load-balancer", "Load balancer: HTTP and HTTPS in, the application out"); err != nil {
		return err
	}
	if b.net.TaskSecurityGroupId, err = b.group("task", "Tasks: the load balancer in, database, AWS and HTTPS out"); err != nil {
		return err
	}
	if b.net.DatabaseSecurityGroupId, err = b.group("database", "Database: MySQL in, nothing out"); err != nil {
		return err
	}
	b.net.EndpointSecurityGroupId = pulumi.String("").ToStringOutput()
	if len(b.net.InterfaceEndpoints) > 0 {
		b.net.EndpointSecurityGroupId, err = b.group("endpoint", "Interface endpoints: HTTPS in, nothing out")
	}
	return err
}

func (b *build) group(part, description string) (pulumi.StringOutput, error) {
	group, err := ec2.NewSecurityGroup(b.ctx, b.part(part), &ec2.SecurityGroupArgs{
		VpcId: b.vpc.ID(), Description: pulumi.String(description), Tags: b.tags(part),
	}, b.child()...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("%s: %w", part, err)
	}
	return group.ID().ToStringOutput(), nil
}

// flow is a rule of a security group. Its other side is a group, a range of addresses or a prefix list.
type flow struct {
	part        string
	egress      bool
	group       pulumi.StringInput
	port        int
	peer        pulumi.StringPtrInput // security group
	cidr        pulumi.StringPtrInput
	prefixList  pulumi.StringPtrInput
	description string
}

// addRules makes the flows of the package's documentation, each as the way out of one group and the way into another.
func (b *build) addRules() error {
	n := b.net
	lb, task, db := n.LoadBalancerSecurityGroupId, n.TaskSecurityGroupId, n.DatabaseSecurityGroupId
	internet := pulumi.String(anywhere)
	flows := []flow{
		{part: "internet-to-load-balancer-http", group: lb, port: portHTTP, cidr: internet, description: "Internet, to be redirected to HTTPS"},
		{part: "internet-to-load-balancer-https", group: lb, port: portHTTPS, cidr: internet, description: "Internet"},
		{part: "load-balancer-to-task", egress: true, group: lb, port: portApp, peer: task, description: "Application"},
		{part: "task-from-load-balancer", group: task, port: portApp, peer: lb, description: "Load balancer"},
		{part: "task-to-database", egress: true, group: task, port: portDatabase, peer: db, description: "Database"},
		{part: "database-from-task", group: db, port: portDatabase, peer: task, description: "Tasks"},
		{part: "task-to-internet", egress: true, group: task, port: portHTTPS, cidr: internet, description: "NAT"},
		{part: "task-to-s3", egress: true, group: task, port: portHTTPS, prefixList: n.S3PrefixListId, description: "S3 through its gateway endpoint"},
	}
	if len(n.InterfaceEndpoints) > 0 {
		flows = append(flows,
			flow{part: "task-to-endpoint", egress: true, group: task, port: portHTTPS, peer: n.EndpointSecurityGroupId, description: "Interface endpoints"},
			flow{part: "endpoint-from-task", group: n.EndpointSecurityGroupId, port: portHTTPS, peer: task, description: "Tasks"})
	}
	for _, f := range flows {
		if err := b.rule(f); err != nil {
			return fmt.Errorf("%s: %w", f.part, err)
		}
	}
	return nil
}

func (b *build) rule(f flow) error {
	var made pulumi.Resource
	var err error
	if f.egress {
		made, err = vpc.NewSecurityGroupEgressRule(b.ctx, b.part(f.part), &vpc.SecurityGroupEgressRuleArgs{
			SecurityGroupId: f.group, IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(f.port), ToPort: pulumi.Int(f.port),
			ReferencedSecurityGroupId: f.peer, CidrIpv4: f.cidr, PrefixListId: f.prefixList, Description: pulumi.String(f.description),
		}, b.child()...)
	} else {
		made, err = vpc.NewSecurityGroupIngressRule(b.ctx, b.part(f.part), &vpc.SecurityGroupIngressRuleArgs{
			SecurityGroupId: f.group, IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(f.port), ToPort: pulumi.Int(f.port),
			ReferencedSecurityGroupId: f.peer, CidrIpv4: f.cidr, PrefixListId: f.prefixList, Description: pulumi.String(f.description),
		}, b.child()...)
	}
	b.wait(private, made)
	return err
}
