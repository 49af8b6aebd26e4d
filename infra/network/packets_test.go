package network_test

import (
	"fmt"
	"net/netip"
	"testing"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

// passes says whether a network ACL lets a TCP packet in or out: the first rule that matches decides.
func passes(t *testing.T, one infratest.Resource, way, peer string, port int) bool {
	t.Helper()
	for _, rule := range aclRules(t, one, way) {
		var number, from, to int
		var verdict, protocol, cidr string
		if _, err := fmt.Sscanf(rule, "%d %s %s %d-%d %s", &number, &verdict, &protocol, &from, &to, &cidr); err != nil {
			t.Fatalf("%s: %v", rule, err)
		}
		if netip.MustParsePrefix(cidr).Contains(netip.MustParseAddr(peer)) && (protocol == "-1" || from <= port && port <= to) {
			return verdict == "allow"
		}
	}
	return false
}

// hosts are in a subnet each; the internet is in none.
var hosts = map[string]struct{ tier, address string }{
	"internet": {"", "203.0.113.9"}, "balancer": {"public", "10.0.1.5"}, "nat": {"public", "10.0.2.6"},
	"task": {"private", "10.0.10.7"}, "endpoint": {"private", "10.0.11.8"}, "database": {"data", "10.0.20.9"}, "standby": {"data", "10.0.21.9"},
}

func TestPacketsOfEachFlowPassBothWays(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	send := func(from, to string, port int) bool {
		source, target := hosts[from], hosts[to]
		ok := true
		if source.tier != "" {
			ok = passes(t, r.One(t, "aws:ec2/networkAcl:NetworkAcl", "network-"+source.tier), "egress", target.address, port)
		}
		if target.tier != "" {
			ok = ok && passes(t, r.One(t, "aws:ec2/networkAcl:NetworkAcl", "network-"+target.tier), "ingress", source.address, port)
		}
		return ok
	}
	for _, one := range []struct {
		from, to string
		port     int
		replies  []int // ephemeral ports of the side that asks
	}{
		{"internet", "balancer", 80, []int{1024, 40000, 65535}},
		{"internet", "balancer", 443, []int{1024, 40000, 65535}},
		{"balancer", "task", 3000, []int{1024, 40000, 65535}},
		{"task", "database", 3306, []int{32768, 60999}},
		{"task", "standby", 3306, []int{32768, 60999}},
		{"task", "endpoint", 443, []int{32768, 60999}},
		{"nat", "internet", 443, []int{1024, 3388, 3390, 65535}},
		{"task", "internet", 443, []int{32768, 60999}}, // to NAT, which keeps the target's address
	} {
		if !send(one.from, one.to, one.port) {
			t.Errorf("%s can't reach %s on %d", one.from, one.to, one.port)
		}
		for _, port := range one.replies {
			if !send(one.to, one.from, port) {
				t.Errorf("%s can't answer %s on %d", one.to, one.from, port)
			}
		}
	}
	for _, one := range []struct {
		from, to string
		port     int
	}{
		{"internet", "balancer", 22},
		{"internet", "balancer", 3389},
		{"internet", "database", 3306},
		{"internet", "database", 40000},
		{"internet", "task", 3000},
		{"balancer", "database", 3306},
		{"balancer", "task", 22},
		{"balancer", "task", 443},
		{"nat", "task", 3306},
		{"task", "balancer", 22},
		{"task", "database", 22},
		{"task", "internet", 25},
		{"task", "internet", 80},
		{"task", "internet", 3306},
		{"database", "internet", 443},
		{"database", "task", 443},
		{"database", "balancer", 3000},
		{"database", "standby", 3306},
	} {
		if send(one.from, one.to, one.port) {
			t.Errorf("%s reaches %s on %d", one.from, one.to, one.port)
		}
	}
}
