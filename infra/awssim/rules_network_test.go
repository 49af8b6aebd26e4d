package awssim

import "testing"

// twoVPCs are two VPCs, each with a group and subnets in two zones; the first one reaches the internet.
func twoVPCs() []*Object {
	subnet := func(id, vpc, cidr, zone string) *Object {
		return thing(tSubnet, id, props{"vpcId": vpc, "cidrBlock": cidr, "availabilityZone": zone})
	}
	return []*Object{
		thing(tVPC, "vpc-1", props{"cidrBlock": "10.0.0.0/16", "defaultSecurityGroupId": "sg-default"}),
		thing(tVPC, "vpc-2", props{"cidrBlock": "10.1.0.0/16"}),
		thing(tInternet, "igw-1", props{"vpcId": "vpc-1"}),
		subnet("a", "vpc-1", "10.0.1.0/24", "us-east-1a"),
		subnet("a2", "vpc-1", "10.0.3.0/24", "us-east-1a"),
		subnet("b", "vpc-1", "10.0.2.0/24", "us-east-1b"),
		subnet("far", "vpc-2", "10.1.1.0/24", "us-east-1a"),
		subnet("far-b", "vpc-2", "10.1.2.0/24", "us-east-1b"),
		thing(tGroup, "sg-1", props{"vpcId": "vpc-1", "name": "one"}),
		thing(tGroup, "sg-2", props{"vpcId": "vpc-2", "name": "two"}),
		thing(tRouteTable, "rtb-1", props{"vpcId": "vpc-1"}),
		thing(tRouteTable, "rtb-2", props{"vpcId": "vpc-2"}),
		thing(tACL, "acl-2", props{"vpcId": "vpc-2"}),
		thing(tACL, "acl-1", props{"vpcId": "vpc-1"}),
		thing(tEIP, "eip-1", props{}),
	}
}

func TestNetworkRules(t *testing.T) {
	t.Parallel()
	has := twoVPCs()
	make := func(name, token string, in props, want string) try {
		return try{name: name, has: has, obj: thing(token, "new", in), want: want}
	}
	subnet := func(cidr string) props {
		return props{"vpcId": "vpc-1", "cidrBlock": cidr, "availabilityZone": "us-east-1a"}
	}
	tcp := func(group, peer string) props {
		return props{"securityGroupId": group, "referencedSecurityGroupId": peer, "ipProtocol": "tcp", "fromPort": 80.0, "toPort": 80.0}
	}
	acl := func(number float64, protocol string, from, to float64) props {
		return props{"networkAclId": "acl-1", "ruleNumber": number, "protocol": protocol, "fromPort": from, "toPort": to}
	}
	every(t, []try{
		make("vpc", tVPC, props{"cidrBlock": "10.9.0.0/16"}, ""),
		make("vpc too large", tVPC, props{"cidrBlock": "10.0.0.0/8"}, `InvalidVpc.Range: cidrBlock: "10.0.0.0/8"`),
		make("vpc with host bits", tVPC, props{"cidrBlock": "10.0.0.1/16"}, "write 10.0.0.0/16"),
		make("subnet", tSubnet, subnet("10.0.9.0/24"), ""),
		make("subnet outside", tSubnet, subnet("10.1.9.0/24"), `InvalidSubnet.Range: cidrBlock: "10.1.9.0/24" is outside 10.0.0.0/16`),
		make("subnet overlaps", tSubnet, subnet("10.0.1.128/25"), `InvalidSubnet.Conflict: cidrBlock: "10.0.1.128/25" overlaps 10.0.1.0/24`),
		make("subnet in a strange zone", tSubnet, props{"vpcId": "vpc-1", "cidrBlock": "10.0.9.0/24", "availabilityZone": "eu-west-1a"}, "availabilityZone"),
		make("route", tRoute, props{"routeTableId": "rtb-1", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, ""),
		make("route of another vpc", tRoute, props{"routeTableId": "rtb-2", "destinationCidrBlock": "0.0.0.0/0", "gatewayId": "igw-1"}, "InvalidParameterValue: gatewayId"),
		make("local route", tRoute, props{"routeTableId": "rtb-1", "destinationCidrBlock": "10.0.0.0/16", "gatewayId": "igw-1"}, "RouteAlreadyExists"),
		make("acl rule", tACLRule, acl(100, "tcp", 80, 80), ""),
		make("acl rule number", tACLRule, acl(40000, "tcp", 80, 80), "ruleNumber"),
		make("acl rule ports", tACLRule, acl(100, "tcp", 90, 80), "fromPort"),
		make("acl twice", tACL, props{"vpcId": "vpc-1", "ingress": list(props{"ruleNo": 1.0}, props{"ruleNo": 1.0})}, "NetworkAclEntryAlreadyExists: ingress.ruleNo"),
		make("acl association", tACLAssoc, props{"networkAclId": "acl-1", "subnetId": "a"}, ""),
		make("acl of another vpc", tACLAssoc, props{"networkAclId": "acl-2", "subnetId": "a"}, "InvalidParameterValue: networkAclId"),
		make("table association", tRouteAssoc, props{"routeTableId": "rtb-1", "subnetId": "a"}, ""),
		make("table of another vpc", tRouteAssoc, props{"routeTableId": "rtb-2", "subnetId": "a"}, "InvalidParameterValue: routeTableId"),
		make("group rule", tIngress, tcp("sg-1", "sg-1"), ""),
		make("default group", tIngress, tcp("sg-1", "sg-default"), ""),
		make("group of another vpc", tIngress, tcp("sg-1", "sg-2"), "InvalidGroup.NotFound: referencedSecurityGroupId"),
		make("no ports", tEgress, props{"securityGroupId": "sg-1", "ipProtocol": "tcp", "cidrIpv4": "0.0.0.0/0"}, "fromPort, toPort: is not set"),
		make("ports of everything", tEgress, props{"securityGroupId": "sg-1", "ipProtocol": "-1", "fromPort": 80.0, "cidrIpv4": "0.0.0.0/0"}, "fromPort"),
		make("host bits", tEgress, props{"securityGroupId": "sg-1", "ipProtocol": "-1", "cidrIpv4": "10.0.0.1/8"}, "write 10.0.0.0/8"),
	})
}

func TestGatewayRules(t *testing.T) {
	t.Parallel()
	has := append(twoVPCs(), rolesFor("vpc-flow-logs.amazonaws.com", "ec2.amazonaws.com")...)
	has = append(has, thing(tProfile, "good", props{"role": "ec2.amazonaws.com"}), thing(tProfile, "bad", props{"role": "vpc-flow-logs.amazonaws.com"}),
		thing(tVPN, "vpn", props{}), thing(tVPNNetwork, "assoc", props{"clientVpnEndpointId": "vpn", "subnetId": "a"}))
	make := func(name, token string, in props, want string) try {
		return try{name: name, has: has, obj: thing(token, "new", in), want: want}
	}
	endpoint := func(subnets, groups []any) props {
		return props{"vpcId": "vpc-1", "vpcEndpointType": "Interface", "subnetIds": subnets, "securityGroupIds": groups}
	}
	every(t, []try{
		make("first gateway", tInternet, props{"vpcId": "vpc-2"}, ""),
		make("second gateway", tInternet, props{"vpcId": "vpc-1"}, "InvalidParameterValue: vpcId"),
		make("nat", tNAT, props{"subnetId": "a", "allocationId": "eip-1"}, ""),
		make("nat without address", tNAT, props{"subnetId": "a"}, "MissingParameter: allocationId"),
		make("private nat with address", tNAT, props{"subnetId": "a", "allocationId": "eip-1", "connectivityType": "private"}, "InvalidParameterCombination"),
		make("nat without internet", tNAT, props{"subnetId": "far", "allocationId": "eip-1"}, "Gateway.NotAttached: subnetId"),
		make("interface", tEndpoint, endpoint(list("a", "b"), list("sg-1")), ""),
		make("interface twice in a zone", tEndpoint, endpoint(list("a", "a2"), list("sg-1")), "DuplicateSubnetsInSameZone"),
		make("interface elsewhere", tEndpoint, endpoint(list("far"), list("sg-1")), "InvalidParameter: subnetIds"),
		make("interface with a strange group", tEndpoint, endpoint(list("a"), list("sg-2")), "InvalidParameter: securityGroupIds"),
		make("gateway endpoint", tEndpoint, props{"vpcId": "vpc-1", "routeTableIds": list("rtb-1")}, ""),
		make("gateway with subnets", tEndpoint, props{"vpcId": "vpc-1", "subnetIds": list("a")}, "InvalidParameter: subnetIds"),
		make("gateway of strange tables", tEndpoint, props{"vpcId": "vpc-1", "routeTableIds": list("rtb-2")}, "InvalidParameter: routeTableIds"),
		make("bastion", tInstance, props{"subnetId": "a", "vpcSecurityGroupIds": list("sg-1"), "iamInstanceProfile": "good"}, ""),
		make("bastion with a strange group", tInstance, props{"subnetId": "a", "vpcSecurityGroupIds": list("sg-2")}, "vpcSecurityGroupIds"),
		make("bastion with a strange role", tInstance, props{"subnetId": "a", "iamInstanceProfile": "bad"}, "cannot be assumed by ec2.amazonaws.com"),
		make("flow log", tFlowLog, props{"vpcId": "vpc-1", "iamRoleArn": "vpc-flow-logs.amazonaws.com"}, ""),
		make("flow log with a strange role", tFlowLog, props{"vpcId": "vpc-1", "iamRoleArn": "ec2.amazonaws.com"}, "InvalidParameter: iamRoleArn"),
		make("flow log without role", tFlowLog, props{"vpcId": "vpc-1"}, "iamRoleArn: is not set"),
		make("vpn", tVPN, props{"vpcId": "vpc-1", "clientCidrBlock": "10.100.0.0/22"}, ""),
		make("vpn overlaps", tVPN, props{"vpcId": "vpc-1", "clientCidrBlock": "10.0.0.0/22"}, "overlaps 10.0.0.0/16"),
		make("vpn too small", tVPN, props{"vpcId": "vpc-1", "clientCidrBlock": "10.100.0.0/24"}, "between /12 and /22"),
		make("vpn zone", tVPNNetwork, props{"clientVpnEndpointId": "vpn", "subnetId": "b"}, ""),
		make("vpn zone twice", tVPNNetwork, props{"clientVpnEndpointId": "vpn", "subnetId": "a2"}, "associate one subnet per zone"),
		make("vpn target", tVPNRule, props{"clientVpnEndpointId": "vpn", "targetNetworkCidr": "10.0.0.0/16"}, ""),
		make("vpn target with host bits", tVPNRule, props{"clientVpnEndpointId": "vpn", "targetNetworkCidr": "10.0.0.1/16"}, "targetNetworkCidr"),
	})
}

// rolesFor are roles, each named after the service that may assume it.
func rolesFor(services ...string) []*Object {
	var all []*Object
	for _, s := range services {
		all = append(all, thing(tRole, s, props{"name": s, "assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + s +
			`"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"123456789012"}}}]}`}))
	}
	return all
}
