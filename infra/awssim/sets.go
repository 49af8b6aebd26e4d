package awssim

// sets are the lists that AWS's provider keeps as sets, per type: another order of the same elements is no change. Paths are
// written as in facts, without indexes. Lists that are not here have an order: a policy's steps, a listener's actions.
// Source: the schemas in https://github.com/hashicorp/terraform-provider-aws/tree/v5.100.0/internal/service.
var sets = map[string][]string{
	tCertificate:   {"subjectAlternativeNames", "validationOptions"},
	tValidation:    {"validationRecordFqdns"},
	tBalancer:      {"securityGroups", "subnetMappings", "subnets"},
	tListener:      {"defaultActions.forward.targetGroups"},
	tListenerRule:  append(prefixedBy("conditions.", "hostHeader.values", "httpHeader.values", "httpRequestMethod.values", "pathPattern.values", "queryStrings", "sourceIp.values"), "conditions", "actions.forward.targetGroups"),
	tRecord:        {"records"},
	tZone:          {"vpcs"},
	tHealthCheck:   {"childHealthchecks", "regions"},
	tWebACL:        {"rules"},
	tWebACLLogging: {"logDestinationConfigs", "redactedFields"},

	tGroup:        append(groupSets("ingress"), groupSets("egress")...),
	tDefaultGroup: append(groupSets("ingress"), groupSets("egress")...),
	tNAT:          {"secondaryAllocationIds", "secondaryPrivateIpAddresses"},
	tRouteTable:   {"propagatingVgws", "routes"},
	tACL:          {"egress", "ingress", "subnetIds"},
	tEndpoint:     {"routeTableIds", "securityGroupIds", "subnetConfigurations", "subnetIds"},
	tInstance:     {"ebsBlockDevices", "ephemeralBlockDevices", "networkInterfaces", "secondaryPrivateIps", "securityGroups", "vpcSecurityGroupIds"},
	tVPN:          {"authenticationOptions", "securityGroupIds"},

	tCluster:   {"settings"},
	tProviders: {"capacityProviders", "defaultCapacityProviderStrategies"},
	tService: {
		"alarms.alarmNames", "capacityProviderStrategies", "loadBalancers", "networkConfiguration.securityGroups", "networkConfiguration.subnets",
		"placementConstraints", "vpcLatticeConfigurations",
	},
	tTask: {"inferenceAccelerators", "placementConstraints", "requiresCompatibilities", "volumes"},
	tScalePolicy: append(prefixedBy("targetTrackingScalingPolicyConfiguration.customizedMetricSpecification.", "dimensions", "metrics", "metrics.metricStat.metric.dimensions"),
		"stepScalingPolicyConfiguration.stepAdjustments"),

	tDatabase:    {"domainDnsIps", "enabledCloudwatchLogsExports", "vpcSecurityGroupIds"},
	tSubnetGroup: {"subnetIds"},
	tParameters:  {"parameters"},
	tDBEvents:    {"eventCategories", "sourceIds"},

	tCORS:          append(prefixedBy("corsRules.", "allowedHeaders", "allowedMethods", "allowedOrigins", "exposeHeaders"), "corsRules"),
	tTiering:       {"tierings"},
	tLifecycle:     {"rules.noncurrentVersionTransitions", "rules.transitions"},
	tBucketLogging: {"targetGrants"},
	tEncryption:    {"rules"},

	tSecret:        {"replicas"},
	tSecretVersion: {"versionStages"},
	tRole:          {"inlinePolicies", "managedPolicyArns"},
	tOIDC:          {"clientIdLists"},

	tAlarm:       {"alarmActions", "insufficientDataActions", "metricQueries", "okActions"},
	tComposite:   {"alarmActions", "insufficientDataActions", "okActions"},
	tEventTarget: {"ecsTarget.capacityProviderStrategies", "ecsTarget.networkConfiguration.securityGroups", "ecsTarget.networkConfiguration.subnets", "ecsTarget.placementConstraints"},
	tTrail:       {"advancedEventSelectors.fieldSelectors", "eventSelectors.excludeManagementEventSources", "insightSelectors"},
	tRecorder:    {"recordingGroup.exclusionByResourceTypes.resourceTypes", "recordingGroup.resourceTypes", "recordingMode.recordingModeOverride.resourceTypes"},
	tBudget:      {"costFilters", "notifications", "notifications.subscriberEmailAddresses", "notifications.subscriberSnsTopicArns", "plannedLimits"},
	tAnomaly:     append(anomalySets("", ".ands", ".ors", ".not"), "subscribers"),
	tPlan:        {"advancedBackupSettings", "rules", "rules.copyActions"},
	tSelection: append(prefixedBy("conditions.", "stringEquals", "stringLikes", "stringNotEquals", "stringNotLikes"),
		"conditions", "notResources", "resources", "selectionTags"),
	tRestorePlan:   prefixedBy("recoveryPointSelection.", "excludeVaults", "includeVaults", "recoveryPointTypes"),
	tRestoreSelect: {"protectedResourceArns"},
}

func prefixedBy(prefix string, names ...string) []string {
	var all []string
	for _, name := range names {
		all = append(all, prefix+name)
	}
	return all
}

// groupSets are those of a security group's inline rules; their CIDR blocks are lists.
func groupSets(direction string) []string {
	return []string{direction, direction + ".securityGroups"}
}

// anomalySets are those of an anomaly subscription's threshold, at each place where an expression stands.
func anomalySets(places ...string) []string {
	var all []string
	for _, place := range places {
		for _, kind := range []string{"costCategory", "dimension", "tags"} {
			all = append(all, prefixedBy("thresholdExpression"+place+"."+kind+".", "matchOptions", "values")...)
		}
	}
	return all
}
