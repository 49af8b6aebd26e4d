package observability

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const gib = 1 << 30

// database are the alarms on the instance that serves. It reports every minute; during a failover it may not, and that
// has an event of its own, so the alarms keep their state.
func (w *watch) database() {
	s, id := w.args.Settings.Database, w.args.DatabaseIdentifier
	c := func(compare string, threshold float64) condition {
		return condition{compare, threshold, s.PeriodSeconds, s.Periods, 0, keepState}
	}
	w.on("database-cpu", "The database's CPU stays high. Look at the slow log; then raise database.instanceClass.",
		instance(id, "CPUUtilization", "Average"), c(above, float64(s.CPUPercent)))
	w.on("database-storage", "The database's volume is nearly full. It grows by itself up to database.maxStorageGiB; raise that.",
		instance(id, "FreeStorageSpace", "Minimum"), c(below, float64(s.FreeStorageGiB)*gib))
	w.on("database-connections", "The database's connections run out. Look for stuck tasks of an old deployment.",
		instance(id, "DatabaseConnections", "Maximum"), c(above, float64(s.Connections)))
}

// replicas are the alarms on replication. A lag of -1 says that it stopped, which counts as a day; a replica that reports
// nothing is one that does not replicate: breaching.
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_MySQL.Replication.ReadReplicas.html.
func (w *watch) replicas() {
	s := w.args.Settings.Database
	for i, id := range w.args.ReplicaIdentifiers {
		w.over(fmt.Sprintf("replica-%d-lag", i+1), "A read replica is behind, or replication has stopped: reads from it are old.", []input{
			{id: "lag", series: of(instance(id, "ReplicaLag", "Maximum"))},
			{id: "behind", label: "seconds behind", expression: fmt.Sprintf("IF(lag < 0, %d, lag)", day)},
		}, condition{above, float64(s.ReplicaLagSeconds), s.PeriodSeconds, s.Periods, 0, breaching})
	}
}

// firewall is the alarm on blocked requests. Nothing blocked is nothing written: not breaching.
func (w *watch) firewall() {
	if !w.args.WafEnabled {
		return
	}
	s := w.args.Settings.Network
	w.on("waf-blocks", "The web firewall blocks many requests: an attack, or a rule that hits customers. Look at its log group.",
		w.blocked(), condition{above, float64(s.BlockedRequests), s.PeriodSeconds, 1, 0, notBreaching})
}

func (w *watch) blocked() series {
	return series{"AWS/WAFV2", "BlockedRequests", "Sum", pulumi.StringMap{
		"WebACL": w.args.WebAclName, "Region": pulumi.String(w.args.Region), "Rule": pulumi.String("ALL"),
	}}
}

// gateways are the alarms on NAT. A gateway without traffic may write nothing: not breaching.
func (w *watch) gateways() {
	s := w.args.Settings.Network
	for i, id := range w.args.NatGatewayIds {
		nat := func(metric string) series {
			return series{"AWS/NATGateway", metric, "Sum", pulumi.StringMap{
				"NatGatewayId": id,
			}}
		}
		c := condition{above, float64(s.NatErrors), s.PeriodSeconds, 1, 0, notBreaching}
		w.on(fmt.Sprintf("nat-%d-ports", i+1), "A NAT gateway has no port left for new connections to one destination.",
			nat("ErrorPortAllocation"), c)
		c.threshold = float64(s.NatDrops)
		w.on(fmt.Sprintf("nat-%d-drops", i+1), "A NAT gateway drops packets. See infra/runbooks/zone-loss.md.", nat("PacketsDropCount"), c)
	}
}

// serviceDown is the composite: nothing healthy to answer, or most answers are errors. Its parts are named through their
// outputs, so that they exist before it.
func (w *watch) serviceDown() (*cloudwatch.CompositeAlarm, error) {
	rule := pulumi.Sprintf("ALARM(\"%s\") OR ALARM(\"%s\")", w.none.Name, w.outage.Name)
	return cloudwatch.NewCompositeAlarm(w.ctx, w.name+"-service-down", &cloudwatch.CompositeAlarmArgs{
		AlarmName:        pulumi.String(w.args.Scope.Name("service-down", 255)),
		AlarmDescription: pulumi.String("The service is down: no healthy task, or most answers are errors. Page whoever is on call."),
		AlarmRule:        rule,
		AlarmActions:     pulumi.StringArray{w.args.TopicArn},
		OkActions:        pulumi.StringArray{w.args.TopicArn},
	}, pulumi.Parent(w.parent), pulumi.DeleteBeforeReplace(true))
}

// eventPattern is what an EventBridge rule lets through.
// Source: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/rds-cloud-watch-events.html.
type eventPattern struct {
	Source     []string    `json:"source"`
	DetailType []string    `json:"detail-type"`
	Detail     eventDetail `json:"detail"`
}

type eventDetail struct {
	EventCategories  []string `json:"EventCategories"`
	SourceIdentifier []string `json:"SourceIdentifier"`
}

// failover reports a failover of the database: RDS writes an event when it starts and when it is over, and no metric.
func (w *watch) failover() error {
	pattern := w.args.DatabaseIdentifier.ToStringOutput().ApplyT(func(id string) (string, error) {
		return text(eventPattern{
			Source: []string{"aws.rds"}, DetailType: []string{"RDS DB Instance Event"},
			Detail: eventDetail{EventCategories: []string{"failover"}, SourceIdentifier: []string{id}},
		})
	}).(pulumi.StringOutput)
	rule, err := cloudwatch.NewEventRule(w.ctx, w.name+"-failover", &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(w.args.Scope.Name("database-failover", 64)),
		Description:  pulumi.String("The database fails over to its other zone. See infra/runbooks/database-failover.md."),
		EventPattern: pattern,
	}, pulumi.Parent(w.parent))
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewEventTarget(w.ctx, w.name+"-failover-topic", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: w.args.TopicArn, TargetId: pulumi.String("alerts"),
	}, pulumi.Parent(w.parent))
	return err
}

// text is a document as JSON.
func text(document any) (string, error) {
	encoded, err := json.Marshal(document)
	return string(encoded), err
}
