package awssim

import "testing"

func TestDatabaseRules(t *testing.T) {
	t.Parallel()
	has := append(twoVPCs(), rolesFor("monitoring.rds.amazonaws.com", "ec2.amazonaws.com")...)
	has = append(has, thing(tSubnetGroup, "group", props{"name": "group", "subnetIds": list("a", "b")}), thing(tParameters, "old", props{"name": "old", "family": "mysql8.0"}),
		thing(tDatabase, "managed", props{"identifier": "managed", "manageMasterUserPassword": true, "backupRetentionPeriod": 7.0}))
	database := func(more props) props {
		return with(props{
			"engine": "mysql", "engineVersion": "8.4.5", "allocatedStorage": 20.0, "storageType": "gp3", "username": "admin", "identifier": "new",
			"manageMasterUserPassword": true, "dbSubnetGroupName": "group", "vpcSecurityGroupIds": list("sg-1"), "instanceClass": "db.t3.small", "backupRetentionPeriod": 35.0,
		}, more)
	}
	make := func(name string, more props, want string) try {
		return try{name: name, has: has, obj: thing(tDatabase, "new", database(more)), want: want}
	}
	before := thing(tDatabase, "db", database(props{"allocatedStorage": 50.0}))
	every(t, []try{
		make("database", nil, ""),
		make("group elsewhere", props{"vpcSecurityGroupIds": list("sg-2")}, "InvalidVPCNetworkStateFault"),
		make("family", props{"parameterGroupName": "old"}, "is of family mysql8.0"),
		make("small gp3 with iops", props{"iops": 6000.0}, "takes no iops"),
		make("too small", props{"allocatedStorage": 5.0}, "InvalidParameterValue: allocatedStorage"),
		make("monitoring", props{"monitoringInterval": 60.0, "monitoringRoleArn": "monitoring.rds.amazonaws.com"}, ""),
		make("monitoring role", props{"monitoringInterval": 60.0, "monitoringRoleArn": "ec2.amazonaws.com"}, "InvalidParameterValue: monitoringRoleArn"),
		make("monitoring without role", props{"monitoringInterval": 60.0}, "monitoringRoleArn: is not set"),
		make("insights", props{"performanceInsightsEnabled": true}, "is not offered on db.t3.small"),
		make("windows", props{"backupWindow": "03:00-04:00", "maintenanceWindow": "sun:05:00-sun:06:00"}, ""),
		make("windows overlap", props{"backupWindow": "03:00-04:00", "maintenanceWindow": "sun:03:30-sun:04:30"}, "overlaps the backupWindow"),
		make("8.0 without extended support", props{"engineVersion": "8.0.42", "engineLifecycleSupport": "open-source-rds-extended-support-disabled"}, "engineLifecycleSupport"),
		{name: "replica of a managed password", has: has, obj: thing(tDatabase, "r", props{"identifier": "r", "replicateSourceDb": "managed"}), want: "replicateSourceDb"},
		{name: "grows", has: append(has, before), op: OpUpdate, old: before, obj: thing(tDatabase, "db", database(props{"allocatedStorage": 60.0}))},
		{name: "shrinks", has: append(has, before), op: OpUpdate, old: before, obj: thing(tDatabase, "db", database(nil)), want: "storage only grows"},
		{name: "subnet group", has: has, obj: thing(tSubnetGroup, "g", props{"name": "g", "subnetIds": list("a", "b")})},
		{name: "subnet group in one zone", has: has, obj: thing(tSubnetGroup, "g", props{"name": "g", "subnetIds": list("a", "a2")}), want: "DBSubnetGroupDoesNotCoverEnoughAZs"},
		{name: "parameter", has: has, obj: thing(tParameters, "p", props{"name": "p", "parameters": list(props{"name": "slow_query_log", "value": "yes"})}), want: "slow_query_log"},
	})
}

func TestPoliciesAndDelivery(t *testing.T) {
	t.Parallel()
	has := append(edgeWorld(), rolesFor("cloudtrail.amazonaws.com", "backup.amazonaws.com", "s3.amazonaws.com")...)
	group := "arn:aws:logs:us-east-1:123456789012:log-group:trail"
	has = append(has, thing(tLogGroup, group, props{"name": "trail"}), thing(tRecorder, "r", props{}), thing(tPlan, "plan", props{}),
		thing(tVersioning, "logs", props{"bucket": "logs", "versioningConfiguration": props{"status": "Enabled"}}), thing(tTopic, "topic", props{}))
	may := thing(tRolePolicy, "p", props{
		"role": "cloudtrail.amazonaws.com", "name": "p",
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"logs:*","Resource":"` + group + `:*"}]}`,
	})
	make := func(name, token string, in props, want string) try {
		return try{name: name, has: has, obj: thing(token, "new", in), want: want}
	}
	trail := props{"name": "t", "s3BucketName": "logs", "cloudWatchLogsGroupArn": group + ":*", "cloudWatchLogsRoleArn": "cloudtrail.amazonaws.com"}
	inline := func(body string) props { return props{"name": "new", "role": "s3.amazonaws.com", "policy": body} }
	every(t, []try{
		make("policy", tRolePolicy, inline(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}`), ""),
		make("policy not json", tRolePolicy, inline(`{`), "MalformedPolicyDocument: policy"),
		make("policy effect", tRolePolicy, inline(`{"Statement":[{"Effect":"allow","Action":"s3:GetObject","Resource":"*"}]}`), "write Allow or Deny"),
		make("policy principal", tRolePolicy, inline(`{"Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"*"}]}`), "has a principal"),
		make("trust without principal", tRole, props{"name": "n", "assumeRolePolicy": `{"Statement":[{"Effect":"Allow","Action":"sts:AssumeRole"}]}`}, "has no principal"),
		make("bucket policy elsewhere", tBucketPolicy, props{"bucket": "closed", "policy": logsOpen}, "outside the bucket"),
		{name: "trail", has: append(has, may), obj: thing(tTrail, "t", trail)},
		make("trail without permission", tTrail, trail, "logs:CreateLogStream"),
		make("trail to a closed bucket", tTrail, props{"name": "t", "s3BucketName": "closed"}, "InsufficientS3BucketPolicyException"),
		make("config", tDelivery, props{"s3BucketName": "logs"}, ""),
		make("config to a closed bucket", tDelivery, props{"s3BucketName": "closed"}, "InsufficientDeliveryPolicyException"),
		make("server logs", tBucketLogging, props{"bucket": "closed", "targetBucket": "logs", "targetPrefix": "s3/"}, ""),
		make("server logs to a closed bucket", tBucketLogging, props{"bucket": "logs", "targetBucket": "closed", "targetPrefix": "s3/"}, "InvalidTargetBucketForLogging"),
		make("replication", tBucketCopy, props{"bucket": "logs", "role": "s3.amazonaws.com"}, ""),
		make("replication without versions", tBucketCopy, props{"bucket": "closed", "role": "s3.amazonaws.com"}, "is not versioned"),
		make("selection", tSelection, props{"planId": "plan", "iamRoleArn": "backup.amazonaws.com"}, ""),
		make("selection role", tSelection, props{"planId": "plan", "iamRoleArn": "s3.amazonaws.com"}, "cannot be assumed by backup.amazonaws.com"),
		make("key locked out", tKey, props{"policy": `{"Statement":[{"Effect":"Allow","Principal":{"Service":"s3.amazonaws.com"},"Action":"kms:*","Resource":"*"}]}`}, "update the key policy"),
		make("alarm", tAlarm, props{"name": "a", "metricName": "m", "namespace": "n", "period": 60.0, "statistic": "Sum", "alarmActions": list("topic")}, ""),
		make("alarm period", tAlarm, props{"name": "a", "metricName": "m", "namespace": "n", "period": 45.0, "statistic": "Sum"}, "period"),
		make("composite of nothing", tComposite, props{"alarmName": "c", "alarmRule": `ALARM("none")`}, "alarmRule"),
	})
}
