package awssim

import (
	"slices"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/infra/fault"
)

func setup(t *testing.T) (*provider, *catalogue) {
	t.Helper()
	types, err := loadCatalogue()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{types: types, world: &world{counters: map[string]int{}}, options: Options{Account: "123456789012", Seed: "1"}}
	return &provider{Server: s}, types
}

// unused are the services of which the platform has no resource.
var unused = []string{"cloudfront", "lambda", "efs", "elasticache", "scheduler", "servicediscovery", "amp", "grafana", "synthetics", "xray", "sqs", "wafv2"}

func TestEveryFormatOfAnOutputCanBeRead(t *testing.T) {
	t.Parallel()
	p, types := setup(t)
	for token, info := range types.Types {
		service, _, _ := strings.Cut(strings.Split(token, ":")[1], "/")
		if slices.Contains(unused, service) || strings.HasPrefix(token, "aws:rds/proxy") {
			continue
		}
		in := map[string]any{}
		for name, kind := range info.Inputs {
			if strings.TrimSuffix(kind, "!") == "string" {
				in[name] = "x"
			}
		}
		obj := &Object{Token: token, URN: "urn:pulumi:s::p::" + token + "::x", Region: "us-east-1", In: in}
		m := p.maker(info, obj, nil, nil)
		m.make()
		if obj.ID == "" {
			t.Errorf("%s has no id", token)
		}
		for _, missing := range m.missing {
			t.Errorf("no way to make %s", missing)
		}
	}
}

func TestCheckSaysPropertyValueRuleAndWayOut(t *testing.T) {
	t.Parallel()
	_, types := setup(t)
	for name, test := range map[string]struct {
		token string
		in    map[string]any
		want  string
	}{
		"missing":  {"aws:ec2/subnet:Subnet", map[string]any{}, "vpcId: is missing, and aws:ec2/subnet:Subnet needs it; set it"},
		"kind":     {"aws:ec2/vpc:Vpc", map[string]any{"enableDnsSupport": "yes"}, "enableDnsSupport: yes is not of type bool; write it as one"},
		"enum":     {"aws:ec2/vpc:Vpc", map[string]any{"instanceTenancy": "dedicate"}, `instanceTenancy: "dedicate" is none of default, dedicated; did you mean "dedicated"?`},
		"range":    {"aws:ec2/networkAclRule:NetworkAclRule", map[string]any{"networkAclId": "acl-1", "ruleNumber": 40000.0, "protocol": "tcp", "ruleAction": "allow", "cidrBlock": "10.0.0.0/8"}, "ruleNumber: 40000 is above 32766, AWS's most; set 32766 or less"},
		"group":    {"aws:ec2/eip:Eip", map[string]any{"domain": "vpc", "vpc": true}, "domain: excludes vpc; remove one of them"},
		"misspelt": {"aws:lb/targetGroup:TargetGroup", map[string]any{"healthCheck": map[string]any{"pat": "/"}}, `healthCheck.pat: "pat" is no property of aws:lb/targetGroup:TargetGroup; did you mean "path"?`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var faults fault.Set
			checker{types, types.Types[test.token], test.in, &faults}.run()
			if err := faults.Err(); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestUnknownValuesPassCheck(t *testing.T) {
	t.Parallel()
	_, types := setup(t)
	for token, info := range types.Types {
		in := map[string]any{}
		for name := range info.Inputs {
			in[name] = unknown{}
		}
		var faults fault.Set
		info := *info
		info.facts.Conflicts, info.facts.ExactlyOneOf = nil, nil // everything is set, so these are broken
		checker{types, &info, in, &faults}.run()
		if err := faults.Err(); err != nil {
			t.Errorf("%s: %v", token, err)
		}
	}
}
