package awssim

import (
	"net/netip"
	"slices"
	"strings"
)

// networkRules are of addresses: what lies inside what, and what may not overlap.
func networkRules() map[string][]rule {
	return map[string][]rule{
		tVPC:        {onWrite(vpcRange)},
		tSubnet:     {onWrite(subnetInside), onWrite(subnetFree), onWrite(subnetZone)},
		tRoute:      {onWrite(routeNotLocal)},
		tACLRule:    {onWrite(aclPorts)},
		tACL:        {onWrite(aclInline)},
		tACLAssoc:   {onWrite(aclSameVPC)},
		tRouteAssoc: {onWrite(routesSameVPC)},
		tIngress:    {onWrite(groupRulePorts), onWrite(groupRulePeer)},
		tEgress:     {onWrite(groupRulePorts), onWrite(groupRulePeer)},
	}
}

// span parses a CIDR block whose host bits are zero.
func span(code, property, value string) (netip.Prefix, error) {
	p, err := netip.ParsePrefix(value)
	if err != nil {
		return p, refuse(code, property, value, "is not a CIDR block; write it as 10.0.1.0/24")
	}
	if p != p.Masked() {
		return p, refuse(code, property, value, "has host bits set; write %s", p.Masked())
	}
	return p, nil
}

func vpcRange(_ World, obj, _ *Object) error {
	value := text(obj, "cidrBlock")
	if value == "" {
		return nil // allocated from a pool
	}
	p, err := span("InvalidParameterValue", "cidrBlock", value)
	if err != nil {
		return err
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return refuse("InvalidVpc.Range", "cidrBlock", value, "is not between /16 and /28; choose such a range")
	}
	return nil
}

func subnetInside(w World, obj, _ *Object) error {
	value := text(obj, "cidrBlock")
	if value == "" {
		return nil
	}
	p, err := span("InvalidParameterValue", "cidrBlock", value)
	if err != nil {
		return err
	}
	if p.Bits() < 16 || p.Bits() > 28 {
		return refuse("InvalidSubnet.Range", "cidrBlock", value, "is not between /16 and /28; choose such a range")
	}
	vpc := w.Find(tVPC, text(obj, "vpcId"), obj.Region)
	whole, err := netip.ParsePrefix(text(vpc, "cidrBlock"))
	if err != nil {
		return nil // the VPC's range comes from a pool
	}
	if !whole.Contains(p.Addr()) || p.Bits() < whole.Bits() {
		return refuse("InvalidSubnet.Range", "cidrBlock", value, "is outside %s of %s; choose a range inside it", whole, vpc.ID)
	}
	return nil
}

func subnetFree(w World, obj, old *Object) error {
	p, err := netip.ParsePrefix(text(obj, "cidrBlock"))
	if err != nil {
		return nil
	}
	for _, o := range others(w, obj, old, obj.Region) {
		q, err := netip.ParsePrefix(text(o, "cidrBlock"))
		if err == nil && text(o, "vpcId") == text(obj, "vpcId") && p.Overlaps(q) {
			return refuse("InvalidSubnet.Conflict", "cidrBlock", p, "overlaps %s of %s; choose a range that is free in %s", q, label(o), text(obj, "vpcId"))
		}
	}
	return nil
}

func subnetZone(_ World, obj, _ *Object) error {
	zone, names := text(obj, "availabilityZone"), zoneNames(obj.Region)
	if zone == "" || slices.Contains(names, zone) || regions[obj.Region].zones == "" && zoneOf(obj.Region, zone) {
		return nil
	}
	return refuse("InvalidParameterValue", "availabilityZone", zone, "is not a zone of %s; subnets can currently only be created in %s",
		obj.Region, strings.Join(names, ", "))
}

// zoneOf says whether a name has the form of a region's zones.
func zoneOf(region, zone string) bool {
	letter, ok := strings.CutPrefix(zone, region)
	return ok && len(letter) == 1
}

func routeNotLocal(w World, obj, _ *Object) error {
	if text(obj, "gatewayId") == "local" {
		return refuse("InvalidParameterValue", "gatewayId", "local", "is the route that every table has already; leave it out")
	}
	table := w.Find(tRouteTable, text(obj, "routeTableId"), obj.Region)
	vpc := w.Find(tVPC, text(table, "vpcId"), obj.Region)
	to := text(obj, "destinationCidrBlock")
	if vpc != nil && to != "" && to == text(vpc, "cidrBlock") {
		return refuse("RouteAlreadyExists", "destinationCidrBlock", to, "is the local route of %s; leave it out", vpc.ID)
	}
	if table != nil && to != "" && slices.Contains(texts(table, "routes.cidrBlock"), to) && len(blocks(&Object{In: table.In}, "routes")) > 0 {
		return refuse("RouteAlreadyExists", "destinationCidrBlock", to, "is an inline route of %s; keep one of the two", label(table))
	}
	if gateway := w.Find(tInternet, text(obj, "gatewayId"), obj.Region); gateway != nil && table != nil {
		if text(gateway, "vpcId") != text(table, "vpcId") {
			return refuse("InvalidParameterValue", "gatewayId", gateway.ID, "is attached to %q, and the route table is in %s; use that VPC's gateway",
				text(gateway, "vpcId"), text(table, "vpcId"))
		}
	}
	return nil
}

func aclPorts(_ World, obj, _ *Object) error {
	if n := number(obj, "ruleNumber"); n < 1 || n > 32766 {
		return refuse("InvalidParameterValue", "ruleNumber", text(obj, "ruleNumber"), "is not between 1 and 32766; choose such a number")
	}
	protocol := text(obj, "protocol")
	if protocol != "tcp" && protocol != "6" && protocol != "udp" && protocol != "17" {
		return nil
	}
	if text(obj, "fromPort") == "" || text(obj, "toPort") == "" {
		return absent("MissingParameter", "fromPort, toPort", "a rule for protocol %s needs both", protocol)
	}
	return portOrder(obj)
}

func portOrder(obj *Object) error {
	if number(obj, "fromPort") > number(obj, "toPort") {
		return refuse("InvalidParameterValue", "fromPort", text(obj, "fromPort"), "is above toPort %s; swap them", text(obj, "toPort"))
	}
	return nil
}

func aclInline(_ World, obj, _ *Object) error {
	for _, direction := range []string{"ingress", "egress"} {
		seen := map[string]bool{}
		for _, r := range blocks(&Object{In: obj.In}, direction) {
			n := text(r, "ruleNo")
			if seen[n] {
				return refuse("NetworkAclEntryAlreadyExists", direction+".ruleNo", n, "is given twice; number each rule of a direction once")
			}
			seen[n] = true
		}
	}
	return nil
}

func aclSameVPC(w World, obj, _ *Object) error {
	return sameVPC(w, obj, "networkAclId", w.Find(tACL, text(obj, "networkAclId"), obj.Region))
}

func routesSameVPC(w World, obj, _ *Object) error {
	return sameVPC(w, obj, "routeTableId", w.Find(tRouteTable, text(obj, "routeTableId"), obj.Region))
}

// sameVPC refuses an association of a subnet with something of another VPC.
func sameVPC(w World, obj *Object, property string, with *Object) error {
	subnet := w.Find(tSubnet, text(obj, "subnetId"), obj.Region)
	if subnet == nil || with == nil || text(subnet, "vpcId") == text(with, "vpcId") {
		return nil
	}
	return refuse("InvalidParameterValue", property, with.ID, "is in %s and subnet %s in %s; use one of the subnet's VPC",
		text(with, "vpcId"), label(subnet), text(subnet, "vpcId"))
}

func groupRulePorts(_ World, obj, _ *Object) error {
	switch protocol := text(obj, "ipProtocol"); protocol {
	case "tcp", "udp", "6", "17":
		if text(obj, "fromPort") == "" || text(obj, "toPort") == "" {
			return absent("InvalidParameterValue", "fromPort, toPort", "a rule for protocol %s needs both", protocol)
		}
		return portOrder(obj)
	case "-1":
		for _, p := range []string{"fromPort", "toPort"} {
			if v := text(obj, p); v != "" && v != "-1" && v != "0" {
				return refuse("InvalidParameterValue", p, v, "is given for all protocols, which have no ports; leave it out")
			}
		}
	}
	return nil
}

func groupRulePeer(w World, obj, _ *Object) error {
	own, peer := groupVPC(w, text(obj, "securityGroupId"), obj.Region), groupVPC(w, text(obj, "referencedSecurityGroupId"), obj.Region)
	if own != "" && peer != "" && own != peer {
		return refuse("InvalidGroup.NotFound", "referencedSecurityGroupId", text(obj, "referencedSecurityGroupId"),
			"is in %s and the group of the rule in %s; name a group of the same VPC", peer, own)
	}
	for _, property := range []string{"cidrIpv4", "cidrIpv6"} {
		if v := text(obj, property); v != "" {
			if _, err := span("InvalidParameterValue", property, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// groupVPC returns the VPC of a security group, "" where there is no such group.
func groupVPC(w World, id, region string) string {
	if o := w.Find(tGroup, id, region); o != nil && id != "" {
		return text(o, "vpcId")
	}
	return vpcOfDefault(w, id)
}

// vpcOfDefault returns the VPC whose default security group has the id, or "".
func vpcOfDefault(w World, id string) string {
	for _, o := range w.ByType(tVPC, "") {
		if id != "" && text(o, "defaultSecurityGroupId") == id {
			return o.ID
		}
	}
	return ""
}
