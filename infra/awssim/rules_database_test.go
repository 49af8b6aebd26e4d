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
		in := props{"identifier": id, "backupRetentionPeriod": 7.0, "storageEncrypted": true}
		for k, v := range more {
			in[k] = v
		}
		return thing(tDatabase, id, in)
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
