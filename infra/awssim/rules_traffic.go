package awssim

import (
	"slices"
	"strings"
)

// trafficRules are of names, health checks and the firewall, and of what stands behind a load balancer.
func trafficRules() map[string][]rule {
	return map[string][]rule{
		tRecord:        {onWrite(recordFree), onWrite(recordShape)},
		tHealthCheck:   {onWrite(healthCheckTarget)},
		tWebACL:        {onWrite(aclPriorities), onWrite(aclScope)},
		tWebACLAssoc:   {onWrite(oneACLPerBalancer)},
		tWebACLLogging: {onWrite(aclLogName)},
		tListenerRule:  {onWrite(rulePriority)},
	}
}

func recordFree(w World, obj, old *Object) error {
	if truthy(obj, "allowOverwrite") {
		return nil
	}
	key := func(o *Object) string {
		name := strings.ToLower(strings.TrimSuffix(text(o, "name"), "."))
		return strings.Join([]string{text(o, "zoneId"), name, text(o, "type"), text(o, "setIdentifier")}, "|")
	}
	for _, o := range others(w, obj, old, "") {
		if key(o) == key(obj) {
			return refuse("InvalidChangeBatch", "name", text(obj, "name"), "of type %s exists already in zone %s as %s; choose another, or set allowOverwrite",
				text(obj, "type"), text(obj, "zoneId"), label(o))
		}
	}
	return nil
}

func recordShape(w World, obj, _ *Object) error {
	given := &Object{In: obj.In}
	records, ttl, aliases := texts(given, "records"), text(given, "ttl"), blocks(given, "aliases")
	switch {
	case len(records) == 0 && len(aliases) == 0:
		return absent("InvalidInput", "records", "a record needs records and a ttl, or an alias")
	case len(records) > 0 && ttl == "":
		return absent("InvalidInput", "ttl", "records need a time to live in seconds")
	case len(aliases) > 1:
		return refuse("InvalidInput", "aliases", len(aliases), "is more than one alias; a record takes one")
	}
	zone := w.Find(tZone, text(obj, "zoneId"), "")
	if zone != nil && text(obj, "type") == "CNAME" && strings.TrimSuffix(text(obj, "name"), ".") == strings.TrimSuffix(text(zone, "name"), ".") {
		return refuse("InvalidChangeBatch", "type", "CNAME", "is not allowed at the zone's own name; use an alias of type A")
	}
	for _, alias := range aliases {
		for _, b := range w.ByType(tBalancer, "") {
			name := strings.ToLower(strings.TrimSuffix(text(alias, "name"), "."))
			if own := text(b, "zoneId"); name == strings.ToLower(text(b, "dnsName")) && own != "" && own != text(alias, "zoneId") {
				return refuse("InvalidChangeBatch", "aliases.zoneId", text(alias, "zoneId"), "is not the zone of %s; use the load balancer's zoneId %s", name, own)
			}
		}
	}
	return nil
}

func healthCheckTarget(_ World, obj, _ *Object) error {
	switch text(obj, "type") {
	case "CALCULATED":
		if len(texts(obj, "childHealthchecks")) == 0 {
			return absent("InvalidInput", "childHealthchecks", "a health check of type CALCULATED needs some")
		}
	case "CLOUDWATCH_METRIC":
		if text(obj, "cloudwatchAlarmName") == "" || text(obj, "cloudwatchAlarmRegion") == "" {
			return absent("InvalidInput", "cloudwatchAlarmName, cloudwatchAlarmRegion", "a health check of type CLOUDWATCH_METRIC needs both")
		}
	default:
		if text(obj, "fqdn") == "" && text(obj, "ipAddress") == "" {
			return absent("InvalidInput", "fqdn", "a health check of an endpoint needs fqdn or ipAddress")
		}
		if strings.HasSuffix(text(obj, "type"), "_STR_MATCH") != (text(obj, "searchString") != "") {
			return refuse("InvalidInput", "searchString", text(obj, "searchString"), "goes with the types *_STR_MATCH, and with those only")
		}
	}
	return nil
}

func aclPriorities(_ World, obj, _ *Object) error {
	seen := map[string]string{}
	for _, r := range blocks(obj, "rules") {
		priority, name := text(r, "priority"), text(r, "name")
		if first, ok := seen[priority]; ok {
			return refuse("WAFInvalidParameterException", "rules.priority", priority, "is the priority of %s and of %s; give each rule its own", first, name)
		}
		seen[priority] = name
		managed := len(at(r, "statement.managedRuleGroupStatement"))+len(at(r, "statement.ruleGroupReferenceStatement")) > 0
		switch {
		case managed && len(at(r, "overrideAction")) == 0:
			return absent("WAFInvalidParameterException", "rules.overrideAction", "rule %s is a rule group, which takes overrideAction and no action", name)
		case !managed && len(at(r, "action")) == 0:
			return absent("WAFInvalidParameterException", "rules.action", "rule %s is no rule group and takes an action", name)
		}
	}
	return nil
}

func aclScope(_ World, obj, _ *Object) error {
	if text(obj, "scope") == "CLOUDFRONT" && obj.Region != "us-east-1" {
		return refuse("WAFInvalidParameterException", "scope", "CLOUDFRONT", "is made in us-east-1 only, and this is %s; use REGIONAL, or that region", obj.Region)
	}
	return nil
}

func oneACLPerBalancer(w World, obj, old *Object) error {
	if a := w.Find(tWebACL, text(obj, "webAclArn"), ""); text(a, "scope") == "CLOUDFRONT" {
		return refuse("WAFInvalidParameterException", "webAclArn", text(obj, "webAclArn"), "has the scope CLOUDFRONT; a load balancer takes a REGIONAL one")
	}
	for _, o := range others(w, obj, old, obj.Region) {
		if text(o, "resourceArn") == text(obj, "resourceArn") && text(o, "webAclArn") == text(obj, "webAclArn") {
			return refuse("WAFDuplicateItemException", "resourceArn", text(obj, "resourceArn"), "is associated already by %s; keep one of the two", label(o))
		}
	}
	return nil
}

func aclLogName(_ World, obj, _ *Object) error {
	to := texts(obj, "logDestinationConfigs")
	if len(to) != 1 {
		return refuse("WAFInvalidParameterException", "logDestinationConfigs", len(to), "is not one destination; name exactly one")
	}
	name := strings.TrimSuffix(to[0], ":*")
	name = name[strings.LastIndexAny(name, ":/")+1:]
	if !strings.HasPrefix(name, "aws-waf-logs-") {
		return refuse("WAFInvalidParameterException", "logDestinationConfigs", to[0], "has a name that does not start with aws-waf-logs-; rename the destination")
	}
	return nil
}

func rulePriority(_ World, obj, _ *Object) error {
	if p := text(obj, "priority"); p != "" && (number(obj, "priority") < 1 || number(obj, "priority") > 50000) {
		return refuse("ValidationError", "priority", p, "is not between 1 and 50000; choose such a number")
	}
	values := 0
	for _, path := range []string{"hostHeader", "pathPattern", "httpRequestMethod", "sourceIp", "httpHeader", "queryStrings"} {
		values += len(texts(obj, "conditions."+path+".values"))
	}
	if values > 5 {
		return refuse("TooManyConditionValues", "conditions", values, "is more than five values; split the rule")
	}
	return nil
}

// attached says whether some listener sends to the target group.
func attached(w World, group, region string) bool {
	uses := func(o *Object, paths ...string) bool {
		return slices.ContainsFunc(paths, func(p string) bool { return slices.Contains(texts(o, p), group) })
	}
	return slices.ContainsFunc(w.ByType(tListener, region), func(o *Object) bool {
		return uses(o, "defaultActions.targetGroupArn", "defaultActions.forward.targetGroups.arn")
	}) || slices.ContainsFunc(w.ByType(tListenerRule, region), func(o *Object) bool {
		return uses(o, "actions.targetGroupArn", "actions.forward.targetGroups.arn")
	})
}
