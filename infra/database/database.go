package database

import (
	"errors"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:database:Database"

// What every generation has, since changing it would replace an instance.
const (
	DatabaseName = "tasktracker"
	AppUser      = "tasktracker"
	MasterUser   = "task_admin" // 16 characters at most, and none of the names that attackers try first
	Port         = 3306
)

// Args are the settings and what other components provide.
type Args struct {
	place.Scope
	Settings        Settings
	SubnetIds       pulumi.StringArrayInput // of the data tier, in two zones or more
	SecurityGroupId pulumi.StringInput
	KeyArn          pulumi.StringInput // encrypts storage, snapshots and secrets
	LogsKeyArn      pulumi.StringInput // encrypts log groups
	TopicArn        pulumi.StringInput // gets the events
	Recovery        place.Recovery
}

// Validate returns all that is wrong with the settings and all that is missing, with paths from "database" on.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("database")
	a.Settings.Validate(f)
	for _, one := range []struct {
		path    string
		missing bool
	}{
		{"subnetIds", a.SubnetIds == nil},
		{"securityGroupId", a.SecurityGroupId == nil},
		{"keyArn", a.KeyArn == nil},
		{"logsKeyArn", a.LogsKeyArn == nil},
		{"topicArn", a.TopicArn == nil},
	} {
		f.Require(!one.missing, one.path, "is missing; pass the output of the component that makes it")
	}
	if a.Recovery.Set() && a.Settings.Recovery.ReplicateBackups {
		f.Require(a.Recovery.Provider != nil && a.Recovery.KeyArn != nil, "recovery",
			"region %s has no provider or no key; pass both, or set recovery.replicateBackups to false", a.Recovery.Region)
		f.Require(a.Recovery.Region != a.Region, "recovery", "region %s is the stack's own, and backups are replicated to another; set another recoveryRegion", a.Region)
		f.Require(a.Settings.RetentionDays > 0, "retentionDays",
			"0 with backups replicated to %s, which need automated backups; set 1 or more, or recovery.replicateBackups to false", a.Recovery.Region)
	}
	return all.Err()
}

// Database is the platform's MySQL. Unless said otherwise its outputs are those of the serving generation.
type Database struct {
	pulumi.ResourceState

	Address    pulumi.StringOutput // host, without port
	Port       pulumi.IntOutput
	Name       pulumi.StringOutput // of the schema
	Identifier pulumi.StringOutput
	Arn        pulumi.StringOutput

	MasterSecretArn  pulumi.StringOutput // JSON {username, password}
	AppSecretArn     pulumi.StringOutput // JSON {host, port, name, username, password}
	AppSecretVersion pulumi.StringOutput // id of the version that names the serving instance
	AppSecretValue   pulumi.StringOutput // that version's JSON, secret; for whoever must compose from it without reading it from AWS

	Identifiers        pulumi.StringArrayOutput // of all generations that are kept, oldest first
	Arns               pulumi.StringArrayOutput // likewise
	ReplicaAddresses   pulumi.StringArrayOutput
	ReplicaIdentifiers pulumi.StringArray
	Replicas           int

	SubnetGroupName    pulumi.StringOutput
	ParameterGroupName pulumi.StringOutput
}

// generation is one instance and where its master's password is kept.
type generation struct {
	number       int
	instance     *rds.Instance
	masterSecret pulumi.StringOutput
}

// builder holds what the parts share while they are made.
type builder struct {
	ctx        *pulumi.Context
	name       string
	args       Args
	parent     pulumi.ResourceOrInvokeOption
	subnets    *rds.SubnetGroup
	parameters *rds.ParameterGroup
	monitoring *monitoring // nil where it is off
}

// New makes the database. Errors name the part that failed.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Database, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Database{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	b := &builder{ctx: ctx, name: name, args: args, parent: pulumi.Parent(c)}
	if err := b.groups(); err != nil {
		return nil, err
	}
	var kept []generation
	for n := args.Settings.Oldest; n <= args.Settings.Generation; n++ {
		g, err := b.generation(n)
		if err != nil {
			return nil, fmt.Errorf("database: generation %d: %w", n, err)
		}
		kept = append(kept, g)
	}
	serving := kept[args.Settings.ServingGeneration()-args.Settings.Oldest]
	replicas, err := b.replicas(serving)
	if err != nil {
		return nil, fmt.Errorf("database: replicas: %w", err)
	}
	app, err := b.appSecret(serving)
	if err != nil {
		return nil, fmt.Errorf("database: application secret: %w", err)
	}
	if err := b.events(kept, replicas); err != nil {
		return nil, fmt.Errorf("database: events: %w", err)
	}
	if err := b.replicateBackups(kept); err != nil {
		return nil, fmt.Errorf("database: replicated backups: %w", err)
	}
	c.fill(serving, kept, replicas)
	c.AppSecretArn, c.AppSecretVersion = app.Arn, app.VersionId
	c.AppSecretValue = stored(app)
	c.SubnetGroupName, c.ParameterGroupName = b.subnets.Name, b.parameters.Name
	return c, c.register(ctx)
}

func (c *Database) fill(serving generation, kept []generation, replicas []*rds.Instance) {
	i := serving.instance
	c.Address, c.Port, c.Identifier, c.Arn = i.Address, i.Port, i.Identifier, i.Arn
	c.Name = pulumi.String(DatabaseName).ToStringOutput()
	c.MasterSecretArn = serving.masterSecret
	ids, arns, replicaAddresses, replicaIds := pulumi.StringArray{}, pulumi.StringArray{}, pulumi.StringArray{}, pulumi.StringArray{}
	for _, g := range kept {
		ids, arns = append(ids, g.instance.Identifier), append(arns, g.instance.Arn)
	}
	for _, r := range replicas {
		replicaAddresses, replicaIds = append(replicaAddresses, r.Address), append(replicaIds, r.Identifier)
	}
	c.Identifiers, c.Arns = ids.ToStringArrayOutput(), arns.ToStringArrayOutput()
	c.ReplicaAddresses, c.ReplicaIdentifiers = replicaAddresses.ToStringArrayOutput(), replicaIds
	c.Replicas = len(replicas)
}

func (c *Database) register(ctx *pulumi.Context) error {
	return ctx.RegisterResourceOutputs(c, pulumi.Map{
		"address": c.Address, "port": c.Port, "name": c.Name, "identifier": c.Identifier, "arn": c.Arn,
		"masterSecretArn": c.MasterSecretArn, "appSecretArn": c.AppSecretArn, "appSecretVersion": c.AppSecretVersion,
		"identifiers": c.Identifiers, "arns": c.Arns,
		"replicaAddresses": c.ReplicaAddresses, "replicaIdentifiers": c.ReplicaIdentifiers, "replicas": pulumi.Int(c.Replicas),
		"subnetGroupName": c.SubnetGroupName, "parameterGroupName": c.ParameterGroupName,
	})
}

// groups makes what all generations share.
func (b *builder) groups() error {
	var err error
	b.subnets, err = rds.NewSubnetGroup(b.ctx, b.name+"-subnets", &rds.SubnetGroupArgs{
		Description: pulumi.String("Data subnets of " + b.args.NamePrefix),
		SubnetIds:   b.args.SubnetIds,
	}, b.parent)
	if err != nil {
		return fmt.Errorf("database: subnet group: %w", err)
	}
	b.parameters, err = rds.NewParameterGroup(b.ctx, b.name+"-parameters", &rds.ParameterGroupArgs{
		Description: pulumi.String("TLS only, durable commits, slow log"), // a change would replace the group
		Family:      pulumi.String("mysql" + b.args.Settings.EngineVersion[:3]),
		Parameters:  parameters(b.args.Settings),
	}, b.parent)
	if err != nil {
		return fmt.Errorf("database: parameter group: %w", err)
	}
	if b.args.Settings.MonitoringSeconds > 0 {
		if b.monitoring, err = b.newMonitoring(); err != nil {
			return fmt.Errorf("database: monitoring: %w", err)
		}
	}
	return nil
}

// parameters differ from MySQL's defaults, or state a default that durability and safety rest on.
func parameters(s Settings) rds.ParameterGroupParameterArray {
	var out rds.ParameterGroupParameterArray
	for _, p := range []struct{ name, value, method string }{
		{"binlog_format", "ROW", "immediate"},
		{"character_set_server", "utf8mb4", "immediate"},
		{"collation_server", "utf8mb4_0900_ai_ci", "immediate"},
		{"innodb_flush_log_at_trx_commit", "1", "immediate"},
		{"innodb_print_all_deadlocks", "1", "immediate"},
		{"log_output", "FILE", "immediate"}, // CloudWatch reads files, not tables
		{"long_query_time", fmt.Sprintf("%g", s.SlowQuerySeconds), "immediate"},
		{"require_secure_transport", "1", "immediate"},
		{"slow_query_log", "1", "immediate"},
		{"sync_binlog", "1", "immediate"},
		{"time_zone", "UTC", "immediate"},
	} {
		out = append(out, rds.ParameterGroupParameterArgs{
			Name: pulumi.String(p.name), Value: pulumi.String(p.value), ApplyMethod: pulumi.String(p.method),
		})
	}
	return out
}

var errNoVersion = errors.New("the secret has no stored value")
