package awssim

import (
	"slices"
	"strconv"
	"strings"
)

// databaseRules are of RDS: engine, network, copies.
func databaseRules() map[string][]rule {
	return map[string][]rule{
		tSubnetGroup:   {onWrite(subnetGroupZones), onWrite(subnetGroupInUse)},
		tParameters:    {onWrite(parameterValues)},
		tDBEvents:      {onWrite(eventSources)},
		tDBReplication: {onWrite(replicationSource)},
		tDatabase: {
			onWrite(databaseSource), onWrite(databaseReplica), onWrite(databaseVersion), onWrite(databaseNetwork), onWrite(databaseMonitoring),
		},
	}
}

func subnetGroupZones(w World, obj, _ *Object) error {
	zones, vpc := map[string]bool{}, ""
	ids := texts(obj, "subnetIds")
	for _, id := range ids {
		subnet := w.Find(tSubnet, id, obj.Region)
		zones[text(subnet, "availabilityZone")] = true
		if of := text(subnet, "vpcId"); vpc != "" && of != vpc {
			return refuse("InvalidSubnet", "subnetIds", id, "is in %s and the others in %s; name subnets of one VPC", of, vpc)
		}
		vpc = text(subnet, "vpcId")
	}
	if len(zones) < 2 {
		return refuse("DBSubnetGroupDoesNotCoverEnoughAZs", "subnetIds", strings.Join(ids, ", "),
			"covers %d availability zone; name subnets in two at least", len(zones))
	}
	return nil
}

// subnetGroupInUse refuses to take a subnet away that a database is in: in its zone or, for its standby, in the next one.
func subnetGroupInUse(w World, obj, old *Object) error {
	if old == nil {
		return nil
	}
	kept := texts(obj, "subnetIds")
	for _, o := range w.ByType(tDatabase, obj.Region) {
		if text(o, "dbSubnetGroupName") != text(obj, "name") {
			continue
		}
		standby := truthy(o, "multiAz")
		for _, id := range texts(old, "subnetIds") {
			inside := text(w.Find(tSubnet, id, obj.Region), "availabilityZone") == text(o, "availabilityZone")
			if !inside && standby {
				inside, standby = true, false
			}
			if inside && !slices.Contains(kept, id) {
				return refuse("InvalidParameterValue", "subnetIds", id, "is in use by %s and cannot be taken away; leave it, and add others", label(o))
			}
		}
	}
	return nil
}

// parameterValues checks the parameters that the platform sets; others pass.
func parameterValues(_ World, obj, _ *Object) error {
	const code = "InvalidParameterValue"
	allowed := map[string][]string{
		"require_secure_transport": {"0", "1"}, "slow_query_log": {"0", "1"}, "general_log": {"0", "1"}, "log_output": {"FILE", "TABLE", "NONE"},
		"innodb_flush_log_at_trx_commit": {"0", "1", "2"}, "binlog_format": {"ROW", "STATEMENT", "MIXED"}, "log_bin_trust_function_creators": {"0", "1"},
		"character_set_server": {"utf8mb4", "utf8mb3", "utf8", "latin1", "ascii", "binary"}, "local_infile": {"0", "1"},
	}
	static := []string{"innodb_buffer_pool_instances", "performance_schema", "lower_case_table_names", "skip_name_resolve", "innodb_log_file_size"}
	seen := map[string]bool{}
	for _, p := range blocks(obj, "parameters") {
		name, value := text(p, "name"), text(p, "value")
		if seen[name] {
			return refuse(code, "parameters.name", name, "is given twice; set each parameter once")
		}
		seen[name] = true
		if of := allowed[name]; of != nil && !slices.Contains(of, value) {
			return refuse(code, "parameters."+name, value, "is not allowed; set one of %s", strings.Join(of, ", "))
		}
		if n, err := strconv.Atoi(value); name == "sync_binlog" && (err != nil || n < 0) || name == "long_query_time" && !positive(value) {
			return refuse(code, "parameters."+name, value, "is not a number from 0; set one")
		}
		if slices.Contains(static, name) && text(p, "applyMethod") != "pending-reboot" {
			return refuse("InvalidParameterCombination", "parameters."+name, text(p, "applyMethod"),
				"cannot apply a static parameter; set applyMethod: pending-reboot")
		}
	}
	return nil
}

func positive(s string) bool {
	f, err := strconv.ParseFloat(s, 64)
	return err == nil && f >= 0
}

func eventSources(w World, obj, _ *Object) error {
	kind, ids := text(obj, "sourceType"), texts(obj, "sourceIds")
	if len(ids) > 0 && kind == "" {
		return absent("InvalidParameterCombination", "sourceType", "sourceIds are named without it; set db-instance")
	}
	for _, id := range ids {
		if kind == "db-instance" && w.Find(tDatabase, id, obj.Region) == nil {
			return refuse("SourceNotFound", "sourceIds", id, "is no database in %s; name the identifier of one", obj.Region)
		}
	}
	return nil
}

func replicationSource(w World, obj, _ *Object) error {
	source := text(obj, "sourceDbInstanceArn")
	if arnRegion(source) == obj.Region {
		return refuse("InvalidParameterValue", "sourceDbInstanceArn", source, "is in %s, where the copies would go; replicate from another region", obj.Region)
	}
	if foreign(w, obj, source) {
		return nil
	}
	database := w.Find(tDatabase, source, arnRegion(source))
	if database == nil {
		return refuse("DBInstanceNotFound", "sourceDbInstanceArn", source, "does not exist; name the ARN of a database")
	}
	if number(database, "backupRetentionPeriod") == 0 {
		return refuse("InvalidDBInstanceState", "sourceDbInstanceArn", source, "keeps no automated backups; set its backupRetentionPeriod above 0")
	}
	if truthy(database, "storageEncrypted") && text(obj, "kmsKeyId") == "" {
		return absent("InvalidParameterValue", "kmsKeyId", "%s is encrypted; name a key in %s", source, obj.Region)
	}
	return nil
}

func databaseSource(_ World, obj, _ *Object) error {
	const code = "InvalidParameterValue"
	if len(at(obj, "restoreToPointInTime")) > 0 && !truthy(obj, "restoreToPointInTime.useLatestRestorableTime") &&
		text(obj, "restoreToPointInTime.restoreTime") == "" {
		return absent(code, "restoreToPointInTime.restoreTime", "a restore needs a time, or useLatestRestorableTime: true")
	}
	given := &Object{In: obj.In}
	for _, from := range []string{"replicateSourceDb", "snapshotIdentifier", "restoreToPointInTime", "s3Import"} {
		if len(at(given, from)) > 0 {
			return nil
		}
	}
	for _, p := range []string{"allocatedStorage", "engine", "username"} {
		if text(given, p) == "" {
			return absent("MissingParameter", p, "a new database needs it")
		}
	}
	if text(given, "password") == "" && text(given, "passwordWo") == "" && !truthy(given, "manageMasterUserPassword") {
		return absent("MissingParameter", "password", "a new database needs one, or manageMasterUserPassword: true")
	}
	if p := text(given, "password"); p != "" {
		if truthy(given, "manageMasterUserPassword") {
			return refuse("InvalidParameterCombination", "manageMasterUserPassword", true, "is set beside a password; keep one of the two")
		}
		if len(p) < 8 || len(p) > 41 || strings.ContainsAny(p, `/"@ `) {
			return refuse(code, "password", "(hidden)", `has %d characters, or one of / " @ and space; use 8 to 41 without those`, len(p))
		}
	}
	if name := strings.ToLower(text(given, "username")); slices.Contains([]string{"rdsadmin", "rdsrepladmin", "mysql"}, name) {
		return refuse(code, "username", name, "is reserved by the engine; choose another")
	}
	return nil
}

func databaseReplica(w World, obj, old *Object) error {
	const code = "InvalidParameterCombination"
	if source := w.Find(tDatabase, text(obj, "replicateSourceDb"), ""); source != nil {
		switch {
		case truthy(source, "manageMasterUserPassword"):
			return refuse(code, "replicateSourceDb", text(obj, "replicateSourceDb"),
				"has a master password that RDS manages, which read replicas do not go with; give the source a password of your own")
		case number(source, "backupRetentionPeriod") == 0:
			return refuse("InvalidDBInstanceState", "replicateSourceDb", text(obj, "replicateSourceDb"), "keeps no automated backups; set its backupRetentionPeriod above 0")
		case source.Region != obj.Region && !strings.HasPrefix(text(obj, "replicateSourceDb"), "arn:"):
			return refuse("InvalidParameterValue", "replicateSourceDb", text(obj, "replicateSourceDb"), "is in %s; name it by ARN", source.Region)
		case truthy(source, "storageEncrypted") && source.Region != obj.Region && text(obj, "kmsKeyId") == "":
			return absent(code, "kmsKeyId", "the source is encrypted; name a key in %s", obj.Region)
		}
		for _, p := range []string{"username", "dbName"} {
			if v := text(&Object{In: obj.In}, p); v != "" {
				return refuse(code, p, v, "is given for a read replica, which takes it from its source; leave it out")
			}
		}
	}
	replicas := slices.ContainsFunc(others(w, obj, old, ""), func(o *Object) bool {
		from := text(o, "replicateSourceDb")
		return from != "" && (from == text(obj, "identifier") && o.Region == obj.Region || from == arn(old))
	})
	if !replicas {
		return nil
	}
	if truthy(obj, "manageMasterUserPassword") {
		return refuse(code, "manageMasterUserPassword", true, "is not possible for a database with read replicas; set a password of your own")
	}
	if text(obj, "backupRetentionPeriod") == "0" {
		return refuse(code, "backupRetentionPeriod", 0, "is not possible for a database with read replicas; keep 1 day at least")
	}
	return nil
}

func databaseVersion(w World, obj, old *Object) error {
	engine, version := text(obj, "engine"), text(obj, "engineVersion")
	group := w.Find(tParameters, text(obj, "parameterGroupName"), obj.Region)
	family := text(group, "family")
	if engine == "mysql" && version != "" && family != "" && family != "mysql"+major(version) {
		return refuse("InvalidParameterCombination", "parameterGroupName", text(obj, "parameterGroupName"), "is of family %s, and the engine is mysql %s; use a group of mysql%s",
			family, version, major(version))
	}
	if engine == "mysql" && major(version) == "8.0" && text(obj, "engineLifecycleSupport") == "open-source-rds-extended-support-disabled" {
		return refuse("InvalidParameterCombination", "engineLifecycleSupport", "open-source-rds-extended-support-disabled",
			"does not go with mysql %s, whose standard support ended on 2026-07-31; use 8.4, or open-source-rds-extended-support", version)
	}
	from := major(text(old, "engineVersion"))
	if old != nil && from != "" && version != "" && from != major(version) && !truthy(obj, "allowMajorVersionUpgrade") {
		return refuse("InvalidParameterCombination", "engineVersion", version, "is a major upgrade from %s; set allowMajorVersionUpgrade: true", from)
	}
	return nil
}

// major returns 8.4 of 8.4.5.
func major(version string) string {
	parts := strings.Split(version, ".")
	return strings.Join(parts[:min(2, len(parts))], ".")
}

func databaseNetwork(w World, obj, _ *Object) error {
	group := w.Find(tSubnetGroup, text(obj, "dbSubnetGroupName"), obj.Region)
	if group == nil {
		return nil
	}
	var vpc string
	for _, id := range texts(group, "subnetIds") {
		vpc = text(w.Find(tSubnet, id, obj.Region), "vpcId")
	}
	for _, id := range texts(obj, "vpcSecurityGroupIds") {
		if of := groupVPC(w, id, obj.Region); of != vpc {
			return refuse("InvalidVPCNetworkStateFault", "vpcSecurityGroupIds", id, "is in %s and the subnet group in %s; name a group of that VPC", of, vpc)
		}
	}
	if zone := text(&Object{In: obj.In}, "availabilityZone"); zone != "" && truthy(obj, "multiAz") {
		return refuse("InvalidParameterCombination", "availabilityZone", zone, "is given for a Multi-AZ database, whose zones RDS chooses; leave it out")
	}
	return nil
}

func databaseMonitoring(w World, obj, _ *Object) error {
	interval, role := number(obj, "monitoringInterval"), text(obj, "monitoringRoleArn")
	switch {
	case interval > 0 && role == "":
		return absent("InvalidParameterCombination", "monitoringRoleArn", "enhanced monitoring every %v s needs a role that monitoring.rds.amazonaws.com may assume", interval)
	case interval == 0 && text(&Object{In: obj.In}, "monitoringRoleArn") != "":
		return refuse("InvalidParameterCombination", "monitoringInterval", interval, "is 0, and a monitoringRoleArn is given; set both or none")
	}
	return assumable(w, obj, "monitoringRoleArn", role, "monitoring.rds.amazonaws.com", "InvalidParameterValue")
}
