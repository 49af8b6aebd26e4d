package edge

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:edge:Edge"

// Port is where the service listens.
const Port = 3000

// HealthPath is the service's liveness: it never asks the database.
const HealthPath = "/health"

// LogPrefix is where the load balancer's logs go in the log bucket.
const LogPrefix = "alb"

// Args is what the way in is made from.
type Args struct {
	place.Scope
	Settings        Settings
	VpcId           pulumi.StringInput
	SubnetIds       pulumi.StringArrayInput // public ones, in two zones or more
	SecurityGroupId pulumi.StringInput
	LogBucketName   pulumi.StringInput
	WafLogGroupArn  pulumi.StringInput // of a log group whose name starts with aws-waf-logs-; needed for the firewall's log only
	TopicArn        pulumi.StringInput
}

// Validate returns every fault of the settings, and every input that is not wired.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("edge")
	a.Settings.Validate(f)
	const missing = "is not wired; pass %s"
	f.Require(a.VpcId != nil, "vpcId", missing, "network.VpcId")
	f.Require(a.SubnetIds != nil, "subnetIds", missing, "network.PublicSubnetIds")
	f.Require(a.SecurityGroupId != nil, "securityGroupId", missing, "network.LoadBalancerSecurityGroupId")
	f.Require(a.TopicArn != nil, "topicArn", missing, "foundation.TopicArn")
	f.Require(a.LogBucketName != nil || !a.Settings.AccessLogs, "logBucketName", missing, "foundation.LogBucketName, or set accessLogs to false")
	f.Require(a.WafLogGroupArn != nil || !a.Settings.Waf.Enabled || !a.Settings.Waf.Logging, "wafLogGroupArn", missing,
		"foundation.WafLogGroup.Arn, or set waf.logging to false")
	if c := certificatePattern.FindStringSubmatch(a.Settings.CertificateArn); c != nil && a.Region != "" && c[1] != a.Region {
		f.Add("certificateArn", "is in %s, but the load balancer is in %s and takes certificates of its own region only; request one there, or leave it out", c[1], a.Region)
	}
	return all.Err()
}

// Edge is the way in.
type Edge struct {
	pulumi.ResourceState

	TargetGroupArn        pulumi.StringOutput // who uses it waits for the listener, as ECS demands
	TargetGroupArnSuffix  pulumi.StringOutput // targetgroup/NAME/ID, as metrics have it
	LoadBalancerArn       pulumi.StringOutput
	LoadBalancerArnSuffix pulumi.StringOutput // app/NAME/ID, as metrics have it
	DNSName               pulumi.StringOutput // the load balancer's own
	URL                   pulumi.StringOutput // https://DOMAIN, else http://DNSNAME
	RollbackAlarms        pulumi.StringArrayOutput
	Listener              pulumi.Resource     // the one that serves
	WebAclName            pulumi.StringOutput // the dimension WebACL of the firewall's metrics; empty without a firewall
	WafEnabled            bool
	HealthCheckId         pulumi.StringOutput // of Route 53; empty without one
}

// New registers the way in.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Edge, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	e := &Edge{WafEnabled: args.Settings.Waf.Enabled}
	if err := ctx.RegisterComponentResource(Token, name, e, opts...); err != nil {
		return nil, fmt.Errorf("edge: %w", err)
	}
	b := builder{ctx: ctx, name: name, args: args, child: pulumi.Parent(e)}
	balancer, err := b.loadBalancer()
	if err != nil {
		return nil, err
	}
	group, err := b.targetGroup()
	if err != nil {
		return nil, err
	}
	listener, err := b.listeners(balancer, group)
	if err != nil {
		return nil, err
	}
	e.Listener = listener
	e.LoadBalancerArn, e.LoadBalancerArnSuffix, e.DNSName = balancer.Arn, balancer.ArnSuffix, balancer.DnsName
	e.TargetGroupArnSuffix = group.ArnSuffix
	e.TargetGroupArn = pulumi.OutputWithDependencies(ctx.Context(), group.Arn, listener).(pulumi.StringOutput)
	e.URL = pulumi.Sprintf("http://%s", balancer.DnsName)
	if domain := args.Settings.Domain; domain != "" {
		e.URL = pulumi.String("https://" + domain).ToStringOutput()
	}
	if e.WebAclName, err = b.firewall(balancer); err != nil {
		return nil, err
	}
	if e.HealthCheckId, err = b.outsideCheck(); err != nil {
		return nil, err
	}
	if e.RollbackAlarms, err = b.rollbackAlarms(balancer, group); err != nil {
		return nil, err
	}
	if err := ctx.RegisterResourceOutputs(e, pulumi.Map{
		"targetGroupArn": e.TargetGroupArn, "loadBalancerArn": e.LoadBalancerArn, "dnsName": e.DNSName, "url": e.URL,
		"rollbackAlarms": e.RollbackAlarms, "webAclName": e.WebAclName, "healthCheckId": e.HealthCheckId,
	}); err != nil {
		return nil, fmt.Errorf("edge: outputs: %w", err)
	}
	return e, nil
}

// builder is what the parts of the component share.
type builder struct {
	ctx   *pulumi.Context
	name  string
	args  Args
	child pulumi.ResourceOrInvokeOption
}

func (b builder) loadBalancer() (*lb.LoadBalancer, error) {
	s := b.args.Settings
	args := &lb.LoadBalancerArgs{
		LoadBalancerType:         pulumi.String("application"),
		Internal:                 pulumi.Bool(false),
		IpAddressType:            pulumi.String("ipv4"),
		SecurityGroups:           pulumi.StringArray{b.args.SecurityGroupId},
		Subnets:                  b.args.SubnetIds,
		DropInvalidHeaderFields:  pulumi.Bool(true),
		DesyncMitigationMode:     pulumi.String("defensive"),
		EnableDeletionProtection: pulumi.Bool(s.DeletionProtection),
		EnableHttp2:              pulumi.Bool(true),
		IdleTimeout:              pulumi.Int(s.IdleTimeoutSeconds),
		XffHeaderProcessingMode:  pulumi.String("append"),
		Tags:                     pulumi.StringMap{"Name": pulumi.String(b.args.Name("alb", 255))},
	}
	if s.AccessLogs {
		args.AccessLogs = lb.LoadBalancerAccessLogsArgs{Bucket: b.args.LogBucketName, Prefix: pulumi.String(LogPrefix), Enabled: pulumi.Bool(true)}
	}
	balancer, err := lb.NewLoadBalancer(b.ctx, b.name+"-alb", args, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: load balancer: %w", err)
	}
	return balancer, nil
}

func (b builder) targetGroup() (*lb.TargetGroup, error) {
	s := b.args.Settings
	group, err := lb.NewTargetGroup(b.ctx, b.name+"-tasks", &lb.TargetGroupArgs{
		VpcId:               b.args.VpcId.ToStringOutput().ToStringPtrOutput(),
		TargetType:          pulumi.String("ip"),
		Port:                pulumi.Int(Port),
		Protocol:            pulumi.String("HTTP"), // TLS ends at the load balancer
		DeregistrationDelay: pulumi.Int(s.DrainingSeconds),
		HealthCheck: lb.TargetGroupHealthCheckArgs{
			Enabled: pulumi.Bool(true), Protocol: pulumi.String("HTTP"), Path: pulumi.String(HealthPath), Matcher: pulumi.String("200"),
			Interval: pulumi.Int(s.Health.IntervalSeconds), Timeout: pulumi.Int(s.Health.TimeoutSeconds),
			HealthyThreshold: pulumi.Int(s.Health.HealthyThreshold), UnhealthyThreshold: pulumi.Int(s.Health.UnhealthyThreshold),
		},
		Stickiness: lb.TargetGroupStickinessArgs{
			Type: pulumi.String("lb_cookie"), Enabled: pulumi.Bool(s.Stickiness.Enabled), CookieDuration: pulumi.Int(s.Stickiness.DurationSeconds),
		},
		Tags: pulumi.StringMap{"Name": pulumi.String(b.args.Name("tasks", 255))},
	}, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: target group: %w", err)
	}
	return group, nil
}

// listeners registers port 80 and, with a domain, port 443. It returns the one that serves. Port 80 keeps its name in both
// cases, since a listener changes from serving to redirecting in place.
func (b builder) listeners(balancer *lb.LoadBalancer, group *lb.TargetGroup) (*lb.Listener, error) {
	forward := lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{Type: pulumi.String("forward"), TargetGroupArn: group.Arn}}
	plain := &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn, Port: pulumi.Int(80), Protocol: pulumi.String("HTTP"),
		RoutingHttpResponseServerEnabled: pulumi.Bool(false), DefaultActions: forward,
	}
	if b.args.Settings.Domain == "" {
		listener, err := lb.NewListener(b.ctx, b.name+"-http", plain, b.child)
		if err != nil {
			return nil, fmt.Errorf("edge: listener 80: %w", err)
		}
		return listener, nil
	}
	zone, err := b.zone()
	if err != nil {
		return nil, err
	}
	certificate, err := b.certificate(zone)
	if err != nil {
		return nil, err
	}
	listener, err := lb.NewListener(b.ctx, b.name+"-https", &lb.ListenerArgs{
		LoadBalancerArn: balancer.Arn, Port: pulumi.Int(443), Protocol: pulumi.String("HTTPS"),
		SslPolicy: pulumi.String(b.args.Settings.TLSPolicy), CertificateArn: certificate,
		RoutingHttpResponseServerEnabled: pulumi.Bool(false), DefaultActions: forward,
	}, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: listener 443: %w", err)
	}
	plain.DefaultActions = lb.ListenerDefaultActionArray{lb.ListenerDefaultActionArgs{
		Type: pulumi.String("redirect"),
		Redirect: lb.ListenerDefaultActionRedirectArgs{
			Protocol: pulumi.String("HTTPS"), Port: pulumi.String("443"), StatusCode: pulumi.String("HTTP_301"),
		},
	}}
	if _, err := lb.NewListener(b.ctx, b.name+"-http", plain, b.child); err != nil {
		return nil, fmt.Errorf("edge: listener 80: %w", err)
	}
	return listener, b.records(zone, balancer)
}
