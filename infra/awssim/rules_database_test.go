package awssim

import "testing"

func TestFinalSnapshotIsOnesOwn(t *testing.T) {
	t.Parallel()
	has := []*Object{thing(tDatabase, "old", props{"identifier": "old", "finalSnapshotIdentifier": "last"})}
	verdicts(t, tDatabase, databaseFinal, has,
		verdict{"its own", props{"identifier": "new", "finalSnapshotIdentifier": "new-last"}, ""},
		verdict{"none", props{"identifier": "new"}, ""},
		verdict{
			"another's",
			props{"identifier": "new", "finalSnapshotIdentifier": "last"},
			`DBSnapshotAlreadyExists: finalSnapshotIdentifier: "last" is the last snapshot of old (old) too; choose a name of its own`,
		},
	)
}

func TestDatabaseEventsAndCopies(t *testing.T) {
	t.Parallel()
	verdicts(t, tDBEvents, eventSources, []*Object{thing(tDatabase, "db", props{"identifier": "db"})},
		verdict{"of a database", props{"sourceType": "db-instance", "sourceIds": list("db")}, ""},
		verdict{"of all", props{}, ""},
		verdict{"of which kind", props{"sourceIds": list("db")}, "InvalidParameterCombination: sourceType: is not set; sourceIds are named without it; set db-instance"},
		verdict{
			"of none",
			props{"sourceType": "db-instance", "sourceIds": list("gone")},
			`SourceNotFound: sourceIds: "gone" is no database in us-east-1; name the identifier of one`,
		},
	)
	const here, gone = "arn:aws:rds:us-east-1:123456789012:db:db", "arn:aws:rds:us-west-2:123456789012:db:gone"
	const kept, unkept = "arn:aws:rds:us-west-2:123456789012:db:kept", "arn:aws:rds:us-west-2:123456789012:db:unkept"
	source := func(arn string, days float64) *Object {
		o := thing(tDatabase, arn, props{"backupRetentionPeriod": days, "storageEncrypted": true})
		o.Region = "us-west-2"
		return o
	}
	verdicts(t, tDBReplication, replicationSource, []*Object{source(kept, 35), source(unkept, 0)},
		verdict{"from elsewhere", props{"sourceDbInstanceArn": kept, "kmsKeyId": keyARN}, ""},
		verdict{"from here", props{"sourceDbInstanceArn": here}, `InvalidParameterValue: sourceDbInstanceArn: "` + here + `" is in us-east-1, where the copies would go; replicate from another region`},
		verdict{"from nowhere", props{"sourceDbInstanceArn": gone}, `DBInstanceNotFound: sourceDbInstanceArn: "` + gone + `" does not exist; name the ARN of a database`},
		verdict{
			"without backups",
			props{"sourceDbInstanceArn": unkept},
			`InvalidDBInstanceState: sourceDbInstanceArn: "` + unkept + `" keeps no automated backups; set its backupRetentionPeriod above 0`,
		},
		verdict{"without a key", props{"sourceDbInstanceArn": kept}, "InvalidParameterValue: kmsKeyId: is not set; " + kept + " is encrypted; name a key in us-east-1"},
	)
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	source := func(id string, more props) *Object {
		return thing(tDatabase, id, with(props{"identifier": id, "backupRetentionPeriod": 7.0, "storageEncrypted": true}, more))
	}
	has := []*Object{source("db", nil), source("unkept", props{"backupRetentionPeriod": 0.0}), thing(tDatabase, "r", props{"identifier": "r", "replicateSourceDb": "db"})}
	const code = "InvalidParameterCombination: "
	verdicts(t, tDatabase, databaseReplica, has,
		verdict{"replica", props{"identifier": "r2", "replicateSourceDb": "db"}, ""},
		verdict{
			"of a database without backups",
			props{"identifier": "r2", "replicateSourceDb": "unkept"},
			`InvalidDBInstanceState: replicateSourceDb: "unkept" keeps no automated backups; set its backupRetentionPeriod above 0`,
		},
		verdict{
			"with a user",
			props{"identifier": "r2", "replicateSourceDb": "db", "username": "admin"},
			code + `username: "admin" is given for a read replica, which takes it from its source; leave it out`,
		},
	)
	db := has[0]
	expect(t, databaseReplica(&world{objects: has}, source("db", props{"manageMasterUserPassword": true}), db),
		code+`manageMasterUserPassword: "true" is not possible for a database with read replicas; set a password of your own`)
	expect(t, databaseReplica(&world{objects: has}, source("db", props{"backupRetentionPeriod": 0.0}), db),
		code+`backupRetentionPeriod: "0" is not possible for a database with read replicas; keep 1 day at least`)
	expect(t, databaseReplica(&world{objects: has}, source("db", props{"backupRetentionPeriod": 35.0}), db), "")
}

func TestASubnetWithADatabaseStays(t *testing.T) {
	t.Parallel()
	subnet := func(id, zone string) *Object { return thing(tSubnet, id, props{"availabilityZone": zone}) }
	group := func(ids ...any) *Object { return thing(tSubnetGroup, "data", props{"name": "data", "subnetIds": ids}) }
	database := thing(tDatabase, "db", props{"dbSubnetGroupName": "data", "availabilityZone": "us-east-1a", "multiAz": false})
	w := &world{objects: []*Object{subnet("s-a", "us-east-1a"), subnet("s-b", "us-east-1b"), subnet("s-c", "us-east-1c"), database}}
	old := group("s-a", "s-b", "s-c")
	expect(t, subnetGroupInUse(w, group("s-a", "s-b"), old), "")
	expect(t, subnetGroupInUse(w, group("s-b", "s-c"), old),
		`InvalidParameterValue: subnetIds: "s-a" is in use by db (db) and cannot be taken away; leave it, and add others`)
	database.In["multiAz"] = true
	expect(t, subnetGroupInUse(w, group("s-a", "s-b"), old), "")
	expect(t, subnetGroupInUse(w, group("s-a", "s-c"), old),
		`InvalidParameterValue: subnetIds: "s-b" is in use by db (db) and cannot be taken away; leave it, and add others`)
}

func TestDatabaseParameters(t *testing.T) {
	t.Parallel()
	set := func(name, value, method string) props {
		return props{"parameters": list(props{"name": name, "value": value, "applyMethod": method})}
	}
	const code = "InvalidParameterValue: parameters."
	verdicts(t, tParameters, parameterValues, nil,
		verdict{"switch", set("require_secure_transport", "1", ""), ""},
		verdict{"number", set("long_query_time", "0.5", ""), ""},
		verdict{"one that is not known", set("max_connections", "many", ""), ""},
		verdict{"static", set("performance_schema", "1", "pending-reboot"), ""},
		verdict{"no switch", set("slow_query_log", "yes", ""), code + `slow_query_log: "yes" is not allowed; set one of 0, 1`},
		verdict{"no number", set("long_query_time", "-1", ""), code + `long_query_time: "-1" is not a number from 0; set one`},
		verdict{
			"static at once", set("performance_schema", "1", "immediate"),
			`InvalidParameterCombination: parameters.performance_schema: "immediate" cannot apply a static parameter; set applyMethod: pending-reboot`,
		},
		verdict{
			"twice",
			props{"parameters": list(props{"name": "x", "value": "1"}, props{"name": "x", "value": "2"})},
			code + `name: "x" is given twice; set each parameter once`,
		},
	)
}

func TestWhatADatabaseIsMadeFrom(t *testing.T) {
	t.Parallel()
	database := func(more props) props {
		return with(props{"engine": "mysql", "allocatedStorage": 20.0, "username": "root", "manageMasterUserPassword": true}, more)
	}
	own := func(password string) props {
		return database(props{"manageMasterUserPassword": nil, "password": password})
	}
	verdicts(t, tDatabase, databaseSource, nil,
		verdict{"managed password", database(nil), ""},
		verdict{"password", own("a-long-password"), ""},
		verdict{"snapshot", props{"snapshotIdentifier": "s"}, ""},
		verdict{"time", props{"restoreToPointInTime": props{"useLatestRestorableTime": true}}, ""},
		verdict{"no size", database(props{"allocatedStorage": nil}), "MissingParameter: allocatedStorage: is not set; a new database needs it"},
		verdict{"no password", own(""), "MissingParameter: password: is not set; a new database needs one, or manageMasterUserPassword: true"},
		verdict{
			"two passwords", database(props{"password": "a-long-password"}),
			`InvalidParameterCombination: manageMasterUserPassword: "true" is set beside a password; keep one of the two`,
		},
		verdict{"bad password", own("a@b"), `InvalidParameterValue: password: "(hidden)" has 3 characters, or one of / " @ and space; use 8 to 41 without those`},
		verdict{"reserved user", database(props{"username": "rdsadmin"}), `InvalidParameterValue: username: "rdsadmin" is reserved by the engine; choose another`},
		verdict{
			"no time",
			props{"restoreToPointInTime": props{"sourceDbInstanceIdentifier": "db"}},
			"InvalidParameterValue: restoreToPointInTime.restoreTime: is not set; a restore needs a time, or useLatestRestorableTime: true",
		},
	)
}
