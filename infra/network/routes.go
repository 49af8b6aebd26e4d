package network

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func (b *build) addPublicRoutes() error {
	gateway, err := ec2.NewInternetGateway(b.ctx, b.part("internet"), &ec2.InternetGatewayArgs{VpcId: b.vpc.ID(), Tags: b.tags("internet")}, b.child()...)
	if err != nil {
		return fmt.Errorf("internet gateway: %w", err)
	}
	table, err := b.table(public, public, b.public)
	if err != nil {
		return err
	}
	return b.route(public, public, &ec2.RouteArgs{RouteTableId: table.ID(), DestinationCidrBlock: pulumi.String(anywhere), GatewayId: gateway.ID()})
}

// addPrivateRoutes gives each zone a table of its own, also where there is a single NAT gateway: a change between the
// two then changes a route's target in place.
func (b *build) addPrivateRoutes() error {
	count := len(b.args.Settings.Zones)
	if b.args.Settings.Nat == NatSingle {
		count = 1
	}
	var gateways []*ec2.NatGateway
	for i := range count {
		part, zone := numbered("nat", i), b.args.Settings.Zones[i]
		address, err := ec2.NewEip(b.ctx, b.part(part), &ec2.EipArgs{Domain: pulumi.String("vpc"), Tags: b.tags("nat-" + zone)}, b.child()...)
		if err != nil {
			return fmt.Errorf("%s: address: %w", part, err)
		}
		gateway, err := ec2.NewNatGateway(b.ctx, b.part(part), &ec2.NatGatewayArgs{
			AllocationId: address.AllocationId, SubnetId: b.public[i].ID(), Tags: b.tags("nat-" + zone),
		}, b.child(pulumi.DependsOn(b.ready[public]), pulumi.DeleteBeforeReplace(true))...) // needs the way out; its address serves one gateway at a time
		if err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
		gateways = append(gateways, gateway)
	}
	b.net.NatGatewayIds = ids(gateways)
	for i := range b.private {
		part := numbered(private, i)
		table, err := b.table(private, part, b.private[i:i+1])
		if err != nil {
			return err
		}
		b.privateTables = append(b.privateTables, table.ID().ToStringOutput())
		if err := b.route(private, part, &ec2.RouteArgs{
			RouteTableId: table.ID(), DestinationCidrBlock: pulumi.String(anywhere), NatGatewayId: gateways[min(i, count-1)].ID(),
		}); err != nil {
			return err
		}
	}
	return nil
}

// addDataRoutes gives the data subnets a table with nothing but the VPC's local route.
func (b *build) addDataRoutes() error {
	_, err := b.table(data, data, b.data)
	return err
}

// table makes a route table for subnets of a tier.
func (b *build) table(tier, part string, subnets []*ec2.Subnet) (*ec2.RouteTable, error) {
	table, err := ec2.NewRouteTable(b.ctx, b.part(part), &ec2.RouteTableArgs{VpcId: b.vpc.ID(), Tags: b.tags(part)}, b.child()...)
	if err != nil {
		return nil, fmt.Errorf("%s: table: %w", part, err)
	}
	for i, subnet := range subnets {
		name := part
		if len(subnets) > 1 {
			name = numbered(part, i)
		}
		association, err := ec2.NewRouteTableAssociation(b.ctx, b.part(name), &ec2.RouteTableAssociationArgs{
			RouteTableId: table.ID(), SubnetId: subnet.ID(),
		}, b.child(pulumi.DeleteBeforeReplace(true))...) // a subnet has one table at a time
		if err != nil {
			return nil, fmt.Errorf("%s: association: %w", name, err)
		}
		b.wait(tier, association)
	}
	return table, nil
}

func (b *build) route(tier, part string, args *ec2.RouteArgs) error {
	route, err := ec2.NewRoute(b.ctx, b.part(part), args, b.child(pulumi.DeleteBeforeReplace(true))...) // one route per destination
	if err != nil {
		return fmt.Errorf("%s: route: %w", part, err)
	}
	b.wait(tier, route)
	return nil
}
