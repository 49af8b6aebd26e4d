package database

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Values of [Settings.MasterPassword].
const (
	Managed   = "managed"
	Generated = "generated"
)

// Settings are what a platform engineer decides about the database. None of them replaces an instance; see the package.
type Settings struct {
	EngineVersion       string `json:"engineVersion" default:"8.4" example:"8.4.5" doc:"MySQL release: 8.4 or 8.0, or a full version where minorUpgrades is off. Changes in place; a major upgrade also needs allowMajorUpgrade."`
	ExtendedSupport     bool   `json:"extendedSupport" default:"false" doc:"Pay for support after the release's end of life, per vCPU-hour. MySQL 8.0 requires it."`
	MinorUpgrades       bool   `json:"minorUpgrades" default:"true" doc:"Let RDS install minor versions in the maintenance window."`
	AllowMajorUpgrade   bool   `json:"allowMajorUpgrade" default:"false" doc:"Let a change of engineVersion cross major releases, in place. Take a snapshot first; turn it off afterwards."`
	ApplyImmediately    bool   `json:"applyImmediately" default:"false" doc:"Apply changes at once instead of in the maintenance window. Some of them restart the database."`
	InstanceClass       string `json:"instanceClass" default:"db.t3.small" example:"db.m7g.large" doc:"Class of the instances."`
	MultiAz             bool   `json:"multiAz" default:"true" doc:"Keep a standby in another zone and fail over to it."`
	StorageGiB          int    `json:"storageGiB" default:"20" unit:"GiB" example:"50" doc:"Storage at the start, gp3. It can grow, never shrink."`
	MaxStorageGiB       int    `json:"maxStorageGiB" default:"100" unit:"GiB" doc:"Storage grows by itself up to this. 0 turns growth off."`
	Iops                int    `json:"iops" default:"0" unit:"IOPS" example:"16000" doc:"Provisioned operations per second, from 400 GiB on. 0 takes what gp3 includes."`
	ThroughputMiBps     int    `json:"throughputMiBps" default:"0" unit:"MiB/s" example:"750" doc:"Provisioned throughput, from 400 GiB on. 0 takes what gp3 includes."`
	RetentionDays       int    `json:"retentionDays" default:"35" unit:"days" doc:"How long automated backups are kept, and so how far back a point-in-time recovery reaches. 0 turns them off."`
	BackupWindow        string `json:"backupWindow" default:"03:00-04:00" unit:"UTC" doc:"Daily window for automated backups, 30 minutes or more, outside the maintenance window."`
	MaintenanceWindow   string `json:"maintenanceWindow" default:"sun:04:30-sun:05:30" unit:"UTC" doc:"Weekly window for changes that may interrupt, 30 minutes to 24 hours."`
	KeepBackups         bool   `json:"keepBackups" default:"true" doc:"Keep the automated backups of an instance after it is deleted, until their retention ends."`
	FinalSnapshot       bool   `json:"finalSnapshot" default:"true" doc:"Take a snapshot before an instance is deleted."`
	DeletionProtection  bool   `json:"deletionProtection" default:"true" doc:"Refuse to delete the instances from the serving one on, in AWS and in Pulumi."`
	MasterPassword      string `json:"masterPassword" default:"managed" enum:"managed,generated" doc:"Who keeps the master password: RDS (managed, rotated), or a secret of our own (generated), which replicas require. To go back to managed, take the replicas away first, in an update of its own."`
	Replicas            int    `json:"replicas" default:"0" doc:"Read replicas of the serving instance, 0 to 5."`
	ReplicaClass        string `json:"replicaClass" default:"" example:"db.t3.small" doc:"Class of the replicas; empty means that of the instances."`
	MonitoringSeconds   int    `json:"monitoringSeconds" default:"60" unit:"s" doc:"Interval of enhanced monitoring: 1, 5, 10, 15, 30 or 60. 0 turns it off."`
	PerformanceInsights bool   `json:"performanceInsights" default:"false" doc:"Record what the database waits for, 7 days. AWS has it from db.t3.medium upwards."`
	IamAuthentication   bool   `json:"iamAuthentication" default:"false" doc:"Allow logins with IAM tokens. Takes 300 to 1000 MiB of memory: not for classes of 1 or 2 GiB."`

	LogExports       []string `json:"logExports" default:"error,slowquery" doc:"Logs that go to CloudWatch: error, slowquery, general."`
	LogRetentionDays int      `json:"logRetentionDays" default:"30" unit:"days" doc:"How long CloudWatch keeps them."`
	SlowQuerySeconds float64  `json:"slowQuerySeconds" default:"1" unit:"s" example:"0.5" doc:"Statements that take longer go to the slow log."`

	AppPassword        int    `json:"appPassword" default:"1" example:"2" doc:"Raise it to make a new password for the application's user; new tasks take it over. The former one stays good until the next is made, so that running tasks are not cut off."`
	SecretRecoveryDays int    `json:"secretRecoveryDays" default:"30" unit:"days" doc:"How long a deleted secret can be brought back: 7 to 30, or 0 for not at all."`
	CaCertificate      string `json:"caCertificate" default:"rds-ca-rsa2048-g1" enum:"rds-ca-rsa2048-g1,rds-ca-rsa4096-g1,rds-ca-ecc384-g1" doc:"Authority of the server's certificate."`

	Generation int             `json:"generation" default:"1" example:"2" doc:"Number of the newest instance. A higher one creates an instance beside the others, restored where restore is set."`
	Serving    int             `json:"serving" default:"0" example:"1" doc:"Generation that the service uses. 0 means the newest."`
	Oldest     int             `json:"oldest" default:"1" example:"2" doc:"Oldest generation that is kept; raising it deletes the ones before, after a final snapshot."`
	Restore    RestoreSettings `json:"restore" doc:"What the newest instance is restored from when it is created. Without effect on one that exists."`

	Recovery RecoverySettings `json:"recovery" doc:"Copies in the stack's second region."`
}

// RestoreSettings say what an instance is restored from. Their zero value means an empty database.
type RestoreSettings struct {
	Snapshot   string `json:"snapshot" default:"" example:"task-tracker-db-final-1a2b3c4d" doc:"Name or ARN of a snapshot."`
	Instance   string `json:"instance" default:"" example:"task-tracker-db" doc:"Identifier of an instance, for a point in time of its automated backups."`
	BackupsArn string `json:"backupsArn" default:"" example:"arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1a2b3c4d" doc:"ARN of replicated or retained automated backups, for a point in time of an instance that is elsewhere or gone."`
	Time       string `json:"time" default:"" unit:"RFC 3339, UTC" example:"2026-11-23T09:30:00Z" doc:"Point in time; empty means the latest one."`
}

// PointInTime reports whether the restore takes automated backups rather than a snapshot.
func (r RestoreSettings) PointInTime() bool { return r.Instance != "" || r.BackupsArn != "" }

// RecoverySettings are about the second region.
type RecoverySettings struct {
	ReplicateBackups bool `json:"replicateBackups" default:"true" doc:"Replicate automated backups to the second region, where the stack has one. Logs follow about every 5 minutes."`
	RetentionDays    int  `json:"retentionDays" default:"14" unit:"days" doc:"How long they are kept there. A change replaces the replication, not the database."`
}

// ServingGeneration is the number of the instance that the service uses.
func (s Settings) ServingGeneration() int {
	if s.Serving == 0 {
		return s.Generation
	}
	return s.Serving
}

var (
	class       = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)
	version     = regexp.MustCompile(`^8\.[04](\.\d+)?$`)
	identifier  = regexp.MustCompile(`^[a-z]([a-z0-9-]*[a-z0-9])?$`)
	retentions  = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}
	withoutPI   = []string{"db.t2.micro", "db.t2.small", "db.t3.micro", "db.t3.small", "db.t4g.micro", "db.t4g.small"}
	smallMemory = withoutPI
)

// Validate records what is wrong with the settings, with paths relative to the component's.
func (s Settings) Validate(f *fault.Set) {
	s.validateEngine(f)
	s.validateStorage(f)
	s.validateBackups(f)
	s.validateLogs(f)
	s.validateReplicas(f)
	s.validateGenerations(f)
	s.Restore.validate(f.At("restore"))
}

func (s Settings) validateEngine(f *fault.Set) {
	if f.Require(version.MatchString(s.EngineVersion), "engineVersion",
		"%q is no release that this platform runs; set 8.4 or 8.0, or a full version of one, such as 8.4.5", s.EngineVersion) {
		full := strings.Count(s.EngineVersion, ".") == 2
		f.Require(!(full && s.MinorUpgrades), "engineVersion",
			"%q names a minor version while minorUpgrades is on, and RDS would be told to go back after an upgrade; set %q, or minorUpgrades to false",
			s.EngineVersion, s.EngineVersion[:3])
		f.Require(full || s.MinorUpgrades, "engineVersion",
			"%q leaves the minor version open while minorUpgrades is off; set a full version, such as 8.4.5, or minorUpgrades to true", s.EngineVersion)
		f.Require(s.ExtendedSupport || s.EngineVersion[:3] != "8.0", "extendedSupport",
			"MySQL %s is past its standard support (2026-07-31) and runs with extended support only, charged per vCPU-hour; set extendedSupport to true, or engineVersion to 8.4",
			s.EngineVersion)
	}
	f.Require(class.MatchString(s.InstanceClass), "instanceClass", "%q is no instance class; set one such as db.t3.small", s.InstanceClass)
	f.Require(s.ReplicaClass == "" || class.MatchString(s.ReplicaClass), "replicaClass",
		"%q is no instance class; set one such as db.t3.small, or leave it out for that of the instances", s.ReplicaClass)
	f.Require(!s.PerformanceInsights || !slices.Contains(withoutPI, s.InstanceClass), "performanceInsights",
		"true, but AWS has no Performance Insights for MySQL on %s; set it to false, or instanceClass to db.t3.medium or larger", s.InstanceClass)
	f.Require(!s.PerformanceInsights || !slices.Contains(withoutPI, s.ReplicaClass), "performanceInsights",
		"true, but AWS has no Performance Insights for MySQL on %s; set it to false, or replicaClass to db.t3.medium or larger", s.ReplicaClass)
	f.Require(!s.IamAuthentication || !slices.Contains(smallMemory, s.InstanceClass), "iamAuthentication",
		"true, but it takes 300 to 1000 MiB of memory, too much for %s; set it to false, or instanceClass to db.t3.medium or larger", s.InstanceClass)
	f.Require(s.AppPassword >= 1, "appPassword", "%d is below 1, the first password; set 1 or more", s.AppPassword)
	f.OneOf("masterPassword", s.MasterPassword, Managed, Generated)
	f.OneOf("caCertificate", s.CaCertificate, "rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
	f.Require(slices.Contains([]int{0, 1, 5, 10, 15, 30, 60}, s.MonitoringSeconds), "monitoringSeconds",
		"%d is none of 1, 5, 10, 15, 30, 60, or 0 for none; set one of them", s.MonitoringSeconds)
	if s.SecretRecoveryDays != 0 {
		f.Within("secretRecoveryDays", s.SecretRecoveryDays, 7, 30, "AWS's limit (or 0 to delete at once)")
	}
}

// gp3's limits for MySQL. Source: RDS User Guide, Amazon RDS DB instance storage, gp3 storage.
const (
	leastGiB, mostGiB = 20, 65536
	provisionFromGiB  = 400
	leastIops         = 12000
	mostIops          = 64000
	leastMiBps        = 500
	mostMiBps         = 4000
)

func (s Settings) validateStorage(f *fault.Set) {
	f.Within("storageGiB", s.StorageGiB, leastGiB, mostGiB, "gp3's limit for MySQL")
	if s.MaxStorageGiB != 0 {
		f.Within("maxStorageGiB", s.MaxStorageGiB, leastGiB, mostGiB, "gp3's limit for MySQL (or 0 for no growth)")
		f.Require(s.MaxStorageGiB*10 >= s.StorageGiB*11, "maxStorageGiB",
			"%d is less than 10 %% above storageGiB, %d, and AWS refuses that; set %d or more, or 0 for no growth",
			s.MaxStorageGiB, s.StorageGiB, (s.StorageGiB*11+9)/10)
	}
	if s.Iops == 0 && s.ThroughputMiBps == 0 {
		return
	}
	if s.StorageGiB < provisionFromGiB {
		f.Add("storageGiB", "%d is below %d, from where on gp3 takes iops and throughputMiBps for MySQL; set %d or more, or both to 0",
			s.StorageGiB, provisionFromGiB, provisionFromGiB)
		return
	}
	if s.Iops != 0 {
		f.Within("iops", s.Iops, leastIops, mostIops, "gp3's limit from 400 GiB on (or 0 for what it includes)")
	}
	if s.ThroughputMiBps != 0 {
		f.Within("throughputMiBps", s.ThroughputMiBps, leastMiBps, mostMiBps, "gp3's limit from 400 GiB on (or 0 for what it includes)")
		f.Require(s.ThroughputMiBps*4 <= max(s.Iops, leastIops), "throughputMiBps",
			"%d is more than a quarter of the %d IOPS, gp3's limit; set iops to %d or more", s.ThroughputMiBps, max(s.Iops, leastIops), s.ThroughputMiBps*4)
	}
}

func (s Settings) validateBackups(f *fault.Set) {
	f.Within("retentionDays", s.RetentionDays, 0, 35, "AWS's limit")
	f.Require(s.MultiAz || s.RetentionDays > 0 || !s.DeletionProtection, "retentionDays",
		"0 with multiAz false leaves a protected database without any second copy; set retentionDays to 1 or more, multiAz to true, or deletionProtection to false")
	f.Within("recovery.retentionDays", s.Recovery.RetentionDays, 1, 35, "AWS's limit")
	backup, errBackup := parseDaily(s.BackupWindow)
	if errBackup != nil {
		f.Add("backupWindow", "%q: %v; set one such as 03:00-04:00", s.BackupWindow, errBackup)
	}
	weekly, errWeekly := parseWeekly(s.MaintenanceWindow)
	if errWeekly != nil {
		f.Add("maintenanceWindow", "%q: %v; set one such as sun:04:30-sun:05:30", s.MaintenanceWindow, errWeekly)
	}
	if errBackup == nil && errWeekly == nil {
		f.Require(!overlap(backup, weekly), "maintenanceWindow",
			"%s overlaps backupWindow, %s, and AWS refuses that; move one of them", s.MaintenanceWindow, s.BackupWindow)
	}
}

func (s Settings) validateLogs(f *fault.Set) {
	for i, name := range s.LogExports {
		path := "logExports" + index(i)
		if name == "audit" {
			f.Add(path, `"audit" needs an option group with the audit plugin, which this platform has not; set error, slowquery or general`)
			continue
		}
		f.OneOf(path, name, "error", "slowquery", "general")
		f.Require(!slices.Contains(s.LogExports[:i], name), path, "%q stands there twice; drop one", name)
	}
	f.Require(slices.Contains(retentions, s.LogRetentionDays), "logRetentionDays",
		"%d is no retention that CloudWatch has; set one such as 7, 14, 30, 60, 90, 180 or 365", s.LogRetentionDays)
	f.Require(s.SlowQuerySeconds >= 0 && s.SlowQuerySeconds <= 3600, "slowQuerySeconds", "%v is not within 0 and 3600; set 1", s.SlowQuerySeconds)
}

func (s Settings) validateReplicas(f *fault.Set) {
	f.Within("replicas", s.Replicas, 0, 5, "the platform's limit")
	if s.Replicas <= 0 {
		return
	}
	f.Require(s.MasterPassword != Managed, "masterPassword",
		"%q with replicas: %d, and AWS refuses a managed master password on an instance that has replicas; set masterPassword to %q, or replicas to 0",
		Managed, s.Replicas, Generated)
	f.Require(!s.AllowMajorUpgrade, "replicas",
		"%d with allowMajorUpgrade, and RDS upgrades replicas before their source only; set replicas to 0 for the upgrade", s.Replicas)
	f.Require(s.RetentionDays > 0, "retentionDays", "0 with replicas: %d, which need the binary log of automated backups; set 1 or more, or replicas to 0", s.Replicas)
}

func (s Settings) validateGenerations(f *fault.Set) {
	f.Require(s.Oldest >= 1, "oldest", "%d is below 1, the first generation; set 1 or more", s.Oldest)
	f.Require(s.Generation >= s.Oldest, "generation", "%d is older than the oldest that is kept, %d; set generation to %d or more, or oldest to %d or less",
		s.Generation, s.Oldest, s.Oldest, s.Generation)
	f.Require(s.Generation-s.Oldest < 4, "oldest", "%d keeps %d generations up to %d, and each is a paid instance; keep 4 at most",
		s.Oldest, s.Generation-s.Oldest+1, s.Generation)
	if s.Serving != 0 {
		f.Require(s.Serving >= s.Oldest && s.Serving <= s.Generation, "serving",
			"%d is none of the generations that are kept, %d to %d; set one of them, or 0 for the newest", s.Serving, s.Oldest, s.Generation)
	}
}

func (r RestoreSettings) validate(f *fault.Set) {
	var set []string
	for _, one := range []struct{ name, value string }{{"snapshot", r.Snapshot}, {"instance", r.Instance}, {"backupsArn", r.BackupsArn}} {
		if one.value != "" {
			set = append(set, one.name)
		}
	}
	f.Require(len(set) <= 1, "", "%s are set together, and a database is restored from one of them; leave one", strings.Join(set, " and "))
	f.Require(r.Instance == "" || identifier.MatchString(r.Instance), "instance", "%q is no identifier of an instance; set one such as task-tracker-db", r.Instance)
	f.Require(r.BackupsArn == "" || strings.Contains(r.BackupsArn, ":auto-backup:"), "backupsArn",
		"%q is no ARN of automated backups; set one such as arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1a2b3c4d", r.BackupsArn)
	if r.Time == "" {
		return
	}
	at, err := time.Parse(time.RFC3339, r.Time)
	f.Require(err == nil && at.Location() == time.UTC, "time", "%q is no time in UTC; set one such as 2026-11-23T09:30:00Z, or leave it out for the latest", r.Time)
	f.Require(r.PointInTime(), "time", "%q is set without restore.instance or restore.backupsArn, and a snapshot has a time of its own; set one of them, or drop time", r.Time)
}
