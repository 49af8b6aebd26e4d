package awssim

import (
	"context"
	"encoding/base64"
	"fmt"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// query is one call of a function.
type query struct {
	p      *provider
	region string
	args   map[string]any
}

func (q query) arg(name string) string {
	text, _ := q.args[name].(string)
	return text
}

// functions are the provider's functions that the platform calls. What they return as secret is in secretResults.
var functions = map[string]func(query) (map[string]any, error){
	"aws:index/getCallerIdentity:getCallerIdentity": func(q query) (map[string]any, error) {
		account := q.p.options.Account
		return map[string]any{"id": account, "accountId": account, "userId": "AIDA" + strings.Repeat("X", 17), "arn": "arn:aws:iam::" + account + ":user/awssim"}, nil
	},
	"aws:index/getRegion:getRegion": func(q query) (map[string]any, error) {
		return map[string]any{"id": q.region, "name": q.region, "endpoint": "ec2." + q.region + ".amazonaws.com", "description": q.region}, nil
	},
	"aws:index/getPartition:getPartition": func(query) (map[string]any, error) {
		return map[string]any{"id": "aws", "partition": "aws", "dnsSuffix": "amazonaws.com", "reverseDnsPrefix": "com.amazonaws"}, nil
	},
	"aws:index/getAvailabilityZones:getAvailabilityZones":       zones,
	"aws:secretsmanager/getRandomPassword:getRandomPassword":    randomPassword,
	"aws:route53/getZone:getZone":                               zone,
	"aws:ecs/getService:getService":                             runningService,
	"aws:ecr/getAuthorizationToken:getAuthorizationToken":       registryLogin,
	"aws:ssm/getParameter:getParameter":                         parameter,
	"aws:ec2/getPrefixList:getPrefixList":                       prefixLists,
	"aws:ec2/getManagedPrefixList:getManagedPrefixList":         prefixLists,
	"aws:secretsmanager/getSecretVersion:getSecretVersion":      secretVersion,
	"aws:rds/getInstance:getInstance":                           database,
	"aws:ec2/getAmi:getAmi":                                     image,
	"aws:iam/getOpenIdConnectProvider:getOpenIdConnectProvider": identityProvider,
	"aws:elb/getServiceAccount:getServiceAccount": func(q query) (map[string]any, error) {
		account := factsOf(q.region).logAccount
		if account == "" {
			return nil, fmt.Errorf("unsupported AWS Region: %s; its load balancers write logs as a service, logdelivery.elasticloadbalancing.amazonaws.com", q.region)
		}
		return map[string]any{"id": account, "arn": "arn:aws:iam::" + account + ":root"}, nil
	},
}

var secretResults = map[string][]string{
	"aws:ecr/getAuthorizationToken:getAuthorizationToken":    {"authorizationToken", "password"},
	"aws:secretsmanager/getRandomPassword:getRandomPassword": {"randomPassword"},
	"aws:secretsmanager/getSecretVersion:getSecretVersion":   {"secretString"},
}

func (p *provider) Invoke(ctx context.Context, r *rpc.InvokeRequest) (*rpc.InvokeResponse, error) {
	f := functions[r.GetTok()]
	if f == nil {
		hint := ""
		if near := fault.Nearest(r.GetTok(), sorted(functions)); near != "" {
			hint = fmt.Sprintf("did you mean %q? ", near)
		}
		return nil, fmt.Errorf("awssim knows no function %q; %sadd it to infra/awssim/invoke.go", r.GetTok(), hint)
	}
	args, err := decode(r.GetArgs())
	if err != nil {
		return nil, err
	}
	region, _ := sessionOf(ctx).read()
	if other, ok := args.values["region"].(string); ok {
		region = other
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	result, err := f(query{p, region, args.values})
	if err != nil {
		return nil, err
	}
	for name, v := range args.values {
		if _, set := result[name]; !set {
			result[name] = v
		}
	}
	secrets := map[string]bool{}
	for _, name := range secretResults[r.GetTok()] {
		secrets[name] = true
	}
	out, err := properties{result, secrets}.encode()
	return &rpc.InvokeResponse{Return: out}, err
}

func zones(q query) (map[string]any, error) {
	var names, ids []any
	for _, name := range zoneNames(q.region) {
		names, ids = append(names, name), append(ids, zoneID(name))
	}
	return map[string]any{"id": q.region, "names": names, "zoneIds": ids, "groupNames": []any{q.region}}, nil
}

// randomPassword is another one at each call, as at AWS; the seed and the count of calls decide which.
func randomPassword(q query) (map[string]any, error) {
	length := 32
	if n, ok := q.args["passwordLength"].(float64); ok {
		length = int(n)
	}
	m := maker{seed: q.p.options.Seed, obj: &Object{Token: "password", Gen: q.p.world.count("passwords")}}
	return map[string]any{"id": "awssim", "randomPassword": m.random("password", length, upperAlnum+lowerAlnum)}, nil
}

// registryLogin is another one at each call, as at AWS.
func registryLogin(q query) (map[string]any, error) {
	account, _ := orDefault(q.args["registryId"], q.p.options.Account).(string)
	m := maker{seed: q.p.options.Seed, obj: &Object{Token: "login", Gen: q.p.world.count("logins")}}
	password := m.random("login", 64, upperAlnum+lowerAlnum)
	return map[string]any{
		"id": q.region, "registryId": account, "proxyEndpoint": "https://" + account + ".dkr.ecr." + q.region + ".amazonaws.com",
		"userName": "AWS", "password": password, "expiresAt": created,
		"authorizationToken": base64.StdEncoding.EncodeToString([]byte("AWS:" + password)),
	}, nil
}

func zone(q query) (map[string]any, error) {
	name := strings.TrimSuffix(q.arg("name"), ".")
	for _, key := range []string{q.arg("zoneId"), name} {
		if o := q.p.world.Find("aws:route53/zone:Zone", key, ""); o != nil {
			return map[string]any{"id": o.ID, "zoneId": o.ID, "name": o.Out["name"], "arn": o.Out["arn"], "nameServers": o.Out["nameServers"]}, nil
		}
	}
	if name == "" {
		return nil, fmt.Errorf("no matching Route 53 Hosted Zone found: %s", jsonText(q.args))
	}
	// A domain's zone is there before a stack is; any name has one.
	id := "Z" + strings.ToUpper(hashed(q.p.options.Seed + name)[:20])
	return map[string]any{"id": id, "zoneId": id, "name": name, "arn": "arn:aws:route53:::hostedzone/" + id}, nil
}

func runningService(q query) (map[string]any, error) {
	for _, o := range q.p.world.ByType("aws:ecs/service:Service", q.region) {
		cluster := fmt.Sprint(o.Out["cluster"])
		if o.Out["name"] == q.arg("serviceName") && after(cluster, "/") == after(q.arg("clusterArn"), "/") {
			return map[string]any{
				"id": o.ID, "arn": o.ID, "desiredCount": o.Out["desiredCount"], "launchType": o.Out["launchType"],
				"schedulingStrategy": "REPLICA", "taskDefinition": o.Out["taskDefinition"], "availabilityZoneRebalancing": "DISABLED",
			}, nil
		}
	}
	return nil, fmt.Errorf("service with name %q in cluster %q returned error: MISSING", q.arg("serviceName"), q.arg("clusterArn"))
}

func parameter(q query) (map[string]any, error) {
	if o := q.p.world.Find("aws:ssm/parameter:Parameter", q.arg("name"), q.region); o != nil {
		return map[string]any{"id": o.ID, "arn": o.Out["arn"], "value": o.Out["value"], "type": o.Out["type"], "version": o.Out["version"]}, nil
	}
	if !strings.HasPrefix(q.arg("name"), "/aws/service/") {
		return nil, fmt.Errorf("ParameterNotFound: couldn't find resource: %s", q.arg("name"))
	}
	value := "ami-0" + hashed(q.p.options.Seed + q.region + q.arg("name"))[:16]
	return map[string]any{
		"id": q.arg("name"), "arn": "arn:aws:ssm:" + q.region + "::parameter" + q.arg("name"), "value": value, "insecureValue": value,
		"type": "String", "version": 1,
	}, nil
}

func prefixLists(q query) (map[string]any, error) {
	id, cidr := prefixList(q.region, q.arg("name"))
	return map[string]any{
		"id": id, "name": q.arg("name"), "prefixListId": id, "cidrBlocks": []any{cidr},
		"arn": "arn:aws:ec2:" + q.region + ":aws:prefix-list/" + id, "ownerId": "AWS", "addressFamily": "IPv4", "maxEntries": 55, "version": 1,
	}, nil
}

func secretVersion(q query) (map[string]any, error) {
	for _, o := range q.p.world.ByType("aws:secretsmanager/secretVersion:SecretVersion", q.region) {
		if o.Out["secretId"] == q.arg("secretId") {
			return map[string]any{"id": o.ID, "arn": o.Out["arn"], "secretString": o.Out["secretString"], "versionId": o.Out["versionId"]}, nil
		}
	}
	return nil, fmt.Errorf("ResourceNotFoundException: Secrets Manager can't find the specified secret value: %s", q.arg("secretId"))
}

func database(q query) (map[string]any, error) {
	if o := q.p.world.Find("aws:rds/instance:Instance", q.arg("dbInstanceIdentifier"), q.region); o != nil {
		result := clone(o.Out)
		result["id"], result["dbInstanceArn"] = o.ID, o.Out["arn"]
		delete(result, "password")
		return result, nil
	}
	return nil, fmt.Errorf("DBInstanceNotFound: DBInstance %s not found", q.arg("dbInstanceIdentifier"))
}

func image(q query) (map[string]any, error) {
	id := "ami-0" + hashed(q.p.options.Seed + q.region + jsonText(q.args))[:16]
	return map[string]any{"id": id, "imageId": id, "arn": "arn:aws:ec2:" + q.region + "::image/" + id, "architecture": "arm64"}, nil
}

func identityProvider(q query) (map[string]any, error) {
	url := strings.TrimPrefix(q.arg("url"), "https://")
	arn := "arn:aws:iam::" + q.p.options.Account + ":oidc-provider/" + url
	return map[string]any{"id": arn, "arn": arn, "url": url, "clientIdLists": []any{"sts.amazonaws.com"}, "thumbprintLists": []any{}}, nil
}
