package network

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// What [Settings.Nat] may say.
const (
	NatPerZone = "perZone"
	NatSingle  = "single"
)

// What AWS allows: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html. A network ACL holds 20 rules
// per direction by default, which four zones use 18 of.
const (
	leastZones, mostZones     = 2, 4
	shortestVpc, longestBlock = 16, 28
)

// endpointServices are those that something of the platform talks to, without their com.amazonaws.{region} prefix.
var endpointServices = []string{
	"ecr.api", "ecr.dkr", "ecs", "ec2messages", "kms", "logs", "monitoring", "secretsmanager", "sns", "ssm", "ssmmessages", "sts",
}

// Settings is what a platform engineer decides about the network. Addresses are IPv4.
type Settings struct {
	Cidr               string   `json:"cidr" default:"10.0.0.0/16" example:"10.20.0.0/16" doc:"Addresses of the VPC, /16 to /28. Set once: a stack that is up cannot change it."`
	Zones              []string `json:"zones" default:"a,b" example:"[a, b, c]" doc:"Availability zones by letter, two to four. Each tier has one subnet in each, in this order. Add further ones at the end. us-west-1 and ap-northeast-1 have no b for most accounts."`
	PublicCidrs        []string `json:"publicCidrs" default:"10.0.1.0/24,10.0.2.0/24" example:"[10.20.1.0/24, 10.20.2.0/24]" doc:"Subnets of the load balancer and the NAT gateways, one per zone, /27 or larger. A subnet that changes needs addresses that are free."`
	PrivateCidrs       []string `json:"privateCidrs" default:"10.0.10.0/24,10.0.11.0/24" example:"[10.20.10.0/24, 10.20.11.0/24]" doc:"Subnets of the tasks and the interface endpoints, one per zone, /27 or larger. A subnet that changes needs addresses that are free."`
	DataCidrs          []string `json:"dataCidrs" default:"10.0.20.0/24,10.0.21.0/24" example:"[10.20.20.0/24, 10.20.21.0/24]" doc:"Subnets of the database, one per zone, without a route out. Set once: AWS removes no subnet that a database is in."`
	Nat                string   `json:"nat" default:"perZone" enum:"perZone,single" example:"single" doc:"NAT gateways: one per zone, or a single one in the first zone, cheaper, whose zone takes every task's way out with it."`
	InterfaceEndpoints []string `json:"interfaceEndpoints" default:"ecr.api,ecr.dkr,logs,secretsmanager,kms,ssm" enum:"ecr.api,ecr.dkr,ecs,ec2messages,kms,logs,monitoring,secretsmanager,sns,ssm,ssmmessages,sts" example:"[]" doc:"AWS services that private subnets reach without NAT, about 7 USD a month for each in each zone. An empty list sends them through NAT; S3 always has its own, free endpoint."`
	DeletionProtection bool     `json:"deletionProtection" default:"true" doc:"Keeps the engine from deleting or replacing the VPC and the database's subnets."`
	FlowLogs           FlowLogs `json:"flowLogs" doc:"Records of the VPC's traffic, kept in the flow log group."`
}

// FlowLogs says which traffic is recorded, and how finely.
type FlowLogs struct {
	Traffic         string `json:"traffic" default:"ALL" enum:"ALL,ACCEPT,REJECT" example:"REJECT" doc:"Which traffic is recorded."`
	IntervalSeconds int    `json:"intervalSeconds" default:"600" unit:"s" example:"60" doc:"Longest time that one record sums up, 60 or 600."`
}

// Validate adds what is wrong, with paths relative to the network's settings.
func (s Settings) Validate(f *fault.Set) {
	s.validateZones(f)
	s.validateCidrs(f)
	f.OneOf("nat", s.Nat, NatPerZone, NatSingle)
	for i, service := range s.InterfaceEndpoints {
		path := at("interfaceEndpoints", i)
		if f.OneOf(path, service, endpointServices...) && slices.Index(s.InterfaceEndpoints, service) != i {
			f.Add(path, "%q is listed twice; remove one", service)
		}
	}
	f.OneOf("flowLogs.traffic", s.FlowLogs.Traffic, "ALL", "ACCEPT", "REJECT")
	f.Require(s.FlowLogs.IntervalSeconds == 60 || s.FlowLogs.IntervalSeconds == 600, "flowLogs.intervalSeconds",
		"%d is not one of the two intervals that AWS records in; set 60 or 600", s.FlowLogs.IntervalSeconds)
}

func (s Settings) validateZones(f *fault.Set) {
	switch n := len(s.Zones); {
	case n < leastZones:
		f.Add("zones", "%d zones are too few: load balancer and database need two; set for example [a, b]", n)
	case n > mostZones:
		f.Add("zones", "%d zones are more than the %d that a network ACL's 20 rules reach for; list %d at most", n, mostZones, mostZones)
	}
	for i, zone := range s.Zones {
		path := at("zones", i)
		if !f.Require(len(zone) == 1 && zone[0] >= 'a' && zone[0] <= 'z', path,
			"%q is not the letter of a zone; set a for us-east-1a where the region is us-east-1", zone) {
			continue
		}
		if slices.Index(s.Zones, zone) != i {
			f.Add(path, "%q is listed twice, and two subnets in one zone fail together; name another zone", zone)
		}
	}
}

// block is one range of addresses with the path of its setting.
type block struct {
	path   string
	prefix netip.Prefix
}

func (s Settings) validateCidrs(f *fault.Set) {
	vpc, known := parse(f, "cidr", s.Cidr, shortestVpc)
	var blocks []block
	for _, tier := range []struct {
		path  string
		cidrs []string
	}{{"publicCidrs", s.PublicCidrs}, {"privateCidrs", s.PrivateCidrs}, {"dataCidrs", s.DataCidrs}} {
		f.Require(len(tier.cidrs) == len(s.Zones), tier.path,
			"%d subnets for %d zones (%s); give one subnet per zone, in the order of network.zones", len(tier.cidrs), len(s.Zones), strings.Join(s.Zones, ", "))
		for i, cidr := range tier.cidrs {
			path := at(tier.path, i)
			prefix, ok := parse(f, path, cidr, shortestVpc)
			if !ok {
				continue
			}
			f.Require(tier.path == "dataCidrs" || prefix.Bits() <= 27, path,
				"%s is smaller than /27, and load balancer and tasks need eight free addresses of a subnet while one replaces another; set /27 or larger", cidr)
			if known && !inside(vpc, prefix) {
				f.Add(path, "%s is outside of the VPC's %s (cidr); move it inside, or widen cidr", cidr, vpc)
			}
			blocks = append(blocks, block{path, prefix})
		}
	}
	for i, one := range blocks {
		for _, other := range blocks[:i] {
			if one.prefix.Overlaps(other.prefix) {
				f.Add(one.path, "%s overlaps %s (%s); give each subnet addresses of its own", one.prefix, other.prefix, other.path)
			}
		}
	}
}

// parse reads an IPv4 prefix in AWS's own form, and records what is wrong with it.
func parse(f *fault.Set, path, cidr string, shortest int) (netip.Prefix, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() {
		f.Add(path, "%q is not a range of IPv4 addresses; write it like 10.0.0.0/16", cidr)
		return netip.Prefix{}, false
	}
	if prefix != prefix.Masked() {
		f.Add(path, "%s does not start at its range's first address; write %s", cidr, prefix.Masked())
		return netip.Prefix{}, false
	}
	if prefix.Bits() < shortest || prefix.Bits() > longestBlock {
		f.Add(path, "%s is not between /%d and /%d, which AWS allows; choose a size in between", cidr, shortest, longestBlock)
		return netip.Prefix{}, false
	}
	return prefix, true
}

func inside(outer, inner netip.Prefix) bool {
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
