package awssim

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// operationsRules are of alarms, events and budgets.
func operationsRules() map[string][]rule {
	return map[string][]rule{
		tAlarm:        {onWrite(alarmMetric), onWrite(alarmActions)},
		tComposite:    {onWrite(compositeNames), onWrite(alarmActions)},
		tDashboard:    {onWrite(jsonProperty("dashboardBody", "InvalidParameterInput"))},
		tEventRule:    {onWrite(eventRuleShape)},
		tEventTarget:  {onWrite(eventTarget)},
		tSubscription: {onWrite(subscriptionEndpoint)},
		tBudget:       {onWrite(budgetShape)},
		tAnomaly:      {onWrite(anomalySubscribers)},
		tMonitor:      {onWrite(anomalyMonitor)},
	}
}

func alarmMetric(_ World, obj, _ *Object) error {
	const code = "ValidationError"
	given := &Object{In: obj.In}
	if queries := blocks(given, "metricQueries"); len(queries) > 0 {
		watched := 0
		for _, q := range queries {
			if truthy(q, "returnData") {
				watched++
			}
		}
		if watched != 1 {
			return refuse(code, "metricQueries.returnData", watched, "queries return data; exactly one must")
		}
		return nil
	}
	for _, p := range []string{"metricName", "namespace", "period"} {
		if text(given, p) == "" {
			return absent(code, p, "an alarm without metricQueries needs it")
		}
	}
	switch one, other := text(given, "statistic"), text(given, "extendedStatistic"); {
	case one == "" && other == "":
		return absent(code, "statistic", "an alarm needs it, or extendedStatistic")
	case one != "" && other != "":
		return refuse(code, "extendedStatistic", other, "is given beside statistic; keep one of the two")
	}
	if p := int(number(given, "period")); p != 10 && p != 20 && p != 30 && (p <= 0 || p%60 != 0) {
		return refuse(code, "period", p, "is neither 10, 20, 30 nor a multiple of 60 seconds; choose such a period")
	}
	if span := number(given, "period") * number(given, "evaluationPeriods"); span > 604800 || span > 86400 && number(given, "period") < 3600 {
		return refuse(code, "evaluationPeriods", text(given, "evaluationPeriods"), "times the period is %v s, above a day; lower one of them", span)
	}
	if m, n := number(given, "datapointsToAlarm"), number(given, "evaluationPeriods"); m > n {
		return refuse(code, "datapointsToAlarm", m, "is above evaluationPeriods %v; lower it", n)
	}
	return nil
}

func alarmActions(_ World, obj, _ *Object) error {
	for _, p := range []string{"alarmActions", "okActions", "insufficientDataActions"} {
		if all := texts(obj, p); len(all) > 5 {
			return refuse("ValidationError", p, len(all), "is more than five actions; leave some out")
		}
	}
	return nil
}

var alarmNames = regexp.MustCompile(`\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*"?([^")]+)"?\s*\)`)

func compositeNames(w World, obj, _ *Object) error {
	rule := text(obj, "alarmRule")
	for _, m := range alarmNames.FindAllStringSubmatch(rule, -1) {
		name := strings.TrimSpace(m[1])
		if named(w, tAlarm, name, obj.Region) == nil && named(w, tComposite, name, obj.Region) == nil {
			return refuse("ValidationError", "alarmRule", name, "is no alarm in %s; make it first", obj.Region)
		}
	}
	if strings.Count(rule, "(") != strings.Count(rule, ")") {
		return refuse("ValidationError", "alarmRule", short(rule), "has unequal parentheses; close each one")
	}
	return nil
}

func jsonProperty(property, code string) func(World, *Object, *Object) error {
	return func(_ World, obj, _ *Object) error {
		if body := text(obj, property); body != "" && !json.Valid([]byte(body)) {
			return refuse(code, property, short(body), "is not JSON; check its quotes and commas")
		}
		return nil
	}
}

var schedule = regexp.MustCompile(`^(rate\(\d+ (minutes?|hours?|days?)\)|cron\(\S+( \S+){5}\))$`)

func eventRuleShape(w World, obj, old *Object) error {
	if e := text(obj, "scheduleExpression"); e != "" && !schedule.MatchString(e) {
		return refuse("ValidationException", "scheduleExpression", e, "is neither rate(n unit) nor cron(six fields); write it so")
	}
	return jsonProperty("eventPattern", "InvalidEventPatternException")(w, obj, old)
}

func eventTarget(w World, obj, old *Object) error {
	to := text(obj, "arn")
	if strings.Contains(to, ":sns:") && !foreign(w, obj, to) && w.Find(tTopic, to, obj.Region) == nil {
		return refuse("ResourceNotFoundException", "arn", to, "is no topic in %s; name one that exists", obj.Region)
	}
	on := 0
	for _, o := range others(w, obj, old, obj.Region) {
		if text(o, "rule") == text(obj, "rule") {
			on++
		}
	}
	if on >= 5 {
		return refuse("LimitExceededException", "rule", text(obj, "rule"), "has five targets already; make another rule")
	}
	return assumable(w, obj, "roleArn", text(obj, "roleArn"), "events.amazonaws.com", "ValidationException")
}

func subscriptionEndpoint(_ World, obj, _ *Object) error {
	protocol, endpoint := text(obj, "protocol"), text(obj, "endpoint")
	good := map[string]func(string) bool{
		"email": func(s string) bool { return strings.Count(s, "@") == 1 && !strings.ContainsAny(s, " /") },
		"https": func(s string) bool { return strings.HasPrefix(s, "https://") },
		"http":  func(s string) bool { return strings.HasPrefix(s, "http://") },
		"sqs":   func(s string) bool { return strings.Contains(s, ":sqs:") },
	}[protocol]
	if good != nil && !good(endpoint) {
		return refuse("InvalidParameter", "endpoint", endpoint, "is no endpoint for the protocol %s", protocol)
	}
	return nil
}

func budgetShape(_ World, obj, _ *Object) error {
	const code = "InvalidParameterException"
	if kind := text(obj, "budgetType"); (kind == "COST" || kind == "USAGE") && text(obj, "limitAmount") == "" &&
		len(at(obj, "plannedLimits"))+len(at(obj, "autoAdjustData")) == 0 {
		return absent(code, "limitAmount", "a budget of type %s needs limitAmount and limitUnit", kind)
	}
	if name := text(obj, "name"); len(name) > 100 || strings.ContainsAny(name, `:\`) {
		return refuse(code, "name", name, `is longer than 100 characters, or has a colon or backslash; choose another`)
	}
	seen := map[string]bool{}
	for _, n := range blocks(obj, "notifications") {
		topics, mails := texts(n, "subscriberSnsTopicArns"), texts(n, "subscriberEmailAddresses")
		if len(topics) > 1 || len(mails) > 10 || len(topics)+len(mails) == 0 {
			return refuse(code, "notifications", len(topics)+len(mails), "subscribers; a notification takes at most one topic and ten addresses, and one of them at least")
		}
		key := text(n, "notificationType") + " " + text(n, "comparisonOperator") + " " + text(n, "threshold") + " " + text(n, "thresholdType")
		if seen[key] {
			return refuse("DuplicateRecordException", "notifications", key, "is given twice; join its subscribers")
		}
		seen[key] = true
	}
	return nil
}

// anomalyMonitor refuses a second monitor of all services. Accounts may have one that AWS made.
func anomalyMonitor(w World, obj, old *Object) error {
	const code = "ValidationException"
	switch text(obj, "monitorType") {
	case "DIMENSIONAL":
		if text(obj, "monitorDimension") == "" {
			return absent(code, "monitorDimension", "a monitor of type DIMENSIONAL needs SERVICE")
		}
		for _, o := range others(w, obj, old, "") {
			if text(o, "monitorType") == "DIMENSIONAL" {
				return refuse(code, "monitorType", "DIMENSIONAL", "is what %s is already: limit exceeded on dimensional spend monitor creation; refer to that one instead", label(o))
			}
		}
	case "CUSTOM":
		if text(obj, "monitorSpecification") == "" {
			return absent(code, "monitorSpecification", "a monitor of type CUSTOM needs an expression")
		}
	}
	return nil
}

func anomalySubscribers(w World, obj, _ *Object) error {
	const code = "ValidationException"
	frequency := text(obj, "frequency")
	for _, s := range blocks(obj, "subscribers") {
		kind, address := text(s, "type"), text(s, "address")
		if (frequency == "IMMEDIATE") != (kind == "SNS") {
			return refuse(code, "frequency", frequency, "does not go with a subscriber of type %s; IMMEDIATE takes SNS, DAILY and WEEKLY take EMAIL", kind)
		}
		if kind == "SNS" && !foreign(w, obj, address) && w.Find(tTopic, address, "") == nil {
			return refuse(code, "subscribers.address", address, "is no topic that exists; name one")
		}
	}
	if !slices.Contains([]string{"DAILY", "IMMEDIATE", "WEEKLY"}, frequency) {
		return refuse(code, "frequency", frequency, "is none of IMMEDIATE, DAILY, WEEKLY")
	}
	return nil
}
