package database

import (
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

const (
	instanceType = "aws:rds/instance:Instance"
	secretType   = "aws:secretsmanager/secret:Secret"
	versionType  = "aws:secretsmanager/secretVersion:SecretVersion"
	logGroupType = "aws:cloudwatch/logGroup:LogGroup"
)

// drawn is what infratest answers where a password is drawn.
const drawn = "made-up-password-0123456789abcdef"

// bundle is a run of the component and what came out of it.
type bundle struct {
	*infratest.Recorder
	outputs map[string]any
}

// setup runs the component with the default settings and what edit changes.
func setup(t *testing.T, edit func(*Args), opts ...infratest.Option) bundle {
	t.Helper()
	args := arguments(t)
	if edit != nil {
		edit(&args)
	}
	var mu sync.Mutex
	out := map[string]any{}
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		c, err := New(ctx, "database", args)
		if err != nil {
			return err
		}
		for name, o := range map[string]pulumi.Output{
			"address": c.Address, "port": c.Port, "name": c.Name, "identifier": c.Identifier, "arn": c.Arn, "master": c.MasterSecretArn,
			"app": c.AppSecretArn, "value": c.AppSecretValue, "version": c.AppSecretVersion, "arns": c.Arns, "replicas": c.ReplicaAddresses, "subnets": c.SubnetGroupName,
		} {
			pulumi.All(o).ApplyT(func(v []any) int {
				mu.Lock()
				defer mu.Unlock()
				out[name] = v[0]
				return 0
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
		SubnetIds:       pulumi.ToStringArray([]string{"subnet-a", "subnet-b"}),
		SecurityGroupId: pulumi.String("sg-db"),
		KeyArn:          pulumi.String("arn:key"),
		LogsKeyArn:      pulumi.String("arn:logs-key"),
		TopicArn:        pulumi.String("arn:topic"),
	}
}

func TestInstanceWithDefaults(t *testing.T) {
	t.Parallel()
	b := setup(t, nil)
	i := b.One(t, instanceType, "database-instance")
	i.Expect(t, map[string]string{
		"identifier": "task-tracker-db", "engine": "mysql", "engineVersion": "8.4", "instanceClass": "db.t3.small",
		"engineLifecycleSupport": "open-source-rds-extended-support-disabled", "allocatedStorage": "20", "maxAllocatedStorage": "100",
		"storageType": "gp3", "storageEncrypted": "true", "kmsKeyId": "arn:key", "multiAz": "true", "publiclyAccessible": "false",
		"manageMasterUserPassword": "true", "masterUserSecretKmsKeyId": "arn:key", "password": "", "username": "task_admin", "dbName": "tasktracker",
		"backupRetentionPeriod": "35", "backupWindow": "03:00-04:00", "maintenanceWindow": "sun:04:30-sun:05:30", "copyTagsToSnapshot": "true",
		"deletionProtection": "true", "skipFinalSnapshot": "false", "deleteAutomatedBackups": "false", "autoMinorVersionUpgrade": "true",
		"monitoringInterval": "60", "monitoringRoleArn": "arn:aws:iam:us-east-1:123456789012:database-monitoring",
		"enabledCloudwatchLogsExports[0]": "error", "enabledCloudwatchLogsExports[1]": "slowquery", "caCertIdentifier": "rds-ca-rsa2048-g1",
		"vpcSecurityGroupIds[0]": "sg-db", "iops": "", "storageThroughput": "", "snapshotIdentifier": "", "restoreToPointInTime": "",
		"tags.Name": "task-tracker-db",
	})
	if final := i.String("finalSnapshotIdentifier"); !strings.HasPrefix(final, "task-tracker-db-final-") || len(final) != len("task-tracker-db-final-12345678") {
		t.Errorf("final snapshot %q has no drawn end", final)
	}
	if !i.Protect {
		t.Error("the instance is not protected")
	}
	if diff := cmp.Diff(atCreation, i.IgnoreChange); diff != "" {
		t.Errorf("ignored changes (-want +got):\n%s", diff)
	}
	for _, part := range []string{"database-logs-error", "database-logs-slowquery", "database-monitoring-policy"} {
		if !i.WaitsFor(part) {
			t.Errorf("the instance does not wait for %s", part)
		}
	}
	want := map[string]any{
		"address": "database-instance-address", "port": 3306, "name": "tasktracker", "identifier": "task-tracker-db",
		"arn": "arn:aws:rds:us-east-1:123456789012:database-instance", "master": "arn:aws:secretsmanager:us-east-1:123456789012:secret:rds!db-1",
		"app": "arn:aws:secretsmanager:us-east-1:123456789012:database-app-version", "version": "database-app-version-versionId",
		"arns": []string{"arn:aws:rds:us-east-1:123456789012:database-instance"}, "replicas": []string{},
		"value":   `{"host":"database-instance-address","port":"3306","name":"tasktracker","username":"tasktracker","password":"` + drawn + `"}`,
		"subnets": "database-subnets-name",
	}
	if diff := cmp.Diff(want, b.outputs); diff != "" {
		t.Errorf("outputs (-want +got):\n%s", diff)
	}
}

func TestEveryChildHasTheComponentAsParent(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) {
		a.Settings.MasterPassword, a.Settings.Replicas, a.Settings.Generation, a.Settings.Serving = Generated, 2, 2, 1
	})
	b.ChildrenOf(t, Token, "database")
}

func TestGroupsAndEvents(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) { a.Settings.SlowQuerySeconds = 0.5 })
	p := b.One(t, "aws:rds/parameterGroup:ParameterGroup", "database-parameters")
	p.Expect(t, map[string]string{"family": "mysql8.4", "name": ""})
	got := map[string]string{}
	list, _ := p.Value("parameters")
	for _, one := range list.ArrayValue() {
		o := one.ObjectValue()
		got[o["name"].StringValue()] = o["value"].StringValue()
	}
	for name, want := range map[string]string{
		"require_secure_transport": "1", "innodb_flush_log_at_trx_commit": "1", "sync_binlog": "1", "slow_query_log": "1", "long_query_time": "0.5", "log_output": "FILE",
	} {
		if got[name] != want {
			t.Errorf("parameter %s is %q, not %q", name, got[name], want)
		}
	}
	b.One(t, "aws:rds/subnetGroup:SubnetGroup", "database-subnets").Expect(t, map[string]string{"subnetIds[0]": "subnet-a", "subnetIds[1]": "subnet-b"})
	const events = "aws:rds/eventSubscription:EventSubscription"
	for part, source := range map[string]string{"instance": "db-instance", "parameter": "db-parameter-group", "security": "db-security-group"} {
		b.One(t, events, "database-"+part+"-events").Expect(t, map[string]string{"sourceType": source, "snsTopic": "arn:topic"})
	}
	b.One(t, events, "database-instance-events").Expect(t, map[string]string{"sourceIds[0]": "task-tracker-db"})
	b.One(t, logGroupType, "database-logs-error").Expect(t, map[string]string{
		"name": "/aws/rds/instance/task-tracker-db/error", "retentionInDays": "30", "kmsKeyId": "arn:logs-key",
	})
	role := b.One(t, "aws:iam/role:Role", "database-monitoring")
	role.Expect(t, map[string]string{
		"name":             "task-tracker-db-monitoring",
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Sid":"Assume","Effect":"Allow","Principal":{"Service":["monitoring.rds.amazonaws.com"]},"Action":["sts:AssumeRole"],"Condition":{"ArnLike":{"aws:SourceArn":["arn:aws:rds:us-east-1:123456789012:db:task-tracker-*"]},"StringEquals":{"aws:SourceAccount":["123456789012"]}}}]}`,
	})
}

func TestApplicationSecretIsComposedFromTheStoredPassword(t *testing.T) {
	t.Parallel()
	b := setup(t, nil, infratest.Outputs(func(_, name string, _ resource.PropertyMap) resource.PropertyMap {
		if name != "database-app-password-version" {
			return nil
		}
		return resource.PropertyMap{"secretString": resource.NewProperty(`{"username":"tasktracker","password":"of-an-earlier-run"}`)}
	}))
	seed := b.One(t, versionType, "database-app-password-version")
	if got := seed.String("secretString"); got != `{"username":"tasktracker","password":"`+drawn+`"}` {
		t.Errorf("stored password: %s", got)
	}
	if diff := cmp.Diff([]string{"secretString"}, seed.IgnoreChange); diff != "" {
		t.Errorf("a new draw would replace the password (-want +got):\n%s", diff)
	}
	app := b.One(t, versionType, "database-app-version")
	var got AppLogin
	if err := json.Unmarshal([]byte(app.String("secretString")), &got); err != nil {
		t.Fatal(err)
	}
	want := AppLogin{Host: "database-instance-address", Port: "3306", Name: "tasktracker", Username: "tasktracker", Password: "of-an-earlier-run"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("application secret (-want +got):\n%s", diff)
	}
	if len(app.IgnoreChange) != 0 {
		t.Errorf("a new host would not reach the service: %q is ignored", app.IgnoreChange)
	}
	for _, v := range b.OfType(versionType) {
		if !v.Inputs["secretString"].IsSecret() && !v.Inputs["secretString"].IsOutput() {
			t.Errorf("%s: the value is not secret", v.Name)
		}
	}
	b.One(t, secretType, "database-app").Expect(t, map[string]string{
		"namePrefix": "task-tracker-db-app-", "kmsKeyId": "arn:key", "recoveryWindowInDays": "30", "name": "",
	})
}

func TestANewApplicationPasswordIsANewVersion(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) { a.Settings.AppPassword = 2 })
	b.One(t, versionType, "database-app-password-version-2")
	if n := len(b.OfType(secretType)); n != 2 {
		t.Errorf("%d secrets instead of 2", n)
	}
}

func TestGeneratedPasswordComesFromTheStoredSecret(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) { a.Settings.MasterPassword = Generated }, infratest.Outputs(func(_, name string, _ resource.PropertyMap) resource.PropertyMap {
		if name != "database-master-version" {
			return nil
		}
		return resource.PropertyMap{"secretString": resource.NewProperty(`{"username":"task_admin","password":"of-an-earlier-run"}`)}
	}))
	i := b.One(t, instanceType, "database-instance")
	i.Expect(t, map[string]string{"password": "of-an-earlier-run", "manageMasterUserPassword": "", "masterUserSecretKmsKeyId": ""})
	if !i.Inputs["password"].IsSecret() && !i.Inputs["password"].IsOutput() {
		t.Error("the password is not secret")
	}
	if got := b.outputs["master"]; got != "arn:aws:secretsmanager:us-east-1:123456789012:database-master-version" {
		t.Errorf("master secret: %v", got)
	}
}

func TestReplicas(t *testing.T) {
	t.Parallel()
	b := setup(t, func(a *Args) {
		a.Settings.MasterPassword, a.Settings.Replicas, a.Settings.ReplicaClass = Generated, 2, "db.t3.medium"
	})
	b.One(t, instanceType, "database-replica-2").Expect(t, map[string]string{
		"identifier": "task-tracker-db-replica-2", "replicateSourceDb": "task-tracker-db", "instanceClass": "db.t3.medium",
		"backupRetentionPeriod": "0", "skipFinalSnapshot": "true", "finalSnapshotIdentifier": "", "dbSubnetGroupName": "",
		"username": "", "password": "", "dbName": "", "kmsKeyId": "arn:key", "storageEncrypted": "true",
	})
	b.One(t, logGroupType, "database-replica-1-logs-slowquery")
	if diff := cmp.Diff([]string{"database-replica-1-address", "database-replica-2-address"}, b.outputs["replicas"]); diff != "" {
		t.Errorf("addresses (-want +got):\n%s", diff)
	}
}

func TestAPreviewShowsEveryResource(t *testing.T) {
	t.Parallel()
	edit := func(a *Args) { a.Settings.MasterPassword, a.Settings.Replicas = Generated, 1 }
	preview := setup(t, func(a *Args) { edit(a); infratest.Forget(a) }, infratest.Unknown(), infratest.Outputs(func(typ, _ string, _ resource.PropertyMap) resource.PropertyMap {
		if typ != instanceType {
			return nil
		}
		return resource.PropertyMap{"address": resource.NewProperty("known")} // the SDK's mocks take no secret that is not known
	}))
	if diff := cmp.Diff(setup(t, edit).Names(), preview.Names()); diff != "" {
		t.Errorf("resources (-update +preview):\n%s", diff)
	}
	preview.One(t, instanceType, "database-instance").Expect(t, map[string]string{"identifier": "task-tracker-db", "password": drawn})
}

func TestBackupsAreReplicatedToTheSecondRegion(t *testing.T) {
	t.Parallel()
	args := arguments(t)
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "recovery", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
		if err != nil {
			return err
		}
		args.Recovery = place.Recovery{Region: "us-west-2", Provider: provider, KeyArn: pulumi.String("arn:key-there")}
		_, err = New(ctx, "database", args)
		return err
	})
	one := r.One(t, "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication", "database-backup-replication")
	one.Expect(t, map[string]string{
		"sourceDbInstanceArn": "arn:aws:rds:us-east-1:123456789012:database-instance", "kmsKeyId": "arn:key-there", "retentionPeriod": "14",
	})
	if !strings.Contains(one.Provider, "::recovery::") {
		t.Errorf("it is made by provider %q", one.Provider)
	}
}
