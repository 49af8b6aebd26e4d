package service_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/service"
)

const (
	taskArn = "arn:aws:ecs:us-east-1:123456789012:task-definition/task-tracker:8"
	image   = "123456789012.dkr.ecr.us-east-1.amazonaws.com/task-tracker@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

// settings are the defaults of the struct tags.
func settings() service.Settings {
	return service.Settings{
		CPU: 256, MemoryMiB: 512, Architecture: "X86_64", ContainerInsights: "enabled",
		Capacity:        service.Capacity{OnDemandBase: 2, OnDemandWeight: 1},
		Scaling:         service.Scaling{Min: 2, Max: 4, CPUPercent: 70, MemoryPercent: 80, RequestsPerTarget: 6000, InMinutes: 5},
		Deployment:      service.Deployment{HealthGraceSeconds: 120, StopTimeoutSeconds: 60},
		BootstrapSecret: service.BootstrapGenerated, Signup: "invite", LogLevel: "info",
	}
}

func args(change ...func(*service.Args)) service.Args {
	text := func(s string) pulumi.StringInput { return pulumi.String(s) }
	secret := "arn:aws:secretsmanager:us-east-1:123456789012:secret:"
	a := service.Args{
		Scope: infratest.Scope(), Settings: settings(),
		Image: text(image), SubnetIds: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}), SecurityGroupId: text("sg-1"),
		TargetGroupArn: text("arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/tt/0123456789abcdef"),
		RequestLabel:   text("app/tt/fedcba9876543210/targetgroup/tt/0123456789abcdef"),
		RollbackAlarms: pulumi.ToStringArray([]string{"errors", "unhealthy"}), DrainingSeconds: 300,
		PublicURL: text("https://tasks.example.com"), TrustedProxies: []string{"10.0.1.0/24", "10.0.2.0/24"},
		LogGroupName: text("/ecs/task-tracker"), LogGroupArn: text("arn:aws:logs:us-east-1:123456789012:log-group:/ecs/task-tracker"),
		TopicArn: text("arn:aws:sns:us-east-1:123456789012:alerts"), KeyArn: text("arn:aws:kms:us-east-1:123456789012:key/1"),
		BucketName: text("task-tracker-app-data-123456789012"), BucketArn: text("arn:aws:s3:::task-tracker-app-data-123456789012"),
		Database: service.Database{
			AppSecretArn: text(secret + "app-AbCdEf"), AppSecretVersion: text("terraform-1"), MasterSecretArn: text(secret + "rds!db-1-AbCdEf"),
		},
	}
	for _, c := range change {
		c(&a)
	}
	return a
}

// outputs are what AWS answers that the recorder doesn't make up.
func outputs(typ, _ string, _ resource.PropertyMap) resource.PropertyMap {
	if typ == "aws:ecs/taskDefinition:TaskDefinition" {
		return resource.PropertyMap{"arn": resource.NewProperty(taskArn)}
	}
	return nil
}

// answers makes the service run a task definition. Nothing but that and a random password is asked for: a role that
// previews may read no secret.
func answers(running string) infratest.Option {
	return infratest.Calls(func(token string, args resource.PropertyMap) (resource.PropertyMap, error) {
		switch token {
		case "aws:ecs/getService:getService":
			return resource.PropertyMap{"taskDefinition": resource.NewProperty(running), "serviceName": args["serviceName"], "clusterArn": args["clusterArn"]}, nil
		case "aws:secretsmanager/getRandomPassword:getRandomPassword":
			return resource.PropertyMap{"randomPassword": resource.NewProperty("made-up-by-aws")}, nil
		}
		return nil, errors.New("nobody asks for " + token)
	})
}

// replica adds a read replica to what the database provides.
func replica(a *service.Args) {
	a.Database.Replicas, a.Database.ReplicaAddresses = 1, pulumi.ToStringArray([]string{"replica.example.com", "other.example.com"})
	a.Database.AppSecretValue = pulumi.ToSecret(pulumi.String(
		`{"host":"db","port":"3306","name":"tasktracker","username":"app","password":"p@ss/word"}`)).(pulumi.StringOutput)
}

func program(a service.Args, more ...func(*pulumi.Context, *service.Service)) func(*pulumi.Context) error {
	return func(ctx *pulumi.Context) error {
		s, err := service.New(ctx, "service", a)
		if err != nil {
			return err
		}
		for _, m := range more {
			m(ctx, s)
		}
		return nil
	}
}

func run(t *testing.T, a service.Args) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, program(a), infratest.Outputs(outputs), answers(taskArn))
}

func TestDocuments(t *testing.T) {
	t.Parallel()
	plain := run(t, args())
	full := run(t, args(func(a *service.Args) {
		a.Settings.Exec, a.Settings.CPU, a.Settings.MemoryMiB, a.Settings.Signup = true, 2048, 4096, "open"
		a.CorsOrigins = []string{"https://a.example.com", "https://b.example.com"}
		replica(a)
	}))
	for name, r := range map[string]*infratest.Recorder{"default": plain, "full": full} {
		infratest.Golden(t, "containers-"+name+".json", r.One(t, "aws:ecs/taskDefinition:TaskDefinition", "service-task").String("containerDefinitions"))
		for _, part := range []string{"task", "execution"} {
			infratest.Golden(t, part+"-policy-"+name+".json", r.One(t, "aws:iam/rolePolicy:RolePolicy", "service-"+part+"-policy").String("policy"))
		}
	}
	for _, part := range []string{"task", "execution"} {
		role := plain.One(t, "aws:iam/role:Role", "service-"+part+"-role")
		infratest.Golden(t, "assume.json", role.String("assumeRolePolicy"))
		if got, want := role.String("name"), "task-tracker-"+part; got != want {
			t.Errorf("the role's name is %q, want %q", got, want)
		}
	}
	infratest.Golden(t, "deployment-failed.json", plain.One(t, "aws:cloudwatch/eventRule:EventRule", "service-deployment-failed").String("eventPattern"))
}

func TestService(t *testing.T) {
	t.Parallel()
	r := run(t, args())
	s := r.One(t, "aws:ecs/service:Service", "service-service")
	for path, want := range map[string]string{
		"name": "task-tracker", "taskDefinition": taskArn, "desiredCount": "2", "forceNewDeployment": "true",
		"deploymentMinimumHealthyPercent": "100", "deploymentMaximumPercent": "200", "platformVersion": "LATEST",
		"deploymentCircuitBreaker.enable": "true", "deploymentCircuitBreaker.rollback": "true",
		"alarms.enable": "true", "alarms.rollback": "true", "alarms.alarmNames[1]": "unhealthy",
		"healthCheckGracePeriodSeconds": "120", "availabilityZoneRebalancing": "ENABLED", "enableExecuteCommand": "false",
		"waitForSteadyState": "true", "networkConfiguration.assignPublicIp": "false", "networkConfiguration.subnets[1]": "subnet-2",
		"networkConfiguration.securityGroups[0]": "sg-1", "loadBalancers[0].containerName": "serve", "loadBalancers[0].containerPort": "3000",
		"capacityProviderStrategies[0].capacityProvider": "FARGATE", "capacityProviderStrategies[0].base": "2",
		"capacityProviderStrategies[0].weight": "1", "capacityProviderStrategies[1].weight": "",
	} {
		if got := s.String(path); got != want {
			t.Errorf("service: %s is %q, want %q", path, got, want)
		}
	}
	if !slices.Contains(s.IgnoreChange, "desiredCount") {
		t.Errorf("the service ignores changes of %v, want desiredCount among them: scaling sets it", s.IgnoreChange)
	}
	for _, before := range []string{"service-task-policy", "service-execution-policy", "service-capacity", "service-bootstrap-value"} {
		if !s.WaitsFor(before) {
			t.Errorf("the service doesn't wait for %s, without which its tasks don't start", before)
		}
	}
	task := r.One(t, "aws:ecs/taskDefinition:TaskDefinition", "service-task")
	for path, want := range map[string]string{
		"family": "task-tracker", "cpu": "256", "memory": "512", "networkMode": "awsvpc", "requiresCompatibilities[0]": "FARGATE",
		"volumes[0].name": "tmp", "volumes[1].name": "", "runtimePlatform.cpuArchitecture": "X86_64",
	} {
		if got := task.String(path); got != want {
			t.Errorf("task definition: %s is %q, want %q", path, got, want)
		}
	}
	if task.String("taskRoleArn") == task.String("executionRoleArn") {
		t.Error("the application runs as the role that may read the secrets")
	}
	cluster := r.One(t, "aws:ecs/cluster:Cluster", "service-cluster")
	if got := cluster.String("name") + " " + cluster.String("settings[0].name") + " " + cluster.String("settings[0].value"); got != "task-tracker containerInsights enabled" {
		t.Errorf("the cluster is %q", got)
	}
}

func TestParents(t *testing.T) {
	t.Parallel()
	run(t, args()).ChildrenOf(t, service.Token, "service")
}

func TestSpotAndExec(t *testing.T) {
	t.Parallel()
	r := run(t, args(func(a *service.Args) {
		a.DrainingSeconds = 60
		a.Settings.Capacity = service.Capacity{OnDemandBase: 1, OnDemandWeight: 1, SpotWeight: 3}
		a.Settings.Exec = true
	}))
	s := r.One(t, "aws:ecs/service:Service", "service-service")
	c := r.One(t, "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "service-capacity")
	for _, got := range []string{
		s.String("capacityProviderStrategies[1].capacityProvider") + s.String("capacityProviderStrategies[1].weight"),
		c.String("defaultCapacityProviderStrategies[1].capacityProvider") + c.String("defaultCapacityProviderStrategies[1].weight"),
	} {
		if got != "FARGATE_SPOT3" {
			t.Errorf("the second share is %q, want FARGATE_SPOT3", got)
		}
	}
	if s.String("enableExecuteCommand") != "true" {
		t.Error("exec is on in the settings and off in the service")
	}
	cluster := r.One(t, "aws:ecs/cluster:Cluster", "service-cluster")
	if got := cluster.String("configuration.executeCommandConfiguration.logConfiguration.cloudWatchLogGroupName"); got != "/ecs/task-tracker" {
		t.Errorf("sessions are logged to %q", got)
	}
}

func TestScaling(t *testing.T) {
	t.Parallel()
	r := run(t, args(func(a *service.Args) {
		a.Settings.Scaling.Schedules = []service.Schedule{
			{Name: "night", When: "cron(0 20 * * ? *)", Timezone: "Europe/Berlin", Min: 1, Max: 2},
			{Name: "day", When: "cron(0 6 * * ? *)", Timezone: "Europe/Berlin", Min: 2, Max: 4},
		}
	}))
	target := r.One(t, "aws:appautoscaling/target:Target", "service-tasks")
	if got := target.String("resourceId") + " " + target.String("minCapacity") + " " + target.String("maxCapacity"); got != "service/task-tracker/task-tracker 2 4" {
		t.Errorf("the bounds are %q", got)
	}
	requests := r.One(t, "aws:appautoscaling/policy:Policy", "service-track-requests")
	for path, want := range map[string]string{
		"targetTrackingScalingPolicyConfiguration.targetValue":                                        "6000",
		"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.predefinedMetricType": "ALBRequestCountPerTarget",
		"targetTrackingScalingPolicyConfiguration.predefinedMetricSpecification.resourceLabel":        "app/tt/fedcba9876543210/targetgroup/tt/0123456789abcdef",
	} {
		if got := requests.String(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	out := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "service-out-requests")
	for path, want := range map[string]string{
		"period": "60", "evaluationPeriods": "1", "threshold": "6000", "statistic": "Sum",
		"dimensions.LoadBalancer": "app/tt/fedcba9876543210", "dimensions.TargetGroup": "targetgroup/tt/0123456789abcdef",
		"alarmActions[0]": "arn:aws:appautoscaling/policy:Policy:us-east-1:123456789012:service-step-out-requests",
	} {
		if got := out.String(path); got != want && path != "alarmActions[0]" {
			t.Errorf("out by requests: %s is %q, want %q", path, got, want)
		}
	}
	if !strings.HasSuffix(out.String("alarmActions[0]"), ":service-step-out-requests") {
		t.Errorf("the alarm of requests does %q", out.String("alarmActions[0]"))
	}
	steps := r.One(t, "aws:appautoscaling/policy:Policy", "service-step-out-cpu")
	var got []string
	for _, path := range []string{
		"stepAdjustments[0].metricIntervalLowerBound", "stepAdjustments[0].metricIntervalUpperBound", "stepAdjustments[0].scalingAdjustment",
		"stepAdjustments[1].metricIntervalLowerBound", "stepAdjustments[1].metricIntervalUpperBound", "stepAdjustments[1].scalingAdjustment", "cooldown",
	} {
		got = append(got, steps.String("stepScalingPolicyConfiguration."+path))
	}
	if diff := cmp.Diff([]string{"0", "15", "1", "15", "", "2", "60"}, got); diff != "" {
		t.Errorf("steps out by CPU (-want +got):\n%s", diff)
	}
	in := r.One(t, "aws:cloudwatch/metricAlarm:MetricAlarm", "service-in")
	if got, want := in.String("metricQueries[0].expression"), "IF(cpu < 35 AND memory < 60 AND FILL(requests, 0) < 3000, 1, 0)"; got != want {
		t.Errorf("tasks are idle where %s, want %s", got, want)
	}
	if got := in.String("evaluationPeriods"); got != "5" {
		t.Errorf("a task goes after %s minutes, want 5", got)
	}
	night := r.One(t, "aws:appautoscaling/scheduledAction:ScheduledAction", "service-at-night")
	if got := night.String("schedule") + night.String("timezone") + night.String("scalableTargetAction.minCapacity"); got != "cron(0 20 * * ? *)Europe/Berlin1" {
		t.Errorf("the night is %q", got)
	}
}
