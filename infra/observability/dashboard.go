package observability

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// board is a dashboard's body.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html.
type board struct {
	Start          string   `json:"start"`
	PeriodOverride string   `json:"periodOverride"`
	Widgets        []widget `json:"widgets"`
}

// widget is a rectangle on a grid 24 wide.
type widget struct {
	Type       string     `json:"type"` // alarm, metric, log
	X          int        `json:"x"`
	Y          int        `json:"y"`
	Width      int        `json:"width"`
	Height     int        `json:"height"`
	Properties properties `json:"properties"`
}

// properties are those of all three types of widget; each uses its own.
type properties struct {
	Title   string   `json:"title"`
	Alarms  []string `json:"alarms,omitempty"`  // ARNs
	Metrics []line   `json:"metrics,omitempty"` // a curve each
	Query   string   `json:"query,omitempty"`   // Logs Insights
	Region  string   `json:"region,omitempty"`
	View    string   `json:"view,omitempty"` // timeSeries, table
	Stat    string   `json:"stat,omitempty"`
	Period  int      `json:"period,omitempty"`
	YAxis   *yAxis   `json:"yAxis,omitempty"`
}

type yAxis struct {
	Left bound `json:"left"`
}

type bound struct {
	Min float64 `json:"min"`
}

// line is one curve: a metric with its dimensions.
type line struct {
	Namespace  string
	Metric     string
	Dimensions map[string]string
	Label      string
	Stat       string // "" for the widget's
}

// MarshalJSON writes [namespace, metric, dimension, value, …, {options}], the dimensions in the order of their names.
func (l line) MarshalJSON() ([]byte, error) {
	out := []any{l.Namespace, l.Metric}
	for _, name := range slices.Sorted(maps.Keys(l.Dimensions)) {
		out = append(out, name, l.Dimensions[name])
	}
	options := struct {
		Label string `json:"label,omitempty"`
		Stat  string `json:"stat,omitempty"`
	}{l.Label, l.Stat}
	return json.Marshal(append(out, options))
}

// seen are the names that the dashboard shows, known.
type seen struct {
	loadBalancer, targetGroup, cluster, service, logGroup, database, webACL string
	gateways, replicas, alarms                                              []string
}

// dashboard shows what the alarms watch: alarms on top, then requests, tasks, database, network, and the latest errors.
func (w *watch) dashboard(down *cloudwatch.CompositeAlarm) (*cloudwatch.Dashboard, error) {
	a := w.args
	arns := pulumi.StringArray{down.Arn}
	for _, alarm := range w.alarms {
		arns = append(arns, alarm.Arn)
	}
	webACL := pulumi.String("").ToStringOutput()
	if a.WafEnabled {
		webACL = a.WebAclName.ToStringOutput()
	}
	body := pulumi.All(a.LoadBalancerArnSuffix, a.TargetGroupArnSuffix, a.ClusterName, a.ServiceName, a.LogGroupName,
		a.DatabaseIdentifier, webACL, a.NatGatewayIds.ToStringArrayOutput(), a.ReplicaIdentifiers.ToStringArrayOutput(),
		arns.ToStringArrayOutput()).ApplyT(func(v []any) (string, error) {
		words := make([]string, 7)
		for i := range words {
			words[i], _ = v[i].(string)
		}
		lists := make([][]string, 3)
		for i := range lists {
			lists[i], _ = v[7+i].([]string)
		}
		return text(w.board(seen{
			words[0], words[1], words[2], words[3], words[4], words[5], words[6], lists[0], lists[1], lists[2],
		}))
	}).(pulumi.StringOutput)
	return cloudwatch.NewDashboard(w.ctx, w.name+"-dashboard", &cloudwatch.DashboardArgs{
		DashboardName: pulumi.String(a.NamePrefix),
		DashboardBody: body,
	}, pulumi.Parent(w.parent))
}

// board lays the widgets out: three in a row of the grid.
func (w *watch) board(s seen) board {
	balancer := map[string]string{"LoadBalancer": s.loadBalancer}
	group := map[string]string{"LoadBalancer": s.loadBalancer, "TargetGroup": s.targetGroup}
	service := map[string]string{"ClusterName": s.cluster, "ServiceName": s.service}
	const elb = "AWS/ApplicationELB"
	charts := []properties{
		w.chart("Requests a minute", "Sum", line{elb, "RequestCount", balancer, "requests", ""}),
		w.chart("Errors a minute", "Sum",
			line{elb, "HTTPCode_Target_5XX_Count", group, "5xx of tasks", ""},
			line{elb, "HTTPCode_ELB_5XX_Count", balancer, "5xx of load balancer", ""},
			line{elb, "HTTPCode_Target_4XX_Count", group, "4xx", ""}),
		w.chart("Latency, seconds", "p95",
			line{elb, "TargetResponseTime", group, "p50", "p50"},
			line{elb, "TargetResponseTime", group, "p95", "p95"},
			line{elb, "TargetResponseTime", group, "p99", "p99"}),
		w.chart("Hosts", "Maximum",
			line{elb, "HealthyHostCount", group, "healthy", ""},
			line{elb, "UnHealthyHostCount", group, "unhealthy", ""}),
		w.chart("Tasks: CPU and memory, %", "Average",
			line{"AWS/ECS", "CPUUtilization", service, "CPU", ""},
			line{"AWS/ECS", "CPUUtilization", service, "CPU, busiest task", "Maximum"},
			line{"AWS/ECS", "MemoryUtilization", service, "memory", ""}),
		w.chart("Running tasks", "SampleCount", line{"AWS/ECS", "CPUUtilization", service, "running", ""}),
	}
	charts = append(charts, w.databaseCharts(s)...)
	charts = append(charts, w.networkCharts(s)...)

	out := board{Start: "-PT3H", PeriodOverride: "inherit", Widgets: []widget{
		{Type: "alarm", X: 0, Y: 0, Width: 24, Height: 4, Properties: properties{Title: "Alarms", Alarms: s.alarms}},
	}}
	y := 4
	for i, p := range charts {
		out.Widgets = append(out.Widgets, widget{Type: "metric", X: i % 3 * 8, Y: y + i/3*6, Width: 8, Height: 6, Properties: p})
	}
	y += (len(charts) + 2) / 3 * 6
	out.Widgets = append(out.Widgets, widget{Type: "log", X: 0, Y: y, Width: 24, Height: 6, Properties: properties{
		Title: "Latest errors", Region: w.args.Region, View: "table", Query: fmt.Sprintf(
			"SOURCE '%s' | fields @timestamp, msg, error, request_id | filter level = 'ERROR' | sort @timestamp desc | limit 50", s.logGroup),
	}})
	return out
}

func (w *watch) databaseCharts(s seen) []properties {
	const rds = "AWS/RDS"
	at := func(id string) map[string]string { return map[string]string{"DBInstanceIdentifier": id} }
	d := at(s.database)
	latency := []line{
		{rds, "ReadLatency", d, "read latency", ""},
		{rds, "WriteLatency", d, "write latency", ""},
	}
	for _, id := range s.replicas {
		latency = append(latency, line{rds, "ReplicaLag", at(id), "lag of " + id, "Maximum"})
	}
	return []properties{
		w.chart("Database: CPU, %", "Average", line{rds, "CPUUtilization", d, "CPU", ""}),
		w.chart("Database: connections", "Maximum", line{rds, "DatabaseConnections", d, "connections", ""}),
		w.chart("Database: free storage and memory, bytes", "Minimum",
			line{rds, "FreeStorageSpace", d, "storage", ""}, line{rds, "FreeableMemory", d, "memory", ""}),
		w.chart("Database: latency and lag, seconds", "Average", latency...),
	}
}

func (w *watch) networkCharts(s seen) []properties {
	var out []properties
	if w.args.WafEnabled {
		acl := map[string]string{"WebACL": s.webACL, "Region": w.args.Region, "Rule": "ALL"}
		out = append(out, w.chart("Web firewall", "Sum",
			line{"AWS/WAFV2", "AllowedRequests", acl, "allowed", ""}, line{"AWS/WAFV2", "BlockedRequests", acl, "blocked", ""}))
	}
	var nat []line
	for _, id := range s.gateways {
		at := map[string]string{"NatGatewayId": id}
		nat = append(nat,
			line{"AWS/NATGateway", "BytesOutToDestination", at, "bytes out of " + id, ""},
			line{"AWS/NATGateway", "ErrorPortAllocation", at, "port errors of " + id, ""},
			line{"AWS/NATGateway", "PacketsDropCount", at, "packets dropped by " + id, ""})
	}
	if len(nat) > 0 {
		out = append(out, w.chart("NAT gateways", "Sum", nat...))
	}
	return out
}

// chart is a widget of curves over time, a point a minute.
func (w *watch) chart(title, stat string, lines ...line) properties {
	return properties{
		Title: title, Metrics: lines, Region: w.args.Region, View: "timeSeries", Stat: stat, Period: 60,
		YAxis: &yAxis{Left: bound{Min: 0}},
	}
}
