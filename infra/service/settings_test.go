package service_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/service"
)

func TestSettingsFaults(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		change func(*service.Settings)
		want   string
	}{
		{"defaults", func(*service.Settings) {}, ""},
		{"no such CPU", func(s *service.Settings) { s.CPU = 300 }, "cpu: 300 is no size of Fargate; set one of 256, 512, 1024, 2048, 4096, 8192, 16384"},
		{"smallest pair", func(s *service.Settings) { s.MemoryMiB = 1536 }, "memoryMiB: 1536 does not go with cpu: 256 on Fargate; set 512, 1024 or 2048, or another cpu"},
		{"pair", func(s *service.Settings) { s.CPU, s.MemoryMiB = 8192, 17408 }, "memoryMiB: 17408 does not go with cpu: 8192 on Fargate; set 16384 to 61440 by 4096, or another cpu"},
		{"largest pair", func(s *service.Settings) { s.CPU, s.MemoryMiB = 16384, 122880 }, ""},
		{"architecture", func(s *service.Settings) { s.Architecture = "arm64" }, `architecture: "arm64" is none of X86_64, ARM64; did you mean "ARM64"?`},
		{"insights", func(s *service.Settings) { s.ContainerInsights = "enhancd" }, `containerInsights: "enhancd" is none of enabled, enhanced; did you mean "enhanced"?`},
		{
			"nowhere to run", func(s *service.Settings) { s.Capacity = service.Capacity{OnDemandBase: 2} },
			"capacity.onDemandWeight: 0 with spotWeight: 0 leaves tasks beyond the base nowhere to run; set one of the two to 1 or more",
		},
		{"bounds", func(s *service.Settings) { s.Scaling.Max = 1 }, "scaling.max: 1 is below min: 2; set 2 or more, or a lower min"},
		{"no tasks", func(s *service.Settings) { s.Scaling.Min = 0 }, "scaling.min: 0 is below 1, the range that the platform takes; set 1 to 1000"},
		{"stop", func(s *service.Settings) { s.Deployment.StopTimeoutSeconds = 121 }, "deployment.stopTimeoutSeconds: 121 is above 120, for a task takes 35 s to drain, and Fargate allows 120 s; set 40 to 120"},
		{"grace", func(s *service.Settings) { s.Deployment.HealthGraceSeconds = 30 }, "deployment.healthGraceSeconds: 30 is below 60, for a task has to start and be checked twice; set 60 to 1800"},
		{
			"secret in plain text", func(s *service.Settings) { s.BootstrapSecret = "hunter2" },
			`bootstrapSecret: "hunter2" is neither generated nor none nor the ARN of a secret; set one of these, the ARN in full with its last 6 characters`,
		},
		{
			"schedules", func(s *service.Settings) {
				s.Scaling.Schedules = []service.Schedule{
					{Name: "night", When: "cron(0 20 * * ? *)", Timezone: "UTC", Min: 0, Max: 1},
					{Name: "night", When: "0 20 * * *", Timezone: "Berlin time", Min: 3, Max: 2},
				}
			}, strings.Join([]string{
				`scaling.schedules[1].name: "night" is the name of schedules[0] already; give each its own`,
				`scaling.schedules[1].when: "0 20 * * *" is no schedule; set cron(minute hour day month weekday year), rate(1 hour) or at(2030-01-31T20:00:00)`,
				`scaling.schedules[1].timezone: "Berlin time" is no IANA time zone; set one such as UTC or Europe/Berlin`,
				`scaling.schedules[1].max: 2 is below min: 3; set 3 or more, or a lower min`,
			}, "\n"),
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			s, f := settings(), fault.Set{}
			one.change(&s)
			s.Validate(&f)
			if diff := cmp.Diff(one.want, strings.Join(infratest.Lines(f.Err()), "\n")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

// The tests run with the defaults that the settings' documentation and decoder take from the struct tags.
func TestDefaults(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff(infratest.Defaults[service.Settings](t), settings()); diff != "" {
		t.Errorf("(-struct tags +tests):\n%s", diff)
	}
}

func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, program(service.Args{}),
		"service.image: is not wired; pass image's Ref", "service.database.masterSecretArn: is not wired",
		"service.trustedProxies: is not wired", "service.cpu: 0 is no size of Fargate", "service.scope: names no account",
	)
}

func TestWiringFaults(t *testing.T) {
	t.Parallel()
	for _, one := range []struct {
		name   string
		change func(*service.Args)
		want   string
	}{
		{"wired", func(*service.Args) {}, ""},
		{
			"Spot", func(a *service.Args) { a.Settings.Capacity.SpotWeight = 1 },
			"service.capacity.spotWeight: 1 puts tasks on Fargate Spot, which stops them after 120 s, while targets drain for 300 s; set a draining delay below 120 s, or 0",
		},
		{
			"secret elsewhere", func(a *service.Args) {
				a.Settings.BootstrapSecret = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:first-AbCdEf"
			},
			`service.bootstrapSecret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:first-AbCdEf" is in account 123456789012, region eu-west-1, ` +
				"and tasks run in account 123456789012, region us-east-1; set a secret there, or generated",
		},
		{
			"replicas", func(a *service.Args) { a.Database.Replicas = 1 },
			"service.database.appSecretValue: is not wired; pass database's AppSecretValue\n" +
				"service.database.replicaAddresses: is not wired; pass database's ReplicaAddresses",
		},
	} {
		t.Run(one.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(one.want, strings.Join(infratest.Lines(args(one.change).Validate()), "\n")); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestImageByTagIsRefused(t *testing.T) {
	t.Parallel()
	a := args(func(a *service.Args) { a.Image = pulumi.String("example.com/task-tracker:latest") })
	_, err := infratest.Try(program(a), infratest.Outputs(outputs), answers(taskArn))
	if err == nil || !strings.Contains(err.Error(), `the image "example.com/task-tracker:latest" is named by a tag`) {
		t.Errorf("the error is %v", err)
	}
}

func TestRequestLabelFault(t *testing.T) {
	t.Parallel()
	a := args(func(a *service.Args) { a.RequestLabel = pulumi.String("app/tt/1") })
	_, err := infratest.Try(program(a), infratest.Outputs(outputs), answers(taskArn))
	if err == nil || !strings.Contains(err.Error(), `the request label "app/tt/1" is not app/{name}/{id}/targetgroup/{name}/{id}`) {
		t.Errorf("the error is %v", err)
	}
}
