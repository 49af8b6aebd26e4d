package edge

import (
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestFirewall(t *testing.T) {
	t.Parallel()
	b := setup(t, arguments())
	b.One(t, webACLType, "edge-waf").Golden(t, "webacl.json")
	b.One(t, webACLLoggingType, "edge-waf-log").Golden(t, "weblog.json")
	b.One(t, webACLAssociationType, "edge-waf-alb").Expect(t, map[string]string{
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
