package network

import (
	"fmt"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the type of the component.
const Token = "tasktracker:network:Network"

// Args are the settings of a network and what it is wired to.
type Args struct {
	place.Scope
	Settings        Settings
	FlowLogGroupArn pulumi.StringInput // CloudWatch log group of the flow logs
}

// Validate returns every fault of the settings and every input that is missing, as one error.
func (a Args) Validate() error {
	var f fault.Set
	settings := f.At("network")
	a.Settings.Validate(settings)
	settings.Require(a.FlowLogGroupArn != nil, "FlowLogGroupArn", "is not wired; pass foundation's FlowLogGroup.Arn")
	return f.Err()
}

// Network is a VPC with its subnets, routes and filters. Lists of subnets are in the order of [Settings.Zones].
type Network struct {
	pulumi.ResourceState

	VpcId            pulumi.StringOutput
	PublicSubnetIds  pulumi.StringArray
	PrivateSubnetIds pulumi.StringArray
	DataSubnetIds    pulumi.StringArray

	LoadBalancerSecurityGroupId pulumi.StringOutput
	TaskSecurityGroupId         pulumi.StringOutput
	DatabaseSecurityGroupId     pulumi.StringOutput
	EndpointSecurityGroupId     pulumi.StringOutput // empty where InterfaceEndpoints is
	S3PrefixListId              pulumi.StringOutput // addresses of S3 in this region

	NatGatewayIds      pulumi.StringArray
	VpcCidr            string   // as in the settings
	InterfaceEndpoints []string // services, as in the settings
}

// build is one network under construction.
type build struct {
	ctx  *pulumi.Context
	name string
	args Args
	net  *Network
	vpc  *ec2.Vpc

	public, private, data []*ec2.Subnet
	privateTables         pulumi.StringArray
	// ready holds, per tier, what must be in place before something starts in a subnet: its route and filters, and for
	// the private tier also the endpoints and the rules of the security groups.
	ready map[string][]pulumi.Resource
}

// New registers a network. What it exports of subnets waits for their routes and filters.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Network, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	n := &Network{VpcCidr: args.Settings.Cidr, InterfaceEndpoints: args.Settings.InterfaceEndpoints}
	if err := ctx.RegisterComponentResource(Token, name, n, opts...); err != nil {
		return nil, fmt.Errorf("network: %w", err)
	}
	b := &build{ctx: ctx, name: name, args: args, net: n, ready: map[string][]pulumi.Resource{}}
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"vpc", b.addVPC},
		{"subnets", b.addSubnets},
		{"public routes", b.addPublicRoutes},
		{"private routes", b.addPrivateRoutes},
		{"data routes", b.addDataRoutes},
		{"network ACLs", b.addACLs},
		{"security groups", b.addSecurityGroups},
		{"endpoints", b.addEndpoints},
		{"security group rules", b.addRules},
		{"flow logs", b.addFlowLogs},
	} {
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("network: %s: %w", step.what, err)
		}
	}
	n.PublicSubnetIds = b.subnetIds(public, b.public)
	n.PrivateSubnetIds = b.subnetIds(private, b.private)
	n.DataSubnetIds = b.subnetIds(data, b.data)
	if err := ctx.RegisterResourceOutputs(n, pulumi.Map{
		"vpcId": n.VpcId, "vpcCidr": pulumi.String(n.VpcCidr),
		"publicSubnetIds": n.PublicSubnetIds, "privateSubnetIds": n.PrivateSubnetIds, "dataSubnetIds": n.DataSubnetIds,
		"loadBalancerSecurityGroupId": n.LoadBalancerSecurityGroupId, "taskSecurityGroupId": n.TaskSecurityGroupId,
		"databaseSecurityGroupId": n.DatabaseSecurityGroupId, "endpointSecurityGroupId": n.EndpointSecurityGroupId,
		"natGatewayIds": n.NatGatewayIds, "s3PrefixListId": n.S3PrefixListId,
	}); err != nil {
		return nil, fmt.Errorf("network: outputs: %w", err)
	}
	return n, nil
}

func (b *build) part(p string) string { return b.name + "-" + p }

// tags names a thing in the console: {NamePrefix}-{part}.
func (b *build) tags(part string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(b.args.Name(part, 255))}
}

func (b *build) child(opts ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.net)}, opts...)
}

func (b *build) addVPC() (err error) {
	b.vpc, err = ec2.NewVpc(b.ctx, b.part("vpc"), &ec2.VpcArgs{
		CidrBlock:          pulumi.String(b.args.Settings.Cidr),
		EnableDnsSupport:   pulumi.Bool(true),
		EnableDnsHostnames: pulumi.Bool(true), // private names of interface endpoints need both
		Tags:               pulumi.StringMap{"Name": pulumi.String(b.args.NamePrefix)},
	}, b.child(pulumi.Protect(b.args.Settings.DeletionProtection))...)
	if err != nil {
		return err
	}
	b.net.VpcId = b.vpc.ID().ToStringOutput()
	_, err = ec2.NewDefaultSecurityGroup(b.ctx, b.part("default"), &ec2.DefaultSecurityGroupArgs{
		VpcId:   b.vpc.ID(),
		Ingress: ec2.DefaultSecurityGroupIngressArray{},
		Egress:  ec2.DefaultSecurityGroupEgressArray{},
		Tags:    b.tags("default-unused"),
	}, b.child()...)
	return err
}

// Tiers.
const (
	public  = "public"
	private = "private"
	data    = "data"
)

// tier is the subnets of one kind.
type tier struct {
	name    string
	cidrs   []string
	subnets *[]*ec2.Subnet
}

func (b *build) tiers() []tier {
	s := b.args.Settings
	return []tier{{public, s.PublicCidrs, &b.public}, {private, s.PrivateCidrs, &b.private}, {data, s.DataCidrs, &b.data}}
}

func (b *build) addSubnets() error {
	for _, t := range b.tiers() {
		for i, cidr := range t.cidrs {
			zone := b.args.Settings.Zones[i]
			subnet, err := ec2.NewSubnet(b.ctx, b.part(numbered(t.name, i)), &ec2.SubnetArgs{
				VpcId:               b.vpc.ID(),
				CidrBlock:           pulumi.String(cidr),
				AvailabilityZone:    pulumi.String(b.args.Region + zone),
				MapPublicIpOnLaunch: pulumi.Bool(false),
				Tags:                b.tags(t.name + "-" + zone),
			}, b.child(pulumi.Protect(t.name == data && b.args.Settings.DeletionProtection))...)
			if err != nil {
				return fmt.Errorf("%s: %w", numbered(t.name, i), err)
			}
			*t.subnets = append(*t.subnets, subnet)
		}
	}
	return nil
}

// subnetIds returns the subnets so that whoever uses them waits for what makes them work. The ids themselves stay as they
// are: were they computed from it, a new endpoint would make a preview show every user of a subnet as replaced.
func (b *build) subnetIds(tier string, subnets []*ec2.Subnet) pulumi.StringArray {
	all := ids(subnets)
	for i, id := range all {
		all[i] = pulumi.OutputWithDependencies(b.ctx.Context(), id.ToStringOutput(), b.ready[tier]...).(pulumi.StringOutput)
	}
	return all
}

// wait notes what a tier waits for.
func (b *build) wait(tier string, resources ...pulumi.Resource) {
	b.ready[tier] = append(b.ready[tier], resources...)
}

// ids are listed one by one: in a preview, a new resource leaves the ids of the others known.
func ids[R pulumi.CustomResource](resources []R) pulumi.StringArray {
	var list pulumi.StringArray
	for _, r := range resources {
		list = append(list, r.ID().ToStringOutput())
	}
	return list
}

func numbered(part string, i int) string { return part + "-" + strconv.Itoa(i+1) }
