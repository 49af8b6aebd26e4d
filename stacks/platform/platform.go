package platform

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/audit"
	"github.com/task-tracker/task-tracker/infra/backup"
	"github.com/task-tracker/task-tracker/infra/cost"
	"github.com/task-tracker/task-tracker/infra/database"
	"github.com/task-tracker/task-tracker/infra/edge"
	"github.com/task-tracker/task-tracker/infra/foundation"
	"github.com/task-tracker/task-tracker/infra/image"
	"github.com/task-tracker/task-tracker/infra/network"
	"github.com/task-tracker/task-tracker/infra/observability"
	"github.com/task-tracker/task-tracker/infra/place"
	"github.com/task-tracker/task-tracker/infra/service"
	"github.com/task-tracker/task-tracker/infra/storage"
	"github.com/task-tracker/task-tracker/stacks/internal/strict"
)

// Deploy is the program. It fails before any resource is registered where a setting is wrong.
func Deploy(ctx *pulumi.Context) error {
	if err := loose(os.Getenv("PULUMI_CONFIG")); err != nil {
		return err
	}
	c, err := Read(config.Get(ctx, "task-tracker:platform"))
	if err != nil {
		return err
	}
	if c.Production && c.Edge.Domain == "" {
		const plain = "task-tracker:platform.edge.domain is empty in a production stack: passwords and tokens would travel as plain text; set the service's name"
		if err := ctx.Log.Warn(plain, nil); err != nil {
			return fmt.Errorf("a warning could not be said: %w", err)
		}
	}
	return deploy(ctx, c)
}

// loose finds keys that no program reads in the configuration as the engine's language host hands it over, a JSON object of
// texts; "" where the program runs in process.
func loose(all string) error {
	if all == "" {
		return nil
	}
	var keys map[string]string
	if err := json.Unmarshal([]byte(all), &keys); err != nil {
		return fmt.Errorf("the engine's configuration is no JSON object of texts: %w", err)
	}
	return strict.Loose(slices.Collect(maps.Keys(keys)), "task-tracker", "platform")
}

// platform carries what the components share, and the components as they come.
type platform struct {
	config   Config
	scope    place.Scope
	recovery place.Recovery
	home     pulumi.ResourceOption // the provider of the stack's region

	foundation *foundation.Foundation
	network    *network.Network
	storage    *storage.Storage
	database   *database.Database
	image      *image.Image
	edge       *edge.Edge
	service    *service.Service
}

// deploy wires the components in the order in which they need each other: keys and logs, network, data, edge, service,
// then what watches over them.
func deploy(ctx *pulumi.Context, c Config) error {
	p := &platform{config: c}
	for _, step := range []func(*pulumi.Context) error{
		p.providers, p.base, p.data, p.serve, p.watch,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	p.export(ctx)
	return nil
}

// providers makes a provider for each region, so that nothing depends on what the environment is set to.
func (p *platform) providers(ctx *pulumi.Context) error {
	provider := func(name, region string) (*aws.Provider, error) {
		args := &aws.ProviderArgs{
			Region:      pulumi.String(region),
			DefaultTags: aws.ProviderDefaultTagsArgs{Tags: pulumi.ToStringMap(p.config.tags())},
		}
		if p.config.Account != "" {
			args.AllowedAccountIds = pulumi.ToStringArray([]string{p.config.Account})
		}
		return aws.NewProvider(ctx, name, args)
	}
	home, err := provider("aws", p.config.Region)
	if err != nil {
		return fmt.Errorf("provider of %s: %w", p.config.Region, err)
	}
	p.home = pulumi.Providers(home)
	caller, err := aws.GetCallerIdentity(ctx, &aws.GetCallerIdentityArgs{}, pulumi.Provider(home))
	if err != nil {
		return fmt.Errorf("the AWS account cannot be asked for its number; are there credentials? %w", err)
	}
	p.scope = p.config.scope(caller.AccountId)
	if region := p.config.RecoveryRegion; region != "" {
		second, err := provider("aws-recovery", region)
		if err != nil {
			return fmt.Errorf("provider of %s: %w", region, err)
		}
		p.recovery = place.Recovery{Region: region, Provider: second}
	}
	return nil
}

// base is what all others stand on.
func (p *platform) base(ctx *pulumi.Context) (err error) {
	p.foundation, err = foundation.New(ctx, "foundation", foundation.Args{
		Scope: p.scope, Settings: p.config.Foundation, Recovery: p.recovery,
	}, p.home)
	if err != nil {
		return err
	}
	if p.recovery.Set() {
		p.recovery.KeyArn = p.foundation.RecoveryKeyArn
	}
	p.network, err = network.New(ctx, "network", network.Args{
		Scope: p.scope, Settings: p.config.Network, FlowLogGroupArn: p.foundation.FlowLogGroup.Arn,
	}, p.home)
	return err
}

// data is what must not be lost.
func (p *platform) data(ctx *pulumi.Context) (err error) {
	p.storage, err = storage.New(ctx, "storage", storage.Args{
		Scope: p.scope, Settings: p.config.Storage, Recovery: p.recovery,
		KeyArn: p.foundation.DataKeyArn, LogBucketName: p.foundation.LogBucketName, CorsOrigins: p.config.CorsOrigins,
	}, p.home)
	if err != nil {
		return err
	}
	p.database, err = database.New(ctx, "database", database.Args{
		Scope: p.scope, Settings: p.config.Database, Recovery: p.recovery,
		SubnetIds: p.network.DataSubnetIds, SecurityGroupId: p.network.DatabaseSecurityGroupId,
		KeyArn: p.foundation.DataKeyArn, LogsKeyArn: p.foundation.LogsKeyArn, TopicArn: p.foundation.TopicArn,
	}, p.home)
	return err
}

// serve is what clients reach.
func (p *platform) serve(ctx *pulumi.Context) (err error) {
	root, err := repository()
	if err != nil {
		return err
	}
	p.image, err = image.New(ctx, "image", image.Args{
		Scope: p.scope, Settings: p.config.Image, KeyArn: p.foundation.DataKeyArn,
		Context: root,
	}, p.home)
	if err != nil {
		return err
	}
	p.edge, err = edge.New(ctx, "edge", edge.Args{
		Scope: p.scope, Settings: p.config.Edge,
		VpcId: p.network.VpcId, SubnetIds: p.network.PublicSubnetIds, SecurityGroupId: p.network.LoadBalancerSecurityGroupId,
		LogBucketName: p.foundation.LogBucketName, WafLogGroupArn: p.foundation.WafLogGroup.Arn, TopicArn: p.foundation.TopicArn,
	}, p.home)
	if err != nil {
		return err
	}
	p.service, err = service.New(ctx, "service", service.Args{
		Scope: p.scope, Settings: p.config.Service, Image: p.image.Ref,
		SubnetIds: p.network.PrivateSubnetIds, SecurityGroupId: p.network.TaskSecurityGroupId,
		TargetGroupArn: p.edge.TargetGroupArn,
		RequestLabel:   pulumi.Sprintf("%s/%s", p.edge.LoadBalancerArnSuffix, p.edge.TargetGroupArnSuffix),
		LogGroupName:   p.foundation.AppLogGroup.Name, LogGroupArn: p.foundation.AppLogGroup.Arn,
		Database: service.Database{
			AppSecretArn: p.database.AppSecretArn, AppSecretVersion: p.database.AppSecretVersion,
			AppSecretValue: p.database.AppSecretValue, MasterSecretArn: p.database.MasterSecretArn,
			ReplicaAddresses: p.database.ReplicaAddresses, Replicas: p.database.Replicas,
		},
		KeyArn:     p.foundation.DataKeyArn,
		BucketName: p.storage.BucketName, BucketArn: p.storage.BucketArn,
		PublicURL: p.edge.URL, TopicArn: p.foundation.TopicArn, RollbackAlarms: p.edge.RollbackAlarms,
		DrainingSeconds: p.config.Edge.DrainingSeconds,
		TrustedProxies:  p.config.Network.PublicCidrs, CorsOrigins: p.config.CorsOrigins,
	}, p.home)
	return err
}

// watch is what observes, records, copies and pays.
func (p *platform) watch(ctx *pulumi.Context) error {
	if _, err := observability.New(ctx, "observability", observability.Args{
		Scope: p.scope, Settings: p.config.Observability, TopicArn: p.foundation.TopicArn,
		LoadBalancerArnSuffix: p.edge.LoadBalancerArnSuffix, TargetGroupArnSuffix: p.edge.TargetGroupArnSuffix,
		ClusterName: p.service.ClusterName, ServiceName: p.service.ServiceName, DesiredCount: p.config.Service.Scaling.Min,
		DatabaseIdentifier: p.database.Identifier, ReplicaIdentifiers: p.database.ReplicaIdentifiers,
		NatGatewayIds: p.network.NatGatewayIds,
		WafEnabled:    p.edge.WafEnabled, WebAclName: p.edge.WebAclName, LogGroupName: p.foundation.AppLogGroup.Name,
	}, p.home); err != nil {
		return err
	}
	if _, err := audit.New(ctx, "audit", audit.Args{
		Scope: p.scope, Settings: p.config.Audit, KeyArn: p.foundation.DataKeyArn, LogBucketName: p.foundation.LogBucketName,
		TrailLogGroupArn: p.foundation.TrailLogGroup.Arn, DataBucketArn: p.storage.BucketArn, TopicArn: p.foundation.TopicArn,
	}, p.home); err != nil {
		return err
	}
	if _, err := backup.New(ctx, "backup", backup.Args{
		Scope: p.scope, Settings: p.config.Backup, Recovery: p.recovery, KeyArn: p.foundation.DataKeyArn,
		TopicArn: p.foundation.TopicArn, DatabaseArns: p.database.Arns, BucketArn: p.storage.BucketArn,
		SubnetGroupName: p.database.SubnetGroupName, SecurityGroupId: p.network.DatabaseSecurityGroupId,
	}, p.home); err != nil {
		return err
	}
	gate, err := access.New(ctx, "access", access.Args{
		Scope: p.scope, Settings: p.config.Access, Environment: p.config.tags()["Environment"], VpcId: p.network.VpcId, PrivateSubnetIds: p.network.PrivateSubnetIds,
		DatabaseSecurityGroupId: p.network.DatabaseSecurityGroupId, EndpointSecurityGroupId: p.network.EndpointSecurityGroupId,
		VpcCidr: p.network.VpcCidr, InterfaceEndpoints: p.network.InterfaceEndpoints,
		DataBucketArn: p.storage.BucketArn, LogsKeyArn: p.foundation.LogsKeyArn,
	}, p.home)
	if err != nil {
		return err
	}
	ctx.Export("previewRoleArn", gate.PreviewRoleArn)
	ctx.Export("deployRoleArn", gate.DeployRoleArn)
	_, err = cost.New(ctx, "cost", cost.Args{Scope: p.scope, Settings: p.config.Cost, TopicArn: p.foundation.TopicArn}, p.home)
	return err
}

// repository returns the folder of the Dockerfile, relative to where the program runs: stacks/ or the repository itself.
func repository() (string, error) {
	for _, dir := range []string{".", "..", "../.."} {
		if _, err := os.Stat(filepath.Join(dir, "Dockerfile")); err == nil {
			return dir, nil
		}
	}
	return "", errors.New("the program found no Dockerfile in its folder or the two above it; run it in the repository")
}

// export names what people and pipelines ask a stack for.
func (p *platform) export(ctx *pulumi.Context) {
	ctx.Export("url", p.edge.URL)
	ctx.Export("loadBalancerDnsName", p.edge.DNSName)
	ctx.Export("image", p.image.Ref)
	ctx.Export("clusterName", p.service.ClusterName)
	ctx.Export("serviceName", p.service.ServiceName)
	ctx.Export("bootstrapSecretArn", p.service.BootstrapSecretArn)
	ctx.Export("databaseIdentifier", p.database.Identifier)
	ctx.Export("databaseAddress", p.database.Address)
	ctx.Export("bucketName", p.storage.BucketName)
	ctx.Export("alertTopicArn", p.foundation.TopicArn)
}
