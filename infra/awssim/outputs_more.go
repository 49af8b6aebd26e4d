package awssim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strings"
)

// databaseOutputs are those of an RDS instance.
var databaseOutputs = map[string]func(*maker) any{
	"resourceId": func(m *maker) any { return "db-" + m.random("resourceId", 26, upperAlnum) },
	"address": func(m *maker) any {
		return m.str("identifier") + "." + hashed(m.seed + m.obj.Region)[:12] + "." + m.obj.Region + ".rds.amazonaws.com"
	},
	"endpoint": func(m *maker) any { return m.str("address") + ":" + m.str("port") },
	"port": func(m *maker) any {
		if v := m.obj.In["port"]; v != nil {
			return v
		}
		return 3306.0
	},
	"engine": func(m *maker) any { return m.inherited("engine") },
	"engineVersionActual": func(m *maker) any {
		version, _ := m.inherited("engineVersion").(string)
		if strings.Count(version, ".") == 1 {
			version += ".6"
		}
		return version
	},
	"username": func(m *maker) any { return m.inherited("username") },
	"dbName":   func(m *maker) any { return m.inherited("dbName") },
	"allocatedStorage": func(m *maker) any {
		return m.inherited("allocatedStorage")
	},
	"hostedZoneId":         func(m *maker) any { return factsOf(m.obj.Region).databaseZone },
	"latestRestorableTime": func(*maker) any { return created },
	"replicas":             func(*maker) any { return []any{} },
	"masterUserSecrets": func(m *maker) any {
		if m.obj.In["manageMasterUserPassword"] != true {
			return nil
		}
		return []any{map[string]any{
			"kmsKeyId": m.str("masterUserSecretKmsKeyId"), "secretStatus": "active",
			"secretArn": "arn:aws:secretsmanager:" + m.obj.Region + ":" + m.account + ":secret:rds!db-" + m.uuid("secret") + "-" + m.random("secret", 6, lowerAlnum),
		}}
	},
}

// inherited is an input, or for a replica that of its source.
func (m *maker) inherited(property string) any {
	if v := m.obj.In[property]; v != nil {
		return v
	}
	return m.of("aws:rds/instance:Instance", "replicateSourceDb", property)
}

func hashed(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// address is one of a range.
func (m *maker) address(in netip.Prefix) any {
	if v := m.obj.In["privateIp"]; v != nil && m.obj.Token != "aws:ec2/eip:Eip" {
		return v
	}
	if !in.IsValid() {
		return nil
	}
	bytes := in.Masked().Addr().As4()
	random := sha256.Sum256([]byte(m.random("address", 8, hexDigits)))
	for i := in.Bits(); i < 32; i++ {
		bytes[i/8] |= random[i/8] & (1 << (7 - i%8))
	}
	return netip.AddrFrom4(bytes).String()
}

func (m *maker) subnet() netip.Prefix {
	text, _ := m.of("aws:ec2/subnet:Subnet", "subnetId", "cidrBlock").(string)
	prefix, err := netip.ParsePrefix(text)
	if err != nil {
		return netip.Prefix{}
	}
	return prefix
}

func vpcOfSubnets(property string) func(*maker) any {
	return func(m *maker) any {
		for _, id := range elements(m.obj.In[property]) {
			if subnet := m.w.Find("aws:ec2/subnet:Subnet", fmt.Sprint(id), m.obj.Region); subnet != nil {
				return subnet.Out["vpcId"]
			}
		}
		return nil
	}
}

func balancerSuffix(m *maker) any {
	short := map[any]string{"network": "net", "gateway": "gwy"}[m.obj.In["loadBalancerType"]]
	if short == "" {
		short = "app"
	}
	return short + "/" + m.str("name") + "/" + m.random("arn", 16, hexDigits)
}

// revision counts the definitions of a family, those that were deregistered too.
func revision(m *maker) any {
	if m.old != nil {
		return m.old.Out["revision"]
	}
	return float64(m.w.count("revision " + m.obj.Region + " " + m.str("family")))
}

// version is 1 at first and goes up with each update.
func (m *maker) version(property string) any {
	if m.old == nil {
		return 1.0
	}
	n, _ := m.old.Out[property].(float64)
	return n + 1
}

// updates counts the updates of the object.
func (m *maker) updates() int {
	if m.old == nil {
		return 0
	}
	m.obj.Updates = m.old.Updates + 1
	return m.obj.Updates
}

func certificateDomains(m *maker) []any {
	names := []any{m.str("domainName")}
	for _, name := range elements(m.obj.In["subjectAlternativeNames"]) {
		if name != names[0] {
			names = append(names, name)
		}
	}
	return names
}

// validationOptions are the records that prove a domain; a wildcard and its apex share one.
func validationOptions(m *maker) any {
	var options []any
	for _, name := range certificateDomains(m) {
		domain := strings.TrimPrefix(fmt.Sprint(name), "*.")
		options = append(options, map[string]any{
			"domainName":          name,
			"resourceRecordName":  "_" + m.random("record "+domain, 32, hexDigits) + "." + domain + ".",
			"resourceRecordType":  "CNAME",
			"resourceRecordValue": "_" + m.random("value "+domain, 32, hexDigits) + ".jkddzztszm.acm-validations.aws.",
		})
	}
	return options
}
