package edge

import (
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

var update = flag.Bool("update", false, "write testdata anew")

// golden compares the inputs of a resource with a file.
func golden(t *testing.T, r infratest.Resource, file string) {
	t.Helper()
	got, err := json.MarshalIndent(r.Inputs.Mappable(), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("%s (-want +got)\n%s", file, diff)
	}
}

func TestFirewall(t *testing.T) {
	t.Parallel()
	b := setup(t, arguments())
	golden(t, b.One(t, webACLType, "edge-waf"), "testdata/webacl.json")
	golden(t, b.One(t, webACLLoggingType, "edge-waf-log"), "testdata/weblog.json")
	inputs(t, b.One(t, webACLAssociationType, "edge-waf-alb"), map[string]string{
		"resourceArn": "arn:aws:lb:us-east-1:123456789012:edge-alb", "webAclArn": "arn:aws:wafv2:us-east-1:123456789012:edge-waf",
	})
}

func TestFirewallRules(t *testing.T) {
	t.Parallel()
	b := setup(t, arguments())
	rules, _ := b.One(t, webACLType, "edge-waf").Value("rules")
	priorities := map[float64]bool{}
	for _, rule := range rules.ArrayValue() {
		r := rule.ObjectValue()
		_, action := r["action"]
		_, override := r["overrideAction"]
		_, managed := r["statement"].ObjectValue()["managedRuleGroupStatement"]
		if action == override || override != managed {
			t.Errorf("%v: action %v, override %v, managed %v: ours have the one, AWS's the other", r["name"], action, override, managed)
		}
		p := r["priority"].NumberValue()
		if priorities[p] {
			t.Errorf("priority %v is there twice", p)
		}
		priorities[p] = true
		if !r["visibilityConfig"].ObjectValue()["cloudwatchMetricsEnabled"].BoolValue() {
			t.Errorf("%v has no metric", r["name"])
		}
	}
	if len(priorities) != 5 {
		t.Errorf("%d rules", len(priorities))
	}
}

func TestFirewallCountsNothingWhereToldSo(t *testing.T) {
	t.Parallel()
	b := setup(t, edit(func(a *Args) { a.Settings.Waf.CountRules = nil; a.Settings.Waf.Logging = false; a.WafLogGroupArn = nil }))
	rules, _ := b.One(t, webACLType, "edge-waf").Value("rules")
	for _, rule := range rules.ArrayValue() {
		statement := rule.ObjectValue()["statement"].ObjectValue()
		if group, ok := statement["managedRuleGroupStatement"]; ok && len(overridesOf(group)) > 0 {
			t.Errorf("%v is overridden", group)
		}
	}
	if log := b.OfType(webACLLoggingType); len(log) > 0 {
		t.Errorf("%s is registered", log[0].Name)
	}
}

func overridesOf(group resource.PropertyValue) []resource.PropertyValue {
	if all, ok := group.ObjectValue()["ruleActionOverrides"]; ok {
		return all.ArrayValue()
	}
	return nil
}
