package edge

import (
	"fmt"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// managedGroup is a rule group of AWS with the rules in it. Together they take 1,125 of the 1,500 capacity units that a web
// ACL has without a surcharge. Source: https://docs.aws.amazon.com/waf/latest/developerguide/aws-managed-rule-groups-list.html.
type managedGroup struct {
	part, name string
	rules      []string
}

func managedGroups() []managedGroup {
	return []managedGroup{
		{"ip-reputation", "AWSManagedRulesAmazonIpReputationList", []string{
			"AWSManagedIPReputationList", "AWSManagedReconnaissanceList", "AWSManagedIPDDoSList",
		}},
		{"common", "AWSManagedRulesCommonRuleSet", []string{
			"NoUserAgent_HEADER", "UserAgent_BadBots_HEADER",
			"SizeRestrictions_QUERYSTRING", "SizeRestrictions_Cookie_HEADER", "SizeRestrictions_BODY", "SizeRestrictions_URIPATH",
			"EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_COOKIE", "EC2MetaDataSSRF_URIPATH", "EC2MetaDataSSRF_QUERYARGUMENTS",
			"GenericLFI_QUERYARGUMENTS", "GenericLFI_URIPATH", "GenericLFI_BODY",
			"RestrictedExtensions_URIPATH", "RestrictedExtensions_QUERYARGUMENTS",
			"GenericRFI_QUERYARGUMENTS", "GenericRFI_BODY", "GenericRFI_URIPATH",
			"CrossSiteScripting_COOKIE", "CrossSiteScripting_QUERYARGUMENTS", "CrossSiteScripting_BODY", "CrossSiteScripting_URIPATH",
		}},
		{"known-bad-inputs", "AWSManagedRulesKnownBadInputsRuleSet", []string{
			"JavaDeserializationRCE_HEADER", "JavaDeserializationRCE_BODY", "JavaDeserializationRCE_URIPATH", "JavaDeserializationRCE_QUERYSTRING",
			"Host_localhost_HEADER", "PROPFIND_METHOD", "ExploitablePaths_URIPATH",
			"Log4JRCE_HEADER", "Log4JRCE_QUERYSTRING", "Log4JRCE_BODY", "Log4JRCE_URIPATH",
		}},
		{"sqli", "AWSManagedRulesSQLiRuleSet", []string{
			"SQLi_QUERYARGUMENTS", "SQLiExtendedPatterns_QUERYARGUMENTS", "SQLi_BODY", "SQLiExtendedPatterns_BODY", "SQLi_COOKIE", "SQLi_URIPATH",
		}},
	}
}

// managedRuleNames are the rules of all groups.
func managedRuleNames() []string {
	var names []string
	for _, g := range managedGroups() {
		names = append(names, g.rules...)
	}
	return names
}

// firewall registers the web ACL, and returns its name, or an empty output without one.
func (b builder) firewall(balancer *lb.LoadBalancer) (pulumi.StringOutput, error) {
	none := pulumi.String("").ToStringOutput()
	waf := b.args.Settings.Waf
	if !waf.Enabled {
		return none, nil
	}
	version := pulumi.Version(sdkVersion)
	var acl webACL
	if err := b.ctx.RegisterResource(webACLType, b.name+"-waf", b.webACLArgs(), &acl, b.child, version); err != nil {
		return none, fmt.Errorf("edge: web ACL: %w", err)
	}
	// AWS keeps one association per load balancer and one log per web ACL, and deletes by the owner alone: created first, the
	// new one would go with the old.
	first := pulumi.DeleteBeforeReplace(true)
	var association webACLAssociation
	if err := b.ctx.RegisterResource(webACLAssociationType, b.name+"-waf-alb", webACLAssociationArgs{
		ResourceArn: balancer.Arn, WebAclArn: acl.Arn,
	}, &association, b.child, version, first); err != nil {
		return none, fmt.Errorf("edge: web ACL association: %w", err)
	}
	if waf.Logging {
		var logging webACLLogging
		if err := b.ctx.RegisterResource(webACLLoggingType, b.name+"-waf-log", webACLLoggingArgs{
			ResourceArn: acl.Arn, LogDestinationConfigs: pulumi.StringArray{b.args.WafLogGroupArn},
			RedactedFields: []redactedField{{redactedHeader{"authorization"}}, {redactedHeader{"cookie"}}},
			LoggingFilter:  notableOnly(),
		}, &logging, b.child, version, first); err != nil {
			return none, fmt.Errorf("edge: web ACL log: %w", err)
		}
	}
	return acl.Name, nil
}

// notableOnly keeps what was blocked or counted; the load balancer logs every request anyway.
func notableOnly() *loggingFilter {
	var any []logCondition
	for _, action := range []string{"BLOCK", "COUNT", "EXCLUDED_AS_COUNT"} {
		any = append(any, logCondition{logAction{action}})
	}
	return &loggingFilter{DefaultBehavior: "DROP", Filters: []logFilterRule{{Behavior: "KEEP", Requirement: "MEETS_ANY", Conditions: any}}}
}

// webACLArgs puts the rate limit first, the cheapest, then the managed groups. The metric has the web ACL's name, since
// CloudWatch's dimension WebACL is the metric's name.
func (b builder) webACLArgs() webACLArgs {
	name := b.args.Name("edge", 100)
	rules := []webACLRule{{
		Name: "rate-limit",
		// 429, which clients take for "later", where the plain block would say 403, "never".
		Action: &webACLAction{Block: &webACLBlock{CustomResponse: &webACLResponse{ResponseCode: 429}}},
		Statement: webACLStatement{RateBasedStatement: &rateBased{
			AggregateKeyType: "IP", EvaluationWindowSec: 300, Limit: b.args.Settings.Waf.RateLimit,
		}},
		VisibilityConfig: visible(name + "-rate-limit"),
	}}
	for i, group := range managedGroups() {
		statement := &managedRuleGroup{Name: group.name, VendorName: "AWS"}
		for _, rule := range group.rules {
			if slices.Contains(b.args.Settings.Waf.CountRules, rule) {
				statement.RuleActionOverrides = append(statement.RuleActionOverrides, ruleActionOverride{Name: rule, ActionToUse: webACLAction{Count: &struct{}{}}})
			}
		}
		rules = append(rules, webACLRule{
			Name: group.part, Priority: (i + 1) * 10, OverrideAction: &webACLAction{None: &struct{}{}},
			Statement:        webACLStatement{ManagedRuleGroupStatement: statement},
			VisibilityConfig: visible(name + "-" + group.part),
		})
	}
	return webACLArgs{
		Name: name, Description: "In front of the load balancer of " + b.args.NamePrefix, Scope: "REGIONAL",
		DefaultAction: webACLAction{Allow: &struct{}{}}, Rules: rules, VisibilityConfig: visible(name),
	}
}

func visible(metric string) webACLVisibility {
	return webACLVisibility{CloudwatchMetricsEnabled: true, MetricName: metric, SampledRequestsEnabled: true}
}
