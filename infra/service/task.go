package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// roles registers the role of the application and that of ECS.
func (b *build) roles(s *secrets) (task, execution *role, err error) {
	a := b.args
	taskPolicy := pulumi.StringMap{"bucket": a.BucketArn, "key": a.KeyArn, "log": a.LogGroupArn}.ToStringMapOutput().ApplyT(func(m map[string]string) string {
		return taskGrant{Scope: a.Scope, bucketArn: m["bucket"], keyArn: m["key"], logGroupArn: m["log"], exec: a.Settings.Exec}.document().JSON()
	}).(pulumi.StringOutput)
	if task, err = b.role("task", "What the application may do: its attachments.", taskPolicy); err != nil {
		return nil, nil, err
	}
	executionPolicy := pulumi.StringMap{
		"image": a.Image, "log": a.LogGroupArn, "key": a.KeyArn,
		"app": a.Database.AppSecretArn, "master": a.Database.MasterSecretArn, "bootstrap": s.bootstrap, "replica": s.replica,
	}.ToStringMapOutput().ApplyT(func(m map[string]string) string {
		g := executionGrant{Scope: a.Scope, image: m["image"], logGroupArn: m["log"], keyArn: m["key"]}
		for _, key := range []string{"app", "master", "bootstrap", "replica"} {
			if m[key] != "" && !slices.Contains(g.secrets, m[key]) {
				g.secrets = append(g.secrets, m[key])
			}
		}
		return g.document().JSON()
	}).(pulumi.StringOutput)
	execution, err = b.role("execution", "What ECS needs to start a task: its image, secrets and log.", executionPolicy)
	return task, execution, err
}

// taskDefinition registers the two containers.
func (b *build) taskDefinition(task, execution *role, s *secrets) (*ecs.TaskDefinition, error) {
	a := b.args
	containers := pulumi.StringMap{
		"image": a.Image, "log": a.LogGroupName, "bucket": a.BucketName, "url": a.PublicURL,
		"app": a.Database.AppSecretArn, "version": a.Database.AppSecretVersion, "master": a.Database.MasterSecretArn,
		"bootstrap": s.bootstrap, "replica": s.value,
	}.ToStringMapOutput().ApplyT(func(m map[string]string) (string, error) {
		return wired{
			image: m["image"], logGroup: m["log"], bucket: m["bucket"], publicURL: m["url"],
			appSecret: m["app"], appVersion: m["version"], masterSecret: m["master"],
			bootstrapSecret: m["bootstrap"], replicaSecret: m["replica"],
			region: a.Region, trustedProxies: a.TrustedProxies, corsOrigins: a.CorsOrigins, settings: a.Settings,
		}.containers()
	}).(pulumi.StringOutput)
	volumes := ecs.TaskDefinitionVolumeArray{}
	for _, v := range a.Settings.volumes() {
		volumes = append(volumes, ecs.TaskDefinitionVolumeArgs{Name: pulumi.String(v.name)})
	}
	definition, err := ecs.NewTaskDefinition(b.ctx, b.name+"-task", &ecs.TaskDefinitionArgs{
		Family:                  pulumi.String(a.NamePrefix),
		Cpu:                     pulumi.String(strconv.Itoa(a.Settings.CPU)),
		Memory:                  pulumi.String(strconv.Itoa(a.Settings.MemoryMiB)),
		NetworkMode:             pulumi.String("awsvpc"),
		RequiresCompatibilities: pulumi.ToStringArray([]string{"FARGATE"}),
		RuntimePlatform: ecs.TaskDefinitionRuntimePlatformArgs{
			CpuArchitecture: pulumi.String(a.Settings.Architecture), OperatingSystemFamily: pulumi.String("LINUX"),
		},
		TaskRoleArn:          task.Arn,
		ExecutionRoleArn:     execution.Arn,
		ContainerDefinitions: containers,
		Volumes:              volumes,
	}, b.child())
	if err != nil {
		return nil, fmt.Errorf("task definition: %w", err)
	}
	return definition, nil
}

// service registers the service, after all that its tasks need to start.
func (b *build) service(cluster *ecs.Cluster, definition *ecs.TaskDefinition, after []pulumi.Resource) (*ecs.Service, error) {
	a := b.args
	strategy := ecs.ServiceCapacityProviderStrategyArray{}
	for _, p := range a.Settings.Capacity.strategy() {
		strategy = append(strategy, ecs.ServiceCapacityProviderStrategyArgs{
			CapacityProvider: pulumi.String(p.provider), Base: pulumi.Int(p.base), Weight: pulumi.Int(p.weight),
		})
	}
	// Starting, being found healthy, and draining the old tasks, for a deployment and once more for its rollback.
	wait := fmt.Sprintf("%dm", 30+2*a.DrainingSeconds/60)
	s, err := ecs.NewService(b.ctx, b.name+"-service", &ecs.ServiceArgs{
		Name:                            pulumi.String(a.NamePrefix),
		Cluster:                         cluster.Arn,
		TaskDefinition:                  definition.Arn,
		DesiredCount:                    pulumi.Int(a.Settings.Scaling.Min),
		CapacityProviderStrategies:      strategy,
		ForceNewDeployment:              pulumi.Bool(true), // without it, another strategy would replace the service
		PlatformVersion:                 pulumi.String("LATEST"),
		SchedulingStrategy:              pulumi.String("REPLICA"),
		DeploymentMinimumHealthyPercent: pulumi.Int(100),
		DeploymentMaximumPercent:        pulumi.Int(200),
		DeploymentCircuitBreaker:        ecs.ServiceDeploymentCircuitBreakerArgs{Enable: pulumi.Bool(true), Rollback: pulumi.Bool(true)},
		Alarms:                          ecs.ServiceAlarmsArgs{AlarmNames: a.RollbackAlarms, Enable: pulumi.Bool(true), Rollback: pulumi.Bool(true)},
		HealthCheckGracePeriodSeconds:   pulumi.Int(a.Settings.Deployment.HealthGraceSeconds),
		AvailabilityZoneRebalancing:     pulumi.String("ENABLED"),
		EnableExecuteCommand:            pulumi.Bool(a.Settings.Exec),
		EnableEcsManagedTags:            pulumi.Bool(true),
		PropagateTags:                   pulumi.String("SERVICE"),
		WaitForSteadyState:              pulumi.Bool(true),
		LoadBalancers: ecs.ServiceLoadBalancerArray{ecs.ServiceLoadBalancerArgs{
			ContainerName: pulumi.String(serve), ContainerPort: pulumi.Int(Port), TargetGroupArn: a.TargetGroupArn.ToStringOutput().ToStringPtrOutput(),
		}},
		NetworkConfiguration: ecs.ServiceNetworkConfigurationArgs{
			AssignPublicIp: pulumi.Bool(false),
			SecurityGroups: pulumi.StringArray{a.SecurityGroupId},
			Subnets:        a.SubnetIds,
		},
	}, b.child(), pulumi.DependsOn(after), pulumi.IgnoreChanges([]string{"desiredCount"}),
		pulumi.Timeouts(&pulumi.CustomTimeouts{Create: wait, Update: wait, Delete: wait}))
	if err != nil {
		return nil, fmt.Errorf("service: %w", err)
	}
	return s, nil
}

// eventPattern is which events a rule is about.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs_service_deployment_events.html.
type eventPattern struct {
	Source     []string            `json:"source"`
	DetailType []string            `json:"detail-type"`
	Resources  []string            `json:"resources"`
	Detail     map[string][]string `json:"detail"`
}

// deploymentEvents tells the topic of deployments that fail.
func (b *build) deploymentEvents(s *ecs.Service) error {
	pattern := s.ID().ToStringOutput().ApplyT(func(arn string) (string, error) {
		text, err := json.Marshal(eventPattern{
			Source: []string{"aws.ecs"}, DetailType: []string{"ECS Deployment State Change"}, Resources: []string{arn},
			Detail: map[string][]string{"eventName": {"SERVICE_DEPLOYMENT_FAILED"}},
		})
		return string(text), err
	}).(pulumi.StringOutput)
	rule, err := cloudwatch.NewEventRule(b.ctx, b.name+"-deployment-failed", &cloudwatch.EventRuleArgs{
		Description:  pulumi.String("A deployment of the service failed and is rolled back."),
		EventPattern: pattern,
	}, b.child())
	if err != nil {
		return fmt.Errorf("deployment rule: %w", err)
	}
	if _, err := cloudwatch.NewEventTarget(b.ctx, b.name+"-deployment-failed-topic", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: b.args.TopicArn,
	}, b.child()); err != nil {
		return fmt.Errorf("deployment rule's target: %w", err)
	}
	return nil
}
