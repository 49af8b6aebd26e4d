package awssim

import (
	"net/netip"
	"slices"
	"strings"
)

// gatewayRules are of what stands in subnets: gateways, endpoints, bastions, the VPN and flow logs.
func gatewayRules() map[string][]rule {
	return map[string][]rule{
		tInternet:   {onWrite(oneInternetGateway)},
		tNAT:        {onWrite(natAddress), onWrite(natReachesInternet)},
		tEndpoint:   {onWrite(endpointService), onWrite(endpointKind), onWrite(endpointPlaces)},
		tInstance:   {onWrite(instanceGroups), onWrite(instanceProfile)},
		tFlowLog:    {onWrite(flowLogRole)},
		tVPN:        {onWrite(vpnRange)},
		tVPNNetwork: {onWrite(vpnZones)},
		tVPNRule:    {onWrite(vpnTarget)},
	}
}

func oneInternetGateway(w World, obj, old *Object) error {
	vpc := text(obj, "vpcId")
	for _, o := range others(w, obj, old, obj.Region) {
		if vpc != "" && text(o, "vpcId") == vpc {
			return refuse("InvalidParameterValue", "vpcId", vpc, "has %s attached already; a VPC takes one internet gateway", label(o))
		}
	}
	return nil
}

func natAddress(_ World, obj, _ *Object) error {
	private, allocation := text(obj, "connectivityType") == "private", text(obj, "allocationId")
	switch {
	case private && allocation != "":
		return refuse("InvalidParameterCombination", "allocationId", allocation, "is given for a private gateway; leave it out, or make the gateway public")
	case !private && allocation == "":
		return absent("MissingParameter", "allocationId", "a public NAT gateway needs an Elastic IP")
	}
	return nil
}

func natReachesInternet(w World, obj, _ *Object) error {
	if text(obj, "connectivityType") == "private" {
		return nil
	}
	vpc := text(w.Find(tSubnet, text(obj, "subnetId"), obj.Region), "vpcId")
	if vpc == "" || hasInternetGateway(w, vpc, obj.Region) {
		return nil
	}
	return refuse("Gateway.NotAttached", "subnetId", text(obj, "subnetId"),
		"is in %s, which has no internet gateway attached; attach one first (dependsOn)", vpc)
}

func hasInternetGateway(w World, vpc, region string) bool {
	return slices.ContainsFunc(w.ByType(tInternet, region), func(o *Object) bool { return text(o, "vpcId") == vpc })
}

// endpointService refuses AWS's own service of another region.
func endpointService(_ World, obj, _ *Object) error {
	name := text(obj, "serviceName")
	if own, ok := strings.CutPrefix(name, "com.amazonaws."); ok && !strings.HasPrefix(own, "vpce.") && text(obj, "serviceRegion") == "" &&
		!strings.HasPrefix(own, obj.Region+".") {
		return refuse("InvalidServiceName", "serviceName", name, "does not exist in %s; write com.amazonaws.%s.{service}", obj.Region, obj.Region)
	}
	return nil
}

func endpointKind(_ World, obj, _ *Object) error {
	kind := text(obj, "vpcEndpointType")
	if kind == "" {
		kind = "Gateway"
	}
	given := &Object{In: obj.In}
	switch kind {
	case "Gateway":
		for _, p := range []string{"subnetIds", "securityGroupIds", "privateDnsEnabled"} {
			if v := texts(given, p); len(v) > 0 && v[0] != "false" {
				return refuse("InvalidParameter", p, v[0], "is given for a gateway endpoint; leave it out, or use an interface endpoint")
			}
		}
	case "Interface":
		if v := texts(given, "routeTableIds"); len(v) > 0 {
			return refuse("InvalidParameter", "routeTableIds", v[0], "is given for an interface endpoint; leave it out, or use a gateway endpoint")
		}
	}
	return nil
}

func endpointPlaces(w World, obj, old *Object) error {
	vpc, zones := text(obj, "vpcId"), map[string]string{}
	for _, id := range texts(obj, "subnetIds") {
		subnet := w.Find(tSubnet, id, obj.Region)
		if text(subnet, "vpcId") != vpc {
			return refuse("InvalidParameter", "subnetIds", id, "is in %s; name subnets of %s", text(subnet, "vpcId"), vpc)
		}
		zone := text(subnet, "availabilityZone")
		if first := zones[zone]; first != "" {
			return refuse("DuplicateSubnetsInSameZone", "subnetIds", id, "is in %s like %s; name one subnet per zone", zone, first)
		}
		zones[zone] = id
	}
	for _, id := range texts(obj, "securityGroupIds") {
		if of := groupVPC(w, id, obj.Region); of != vpc {
			return refuse("InvalidParameter", "securityGroupIds", id, "is in %s; name groups of %s", of, vpc)
		}
	}
	for _, id := range texts(obj, "routeTableIds") {
		if of := text(w.Find(tRouteTable, id, obj.Region), "vpcId"); of != "" && of != vpc {
			return refuse("InvalidParameter", "routeTableIds", id, "is in %s; name route tables of %s", of, vpc)
		}
	}
	if !truthy(obj, "privateDnsEnabled") {
		return nil
	}
	for _, o := range others(w, obj, old, obj.Region) {
		if text(o, "vpcId") == vpc && text(o, "serviceName") == text(obj, "serviceName") && truthy(o, "privateDnsEnabled") {
			return refuse("InvalidParameter", "privateDnsEnabled", true, "conflicts with %s, which answers for %s in %s; keep one of the two",
				label(o), text(obj, "serviceName"), vpc)
		}
	}
	return nil
}

func instanceGroups(w World, obj, _ *Object) error {
	vpc := text(w.Find(tSubnet, text(obj, "subnetId"), obj.Region), "vpcId")
	for _, id := range texts(obj, "vpcSecurityGroupIds") {
		if of := groupVPC(w, id, obj.Region); vpc != "" && of != vpc {
			return refuse("InvalidParameter", "vpcSecurityGroupIds", id, "is in %s and the subnet in %s; name a group of that VPC", of, vpc)
		}
	}
	return nil
}

func instanceProfile(w World, obj, _ *Object) error {
	profile := w.Find(tProfile, text(obj, "iamInstanceProfile"), "")
	if profile == nil {
		return nil
	}
	return assumable(w, obj, "iamInstanceProfile", text(profile, "role"), "ec2.amazonaws.com", "InvalidParameterValue")
}

func flowLogRole(w World, obj, _ *Object) error {
	to := text(obj, "logDestinationType")
	if role := text(obj, "iamRoleArn"); role != "" {
		if to == "s3" {
			return refuse("InvalidParameter", "iamRoleArn", role, "is given for delivery to S3, which needs none; leave it out")
		}
		return assumable(w, obj, "iamRoleArn", role, "vpc-flow-logs.amazonaws.com", "InvalidParameter")
	}
	if to == "" || to == "cloud-watch-logs" {
		return absent("InvalidParameter", "iamRoleArn", "delivery to CloudWatch Logs needs a role that vpc-flow-logs.amazonaws.com may assume")
	}
	return nil
}

func vpnRange(w World, obj, _ *Object) error {
	value := text(obj, "clientCidrBlock")
	p, err := span("InvalidParameterValue", "clientCidrBlock", value)
	if err != nil {
		return err
	}
	if p.Bits() < 12 || p.Bits() > 22 {
		return refuse("InvalidParameterValue", "clientCidrBlock", value, "is not between /12 and /22; choose such a range")
	}
	vpc := w.Find(tVPC, text(obj, "vpcId"), obj.Region)
	if whole, err := netip.ParsePrefix(text(vpc, "cidrBlock")); err == nil && whole.Overlaps(p) {
		return refuse("InvalidParameterValue", "clientCidrBlock", value, "overlaps %s of %s; choose a range outside it", whole, vpc.ID)
	}
	for _, id := range texts(obj, "securityGroupIds") {
		if of := groupVPC(w, id, obj.Region); of != text(obj, "vpcId") {
			return refuse("InvalidParameterValue", "securityGroupIds", id, "is in %s; name groups of the endpoint's VPC %q", of, text(obj, "vpcId"))
		}
	}
	return certificateUsable(w, obj, "serverCertificateArn", "InvalidParameterValue")
}

func vpnZones(w World, obj, old *Object) error {
	subnet := w.Find(tSubnet, text(obj, "subnetId"), obj.Region)
	if subnet == nil {
		return nil
	}
	for _, o := range others(w, obj, old, obj.Region) {
		other := w.Find(tSubnet, text(o, "subnetId"), obj.Region)
		if text(o, "clientVpnEndpointId") != text(obj, "clientVpnEndpointId") || other == nil || other.ID == subnet.ID {
			continue
		}
		if text(other, "availabilityZone") == text(subnet, "availabilityZone") {
			return refuse("InvalidClientVpnDuplicateAssociationException", "subnetId", subnet.ID, "is in %s like %s; associate one subnet per zone",
				text(subnet, "availabilityZone"), label(other))
		}
		if text(other, "vpcId") != text(subnet, "vpcId") {
			return refuse("InvalidParameterValue", "subnetId", subnet.ID, "is in %s and %s in %s; associate subnets of one VPC",
				text(subnet, "vpcId"), label(other), text(other, "vpcId"))
		}
	}
	return nil
}

func vpnTarget(_ World, obj, _ *Object) error {
	_, err := span("InvalidParameterValue", "targetNetworkCidr", text(obj, "targetNetworkCidr"))
	return err
}
