package platform

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

// record runs the whole program with the settings in text.
func record(t testing.TB, text string, opts ...infratest.Option) *infratest.Recorder {
	t.Helper()
	c, err := Read(text)
	if err != nil {
		t.Fatal(err)
	}
	return infratest.Run(t, func(ctx *pulumi.Context) error { return deploy(ctx, c) }, opts...)
}

// TestMatrix runs the whole program over settings that change its shape. Every resource has a component of ours above it,
// and every logical name starts with that component's.
func TestMatrix(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stack, path string
		value       any
	}{
		{"dev", "environment", "dev"},
		{"prod", "environment", "prod"},
		{"dev", "edge", map[string]any{"domain": "tasks.example.com", "zoneId": "Z0123456789ABCDEFGHIJ", "drainingSeconds": 60}},
		{"prod", "recoveryRegion", nil},
		{"prod", "network.nat", "single"},
		{"prod", "network.interfaceEndpoints", []string{}},
		{"dev", "network.zones", nil},
		{"prod", "edge.waf.enabled", false},
		{"prod", "edge.stickiness.enabled", true},
		{"prod", "database.masterPassword", "generated"},
		{"prod", "database.generation", 2},
		{"prod", "image.ref", "123456789012.dkr.ecr.us-east-1.amazonaws.com/task-tracker@sha256:" + strings.Repeat("ab", 32)},
		{"prod", "backup.lock.enabled", true},
		{"prod", "audit.guardDuty.mode", "existing"},
		{"prod", "plainNames", false},
	} {
		t.Run(tt.stack+" "+tt.path, func(t *testing.T) {
			t.Parallel()
			r := record(t, changed(t, stackText(t, tt.stack), tt.path, tt.value))
			resources := 0
			for _, one := range r.All() {
				if strings.HasPrefix(one.Type, "tasktracker:") || strings.HasPrefix(one.Type, "pulumi:providers:") {
					continue
				}
				resources++
				parent := resource.URN(one.Parent)
				if !strings.Contains(string(parent), "tasktracker:") {
					t.Errorf("%s %s has no component above it, but %q", one.Type, one.Name, one.Parent)
				}
				component, _, _ := strings.Cut(parent.Name(), "-")
				if !strings.HasPrefix(one.Name, component+"-") {
					t.Errorf("%s %s is not called %s-…", one.Type, one.Name, component)
				}
			}
			if resources < 100 {
				t.Errorf("%d resources only", resources)
			}
		})
	}
}

// TestDevAndProdDifferInValuesOnly finds no stack's name in a logical name.
func TestDevAndProdDifferInValuesOnly(t *testing.T) {
	t.Parallel()
	stacks := regexp.MustCompile(`(^|-)(dev|prod)(-|$)`)
	for _, stack := range []string{"dev", "prod"} {
		for _, one := range record(t, stackText(t, stack)).All() {
			if stacks.MatchString(one.Name) {
				t.Errorf("%s: %s %s depends on the stack", stack, one.Type, one.Name)
			}
		}
	}
}

// TestFlows holds the rules of all security groups against the list of flows that there may be.
func TestFlows(t *testing.T) {
	t.Parallel()
	want := []string{
		"egress alb -> tasks 3000",
		"egress tasks -> 0.0.0.0/0 443",
		"egress tasks -> database 3306",
		"egress tasks -> endpoints 443",
		"egress tasks -> s3 443",
		"ingress alb <- 0.0.0.0/0 443",
		"ingress alb <- 0.0.0.0/0 80",
		"ingress database <- tasks 3306",
		"ingress endpoints <- tasks 443",
		"ingress tasks <- alb 3000",
	}
	r := record(t, stackText(t, "prod"))
	var got []string
	for _, typ := range []string{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"} {
		for _, one := range r.OfType(typ) {
			direction, arrow := "ingress", "<-"
			if strings.Contains(typ, "Egress") {
				direction, arrow = "egress", "->"
			}
			peer := one.String("cidrIpv4") + group(one.String("referencedSecurityGroupId"))
			if one.String("prefixListId") != "" {
				peer = "s3"
			}
			if one.String("fromPort") != one.String("toPort") || one.String("ipProtocol") != "tcp" {
				t.Errorf("%s is wider than a port: %v", one.Name, one.Inputs)
			}
			got = append(got, strings.Join([]string{direction, group(one.String("securityGroupId")), arrow, peer, one.String("fromPort")}, " "))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("flows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// group names a security group by the id that the recorder made up of its logical name.
func group(id string) string {
	for part, name := range map[string]string{"load-balancer": "alb", "task": "tasks", "database": "database", "endpoint": "endpoints"} {
		if strings.Contains(id, part) {
			return name
		}
	}
	return id
}
