package edge

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/acm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/lb"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/route53"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// names are the domain and its alternatives, the domain first.
func (b builder) names() []string {
	return append([]string{b.args.Settings.Domain}, b.args.Settings.AlternativeNames...)
}

// part returns a logical name of a resource that each of the names has: the domain's without a suffix, so that another
// domain is a change of it, the alternatives' with theirs, so that their order means nothing.
func (b builder) part(part, domain string) string {
	if domain == b.args.Settings.Domain {
		return b.name + "-" + part
	}
	return b.name + "-" + part + "-" + domain
}

// zone returns the id of the zone for records; nil where DNS is kept elsewhere.
func (b builder) zone() (pulumi.StringInput, error) {
	s := b.args.Settings
	switch {
	case s.ZoneID != "":
		return pulumi.String(s.ZoneID), nil
	case s.ZoneName != "":
		found, err := route53.LookupZone(b.ctx, &route53.LookupZoneArgs{Name: pulumi.StringRef(s.ZoneName), PrivateZone: pulumi.BoolRef(false)}, b.child)
		if err != nil {
			return nil, fmt.Errorf("edge.zoneName: the zone %q was not found; create it in Route 53, or set zoneId: %w", s.ZoneName, err)
		}
		return pulumi.String(found.ZoneId), nil
	}
	return nil, nil
}

// certificate returns the ARN of a certificate that is issued: the given one, or a new one once its validation is through.
func (b builder) certificate(zone pulumi.StringInput) (pulumi.StringPtrInput, error) {
	s := b.args.Settings
	if s.CertificateArn != "" {
		return pulumi.String(s.CertificateArn), nil
	}
	args := &acm.CertificateArgs{
		DomainName: pulumi.String(s.Domain), ValidationMethod: pulumi.String("DNS"), KeyAlgorithm: pulumi.String("RSA_2048"),
		Tags: pulumi.StringMap{"Name": pulumi.String(s.Domain)},
	}
	if len(s.AlternativeNames) > 0 {
		args.SubjectAlternativeNames = pulumi.ToStringArray(s.AlternativeNames)
	}
	certificate, err := acm.NewCertificate(b.ctx, b.name+"-certificate", args, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: certificate: %w", err)
	}
	var fqdns pulumi.StringArray
	for _, domain := range b.names() {
		option := certificate.DomainValidationOptions.ApplyT(func(all []acm.CertificateDomainValidationOption) (acm.CertificateDomainValidationOption, error) {
			return optionOf(all, domain)
		}).(acm.CertificateDomainValidationOptionOutput)
		record, err := route53.NewRecord(b.ctx, b.part("validation", domain), &route53.RecordArgs{
			ZoneId: zone, Name: option.ResourceRecordName().Elem(), Type: option.ResourceRecordType().Elem(),
			Records: pulumi.StringArray{option.ResourceRecordValue().Elem()}, Ttl: pulumi.Int(60),
			// ACM asks for the same record whenever the account wants a certificate for the name, in any region.
			AllowOverwrite: pulumi.Bool(true),
		}, b.child)
		if err != nil {
			return nil, fmt.Errorf("edge: validation record of %s: %w", domain, err)
		}
		fqdns = append(fqdns, record.Fqdn)
	}
	validation, err := acm.NewCertificateValidation(b.ctx, b.name+"-validated", &acm.CertificateValidationArgs{
		CertificateArn: certificate.Arn, ValidationRecordFqdns: fqdns,
	}, b.child)
	if err != nil {
		return nil, fmt.Errorf("edge: validation of the certificate: %w", err)
	}
	return validation.CertificateArn.ToStringPtrOutput(), nil
}

// optionOf returns how a name proves that it is ours. ACM lists the names in an order of its own.
func optionOf(all []acm.CertificateDomainValidationOption, domain string) (acm.CertificateDomainValidationOption, error) {
	for _, one := range all {
		if one.DomainName != nil && strings.EqualFold(*one.DomainName, domain) {
			return one, nil
		}
	}
	if len(all) == 1 && all[0].DomainName == nil {
		return all[0], nil
	}
	return acm.CertificateDomainValidationOption{}, fmt.Errorf("edge: certificate: ACM asks for no validation record for %q", domain)
}

// records points the names at the load balancer, where the zone is ours.
func (b builder) records(zone pulumi.StringInput, balancer *lb.LoadBalancer) error {
	if zone == nil {
		return nil
	}
	for _, domain := range b.names() {
		_, err := route53.NewRecord(b.ctx, b.part("alias", domain), &route53.RecordArgs{
			ZoneId: zone, Name: pulumi.String(domain), Type: pulumi.String("A"),
			Aliases: route53.RecordAliasArray{route53.RecordAliasArgs{
				Name: balancer.DnsName, ZoneId: balancer.ZoneId, EvaluateTargetHealth: pulumi.Bool(true),
			}},
		}, b.child)
		if err != nil {
			return fmt.Errorf("edge: alias of %s: %w", domain, err)
		}
	}
	return nil
}

// outsideCheck registers Route 53's check of the domain, and returns its id, or an empty output where there is none.
func (b builder) outsideCheck() (pulumi.StringOutput, error) {
	s := b.args.Settings
	none := pulumi.String("").ToStringOutput()
	if s.Domain == "" || !s.OutsideCheck.Enabled {
		return none, nil
	}
	check, err := route53.NewHealthCheck(b.ctx, b.name+"-outside", &route53.HealthCheckArgs{
		Type: pulumi.String("HTTPS"), Fqdn: pulumi.String(s.Domain), Port: pulumi.Int(443), ResourcePath: pulumi.String(HealthPath),
		EnableSni: pulumi.Bool(true), RequestInterval: pulumi.Int(s.OutsideCheck.IntervalSeconds),
		FailureThreshold: pulumi.Int(s.OutsideCheck.FailureThreshold),
		Tags:             pulumi.StringMap{"Name": pulumi.String(s.Domain)},
	}, b.child)
	if err != nil {
		return none, fmt.Errorf("edge: health check: %w", err)
	}
	return check.ID().ToStringOutput(), b.outsideAlarm(check)
}
