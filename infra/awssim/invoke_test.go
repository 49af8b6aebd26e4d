package awssim

import (
	"context"
	"fmt"
	"strings"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

func TestFunctionsKnowTheRegion(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	for name, test := range map[string]struct {
		token, region string
		args          map[string]any
		result, want  string
	}{
		"zones":                     {"aws:index/getAvailabilityZones:getAvailabilityZones", "us-west-1", nil, "names", "[us-west-1a us-west-1c]"},
		"zones' ids":                {"aws:index/getAvailabilityZones:getAvailabilityZones", "ap-northeast-1", nil, "zoneIds", "[apne1-az4 apne1-az1 apne1-az2]"},
		"account of load balancers": {"aws:elb/getServiceAccount:getServiceAccount", "us-east-2", nil, "arn", "arn:aws:iam::033677994240:root"},
		"prefix list":               {"aws:ec2/getPrefixList:getPrefixList", "eu-west-3", map[string]any{"name": "com.amazonaws.eu-west-3.s3"}, "prefixListId", "pl-23ad484a"},
		"range of a prefix list":    {"aws:ec2/getPrefixList:getPrefixList", "eu-west-3", map[string]any{"name": "com.amazonaws.eu-west-3.s3"}, "cidrBlocks", "[52.95.154.0/23]"},
		"registry":                  {"aws:ecr/getAuthorizationToken:getAuthorizationToken", "eu-west-1", nil, "proxyEndpoint", "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com"},
		"registry of somebody else": {"aws:ecr/getAuthorizationToken:getAuthorizationToken", "eu-west-1", map[string]any{"registryId": "999999999999"}, "proxyEndpoint", "https://999999999999.dkr.ecr.eu-west-1.amazonaws.com"},
		"region":                    {"aws:index/getRegion:getRegion", "eu-west-1", nil, "endpoint", "ec2.eu-west-1.amazonaws.com"},
	} {
		result, err := functions[test.token](query{p, test.region, test.args})
		if got := fmt.Sprint(result[test.result]); err != nil || got != test.want {
			t.Errorf("%s: got %s (%v), want %s", name, got, err, test.want)
		}
	}
	if _, err := functions["aws:elb/getServiceAccount:getServiceAccount"](query{p, "eu-central-2", nil}); err == nil ||
		!strings.Contains(err.Error(), "unsupported AWS Region: eu-central-2") {
		t.Errorf("an account in a region that has none: %v", err)
	}
}

func TestLoginsAreSecretAndNew(t *testing.T) {
	t.Parallel()
	p, _ := setup(t)
	const token = "aws:ecr/getAuthorizationToken:getAuthorizationToken"
	seen := map[any]bool{}
	for range 2 {
		answer, err := p.Invoke(context.Background(), &rpc.InvokeRequest{Tok: token})
		if err != nil {
			t.Fatal(err)
		}
		result, err := decode(answer.GetReturn())
		if err != nil {
			t.Fatal(err)
		}
		if !result.secrets["password"] || !result.secrets["authorizationToken"] || seen[result.values["password"]] {
			t.Errorf("the login is no secret, or not a new one: %v", result.secrets)
		}
		seen[result.values["password"]] = true
	}
	_, err := p.Invoke(context.Background(), &rpc.InvokeRequest{Tok: "aws:ecr/getAuthorisationToken:getAuthorisationToken"})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("did you mean %q?", token)) {
		t.Errorf("the misspelt function is not named: %v", err)
	}
}
