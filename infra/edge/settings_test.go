package edge

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	const ready = "arn:aws:acm:eu-west-1:123456789012:certificate/8ae1c0b4"
	for _, c := range []struct {
		name string
		edit func(*Args)
		want string
	}{
		{"certificate without a domain", func(a *Args) {
			a.Settings.Domain, a.Settings.ZoneName, a.Settings.CertificateArn = "", "", "arn:aws:acm:us-east-1:123456789012:certificate/8ae1c0b4"
		}, `edge.certificateArn: "arn:aws:acm:us-east-1:123456789012:certificate/8ae1c0b4" is set, but domain is not, and without one there is only plain HTTP; set domain, or leave certificateArn out`},
		{"names without a domain", func(a *Args) {
			a.Settings.Domain, a.Settings.ZoneName, a.Settings.AlternativeNames = "", "", []string{"a.example.com"}
		}, `edge.alternativeNames: ["a.example.com"] is set, but domain is not, and without one there is only plain HTTP; set domain, or leave alternativeNames out`},
		{"zones without a domain", func(a *Args) {
			a.Settings.Domain, a.Settings.ZoneID = "", "Z1"
		}, "edge.zoneId: \"Z1\" is set, but domain is not, and without one there is only plain HTTP; set domain, or leave zoneId out\n" +
			`edge.zoneName: "example.com" is set, but domain is not, and without one there is only plain HTTP; set domain, or leave zoneName out`},
		{"no zone", func(a *Args) { a.Settings.ZoneName = "" }, `edge.zoneId: is empty, and so is zoneName: the certificate for "tasks.example.com" can't be validated without a zone; set zoneId or zoneName, or certificateArn where DNS is kept elsewhere`},
		{"two zones", func(a *Args) { a.Settings.ZoneID = "Z1" }, `edge.zoneName: "example.com" is set beside zoneId, "Z1"; one names the zone: leave the other out`},
		{"no zone's id", func(a *Args) { a.Settings.ZoneName, a.Settings.ZoneID = "", "zone" }, "edge.zoneId: \"zone\" is no zone's id, which is Z and up to 31 capitals and digits; `aws route53 list-hosted-zones` shows it"},
		{"zone with a dot", func(a *Args) {
			a.Settings.ZoneName, a.Settings.Domain = "example.com.", "example.com"
		}, "edge.zoneName: \"example.com.\" is no domain name; write it in lower case and without a dot at its end, as in example.com\n" +
			`edge.domain: "example.com" is not in the zone "example.com.", so its records can't go there; set the zone that holds it`},
		{"domain with a scheme", func(a *Args) { a.Settings.Domain = "https://tasks.example.com" }, `edge.domain: "https://tasks.example.com" is no domain name; write it in lower case, without scheme, port and a dot at its end, as in tasks.example.com`},
		{"another zone's domain", func(a *Args) { a.Settings.Domain = "tasks.myexample.com" }, `edge.domain: "tasks.myexample.com" is not in the zone "example.com", so its records can't go there; set the zone that holds it`},
		{"the same name twice", func(a *Args) { a.Settings.AlternativeNames = []string{"tasks.example.com"} }, `edge.alternativeNames[0]: "tasks.example.com" is there twice; leave one out`},
		{"long domain", func(a *Args) {
			a.Settings.Domain = "a12345678901234567890123456789012345678901234567890.b.example.com"
		}, `edge.domain: "a12345678901234567890123456789012345678901234567890.b.example.com" has 65 characters, and ACM puts at most 64 into a certificate's first name; set a shorter one, and this one as one of alternativeNames`},
		{"certificate of another region", func(a *Args) { a.Settings.CertificateArn = ready }, "edge.certificateArn: is in eu-west-1, but the load balancer is in us-east-1 and takes certificates of its own region only; request one there, or leave it out"},
		{"no certificate's ARN", func(a *Args) { a.Settings.CertificateArn = "mine" }, "edge.certificateArn: \"mine\" is no certificate's ARN, arn:aws:acm:REGION:ACCOUNT:certificate/ID; `aws acm list-certificates` shows them"},
		{"TLS policy", func(a *Args) { a.Settings.TLSPolicy = "ELBSecurityPolicy-2016-08" }, `edge.tlsPolicy: "ELBSecurityPolicy-2016-08" is none of ELBSecurityPolicy-TLS13-1-2-Res-2021-06, ELBSecurityPolicy-TLS13-1-3-2021-06, ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04, ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04, ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09, ELBSecurityPolicy-TLS13-1-3-PQ-2025-09`},
		{"idle timeout", func(a *Args) { a.Settings.IdleTimeoutSeconds = 75 }, "edge.idleTimeoutSeconds: 75 is above 74, since the service closes its idle connections after 75 s and must be the later one, or clients get 502; set 1 to 74"},
		{"draining", func(a *Args) { a.Settings.DrainingSeconds = 3601 }, "edge.drainingSeconds: 3601 is above 3600, the target group's own limit; set 0 to 3600"},
		{"health timeout", func(a *Args) { a.Settings.Health.TimeoutSeconds = 30 }, "edge.health.timeoutSeconds: 30 is not below intervalSeconds, 30; a check ends before the next begins: set a lower timeout or a longer interval"},
		{"outside interval", func(a *Args) { a.Settings.OutsideCheck.IntervalSeconds = 20 }, "edge.outsideCheck.intervalSeconds: 20 is neither 10 nor 30, the two that Route 53 offers; set 30, or 10 at a higher price"},
		{"rate limit", func(a *Args) { a.Settings.Waf.RateLimit = 1 }, "edge.waf.rateLimit: 1 is below 10, the firewall's own limit; set 10 to 2000000000"},
		{"wiring", func(a *Args) {
			*a = Args{Scope: a.Scope, Settings: a.Settings}
		}, "edge.vpcId: is not wired; pass network.VpcId\nedge.subnetIds: is not wired; pass network.PublicSubnetIds\n" +
			"edge.securityGroupId: is not wired; pass network.LoadBalancerSecurityGroupId\nedge.topicArn: is not wired; pass foundation.TopicArn\n" +
			"edge.logBucketName: is not wired; pass foundation.LogBucketName, or set accessLogs to false\n" +
			"edge.wafLogGroupArn: is not wired; pass foundation.WafLogGroup.Arn, or set waf.logging to false"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got error
			_, _ = infratest.Try(func(ctx *pulumi.Context) error {
				_, got = New(ctx, "edge", edit(c.edit))
				return nil
			})
			if got == nil || got.Error() != c.want {
				t.Errorf("\n got %v\nwant %s", got, c.want)
			}
		})
	}
}

func TestAMisspeltRuleNamesTheNearestOne(t *testing.T) {
	t.Parallel()
	err := edit(func(a *Args) { a.Settings.Waf.CountRules = []string{"SQLi_BODY", "SQLi_BDY"} }).Validate()
	var all interface{ Unwrap() []error }
	if !errors.As(err, &all) || len(all.Unwrap()) != 1 {
		t.Fatalf("got %v", err)
	}
	got := err.Error()
	const start, end = `edge.waf.countRules[1]: "SQLi_BDY" is none of AWSManagedIPReputationList, `, `; did you mean "SQLi_BODY"?`
	if got[:len(start)] != start || got[len(got)-len(end):] != end {
		t.Errorf("got %s", got)
	}
}

func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "edge", Args{Settings: Settings{AccessLogs: true}})
		return err
	}, "edge.vpcId: ", "edge.subnetIds: ", "edge.securityGroupId: ", "edge.logBucketName: ", "edge.topicArn: ", "edge.tlsPolicy: ")
}

func TestTagsAgreeWithTheRules(t *testing.T) {
	t.Parallel()
	tls, _ := reflect.TypeFor[Settings]().FieldByName("TLSPolicy")
	if tls.Tag.Get("enum") != strings.Join(TLSPolicies, ",") || tls.Tag.Get("default") != TLSPolicies[0] {
		t.Errorf("tlsPolicy is documented as %s", tls.Tag)
	}
	count, _ := reflect.TypeFor[Waf]().FieldByName("CountRules")
	for _, rule := range strings.Split(count.Tag.Get("default"), ",") {
		if !slices.Contains(managedRuleNames(), rule) {
			t.Errorf("waf.countRules has the default %s, which no group has", rule)
		}
	}
}

func TestOptionOf(t *testing.T) {
	t.Parallel()
	a, b := "a.example.com", "B.example.com"
	all := []acm.CertificateDomainValidationOption{{DomainName: &a}, {DomainName: &b}}
	if got, err := optionOf(all, "b.example.com"); err != nil || got.DomainName != &b {
		t.Errorf("got %v, %v", got, err)
	}
	_, err := optionOf(all, "c.example.com")
	if err == nil || err.Error() != `edge: certificate: ACM asks for no validation record for "c.example.com"` {
		t.Errorf("got %v", err)
	}
}
