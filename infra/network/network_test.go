package network_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/network"
)

func settings() network.Settings {
	return network.Settings{
		Cidr: "10.0.0.0/16", Zones: []string{"a", "b"}, Nat: network.NatPerZone,
		PublicCidrs: []string{"10.0.1.0/24", "10.0.2.0/24"}, PrivateCidrs: []string{"10.0.10.0/24", "10.0.11.0/24"}, DataCidrs: []string{"10.0.20.0/24", "10.0.21.0/24"},
		InterfaceEndpoints: []string{"ecr.api", "ecr.dkr", "logs", "secretsmanager", "kms", "ssm"},
		FlowLogs:           network.FlowLogs{Traffic: "ALL", IntervalSeconds: 600},
	}
}

// program builds a network, and for each tier a thing that stands for whoever uses its subnets.
func arguments(s network.Settings) network.Args {
	return network.Args{
		Scope: infratest.Scope(), Settings: s, FlowLogGroupArn: pulumi.String("arn:aws:logs:us-east-1:123456789012:log-group:/vpc/task-tracker:*"),
	}
}

func program(s network.Settings, check func(*network.Network)) func(*pulumi.Context) error {
	return func(ctx *pulumi.Context) error {
		n, err := network.New(ctx, "network", arguments(s))
		if err != nil {
			return err
		}
		if check != nil {
			check(n)
		}
		for tier, ids := range map[string]pulumi.StringArray{"public": n.PublicSubnetIds, "private": n.PrivateSubnetIds, "data": n.DataSubnetIds} {
			var made pulumi.CustomResourceState
			if err := ctx.RegisterResource("test:index:Thing", "thing-"+tier, pulumi.Map{"subnetIds": ids}, &made); err != nil {
				return err
			}
		}
		return nil
	}
}

const (
	ingressRule = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
	egressRule  = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
)

// groupRules returns every rule of a security group as "group in|out peer port".
func groupRules(r *infratest.Recorder) []string {
	var rules []string
	for _, typ := range []string{ingressRule, egressRule} {
		way := map[string]string{ingressRule: "in", egressRule: "out"}[typ]
		for _, one := range r.OfType(typ) {
			short := func(path string) string {
				return strings.TrimSuffix(strings.TrimPrefix(one.String(path), "network-"), "-id")
			}
			rules = append(rules, fmt.Sprintf("%s %s %s %s-%s %s", short("securityGroupId"), way,
				short("referencedSecurityGroupId")+one.String("cidrIpv4")+short("prefixListId"), one.String("fromPort"), one.String("toPort"), one.String("ipProtocol")))
		}
	}
	slices.Sort(rules)
	return rules
}

func TestSecurityGroupsLetTheFlowsThroughAndNoOthers(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	want := []string{
		"database in task 3306-3306 tcp",
		"endpoint in task 443-443 tcp",
		"load-balancer in 0.0.0.0/0 443-443 tcp",
		"load-balancer in 0.0.0.0/0 80-80 tcp",
		"load-balancer out task 3000-3000 tcp",
		"task in load-balancer 3000-3000 tcp",
		"task out 0.0.0.0/0 443-443 tcp",
		"task out database 3306-3306 tcp",
		"task out endpoint 443-443 tcp",
		"task out s3-prefixListId 443-443 tcp",
	}
	if diff := cmp.Diff(want, groupRules(r)); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	for _, group := range r.OfType("aws:ec2/securityGroup:SecurityGroup") {
		for _, inline := range []string{"ingress", "egress"} {
			if v, ok := group.Value(inline); ok && !v.IsNull() {
				t.Errorf("%s has inline %s: %v", group.Name, inline, v)
			}
		}
	}
	unused := r.One(t, "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup", "network-default")
	for _, way := range []string{"ingress", "egress"} {
		if v, ok := unused.Value(way); ok && (!v.IsArray() || len(v.ArrayValue()) > 0) {
			t.Errorf("the default security group's %s is %v, want none", way, v)
		}
	}
}

// aclRules returns every rule of a network ACL in its order, as "number verdict protocol ports range".
func aclRules(t *testing.T, one infratest.Resource, way string) []string {
	t.Helper()
	list, _ := one.Value(way)
	var rules []string
	for i := range list.ArrayValue() {
		at := func(key string) string { return one.String(fmt.Sprintf("%s[%d].%s", way, i, key)) }
		rules = append(rules, fmt.Sprintf("%s %s %s %s-%s %s", at("ruleNo"), at("action"), at("protocol"), at("fromPort"), at("toPort"), at("cidrBlock")))
	}
	return rules
}

func TestNetworkACLsLetTheFlowsAndTheirRepliesThroughAndNoOthers(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	want := map[string][]string{
		"public ingress": {
			"100 allow tcp 443-443 10.0.10.0/24", "110 allow tcp 443-443 10.0.11.0/24", // tasks → NAT
			"120 allow tcp 1024-65535 10.0.10.0/24", "130 allow tcp 1024-65535 10.0.11.0/24", // replies of tasks
			"140 deny -1 0-0 10.0.0.0/16",
			"150 allow tcp 80-80 0.0.0.0/0", "160 allow tcp 443-443 0.0.0.0/0", // internet → load balancer
			"170 allow tcp 1024-3388 0.0.0.0/0", "180 allow tcp 3390-65535 0.0.0.0/0", // replies of the internet
		},
		"public egress": {
			"100 allow tcp 3000-3000 10.0.10.0/24", "110 allow tcp 3000-3000 10.0.11.0/24", // load balancer → tasks
			"120 allow tcp 32768-65535 10.0.10.0/24", "130 allow tcp 32768-65535 10.0.11.0/24", // replies of NAT
			"140 deny -1 0-0 10.0.0.0/16",
			"150 allow tcp 443-443 0.0.0.0/0",    // NAT → internet
			"160 allow tcp 1024-65535 0.0.0.0/0", // replies of the load balancer
		},
		"private ingress": {
			"100 allow tcp 3000-3000 10.0.1.0/24", "110 allow tcp 3000-3000 10.0.2.0/24", // load balancer → tasks
			"120 allow tcp 443-443 10.0.10.0/24", "130 allow tcp 443-443 10.0.11.0/24", // tasks → endpoints
			"140 allow tcp 32768-65535 10.0.10.0/24", "150 allow tcp 32768-65535 10.0.11.0/24", // replies of endpoints
			"160 allow tcp 1024-65535 10.0.20.0/24", "170 allow tcp 1024-65535 10.0.21.0/24", // replies of the database
			"180 deny -1 0-0 10.0.0.0/16",
			"190 allow tcp 32768-65535 0.0.0.0/0", // replies through NAT, and of S3
		},
		"private egress": {
			"100 allow tcp 3306-3306 10.0.20.0/24", "110 allow tcp 3306-3306 10.0.21.0/24", // tasks → database
			"120 allow tcp 443-443 10.0.10.0/24", "130 allow tcp 443-443 10.0.11.0/24", // tasks → endpoints
			"140 allow tcp 32768-65535 10.0.10.0/24", "150 allow tcp 32768-65535 10.0.11.0/24", // replies of endpoints
			"160 allow tcp 1024-65535 10.0.1.0/24", "170 allow tcp 1024-65535 10.0.2.0/24", // replies of tasks
			"180 deny -1 0-0 10.0.0.0/16",
			"190 allow tcp 443-443 0.0.0.0/0", // tasks → NAT, S3
		},
		"data ingress": {"100 allow tcp 3306-3306 10.0.10.0/24", "110 allow tcp 3306-3306 10.0.11.0/24"},   // tasks → database
		"data egress":  {"100 allow tcp 1024-65535 10.0.10.0/24", "110 allow tcp 1024-65535 10.0.11.0/24"}, // its replies
	}
	got := map[string][]string{}
	for _, tier := range []string{"public", "private", "data"} {
		one := r.One(t, "aws:ec2/networkAcl:NetworkAcl", "network-"+tier)
		for _, way := range []string{"ingress", "egress"} {
			got[tier+" "+way] = aclRules(t, one, way)
		}
		for i := range 2 {
			if id, want := one.String(fmt.Sprintf("subnetIds[%d]", i)), fmt.Sprintf("network-%s-%d-id", tier, i+1); id != want {
				t.Errorf("the %s ACL's subnet %d is %q, want %q", tier, i, id, want)
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestNetworkACLsStayBelowTheirQuotaWithFourZones(t *testing.T) {
	t.Parallel()
	s := settings()
	s.Zones = []string{"a", "b", "c", "d"}
	s.PublicCidrs = []string{"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24", "10.0.4.0/24"}
	s.PrivateCidrs = []string{"10.0.10.0/24", "10.0.11.0/24", "10.0.12.0/24", "10.0.13.0/24"}
	s.DataCidrs = []string{"10.0.20.0/24", "10.0.21.0/24", "10.0.22.0/24", "10.0.23.0/24"}
	for _, one := range infratest.Run(t, program(s, nil)).OfType("aws:ec2/networkAcl:NetworkAcl") {
		for _, way := range []string{"ingress", "egress"} {
			if n := len(aclRules(t, one, way)); n > 20 {
				t.Errorf("%s has %d rules for %s, above 20", one.Name, n, way)
			}
		}
	}
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	for nat, want := range map[string][]string{
		network.NatPerZone: {
			"network-private-1-id 0.0.0.0/0 network-nat-1-id", "network-private-2-id 0.0.0.0/0 network-nat-2-id", "network-public-id 0.0.0.0/0 network-internet-id",
		},
		network.NatSingle: {
			"network-private-1-id 0.0.0.0/0 network-nat-1-id", "network-private-2-id 0.0.0.0/0 network-nat-1-id", "network-public-id 0.0.0.0/0 network-internet-id",
		},
	} {
		t.Run(nat, func(t *testing.T) {
			t.Parallel()
			s, count := settings(), 0
			s.Nat = nat
			r := infratest.Run(t, program(s, func(n *network.Network) { count = len(n.NatGatewayIds) }))
			var got []string
			for _, one := range r.OfType("aws:ec2/route:Route") {
				got = append(got, one.String("routeTableId")+" "+one.String("destinationCidrBlock")+" "+one.String("natGatewayId")+one.String("gatewayId"))
			}
			slices.Sort(got)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("routes (-want +got):\n%s", diff)
			}
			if n := len(r.OfType("aws:ec2/natGateway:NatGateway")); n != count {
				t.Errorf("%d NAT gateways, and NatGatewayIds has %d", n, count)
			}
			var tables []string
			for _, one := range r.OfType("aws:ec2/routeTableAssociation:RouteTableAssociation") {
				tables = append(tables, one.String("subnetId")+" "+one.String("routeTableId"))
			}
			slices.Sort(tables)
			if diff := cmp.Diff([]string{
				"network-data-1-id network-data-id", "network-data-2-id network-data-id", "network-private-1-id network-private-1-id",
				"network-private-2-id network-private-2-id", "network-public-1-id network-public-id", "network-public-2-id network-public-id",
			}, tables); diff != "" {
				t.Errorf("associations (-want +got):\n%s", diff)
			}
			s3 := r.One(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3")
			if got := s3.String("routeTableIds[0]") + " " + s3.String("routeTableIds[1]") + s3.String("routeTableIds[2]"); got != "network-private-1-id network-private-2-id" {
				t.Errorf("the S3 endpoint's tables are %q", got)
			}
		})
	}
}

func TestUsersOfASubnetWaitForWhatMakesItWork(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]infratest.Option{nil, {infratest.Unknown()}} {
		r := infratest.Run(t, program(settings(), nil), opts...)
		for tier, want := range map[string][]string{
			"public":  {"network-public", "network-public-1"},
			"private": {"network-private", "network-private-2", "network-ecr-api", "network-s3", "network-task-to-endpoint", "network-endpoint-from-task"},
			"data":    {"network-data", "network-data-2"},
		} {
			user := r.One(t, "test:index:Thing", "thing-"+tier)
			deps := user.Dependencies
			for _, name := range want {
				if !user.WaitsFor(name) {
					t.Errorf("a user of the %s subnets does not wait for %s, only for %q", tier, name, deps)
				}
			}
			if tier == "data" && slices.ContainsFunc(deps, func(urn string) bool { return strings.Contains(urn, "natGateway") }) {
				t.Errorf("the database waits for NAT: %q", deps)
			}
		}
	}
}

func TestEveryResourceIsTheComponentsChild(t *testing.T) {
	t.Parallel()
	for _, opts := range [][]infratest.Option{nil, {infratest.Unknown()}} {
		infratest.Run(t, program(settings(), nil), opts...).ChildrenOf(t, network.Token, "network")
	}
}

func TestAPreviewShowsEveryResource(t *testing.T) {
	t.Parallel()
	run := func(a network.Args, opts ...infratest.Option) []string {
		return infratest.Run(t, func(ctx *pulumi.Context) error {
			_, err := network.New(ctx, "network", a)
			return err
		}, opts...).Names()
	}
	forgotten := arguments(settings())
	infratest.Forget(&forgotten)
	if diff := cmp.Diff(run(arguments(settings())), run(forgotten, infratest.Unknown())); diff != "" {
		t.Errorf("(-update +preview):\n%s", diff)
	}
}

func TestNoInterfaceEndpoints(t *testing.T) {
	t.Parallel()
	s := settings()
	s.InterfaceEndpoints = nil
	r := infratest.Run(t, program(s, nil))
	if n := len(r.OfType("aws:ec2/vpcEndpoint:VpcEndpoint")); n != 1 {
		t.Errorf("%d endpoints, want S3's alone", n)
	}
	for _, rule := range groupRules(r) {
		if strings.Contains(rule, "endpoint") {
			t.Errorf("a rule about endpoints: %s", rule)
		}
	}
}

func TestEndpointsAndSubnetsAndFlowLogs(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	kms := r.One(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "network-kms")
	subnet := r.One(t, "aws:ec2/subnet:Subnet", "network-data-2")
	log := r.One(t, "aws:ec2/flowLog:FlowLog", "network-flow-logs")
	got := []string{
		kms.String("serviceName"), kms.String("vpcEndpointType"), kms.String("privateDnsEnabled"), kms.String("subnetIds[1]"), kms.String("securityGroupIds[0]"),
		subnet.String("availabilityZone"), subnet.String("mapPublicIpOnLaunch"), subnet.String("tags.Name"), log.String("trafficType"), log.String("maxAggregationInterval"), log.String("vpcId"),
	}
	want := []string{
		"com.amazonaws.us-east-1.kms", "Interface", "true", "network-private-2-id", "network-endpoint-id",
		"us-east-1b", "false", "task-tracker-data-b", "ALL", "600", "network-vpc-id",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
