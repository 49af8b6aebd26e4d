package cost_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/cost"
	"github.com/task-tracker/task-tracker/infra/infratest"
)

const (
	budget       = "aws:budgets/budget:Budget"
	monitor      = "aws:costexplorer/anomalyMonitor:AnomalyMonitor"
	subscription = "aws:costexplorer/anomalySubscription:AnomalySubscription"
	tag          = "aws:costexplorer/costAllocationTag:CostAllocationTag"

	topic = "arn:aws:sns:us-east-1:123456789012:alerts"
	known = "arn:aws:ce::123456789012:anomalymonitor/0f4f0e8a-5f3b-4f0e-9a55-1c2d3e4f5a6b"
)

func arguments(change ...func(*cost.Settings)) cost.Args {
	a := cost.Args{
		Scope: infratest.Scope(),
		Settings: cost.Settings{
			MonthlyUSD: 250.5, AlertPercent: 80, ForecastPercent: 100,
			Anomalies: cost.Anomaly{Mode: cost.Create, ImpactUSD: 20},
		},
		TopicArn: pulumi.String(topic),
	}
	for _, c := range change {
		c(&a.Settings)
	}
	return a
}

func run(t *testing.T, a cost.Args, opts ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		_, err := cost.New(ctx, "cost", a)
		return err
	}, opts...)
}

func TestBudget(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	r.One(t, budget, "cost-budget").Expect(t, map[string]string{
		"name": "task-tracker-monthly", "budgetType": "COST", "timeUnit": "MONTHLY", "limitAmount": "250.5", "limitUnit": "USD",
		"costTypes.includeCredit": "false", "costFilters": "",
		"notifications[0].notificationType": "ACTUAL", "notifications[0].threshold": "80", "notifications[0].thresholdType": "PERCENTAGE",
		"notifications[1].notificationType": "ACTUAL", "notifications[1].threshold": "100",
		"notifications[2].notificationType": "FORECASTED", "notifications[2].threshold": "100",
		"notifications[0].subscriberSnsTopicArns[0]": topic, "notifications[2].subscriberSnsTopicArns[0]": topic, "notifications[3]": "",
	})
	for _, one := range r.All() {
		if strings.HasPrefix(one.Type, "aws:") && !strings.HasSuffix(one.Parent, cost.Token+"::cost") {
			t.Errorf("%s: parent is %q", one.Name, one.Parent)
		}
	}
}

func TestBudgetOfATag(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(func(s *cost.Settings) {
		s.FilterTag, s.FilterValue, s.AlertPercent = "Environment", "prod", 100
		s.Emails, s.AllocationTags = []string{"b@example.com", "a@example.com"}, []string{"Environment"}
	}))
	r.One(t, budget, "cost-budget").Expect(t, map[string]string{
		"costFilters[0].name": "TagKeyValue", "costFilters[0].values[0]": "user:Environment$prod",
		"notifications[0].threshold": "100", "notifications[1].notificationType": "FORECASTED", "notifications[2]": "",
		"notifications[0].subscriberEmailAddresses[0]": "b@example.com",
	})
	r.One(t, tag, "cost-tag-Environment").Expect(t, map[string]string{"tagKey": "Environment", "status": "Active"})
	r.One(t, subscription, "cost-anomalies-mail").Expect(t, map[string]string{
		"frequency": "DAILY", "subscribers[0].type": "EMAIL", "subscribers[0].address": "a@example.com", "subscribers[1].address": "b@example.com",
	})
}

func TestAnomalies(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	r.One(t, monitor, "cost-anomalies").Expect(t, map[string]string{"monitorType": "DIMENSIONAL", "monitorDimension": "SERVICE"})
	r.One(t, subscription, "cost-anomalies-topic").Expect(t, map[string]string{
		"frequency": "IMMEDIATE", "subscribers[0].type": "SNS", "subscribers[0].address": topic,
		"monitorArnLists[0]":                      "arn:aws:costexplorer:us-east-1:123456789012:cost-anomalies",
		"thresholdExpression.dimension.key":       "ANOMALY_TOTAL_IMPACT_ABSOLUTE",
		"thresholdExpression.dimension.values[0]": "20",
	})

	r = run(t, arguments(func(s *cost.Settings) { s.Anomalies.Mode, s.Anomalies.MonitorArn = cost.Existing, known }))
	if made := r.OfType(monitor); len(made) > 0 {
		t.Errorf("a second monitor was made: %v", made)
	}
	r.One(t, subscription, "cost-anomalies-topic").Expect(t, map[string]string{"monitorArnLists[0]": known})

	r = run(t, arguments(func(s *cost.Settings) { s.Anomalies.Mode = cost.Off }))
	if n := len(r.OfType(monitor)) + len(r.OfType(subscription)); n > 0 {
		t.Errorf("off registers %d resources", n)
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	a := arguments()
	infratest.Forget(&a)
	if diff := cmp.Diff(run(t, arguments()).Names(), run(t, a, infratest.Unknown()).Names()); diff != "" {
		t.Errorf("(-known +preview):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := arguments().Validate(); err != nil {
		t.Fatalf("the arguments of these tests are wrong: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*cost.Settings)
		want   string
	}{
		"budget": {
			func(s *cost.Settings) { s.MonthlyUSD = 0 },
			"cost.monthlyUSD: 0 is no budget, which are above 0 and up to 10000000 dollars; set what a month may cost",
		},
		"percent": {
			func(s *cost.Settings) { s.AlertPercent = -1 },
			"cost.alertPercent: -1 is not a share above 0 and up to 1000; set a percentage such as 80",
		},
		"half a filter": {
			func(s *cost.Settings) { s.FilterTag = "Environment" },
			`cost.filterTag: "Environment" goes with filterValue "": one says nothing without the other; set both or neither`,
		},
		"address": {
			func(s *cost.Settings) { s.Emails = []string{"ops"} },
			`cost.emails: "ops" is not an address; write it as platform@example.com`,
		},
		"addresses": {
			func(s *cost.Settings) { s.Emails = strings.Split(strings.Repeat("a@example.com ", 11)[:153], " ") },
			"cost.emails: 11 addresses are more than the ten that a budget notifies; use a mailing list",
		},
		"tag": {
			func(s *cost.Settings) { s.AllocationTags = []string{"aws:createdBy"} },
			`cost.allocationTags: "aws:createdBy" is not a tag of ours; name the key of a default tag`,
		},
		"mode": {
			func(s *cost.Settings) { s.Anomalies.Mode = "exist" },
			`cost.anomalies.mode: "exist" is none of create, existing, off`,
		},
		"no monitor": {
			func(s *cost.Settings) { s.Anomalies.Mode = cost.Existing },
			`cost.anomalies.monitorArn: "" is not the ARN of a monitor, which mode existing needs; take it from aws ce get-anomaly-monitors`,
		},
		"a monitor too many": {
			func(s *cost.Settings) { s.Anomalies.MonitorArn = known },
			`cost.anomalies.monitorArn: "` + known + `" goes with mode existing, not "create"; remove it or change the mode`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := arguments(test.change).Validate(); err == nil || err.Error() != test.want {
				t.Errorf("error is\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := cost.New(ctx, "cost", cost.Args{})
		return err
	},
		"cost.topicArn: ", "cost.namePrefix: ", "cost.monthlyUSD: ",
	)
}
