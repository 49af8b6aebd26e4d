package awssim

import (
	"slices"
	"strings"

	rpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// diff says what a change of inputs means: an update, or a replacement, and which of the two goes first.
func diff(t *typeInfo, olds, news, state map[string]any, tags map[string]any) *rpc.DiffResponse {
	response := &rpc.DiffResponse{Changes: rpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*rpc.PropertyDiff{}}
	for _, c := range compare("", "", olds, news, sets[t.Token]) {
		top, _, _ := strings.Cut(strings.ReplaceAll(c.fact, "[", "."), ".")
		if c.kind == rpc.PropertyDiff_DELETE && c.fact == top && t.facts.computedInput[top] {
			continue // AWS keeps what it has
		}
		kind := c.kind
		if replaces(t, c, olds, news) {
			kind += rpc.PropertyDiff_ADD_REPLACE - rpc.PropertyDiff_ADD // each kind is followed by its replacing form
			response.Replaces = append(response.Replaces, c.path)
		}
		response.DetailedDiff[c.path] = &rpc.PropertyDiff{Kind: kind, InputDiff: true}
		response.Diffs = append(response.Diffs, top)
		response.Changes = rpc.DiffResponse_DIFF_SOME
	}
	if _, has := t.Outputs["tagsAll"]; has && state["tagsAll"] != nil && !alike(state["tagsAll"], tags) {
		response.Changes = rpc.DiffResponse_DIFF_SOME
		response.DetailedDiff["tagsAll"] = &rpc.PropertyDiff{Kind: rpc.PropertyDiff_UPDATE}
		response.Diffs = append(response.Diffs, "tagsAll")
	}
	if len(response.Replaces) > 0 {
		response.DeleteBeforeReplace = deleteFirst(t, olds, news)
	}
	return response
}

func replaces(t *typeInfo, c change, olds, news map[string]any) bool {
	fact := c.fact
	if block, ok := t.Inputs[fact[:len(fact)-len(lastPart(fact))]]; ok && strings.HasPrefix(block, "map[]") {
		fact = strings.TrimSuffix(fact, "."+lastPart(fact))
	}
	if slices.Contains(t.facts.Replace, fact) {
		return true
	}
	rule, ok := replaceWhen[t.Token]
	return ok && rule(c, olds, news)
}

func lastPart(path string) string { return path[strings.LastIndex(path, ".")+1:] }

// replaceWhen holds the conditions under which a change replaces; the facts say them in words.
var replaceWhen = map[string]func(c change, olds, news map[string]any) bool{
	"aws:ec2/vpc:Vpc": func(c change, olds, news map[string]any) bool {
		return c.fact == "instanceTenancy" && (olds["instanceTenancy"] != "dedicated" || news["instanceTenancy"] != "default")
	},
	"aws:ec2/subnet:Subnet": func(c change, olds, _ map[string]any) bool {
		return c.fact == "ipv6CidrBlock" && olds["assignIpv6AddressOnCreation"] == true
	},
	"aws:ec2/vpcEndpoint:VpcEndpoint": func(c change, _, news map[string]any) bool {
		return c.fact == "privateDnsEnabled" && news["vpcEndpointType"] != "Interface"
	},
	"aws:ecs/service:Service": func(c change, olds, news map[string]any) bool {
		return strings.HasPrefix(c.fact, "capacityProviderStrategies") && (news["forceNewDeployment"] != true ||
			empty(olds["capacityProviderStrategies"]) || empty(news["capacityProviderStrategies"]))
	},
	"aws:lb/loadBalancer:LoadBalancer": func(c change, olds, news map[string]any) bool {
		return c.fact == "securityGroups" && news["loadBalancerType"] == "network" && empty(olds["securityGroups"]) != empty(news["securityGroups"])
	},
	"aws:ssm/parameter:Parameter": func(c change, olds, news map[string]any) bool {
		return c.fact == "tier" && olds["tier"] == "Advanced" && news["tier"] == "Standard"
	},
	"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ruleSource,
	"aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule":   ruleSource,
}

// ruleSource replaces a rule that switches from one kind of peer to another.
func ruleSource(c change, _, _ map[string]any) bool {
	peers := []string{"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId"}
	return slices.Contains(peers, c.fact) && c.kind != rpc.PropertyDiff_UPDATE
}

// deleteFirst says whether the old object must go before the new one can come: a name of its own that both would have.
func deleteFirst(t *typeInfo, olds, news map[string]any) bool {
	switch t.facts.DeleteFirst {
	case "provider":
		return true
	case "explicitName":
		property := "name"
		if a := t.facts.Autoname; a != nil {
			property = a.Property
		}
		return news[property] != nil && !filledIn(news, property) && alike(olds[property], news[property])
	}
	return false
}
