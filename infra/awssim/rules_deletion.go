package awssim

import (
	"slices"
	"strings"
)

// user is a property by which something uses another thing.
type user struct{ token, path string }

// dependency says what keeps a thing from being deleted.
type dependency struct {
	token string
	code  string // AWS's error code
	users []user
	// anywhere: the users may be in other regions.
	anywhere bool
}

// dependencies are what AWS refuses to delete while it is used. What the provider takes apart itself (the associations of a
// route table, a role's inline policies under forceDetachPolicies) is not in it.
func dependencies() []dependency {
	return []dependency{
		{token: tVPC, code: "DependencyViolation", users: []user{
			{tSubnet, "vpcId"}, {tGroup, "vpcId"}, {tRouteTable, "vpcId"}, {tInternet, "vpcId"}, {tACL, "vpcId"}, {tEndpoint, "vpcId"},
		}},
		{token: tSubnet, code: "DependencyViolation", users: []user{
			{tNAT, "subnetId"},
			{tBalancer, "subnets"},
			{tBalancer, "subnetMappings.subnetId"},
			{tEndpoint, "subnetIds"},
			{tInstance, "subnetId"},
			{tService, "networkConfiguration.subnets"},
			{tVPNNetwork, "subnetId"},
		}},
		{token: tGroup, code: "DependencyViolation", users: []user{
			{tIngress, "referencedSecurityGroupId"},
			{tEgress, "referencedSecurityGroupId"},
			{tBalancer, "securityGroups"},
			{tDatabase, "vpcSecurityGroupIds"},
			{tService, "networkConfiguration.securityGroups"},
			{tEndpoint, "securityGroupIds"},
			{tInstance, "vpcSecurityGroupIds"},
			{tVPN, "securityGroupIds"},
		}},
		{token: tEIP, code: "InvalidIPAddress.InUse", users: []user{{tNAT, "allocationId"}}},
		{token: tTargetGroup, code: "ResourceInUse", users: []user{
			{tListener, "defaultActions.targetGroupArn"},
			{tListener, "defaultActions.forward.targetGroups.arn"},
			{tListenerRule, "actions.targetGroupArn"},
			{tListenerRule, "actions.forward.targetGroups.arn"},
		}},
		{token: tCertificate, code: "ResourceInUseException", users: []user{
			{tListener, "certificateArn"}, {tVPN, "serverCertificateArn"}, {tVPN, "authenticationOptions.rootCertificateChainArn"},
		}},
		{token: tWebACL, code: "WAFAssociatedItemException", users: []user{{tWebACLAssoc, "webAclArn"}}},
		{token: tCluster, code: "ClusterContainsServicesException", users: []user{{tService, "cluster"}}},
		{token: tSubnetGroup, code: "InvalidDBSubnetGroupStateFault", users: []user{{tDatabase, "dbSubnetGroupName"}}},
		{token: tParameters, code: "InvalidDBParameterGroupState", users: []user{{tDatabase, "parameterGroupName"}}},
		{token: tRole, code: "DeleteConflict", anywhere: true, users: []user{{tRolePolicy, "role"}, {tAttachment, "role"}, {tProfile, "role"}}},
		{token: tPolicy, code: "DeleteConflict", anywhere: true, users: []user{{tAttachment, "policyArn"}}},
		{token: tPlan, code: "InvalidRequestException", users: []user{{tSelection, "planId"}}},
		{token: tRestorePlan, code: "ConflictException", users: []user{{tRestoreSelect, "restoreTestingPlanName"}}},
		{token: tEventRule, code: "ValidationException", users: []user{{tEventTarget, "rule"}}},
	}
}

func deletionRules() map[string][]rule {
	all := map[string][]rule{
		tBalancer: {onDelete(func(_ World, obj *Object) error {
			return protected(obj, "enableDeletionProtection", "OperationNotPermitted")
		})},
		tDatabase: {
			onDelete(func(_ World, obj *Object) error {
				return protected(obj, "deletionProtection", "InvalidParameterCombination")
			}),
			onDelete(finalSnapshot),
		},
		tDelivery: {onDelete(deliveryStopped)},
		tZone:     {onDelete(zoneEmpty)},
	}
	for _, d := range dependencies() {
		all[d.token] = append(all[d.token], onDelete(d.check))
	}
	return all
}

func (d dependency) check(w World, obj *Object) error {
	region := obj.Region
	if d.anywhere {
		region = ""
	}
	for _, u := range d.users {
		for _, o := range w.ByType(u.token, region) {
			for _, key := range texts(o, u.path) {
				if key != "" && (key == obj.ID || key == arn(obj)) {
					return refuse(d.code, "id", obj.ID, "is used by %s %s (%s); delete that first, or point it elsewhere", kind(o.Token), label(o), u.path)
				}
			}
		}
	}
	return nil
}

func protected(obj *Object, property, code string) error {
	if !truthy(obj, property) {
		return nil
	}
	return refuse(code, property, true, "keeps %s from being deleted; set it to false and update, then delete", label(obj))
}

// finalSnapshot refuses what RDS refuses: a database that goes without a last snapshot by mistake, or under a taken name.
func finalSnapshot(w World, obj *Object) error {
	id := text(obj, "finalSnapshotIdentifier")
	switch {
	case truthy(obj, "skipFinalSnapshot"):
		return nil
	case text(obj, "replicateSourceDb") != "":
		if id != "" {
			return refuse("InvalidParameterCombination", "finalSnapshotIdentifier", id,
				"is given for a read replica, of which RDS takes no last snapshot; set skipFinalSnapshot")
		}
		return absent("InvalidParameterCombination", "skipFinalSnapshot", "a read replica is deleted without a last snapshot: set it to true")
	case id == "":
		return absent("InvalidParameterCombination", "finalSnapshotIdentifier",
			"deleting %s needs a name for its last snapshot, or skipFinalSnapshot: true; set either and update, then delete", label(obj))
	}
	taken := w.Left(tSnapshot, strings.ToLower(id), obj.Region) != nil || slices.ContainsFunc(w.ByType(tSnapshot, obj.Region), func(s *Object) bool {
		return strings.EqualFold(text(s, "dbSnapshotIdentifier"), id)
	})
	if taken {
		return refuse("DBSnapshotAlreadyExists", "finalSnapshotIdentifier", id, "is taken by a snapshot; choose a name that was never used")
	}
	return nil
}

func deliveryStopped(w World, obj *Object) error {
	for _, o := range w.ByType(tRecorderOn, obj.Region) {
		if truthy(o, "isEnabled") {
			return refuse("LastDeliveryChannelDeleteFailedException", "name", text(obj, "name"),
				"is the delivery channel of a running recorder; stop %s first", label(o))
		}
	}
	return nil
}

func zoneEmpty(w World, obj *Object) error {
	if truthy(obj, "forceDestroy") {
		return nil
	}
	for _, o := range w.ByType(tRecord, "") {
		if text(o, "zoneId") == obj.ID {
			return refuse("HostedZoneNotEmpty", "id", obj.ID, "still holds the record %s; delete that first, or set forceDestroy", label(o))
		}
	}
	return nil
}
