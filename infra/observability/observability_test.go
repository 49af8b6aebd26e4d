package observability_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/observability"
)

const (
	metricAlarm = "aws:cloudwatch/metricAlarm:MetricAlarm"
	composite   = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
	eventRule   = "aws:cloudwatch/eventRule:EventRule"
	eventTarget = "aws:cloudwatch/eventTarget:EventTarget"
	dashboard   = "aws:cloudwatch/dashboard:Dashboard"
	topic       = "arn:aws:sns:us-east-1:123456789012:alerts"
)

func settings() observability.Settings {
	return observability.Settings{
		Requests: observability.Requests{
			PeriodSeconds: 60, Periods: 5, Datapoints: 3, ErrorsPerPeriod: 10, ErrorPercent: 1, OutagePercent: 50,
			MinimumRequests: 20, LatencyP95Seconds: 1,
		},
		Hosts: observability.Hosts{PeriodSeconds: 60, NonePeriods: 2, UnhealthyPeriods: 5},
		Tasks: observability.Tasks{
			PeriodSeconds: 60, Periods: 10, CPUPercent: 85, MemoryPercent: 90, TaskLossPercent: 100, BelowWantedAfter: 5,
		},
		Database: observability.Database{
			PeriodSeconds: 60, Periods: 10, CPUPercent: 80, FreeStorageGiB: 4, Connections: 68, ReplicaLagSeconds: 30,
		},
		Network:   observability.Network{PeriodSeconds: 300, BlockedRequests: 1000, NatDrops: 100},
		Dashboard: observability.Dashboard{Enabled: true},
	}
}

func arguments(change ...func(*observability.Args)) observability.Args {
	a := observability.Args{
		Scope: infratest.Scope(), Settings: settings(),
		TopicArn:              pulumi.String(topic),
		LoadBalancerArnSuffix: pulumi.String("app/task-tracker/0123456789abcdef"),
		TargetGroupArnSuffix:  pulumi.String("targetgroup/task-tracker/0123456789abcdef"),
		ClusterName:           pulumi.String("task-tracker"),
		ServiceName:           pulumi.String("api"),
		DesiredCount:          2,
		LogGroupName:          pulumi.String("/ecs/task-tracker"),
		DatabaseIdentifier:    pulumi.String("task-tracker-1"),
		ReplicaIdentifiers:    pulumi.ToStringArray([]string{"task-tracker-1-replica-1"}),
		NatGatewayIds:         pulumi.ToStringArray([]string{"nat-0a", "nat-0b"}),
		WafEnabled:            true,
		WebAclName:            pulumi.String("task-tracker"),
	}
	for _, c := range change {
		c(&a)
	}
	return a
}

func run(t *testing.T, a observability.Args, opts ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		c, err := observability.New(ctx, "observability", a)
		if err != nil {
			return err
		}
		ctx.Export("dashboard", c.DashboardName)
		ctx.Export("down", c.ServiceDownAlarmArn)
		return nil
	}, opts...)
}

func names(r *infratest.Recorder, typ string) []string {
	var out []string
	for _, one := range r.OfType(typ) {
		out = append(out, strings.TrimPrefix(one.Name, "observability-"))
	}
	return out
}

func TestAlarms(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	want := []string{
		"5xx", "cpu", "database-connections", "database-cpu", "database-storage", "error-rate", "latency-p95", "memory",
		"nat-1-drops", "nat-1-ports", "nat-2-drops", "nat-2-ports", "no-healthy-host", "outage", "replica-1-lag",
		"running-tasks", "task-loss-headroom", "unhealthy-host", "waf-blocks",
	}
	if diff := cmp.Diff(want, names(r, metricAlarm)); diff != "" {
		t.Errorf("alarms (-want +got):\n%s", diff)
	}
	seen := map[string]bool{}
	for _, one := range r.OfType(metricAlarm) {
		if !strings.Contains(one.Parent, observability.Token) {
			t.Errorf("%s: parent is %q", one.Name, one.Parent)
		}
		if one.String("alarmActions[0]") != topic || one.String("okActions[0]") != topic {
			t.Errorf("%s: does not tell the topic of its start and its end", one.Name)
		}
		if v, ok := one.Value("actionsEnabled"); ok && !v.BoolValue() {
			t.Errorf("%s: actions are off", one.Name)
		}
		if one.String("treatMissingData") == "" || one.String("alarmDescription") == "" {
			t.Errorf("%s: does not say what missing data means, or what it is about", one.Name)
		}
		if name := one.String("name"); seen[name] || !strings.HasPrefix(name, "task-tracker-watch-") {
			t.Errorf("%s: the name %q is taken or not of the stack", one.Name, name)
		}
		seen[one.String("name")] = true
	}
}

func TestWhatAnAlarmWatches(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	for name, want := range map[string]map[string]string{
		"latency-p95": {
			"namespace": "AWS/ApplicationELB", "metricName": "TargetResponseTime", "extendedStatistic": "p95", "statistic": "",
			"threshold": "1", "comparisonOperator": "GreaterThanThreshold", "treatMissingData": "ignore",
			"evaluateLowSampleCountPercentiles": "ignore", "dimensions.TargetGroup": "targetgroup/task-tracker/0123456789abcdef",
			"evaluationPeriods": "5", "datapointsToAlarm": "3",
		},
		"no-healthy-host": {
			"metricName": "HealthyHostCount", "comparisonOperator": "LessThanThreshold", "threshold": "1",
			"treatMissingData": "breaching", "evaluationPeriods": "2", "datapointsToAlarm": "2", "period": "60",
		},
		"unhealthy-host":   {"metricName": "UnHealthyHostCount", "treatMissingData": "notBreaching", "threshold": "0"},
		"database-storage": {"threshold": "4.294967296e+09", "comparisonOperator": "LessThanThreshold", "dimensions.DBInstanceIdentifier": "task-tracker-1"},
		"waf-blocks":       {"dimensions.Rule": "ALL", "dimensions.WebACL": "task-tracker", "dimensions.Region": "us-east-1", "period": "300"},
		"nat-2-ports":      {"dimensions.NatGatewayId": "nat-0b", "metricName": "ErrorPortAllocation", "threshold": "0"},
		"running-tasks": {
			"metricQueries[2].expression": "wanted - running", "metricQueries[0].metric.namespace": "ECS/ContainerInsights",
			"metricQueries[0].returnData": "false", "metricQueries[2].returnData": "true", "treatMissingData": "breaching", "period": "",
		},
		"error-rate": {
			"metricQueries[3].expression": "IF(requests >= 20, 100 * (FILL(targets, 0) + FILL(balancer, 0)) / requests, 0)",
			"threshold":                   "1", "treatMissingData": "notBreaching",
		},
		"outage":             {"metricQueries[3].id": "share", "threshold": "50"},
		"5xx":                {"metricQueries[2].expression": "FILL(targets, 0) + FILL(balancer, 0)", "threshold": "10"},
		"task-loss-headroom": {"metricQueries[2].expression": "cpu * samples / 1 - 100 * (samples / 1 - 1)", "threshold": "0"},
		"replica-1-lag": {
			"metricQueries[1].expression": "IF(lag < 0, 86400, lag)", "treatMissingData": "breaching",
			"metricQueries[0].metric.dimensions.DBInstanceIdentifier": "task-tracker-1-replica-1",
		},
	} {
		one := r.One(t, metricAlarm, "observability-"+name)
		for path, text := range want {
			if got := one.String(path); got != text {
				t.Errorf("%s: %s is %q, want %q", name, path, got, text)
			}
		}
	}
}

// What is not there is not watched.
func TestWithoutTheOptionalParts(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(func(a *observability.Args) {
		a.ReplicaIdentifiers, a.NatGatewayIds = nil, nil
		a.WafEnabled, a.WebAclName = false, nil
		a.DesiredCount = 1
		a.Settings.Dashboard.Enabled = false
	}))
	for _, name := range names(r, metricAlarm) {
		if strings.HasPrefix(name, "nat") || strings.HasPrefix(name, "replica") || strings.HasPrefix(name, "waf") || name == "task-loss-headroom" {
			t.Errorf("there is an alarm %q on what is not there", name)
		}
	}
	if boards := names(r, dashboard); len(boards) > 0 {
		t.Errorf("there are dashboards %q", boards)
	}
}

func TestServiceDown(t *testing.T) {
	t.Parallel()
	down := run(t, arguments()).One(t, composite, "observability-service-down")
	want := `ALARM("task-tracker-watch-no-healthy-host") OR ALARM("task-tracker-watch-outage")`
	if got := down.String("alarmRule"); got != want {
		t.Errorf("rule is %q, want %q", got, want)
	}
	if down.String("alarmActions[0]") != topic || down.String("alarmName") != "task-tracker-service-down" {
		t.Errorf("the composite is %v", down.Inputs)
	}
	for _, part := range []string{"no-healthy-host", "outage"} {
		if !slices.ContainsFunc(down.Dependencies, func(urn string) bool { return strings.HasSuffix(urn, "observability-"+part) }) {
			t.Errorf("does not wait for the alarm %s; waits for %q", part, down.Dependencies)
		}
	}
}

func TestFailover(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	rule := r.One(t, eventRule, "observability-failover")
	infratest.Golden(t, "failover.json", rule.String("eventPattern"))
	target := r.One(t, eventTarget, "observability-failover-topic")
	if target.String("arn") != topic || target.String("rule") != rule.String("name") {
		t.Errorf("the target is %v", target.Inputs)
	}
}

func TestDashboard(t *testing.T) {
	t.Parallel()
	body := run(t, arguments()).One(t, dashboard, "observability-dashboard").String("dashboardBody")
	infratest.Golden(t, "dashboard.json", body)

	var board struct {
		Widgets []struct{ X, Y, Width, Height int }
	}
	if err := json.Unmarshal([]byte(body), &board); err != nil {
		t.Fatal(err)
	}
	taken := map[[2]int]int{}
	for i, w := range board.Widgets {
		if w.X < 0 || w.X+w.Width > 24 {
			t.Errorf("widget %d leaves the grid: %+v", i, w)
		}
		for x := w.X; x < w.X+w.Width; x++ {
			for y := w.Y; y < w.Y+w.Height; y++ {
				if other, ok := taken[[2]int{x, y}]; ok {
					t.Fatalf("widgets %d and %d overlap at %d, %d", other, i, x, y)
				}
				taken[[2]int{x, y}] = i
			}
		}
	}
}

// In a preview nothing of AWS is known: the same resources are registered.
func TestPreview(t *testing.T) {
	t.Parallel()
	a := arguments()
	infratest.Forget(&a)
	preview := run(t, a, infratest.Unknown())
	if diff := cmp.Diff(run(t, arguments()).Names(), preview.Names()); diff != "" {
		t.Errorf("(-known +preview):\n%s", diff)
	}
	// The mocks leave out what is unknown: a value would have been made of nothing.
	if got := preview.One(t, dashboard, "observability-dashboard").String("dashboardBody"); got != "" {
		t.Errorf("the dashboard's body is known: %q", got)
	}
	if got := preview.One(t, metricAlarm, "observability-nat-2-ports").String("dimensions.NatGatewayId"); got != "" {
		t.Errorf("the gateway is known: %q", got)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := arguments().Validate(); err != nil {
		t.Fatalf("the arguments of these tests are wrong: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*observability.Args)
		want   string
	}{
		"period": {
			func(a *observability.Args) { a.Settings.Hosts.PeriodSeconds = 45 },
			"observability.hosts.periodSeconds: 45 is not a multiple of 60 between 60 and 3600, which these metrics are written at; set 60 or 300",
		},
		"more than a day": {
			func(a *observability.Args) { a.Settings.Tasks.PeriodSeconds, a.Settings.Tasks.Periods = 3600, 25 },
			"observability.tasks.periods: 25 is above 24, since an alarm looks back a day at most; set 1 to 24",
		},
		"more datapoints than periods": {
			func(a *observability.Args) { a.Settings.Requests.Datapoints = 6 },
			"observability.requests.datapoints: 6 is above 5, as many as there are periods; set 1 to 5",
		},
		"down before it fails": {
			func(a *observability.Args) { a.Settings.Requests.ErrorPercent = 60 },
			"observability.requests.outagePercent: 50 is below errorPercent 60, so that the service would be down before it had errors; set it to 60 or more",
		},
		"no share": {
			func(a *observability.Args) { a.Settings.Requests.ErrorPercent = 0 },
			"observability.requests.errorPercent: 0 is not a share above 0 and up to 100; set a percentage such as 1",
		},
		"latency": {
			func(a *observability.Args) { a.Settings.Requests.LatencyP95Seconds = 61 },
			"observability.requests.latencyP95Seconds: 61 is not between 0 and 60, the load balancer's own timeout; set a time such as 0.5",
		},
		"storage": {
			func(a *observability.Args) { a.Settings.Database.FreeStorageGiB = 0 },
			"observability.database.freeStorageGiB: 0 is below 1, the storage of an RDS instance; set 1 to 65536",
		},
		"firewall": {
			func(a *observability.Args) { a.WebAclName = nil },
			"observability.webAclName: is not wired, yet there is a web firewall; pass edge's WebAclName",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := arguments(test.change).Validate()
			if err == nil || err.Error() != test.want {
				t.Errorf("error is\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

// Nothing wired is an error that names all of it, and nothing is registered.
func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := observability.New(ctx, "observability", observability.Args{WafEnabled: true})
		return err
	},
		"observability.topicArn: ", "observability.loadBalancerArnSuffix: ",
		"observability.targetGroupArnSuffix: ", "observability.clusterName: ", "observability.serviceName: ",
		"observability.logGroupName: ", "observability.databaseIdentifier: ", "observability.webAclName: ",
		"observability.namePrefix: ", "observability.desiredCount: ",
	)
	var f fault.Set
	observability.Settings{}.Validate(&f)
	if len(f.Faults()) == 0 {
		t.Error("settings of zeros are not settings")
	}
}
