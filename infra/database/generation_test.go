package database

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestGenerations(t *testing.T) {
	t.Parallel()
	type state struct{ name, snapshot, user, protection string }
	for name, test := range map[string]struct {
		generation, serving, oldest int
		want                        []state
		host                        string
	}{
		"first": {1, 0, 1, []state{{"database-instance", "snap", "", "true"}}, "database-instance-address"},
		"beside": {2, 1, 1, []state{
			{"database-instance", "", "task_admin", "true"}, {"database-instance-g2", "snap", "", "true"},
		}, "database-instance-address"},
		"cut over": {2, 2, 1, []state{
			{"database-instance", "", "task_admin", "false"}, {"database-instance-g2", "snap", "", "true"},
		}, "database-instance-g2-address"},
		"retired": {2, 0, 2, []state{{"database-instance-g2", "snap", "", "true"}}, "database-instance-g2-address"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(a *Args) {
				a.Settings.Generation, a.Settings.Serving, a.Settings.Oldest = test.generation, test.serving, test.oldest
				a.Settings.Restore.Snapshot = "snap"
			})
			var got []state
			for _, i := range b.OfType(instanceType) {
				got = append(got, state{i.Name, i.String("snapshotIdentifier"), i.String("username"), i.String("deletionProtection")})
				if i.Protect != (i.String("deletionProtection") == "true") {
					t.Errorf("%s: protection differs between AWS and Pulumi", i.Name)
				}
			}
			if diff := cmp.Diff(test.want, got, cmp.AllowUnexported(state{})); diff != "" {
				t.Errorf("instances (-want +got):\n%s", diff)
			}
			if b.outputs["address"] != test.host {
				t.Errorf("the service goes to %v, not to %s", b.outputs["address"], test.host)
			}
		})
	}
}

func TestReplicasFollowTheServingGeneration(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) {
		a.Settings.Generation, a.Settings.MasterPassword, a.Settings.Replicas = 2, Generated, 1
	})
	b.One(t, instanceType, "database-replica-1-g2").Expect(t, map[string]string{
		"identifier": "task-tracker-db-replica-1-g2", "replicateSourceDb": "task-tracker-db-g2",
	})
	b.One(t, versionType, "database-master-version")
	b.One(t, versionType, "database-master-g2-version")
}

func TestPointInTime(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		restore RestoreSettings
		want    map[string]string
	}{
		"latest of an instance": {RestoreSettings{Instance: "task-tracker-db"}, map[string]string{
			"restoreToPointInTime.sourceDbInstanceIdentifier": "task-tracker-db", "restoreToPointInTime.useLatestRestorableTime": "true",
			"restoreToPointInTime.restoreTime": "", "dbName": "", "username": "", "snapshotIdentifier": "",
		}},
		"a time of replicated backups": {
			RestoreSettings{BackupsArn: "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1", Time: "2026-11-23T09:30:00Z"},
			map[string]string{
				"restoreToPointInTime.sourceDbInstanceAutomatedBackupsArn": "arn:aws:rds:us-west-2:123456789012:auto-backup:ab-1",
				"restoreToPointInTime.restoreTime":                         "2026-11-23T09:30:00Z", "restoreToPointInTime.useLatestRestorableTime": "",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(a *Args) { a.Settings.Restore = test.restore })
			b.One(t, instanceType, "database-instance").Expect(t, test.want)
		})
	}
}
