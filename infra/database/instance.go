package database

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

const longestIdentifier = 63 // of an RDS instance

// atCreation are inputs that count at creation only. All but the last would replace the instance: a restored one has its
// snapshot's key and names. The name of the final snapshot is drawn once.
var atCreation = []string{"dbName", "username", "kmsKeyId", "storageEncrypted", "snapshotIdentifier", "restoreToPointInTime", "finalSnapshotIdentifier"}

// suffix tells generations apart: "" for the first, "-g2" for the second.
func suffix(n int) string {
	if n == 1 {
		return ""
	}
	return fmt.Sprintf("-g%d", n)
}

// generation makes instance n with its log groups and its master's secret.
func (b *builder) generation(n int) (generation, error) {
	s := b.args.Settings
	id := b.args.Name("db"+suffix(n), longestIdentifier)
	logs, err := b.logGroups("logs"+suffix(n), id)
	if err != nil {
		return generation{}, err
	}
	protect := s.DeletionProtection && n >= s.ServingGeneration()
	in := b.common(id, s.InstanceClass)
	in.Engine = pulumi.String("mysql")
	in.EngineVersion = pulumi.String(s.EngineVersion)
	in.EngineLifecycleSupport = pulumi.String(lifecycle(s.ExtendedSupport))
	in.AllowMajorVersionUpgrade = pulumi.Bool(s.AllowMajorUpgrade)
	in.AllocatedStorage = pulumi.Int(s.StorageGiB)
	in.MultiAz = pulumi.Bool(s.MultiAz)
	in.DbSubnetGroupName = b.subnets.Name
	in.KmsKeyId = b.args.KeyArn.ToStringOutput()
	in.BackupRetentionPeriod = pulumi.Int(s.RetentionDays)
	in.BackupWindow = pulumi.String(s.BackupWindow)
	in.DeleteAutomatedBackups = pulumi.Bool(!s.KeepBackups)
	in.DeletionProtection = pulumi.Bool(protect)
	in.SkipFinalSnapshot = pulumi.Bool(!s.FinalSnapshot)
	in.FinalSnapshotIdentifier = b.finalSnapshot(id)
	b.restore(in, n)
	g := generation{number: n}
	if s.MasterPassword == Managed {
		in.ManageMasterUserPassword = pulumi.Bool(true)
		in.MasterUserSecretKmsKeyId = b.args.KeyArn.ToStringOutput()
	} else if g.masterSecret, err = b.masterSecret(n, in); err != nil {
		return generation{}, fmt.Errorf("master secret: %w", err)
	}
	g.instance, err = rds.NewInstance(b.ctx, b.name+"-instance"+suffix(n), in, b.parent, pulumi.DependsOn(b.needs(logs)),
		pulumi.IgnoreChanges(atCreation), pulumi.Protect(protect),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "3h", Update: "3h", Delete: "2h"})) // a restore copies all data
	if err != nil {
		return generation{}, fmt.Errorf("instance: %w", err)
	}
	if s.MasterPassword == Managed {
		g.masterSecret = managedSecret(g.instance)
	}
	return g, nil
}

// common returns what instances and replicas have alike.
func (b *builder) common(id, class string) *rds.InstanceArgs {
	s := b.args.Settings
	in := &rds.InstanceArgs{
		Identifier:                       pulumi.String(id),
		InstanceClass:                    pulumi.String(class),
		ApplyImmediately:                 pulumi.Bool(s.ApplyImmediately),
		AutoMinorVersionUpgrade:          pulumi.Bool(s.MinorUpgrades),
		CaCertIdentifier:                 pulumi.String(s.CaCertificate),
		CopyTagsToSnapshot:               pulumi.Bool(true),
		EnabledCloudwatchLogsExports:     pulumi.ToStringArray(s.LogExports),
		IamDatabaseAuthenticationEnabled: pulumi.Bool(s.IamAuthentication),
		MaintenanceWindow:                pulumi.String(s.MaintenanceWindow),
		MaxAllocatedStorage:              pulumi.Int(s.MaxStorageGiB),
		MonitoringInterval:               pulumi.Int(s.MonitoringSeconds),
		NetworkType:                      pulumi.String("IPV4"),
		ParameterGroupName:               b.parameters.Name,
		PerformanceInsightsEnabled:       pulumi.Bool(s.PerformanceInsights),
		Port:                             pulumi.Int(Port),
		PubliclyAccessible:               pulumi.Bool(false),
		StorageEncrypted:                 pulumi.Bool(true),
		StorageType:                      pulumi.String("gp3"),
		VpcSecurityGroupIds:              pulumi.StringArray{b.args.SecurityGroupId},
		Tags:                             pulumi.StringMap{"Name": pulumi.String(id)},
	}
	if s.Iops > 0 {
		in.Iops = pulumi.Int(s.Iops)
	}
	if s.ThroughputMiBps > 0 {
		in.StorageThroughput = pulumi.Int(s.ThroughputMiBps)
	}
	if s.PerformanceInsights {
		in.PerformanceInsightsKmsKeyId = b.args.KeyArn.ToStringOutput()
		in.PerformanceInsightsRetentionPeriod = pulumi.Int(7)
	}
	if b.monitoring != nil {
		in.MonitoringRoleArn = b.monitoring.role.Arn
	}
	return in
}

// restore names the source of the newest instance's data. Names of schema and user come with that data.
func (b *builder) restore(in *rds.InstanceArgs, n int) {
	r := b.args.Settings.Restore
	newest := n == b.args.Settings.Generation
	switch {
	case newest && r.Snapshot != "":
		in.SnapshotIdentifier = pulumi.String(r.Snapshot)
	case newest && r.PointInTime():
		at := rds.InstanceRestoreToPointInTimeArgs{}
		if r.Instance != "" {
			at.SourceDbInstanceIdentifier = pulumi.String(r.Instance)
		} else {
			at.SourceDbInstanceAutomatedBackupsArn = pulumi.String(r.BackupsArn)
		}
		if r.Time != "" {
			at.RestoreTime = pulumi.String(r.Time)
		} else {
			at.UseLatestRestorableTime = pulumi.Bool(true)
		}
		in.RestoreToPointInTime = at
	default:
		in.DbName, in.Username = pulumi.String(DatabaseName), pulumi.String(MasterUser)
	}
}

// finalSnapshot draws a name that no earlier instance of this identifier left behind.
func (b *builder) finalSnapshot(id string) pulumi.StringOutput {
	return b.random().ApplyT(func(drawn string) string {
		sum := sha256.Sum256([]byte(drawn))
		return id + "-final-" + hex.EncodeToString(sum[:])[:8]
	}).(pulumi.StringOutput)
}

// replicas makes the read replicas of the serving instance. They are named by its generation: a replica can't change
// its source.
func (b *builder) replicas(serving generation) ([]*rds.Instance, error) {
	s := b.args.Settings
	class := s.ReplicaClass
	if class == "" {
		class = s.InstanceClass
	}
	var out []*rds.Instance
	for i := 1; i <= s.Replicas; i++ {
		part := fmt.Sprintf("replica-%d%s", i, suffix(serving.number))
		id := b.args.Name("db-"+part, longestIdentifier)
		logs, err := b.logGroups(part+"-logs", id)
		if err != nil {
			return nil, err
		}
		in := b.common(id, class)
		in.ReplicateSourceDb = serving.instance.Identifier // in the same region and subnet group, by identifier
		in.KmsKeyId = serving.instance.KmsKeyId
		in.BackupRetentionPeriod = pulumi.Int(0)
		in.SkipFinalSnapshot = pulumi.Bool(true)
		r, err := rds.NewInstance(b.ctx, b.name+"-"+part, in, b.parent, pulumi.DependsOn(b.needs(logs)),
			pulumi.IgnoreChanges([]string{"kmsKeyId", "storageEncrypted"}),
			pulumi.Timeouts(&pulumi.CustomTimeouts{Create: "3h", Update: "3h", Delete: "2h"}))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", part, err)
		}
		out = append(out, r)
	}
	return out, nil
}

// logGroups makes the groups that RDS would otherwise make itself, without an end and without our key.
func (b *builder) logGroups(part, id string) ([]pulumi.Resource, error) {
	var out []pulumi.Resource
	for _, kind := range b.args.Settings.LogExports {
		g, err := cloudwatch.NewLogGroup(b.ctx, b.name+"-"+part+"-"+kind, &cloudwatch.LogGroupArgs{
			Name:            pulumi.String("/aws/rds/instance/" + id + "/" + kind),
			KmsKeyId:        b.args.LogsKeyArn.ToStringOutput(),
			RetentionInDays: pulumi.Int(b.args.Settings.LogRetentionDays),
		}, b.parent)
		if err != nil {
			return nil, fmt.Errorf("log group %s: %w", kind, err)
		}
		out = append(out, g)
	}
	return out, nil
}

// needs is what stands before an instance is made, beyond what its inputs say.
func (b *builder) needs(logs []pulumi.Resource) []pulumi.Resource {
	if b.monitoring == nil {
		return logs
	}
	return append(logs, b.monitoring.attachment)
}

// monitoring is the role by which RDS writes what it sees of the operating system.
type monitoring struct {
	role       *iam.Role
	attachment *iam.RolePolicyAttachment
}

func (b *builder) newMonitoring() (*monitoring, error) {
	a := b.args
	instances := a.ARN("rds", "db:"+a.NamePrefix+"-*")
	role, err := iam.NewRole(b.ctx, b.name+"-monitoring", &iam.RoleArgs{
		Name:             pulumi.String(a.Name("db-monitoring", 64)),
		Description:      pulumi.String("Lets RDS write enhanced monitoring to CloudWatch Logs"),
		AssumeRolePolicy: pulumi.String(iampolicy.AssumeBy("monitoring.rds.amazonaws.com", a.Account, instances).JSON()),
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	attachment, err := iam.NewRolePolicyAttachment(b.ctx, b.name+"-monitoring-policy", &iam.RolePolicyAttachmentArgs{
		Role:      role.Name,
		PolicyArn: pulumi.String("arn:" + a.Partition + ":iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"),
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return &monitoring{role: role, attachment: attachment}, nil
}

func lifecycle(extended bool) string {
	if extended {
		return "open-source-rds-extended-support"
	}
	return "open-source-rds-extended-support-disabled"
}
