package awssim

import (
	"fmt"
	"hash/crc32"
	"net/netip"
	"strings"
)

// idOf makes the ids that the facts describe in words.
var idOf = map[string]func(*maker) string{
	"aws:acm/certificateValidation:CertificateValidation": func(*maker) string { return "2026-01-01 00:00:00 +0000 UTC" },
	"aws:backup/selection:Selection":                      func(m *maker) string { return m.uuid("id") },
	"aws:cloudwatch/eventRule:EventRule":                  func(m *maker) string { return onBus(m, m.str("name"), "/") },
	"aws:cloudwatch/eventTarget:EventTarget": func(m *maker) string {
		return onBus(m, m.str("rule")+"-"+m.str("targetId"), "-")
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": func(m *maker) string {
		if vpc := m.w.Find("aws:ec2/vpc:Vpc", m.str("vpcId"), m.obj.Region); vpc != nil {
			return fmt.Sprint(vpc.Out["defaultSecurityGroupId"])
		}
		return "sg-" + m.random("id", 17, hexDigits)
	},
	"aws:ec2/networkAclRule:NetworkAclRule": func(m *maker) string {
		return checksum("nacl-", m.str("networkAclId"), m.str("ruleNumber"), m.str("egress"), m.str("protocol"))
	},
	"aws:ec2/route:Route": func(m *maker) string {
		return checksum("r-"+m.str("routeTableId"), m.str("destinationCidrBlock")+m.str("destinationIpv6CidrBlock")+m.str("destinationPrefixListId"))
	},
	"aws:ec2clientvpn/authorizationRule:AuthorizationRule": func(m *maker) string {
		id := m.str("clientVpnEndpointId") + "," + m.str("targetNetworkCidr")
		if group := m.str("accessGroupId"); group != "" {
			id += "," + group
		}
		return id
	},
	"aws:rds/instance:Instance": func(m *maker) string { return m.str("resourceId") },
	"aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": func(m *maker) string {
		return "arn:aws:rds:" + m.obj.Region + ":" + m.account + ":auto-backup:ab-" + m.random("id", 26, lowerAlnum)
	},
	"aws:iam/rolePolicyAttachment:RolePolicyAttachment": func(m *maker) string {
		return m.str("role") + "-" + m.random("id", 26, digits)
	},
	"aws:rds/optionGroup:OptionGroup": func(m *maker) string { return strings.ToLower(m.str("name")) },
	"aws:route53/record:Record": func(m *maker) string {
		id := m.str("zoneId") + "_" + m.str("name") + "_" + m.str("type")
		if set := m.str("setIdentifier"); set != "" {
			id += "_" + set
		}
		return id
	},
	"aws:s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2":                                 bucketID,
	"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2":                       bucketID,
	"aws:s3/bucketLoggingV2:BucketLoggingV2":                                                     bucketID,
	"aws:s3/bucketObjectLockConfigurationV2:BucketObjectLockConfigurationV2":                     bucketID,
	"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2": bucketID,
	"aws:s3/bucketVersioningV2:BucketVersioningV2":                                               bucketID,
	"aws:secretsmanager/secretRotation:SecretRotation":                                           func(m *maker) string { return m.str("secretId") },
	"aws:ecs/service:Service": func(m *maker) string {
		return "arn:aws:ecs:" + m.obj.Region + ":" + m.account + ":service/" + after(m.str("cluster"), "/") + "/" + m.str("name")
	},
}

func onBus(m *maker, name, separator string) string {
	if bus := m.str("eventBusName"); bus != "" && bus != "default" {
		return bus + separator + name
	}
	return name
}

func bucketID(m *maker) string {
	if owner := m.str("expectedBucketOwner"); owner != "" {
		return m.str("bucket") + "," + owner
	}
	return m.str("bucket")
}

func checksum(prefix string, parts ...string) string {
	return fmt.Sprint(prefix, crc32.ChecksumIEEE([]byte(strings.Join(parts, "-")+"-")))
}

func after(s, separator string) string { return s[strings.LastIndex(s, separator)+1:] }

// of returns an output of another object that a property of this one names; nil where there is no such object.
func (m *maker) of(token, property, output string) any {
	if o := m.w.Find(token, m.str(property), ""); o != nil {
		return o.Out[output]
	}
	return nil
}

// special makes the outputs that the facts describe in words.
var special = map[string]map[string]func(*maker) any{
	"aws:acm/certificate:Certificate": {
		"status":                  func(*maker) any { return "PENDING_VALIDATION" },
		"type":                    func(*maker) any { return "AMAZON_ISSUED" },
		"domainValidationOptions": validationOptions,
		"subjectAlternativeNames": func(m *maker) any { return certificateDomains(m) },
	},
	"aws:appautoscaling/policy:Policy": {"alarmArns": func(*maker) any { return []any{} }},
	"aws:ec2/eip:Eip": {
		"publicIp":  func(m *maker) any { return m.address(netip.MustParsePrefix("52.0.0.0/10")) },
		"publicDns": func(m *maker) any { return hostName(m.obj.Region, m.str("publicIp"), true) },
		"vpc":       func(m *maker) any { return m.obj.In["domain"] != "standard" },
	},
	"aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {"description": func(*maker) any { return "default VPC security group" }},
	"aws:ec2/instance:Instance": {
		"iamInstanceProfile": func(m *maker) any { return m.obj.In["iamInstanceProfile"] },
		"privateIp":          func(m *maker) any { return m.address(m.subnet()) },
		"privateDns":         func(m *maker) any { return hostName(m.obj.Region, m.str("privateIp"), false) },
		"availabilityZone":   func(m *maker) any { return m.of("aws:ec2/subnet:Subnet", "subnetId", "availabilityZone") },
	},
	"aws:ec2/launchTemplate:LaunchTemplate": {
		"defaultVersion": func(m *maker) any { return 1.0 },
		"latestVersion":  func(m *maker) any { return m.version("latestVersion") },
	},
	"aws:ec2/natGateway:NatGateway": {
		"publicIp":                       func(m *maker) any { return m.of("aws:ec2/eip:Eip", "allocationId", "publicIp") },
		"privateIp":                      func(m *maker) any { return m.address(m.subnet()) },
		"secondaryPrivateIpAddressCount": func(*maker) any { return nil },
	},
	"aws:ec2/networkAclRule:NetworkAclRule": {"protocol": func(m *maker) any { return m.obj.In["protocol"] }},
	"aws:ec2/route:Route":                   {"state": func(*maker) any { return "active" }},
	"aws:ec2/subnet:Subnet":                 {"availabilityZoneId": func(m *maker) any { return zoneID(m.str("availabilityZone")) }},
	"aws:ec2/vpc:Vpc":                       {"mainRouteTableId": func(m *maker) any { return m.output("defaultRouteTableId") }},
	"aws:ec2/vpcEndpoint:VpcEndpoint": {
		"dnsEntries": func(m *maker) any {
			if m.obj.In["vpcEndpointType"] != "Interface" {
				return nil
			}
			return []any{map[string]any{
				"dnsName":      m.str("id") + "-" + m.random("dns", 8, lowerAlnum) + "." + endpointHost(m.obj.Region, m.str("serviceName")),
				"hostedZoneId": "Z" + m.random("zone", 13, upperAlnum),
			}}
		},
		"networkInterfaceIds": func(m *maker) any {
			var ids []any
			for i := range elements(m.obj.In["subnetIds"]) {
				ids = append(ids, "eni-"+m.random(fmt.Sprint("eni", i), 17, hexDigits))
			}
			return ids
		},
		"prefixListId": func(m *maker) any {
			if m.obj.In["vpcEndpointType"] == "Interface" {
				return nil
			}
			id, _ := prefixList(m.obj.Region, m.str("serviceName"))
			return id
		},
		"state":                func(*maker) any { return "available" },
		"subnetConfigurations": func(m *maker) any { return m.obj.In["subnetConfigurations"] },
	},
	"aws:ec2clientvpn/networkAssociation:NetworkAssociation": {
		"vpcId": func(m *maker) any { return m.of("aws:ec2/subnet:Subnet", "subnetId", "vpcId") },
	},
	"aws:ecs/taskDefinition:TaskDefinition": {"revision": revision},
	"aws:lb/listener:Listener": {"arn": func(m *maker) any {
		return strings.Replace(m.str("loadBalancerArn"), ":loadbalancer/", ":listener/", 1) + "/" + m.random("arn", 16, hexDigits)
	}},
	"aws:lb/listenerRule:ListenerRule": {"arn": func(m *maker) any {
		return strings.Replace(m.str("listenerArn"), ":listener/", ":listener-rule/", 1) + "/" + m.random("arn", 16, hexDigits)
	}},
	"aws:lb/loadBalancer:LoadBalancer": {
		"arnSuffix": balancerSuffix,
		"arn": func(m *maker) any {
			return "arn:aws:elasticloadbalancing:" + m.obj.Region + ":" + m.account + ":loadbalancer/" + m.str("arnSuffix")
		},
		"dnsName": func(m *maker) any {
			name := m.str("name")
			if m.obj.In["internal"] == true {
				name = "internal-" + name
			}
			return name + "-" + m.random("dns", 10, digits) + "." + m.obj.Region + ".elb.amazonaws.com"
		},
		"vpcId":  vpcOfSubnets("subnets"),
		"zoneId": func(m *maker) any { return factsOf(m.obj.Region).balancerZone },
	},
	"aws:lb/targetGroup:TargetGroup": {
		"arnSuffix": func(m *maker) any { return "targetgroup/" + m.str("name") + "/" + m.random("arn", 16, hexDigits) },
		"arn": func(m *maker) any {
			return "arn:aws:elasticloadbalancing:" + m.obj.Region + ":" + m.account + ":" + m.str("arnSuffix")
		},
		"loadBalancerArns": func(*maker) any { return []any{} },
	},
	"aws:route53/record:Record": {"fqdn": func(m *maker) any {
		zone, _ := m.of("aws:route53/zone:Zone", "zoneId", "name").(string)
		if name := m.str("name"); strings.HasSuffix(name, zone) {
			return name
		}
		return m.str("name") + "." + zone
	}},
	"aws:route53/zone:Zone": {
		"zoneId": func(m *maker) any { return m.str("id") },
		"nameServers": func(m *maker) any {
			var names []any
			for i, top := range []string{"co.uk", "com", "net", "org"} {
				names = append(names, fmt.Sprintf("ns-%s.awsdns-%s.%s", m.random(fmt.Sprint("ns", i), 4, "12345678"), m.random(fmt.Sprint("dns", i), 2, digits), top))
			}
			return names
		},
		"primaryNameServer": func(m *maker) any { return m.output("nameServers").([]any)[0] },
	},
	"aws:backup/plan:Plan":                                 {"version": func(m *maker) any { return m.random(fmt.Sprint("version", m.updates()), 48, lowerAlnum) }},
	"aws:backup/vault:Vault":                               {"recoveryPoints": func(*maker) any { return "0" }},
	"aws:cloudwatch/eventRule:EventRule":                   {"arn": func(m *maker) any { return "arn:aws:events:" + m.obj.Region + ":" + m.account + ":rule/" + m.str("id") }},
	"aws:costexplorer/costAllocationTag:CostAllocationTag": {"type": func(*maker) any { return "UserDefined" }},
	"aws:iam/openIdConnectProvider:OpenIdConnectProvider": {"arn": func(m *maker) any {
		return "arn:aws:iam::" + m.account + ":oidc-provider/" + strings.TrimPrefix(m.str("url"), "https://")
	}},
	"aws:iam/policy:Policy": {"attachmentCount": func(*maker) any { return 0.0 }},
	"aws:kms/alias:Alias": {
		"targetKeyArn": func(m *maker) any {
			return "arn:aws:kms:" + m.obj.Region + ":" + m.account + ":key/" + after(m.str("targetKeyId"), "/")
		},
	},
	"aws:kms/replicaKey:ReplicaKey": {"keyId": func(m *maker) any { return after(m.str("primaryKeyArn"), "/") }},
	"aws:rds/instance:Instance":     databaseOutputs,
	"aws:rds/subnetGroup:SubnetGroup": {
		"supportedNetworkTypes": func(*maker) any { return []any{"IPV4"} },
		"vpcId":                 vpcOfSubnets("subnetIds"),
	},
	"aws:s3/bucketV2:BucketV2":                         {"hostedZoneId": func(m *maker) any { return factsOf(m.obj.Region).websiteZone }},
	"aws:secretsmanager/secretRotation:SecretRotation": {"rotationEnabled": func(*maker) any { return true }},
	"aws:secretsmanager/secretVersion:SecretVersion": {
		"arn":       func(m *maker) any { return m.str("secretId") },
		"versionId": func(m *maker) any { return "terraform-" + m.random(fmt.Sprint("version", m.updates()), 26, digits) },
	},
	"aws:sns/topicSubscription:TopicSubscription": {
		"pendingConfirmation":          func(m *maker) any { return strings.HasPrefix(m.str("protocol"), "email") },
		"confirmationWasAuthenticated": func(m *maker) any { return !strings.HasPrefix(m.str("protocol"), "email") },
	},
	"aws:ssm/parameter:Parameter": {"version": func(m *maker) any { return m.version("version") }},
}
