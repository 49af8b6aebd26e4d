package network_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/network"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		change func(*network.Settings)
		want   []string
	}{
		"none": {func(*network.Settings) {}, nil},
		"outside of the VPC": {
			func(s *network.Settings) { s.DataCidrs[1] = "10.1.21.0/24" },
			[]string{"dataCidrs[1]: 10.1.21.0/24 is outside of the VPC's 10.0.0.0/16 (cidr); move it inside, or widen cidr"},
		},
		"overlap": {
			func(s *network.Settings) { s.PrivateCidrs[1] = "10.0.10.128/25" },
			[]string{"privateCidrs[1]: 10.0.10.128/25 overlaps 10.0.10.0/24 (privateCidrs[0]); give each subnet addresses of its own"},
		},
		"more zones than subnets": {
			func(s *network.Settings) { s.Zones = []string{"a", "b", "c"} },
			[]string{
				"publicCidrs: 2 subnets for 3 zones (a, b, c); give one subnet per zone, in the order of network.zones",
				"privateCidrs: 2 subnets for 3 zones (a, b, c); give one subnet per zone, in the order of network.zones",
				"dataCidrs: 2 subnets for 3 zones (a, b, c); give one subnet per zone, in the order of network.zones",
			},
		},
		"one zone": {
			func(s *network.Settings) {
				s.Zones, s.PublicCidrs, s.PrivateCidrs, s.DataCidrs = s.Zones[:1], s.PublicCidrs[:1], s.PrivateCidrs[:1], s.DataCidrs[:1]
			},
			[]string{"zones: 1 zones are too few: load balancer and database need two; set for example [a, b]"},
		},
		"zones by name and twice": {
			func(s *network.Settings) { s.Zones = []string{"us-east-1a", "b"} },
			[]string{`zones[0]: "us-east-1a" is not the letter of a zone; set a for us-east-1a where the region is us-east-1`},
		},
		"a zone twice": {
			func(s *network.Settings) { s.Zones = []string{"b", "b"} },
			[]string{`zones[1]: "b" is listed twice, and two subnets in one zone fail together; name another zone`},
		},
		"host bits": {
			func(s *network.Settings) { s.PublicCidrs[0] = "10.0.1.7/24" },
			[]string{"publicCidrs[0]: 10.0.1.7/24 does not start at its range's first address; write 10.0.1.0/24"},
		},
		"no range": {
			func(s *network.Settings) { s.Cidr = "ten" },
			[]string{`cidr: "ten" is not a range of IPv4 addresses; write it like 10.0.0.0/16`},
		},
		"too small": {
			func(s *network.Settings) { s.PublicCidrs[0], s.DataCidrs[0] = "10.0.1.0/28", "10.0.20.0/29" },
			[]string{
				"publicCidrs[0]: 10.0.1.0/28 is smaller than /27, and load balancer and tasks need eight free addresses of a subnet while one replaces another; set /27 or larger",
				"dataCidrs[0]: 10.0.20.0/29 is not between /16 and /28, which AWS allows; choose a size in between",
			},
		},
		"words": {
			func(s *network.Settings) {
				s.Nat, s.InterfaceEndpoints, s.FlowLogs.Traffic, s.FlowLogs.IntervalSeconds = "perzone", []string{"kms", "kms", "ecr-api"}, "NONE", 120
			},
			[]string{
				`nat: "perzone" is none of perZone, single; did you mean "perZone"?`,
				`interfaceEndpoints[1]: "kms" is listed twice; remove one`,
				`interfaceEndpoints[2]: "ecr-api" is none of ecr.api, ecr.dkr, ecs, ec2messages, kms, logs, monitoring, secretsmanager, sns, ssm, ssmmessages, sts; did you mean "ecr.api"?`,
				`flowLogs.traffic: "NONE" is none of ALL, ACCEPT, REJECT`,
				"flowLogs.intervalSeconds: 120 is not one of the two intervals that AWS records in; set 60 or 600",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := settings()
			one.change(&s)
			var f fault.Set
			s.Validate(&f)
			var got []string
			for _, one := range f.Faults() {
				got = append(got, one.Error())
			}
			if diff := cmp.Diff(one.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsRegisteredWhereArgsAreWrong(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := network.New(ctx, "network", network.Args{})
		return err
	},
		"network.FlowLogGroupArn: is not wired; pass foundation's FlowLogGroup.Arn",
		`network.cidr: "" is not a range`,
	)
}
