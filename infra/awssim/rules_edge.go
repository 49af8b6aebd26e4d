package awssim

import (
	"slices"
	"strings"
)

// edgeRules are of the load balancer and what it needs to stand.
func edgeRules() map[string][]rule {
	return map[string][]rule{
		tBalancer:    {onWrite(balancerZones), onWrite(balancerReachable), onWrite(balancerGroups), onWrite(balancerLogs)},
		tTargetGroup: {onWrite(targetGroupHealth)},
		tListener:    {onWrite(listenerCertificate), onWrite(listenerActions), onWrite(oneBalancerPerGroup)},
		tValidation:  {onWrite(validationCovers)},
		tCertificate: {onWrite(certificateNames)},
	}
}

func balancerSubnets(obj *Object) (property string, ids []string) {
	if ids := texts(obj, "subnets"); len(ids) > 0 {
		return "subnets", ids
	}
	return "subnetMappings.subnetId", texts(obj, "subnetMappings.subnetId")
}

func balancerZones(w World, obj, _ *Object) error {
	if k := text(obj, "loadBalancerType"); k != "" && k != "application" {
		return nil
	}
	property, ids := balancerSubnets(obj)
	zones, vpc := map[string]string{}, ""
	for _, id := range ids {
		subnet := w.Find(tSubnet, id, obj.Region)
		zone := text(subnet, "availabilityZone")
		if first := zones[zone]; first != "" {
			return refuse("InvalidConfigurationRequest", property, id, "is in %s like %s; name one subnet per zone", zone, first)
		}
		if of := text(subnet, "vpcId"); vpc != "" && of != vpc {
			return refuse("InvalidConfigurationRequest", property, id, "is in %s and the others in %s; name subnets of one VPC", of, vpc)
		}
		zones[zone], vpc = id, text(subnet, "vpcId")
	}
	if len(zones) < 2 {
		return refuse("ValidationError", property, strings.Join(ids, ", "), "covers %d availability zone; at least two subnets in two different zones must be named",
			len(zones))
	}
	return nil
}

func balancerReachable(w World, obj, _ *Object) error {
	if truthy(obj, "internal") {
		return nil
	}
	property, ids := balancerSubnets(obj)
	for _, id := range ids {
		vpc := text(w.Find(tSubnet, id, obj.Region), "vpcId")
		if vpc != "" && !hasInternetGateway(w, vpc, obj.Region) {
			return refuse("InvalidSubnet", property, id, "is in %s, which has no internet gateway; attach one first, or make the load balancer internal", vpc)
		}
	}
	return nil
}

func balancerGroups(w World, obj, _ *Object) error {
	_, ids := balancerSubnets(obj)
	if len(ids) == 0 {
		return nil
	}
	vpc := text(w.Find(tSubnet, ids[0], obj.Region), "vpcId")
	for _, id := range texts(obj, "securityGroups") {
		if of := groupVPC(w, id, obj.Region); of != vpc {
			return refuse("InvalidConfigurationRequest", "securityGroups", id, "is in %s and the subnets in %s; name a group of that VPC", of, vpc)
		}
	}
	return nil
}

func targetGroupHealth(_ World, obj, _ *Object) error {
	if text(obj, "targetType") != "lambda" {
		for _, p := range []string{"port", "protocol", "vpcId"} {
			if text(obj, p) == "" {
				return absent("ValidationError", p, "a target group of type %q needs it", text(obj, "targetType"))
			}
		}
	}
	timeout, interval := number(obj, "healthCheck.timeout"), number(obj, "healthCheck.interval")
	if timeout > 0 && interval > 0 && timeout >= interval {
		return refuse("ValidationError", "healthCheck.timeout", timeout, "is not below the interval of %v s; choose a shorter timeout", interval)
	}
	if n := number(obj, "slowStart"); n != 0 && (n < 30 || n > 900) {
		return refuse("ValidationError", "slowStart", n, "is neither 0 nor between 30 and 900 seconds; choose such a time")
	}
	return nil
}

func listenerCertificate(w World, obj, _ *Object) error {
	protocol, certificate := strings.ToUpper(text(obj, "protocol")), text(obj, "certificateArn")
	secure := protocol == "HTTPS" || protocol == "TLS"
	switch {
	case secure && certificate == "":
		return absent("ValidationError", "certificateArn", "a listener on %s needs a certificate; name one, or use HTTP", protocol)
	case certificate != "" && protocol == "HTTP":
		return refuse("InvalidConfigurationRequest", "certificateArn", certificate, "is given for a listener on HTTP; leave it out, or use HTTPS")
	case certificate == "" && text(obj, "sslPolicy") != "" && protocol == "HTTP":
		return refuse("InvalidConfigurationRequest", "sslPolicy", text(obj, "sslPolicy"), "is given for a listener on HTTP; leave it out, or use HTTPS")
	case certificate == "":
		return nil
	}
	return certificateUsable(w, obj, "certificateArn", "UnsupportedCertificate")
}

// certificateUsable refuses a certificate of another region, and one that nobody has validated. One that the stand-in does
// not know was made outside the program and is taken as issued.
func certificateUsable(w World, obj *Object, property, code string) error {
	value := text(obj, property)
	if value == "" {
		return nil
	}
	if region := arnRegion(value); region != obj.Region {
		return refuse("CertificateNotFound", property, value, "is not a certificate in %s; request or import one there", obj.Region)
	}
	certificate := w.Find(tCertificate, value, obj.Region)
	if certificate == nil || text(certificate, "privateKey") != "" || text(certificate, "certificateAuthorityArn") != "" {
		return nil
	}
	validated := slices.ContainsFunc(w.ByType(tValidation, obj.Region), func(o *Object) bool {
		return text(o, "certificateArn") == value
	})
	if !validated && text(certificate, "status") != "ISSUED" {
		return refuse(code, property, value, "is not issued yet; take the ARN from the certificate's validation")
	}
	return nil
}

func listenerActions(_ World, obj, _ *Object) error {
	for _, action := range blocks(obj, "defaultActions") {
		needs := map[string][]string{
			"forward": {"targetGroupArn", "forward"}, "redirect": {"redirect"}, "fixed-response": {"fixedResponse"},
		}[text(action, "type")]
		if len(needs) == 0 || slices.ContainsFunc(needs, func(p string) bool { return len(at(action, p)) > 0 }) {
			continue
		}
		return absent("ValidationError", "defaultActions."+needs[0], "an action of type %q needs it", text(action, "type"))
	}
	return nil
}

// oneBalancerPerGroup refuses a target group that serves another load balancer.
func oneBalancerPerGroup(w World, obj, old *Object) error {
	for _, path := range []string{"defaultActions.targetGroupArn", "defaultActions.forward.targetGroups.arn"} {
		for _, group := range texts(obj, path) {
			for _, o := range others(w, obj, old, obj.Region) {
				if text(o, "loadBalancerArn") != text(obj, "loadBalancerArn") && slices.Contains(texts(o, path), group) {
					return refuse("TargetGroupAssociationLimit", path, group, "serves the load balancer of %s already; make a group per load balancer", label(o))
				}
			}
		}
	}
	return nil
}

func certificateNames(_ World, obj, _ *Object) error {
	for _, path := range []string{"domainName", "subjectAlternativeNames"} {
		for _, name := range texts(obj, path) {
			if strings.HasSuffix(name, ".") {
				return refuse("ValidationException", path, name, "ends with a period; write %s", strings.TrimSuffix(name, "."))
			}
		}
	}
	if text(obj, "domainName") != "" && text(obj, "validationMethod") == "" && text(obj, "certificateAuthorityArn") == "" {
		return absent("ValidationException", "validationMethod", "a requested certificate needs DNS or EMAIL")
	}
	return nil
}

// validationCovers refuses to wait for a certificate whose DNS records are missing: AWS would give up after 75 minutes.
func validationCovers(w World, obj, _ *Object) error {
	certificate := w.Find(tCertificate, text(obj, "certificateArn"), obj.Region)
	if text(certificate, "validationMethod") != "DNS" {
		return nil
	}
	given := texts(obj, "validationRecordFqdns")
	if len(given) == 0 {
		return nil // validated by records that another program made
	}
	bare := func(s string) string { return strings.ToLower(strings.TrimSuffix(s, ".")) }
	for _, want := range texts(certificate, "domainValidationOptions.resourceRecordName") {
		if !slices.ContainsFunc(given, func(s string) bool { return bare(s) == bare(want) }) {
			return refuse("MissingDNSRecord", "validationRecordFqdns", strings.Join(given, ", "), "lacks %s; make that record and add its fqdn", want)
		}
	}
	return nil
}
