package observability

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:observability:Observability"

// Args is what the component watches.
type Args struct {
	place.Scope
	Settings Settings

	TopicArn              pulumi.StringInput // gets every alarm, and its end
	LoadBalancerArnSuffix pulumi.StringInput // app/name/0123456789abcdef
	TargetGroupArnSuffix  pulumi.StringInput // targetgroup/name/0123456789abcdef
	ClusterName           pulumi.StringInput
	ServiceName           pulumi.StringInput
	DesiredCount          int // tasks that the service starts with: its autoscaling's least
	LogGroupName          pulumi.StringInput

	DatabaseIdentifier pulumi.StringInput
	ReplicaIdentifiers pulumi.StringArray
	NatGatewayIds      pulumi.StringArray

	WafEnabled bool
	WebAclName pulumi.StringInput // the web ACL's metric name, where WafEnabled
}

// Observability is the alarms, the composite over them and the dashboard.
type Observability struct {
	pulumi.ResourceState

	DashboardName       pulumi.StringOutput // "" where there is none
	ServiceDownAlarmArn pulumi.StringOutput
}

// Validate returns all that is wrong with the settings and the wiring, a line each.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("observability")
	a.Settings.Validate(f)
	for _, wired := range []struct {
		path  string
		input pulumi.StringInput
		from  string
	}{
		{"topicArn", a.TopicArn, "foundation's TopicArn"},
		{"loadBalancerArnSuffix", a.LoadBalancerArnSuffix, "edge's LoadBalancerArnSuffix"},
		{"targetGroupArnSuffix", a.TargetGroupArnSuffix, "edge's TargetGroupArnSuffix"},
		{"clusterName", a.ClusterName, "service's ClusterName"},
		{"serviceName", a.ServiceName, "service's ServiceName"},
		{"logGroupName", a.LogGroupName, "foundation's AppLogGroup.Name"},
		{"databaseIdentifier", a.DatabaseIdentifier, "database's Identifier"},
	} {
		f.Require(wired.input != nil, wired.path, "is not wired; pass %s", wired.from)
	}
	f.Require(a.NamePrefix != "", "namePrefix", "is empty, and alarms are named after it; pass the stack's place.Scope")
	f.Require(a.DesiredCount >= 1, "desiredCount", "%d tasks are not a service; pass the service's least number of tasks", a.DesiredCount)
	f.Require(!a.WafEnabled || a.WebAclName != nil, "webAclName", "is not wired, yet there is a web firewall; pass edge's WebAclName")
	return all.Err()
}

// New registers the alarms, the composite, the failover rule and the dashboard.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Observability, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Observability{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("observability: %w", err)
	}
	w := &watch{ctx: ctx, name: name, args: args, parent: c}
	w.requests()
	w.hosts()
	w.tasks()
	w.database()
	w.replicas()
	w.firewall()
	w.gateways()
	if w.err != nil {
		return nil, fmt.Errorf("observability: %w", w.err)
	}
	down, err := w.serviceDown()
	if err != nil {
		return nil, fmt.Errorf("observability: service down: %w", err)
	}
	if err := w.failover(); err != nil {
		return nil, fmt.Errorf("observability: failover: %w", err)
	}
	c.ServiceDownAlarmArn = down.Arn
	c.DashboardName = pulumi.String("").ToStringOutput()
	if args.Settings.Dashboard.Enabled {
		board, err := w.dashboard(down)
		if err != nil {
			return nil, fmt.Errorf("observability: dashboard: %w", err)
		}
		c.DashboardName = board.DashboardName
	}
	outputs := pulumi.Map{"dashboardName": c.DashboardName, "serviceDownAlarmArn": c.ServiceDownAlarmArn}
	if err := ctx.RegisterResourceOutputs(c, outputs); err != nil {
		return nil, fmt.Errorf("observability: outputs: %w", err)
	}
	return c, nil
}

// watch builds the alarms of one component. The first error stays in err, and nothing is registered after it.
type watch struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.Resource
	err    error

	alarms []*cloudwatch.MetricAlarm // in the order they were registered in
	none   *cloudwatch.MetricAlarm   // no healthy host
	outage *cloudwatch.MetricAlarm   // most answers are errors
}
