package backup

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/iampolicy"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:backup:Backup"

const longestName = 50 // of vaults, plans, rules and restore tests

// Args are the settings and what other components provide.
type Args struct {
	place.Scope
	Settings        Settings
	KeyArn          pulumi.StringInput      // encrypts the vault
	TopicArn        pulumi.StringInput      // gets word of jobs that failed
	DatabaseArns    pulumi.StringArrayInput // instances
	BucketArn       pulumi.StringInput      // of attachments; its versions are kept
	SubnetGroupName pulumi.StringInput      // where a tested database is restored to
	SecurityGroupId pulumi.StringInput      // of the database, likewise
	Recovery        place.Recovery
}

// Validate returns all that is wrong with the settings and all that is missing, with paths from "backup" on.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("backup")
	a.Settings.Validate(f)
	test := a.Settings.RestoreTest.Enabled
	for _, one := range []struct {
		path    string
		missing bool
	}{
		{"keyArn", a.KeyArn == nil},
		{"topicArn", a.TopicArn == nil},
		{"databaseArns", a.DatabaseArns == nil},
		{"bucketArn", a.BucketArn == nil && a.Settings.Bucket},
		{"subnetGroupName", a.SubnetGroupName == nil && test},
		{"securityGroupId", a.SecurityGroupId == nil && test},
	} {
		f.Require(!one.missing, one.path, "is missing; pass the output of the component that makes it")
	}
	if a.copies() {
		f.Require(a.Recovery.Provider != nil && a.Recovery.KeyArn != nil, "recovery",
			"region %s has no provider or no key; pass both, or set copyToRecovery to false", a.Recovery.Region)
		f.Require(a.Recovery.Region != a.Region, "recovery", "region %s is the stack's own, and copies belong in another; set another recoveryRegion", a.Region)
	}
	return all.Err()
}

// copies reports whether snapshots are copied to a second region.
func (a Args) copies() bool { return a.Recovery.Set() && a.Settings.CopyToRecovery }

// Backup is the vault of a stack and the plan that fills it.
type Backup struct {
	pulumi.ResourceState

	VaultName         pulumi.StringOutput
	VaultArn          pulumi.StringOutput
	RecoveryVaultArn  pulumi.StringOutput // in the second region; "" without one
	PlanId            pulumi.StringOutput
	RestoreTestingArn pulumi.StringOutput // of the plan; "" where tests are off
}

// builder holds what the parts share while they are made.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.ResourceOption
	role   *iam.Role
	rights []pulumi.Resource // the role's policies, to wait for
}

// New makes vaults, plan, restore test and notifications. Errors name the part that failed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Backup, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Backup{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, parent: pulumi.Parent(c)}
	vault, err := b.vault("vault", args.KeyArn)
	if err != nil {
		return nil, fmt.Errorf("backup: vault: %w", err)
	}
	c.RecoveryVaultArn = pulumi.String("").ToStringOutput()
	if args.copies() {
		second, err := b.vault("recovery-vault", args.Recovery.KeyArn, pulumi.Provider(args.Recovery.Provider))
		if err != nil {
			return nil, fmt.Errorf("backup: vault in %s: %w", args.Recovery.Region, err)
		}
		c.RecoveryVaultArn = second.Arn
	}
	if err := b.newRole(); err != nil {
		return nil, fmt.Errorf("backup: role: %w", err)
	}
	plan, err := b.plan(vault, c.RecoveryVaultArn)
	if err != nil {
		return nil, fmt.Errorf("backup: plan: %w", err)
	}
	c.RestoreTestingArn = pulumi.String("").ToStringOutput()
	if args.Settings.RestoreTest.Enabled {
		tests, err := b.restoreTest(vault)
		if err != nil {
			return nil, fmt.Errorf("backup: restore test: %w", err)
		}
		c.RestoreTestingArn = tests.Arn
	}
	if err := b.alerts(); err != nil {
		return nil, fmt.Errorf("backup: alerts: %w", err)
	}
	c.VaultName, c.VaultArn, c.PlanId = vault.Name, vault.Arn, plan.ID().ToStringOutput()
	return c, ctx.RegisterResourceOutputs(c, pulumi.Map{
		"vaultName": c.VaultName, "vaultArn": c.VaultArn, "recoveryVaultArn": c.RecoveryVaultArn,
		"planId": c.PlanId, "restoreTestingArn": c.RestoreTestingArn,
	})
}

// vault makes a vault and, where set, its lock.
func (b *builder) vault(part string, key pulumi.StringInput, opts ...pulumi.ResourceOption) (*backup.Vault, error) {
	opts = append(opts, b.parent)
	v, err := backup.NewVault(b.ctx, b.name+"-"+part, &backup.VaultArgs{
		Name:         pulumi.String(b.args.Name("backup", longestName)),
		KmsKeyArn:    key.ToStringOutput(),
		ForceDestroy: pulumi.Bool(b.args.Settings.DeleteWithVaults),
	}, opts...)
	if err != nil {
		return nil, err
	}
	lock := b.args.Settings.Lock
	if !lock.Enabled {
		return v, nil
	}
	in := &backup.VaultLockConfigurationArgs{
		BackupVaultName:  v.Name,
		MinRetentionDays: pulumi.Int(lock.MinDays),
		MaxRetentionDays: pulumi.Int(lock.MaxDays),
	}
	if lock.GraceDays > 0 {
		in.ChangeableForDays = pulumi.Int(lock.GraceDays)
	}
	// Deleted first: a lock is found by its vault's name, so deleting the old one second would lift the new one.
	_, err = backup.NewVaultLockConfiguration(b.ctx, b.name+"-"+part+"-lock", in, append(opts, pulumi.DeleteBeforeReplace(true))...)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return v, nil
}

// newRole makes the role by which AWS Backup reads, copies and restores. Its trust has no condition on the source:
// AWS Backup documents none for roles, and only those whom the account lets pass the role can name it.
func (b *builder) newRole() error {
	a := b.args
	var err error
	b.role, err = iam.NewRole(b.ctx, b.name+"-role", &iam.RoleArgs{
		Name:        pulumi.String(a.Name("backup", 64)),
		Description: pulumi.String("Lets AWS Backup take, copy and restore snapshots"),
		AssumeRolePolicy: pulumi.String(iampolicy.New(iampolicy.Statement{
			Sid: "Assume", Effect: "Allow", Principal: iampolicy.Service("backup.amazonaws.com"), Action: []string{"sts:AssumeRole"},
		}).JSON()),
	}, b.parent)
	if err != nil {
		return err
	}
	policies := []struct{ part, path string }{
		{"backup", "service-role/AWSBackupServiceRolePolicyForBackup"},
		{"restore", "service-role/AWSBackupServiceRolePolicyForRestores"},
	}
	if a.Settings.Bucket {
		policies = append(policies, []struct{ part, path string }{
			{"s3-backup", "AWSBackupServiceRolePolicyForS3Backup"},
			{"s3-restore", "AWSBackupServiceRolePolicyForS3Restore"},
		}...)
	}
	for _, p := range policies {
		attached, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-role-"+p.part, &iam.RolePolicyAttachmentArgs{
			Role:      b.role.Name,
			PolicyArn: pulumi.String("arn:" + a.Partition + ":iam::aws:policy/" + p.path),
		}, b.parent)
		if err != nil {
			return fmt.Errorf("policy %s: %w", p.part, err)
		}
		b.rights = append(b.rights, attached)
	}
	return nil
}
