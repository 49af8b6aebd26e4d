package awssim

import "strings"

// unique says what no two objects of a type may share.
type unique struct {
	token string
	code  string // AWS's error code
	// keys are the properties that together are taken; the first one is named in the error. None: one per region.
	keys       []string
	everywhere bool // across regions, as bucket and role names are
	fold       bool // ignoring case
}

// uniques says what AWS refuses a second time. Types whose create overwrites or adopts what is there (alarms, dashboards,
// topics, scaling policies) are not in it; a cluster is, since two programs would share it unawares.
func uniques() []unique {
	name := []string{"name"}
	return []unique{
		{token: tBucket, code: "BucketAlreadyExists", keys: []string{"bucket"}, everywhere: true},
		{token: tRole, code: "EntityAlreadyExists", keys: name, everywhere: true, fold: true},
		{token: tPolicy, code: "EntityAlreadyExists", keys: name, everywhere: true, fold: true},
		{token: tProfile, code: "EntityAlreadyExists", keys: name, everywhere: true, fold: true},
		{token: tOIDC, code: "EntityAlreadyExists", keys: []string{"url"}, everywhere: true, fold: true},
		{token: tLogGroup, code: "ResourceAlreadyExistsException", keys: name},
		{token: tCluster, code: "InvalidParameterException", keys: name},
		{token: tService, code: "InvalidParameterException", keys: []string{"name", "cluster"}},
		{token: tDatabase, code: "DBInstanceAlreadyExists", keys: []string{"identifier"}, fold: true},
		{token: tSubnetGroup, code: "DBSubnetGroupAlreadyExists", keys: name, fold: true},
		{token: tParameters, code: "DBParameterGroupAlreadyExists", keys: name, fold: true},
		{token: tDBEvents, code: "SubscriptionAlreadyExist", keys: name},
		{token: tAlias, code: "AlreadyExistsException", keys: name},
		{token: tBalancer, code: "DuplicateLoadBalancerName", keys: name},
		{token: tTargetGroup, code: "DuplicateTargetGroupName", keys: name},
		{token: tListener, code: "DuplicateListener", keys: []string{"port", "loadBalancerArn"}},
		{token: tListenerRule, code: "PriorityInUse", keys: []string{"priority", "listenerArn"}},
		{token: tRepository, code: "RepositoryAlreadyExistsException", keys: name},
		{token: tSecret, code: "ResourceExistsException", keys: name},
		{token: tParameter, code: "ParameterAlreadyExists", keys: name},
		{token: tVault, code: "AlreadyExistsException", keys: name},
		{token: tRestorePlan, code: "ConflictException", keys: name},
		{token: tRestoreSelect, code: "ConflictException", keys: []string{"name", "restoreTestingPlanName"}},
		{token: tBudget, code: "DuplicateRecordException", keys: name, everywhere: true},
		{token: tTrail, code: "TrailAlreadyExistsException", keys: name},
		{token: tAnalyzer, code: "ConflictException", keys: []string{"analyzerName"}},
		{token: tDetector, code: "BadRequestException"},
		{token: tRecorder, code: "MaxNumberOfConfigurationRecordersExceededException"},
		{token: tDelivery, code: "MaxNumberOfDeliveryChannelsExceededException"},
		{token: tGroup, code: "InvalidGroup.Duplicate", keys: []string{"name", "vpcId"}},
		{token: tWebACL, code: "WAFDuplicateItemException", keys: []string{"name", "scope"}},
		{token: tRouteAssoc, code: "Resource.AlreadyAssociated", keys: []string{"subnetId"}},
		{token: tNAT, code: "Resource.AlreadyAssociated", keys: []string{"allocationId"}},
		{token: tACLRule, code: "NetworkAclEntryAlreadyExists", keys: []string{"ruleNumber", "networkAclId", "egress"}},
		{
			token: tRoute, code: "RouteAlreadyExists",
			keys: []string{"destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId", "routeTableId"},
		},
		{token: tIngress, code: "InvalidPermission.Duplicate", keys: groupRuleKeys()},
		{token: tEgress, code: "InvalidPermission.Duplicate", keys: groupRuleKeys()},
		{
			token: tFlowLog, code: "FlowLogAlreadyExists",
			keys: []string{"vpcId", "subnetId", "eniId", "trafficType", "logDestination", "logGroupName"},
		},
		{token: tVPNNetwork, code: "InvalidClientVpnDuplicateAssociationException", keys: []string{"subnetId", "clientVpnEndpointId"}},
	}
}

func groupRuleKeys() []string {
	return []string{
		"securityGroupId", "ipProtocol", "fromPort", "toPort",
		"cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId",
	}
}

func uniqueRules() map[string][]rule {
	all := map[string][]rule{}
	for _, u := range uniques() {
		all[u.token] = append(all[u.token], onWrite(u.check))
	}
	return all
}

func (u unique) check(w World, obj, old *Object) error {
	region := obj.Region
	if u.everywhere {
		region = ""
	}
	key, property, value := u.key(obj)
	if len(u.keys) > 0 && value == "" {
		return nil
	}
	for _, o := range others(w, obj, old, region) {
		taken, _, _ := u.key(o)
		if taken != key {
			continue
		}
		if len(u.keys) == 0 {
			return refuse(u.code, "resource", obj.Token, "exists already as %s, and there is one per account and region; refer to that one instead",
				label(o))
		}
		return refuse(u.code, property, value, "is taken by %s; choose another, or let the old one go first (deleteBeforeReplace)", label(o))
	}
	return nil
}

// key returns what is taken, and the first property of it that is set.
func (u unique) key(o *Object) (key, property, value string) {
	var parts []string
	for _, k := range u.keys {
		v := strings.Join(texts(o, k), ",")
		if v == "false" {
			v = ""
		}
		if u.fold {
			v = strings.ToLower(v)
		}
		if property == "" && v != "" {
			property, value = k, strings.Join(texts(o, k), ",")
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, "|"), property, value
}
