package awssim

import (
	"strings"
)

// reference says that a property names another thing, which has to exist.
type reference struct {
	token  string
	path   string
	code   string   // AWS's error code
	to     []string // types that it may name, by id, ARN or name
	global bool     // the other thing may be in any region
}

// references are the properties that AWS looks up. An ARN of another account is taken as good, and so are the things
// that AWS itself provides (see provided).
func references() []reference {
	all := networkReferences()
	all = append(all, serviceReferences()...)
	all = append(all, dataReferences()...)
	return append(all, operationsReferences()...)
}

// to completes references to the same types, and the code where they have none of their own.
func to(types []string, code string, all ...reference) []reference {
	for i := range all {
		all[i].to = types
		if all[i].code == "" {
			all[i].code = code
		}
	}
	return all
}

func networkReferences() []reference {
	vpc, subnet, group := []string{tVPC}, []string{tSubnet}, []string{tGroup, tDefaultGroup}
	var all []reference
	for _, token := range []string{tSubnet, tGroup, tRouteTable, tInternet, tACL, tEndpoint, tDefaultGroup, tFlowLog, tTargetGroup, tVPN} {
		all = append(all, reference{token: token, path: "vpcId", code: "InvalidVpcID.NotFound", to: vpc})
	}
	all = append(all, to(subnet, "InvalidSubnetID.NotFound",
		reference{token: tNAT, path: "subnetId"},
		reference{token: tRouteAssoc, path: "subnetId"},
		reference{token: tACLAssoc, path: "subnetId"},
		reference{token: tACL, path: "subnetIds"},
		reference{token: tEndpoint, path: "subnetIds"},
		reference{token: tInstance, path: "subnetId"},
		reference{token: tVPNNetwork, path: "subnetId"},
		reference{token: tFlowLog, path: "subnetId"},
		reference{token: tSubnetGroup, path: "subnetIds", code: "InvalidSubnet"},
		reference{token: tBalancer, path: "subnets", code: "SubnetNotFound"},
		reference{token: tBalancer, path: "subnetMappings.subnetId", code: "SubnetNotFound"},
		reference{token: tService, path: "networkConfiguration.subnets", code: "InvalidParameterException"},
	)...)
	all = append(all, to(group, "InvalidGroup.NotFound",
		reference{token: tIngress, path: "securityGroupId"},
		reference{token: tIngress, path: "referencedSecurityGroupId"},
		reference{token: tEgress, path: "securityGroupId"},
		reference{token: tEgress, path: "referencedSecurityGroupId"},
		reference{token: tEndpoint, path: "securityGroupIds"},
		reference{token: tInstance, path: "vpcSecurityGroupIds"},
		reference{token: tVPN, path: "securityGroupIds"},
		reference{token: tBalancer, path: "securityGroups", code: "InvalidSecurityGroup"},
		reference{token: tDatabase, path: "vpcSecurityGroupIds", code: "InvalidParameterValue"},
		reference{token: tService, path: "networkConfiguration.securityGroups", code: "InvalidParameterException"},
	)...)
	return append(all,
		reference{token: tNAT, path: "allocationId", code: "InvalidAllocationID.NotFound", to: []string{tEIP}},
		reference{token: tRoute, path: "routeTableId", code: "InvalidRouteTableID.NotFound", to: []string{tRouteTable}},
		reference{token: tRoute, path: "gatewayId", code: "InvalidGatewayID.NotFound", to: []string{tInternet}},
		reference{token: tRoute, path: "natGatewayId", code: "NatGatewayNotFound", to: []string{tNAT}},
		reference{token: tRouteTable, path: "routes.gatewayId", code: "InvalidGatewayID.NotFound", to: []string{tInternet}},
		reference{token: tRouteTable, path: "routes.natGatewayId", code: "NatGatewayNotFound", to: []string{tNAT}},
		reference{token: tRouteAssoc, path: "routeTableId", code: "InvalidRouteTableID.NotFound", to: []string{tRouteTable}},
		reference{token: tEndpoint, path: "routeTableIds", code: "InvalidRouteTableId.NotFound", to: []string{tRouteTable}},
		reference{token: tACLRule, path: "networkAclId", code: "InvalidNetworkAclID.NotFound", to: []string{tACL}},
		reference{token: tACLAssoc, path: "networkAclId", code: "InvalidNetworkAclID.NotFound", to: []string{tACL}},
		reference{token: tVPNNetwork, path: "clientVpnEndpointId", code: "InvalidClientVpnEndpointId.NotFound", to: []string{tVPN}},
		reference{token: tVPNRule, path: "clientVpnEndpointId", code: "InvalidClientVpnEndpointId.NotFound", to: []string{tVPN}},
		reference{token: tInstance, path: "iamInstanceProfile", code: "InvalidParameterValue", to: []string{tProfile}, global: true},
	)
}

func serviceReferences() []reference {
	role, group := []string{tRole}, []string{tTargetGroup}
	return []reference{
		{token: tListener, path: "loadBalancerArn", code: "LoadBalancerNotFound", to: []string{tBalancer}},
		{token: tListener, path: "defaultActions.targetGroupArn", code: "TargetGroupNotFound", to: group},
		{token: tListener, path: "defaultActions.forward.targetGroups.arn", code: "TargetGroupNotFound", to: group},
		{token: tListenerRule, path: "listenerArn", code: "ListenerNotFound", to: []string{tListener}},
		{token: tListenerRule, path: "actions.targetGroupArn", code: "TargetGroupNotFound", to: group},
		{token: tListenerRule, path: "actions.forward.targetGroups.arn", code: "TargetGroupNotFound", to: group},
		{token: tValidation, path: "certificateArn", code: "ResourceNotFoundException", to: []string{tCertificate}},
		{token: tRecord, path: "healthCheckId", code: "NoSuchHealthCheck", to: []string{tHealthCheck}, global: true},
		{token: tHealthCheck, path: "cloudwatchAlarmName", code: "InvalidInput", to: []string{tAlarm}, global: true},
		{token: tWebACLAssoc, path: "webAclArn", code: "WAFNonexistentItemException", to: []string{tWebACL}},
		{token: tWebACLAssoc, path: "resourceArn", code: "WAFNonexistentItemException", to: []string{tBalancer}},
		{token: tWebACLLogging, path: "resourceArn", code: "WAFNonexistentItemException", to: []string{tWebACL}},
		{token: tWebACLLogging, path: "logDestinationConfigs", code: "WAFLogDestinationPermissionIssueException", to: []string{tLogGroup, tBucket}},
		{token: tProviders, path: "clusterName", code: "ClusterNotFoundException", to: []string{tCluster}},
		{token: tService, path: "cluster", code: "ClusterNotFoundException", to: []string{tCluster}},
		{token: tService, path: "loadBalancers.targetGroupArn", code: "InvalidParameterException", to: group},
		{token: tService, path: "alarms.alarmNames", code: "InvalidParameterException", to: []string{tAlarm, tComposite}},
		{token: tTask, path: "executionRoleArn", code: "ClientException", to: role, global: true},
		{token: tTask, path: "taskRoleArn", code: "ClientException", to: role, global: true},
		{token: tImageRules, path: "repository", code: "RepositoryNotFoundException", to: []string{tRepository}},
	}
}

func dataReferences() []reference {
	keys := []string{tKey, tReplicaKey, tAlias}
	all := []reference{
		{token: tDatabase, path: "dbSubnetGroupName", code: "DBSubnetGroupNotFoundFault", to: []string{tSubnetGroup}},
		{token: tDatabase, path: "parameterGroupName", code: "DBParameterGroupNotFound", to: []string{tParameters}},
		{token: tDatabase, path: "replicateSourceDb", code: "DBInstanceNotFound", to: []string{tDatabase}, global: true},
		{token: tDatabase, path: "monitoringRoleArn", code: "InvalidParameterValue", to: []string{tRole}, global: true},
		{token: tDBEvents, path: "snsTopic", code: "SNSTopicArnNotFound", to: []string{tTopic}},
		{token: tSecretVersion, path: "secretId", code: "ResourceNotFoundException", to: []string{tSecret}},
		{token: tBucketLogging, path: "targetBucket", code: "InvalidTargetBucketForLogging", to: []string{tBucket}, global: true},
		{token: tBucketCopy, path: "rules.destination.bucket", code: "InvalidRequest", to: []string{tBucket}, global: true},
	}
	for _, token := range []string{
		tBucketPolicy, tBucketBlock, tBucketLogging, tBucketCopy, tVersioning, tEncryption, tLifecycle, tCORS, tOwnership, tTiering, tObjectLock,
	} {
		all = append(all, reference{token: token, path: "bucket", code: "NoSuchBucket", to: []string{tBucket}})
	}
	for _, r := range []reference{
		{token: tDatabase, path: "kmsKeyId", code: "KMSKeyNotAccessibleFault"},
		{token: tDatabase, path: "masterUserSecretKmsKeyId", code: "KMSKeyNotAccessibleFault"},
		{token: tDatabase, path: "performanceInsightsKmsKeyId", code: "KMSKeyNotAccessibleFault"},
		{token: tDBReplication, path: "kmsKeyId", code: "KMSKeyNotAccessibleFault"},
		{token: tEncryption, path: "rules.applyServerSideEncryptionByDefault.kmsMasterKeyId", code: "KMS.NotFoundException"},
		{token: tSecret, path: "kmsKeyId", code: "InvalidParameterException"},
		{token: tParameter, path: "keyId", code: "InvalidKeyId"},
		{token: tRepository, path: "encryptionConfigurations.kmsKey", code: "KmsException"},
		{token: tTopic, path: "kmsMasterKeyId", code: "KMSNotFound"},
		{token: tLogGroup, path: "kmsKeyId", code: "InvalidParameterException"},
		{token: tTrail, path: "kmsKeyId", code: "KmsKeyNotFoundException"},
		{token: tVault, path: "kmsKeyArn", code: "InvalidParameterValueException"},
		{token: tAlias, path: "targetKeyId", code: "NotFoundException"},
		{token: tCluster, path: "configuration.executeCommandConfiguration.kmsKeyId", code: "InvalidParameterException"},
		{token: tCluster, path: "configuration.managedStorageConfiguration.kmsKeyId", code: "InvalidParameterException"},
	} {
		r.to = keys
		all = append(all, r)
	}
	return append(all,
		reference{token: tReplicaKey, path: "primaryKeyArn", code: "NotFoundException", to: []string{tKey}, global: true},
		reference{
			token: tBucketCopy, path: "rules.destination.encryptionConfiguration.replicaKmsKeyId",
			code: "InvalidRequest", to: keys, global: true,
		})
}

func operationsReferences() []reference {
	topic, logs, role := []string{tTopic}, []string{tLogGroup}, []string{tRole}
	action := []string{tTopic, tScalePolicy}
	var all []reference
	for _, token := range []string{tAlarm, tComposite} {
		for _, path := range []string{"alarmActions", "okActions", "insufficientDataActions"} {
			all = append(all, reference{token: token, path: path, code: "ValidationError", to: action})
		}
	}
	for _, token := range []string{tRolePolicy, tAttachment, tProfile} {
		all = append(all, reference{token: token, path: "role", code: "NoSuchEntity", to: role, global: true})
	}
	return append(all,
		reference{token: tAttachment, path: "policyArn", code: "NoSuchEntity", to: []string{tPolicy}, global: true},
		reference{token: tTopicPolicy, path: "arn", code: "NotFound", to: topic},
		reference{token: tSubscription, path: "topic", code: "NotFound", to: topic},
		reference{token: tBudget, path: "notifications.subscriberSnsTopicArns", code: "InvalidParameterException", to: topic, global: true},
		reference{token: tEventTarget, path: "rule", code: "ResourceNotFoundException", to: []string{tEventRule}},
		reference{token: tLogFilter, path: "logGroupName", code: "ResourceNotFoundException", to: logs},
		reference{token: tFlowLog, path: "iamRoleArn", code: "InvalidParameter", to: role, global: true},
		reference{token: tFlowLog, path: "logDestination", code: "LogDestinationNotFoundException", to: []string{tLogGroup, tBucket}},
		reference{token: tTrail, path: "s3BucketName", code: "S3BucketDoesNotExistException", to: []string{tBucket}, global: true},
		reference{token: tTrail, path: "cloudWatchLogsGroupArn", code: "InvalidCloudWatchLogsLogGroupArnException", to: logs},
		reference{token: tTrail, path: "cloudWatchLogsRoleArn", code: "InvalidCloudWatchLogsRoleArnException", to: role, global: true},
		reference{token: tVaultLock, path: "backupVaultName", code: "ResourceNotFoundException", to: []string{tVault}},
		reference{token: tPlan, path: "rules.targetVaultName", code: "InvalidParameterValueException", to: []string{tVault}},
		reference{token: tPlan, path: "rules.copyActions.destinationVaultArn", code: "InvalidParameterValueException", to: []string{tVault}, global: true},
		reference{token: tSelection, path: "planId", code: "ResourceNotFoundException", to: []string{tPlan}},
		reference{token: tSelection, path: "iamRoleArn", code: "InvalidParameterValueException", to: role, global: true},
		reference{token: tRestoreSelect, path: "restoreTestingPlanName", code: "ResourceNotFoundException", to: []string{tRestorePlan}},
		reference{token: tRestoreSelect, path: "iamRoleArn", code: "InvalidParameterValueException", to: role, global: true},
		reference{token: tAnomaly, path: "monitorArnLists", code: "UnknownMonitorException", to: []string{tMonitor}, global: true},
		reference{token: tDelivery, path: "s3BucketName", code: "NoSuchBucketException", to: []string{tBucket}, global: true},
		reference{token: tDelivery, path: "snsTopicArn", code: "InvalidSNSTopicARNException", to: topic},
		reference{token: tRecorderOn, path: "name", code: "NoSuchConfigurationRecorderException", to: []string{tRecorder}},
		reference{token: tRecorder, path: "roleArn", code: "InvalidRoleException", to: role, global: true},
		reference{token: tDetectorPart, path: "detectorId", code: "BadRequestException", to: []string{tDetector}},
	)
}

func referenceRules() map[string][]rule {
	all := map[string][]rule{}
	for _, r := range references() {
		all[r.token] = append(all[r.token], onWrite(r.check))
	}
	return all
}

func (r reference) check(w World, obj, _ *Object) error {
	for _, key := range texts(obj, r.path) {
		if key == "" || provided(key) || foreign(w, obj, key) {
			continue
		}
		elsewhere, ok := r.find(w, obj, key)
		switch {
		case ok:
		case elsewhere != nil:
			return refuse(r.code, r.path, key, "is in %s, and %s needs one in %s", elsewhere.Region, kind(obj.Token), obj.Region)
		case arnRegion(key) != "" && arnRegion(key) != obj.Region && !r.global:
			return refuse(r.code, r.path, key, "is in %s, and %s needs one in %s", arnRegion(key), kind(obj.Token), obj.Region)
		default:
			return refuse(r.code, r.path, key, "does not exist in %s; name %s that does", obj.Region, kinds(r.to))
		}
	}
	return nil
}

// find says whether what key names exists where it has to; if it is in another region, it returns it.
func (r reference) find(w World, obj *Object, key string) (elsewhere *Object, ok bool) {
	key = strings.TrimSuffix(key, ":*")
	for _, token := range r.to {
		if token == tGroup && vpcOfDefault(w, key) != "" {
			return nil, true
		}
		if o := named(w, token, key, obj.Region); o != nil {
			return nil, true
		}
		if o := named(w, token, key, ""); o != nil {
			if r.global {
				return nil, true
			}
			elsewhere = o
		}
	}
	return elsewhere, false
}

// named finds an object by id, ARN, name, or as the default part of a VPC.
func named(w World, token, key, region string) *Object {
	if o := w.Find(token, key, region); o != nil {
		return o
	}
	for _, o := range w.ByType(token, region) {
		if key == text(o, "keyId") || key == text(o, "alarmName") {
			return o
		}
	}
	part := map[string]string{tRouteTable: "defaultRouteTableId", tACL: "defaultNetworkAclId", tGroup: "defaultSecurityGroupId"}[token]
	if part == "" {
		return nil
	}
	for _, v := range w.ByType(tVPC, region) {
		if text(v, part) == key {
			return v
		}
	}
	return nil
}

// provided says whether AWS itself brings the thing: its own keys, policies, parameter groups, service-linked roles.
func provided(key string) bool {
	for _, prefix := range []string{"alias/aws/", "default.", "arn:aws:iam::aws:", "arn:aws:automate:", "arn:aws:swf:"} {
		if strings.HasPrefix(key, prefix) {
			return true
		}
	}
	return key == "default" || key == "local" || strings.Contains(key, ":role/aws-service-role/") || strings.Contains(key, ":alias/aws/")
}

// foreign says whether an ARN is of another account, of which the stand-in knows nothing.
func foreign(w World, obj *Object, key string) bool {
	a := arnAccount(key)
	return a != "" && a != account(w, obj)
}

// kind is a type's short name: aws:ec2/vpc:Vpc is Vpc.
func kind(token string) string { return token[strings.LastIndex(token, ":")+1:] }

func kinds(tokens []string) string {
	var all []string
	for _, t := range tokens {
		all = append(all, kind(t))
	}
	return "a " + strings.Join(all, " or ")
}
