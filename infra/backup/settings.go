package backup

import (
	"regexp"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Settings are what a platform engineer decides about backups.
type Settings struct {
	Schedule         string `json:"schedule" default:"cron(0 7 * * ? *)" unit:"UTC" example:"cron(0 7 * * ? *)" doc:"When snapshots are taken. Keep it an hour away from the database's backup and maintenance windows: AWS starts no snapshot within them."`
	StartMinutes     int    `json:"startMinutes" default:"60" unit:"minutes" doc:"A snapshot that has not started by then is given up."`
	CompleteMinutes  int    `json:"completeMinutes" default:"480" unit:"minutes" doc:"A snapshot that has not ended by then is given up."`
	RetentionDays    int    `json:"retentionDays" default:"30" unit:"days" doc:"How long snapshots are kept."`
	CopyToRecovery   bool   `json:"copyToRecovery" default:"true" doc:"Copy every snapshot to the second region, where the stack has one."`
	CopyRetention    int    `json:"copyRetentionDays" default:"30" unit:"days" doc:"How long copies are kept there."`
	Bucket           bool   `json:"bucket" default:"true" doc:"Back up the bucket of attachments as well as the database."`
	DeleteWithVaults bool   `json:"deleteWithVaults" default:"false" doc:"Let a destroy delete the recovery points with their vault. For stacks that nobody will miss."`

	Lock        LockSettings        `json:"lock" doc:"Lock on the vaults: no recovery point can be deleted before its time."`
	RestoreTest RestoreTestSettings `json:"restoreTest" doc:"Test that restores what was backed up."`
}

// LockSettings are about AWS Backup Vault Lock.
type LockSettings struct {
	Enabled   bool `json:"enabled" default:"false" doc:"Lock the vaults. Without graceDays the lock can be lifted by those who may (governance mode)."`
	MinDays   int  `json:"minDays" default:"7" unit:"days" doc:"Shortest retention that the vaults take."`
	MaxDays   int  `json:"maxDays" default:"365" unit:"days" doc:"Longest retention that the vaults take."`
	GraceDays int  `json:"graceDays" default:"0" unit:"days" example:"14" doc:"After that many days, 3 or more, nobody can lift the lock ever again (compliance mode). 0 means governance mode."`
}

// RestoreTestSettings are about AWS Backup restore testing.
type RestoreTestSettings struct {
	Enabled         bool   `json:"enabled" default:"true" doc:"Restore the latest recovery points on a schedule."`
	Schedule        string `json:"schedule" default:"cron(0 10 1 * ? *)" unit:"UTC" doc:"When; by default on the first of every month."`
	StartHours      int    `json:"startHours" default:"8" unit:"hours" doc:"The tests start within that time."`
	WindowDays      int    `json:"windowDays" default:"30" unit:"days" doc:"How old a recovery point may be that is tested."`
	ValidationHours int    `json:"validationHours" default:"4" unit:"hours" doc:"How long what was restored stays, for a look at it, 1 to 168."`
	InstanceClass   string `json:"instanceClass" default:"" example:"db.t3.small" doc:"Class of the restored database; empty means that of the original."`
	Bucket          bool   `json:"bucket" default:"true" doc:"Test the bucket, too. It costs a copy of all attachments."`
}

var (
	cron  = regexp.MustCompile(`^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$`)
	class = regexp.MustCompile(`^db\.[a-z0-9-]+\.[a-z0-9]+$`)
)

const mostDays = 36500 // a hundred years, AWS's limit

// Validate records what is wrong with the settings, with paths relative to the component's.
func (s Settings) Validate(f *fault.Set) {
	f.Require(cron.MatchString(s.Schedule), "schedule", "%q is no cron expression of six fields; set one such as cron(0 7 * * ? *)", s.Schedule)
	f.Within("startMinutes", s.StartMinutes, 60, 10080, "AWS's limit")
	f.Require(s.CompleteMinutes > s.StartMinutes, "completeMinutes", "%d is not more than startMinutes, %d; set %d or more",
		s.CompleteMinutes, s.StartMinutes, s.StartMinutes+60)
	f.Within("retentionDays", s.RetentionDays, 1, mostDays, "AWS's limit")
	f.Within("copyRetentionDays", s.CopyRetention, 1, mostDays, "AWS's limit")
	if s.Lock.Enabled {
		s.validateLock(f)
	}
	if s.RestoreTest.Enabled {
		s.validateRestoreTest(f.At("restoreTest"))
	}
}

func (s Settings) validateLock(f *fault.Set) {
	l := s.Lock
	f.Within("lock.minDays", l.MinDays, 1, mostDays, "AWS's limit")
	f.Within("lock.maxDays", l.MaxDays, max(l.MinDays, 1), mostDays, "lock.minDays and AWS's limit")
	if l.GraceDays != 0 {
		f.Within("lock.graceDays", l.GraceDays, 3, mostDays, "AWS's limit (or 0 for a lock that can be lifted)")
	}
	f.Require(!s.DeleteWithVaults, "deleteWithVaults", "true with lock.enabled, and a locked vault lets no recovery point go; set one of them to false")
	for _, one := range []struct {
		path string
		days int
	}{{"retentionDays", s.RetentionDays}, {"copyRetentionDays", s.CopyRetention}} {
		f.Require(one.days >= l.MinDays && one.days <= l.MaxDays, one.path,
			"%d is not within lock.minDays, %d, and lock.maxDays, %d, so the locked vault would refuse the recovery points; set it within, or widen the lock",
			one.days, l.MinDays, l.MaxDays)
	}
}

func (s Settings) validateRestoreTest(f *fault.Set) {
	t := s.RestoreTest
	f.Require(cron.MatchString(t.Schedule), "schedule", "%q is no cron expression of six fields; set one such as cron(0 10 1 * ? *)", t.Schedule)
	f.Within("startHours", t.StartHours, 1, 168, "AWS's limit")
	f.Within("windowDays", t.WindowDays, 1, 365, "AWS's limit")
	f.Within("validationHours", t.ValidationHours, 1, 168, "AWS's limit")
	f.Require(t.InstanceClass == "" || class.MatchString(t.InstanceClass), "instanceClass",
		"%q is no instance class; set one such as db.t3.small, or leave it out for that of the original", t.InstanceClass)
	f.Require(!t.Bucket || s.Bucket, "bucket", "true, but backup.bucket is false and there is nothing to restore; set both alike")
}
