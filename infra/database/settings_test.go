package database

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

func TestDefaultsAreValid(t *testing.T) {
	t.Parallel()
	if err := arguments(t).Validate(); err != nil {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		edit func(*Settings)
		want string
	}{
		"managed password with replicas": {
			func(s *Settings) { s.Replicas = 1 },
			`masterPassword: "managed" with replicas: 1, and AWS refuses a managed master password on an instance that has replicas; set masterPassword to "generated", or replicas to 0`,
		},
		"8.0 without extended support": {
			func(s *Settings) { s.EngineVersion = "8.0" },
			"extendedSupport: MySQL 8.0 is past its standard support (2026-07-31) and runs with extended support only, charged per vCPU-hour; set extendedSupport to true, or engineVersion to 8.4",
		},
		"no second copy": {
			func(s *Settings) { s.MultiAz, s.RetentionDays = false, 0 },
			"retentionDays: 0 with multiAz false leaves a protected database without any second copy; set retentionDays to 1 or more, multiAz to true, or deletionProtection to false",
		},
		"unknown release": {
			func(s *Settings) { s.EngineVersion = "5.7" },
			`engineVersion: "5.7" is no release that this platform runs; set 8.4 or 8.0, or a full version of one, such as 8.4.5`,
		},
		"a minor version that RDS would leave": {
			func(s *Settings) { s.EngineVersion = "8.4.5" },
			`engineVersion: "8.4.5" names a minor version while minorUpgrades is on, and RDS would be told to go back after an upgrade; set "8.4", or minorUpgrades to false`,
		},
		"an open minor version that nobody chooses": {
			func(s *Settings) { s.MinorUpgrades = false },
			`engineVersion: "8.4" leaves the minor version open while minorUpgrades is off; set a full version, such as 8.4.5, or minorUpgrades to true`,
		},
		"storage below gp3's": {
			func(s *Settings) { s.StorageGiB = 5 },
			"storageGiB: 5 is below 20, gp3's limit for MySQL; set 20 to 65536",
		},
		"no room to grow": {
			func(s *Settings) { s.MaxStorageGiB = 21 },
			"maxStorageGiB: 21 is less than 10 % above storageGiB, 20, and AWS refuses that; set 22 or more, or 0 for no growth",
		},
		"provisioned speed on little storage": {
			func(s *Settings) { s.Iops = 12000 },
			"storageGiB: 20 is below 400, from where on gp3 takes iops and throughputMiBps for MySQL; set 400 or more, or both to 0",
		},
		"too few operations": {
			func(s *Settings) { s.StorageGiB, s.MaxStorageGiB, s.Iops = 400, 1000, 3000 },
			"iops: 3000 is below 12000, gp3's limit from 400 GiB on (or 0 for what it includes); set 12000 to 64000",
		},
		"throughput beyond the operations": {
			func(s *Settings) { s.StorageGiB, s.MaxStorageGiB, s.ThroughputMiBps = 400, 0, 4000 },
			"throughputMiBps: 4000 is more than a quarter of the 12000 IOPS, gp3's limit; set iops to 16000 or more",
		},
		"windows that overlap": {
			func(s *Settings) { s.MaintenanceWindow = "mon:02:00-mon:03:30" },
			"maintenanceWindow: mon:02:00-mon:03:30 overlaps backupWindow, 03:00-04:00, and AWS refuses that; move one of them",
		},
		"no window": {
			func(s *Settings) { s.BackupWindow = "3am" },
			`backupWindow: "3am": is no window hh:mm-hh:mm; set one such as 03:00-04:00`,
		},
		"insights on a small class": {
			func(s *Settings) { s.PerformanceInsights = true },
			"performanceInsights: true, but AWS has no Performance Insights for MySQL on db.t3.small; set it to false, or instanceClass to db.t3.medium or larger",
		},
		"replicas without a binary log": {
			func(s *Settings) { s.MasterPassword, s.Replicas, s.RetentionDays = Generated, 1, 0 },
			"retentionDays: 0 with replicas: 1, which need the binary log of automated backups; set 1 or more, or replicas to 0",
		},
		"an audit log": {
			func(s *Settings) { s.LogExports = []string{"error", "audit"} },
			`logExports[1]: "audit" needs an option group with the audit plugin, which this platform has not; set error, slowquery or general`,
		},
		"serving what is not there": {
			func(s *Settings) { s.Generation, s.Serving = 2, 3 },
			"serving: 3 is none of the generations that are kept, 1 to 2; set one of them, or 0 for the newest",
		},
		"retiring what serves": {
			func(s *Settings) { s.Generation, s.Serving, s.Oldest = 2, 1, 2 },
			"serving: 1 is none of the generations that are kept, 2 to 2; set one of them, or 0 for the newest",
		},
		"keeping nothing": {
			func(s *Settings) { s.Oldest = 2 },
			"generation: 1 is older than the oldest that is kept, 2; set generation to 2 or more, or oldest to 1 or less",
		},
		"two sources": {
			func(s *Settings) { s.Restore.Snapshot, s.Restore.Instance = "snap", "task-tracker-db" },
			"restore: snapshot and instance are set together, and a database is restored from one of them; leave one",
		},
		"a time that is none": {
			func(s *Settings) { s.Restore.Instance, s.Restore.Time = "task-tracker-db", "yesterday" },
			`restore.time: "yesterday" is no time in UTC; set one such as 2026-11-23T09:30:00Z, or leave it out for the latest`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := infratest.Defaults[Settings](t)
			test.edit(&s)
			var f fault.Set
			s.Validate(&f)
			if diff := cmp.Diff([]string{test.want}, infratest.Lines(f.Err())); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWindows(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		daily, weekly string
		want          bool
	}{
		{"03:00-04:00", "sun:04:00-sun:05:00", false},
		{"03:00-04:00", "sun:03:59-sun:05:00", true},
		{"23:30-00:30", "mon:00:00-mon:00:30", true},
		{"23:30-00:30", "mon:00:30-mon:01:30", false},
		{"00:00-00:30", "sun:23:30-mon:00:30", true},
		{"01:00-01:30", "sun:23:30-mon:00:30", false},
	} {
		daily, err := parseDaily(test.daily)
		if err != nil {
			t.Fatal(err)
		}
		weekly, err := parseWeekly(test.weekly)
		if err != nil {
			t.Fatal(err)
		}
		if got := overlap(daily, weekly); got != test.want {
			t.Errorf("%s and %s: overlap %v", test.daily, test.weekly, got)
		}
	}
	for _, text := range []string{"", "03:00", "3:00-4:00", "25:00-26:00", "03:00-03:10"} {
		if _, err := parseDaily(text); err == nil {
			t.Errorf("%q is taken for a daily window", text)
		}
	}
	for _, text := range []string{"", "03:00-04:00", "foo:03:00-foo:04:00", "mon:03:00-mon:03:10", "mon:03:00-wed:03:00"} {
		if _, err := parseWeekly(text); err == nil {
			t.Errorf("%q is taken for a weekly window", text)
		}
	}
}

func TestMissingInputsAreFaults(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "database", Args{Scope: infratest.Scope(), Settings: infratest.Defaults[Settings](t), Recovery: place.Recovery{Region: infratest.Region}})
		return err
	},
		"database.subnetIds: is missing", "database.securityGroupId: is missing", "database.keyArn: is missing",
		"database.logsKeyArn: is missing", "database.topicArn: is missing",
		"database.recovery: region us-east-1 has no provider or no key; pass both, or set recovery.replicateBackups to false",
		"database.recovery: region us-east-1 is the stack's own, and backups are replicated to another; set another recoveryRegion",
	)
}
