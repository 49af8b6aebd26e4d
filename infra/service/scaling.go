package service

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/appautoscaling"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	minute      = 60  // seconds: the finest that ECS and load balancers report
	outCooldown = 60  // seconds
	inCooldown  = 300 // seconds
)

// scaler registers what changes the number of tasks.
type scaler struct {
	*build
	target       *appautoscaling.Target
	before       []pulumi.Resource // what was put on the target last
	service      pulumi.StringMap  // dimensions of the service's metrics
	loadBalancer pulumi.StringMap  // dimensions of the target group's
}

// scaling registers the bounds, the policies with their alarms, and the schedules.
func (b *build) scaling(cluster *ecs.Cluster, s *ecs.Service) error {
	bounds := b.args.Settings.Scaling
	target, err := appautoscaling.NewTarget(b.ctx, b.name+"-tasks", &appautoscaling.TargetArgs{
		ServiceNamespace:  pulumi.String("ecs"),
		ScalableDimension: pulumi.String("ecs:service:DesiredCount"),
		ResourceId:        pulumi.Sprintf("service/%s/%s", cluster.Name, s.Name),
		MinCapacity:       pulumi.Int(bounds.Min),
		MaxCapacity:       pulumi.Int(bounds.Max),
	}, b.child(), pulumi.DependsOn([]pulumi.Resource{s}))
	if err != nil {
		return fmt.Errorf("scaling: bounds: %w", err)
	}
	x := &scaler{
		build: b, target: target,
		service:      pulumi.StringMap{"ClusterName": cluster.Name, "ServiceName": s.Name},
		loadBalancer: pulumi.StringMap{"LoadBalancer": b.label(0), "TargetGroup": b.label(1)},
	}
	for _, step := range []func() error{x.tracking, x.out, x.in, x.schedules} {
		if err := step(); err != nil {
			return fmt.Errorf("scaling: %w", err)
		}
	}
	return nil
}

// label returns the load balancer's part of the request label (0), or the target group's (1).
func (b *build) label(part int) pulumi.StringOutput {
	return b.args.RequestLabel.ToStringOutput().ApplyT(func(label string) (string, error) {
		balancer, group, ok := strings.Cut(label, "/targetgroup/")
		if !ok || balancer == "" || group == "" {
			return "", fmt.Errorf("scaling: the request label %q is not app/{name}/{id}/targetgroup/{name}/{id}; pass edge's two suffixes, joined by a slash", label)
		}
		return []string{balancer, "targetgroup/" + group}[part], nil
	}).(pulumi.StringOutput)
}

// tracking registers a policy for each metric that is kept near a target.
func (x *scaler) tracking() error {
	s := x.args.Settings.Scaling
	for _, one := range []struct {
		part, metric string
		target       int
		label        pulumi.StringPtrInput
	}{
		{"cpu", "ECSServiceAverageCPUUtilization", s.CPUPercent, nil},
		{"memory", "ECSServiceAverageMemoryUtilization", s.MemoryPercent, nil},
		{"requests", "ALBRequestCountPerTarget", s.RequestsPerTarget, x.args.RequestLabel.ToStringOutput().ToStringPtrOutput()},
	} {
		if _, err := x.policy("track-"+one.part, &appautoscaling.PolicyArgs{
			PolicyType: pulumi.String("TargetTrackingScaling"),
			TargetTrackingScalingPolicyConfiguration: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs{
				TargetValue:      pulumi.Float64(float64(one.target)),
				ScaleOutCooldown: pulumi.Int(outCooldown),
				ScaleInCooldown:  pulumi.Int(inCooldown),
				PredefinedMetricSpecification: appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs{
					PredefinedMetricType: pulumi.String(one.metric), ResourceLabel: one.label,
				},
			},
		}); err != nil {
			return fmt.Errorf("tracking of %s: %w", one.part, err)
		}
	}
	return nil
}

// step is a change of the number of tasks where the metric is at least above over the alarm's threshold.
type step struct {
	above string
	tasks int
}

// steps registers a step policy. The steps are in order; each ends where the next begins.
func (x *scaler) steps(part, aggregation string, cooldown int, steps ...step) (*appautoscaling.Policy, error) {
	adjustments := appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustmentArray{}
	for i, one := range steps {
		a := appautoscaling.PolicyStepScalingPolicyConfigurationStepAdjustmentArgs{
			MetricIntervalLowerBound: pulumi.String(one.above), ScalingAdjustment: pulumi.Int(one.tasks),
		}
		if i+1 < len(steps) {
			a.MetricIntervalUpperBound = pulumi.String(steps[i+1].above)
		}
		adjustments = append(adjustments, a)
	}
	return x.policy("step-"+part, &appautoscaling.PolicyArgs{
		PolicyType: pulumi.String("StepScaling"),
		StepScalingPolicyConfiguration: appautoscaling.PolicyStepScalingPolicyConfigurationArgs{
			AdjustmentType: pulumi.String("ChangeInCapacity"), Cooldown: pulumi.Int(cooldown),
			MetricAggregationType: pulumi.String(aggregation), StepAdjustments: adjustments,
		},
	})
}

// policy registers a policy of the target after the one before: AWS refuses two at once on one target.
func (x *scaler) policy(part string, in *appautoscaling.PolicyArgs) (*appautoscaling.Policy, error) {
	in.ServiceNamespace, in.ScalableDimension, in.ResourceId = x.target.ServiceNamespace, x.target.ScalableDimension, x.target.ResourceId
	policy, err := appautoscaling.NewPolicy(x.ctx, x.name+"-"+part, in, x.child(), pulumi.DependsOn(x.before))
	x.before = []pulumi.Resource{policy}
	return policy, err
}

// out adds a task after one minute above the target of CPU or requests, and two where it is far above.
func (x *scaler) out() error {
	s := x.args.Settings.Scaling
	for _, one := range []struct {
		part, namespace, metric, statistic string
		dimensions                         pulumi.StringMap
		target                             int
		far                                string // above the target
	}{
		{"cpu", "AWS/ECS", "CPUUtilization", "Average", x.service, s.CPUPercent, strconv.Itoa(max(1, (100-s.CPUPercent)/2))},
		{"requests", "AWS/ApplicationELB", "RequestCountPerTarget", "Sum", x.loadBalancer, s.RequestsPerTarget, strconv.Itoa(s.RequestsPerTarget / 2)},
	} {
		policy, err := x.steps("out-"+one.part, "Average", outCooldown, step{"0", 1}, step{one.far, 2})
		if err != nil {
			return fmt.Errorf("steps out by %s: %w", one.part, err)
		}
		if _, err := cloudwatch.NewMetricAlarm(x.ctx, x.name+"-out-"+one.part, &cloudwatch.MetricAlarmArgs{
			AlarmDescription:   pulumi.Sprintf("Adds tasks to %s: %s above the target of scaling for a minute.", x.args.NamePrefix, one.metric),
			Namespace:          pulumi.String(one.namespace),
			MetricName:         pulumi.String(one.metric),
			Dimensions:         one.dimensions,
			Statistic:          pulumi.String(one.statistic),
			Period:             pulumi.Int(minute),
			EvaluationPeriods:  pulumi.Int(1),
			ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
			Threshold:          pulumi.Float64(float64(one.target)),
			TreatMissingData:   pulumi.String("notBreaching"),
			AlarmActions:       pulumi.Array{policy.Arn},
		}, x.child()); err != nil {
			return fmt.Errorf("alarm of %s: %w", one.part, err)
		}
	}
	return nil
}

// idle is 1 where what n tasks do fits on n-1: CPU and requests below half of their targets, for n of 2 and more, and
// memory, which hardly moves with load, below three quarters. No requests are no data.
func (s Scaling) idle() string {
	return fmt.Sprintf("IF(cpu < %d AND memory < %d AND FILL(requests, 0) < %d, 1, 0)", s.CPUPercent/2, s.MemoryPercent*3/4, s.RequestsPerTarget/2)
}

// in takes a task away after some minutes in which the others would do.
func (x *scaler) in() error {
	s := x.args.Settings.Scaling
	policy, err := x.steps("in", "Average", inCooldown, step{"0", -1})
	if err != nil {
		return fmt.Errorf("steps in: %w", err)
	}
	queries := cloudwatch.MetricAlarmMetricQueryArray{cloudwatch.MetricAlarmMetricQueryArgs{
		Id: pulumi.String("idle"), Expression: pulumi.String(s.idle()), Label: pulumi.String("one task less would do"), ReturnData: pulumi.Bool(true),
	}}
	for _, one := range []struct {
		id, namespace, metric, statistic string
		dimensions                       pulumi.StringMap
	}{
		{"cpu", "AWS/ECS", "CPUUtilization", "Average", x.service},
		{"memory", "AWS/ECS", "MemoryUtilization", "Average", x.service},
		{"requests", "AWS/ApplicationELB", "RequestCountPerTarget", "Sum", x.loadBalancer},
	} {
		queries = append(queries, cloudwatch.MetricAlarmMetricQueryArgs{
			Id: pulumi.String(one.id),
			Metric: cloudwatch.MetricAlarmMetricQueryMetricArgs{
				Namespace: pulumi.String(one.namespace), MetricName: pulumi.String(one.metric), Dimensions: one.dimensions,
				Period: pulumi.Int(minute), Stat: pulumi.String(one.statistic),
			},
			ReturnData: pulumi.Bool(false),
		})
	}
	if _, err := cloudwatch.NewMetricAlarm(x.ctx, x.name+"-in", &cloudwatch.MetricAlarmArgs{
		AlarmDescription:   pulumi.Sprintf("Takes a task from %s: %d minutes in which the others would do.", x.args.NamePrefix, s.InMinutes),
		MetricQueries:      queries,
		EvaluationPeriods:  pulumi.Int(s.InMinutes),
		ComparisonOperator: pulumi.String("GreaterThanOrEqualToThreshold"),
		Threshold:          pulumi.Float64(1),
		TreatMissingData:   pulumi.String("notBreaching"),
		AlarmActions:       pulumi.Array{policy.Arn},
	}, x.child()); err != nil {
		return fmt.Errorf("alarm of idle tasks: %w", err)
	}
	return nil
}

// schedules registers other bounds at other times. They are put on after each other: AWS refuses two at once on one target.
func (x *scaler) schedules() error {
	for _, one := range x.args.Settings.Scaling.Schedules {
		action, err := appautoscaling.NewScheduledAction(x.ctx, x.name+"-at-"+one.Name, &appautoscaling.ScheduledActionArgs{
			ServiceNamespace:  x.target.ServiceNamespace,
			ScalableDimension: x.target.ScalableDimension,
			ResourceId:        x.target.ResourceId,
			Schedule:          pulumi.String(one.When),
			Timezone:          pulumi.String(one.Timezone),
			ScalableTargetAction: appautoscaling.ScheduledActionScalableTargetActionArgs{
				MinCapacity: pulumi.Int(one.Min), MaxCapacity: pulumi.Int(one.Max),
			},
		}, x.child(), pulumi.DependsOn(x.before))
		if err != nil {
			return fmt.Errorf("schedule %s: %w", one.Name, err)
		}
		x.before = []pulumi.Resource{action}
	}
	return nil
}
