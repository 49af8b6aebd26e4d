package service

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// Values of [Settings.BootstrapSecret] that are not the ARN of a secret.
const (
	BootstrapGenerated = "generated"
	BootstrapNone      = "none"
)

// Settings is what a platform engineer decides about the service.
type Settings struct {
	CPU               int    `json:"cpu" default:"256" unit:"CPU units" example:"512" doc:"CPU of a task; 1024 units are one vCPU. Fargate has pairs of CPU and memory."`
	MemoryMiB         int    `json:"memoryMiB" default:"512" unit:"MiB" example:"1024" doc:"Memory of a task. Go's soft limit is set to 78 % of it."`
	Architecture      string `json:"architecture" default:"X86_64" enum:"X86_64,ARM64" doc:"Processor of a task. The image has to be built for it: linux/amd64 or linux/arm64."`
	ContainerInsights string `json:"containerInsights" default:"enabled" enum:"enabled,enhanced" doc:"What ECS reports to CloudWatch; the alarm on missing tasks needs it."`

	Capacity   Capacity   `json:"capacity" doc:"Fargate and Fargate Spot."`
	Scaling    Scaling    `json:"scaling" doc:"How many tasks run, and when that changes."`
	Deployment Deployment `json:"deployment" doc:"How tasks are replaced."`

	BootstrapSecret string `json:"bootstrapSecret" default:"generated" example:"arn:aws:secretsmanager:us-east-1:123456789012:secret:first-account-AbCdEf" doc:"The secret with which the first account is made: generated, the ARN of a secret that exists (16 characters or more), or none, which a public endpoint must not have."`
	Signup          string `json:"signup" default:"invite" enum:"invite,open" doc:"Who may sign up after the first account: whoever has an invitation, or everybody."`
	LogLevel        string `json:"logLevel" default:"info" enum:"debug,info,warn,error" doc:"What the application logs."`
	Exec            bool   `json:"exec" default:"false" doc:"Allow ECS Exec into running tasks. The image has no shell, just the tasktracker command; sessions are logged."`
}

// Capacity says on what tasks run.
type Capacity struct {
	OnDemandBase   int `json:"onDemandBase" default:"2" unit:"tasks" doc:"Tasks that always run on Fargate, before the weights count."`
	OnDemandWeight int `json:"onDemandWeight" default:"1" doc:"Share of the other tasks that run on Fargate."`
	SpotWeight     int `json:"spotWeight" default:"0" example:"3" doc:"Share of the other tasks that run on Fargate Spot. AWS may stop those with two minutes' notice, so edge's draining delay has to be below 120 s."`
}

// Scaling says how many tasks run.
type Scaling struct {
	Min               int        `json:"min" default:"2" unit:"tasks" doc:"Least number of tasks, and the number that a new service starts with."`
	Max               int        `json:"max" default:"4" unit:"tasks" doc:"Greatest number of tasks."`
	CPUPercent        int        `json:"cpuPercent" default:"70" unit:"%" doc:"CPU that scaling aims at."`
	MemoryPercent     int        `json:"memoryPercent" default:"80" unit:"%" doc:"Memory that scaling aims at."`
	RequestsPerTarget int        `json:"requestsPerTarget" default:"6000" unit:"requests a minute" doc:"Requests a minute and task that scaling aims at. A quarter of a vCPU serves about 14,800; this acts before the CPU does."`
	InMinutes         int        `json:"inMinutes" default:"5" unit:"min" doc:"How long tasks have to be idle before one of them goes, 5 to 10."`
	Schedules         []Schedule `json:"schedules" doc:"Other bounds at other times, such as nights and weekends. An update with --refresh sets min and max back until the next of them."`
}

// Schedule sets other bounds from a time on, until the next schedule.
type Schedule struct {
	Name     string `json:"name" example:"night" doc:"Lower-case letters, digits and hyphens; each name once."`
	When     string `json:"when" example:"cron(0 20 * * ? *)" doc:"cron(…), rate(…) or at(yyyy-mm-ddThh:mm:ss)."`
	Timezone string `json:"timezone" default:"UTC" example:"Europe/Berlin" doc:"IANA name of the time zone of cron and at."`
	Min      int    `json:"min" unit:"tasks" example:"1" doc:"Least number of tasks from then on."`
	Max      int    `json:"max" unit:"tasks" example:"2" doc:"Greatest number of tasks from then on."`
}

// Deployment says how tasks are replaced.
type Deployment struct {
	HealthGraceSeconds int `json:"healthGraceSeconds" default:"120" unit:"s" doc:"How long failed health checks of a new task don't count, 60 or more."`
	StopTimeoutSeconds int `json:"stopTimeoutSeconds" default:"60" unit:"s" doc:"How long a task has between SIGTERM and SIGKILL. It serves on for 10 s and drains for 25 s."`
}

// pairs is what Fargate runs: CPU units, and memory in MiB from, to, by.
// Source: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html#fargate-tasks-size.
var pairs = []struct{ cpu, from, to, by int }{
	{256, 512, 2048, 0},
	{512, 1024, 4096, 1024},
	{1024, 2048, 8192, 1024},
	{2048, 4096, 16384, 1024},
	{4096, 8192, 30720, 1024},
	{8192, 16384, 61440, 4096},
	{16384, 32768, 122880, 8192},
}

var (
	secretARN    = regexp.MustCompile(`^arn:(aws|aws-cn|aws-us-gov):secretsmanager:([a-z0-9-]+):(\d{12}):secret:[0-9A-Za-z/_+=.@-]+-[0-9A-Za-z]{6}$`)
	scheduleName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)
	scheduleWhen = regexp.MustCompile(`^(cron\(\S+( \S+){5}\)|rate\([1-9]\d* (minutes?|hours?|days?)\)|at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\))$`)
	timezone     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}$`)
)

// Validate records what is wrong with the settings, with paths relative to the component's.
func (s Settings) Validate(f *fault.Set) {
	s.validateSize(f)
	f.OneOf("architecture", s.Architecture, "X86_64", "ARM64")
	f.OneOf("containerInsights", s.ContainerInsights, "enabled", "enhanced")
	s.Capacity.validate(f.At("capacity"))
	s.Scaling.validate(f.At("scaling"))
	d := f.At("deployment")
	d.Within("healthGraceSeconds", s.Deployment.HealthGraceSeconds, 60, 1800, "for a task has to start and be checked twice")
	d.Within("stopTimeoutSeconds", s.Deployment.StopTimeoutSeconds, 40, 120, "for a task takes 35 s to drain, and Fargate allows 120 s")
	f.Require(s.BootstrapSecret == BootstrapGenerated || s.BootstrapSecret == BootstrapNone || secretARN.MatchString(s.BootstrapSecret),
		"bootstrapSecret", "%q is neither %s nor %s nor the ARN of a secret; set one of these, the ARN in full with its last 6 characters",
		s.BootstrapSecret, BootstrapGenerated, BootstrapNone)
	f.OneOf("signup", s.Signup, "invite", "open")
	f.OneOf("logLevel", s.LogLevel, "debug", "info", "warn", "error")
}

func (s Settings) validateSize(f *fault.Set) {
	var sizes []string
	for _, p := range pairs {
		sizes = append(sizes, fmt.Sprint(p.cpu))
		if p.cpu != s.CPU {
			continue
		}
		if p.by == 0 {
			f.Require(slices.Contains([]int{512, 1024, 2048}, s.MemoryMiB), "memoryMiB",
				"%d does not go with cpu: %d on Fargate; set 512, 1024 or 2048, or another cpu", s.MemoryMiB, s.CPU)
			return
		}
		f.Require(s.MemoryMiB >= p.from && s.MemoryMiB <= p.to && s.MemoryMiB%p.by == 0, "memoryMiB",
			"%d does not go with cpu: %d on Fargate; set %d to %d by %d, or another cpu", s.MemoryMiB, s.CPU, p.from, p.to, p.by)
		return
	}
	f.Add("cpu", "%d is no size of Fargate; set one of %s", s.CPU, strings.Join(sizes, ", "))
}

func (c Capacity) validate(f *fault.Set) {
	const limit = "the range that ECS takes"
	ok := f.Within("onDemandBase", c.OnDemandBase, 0, 100_000, limit)
	ok = f.Within("onDemandWeight", c.OnDemandWeight, 0, 1000, limit) && ok
	ok = f.Within("spotWeight", c.SpotWeight, 0, 1000, limit) && ok
	f.Require(!ok || c.OnDemandWeight+c.SpotWeight > 0, "onDemandWeight",
		"0 with spotWeight: 0 leaves tasks beyond the base nowhere to run; set one of the two to 1 or more")
}

func (s Scaling) validate(f *fault.Set) {
	bounds(f, s.Min, s.Max, 1)
	f.Within("cpuPercent", s.CPUPercent, 10, 90, "so that there is room to scale into")
	f.Within("memoryPercent", s.MemoryPercent, 20, 95, "so that there is room to scale into")
	f.Within("requestsPerTarget", s.RequestsPerTarget, 2, 10_000_000, "the platform's range")
	f.Within("inMinutes", s.InMinutes, 5, 10, "the platform's range")
	seen := map[string]int{}
	for i, one := range s.Schedules {
		at := f.At(fmt.Sprintf("schedules[%d]", i))
		at.Require(scheduleName.MatchString(one.Name), "name", "%q is no name of a schedule; set lower-case letters, digits and hyphens, a letter first, 31 at most", one.Name)
		if first, twice := seen[one.Name]; twice {
			at.Add("name", "%q is the name of schedules[%d] already; give each its own", one.Name, first)
		} else {
			seen[one.Name] = i
		}
		at.Require(scheduleWhen.MatchString(one.When), "when",
			"%q is no schedule; set cron(minute hour day month weekday year), rate(1 hour) or at(2030-01-31T20:00:00)", one.When)
		at.Require(timezone.MatchString(one.Timezone), "timezone", "%q is no IANA time zone; set one such as UTC or Europe/Berlin", one.Timezone)
		bounds(at, one.Min, one.Max, 0)
	}
}

// bounds checks a least and a greatest number of tasks.
func bounds(f *fault.Set, low, high, least int) {
	f.Within("min", low, least, 1000, "the range that the platform takes")
	if f.Within("max", high, 1, 1000, "the range that the platform takes") {
		f.Require(low <= high, "max", "%d is below min: %d; set %d or more, or a lower min", high, low, low)
	}
}
