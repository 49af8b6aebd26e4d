package observability

import (
	"github.com/task-tracker/task-tracker/infra/fault"
)

// Settings are the thresholds of the alarms, and how long one must be crossed. An alarm looks at `periods` periods of
// `periodSeconds` each and goes off when `datapoints` of them cross its threshold.
type Settings struct {
	Requests  Requests  `json:"requests" doc:"Alarms on what clients see."`
	Hosts     Hosts     `json:"hosts" doc:"Alarms on the targets behind the load balancer."`
	Tasks     Tasks     `json:"tasks" doc:"Alarms on the tasks of the service."`
	Database  Database  `json:"database" doc:"Alarms on the database and its replicas."`
	Network   Network   `json:"network" doc:"Alarms on the firewall and the NAT gateways."`
	Dashboard Dashboard `json:"dashboard" doc:"The CloudWatch dashboard."`
}

// Requests are the thresholds on answers and their latency.
type Requests struct {
	PeriodSeconds     int     `json:"periodSeconds" default:"60" unit:"s" example:"300" doc:"Length of a period, a multiple of 60."`
	Periods           int     `json:"periods" default:"5" example:"3" doc:"How many periods an alarm looks at."`
	Datapoints        int     `json:"datapoints" default:"3" example:"3" doc:"How many of the periods must cross the threshold."`
	ErrorsPerPeriod   int     `json:"errorsPerPeriod" default:"10" example:"50" doc:"Answers with a 5xx status in a period, from the load balancer and the tasks together."`
	ErrorPercent      float64 `json:"errorPercent" default:"1" unit:"%" example:"0.5" doc:"Share of the answers that are 5xx."`
	OutagePercent     float64 `json:"outagePercent" default:"50" unit:"%" example:"25" doc:"Share of 5xx answers from which the service counts as down."`
	MinimumRequests   int     `json:"minimumRequests" default:"20" example:"100" doc:"Requests in a period below which a share of errors says nothing, and none is computed."`
	LatencyP95Seconds float64 `json:"latencyP95Seconds" default:"1" unit:"s" example:"0.5" doc:"Time within which 95 of 100 requests are answered by a task."`
}

// Hosts are the windows of the alarms on healthy and unhealthy targets.
type Hosts struct {
	PeriodSeconds    int `json:"periodSeconds" default:"60" unit:"s" example:"60" doc:"Length of a period, a multiple of 60."`
	NonePeriods      int `json:"nonePeriods" default:"2" example:"3" doc:"Periods in a row without any healthy target before the alarm."`
	UnhealthyPeriods int `json:"unhealthyPeriods" default:"5" example:"3" doc:"Periods in a row with an unhealthy target before the alarm. A replaced task takes up to two minutes."`
}

// Tasks are the thresholds on the service's tasks.
type Tasks struct {
	PeriodSeconds    int `json:"periodSeconds" default:"60" unit:"s" example:"60" doc:"Length of a period, a multiple of 60."`
	Periods          int `json:"periods" default:"10" example:"5" doc:"Periods in a row over the threshold before the alarm. Scaling out acts within two minutes and goes first."`
	CPUPercent       int `json:"cpuPercent" default:"85" unit:"%" example:"90" doc:"Average CPU of the service's tasks."`
	MemoryPercent    int `json:"memoryPercent" default:"90" unit:"%" example:"85" doc:"Average memory of the service's tasks."`
	TaskLossPercent  int `json:"taskLossPercent" default:"100" unit:"%" example:"90" doc:"CPU per remaining task, were one task lost now. Above 100 the others could not carry the load. 0 leaves the alarm out."`
	BelowWantedAfter int `json:"belowWantedAfter" default:"5" example:"10" doc:"Periods in a row with fewer running tasks than wanted before the alarm."`
}

// Database are the thresholds on the database.
type Database struct {
	PeriodSeconds     int `json:"periodSeconds" default:"60" unit:"s" example:"300" doc:"Length of a period, a multiple of 60."`
	Periods           int `json:"periods" default:"10" example:"5" doc:"Periods in a row over the threshold before the alarm."`
	CPUPercent        int `json:"cpuPercent" default:"80" unit:"%" example:"90" doc:"CPU of the instance."`
	FreeStorageGiB    int `json:"freeStorageGiB" default:"4" unit:"GiB" example:"10" doc:"Free storage below which the alarm goes off. Keep it above the tenth at which RDS grows the volume."`
	Connections       int `json:"connections" default:"68" example:"140" doc:"Open connections. A class of 1 GiB takes about 85, one of 2 GiB about 170."`
	ReplicaLagSeconds int `json:"replicaLagSeconds" default:"30" unit:"s" example:"60" doc:"How far a read replica may be behind. Stopped replication counts as a day."`
}

// Network are the thresholds on what stands between the service and the internet.
type Network struct {
	PeriodSeconds   int `json:"periodSeconds" default:"300" unit:"s" example:"60" doc:"Length of a period, a multiple of 60."`
	BlockedRequests int `json:"blockedRequests" default:"1000" example:"5000" doc:"Requests that the web firewall blocks in a period."`
	NatErrors       int `json:"natErrors" default:"0" example:"10" doc:"Connections in a period for which a NAT gateway had no port left; more are an alarm."`
	NatDrops        int `json:"natDrops" default:"100" example:"1000" doc:"Packets that a NAT gateway dropped in a period; more are an alarm."`
}

// Dashboard is whether there is a dashboard, and what it shows.
type Dashboard struct {
	Enabled bool `json:"enabled" default:"true" example:"false" doc:"Whether there is a dashboard. An account has three for free."`
}

// day is the longest time that an alarm with periods under an hour may look back, in seconds.
// Source: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
const day = 86_400

// Validate records what is wrong with the settings alone.
func (s Settings) Validate(f *fault.Set) {
	r := f.At("requests")
	window(r, s.Requests.PeriodSeconds, "periods", s.Requests.Periods)
	r.Within("datapoints", s.Requests.Datapoints, 1, max(1, s.Requests.Periods), "as many as there are periods")
	r.Within("errorsPerPeriod", s.Requests.ErrorsPerPeriod, 1, 1_000_000, "a count of answers")
	share(r, "errorPercent", s.Requests.ErrorPercent)
	share(r, "outagePercent", s.Requests.OutagePercent)
	r.Require(s.Requests.OutagePercent >= s.Requests.ErrorPercent, "outagePercent",
		"%g is below errorPercent %g, so that the service would be down before it had errors; set it to %g or more",
		s.Requests.OutagePercent, s.Requests.ErrorPercent, s.Requests.ErrorPercent)
	r.Within("minimumRequests", s.Requests.MinimumRequests, 1, 1_000_000, "a count of requests")
	r.Require(s.Requests.LatencyP95Seconds > 0 && s.Requests.LatencyP95Seconds <= 60, "latencyP95Seconds",
		"%g is not between 0 and 60, the load balancer's own timeout; set a time such as 0.5", s.Requests.LatencyP95Seconds)

	h := f.At("hosts")
	window(h, s.Hosts.PeriodSeconds, "nonePeriods", s.Hosts.NonePeriods)
	window(h, s.Hosts.PeriodSeconds, "unhealthyPeriods", s.Hosts.UnhealthyPeriods)

	t := f.At("tasks")
	window(t, s.Tasks.PeriodSeconds, "periods", s.Tasks.Periods)
	window(t, s.Tasks.PeriodSeconds, "belowWantedAfter", s.Tasks.BelowWantedAfter)
	t.Within("cpuPercent", s.Tasks.CPUPercent, 1, 100, "a share of the task's CPU")
	t.Within("memoryPercent", s.Tasks.MemoryPercent, 1, 100, "a share of the task's memory")
	t.Within("taskLossPercent", s.Tasks.TaskLossPercent, 0, 400, "a share of a task's CPU")

	d := f.At("database")
	window(d, s.Database.PeriodSeconds, "periods", s.Database.Periods)
	d.Within("cpuPercent", s.Database.CPUPercent, 1, 100, "a share of the instance's CPU")
	d.Within("freeStorageGiB", s.Database.FreeStorageGiB, 1, 65_536, "the storage of an RDS instance")
	d.Within("connections", s.Database.Connections, 1, 100_000, "the connections of a MySQL instance")
	d.Within("replicaLagSeconds", s.Database.ReplicaLagSeconds, 1, day, "a day")

	n := f.At("network")
	window(n, s.Network.PeriodSeconds, "", 1)
	n.Within("blockedRequests", s.Network.BlockedRequests, 1, 100_000_000, "a count of requests")
	n.Within("natErrors", s.Network.NatErrors, 0, 1_000_000, "a count of connections")
	n.Within("natDrops", s.Network.NatDrops, 0, 100_000_000, "a count of packets")
}

// window records a fault where the period is none that CloudWatch knows for these metrics, or where the alarm would look
// back for more than a day. The path of the number of periods is "" where the number is not a setting.
func window(f *fault.Set, seconds int, path string, periods int) {
	if !f.Require(seconds >= 60 && seconds <= 3600 && seconds%60 == 0, "periodSeconds",
		"%d is not a multiple of 60 between 60 and 3600, which these metrics are written at; set 60 or 300", seconds) || path == "" {
		return
	}
	f.Within(path, periods, 1, day/seconds, "since an alarm looks back a day at most")
}

func share(f *fault.Set, path string, percent float64) {
	f.Require(percent > 0 && percent <= 100, path, "%g is not a share above 0 and up to 100; set a percentage such as 1", percent)
}
