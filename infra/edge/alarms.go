package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checkMetricsRegion is where Route 53 keeps the metrics of health checks. An alarm and its topic are in the region of the
// metric, so elsewhere the check has no alarm of this stack. Source:
// https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/monitoring-health-checks.html.
const checkMetricsRegion = "us-east-1"

// rollbackAlarms registers what rolls a deployment back, and returns the names of the alarms.
func (b builder) rollbackAlarms(balancer *lb.LoadBalancer, group *lb.TargetGroup) (pulumi.StringArrayOutput, error) {
	dimensions := pulumi.StringMap{"LoadBalancer": balancer.ArnSuffix, "TargetGroup": group.ArnSuffix}
	rollback := b.args.Settings.Rollback
	errors, err := b.alarm("rollback-5xx", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("Tasks answer %d or more requests a minute with 5xx. Rolls a running deployment back.", rollback.ServerErrors)),
		Namespace:          pulumi.String("AWS/ApplicationELB"),
		MetricName:         pulumi.String("HTTPCode_Target_5XX_Count"),
		Dimensions:         dimensions,
		Statistic:          pulumi.String("Sum"),
		ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
		Threshold:          pulumi.Float64(float64(rollback.ServerErrors)),
		EvaluationPeriods:  pulumi.Int(2),
		DatapointsToAlarm:  pulumi.Int(2),
	})
	if err != nil {
		return pulumi.StringArrayOutput{}, err
	}
	unhealthy, err := b.alarm("rollback-unhealthy", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("A task has been unhealthy for %d minutes. Rolls a running deployment back.", rollback.UnhealthyMinutes)),
		Namespace:          pulumi.String("AWS/ApplicationELB"),
		MetricName:         pulumi.String("UnHealthyHostCount"),
		Dimensions:         dimensions,
		Statistic:          pulumi.String("Maximum"),
		ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
		Threshold:          pulumi.Float64(1),
		EvaluationPeriods:  pulumi.Int(rollback.UnhealthyMinutes),
		DatapointsToAlarm:  pulumi.Int(rollback.UnhealthyMinutes),
	})
	if err != nil {
		return pulumi.StringArrayOutput{}, err
	}
	return pulumi.StringArray{errors.Name, unhealthy.Name}.ToStringArrayOutput(), nil
}

// outsideAlarm tells the topic that the domain does not answer.
func (b builder) outsideAlarm(check *route53.HealthCheck) error {
	if b.args.Region != checkMetricsRegion {
		return nil
	}
	_, err := b.alarm("outside-down", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.String(fmt.Sprintf("https://%s%s does not answer, seen from outside.", b.args.Settings.Domain, HealthPath)),
		Namespace:          pulumi.String("AWS/Route53"),
		MetricName:         pulumi.String("HealthCheckStatus"),
		Dimensions:         pulumi.StringMap{"HealthCheckId": check.ID().ToStringOutput()},
		Statistic:          pulumi.String("Minimum"),
		ComparisonOperator: pulumi.String("LessThanThreshold"),
		Threshold:          pulumi.Float64(1),
		EvaluationPeriods:  pulumi.Int(1),
		TreatMissingData:   pulumi.String("breaching"),
	})
	return err
}

// alarm registers an alarm of one-minute periods that tells the topic when it goes on and off.
func (b builder) alarm(part string, args *cloudwatch.MetricAlarmArgs) (*cloudwatch.MetricAlarm, error) {
	args.Name = pulumi.String(b.args.Name(part, 255))
	args.Period = pulumi.Int(60)
	args.ActionsEnabled = pulumi.Bool(true)
	args.AlarmActions, args.OkActions = pulumi.Array{b.args.TopicArn}, pulumi.Array{b.args.TopicArn}
	if args.TreatMissingData == nil {
		args.TreatMissingData = pulumi.String("notBreaching") // no requests, no metric
	}
	alarm, err := cloudwatch.NewMetricAlarm(b.ctx, b.name+"-"+part, args, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: alarm %s: %w", part, err)
	}
	return alarm, nil
}
