package backup

import (
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

const (
	vaultType     = "aws:backup/vault:Vault"
	lockType      = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
	planType      = "aws:backup/plan:Plan"
	selectionType = "aws:backup/selection:Selection"
	testType      = "aws:backup/restoreTestingSelection:RestoreTestingSelection"
)

// bundle is a run of the component and what came out of it.
type bundle struct {
	*infratest.Recorder
	outputs map[string]string
}

// setup runs the component, with a second region, with the default settings and what edit changes.
func setup(t *testing.T, edit func(*Args), opts ...infratest.Option) bundle {
	t.Helper()
	var mu sync.Mutex
	out := map[string]string{}
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "recovery", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
		if err != nil {
			return err
		}
		args := arguments(t)
		args.Recovery = place.Recovery{Region: "us-west-2", Provider: provider, KeyArn: pulumi.String("arn:key-there")}
		if edit != nil {
			edit(&args)
		}
		c, err := New(ctx, "backup", args)
		if err != nil {
			return err
		}
		for name, o := range map[string]pulumi.StringOutput{
			"vaultName": c.VaultName, "vaultArn": c.VaultArn, "second": c.RecoveryVaultArn, "plan": c.PlanId, "test": c.RestoreTestingArn,
		} {
			o.ApplyT(func(v string) string {
				mu.Lock()
				defer mu.Unlock()
				out[name] = v
				return v
			})
		}
		return nil
	}, opts...)
	return bundle{r, out}
}

func arguments(t testing.TB) Args {
	return Args{
		Scope:           infratest.Scope(),
		Settings:        infratest.Defaults[Settings](t),
		KeyArn:          pulumi.String("arn:key"),
		TopicArn:        pulumi.String("arn:topic"),
		DatabaseArns:    pulumi.ToStringArray([]string{"arn:db", "arn:db-g2"}),
		BucketArn:       pulumi.String("arn:bucket"),
		SubnetGroupName: pulumi.String("subnets"),
		SecurityGroupId: pulumi.String("sg-db"),
	}
}

func TestPlanWithDefaults(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.One(t, vaultType, "backup-vault").Expect(t, map[string]string{"name": "task-tracker-backup", "kmsKeyArn": "arn:key", "forceDestroy": "false"})
	second := b.One(t, vaultType, "backup-recovery-vault")
	second.Expect(t, map[string]string{"name": "task-tracker-backup", "kmsKeyArn": "arn:key-there"})
	if !strings.Contains(second.Provider, "::recovery::") {
		t.Errorf("the second vault is made by provider %q", second.Provider)
	}
	b.One(t, planType, "backup-plan").Expect(t, map[string]string{
		"name": "task-tracker-daily", "rules[0].schedule": "cron(0 7 * * ? *)", "rules[0].targetVaultName": "task-tracker-backup",
		"rules[0].lifecycle.deleteAfter": "30", "rules[0].copyActions[0].lifecycle.deleteAfter": "30",
		"rules[0].copyActions[0].destinationVaultArn": "arn:aws:backup:us-east-1:123456789012:backup-recovery-vault",
	})
	selection := b.One(t, selectionType, "backup-selection")
	selection.Expect(t, map[string]string{
		"resources[0]": "arn:db", "resources[1]": "arn:db-g2", "resources[2]": "arn:bucket", "planId": "backup-plan-id",
		"iamRoleArn": "arn:aws:iam:us-east-1:123456789012:backup-role",
	})
	if waits := strings.Join(selection.Dependencies, " "); !strings.Contains(waits, "backup-role-backup") || !strings.Contains(waits, "backup-role-s3-backup") {
		t.Errorf("the selection does not wait for the role's rights: %s", waits)
	}
	want := map[string]string{
		"vaultName": "task-tracker-backup", "vaultArn": "arn:aws:backup:us-east-1:123456789012:backup-vault", "plan": "backup-plan-id",
		"second": "arn:aws:backup:us-east-1:123456789012:backup-recovery-vault", "test": "arn:aws:backup:us-east-1:123456789012:backup-restore-test",
	}
	if diff := cmp.Diff(want, b.outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
	if locks := b.OfType(lockType); len(locks) != 0 {
		t.Errorf("locked unasked: %v", locks)
	}
}

func TestRestoreTestUsesTheDataSubnets(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) { a.Settings.RestoreTest.InstanceClass = "db.t3.medium" })
	b.One(t, "aws:backup/restoreTestingPlan:RestoreTestingPlan", "backup-restore-test").Expect(t, map[string]string{
		"name": "task_tracker_restore_test", "scheduleExpression": "cron(0 10 1 * ? *)", "recoveryPointSelection.algorithm": "LATEST_WITHIN_WINDOW",
		"recoveryPointSelection.includeVaults[0]": "arn:aws:backup:us-east-1:123456789012:backup-vault", "recoveryPointSelection.selectionWindowDays": "30",
	})
	b.One(t, testType, "backup-restore-test-database").Expect(t, map[string]string{
		"protectedResourceType": "RDS", "protectedResourceArns[0]": "arn:db", "restoreTestingPlanName": "task_tracker_restore_test",
		"restoreMetadataOverrides.dbSubnetGroupName": "subnets", "restoreMetadataOverrides.vpcSecurityGroupIds": `["sg-db"]`,
		"restoreMetadataOverrides.publiclyAccessible": "false", "restoreMetadataOverrides.dbInstanceClass": "db.t3.medium", "validationWindowHours": "4",
	})
	b.One(t, testType, "backup-restore-test-bucket").Expect(t, map[string]string{"protectedResourceType": "S3", "protectedResourceArns[0]": "arn:bucket"})
}

func TestFailedJobsReachTheTopic(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	b.One(t, "aws:cloudwatch/eventRule:EventRule", "backup-failed-jobs").Expect(t, map[string]string{
		"eventPattern": `{"source":["aws.backup"],"detail-type":["Backup Job State Change","Copy Job State Change"],"detail":{"state":["ABORTED","EXPIRED","FAILED","PARTIAL"]}}`,
	})
	b.One(t, "aws:cloudwatch/eventRule:EventRule", "backup-failed-restores").Expect(t, map[string]string{
		"eventPattern": `{"source":["aws.backup"],"detail-type":["Restore Job State Change"],"detail":{"status":["ABORTED","FAILED"]}}`,
	})
	for _, part := range []string{"failed-jobs", "failed-restores"} {
		b.One(t, "aws:cloudwatch/eventTarget:EventTarget", "backup-"+part+"-target").Expect(t, map[string]string{"arn": "arn:topic"})
	}
	b.One(t, "aws:iam/role:Role", "backup-role").Expect(t, map[string]string{
		"name":             "task-tracker-backup",
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Sid":"Assume","Effect":"Allow","Principal":{"Service":["backup.amazonaws.com"]},"Action":["sts:AssumeRole"]}]}`,
	})
}

func TestLocksBothVaults(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) { a.Settings.Lock.Enabled, a.Settings.Lock.GraceDays = true, 14 })
	for _, part := range []string{"backup-vault-lock", "backup-recovery-vault-lock"} {
		b.One(t, lockType, part).Expect(t, map[string]string{
			"backupVaultName": "task-tracker-backup", "minRetentionDays": "7", "maxRetentionDays": "365", "changeableForDays": "14",
		})
	}
	b = setup(t, func(a *Args) { a.Settings.Lock.Enabled = true })
	b.One(t, lockType, "backup-vault-lock").Expect(t, map[string]string{"changeableForDays": ""})
}

func TestWithoutSecondRegionBucketAndTest(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) {
		a.Recovery = place.Recovery{}
		a.Settings.Bucket, a.Settings.RestoreTest = false, RestoreTestSettings{}
		a.BucketArn, a.SubnetGroupName, a.SecurityGroupId = nil, nil, nil
	})
	if n := len(b.OfType(vaultType)); n != 1 {
		t.Errorf("%d vaults instead of 1", n)
	}
	if n := len(b.OfType(testType)); n != 0 {
		t.Errorf("%d restore tests instead of none", n)
	}
	b.One(t, selectionType, "backup-selection").Expect(t, map[string]string{"resources[1]": "arn:db-g2", "resources[2]": ""})
	b.One(t, planType, "backup-plan").Expect(t, map[string]string{"rules[0].copyActions": ""})
	if b.outputs["second"] != "" || b.outputs["test"] != "" {
		t.Errorf("outputs: %v", b.outputs)
	}
}

func TestAPreviewShowsEveryResource(t *testing.T) {
	t.Parallel()
	known := setup(t, nil)
	known.ChildrenOf(t, Token, "backup")
	preview := setup(t, func(a *Args) { infratest.Forget(a) }, infratest.Unknown())
	if diff := cmp.Diff(known.Names(), preview.Names()); diff != "" {
		t.Errorf("resources (-update +preview):\n%s", diff)
	}
}

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
		"no schedule": {
			func(s *Settings) { s.Schedule = "daily" },
			`schedule: "daily" is no cron expression of six fields; set one such as cron(0 7 * * ? *)`,
		},
		"a window below AWS's": {
			func(s *Settings) { s.StartMinutes = 30 },
			"startMinutes: 30 is below 60, AWS's limit; set 60 to 10080",
		},
		"an end before the start": {
			func(s *Settings) { s.CompleteMinutes = 60 },
			"completeMinutes: 60 is not more than startMinutes, 60; set 120 or more",
		},
		"retention that the lock refuses": {
			func(s *Settings) { s.Lock.Enabled, s.RetentionDays = true, 3 },
			"retentionDays: 3 is not within lock.minDays, 7, and lock.maxDays, 365, so the locked vault would refuse the recovery points; set it within, or widen the lock",
		},
		"grace below AWS's": {
			func(s *Settings) { s.Lock.Enabled, s.Lock.GraceDays = true, 1 },
			"lock.graceDays: 1 is below 3, AWS's limit (or 0 for a lock that can be lifted); set 3 to 36500",
		},
		"a lock on what may be deleted": {
			func(s *Settings) { s.Lock.Enabled, s.DeleteWithVaults = true, true },
			"deleteWithVaults: true with lock.enabled, and a locked vault lets no recovery point go; set one of them to false",
		},
		"a test of what is not backed up": {
			func(s *Settings) { s.Bucket = false },
			"restoreTest.bucket: true, but backup.bucket is false and there is nothing to restore; set both alike",
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

func TestMissingInputsAreFaults(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "backup", Args{Scope: infratest.Scope(), Settings: infratest.Defaults[Settings](t), Recovery: place.Recovery{Region: infratest.Region}})
		return err
	},
		"backup.keyArn: is missing", "backup.topicArn: is missing", "backup.databaseArns: is missing", "backup.bucketArn: is missing",
		"backup.subnetGroupName: is missing", "backup.securityGroupId: is missing", "backup.recovery: region us-east-1 has no provider or no key",
		"backup.recovery: region us-east-1 is the stack's own",
	)
}
