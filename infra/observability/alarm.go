package observability

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What missing data means to an alarm.
const (
	breaching    = "breaching"    // silence is the fault
	notBreaching = "notBreaching" // the metric is written only when something happens
	keepState    = "ignore"       // nothing to judge by: stay as it was
)

// How a value is held against the threshold.
const (
	above   = "GreaterThanThreshold"
	atLeast = "GreaterThanOrEqualToThreshold"
	below   = "LessThanThreshold"
)

// condition is when an alarm goes off: datapoints of periods periods cross the threshold.
type condition struct {
	compare    string // above, atLeast, below
	threshold  float64
	seconds    int // of a period
	periods    int
	datapoints int // 0: all periods
	missing    string
}

// series is a metric as AWS writes it.
type series struct {
	namespace  string
	metric     string
	stat       string // Sum, Average, …, or a percentile: p95
	dimensions pulumi.StringMap
}

// input is a series or an expression over the ones before it; the last one of an alarm is what it watches.
type input struct {
	id         string
	label      string
	series     *series
	expression string
}

// on registers an alarm on one series.
func (w *watch) on(part, description string, s series, c condition) *cloudwatch.MetricAlarm {
	args := w.alarmArgs(part, description, c)
	args.Namespace, args.MetricName = pulumi.String(s.namespace), pulumi.String(s.metric)
	args.Dimensions, args.Period = s.dimensions, pulumi.Int(c.seconds)
	if s.stat[0] == 'p' {
		args.ExtendedStatistic = pulumi.String(s.stat)
		args.EvaluateLowSampleCountPercentiles = pulumi.String("ignore") // the p95 of five requests is their slowest one
	} else {
		args.Statistic = pulumi.String(s.stat)
	}
	return w.register(part, args)
}

// over registers an alarm on an expression: the last input.
func (w *watch) over(part, description string, inputs []input, c condition) *cloudwatch.MetricAlarm {
	args := w.alarmArgs(part, description, c)
	var queries cloudwatch.MetricAlarmMetricQueryArray
	for i, in := range inputs {
		q := cloudwatch.MetricAlarmMetricQueryArgs{Id: pulumi.String(in.id), ReturnData: pulumi.Bool(i == len(inputs)-1)}
		if in.series != nil {
			q.Metric = cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace: pulumi.String(in.series.namespace), MetricName: pulumi.String(in.series.metric),
				Dimensions: in.series.dimensions, Stat: pulumi.String(in.series.stat), Period: pulumi.Int(c.seconds),
			}
		} else {
			q.Expression, q.Label = pulumi.String(in.expression), pulumi.String(in.label)
		}
		queries = append(queries, q)
	}
	args.MetricQueries = queries
	return w.register(part, args)
}

// alarmArgs are those that both kinds of alarm share. The topic hears of the end of an alarm, too.
func (w *watch) alarmArgs(part, description string, c condition) *cloudwatch.MetricAlarmArgs {
	points := c.datapoints
	if points == 0 {
		points = c.periods
	}
	return &cloudwatch.MetricAlarmArgs{
		Name:               pulumi.String(w.args.Scope.Name("watch-"+part, 255)),
		AlarmDescription:   pulumi.String(description),
		ComparisonOperator: pulumi.String(c.compare),
		Threshold:          pulumi.Float64(c.threshold),
		EvaluationPeriods:  pulumi.Int(c.periods),
		DatapointsToAlarm:  pulumi.Int(points),
		TreatMissingData:   pulumi.String(c.missing),
		AlarmActions:       pulumi.Array{w.args.TopicArn},
		OkActions:          pulumi.Array{w.args.TopicArn},
	}
}

func (w *watch) register(part string, args *cloudwatch.MetricAlarmArgs) *cloudwatch.MetricAlarm {
	if w.err != nil {
		return nil
	}
	alarm, err := cloudwatch.NewMetricAlarm(w.ctx, w.name+"-"+part, args, pulumi.Parent(w.parent))
	if err != nil {
		w.err = fmt.Errorf("alarm %s: %w", part, err)
		return nil
	}
	w.alarms = append(w.alarms, alarm)
	return alarm
}

// loadBalancer is a series of the load balancer.
func (w *watch) loadBalancer(metric, stat string) series {
	return series{"AWS/ApplicationELB", metric, stat, pulumi.StringMap{"LoadBalancer": w.args.LoadBalancerArnSuffix}}
}

// targets is a series of the target group.
func (w *watch) targets(metric, stat string) series {
	return series{"AWS/ApplicationELB", metric, stat, pulumi.StringMap{
		"LoadBalancer": w.args.LoadBalancerArnSuffix, "TargetGroup": w.args.TargetGroupArnSuffix,
	}}
}

// service is a series of the service, in AWS/ECS or ECS/ContainerInsights.
func (w *watch) service(namespace, metric, stat string) series {
	return series{namespace, metric, stat, pulumi.StringMap{"ClusterName": w.args.ClusterName, "ServiceName": w.args.ServiceName}}
}

// instance is a series of a database instance.
func instance(identifier pulumi.StringInput, metric, stat string) series {
	return series{"AWS/RDS", metric, stat, pulumi.StringMap{"DBInstanceIdentifier": identifier}}
}

func of(s series) *series { return &s }
