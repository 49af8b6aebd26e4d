package edge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

const (
	loadBalancer = "aws:lb/loadBalancer:LoadBalancer"
	targetGroup  = "aws:lb/targetGroup:TargetGroup"
	listenerType = "aws:lb/listener:Listener"
	recordType   = "aws:route53/record:Record"
	alarmType    = "aws:cloudwatch/metricAlarm:MetricAlarm"
)

// settings are the defaults, with a domain.
func settings() Settings {
	return Settings{
		Domain: "tasks.example.com", ZoneName: "example.com", TLSPolicy: TLSPolicies[0],
		DeletionProtection: true, AccessLogs: true, IdleTimeoutSeconds: 60, DrainingSeconds: 300,
		Health:       Health{IntervalSeconds: 30, TimeoutSeconds: 5, HealthyThreshold: 2, UnhealthyThreshold: 2},
		Stickiness:   Stickiness{DurationSeconds: 3600},
		OutsideCheck: OutsideCheck{Enabled: true, IntervalSeconds: 30, FailureThreshold: 3},
		Rollback:     Rollback{ServerErrors: 10, UnhealthyMinutes: 3},
		Waf:          Waf{Enabled: true, RateLimit: 2000, Logging: true, CountRules: []string{"SizeRestrictions_BODY", "SQLi_BODY"}},
	}
}

func arguments() Args {
	return Args{
		Scope: infratest.Scope(), Settings: settings(), VpcId: pulumi.String("vpc-1"),
		SubnetIds: pulumi.StringArray{pulumi.String("subnet-a"), pulumi.String("subnet-b")}, SecurityGroupId: pulumi.String("sg-1"),
		LogBucketName: pulumi.String("task-tracker-logs-123456789012"), TopicArn: pulumi.String("arn:aws:sns:us-east-1:123456789012:alerts"),
		WafLogGroupArn: pulumi.String("arn:aws:logs:us-east-1:123456789012:log-group:aws-waf-logs-task-tracker"),
	}
}

// edit returns the arguments with a change.
func edit(change func(*Args)) Args {
	args := arguments()
	change(&args)
	return args
}

// bundle is a run: what was registered, and the outputs that were known.
type bundle struct {
	*infratest.Recorder
	edge *Edge
	mu   sync.Mutex
	out  map[string]any
}

// note exports the output, since a program's end waits for its exports only.
func (b *bundle) note(ctx *pulumi.Context, key string, out pulumi.Output) {
	ctx.Export(key, out.ApplyT(func(v any) any {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.out[key] = v
		return v
	}))
}

func setup(t *testing.T, args Args, opts ...infratest.Option) *bundle {
	t.Helper()
	b := &bundle{out: map[string]any{}}
	b.Recorder = infratest.Run(t, func(ctx *pulumi.Context) error {
		e, err := New(ctx, "edge", args)
		if err != nil {
			return err
		}
		b.edge = e
		for key, out := range map[string]pulumi.Output{
			"group": e.TargetGroupArn, "groupSuffix": e.TargetGroupArnSuffix, "balancer": e.LoadBalancerArn, "balancerSuffix": e.LoadBalancerArnSuffix,
			"dns": e.DNSName, "url": e.URL, "rollback": e.RollbackAlarms, "waf": e.WebAclName, "check": e.HealthCheckId,
		} {
			b.note(ctx, key, out)
		}
		return nil
	}, opts...)
	return b
}

// census counts what was registered, by type.
func (b *bundle) census() map[string]int {
	all := map[string]int{}
	for _, r := range b.All() {
		if r.Type != Token && r.Type != "pulumi:pulumi:Stack" {
			all[r.Type]++
		}
	}
	return all
}

func TestWithDomain(t *testing.T) {
	t.Parallel()
	b := setup(t, arguments())
	want := map[string]int{
		loadBalancer: 1, targetGroup: 1, listenerType: 2, recordType: 2, alarmType: 3,
		"aws:acm/certificate:Certificate": 1, "aws:acm/certificateValidation:CertificateValidation": 1, "aws:route53/healthCheck:HealthCheck": 1,
		webACLType: 1, webACLAssociationType: 1, webACLLoggingType: 1,
	}
	if diff := cmp.Diff(want, b.census()); diff != "" {
		t.Errorf("registered (-want +got)\n%s", diff)
	}
	b.ChildrenOf(t, Token, "edge")
	b.One(t, loadBalancer, "edge-alb").Expect(t, map[string]string{
		"loadBalancerType": "application", "internal": "false", "dropInvalidHeaderFields": "true", "desyncMitigationMode": "defensive",
		"enableDeletionProtection": "true", "idleTimeout": "60", "subnets[0]": "subnet-a", "subnets[1]": "subnet-b", "securityGroups[0]": "sg-1",
		"accessLogs.enabled": "true", "accessLogs.bucket": "task-tracker-logs-123456789012", "accessLogs.prefix": "alb",
		"name": "", // AWS replaces a balancer with another name first
	})
	b.One(t, targetGroup, "edge-tasks").Expect(t, map[string]string{
		"targetType": "ip", "port": "3000", "protocol": "HTTP", "vpcId": "vpc-1", "deregistrationDelay": "300", "name": "",
		"healthCheck.path": "/health", "healthCheck.interval": "30", "healthCheck.timeout": "5", "healthCheck.matcher": "200",
		"healthCheck.unhealthyThreshold": "2", "stickiness.enabled": "false", "stickiness.type": "lb_cookie",
	})
	b.One(t, listenerType, "edge-https").Expect(t, map[string]string{
		"port": "443", "protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
		"certificateArn":         "arn:aws:acm:us-east-1:123456789012:edge-certificate",
		"defaultActions[0].type": "forward", "defaultActions[0].targetGroupArn": "arn:aws:lb:us-east-1:123456789012:edge-tasks",
		"routingHttpResponseServerEnabled": "false",
	})
	b.One(t, listenerType, "edge-http").Expect(t, map[string]string{
		"port": "80", "protocol": "HTTP", "defaultActions[0].type": "redirect", "defaultActions[0].targetGroupArn": "",
		"defaultActions[0].redirect.protocol": "HTTPS", "defaultActions[0].redirect.port": "443", "defaultActions[0].redirect.statusCode": "HTTP_301",
	})
	b.One(t, recordType, "edge-validation").Expect(t, map[string]string{
		"zoneId": "Z0123456789", "name": "_x.example.com.", "type": "CNAME", "records[0]": "_y.acm-validations.aws.", "ttl": "60",
	})
	b.One(t, recordType, "edge-alias").Expect(t, map[string]string{
		"zoneId": "Z0123456789", "name": "tasks.example.com", "type": "A", "aliases[0].name": "edge-alb-dnsName",
		"aliases[0].zoneId": "edge-alb-zoneId", "aliases[0].evaluateTargetHealth": "true", "ttl": "",
	})
	b.One(t, "aws:route53/healthCheck:HealthCheck", "edge-outside").Expect(t, map[string]string{
		"type": "HTTPS", "fqdn": "tasks.example.com", "port": "443", "resourcePath": "/health", "requestInterval": "30", "failureThreshold": "3",
	})
	if b.edge.Listener == nil || !b.edge.WafEnabled {
		t.Errorf("listener %v, firewall %v", b.edge.Listener, b.edge.WafEnabled)
	}
	wantOut := map[string]any{
		"group": "arn:aws:lb:us-east-1:123456789012:edge-tasks", "groupSuffix": "targetgroup/edge-tasks/0123456789abcdef",
		"balancer": "arn:aws:lb:us-east-1:123456789012:edge-alb", "balancerSuffix": "app/edge-alb/0123456789abcdef", "dns": "edge-alb-dnsName",
		"url": "https://tasks.example.com", "rollback": []string{"task-tracker-rollback-5xx", "task-tracker-rollback-unhealthy"},
		"waf": "task-tracker-edge", "check": "edge-outside-id",
	}
	if diff := cmp.Diff(wantOut, b.out); diff != "" {
		t.Errorf("outputs (-want +got)\n%s", diff)
	}
}

func TestWithoutDomainItIsPlainHTTP(t *testing.T) {
	t.Parallel()
	b := setup(t, edit(func(a *Args) { a.Settings.Domain, a.Settings.ZoneName = "", "" }))
	want := map[string]int{
		loadBalancer: 1, targetGroup: 1, listenerType: 1, alarmType: 2, webACLType: 1, webACLAssociationType: 1, webACLLoggingType: 1,
	}
	if diff := cmp.Diff(want, b.census()); diff != "" {
		t.Errorf("registered (-want +got)\n%s", diff)
	}
	b.One(t, listenerType, "edge-http").Expect(t, map[string]string{
		"port": "80", "defaultActions[0].type": "forward", "defaultActions[0].targetGroupArn": "arn:aws:lb:us-east-1:123456789012:edge-tasks",
		"certificateArn": "", "sslPolicy": "",
	})
	if b.out["url"] != "http://edge-alb-dnsName" || b.out["check"] != "" {
		t.Errorf("outputs %v", b.out)
	}
}

func TestWithAReadyCertificateAndDNSElsewhere(t *testing.T) {
	t.Parallel()
	const ready = "arn:aws:acm:us-east-1:123456789012:certificate/8ae1c0b4-5c4e-4a1c-9d7c-6f0f1b1f2a3b"
	b := setup(t, edit(func(a *Args) { a.Settings.ZoneName, a.Settings.CertificateArn = "", ready }))
	if got := b.census(); got[recordType]+got["aws:acm/certificate:Certificate"]+got["aws:acm/certificateValidation:CertificateValidation"] > 0 {
		t.Errorf("registered %v", got)
	}
	b.One(t, listenerType, "edge-https").Expect(t, map[string]string{"certificateArn": ready})
}

func TestEachNameHasItsOwnRecords(t *testing.T) {
	t.Parallel()
	option := func(name string) resource.PropertyValue {
		return resource.NewProperty(resource.PropertyMap{
			"domainName": resource.NewProperty(name), "resourceRecordName": resource.NewProperty("_x." + name + "."),
			"resourceRecordType": resource.NewProperty("CNAME"), "resourceRecordValue": resource.NewProperty("_y." + name),
		})
	}
	b := setup(t, edit(func(a *Args) { a.Settings.AlternativeNames = []string{"b.example.com", "a.example.com"} }),
		infratest.Outputs(func(typ, _ string, _ resource.PropertyMap) resource.PropertyMap {
			if typ != "aws:acm/certificate:Certificate" {
				return nil
			}
			return resource.PropertyMap{"domainValidationOptions": resource.NewProperty([]resource.PropertyValue{
				option("a.example.com"), option("tasks.example.com"), option("b.example.com"),
			})}
		}))
	got := map[string]string{}
	for _, r := range b.OfType(recordType) {
		got[r.Name] = r.String("name")
	}
	want := map[string]string{
		"edge-validation": "_x.tasks.example.com.", "edge-validation-a.example.com": "_x.a.example.com.", "edge-validation-b.example.com": "_x.b.example.com.",
		"edge-alias": "tasks.example.com", "edge-alias-a.example.com": "a.example.com", "edge-alias-b.example.com": "b.example.com",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	b.One(t, "aws:acm/certificate:Certificate", "edge-certificate").Expect(t, map[string]string{
		"domainName": "tasks.example.com", "subjectAlternativeNames[0]": "b.example.com", "validationMethod": "DNS",
	})
}

func TestZoneByID(t *testing.T) {
	t.Parallel()
	b := setup(t, edit(func(a *Args) { a.Settings.ZoneName, a.Settings.ZoneID = "", "Z99" }),
		infratest.Calls(func(token string, _ resource.PropertyMap) (resource.PropertyMap, error) {
			return nil, fmt.Errorf("%s is asked", token)
		}))
	b.One(t, recordType, "edge-alias").Expect(t, map[string]string{"zoneId": "Z99"})
}

func TestZoneThatIsNotThere(t *testing.T) {
	t.Parallel()
	_, err := infratest.Try(func(ctx *pulumi.Context) error {
		_, err := New(ctx, "edge", arguments())
		return err
	}, infratest.Calls(func(string, resource.PropertyMap) (resource.PropertyMap, error) {
		return nil, fmt.Errorf("no matching Route 53 Hosted Zone found")
	}))
	const want = `edge.zoneName: the zone "example.com" was not found; create it in Route 53, or set zoneId`
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v", err)
	}
}

func TestRollbackAlarms(t *testing.T) {
	t.Parallel()
	b := setup(t, edit(func(a *Args) { a.Settings.Rollback = Rollback{ServerErrors: 25, UnhealthyMinutes: 4} }))
	both := map[string]string{
		"namespace": "AWS/ApplicationELB", "period": "60", "treatMissingData": "notBreaching", "actionsEnabled": "true",
		"alarmActions[0]": "arn:aws:sns:us-east-1:123456789012:alerts", "okActions[0]": "arn:aws:sns:us-east-1:123456789012:alerts",
		"dimensions.LoadBalancer": "app/edge-alb/0123456789abcdef", "dimensions.TargetGroup": "targetgroup/edge-tasks/0123456789abcdef",
		"comparisonOperator": "GreaterThanOrEqualToThreshold",
	}
	with := func(more map[string]string) map[string]string {
		all := maps.Clone(both)
		maps.Copy(all, more)
		return all
	}
	b.One(t, alarmType, "edge-rollback-5xx").Expect(t, with(map[string]string{
		"metricName": "HTTPCode_Target_5XX_Count", "threshold": "25", "evaluationPeriods": "2", "statistic": "Sum", "name": "task-tracker-rollback-5xx",
	}))
	b.One(t, alarmType, "edge-rollback-unhealthy").Expect(t, with(map[string]string{
		"metricName": "UnHealthyHostCount", "threshold": "1", "evaluationPeriods": "4", "datapointsToAlarm": "4", "statistic": "Maximum",
	}))
}

func TestOutsideAlarmStandsWhereItsMetricIs(t *testing.T) {
	t.Parallel()
	b := setup(t, arguments())
	b.One(t, alarmType, "edge-outside-down").Expect(t, map[string]string{
		"namespace": "AWS/Route53", "metricName": "HealthCheckStatus", "dimensions.HealthCheckId": "edge-outside-id", "treatMissingData": "breaching",
	})
	b = setup(t, edit(func(a *Args) { a.Region = "eu-west-1" }))
	for _, r := range b.OfType(alarmType) {
		if r.Name == "edge-outside-down" {
			t.Error("an alarm outside us-east-1 never sees the metric of a health check")
		}
	}
	if b.out["check"] != "edge-outside-id" {
		t.Error("the check itself is global")
	}
}

func TestSwitches(t *testing.T) {
	t.Parallel()
	b := setup(t, edit(func(a *Args) {
		a.Settings.DeletionProtection, a.Settings.AccessLogs, a.LogBucketName = false, false, nil
		a.Settings.Stickiness = Stickiness{Enabled: true, DurationSeconds: 60}
		a.Settings.OutsideCheck.Enabled, a.Settings.Waf.Enabled, a.WafLogGroupArn = false, false, nil
		a.Settings.DrainingSeconds = 60
	}))
	b.One(t, loadBalancer, "edge-alb").Expect(t, map[string]string{"enableDeletionProtection": "false", "accessLogs": ""})
	b.One(t, targetGroup, "edge-tasks").Expect(t, map[string]string{"stickiness.enabled": "true", "stickiness.cookieDuration": "60", "deregistrationDelay": "60"})
	for typ := range b.census() {
		if strings.Contains(typ, "wafv2") || strings.Contains(typ, "healthCheck") {
			t.Errorf("%s is registered", typ)
		}
	}
	if b.edge.WafEnabled || b.out["waf"] != "" || b.out["check"] != "" {
		t.Errorf("outputs %v", b.out)
	}
}

func TestUnknown(t *testing.T) {
	t.Parallel()
	forgotten := arguments()
	infratest.Forget(&forgotten)
	known, preview := setup(t, arguments()), setup(t, forgotten, infratest.Unknown())
	if diff := cmp.Diff(known.Names(), preview.Names()); diff != "" {
		t.Errorf("a preview shows something else than an update (-update +preview)\n%s", diff)
	}
	// The recorder is not told inputs that are not known yet.
	preview.One(t, listenerType, "edge-https").Expect(t, map[string]string{"certificateArn": "", "port": "443"})
	preview.One(t, recordType, "edge-validation").Expect(t, map[string]string{"name": "", "zoneId": "Z0123456789"})
	if got := slices.Sorted(maps.Keys(preview.out)); !slices.Contains(got, "url") || slices.Contains(got, "group") {
		t.Errorf("known in a preview: %q", got)
	}
}

func TestTheServiceWaitsForTheListener(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		e, err := New(ctx, "edge", arguments())
		if err != nil {
			return err
		}
		return ctx.RegisterResource("test:index:User", "user", pulumi.Map{"group": e.TargetGroupArn}, &webACLAssociation{})
	})
	if on := strings.Join(r.One(t, "test:index:User", "user").Dependencies, " "); !strings.Contains(on, "::edge-https") || !strings.Contains(on, "::edge-tasks") {
		t.Errorf("it depends on %s", on)
	}
}
