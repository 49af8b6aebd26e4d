package service

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:service:Service"

// Args is what the service runs with.
type Args struct {
	place.Scope
	Settings Settings

	Image           pulumi.StringInput      // by digest: repository@sha256:…
	SubnetIds       pulumi.StringArrayInput // private ones, in two zones
	SecurityGroupId pulumi.StringInput
	TargetGroupArn  pulumi.StringInput      // known once its listener exists
	RequestLabel    pulumi.StringInput      // app/{name}/{hex}/targetgroup/{name}/{hex}
	RollbackAlarms  pulumi.StringArrayInput // names
	DrainingSeconds int                     // of the target group
	PublicURL       pulumi.StringInput
	TrustedProxies  []string // CIDR blocks of the load balancer's subnets
	CorsOrigins     []string // of pages that call the API from a browser

	LogGroupName, LogGroupArn pulumi.StringInput
	TopicArn                  pulumi.StringInput // is told of failed deployments
	KeyArn                    pulumi.StringInput // of secrets and attachments
	BucketName, BucketArn     pulumi.StringInput
	Database                  Database
}

// Database is how the service reaches its database.
type Database struct {
	AppSecretArn     pulumi.StringInput      // JSON {host, port, name, username, password}
	AppSecretVersion pulumi.StringInput      // its version id
	AppSecretValue   pulumi.StringInput      // that version's JSON, secret; nil where Replicas is 0
	MasterSecretArn  pulumi.StringInput      // JSON {username, password}, for the migration alone
	ReplicaAddresses pulumi.StringArrayInput // nil where Replicas is 0
	Replicas         int                     // the application reads from the first
}

// Service is the cluster and the service in it.
type Service struct {
	pulumi.ResourceState

	ClusterName, ClusterArn pulumi.StringOutput
	ServiceName             pulumi.StringOutput
	TaskDefinitionArn       pulumi.StringOutput // fails where the service runs another one
	TaskRoleArn             pulumi.StringOutput
	ExecutionRoleArn        pulumi.StringOutput
	BootstrapSecretArn      pulumi.StringOutput // "" where there is none
}

// Validate returns all that is wrong with the settings and the wiring, a line each.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("service")
	a.Settings.Validate(f)
	for _, w := range []struct {
		path string
		ok   bool
		from string
	}{
		{"image", a.Image != nil, "image's Ref"},
		{"subnetIds", a.SubnetIds != nil, "network's PrivateSubnetIds"},
		{"securityGroupId", a.SecurityGroupId != nil, "network's TaskSecurityGroupId"},
		{"targetGroupArn", a.TargetGroupArn != nil, "edge's TargetGroupArn"},
		{"requestLabel", a.RequestLabel != nil, "edge's LoadBalancerArnSuffix/TargetGroupArnSuffix"},
		{"rollbackAlarms", a.RollbackAlarms != nil, "edge's RollbackAlarms"},
		{"publicURL", a.PublicURL != nil, "edge's URL"},
		{"trustedProxies", len(a.TrustedProxies) > 0, "the CIDR blocks of network's public subnets, or every client has the load balancer's address"},
		{"logGroupName", a.LogGroupName != nil, "foundation's AppLogGroup.Name"},
		{"logGroupArn", a.LogGroupArn != nil, "foundation's AppLogGroup.Arn"},
		{"topicArn", a.TopicArn != nil, "foundation's TopicArn"},
		{"keyArn", a.KeyArn != nil, "foundation's DataKeyArn"},
		{"bucketName", a.BucketName != nil, "storage's BucketName"},
		{"bucketArn", a.BucketArn != nil, "storage's BucketArn"},
		{"database.appSecretArn", a.Database.AppSecretArn != nil, "database's AppSecretArn"},
		{"database.appSecretVersion", a.Database.AppSecretVersion != nil, "database's AppSecretVersion"},
		{"database.masterSecretArn", a.Database.MasterSecretArn != nil, "database's MasterSecretArn"},
		{"database.appSecretValue", a.Database.Replicas == 0 || a.Database.AppSecretValue != nil, "database's AppSecretValue"},
		{"database.replicaAddresses", a.Database.Replicas == 0 || a.Database.ReplicaAddresses != nil, "database's ReplicaAddresses"},
	} {
		f.Require(w.ok, w.path, "is not wired; pass %s", w.from)
	}
	f.Require(a.NamePrefix != "" && a.Account != "" && a.Region != "" && a.Partition != "", "scope",
		"names no account, region or prefix of names; pass the stack's place.Scope")
	if m := secretARN.FindStringSubmatch(a.Settings.BootstrapSecret); m != nil {
		f.Require(m[2] == a.Region && m[3] == a.Account, "bootstrapSecret",
			"%q is in account %s, region %s, and tasks run in account %s, region %s; set a secret there, or %s",
			a.Settings.BootstrapSecret, m[3], m[2], a.Account, a.Region, BootstrapGenerated)
	}
	f.Require(a.Settings.Capacity.SpotWeight == 0 || a.DrainingSeconds < 120, "capacity.spotWeight",
		"%d puts tasks on Fargate Spot, which stops them after 120 s, while targets drain for %d s; set a draining delay below 120 s, or 0",
		a.Settings.Capacity.SpotWeight, a.DrainingSeconds)
	return all.Err()
}

// build is one call of New.
type build struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Service
}

func (b *build) child() pulumi.ResourceOption { return pulumi.Parent(b.parent) }

// New registers the cluster, the task definition, the service and its scaling. In an update it then asks which task
// definition runs; see the package's documentation.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Service, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Service{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	b := &build{ctx: ctx, name: name, args: args, parent: c}
	if err := b.all(); err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	if err := ctx.RegisterResourceOutputs(c, pulumi.Map{
		"clusterName": c.ClusterName, "clusterArn": c.ClusterArn, "serviceName": c.ServiceName,
		"taskDefinitionArn": c.TaskDefinitionArn, "taskRoleArn": c.TaskRoleArn, "executionRoleArn": c.ExecutionRoleArn,
		"bootstrapSecretArn": c.BootstrapSecretArn,
	}); err != nil {
		return nil, fmt.Errorf("service: outputs: %w", err)
	}
	return c, nil
}

// all registers everything and sets the component's outputs.
func (b *build) all() error {
	cluster, providers, err := b.cluster()
	if err != nil {
		return err
	}
	secrets, err := b.secrets()
	if err != nil {
		return err
	}
	task, execution, err := b.roles(secrets)
	if err != nil {
		return err
	}
	definition, err := b.taskDefinition(task, execution, secrets)
	if err != nil {
		return err
	}
	after := append([]pulumi.Resource{providers, task.policy, execution.policy}, secrets.versions...)
	running, err := b.service(cluster, definition, after)
	if err != nil {
		return err
	}
	if err := b.scaling(cluster, running); err != nil {
		return err
	}
	if err := b.deploymentEvents(running); err != nil {
		return err
	}
	c := b.parent
	c.ClusterName, c.ClusterArn, c.ServiceName = cluster.Name, cluster.Arn, running.Name
	c.TaskRoleArn, c.ExecutionRoleArn, c.BootstrapSecretArn = task.Arn, execution.Arn, secrets.bootstrap
	c.TaskDefinitionArn = b.checked(cluster, running, definition)
	return nil
}

// cluster registers the cluster and says which capacity it has.
func (b *build) cluster() (*ecs.Cluster, pulumi.Resource, error) {
	s := b.args.Settings
	args := &ecs.ClusterArgs{
		Name: pulumi.String(b.args.NamePrefix),
		Settings: ecs.ClusterSettingArray{
			ecs.ClusterSettingArgs{Name: pulumi.String("containerInsights"), Value: pulumi.String(s.ContainerInsights)},
		},
	}
	if s.Exec {
		args.Configuration = ecs.ClusterConfigurationArgs{ExecuteCommandConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationArgs{
			KmsKeyId: b.args.KeyArn,
			Logging:  pulumi.String("OVERRIDE"),
			LogConfiguration: ecs.ClusterConfigurationExecuteCommandConfigurationLogConfigurationArgs{
				CloudWatchEncryptionEnabled: pulumi.Bool(true),
				CloudWatchLogGroupName:      b.args.LogGroupName,
			},
		}}
	}
	cluster, err := ecs.NewCluster(b.ctx, b.name+"-cluster", args, b.child())
	if err != nil {
		return nil, nil, fmt.Errorf("cluster: %w", err)
	}
	strategy := ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArray{}
	for _, p := range s.Capacity.strategy() {
		strategy = append(strategy, ecs.ClusterCapacityProvidersDefaultCapacityProviderStrategyArgs{
			CapacityProvider: pulumi.String(p.provider), Base: pulumi.Int(p.base), Weight: pulumi.Int(p.weight),
		})
	}
	providers, err := ecs.NewClusterCapacityProviders(b.ctx, b.name+"-capacity", &ecs.ClusterCapacityProvidersArgs{
		ClusterName:                       cluster.Name,
		CapacityProviders:                 pulumi.ToStringArray([]string{"FARGATE", "FARGATE_SPOT"}),
		DefaultCapacityProviderStrategies: strategy,
	}, b.child())
	if err != nil {
		return nil, nil, fmt.Errorf("capacity providers: %w", err)
	}
	return cluster, providers, nil
}

// share is what of the tasks runs on a capacity provider.
type share struct {
	provider     string
	base, weight int
}

// strategy returns the shares of Fargate and, where it has any, of Fargate Spot.
func (c Capacity) strategy() []share {
	all := []share{{"FARGATE", c.OnDemandBase, c.OnDemandWeight}}
	if c.SpotWeight > 0 {
		all = append(all, share{"FARGATE_SPOT", 0, c.SpotWeight})
	}
	return all
}
