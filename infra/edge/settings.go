package edge

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Settings is what a platform engineer decides about the way in.
type Settings struct {
	Domain           string   `json:"domain" example:"tasks.example.com" doc:"Name under which users reach the service. Empty: plain HTTP at the load balancer's own name."`
	AlternativeNames []string `json:"alternativeNames" example:"tracker.example.com" doc:"More names for the same service, in the same zone; the certificate covers them."`
	ZoneID           string   `json:"zoneId" example:"Z0123456789ABCDEFGHIJ" doc:"Public Route 53 zone that the domain's records go to."`
	ZoneName         string   `json:"zoneName" example:"example.com" doc:"Name of that zone, looked up where zoneId is empty."`
	CertificateArn   string   `json:"certificateArn" example:"arn:aws:acm:us-east-1:123456789012:certificate/8ae1c0b4-5c4e-4a1c-9d7c-6f0f1b1f2a3b" doc:"A certificate that is issued already. Empty: one is requested and validated through the zone."`
	TLSPolicy        string   `json:"tlsPolicy" default:"ELBSecurityPolicy-TLS13-1-2-Res-2021-06" enum:"ELBSecurityPolicy-TLS13-1-2-Res-2021-06,ELBSecurityPolicy-TLS13-1-3-2021-06,ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04,ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04,ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09,ELBSecurityPolicy-TLS13-1-3-PQ-2025-09" doc:"TLS versions and ciphers of the HTTPS listener."`

	DeletionProtection bool `json:"deletionProtection" default:"true" doc:"Whether AWS refuses to delete the load balancer."`
	AccessLogs         bool `json:"accessLogs" default:"true" doc:"Whether each request is logged to the log bucket, below alb/."`
	IdleTimeoutSeconds int  `json:"idleTimeoutSeconds" default:"60" unit:"s" example:"60" doc:"How long a silent connection is kept. The service keeps its own for 75 s, so this stays below."`
	DrainingSeconds    int  `json:"drainingSeconds" default:"300" unit:"s" example:"60" doc:"How long a target that leaves may finish its requests. Below 120 where tasks run on Spot."`

	Health       Health       `json:"health" doc:"When a task counts as healthy: GET /health answers 200."`
	Stickiness   Stickiness   `json:"stickiness" doc:"Whether a client stays with one task. The service does not need it."`
	OutsideCheck OutsideCheck `json:"outsideCheck" doc:"Route 53 asks the domain from several continents."`
	Rollback     Rollback     `json:"rollback" doc:"What makes ECS roll a deployment back."`
	Waf          Waf          `json:"waf" doc:"The firewall in front of the load balancer."`
}

// Health is the target group's check of each task.
type Health struct {
	IntervalSeconds    int `json:"intervalSeconds" default:"30" unit:"s" example:"10" doc:"Time between two checks."`
	TimeoutSeconds     int `json:"timeoutSeconds" default:"5" unit:"s" example:"3" doc:"How long an answer may take. Less than the interval."`
	HealthyThreshold   int `json:"healthyThreshold" default:"2" example:"3" doc:"Good answers in a row until requests are sent."`
	UnhealthyThreshold int `json:"unhealthyThreshold" default:"2" example:"3" doc:"Bad answers in a row until no more are sent."`
}

// Stickiness is the load balancer's cookie.
type Stickiness struct {
	Enabled         bool `json:"enabled" default:"false" doc:"Whether the cookie is set."`
	DurationSeconds int  `json:"durationSeconds" default:"3600" unit:"s" example:"86400" doc:"How long a client stays with its task."`
}

// OutsideCheck is Route 53's health check of the domain.
type OutsideCheck struct {
	Enabled          bool `json:"enabled" default:"true" doc:"Whether the domain is checked from outside. Without a domain there is nothing to check."`
	IntervalSeconds  int  `json:"intervalSeconds" default:"30" unit:"s" enum:"10,30" doc:"Time between two checks of each checker. 10 costs more."`
	FailureThreshold int  `json:"failureThreshold" default:"3" example:"2" doc:"Bad answers in a row until the domain counts as down."`
}

// Rollback is when a deployment counts as bad.
type Rollback struct {
	ServerErrors     int `json:"serverErrors" default:"10" unit:"answers per minute" example:"50" doc:"5xx answers of tasks, two minutes in a row, that roll a deployment back."`
	UnhealthyMinutes int `json:"unhealthyMinutes" default:"3" unit:"min" example:"5" doc:"Minutes with an unhealthy task that roll a deployment back."`
}

// Waf is the firewall.
type Waf struct {
	Enabled    bool     `json:"enabled" default:"true" doc:"Whether there is a firewall."`
	RateLimit  int      `json:"rateLimit" default:"2000" unit:"requests per 5 min" example:"5000" doc:"Requests that one address may send; further ones are answered 429. An office behind one address counts as one."`
	CountRules []string `json:"countRules" default:"SizeRestrictions_BODY,CrossSiteScripting_BODY,GenericLFI_BODY,GenericRFI_BODY,EC2MetaDataSSRF_BODY,SQLi_BODY,SQLiExtendedPatterns_BODY" doc:"Rules of the managed groups that only count. By default those on bodies: people write code into tasks and comments, and attachments are larger than 8 KB."`
	Logging    bool     `json:"logging" default:"true" doc:"Whether blocked and counted requests are logged, without authorization and cookie headers."`
}

// TLSPolicies are the listener policies that allow TLS 1.2 with forward secrecy or better, the default first. Source: control
// ELB.17 of AWS Foundational Security Best Practices.
var TLSPolicies = []string{
	"ELBSecurityPolicy-TLS13-1-2-Res-2021-06", "ELBSecurityPolicy-TLS13-1-3-2021-06",
	"ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04", "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
	"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
}

var (
	domainPattern      = regexp.MustCompile(`^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$`)
	zoneIDPattern      = regexp.MustCompile(`^Z[A-Z0-9]{1,31}$`)
	certificatePattern = regexp.MustCompile(`^arn:aws[a-z-]*:acm:([a-z0-9-]+):[0-9]{12}:certificate/[0-9A-Za-z-]+$`)
)

// Validate records what is wrong with the settings taken alone.
func (s Settings) Validate(f *fault.Set) {
	s.validateNames(f)
	f.OneOf("tlsPolicy", s.TLSPolicy, TLSPolicies...)
	f.Within("idleTimeoutSeconds", s.IdleTimeoutSeconds, 1, 74,
		"since the service closes its idle connections after 75 s and must be the later one, or clients get 502")
	f.Within("drainingSeconds", s.DrainingSeconds, 0, 3600, "the target group's own limit")

	h := f.At("health")
	h.Within("intervalSeconds", s.Health.IntervalSeconds, 5, 300, "the target group's own limit")
	h.Within("timeoutSeconds", s.Health.TimeoutSeconds, 2, 120, "the target group's own limit")
	h.Require(s.Health.TimeoutSeconds < s.Health.IntervalSeconds, "timeoutSeconds",
		"%d is not below intervalSeconds, %d; a check ends before the next begins: set a lower timeout or a longer interval",
		s.Health.TimeoutSeconds, s.Health.IntervalSeconds)
	h.Within("healthyThreshold", s.Health.HealthyThreshold, 2, 10, "the target group's own limit")
	h.Within("unhealthyThreshold", s.Health.UnhealthyThreshold, 2, 10, "the target group's own limit")

	f.Within("stickiness.durationSeconds", s.Stickiness.DurationSeconds, 1, 604800, "the cookie's own limit of a week")
	o := f.At("outsideCheck")
	if i := s.OutsideCheck.IntervalSeconds; i != 10 && i != 30 {
		o.Add("intervalSeconds", "%d is neither 10 nor 30, the two that Route 53 offers; set 30, or 10 at a higher price", i)
	}
	o.Within("failureThreshold", s.OutsideCheck.FailureThreshold, 1, 10, "Route 53's own limit")
	r := f.At("rollback")
	r.Within("serverErrors", s.Rollback.ServerErrors, 1, 1_000_000, "a count of answers in a minute")
	r.Within("unhealthyMinutes", s.Rollback.UnhealthyMinutes, 1, 60, "past an hour no deployment is waiting any more")

	w := f.At("waf")
	w.Within("rateLimit", s.Waf.RateLimit, 10, 2_000_000_000, "the firewall's own limit")
	for i, rule := range s.Waf.CountRules {
		w.OneOf(fmt.Sprintf("countRules[%d]", i), rule, managedRuleNames()...)
	}
}

// validateNames covers domain, zone and certificate, which belong together.
func (s Settings) validateNames(f *fault.Set) {
	if s.Domain == "" {
		const rule = "is set, but domain is not, and without one there is only plain HTTP; set domain, or leave %s out"
		f.Require(s.ZoneID == "", "zoneId", "%q "+rule, s.ZoneID, "zoneId")
		f.Require(s.ZoneName == "", "zoneName", "%q "+rule, s.ZoneName, "zoneName")
		f.Require(s.CertificateArn == "", "certificateArn", "%q "+rule, s.CertificateArn, "certificateArn")
		f.Require(len(s.AlternativeNames) == 0, "alternativeNames", "%q "+rule, s.AlternativeNames, "alternativeNames")
		return
	}
	f.Require(s.ZoneID != "" || s.ZoneName != "" || s.CertificateArn != "", "zoneId",
		"is empty, and so is zoneName: the certificate for %q can't be validated without a zone; set zoneId or zoneName, or certificateArn where DNS is kept elsewhere", s.Domain)
	f.Require(s.ZoneID == "" || s.ZoneName == "", "zoneName", "%q is set beside zoneId, %q; one names the zone: leave the other out", s.ZoneName, s.ZoneID)
	f.Require(s.ZoneID == "" || zoneIDPattern.MatchString(s.ZoneID), "zoneId", "%q is no zone's id, which is Z and up to 31 capitals and digits; `aws route53 list-hosted-zones` shows it", s.ZoneID)
	f.Require(s.CertificateArn == "" || certificatePattern.MatchString(s.CertificateArn), "certificateArn",
		"%q is no certificate's ARN, arn:aws:acm:REGION:ACCOUNT:certificate/ID; `aws acm list-certificates` shows them", s.CertificateArn)
	if s.ZoneName != "" && !domainPattern.MatchString(s.ZoneName) {
		f.Add("zoneName", "%q is no domain name; write it in lower case and without a dot at its end, as in example.com", s.ZoneName)
	}
	f.Require(len(s.Domain) <= 64 || s.CertificateArn != "", "domain",
		"%q has %d characters, and ACM puts at most 64 into a certificate's first name; set a shorter one, and this one as one of alternativeNames", s.Domain, len(s.Domain))
	seen := []string{}
	for i, name := range append([]string{s.Domain}, s.AlternativeNames...) {
		path := "domain"
		if i > 0 {
			path = fmt.Sprintf("alternativeNames[%d]", i-1)
		}
		switch {
		case !domainPattern.MatchString(name) || len(name) > 253:
			f.Add(path, "%q is no domain name; write it in lower case, without scheme, port and a dot at its end, as in tasks.example.com", name)
		case s.ZoneName != "" && name != s.ZoneName && !strings.HasSuffix(name, "."+s.ZoneName):
			f.Add(path, "%q is not in the zone %q, so its records can't go there; set the zone that holds it", name, s.ZoneName)
		case slices.Contains(seen, name):
			f.Add(path, "%q is there twice; leave one out", name)
		}
		seen = append(seen, name)
	}
}
