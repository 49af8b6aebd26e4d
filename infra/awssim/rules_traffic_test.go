package awssim

import "testing"

func TestRecords(t *testing.T) {
	t.Parallel()
	record := func(name, kind string, more props) props {
		return with(props{"zoneId": "Z1", "name": name, "type": kind, "records": list("192.0.2.1"), "ttl": 60.0}, more)
	}
	alias := func(zone string) props {
		return props{"zoneId": "Z1", "name": "app.example.com", "type": "A", "aliases": list(props{"name": "LB-1.elb.amazonaws.com.", "zoneId": zone})}
	}
	has := []*Object{
		thing(tZone, "Z1", props{"name": "example.com"}), thing(tRecord, "old", record("App.example.com.", "A", nil)),
		thing(tBalancer, "lb", props{"dnsName": "lb-1.elb.amazonaws.com", "zoneId": "Z35SXDOTRQ7X7K"}),
	}
	verdicts(t, tRecord, recordFree, has,
		verdict{"free", record("api.example.com", "A", nil), ""},
		verdict{"of another type", record("app.example.com", "AAAA", nil), ""},
		verdict{"of another set", record("app.example.com", "A", props{"setIdentifier": "b"}), ""},
		verdict{"overwriting", record("app.example.com", "A", props{"allowOverwrite": true}), ""},
		verdict{
			"taken", record("app.example.com", "A", nil),
			`InvalidChangeBatch: name: "app.example.com" of type A exists already in zone Z1 as old (old); choose another, or set allowOverwrite`,
		},
	)
	verdicts(t, tRecord, recordShape, has,
		verdict{"records", record("www.example.com", "CNAME", nil), ""},
		verdict{"alias", alias("Z35SXDOTRQ7X7K"), ""},
		verdict{"nothing", props{"zoneId": "Z1"}, "InvalidInput: records: is not set; a record needs records and a ttl, or an alias"},
		verdict{"no time to live", props{"zoneId": "Z1", "records": list("192.0.2.1")}, "InvalidInput: ttl: is not set; records need a time to live in seconds"},
		verdict{"two aliases", props{"aliases": list(props{}, props{})}, `InvalidInput: aliases: "2" is more than one alias; a record takes one`},
		verdict{
			"at the zone's own name", record("example.com", "CNAME", nil),
			`InvalidChangeBatch: type: "CNAME" is not allowed at the zone's own name; use an alias of type A`,
		},
		verdict{
			"alias into another zone", alias("Z1H1FL5HABSF5"),
			`InvalidChangeBatch: aliases.zoneId: "Z1H1FL5HABSF5" is not the zone of lb-1.elb.amazonaws.com; use the load balancer's zoneId Z35SXDOTRQ7X7K`,
		},
	)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	has := []*Object{thing(tCertificate, certARN, props{
		"validationMethod": "DNS", "domainValidationOptions": list(props{"resourceRecordName": "_a.example.com."}, props{"resourceRecordName": "_b.example.com."}),
	})}
	waits := func(fqdns ...any) props {
		return props{"certificateArn": certARN, "validationRecordFqdns": fqdns}
	}
	verdicts(t, tValidation, validationCovers, has,
		verdict{"all records", waits("_b.example.com", "_A.example.com"), ""},
		verdict{"made elsewhere", waits(), ""},
		verdict{
			"one is missing", waits("_a.example.com"),
			`MissingDNSRecord: validationRecordFqdns: "_a.example.com" lacks _b.example.com.; make that record and add its fqdn`,
		},
	)
	verdicts(t, tCertificate, certificateNames, nil,
		verdict{"requested", props{"domainName": "example.com", "validationMethod": "DNS"}, ""},
		verdict{"imported", props{"privateKey": "k"}, ""},
		verdict{"period", props{"domainName": "example.com.", "validationMethod": "DNS"}, `ValidationException: domainName: "example.com." ends with a period; write example.com`},
		verdict{"no method", props{"domainName": "example.com"}, "ValidationException: validationMethod: is not set; a requested certificate needs DNS or EMAIL"},
	)
}

func TestHealthChecks(t *testing.T) {
	t.Parallel()
	verdicts(t, tHealthCheck, healthCheckTarget, nil,
		verdict{"endpoint", props{"type": "HTTPS", "fqdn": "example.com"}, ""},
		verdict{"searching", props{"type": "HTTPS_STR_MATCH", "fqdn": "example.com", "searchString": "ok"}, ""},
		verdict{"no endpoint", props{"type": "HTTPS"}, "InvalidInput: fqdn: is not set; a health check of an endpoint needs fqdn or ipAddress"},
		verdict{
			"searching by the wrong type",
			props{"type": "HTTPS", "fqdn": "example.com", "searchString": "ok"},
			`InvalidInput: searchString: "ok" goes with the types *_STR_MATCH, and with those only`,
		},
		verdict{"calculated", props{"type": "CALCULATED", "childHealthchecks": list("a")}, ""},
		verdict{"calculated of none", props{"type": "CALCULATED"}, "InvalidInput: childHealthchecks: is not set; a health check of type CALCULATED needs some"},
		verdict{"alarm", props{"type": "CLOUDWATCH_METRIC", "cloudwatchAlarmName": "a", "cloudwatchAlarmRegion": "us-east-1"}, ""},
		verdict{
			"alarm without region",
			props{"type": "CLOUDWATCH_METRIC", "cloudwatchAlarmName": "a"},
			"InvalidInput: cloudwatchAlarmName, cloudwatchAlarmRegion: is not set; a health check of type CLOUDWATCH_METRIC needs both",
		},
	)
	group := func(more props) props {
		return with(props{"port": 3000.0, "protocol": "HTTP", "vpcId": "vpc-1", "targetType": "ip"}, more)
	}
	verdicts(t, tTargetGroup, targetGroupHealth, nil,
		verdict{"target group", group(props{"healthCheck": props{"timeout": 5.0, "interval": 30.0}, "slowStart": 30.0}), ""},
		verdict{"functions", props{"targetType": "lambda"}, ""},
		verdict{"no port", props{"targetType": "ip"}, `ValidationError: port: is not set; a target group of type "ip" needs it`},
		verdict{
			"timeout above the interval", group(props{"healthCheck": props{"timeout": 30.0, "interval": 10.0}}),
			`ValidationError: healthCheck.timeout: "30" is not below the interval of 10 s; choose a shorter timeout`,
		},
		verdict{"slow start", group(props{"slowStart": 10.0}), `ValidationError: slowStart: "10" is neither 0 nor between 30 and 900 seconds; choose such a time`},
	)
}

func TestFirewall(t *testing.T) {
	t.Parallel()
	rule := func(name string, priority float64, more props) props {
		return with(props{"name": name, "priority": priority, "statement": props{"rateBasedStatement": props{"limit": 2000.0}}, "action": props{"block": props{}}}, more)
	}
	managed := props{"statement": props{"managedRuleGroupStatement": props{"name": "AWSManagedRulesCommonRuleSet"}}, "action": nil, "overrideAction": props{"none": props{}}}
	verdicts(t, tWebACL, aclPriorities, nil,
		verdict{"rules", props{"rules": list(rule("a", 1, nil), rule("b", 2, managed))}, ""},
		verdict{
			"one priority twice",
			props{"rules": list(rule("a", 1, nil), rule("b", 1, managed))},
			`WAFInvalidParameterException: rules.priority: "1" is the priority of a and of b; give each rule its own`,
		},
		verdict{
			"a group with an action",
			props{"rules": list(rule("a", 1, props{"statement": managed["statement"]}))},
			"WAFInvalidParameterException: rules.overrideAction: is not set; rule a is a rule group, which takes overrideAction and no action",
		},
		verdict{
			"no action",
			props{"rules": list(rule("a", 1, props{"action": nil}))},
			"WAFInvalidParameterException: rules.action: is not set; rule a is no rule group and takes an action",
		},
	)
	const here, global = "arn:aws:wafv2:us-east-1:123456789012:regional/webacl/a/1", "arn:aws:wafv2:us-east-1:123456789012:global/webacl/b/2"
	has := []*Object{
		thing(tWebACL, here, props{"scope": "REGIONAL"}), thing(tWebACL, global, props{"scope": "CLOUDFRONT"}),
		thing(tWebACLAssoc, "old", props{"resourceArn": "lb", "webAclArn": here}),
	}
	verdicts(t, tWebACLAssoc, oneACLPerBalancer, has,
		verdict{"associated", props{"resourceArn": "lb-2", "webAclArn": here}, ""},
		verdict{"twice", props{"resourceArn": "lb", "webAclArn": here}, `WAFDuplicateItemException: resourceArn: "lb" is associated already by old (old); keep one of the two`},
		verdict{
			"of CloudFront",
			props{"resourceArn": "lb-2", "webAclArn": global},
			`WAFInvalidParameterException: webAclArn: "` + global + `" has the scope CLOUDFRONT; a load balancer takes a REGIONAL one`,
		},
	)
	away := thing(tWebACL, "new", props{"scope": "CLOUDFRONT"})
	away.Region = "eu-west-1"
	expect(t, aclScope(nil, thing(tWebACL, "new", props{"scope": "CLOUDFRONT"}), nil), "")
	expect(t, aclScope(nil, away, nil), `scope: "CLOUDFRONT" is made in us-east-1 only, and this is eu-west-1; use REGIONAL, or that region`)
}

func TestListenerRules(t *testing.T) {
	t.Parallel()
	hosts := func(n int) []any {
		all := make([]any, n)
		for i := range all {
			all[i] = "example.com"
		}
		return list(props{"hostHeader": props{"values": all}})
	}
	verdicts(t, tListenerRule, rulePriority, nil,
		verdict{"rule", props{"priority": 1.0, "conditions": hosts(5)}, ""},
		verdict{"priority", props{"priority": 50001.0}, `ValidationError: priority: "50001" is not between 1 and 50000; choose such a number`},
		verdict{"values", props{"conditions": hosts(6)}, `TooManyConditionValues: conditions: "6" is more than five values; split the rule`},
	)
}
