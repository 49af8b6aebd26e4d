package awssim

import "testing"

const topicARN = "arn:aws:sns:us-east-1:123456789012:alerts"

func TestBudgets(t *testing.T) {
	t.Parallel()
	notice := func(threshold float64, more props) props {
		return with(props{
			"notificationType": "FORECASTED", "comparisonOperator": "GREATER_THAN", "threshold": threshold, "thresholdType": "PERCENTAGE",
			"subscriberSnsTopicArns": list(topicARN),
		}, more)
	}
	budget := func(notices ...any) props {
		return props{"name": "monthly", "budgetType": "COST", "limitAmount": "100", "notifications": notices}
	}
	verdicts(t, tBudget, budgetShape, nil,
		verdict{"budget", budget(notice(80, nil), notice(100, nil)), ""},
		verdict{"no limit", props{"name": "n", "budgetType": "COST"}, "InvalidParameterException: limitAmount: is not set; a budget of type COST needs limitAmount and limitUnit"},
		verdict{
			"name",
			props{"name": "a:b", "budgetType": "SAVINGS_PLANS_COVERAGE"},
			`InvalidParameterException: name: "a:b" is longer than 100 characters, or has a colon or backslash; choose another`,
		},
		verdict{
			"nobody told", budget(notice(80, props{"subscriberSnsTopicArns": nil})),
			`InvalidParameterException: notifications: "0" subscribers; a notification takes at most one topic and ten addresses, and one of them at least`,
		},
		verdict{
			"told twice", budget(notice(80, nil), notice(80, nil)),
			`DuplicateRecordException: notifications: "FORECASTED GREATER_THAN 80 PERCENTAGE" is given twice; join its subscribers`,
		},
	)
}

func TestAnomalies(t *testing.T) {
	t.Parallel()
	services := thing(tMonitor, "m", props{"monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE"})
	verdicts(t, tMonitor, anomalyMonitor, nil,
		verdict{"of services", services.In, ""},
		verdict{"of what", props{"monitorType": "DIMENSIONAL"}, "ValidationException: monitorDimension: is not set; a monitor of type DIMENSIONAL needs SERVICE"},
		verdict{"of one's own", props{"monitorType": "CUSTOM", "monitorSpecification": "{}"}, ""},
		verdict{"of one's own what", props{"monitorType": "CUSTOM"}, "ValidationException: monitorSpecification: is not set; a monitor of type CUSTOM needs an expression"},
	)
	verdicts(t, tMonitor, anomalyMonitor, []*Object{services},
		verdict{"one more of one's own", props{"monitorType": "CUSTOM", "monitorSpecification": "{}"}, ""},
		verdict{
			"one more of services", services.In,
			`ValidationException: monitorType: "DIMENSIONAL" is what m (m) is already: limit exceeded on dimensional spend monitor creation; refer to that one instead`,
		},
	)
	told := func(frequency, kind, address string) props {
		return props{"frequency": frequency, "subscribers": list(props{"type": kind, "address": address})}
	}
	verdicts(t, tAnomaly, anomalySubscribers, []*Object{thing(tTopic, topicARN, props{})},
		verdict{"at once", told("IMMEDIATE", "SNS", topicARN), ""},
		verdict{"by mail", told("DAILY", "EMAIL", "ops@example.com"), ""},
		verdict{
			"at once by mail", told("IMMEDIATE", "EMAIL", "ops@example.com"),
			`ValidationException: frequency: "IMMEDIATE" does not go with a subscriber of type EMAIL; IMMEDIATE takes SNS, DAILY and WEEKLY take EMAIL`,
		},
		verdict{
			"to no topic", told("IMMEDIATE", "SNS", topicARN+"-2"),
			`ValidationException: subscribers.address: "` + topicARN + `-2" is no topic that exists; name one`,
		},
		verdict{"never", props{"frequency": "MONTHLY"}, `ValidationException: frequency: "MONTHLY" is none of IMMEDIATE, DAILY, WEEKLY`},
	)
}

func TestEvents(t *testing.T) {
	t.Parallel()
	verdicts(t, tEventRule, eventRuleShape, nil,
		verdict{"pattern", props{"eventPattern": `{"source":["aws.rds"]}`}, ""},
		verdict{"schedule", props{"scheduleExpression": "rate(5 minutes)"}, ""},
		verdict{"no pattern", props{"eventPattern": "{"}, `InvalidEventPatternException: eventPattern: "{" is not JSON; check its quotes and commas`},
		verdict{
			"no schedule",
			props{"scheduleExpression": "every day"},
			`ValidationException: scheduleExpression: "every day" is neither rate(n unit) nor cron(six fields); write it so`,
		},
	)
	target := func(arn, role string) props { return props{"rule": "r", "arn": arn, "roleArn": role} }
	has := append(rolesFor("events.amazonaws.com", "ec2.amazonaws.com"), thing(tTopic, topicARN, props{}))
	verdicts(t, tEventTarget, eventTarget, has,
		verdict{"topic", target(topicARN, ""), ""},
		verdict{"topic of another account", target("arn:aws:sns:us-east-1:999999999999:alerts", ""), ""},
		verdict{"with a role", target("arn:aws:sqs:us-east-1:123456789012:q", "events.amazonaws.com"), ""},
		verdict{"no topic", target(topicARN+"-2", ""), `ResourceNotFoundException: arn: "` + topicARN + `-2" is no topic in us-east-1; name one that exists`},
		verdict{
			"with a strange role", target("arn:aws:sqs:us-east-1:123456789012:q", "ec2.amazonaws.com"),
			`ValidationException: roleArn: "ec2.amazonaws.com" cannot be assumed by events.amazonaws.com; its assumeRolePolicy must allow that service sts:AssumeRole`,
		},
	)
	for _, id := range []string{"1", "2", "3", "4", "5"} {
		has = append(has, thing(tEventTarget, id, props{"rule": "r"}))
	}
	verdicts(t, tEventTarget, eventTarget, has,
		verdict{"sixth of another rule", props{"rule": "s", "arn": topicARN}, ""},
		verdict{"sixth", target(topicARN, ""), `LimitExceededException: rule: "r" has five targets already; make another rule`},
	)
	verdicts(t, tSubscription, subscriptionEndpoint, nil,
		verdict{"mail", props{"protocol": "email", "endpoint": "ops@example.com"}, ""},
		verdict{"no mail", props{"protocol": "email", "endpoint": "https://example.com"}, `InvalidParameter: endpoint: "https://example.com" is no endpoint for the protocol email`},
	)
}

func TestVaultsAndRestoreTests(t *testing.T) {
	t.Parallel()
	verdicts(t, tVaultLock, lockRange, nil,
		verdict{"lock", props{"minRetentionDays": 7.0, "maxRetentionDays": 35.0, "changeableForDays": 3.0}, ""},
		verdict{
			"least above most",
			props{"minRetentionDays": 40.0, "maxRetentionDays": 35.0},
			`InvalidParameterValueException: minRetentionDays: "40" is above maxRetentionDays 35; lower it`,
		},
		verdict{
			"locked at once",
			props{"changeableForDays": 1.0},
			`InvalidParameterValueException: changeableForDays: "1" is below 3; raise it, or leave it out for governance mode`,
		},
	)
	verdicts(t, tRestorePlan, restoreWindows, nil,
		verdict{"monthly", props{"scheduleExpression": "cron(0 5 1 * ? *)", "startWindowHours": 8.0}, ""},
		verdict{
			"by a rate",
			props{"scheduleExpression": "rate(30 days)"},
			`InvalidParameterValueException: scheduleExpression: "rate(30 days)" is no cron expression of six fields; write it as cron(0 5 1 * ? *)`,
		},
		verdict{
			"window",
			props{"scheduleExpression": "cron(0 5 1 * ? *)", "startWindowHours": 200.0},
			`InvalidParameterValueException: startWindowHours: "200" is not between 1 and 168 hours; choose such a time`,
		},
	)
	const code = "InvalidParameterValueException: rules."
	plan := func(rules ...any) props { return props{"rules": rules} }
	daily := func(more props) props {
		return with(props{"ruleName": "daily", "schedule": "cron(0 3 * * ? *)", "lifecycle": props{"deleteAfter": 30.0}}, more)
	}
	verdicts(t, tPlan, planLifecycle, nil,
		verdict{"plan", plan(daily(props{"startWindow": 60.0, "completionWindow": 180.0, "enableContinuousBackup": true})), ""},
		verdict{"name twice", plan(daily(nil), daily(nil)), code + `ruleName: "daily" is given twice; name each rule once`},
		verdict{"schedule", plan(daily(props{"schedule": "daily"})), code + `schedule: "daily" is no cron expression of six fields; write it as cron(0 3 * * ? *)`},
		verdict{
			"continuous for long", plan(daily(props{"enableContinuousBackup": true, "lifecycle": props{"deleteAfter": 90.0}})),
			code + `lifecycle.deleteAfter: "90" is not between 1 and 35 days, which continuous backups are kept; choose such a time`,
		},
		verdict{
			"cold for a moment", plan(daily(props{"lifecycle": props{"coldStorageAfter": 30.0, "deleteAfter": 60.0}})),
			code + `lifecycle.deleteAfter: "60" is less than 90 days after coldStorageAfter 30; set 120 or more`,
		},
		verdict{"start window", plan(daily(props{"startWindow": 30.0})), code + `startWindow: "30" is below 60 minutes; raise it`},
		verdict{
			"completion window", plan(daily(props{"startWindow": 60.0, "completionWindow": 90.0})),
			code + `completionWindow: "90" is less than 60 minutes above the start window; set 120 or more`,
		},
	)
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	alarm := func(more props) props {
		return with(props{"metricName": "m", "namespace": "n", "period": 60.0, "statistic": "Sum", "evaluationPeriods": 3.0}, more)
	}
	query := func(returned bool) any { return props{"id": "q", "returnData": returned} }
	verdicts(t, tAlarm, alarmMetric, nil,
		verdict{"metric", alarm(nil), ""},
		verdict{"formula", props{"metricQueries": list(query(true), query(false))}, ""},
		verdict{"formula of nothing", props{"metricQueries": list(query(false))}, `ValidationError: metricQueries.returnData: "0" queries return data; exactly one must`},
		verdict{"no metric", alarm(props{"metricName": nil}), "ValidationError: metricName: is not set; an alarm without metricQueries needs it"},
		verdict{"two statistics", alarm(props{"extendedStatistic": "p95"}), `ValidationError: extendedStatistic: "p95" is given beside statistic; keep one of the two`},
		verdict{"no statistic", alarm(props{"statistic": nil}), "ValidationError: statistic: is not set; an alarm needs it, or extendedStatistic"},
		verdict{"period", alarm(props{"period": 45.0}), `ValidationError: period: "45" is neither 10, 20, 30 nor a multiple of 60 seconds; choose such a period`},
		verdict{
			"longer than a day", alarm(props{"period": 300.0, "evaluationPeriods": 300.0}),
			`ValidationError: evaluationPeriods: "300" times the period is 90000 s, above a day; lower one of them`,
		},
		verdict{"more points than periods", alarm(props{"datapointsToAlarm": 4.0}), `ValidationError: datapointsToAlarm: "4" is above evaluationPeriods 3; lower it`},
	)
}
