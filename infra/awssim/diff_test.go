package awssim

import (
	"slices"
	"strings"
	"testing"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// A change is written as its path, with ! where it replaces; "-" behind all of them says that the old object goes first.
func TestWhatAChangeMeans(t *testing.T) {
	t.Parallel()
	_, types := setup(t)
	strategies := func(base float64, force bool) props {
		return props{"forceNewDeployment": force, "capacityProviderStrategies": list(props{"capacityProvider": "FARGATE", "base": base})}
	}
	for name, test := range map[string]struct {
		token    string
		old, new props
		want     string
	}{
		"nothing":                       {tVPC, props{"cidrBlock": "10.0.0.0/16"}, props{"cidrBlock": "10.0.0.0/16"}, ""},
		"updated":                       {tVPC, props{"enableDnsSupport": true}, props{"enableDnsSupport": false}, "enableDnsSupport"},
		"replaced":                      {tSubnet, props{"cidrBlock": "10.0.1.0/24"}, props{"cidrBlock": "10.0.2.0/24"}, "cidrBlock!"},
		"a tag":                         {tVPC, props{"tags": props{"a": "1"}}, props{"tags": props{"a": "2"}}, "tags.a"},
		"renamed":                       {tTopic, props{"name": "a"}, props{"name": "b"}, "name!"},
		"replaced under its own name":   {tRole, props{"name": "a", "path": "/"}, props{"name": "a", "path": "/b/"}, "path! -"},
		"replaced under a made-up name": {tRole, props{"name": "a-1234567", "path": "/", defaultsKey: list("name")}, props{"name": "a-1234567", "path": "/b/", defaultsKey: list("name")}, "path!"},
		"left to AWS":                   {tDatabase, props{"engineVersion": "8.4.6"}, props{}, ""},
		"a policy written otherwise": {
			tBucketPolicy,
			props{"policy": `{"Statement":[{"Effect":"Allow","Action":"s3:GetObject","Principal":"*"}]}`},
			props{"policy": `{"Statement": {"Principal": {"AWS": ["*"]}, "Action": ["s3:GetObject"], "Effect": "Allow"}}`},
			"",
		},
		"a set in another order":         {tService, props{"networkConfiguration": props{"subnets": list("a", "b")}}, props{"networkConfiguration": props{"subnets": list("b", "a")}}, ""},
		"a group more":                   {tBalancer, props{"securityGroups": list("a")}, props{"securityGroups": list("b", "a")}, "securityGroups[0]"},
		"tenancy relaxed":                {tVPC, props{"instanceTenancy": "dedicated"}, props{"instanceTenancy": "default"}, "instanceTenancy"},
		"tenancy tightened":              {tVPC, props{"instanceTenancy": "default"}, props{"instanceTenancy": "dedicated"}, "instanceTenancy!"},
		"another range":                  {tIngress, props{"cidrIpv4": "10.0.0.0/8"}, props{"cidrIpv4": "10.0.0.0/9"}, "cidrIpv4"},
		"a group instead of a range":     {tIngress, props{"cidrIpv4": "10.0.0.0/8"}, props{"referencedSecurityGroupId": "sg-1"}, "cidrIpv4! referencedSecurityGroupId!"},
		"strategy of a running service":  {tService, strategies(1, false), strategies(2, false), "capacityProviderStrategies[0].base!"},
		"strategy, by a new deployment":  {tService, strategies(1, true), strategies(2, true), "capacityProviderStrategies[0].base"},
		"parameter to the standard tier": {tParameter, props{"tier": "Advanced"}, props{"tier": "Standard"}, "tier!"},
		"parameter to the advanced tier": {tParameter, props{"tier": "Standard"}, props{"tier": "Advanced"}, "tier"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			response := diff(types.Types[test.token], test.old, test.new, nil, nil)
			var got []string
			for _, path := range sorted(response.GetDetailedDiff()) {
				switch response.GetDetailedDiff()[path].GetKind() {
				case rpc.PropertyDiff_ADD_REPLACE, rpc.PropertyDiff_DELETE_REPLACE, rpc.PropertyDiff_UPDATE_REPLACE:
					path += "!"
				case rpc.PropertyDiff_ADD, rpc.PropertyDiff_DELETE, rpc.PropertyDiff_UPDATE:
				}
				got = append(got, path)
			}
			if response.GetDeleteBeforeReplace() {
				got = append(got, "-")
			}
			if strings.Join(got, " ") != test.want || (response.GetChanges() == rpc.DiffResponse_DIFF_NONE) != (test.want == "") {
				t.Errorf("got %s (%v), want %s", strings.Join(got, " "), response.GetChanges(), test.want)
			}
			if replaced := slices.ContainsFunc(got, func(s string) bool { return strings.HasSuffix(s, "!") }); replaced != (len(response.GetReplaces()) > 0) {
				t.Errorf("the details say %v, and it replaces for %v", got, response.GetReplaces())
			}
		})
	}
}

func TestDefaultTagsAreAChangeOfTheirOwn(t *testing.T) {
	t.Parallel()
	_, types := setup(t)
	in := props{"cidrBlock": "10.0.0.0/16"}
	state := props{"tagsAll": props{"stack": "dev"}}
	if response := diff(types.Types[tVPC], in, in, state, props{"stack": "dev"}); response.GetChanges() != rpc.DiffResponse_DIFF_NONE {
		t.Errorf("the same tags are a change: %v", response.GetDiffs())
	}
	response := diff(types.Types[tVPC], in, in, state, props{"stack": "prod"})
	if !slices.Equal(response.GetDiffs(), []string{"tagsAll"}) || len(response.GetReplaces()) > 0 {
		t.Errorf("other tags: %v, replaces for %v", response.GetDiffs(), response.GetReplaces())
	}
}
