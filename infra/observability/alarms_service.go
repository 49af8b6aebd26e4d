package observability

import "fmt"

// failedShare is the share of answers that are 5xx, in percent; 0 where too few requests came in to say. The counts of
// errors are filled with 0, since AWS writes them only when there are any.
const failedShare = "IF(requests >= %d, 100 * (FILL(targets, 0) + FILL(balancer, 0)) / requests, 0)"

// requests are the alarms on what clients see. No traffic is no error: missing data does not breach.
func (w *watch) requests() {
	s := w.args.Settings.Requests
	errors := []input{
		{id: "targets", series: of(w.targets("HTTPCode_Target_5XX_Count", "Sum"))},
		{id: "balancer", series: of(w.loadBalancer("HTTPCode_ELB_5XX_Count", "Sum"))},
	}
	share := append(errors[:2:2], input{id: "requests", series: of(w.loadBalancer("RequestCount", "Sum"))},
		input{id: "share", label: "5xx answers, %", expression: fmt.Sprintf(failedShare, s.MinimumRequests)})
	crossed := func(threshold float64) condition {
		return condition{atLeast, threshold, s.PeriodSeconds, s.Periods, s.Datapoints, notBreaching}
	}
	w.over("5xx", "Answers with a 5xx status, from the tasks or from the load balancer itself. See infra/runbooks/bad-deploy.md.",
		append(errors[:2:2], input{id: "errors", label: "5xx answers", expression: "FILL(targets, 0) + FILL(balancer, 0)"}),
		crossed(float64(s.ErrorsPerPeriod)))
	w.over("error-rate", "Share of the answers that are 5xx. See infra/runbooks/bad-deploy.md.", share, crossed(s.ErrorPercent))
	w.outage = w.over("outage", "Most answers are 5xx: the service counts as down. See infra/runbooks/bad-deploy.md and infra/runbooks/database-failover.md.",
		share, crossed(s.OutagePercent))

	slow := crossed(s.LatencyP95Seconds)
	slow.compare, slow.missing = above, keepState // without requests there is no latency: neither good nor bad
	w.on("latency-p95", "One in twenty requests takes longer than this. Look at the database's CPU and slow log first.",
		w.targets("TargetResponseTime", "p95"), slow)
}

// hosts are the alarms on targets. The load balancer reports them every minute, so that silence means that there is no
// target, or no load balancer: breaching for the healthy ones. An unhealthy one that reports nothing is none.
func (w *watch) hosts() {
	s := w.args.Settings.Hosts
	w.none = w.on("no-healthy-host", "No task answers GET /health: the service is down. See infra/runbooks/task-loss.md and infra/runbooks/zone-loss.md.",
		w.targets("HealthyHostCount", "Maximum"), condition{below, 1, s.PeriodSeconds, s.NonePeriods, 0, breaching})
	w.on("unhealthy-host", "A task has failed its health check for longer than its replacement takes. See infra/runbooks/task-loss.md.",
		w.targets("UnHealthyHostCount", "Maximum"), condition{above, 0, s.PeriodSeconds, s.UnhealthyPeriods, 0, notBreaching})
}

// tasks are the alarms on the service's tasks.
func (w *watch) tasks() {
	s := w.args.Settings.Tasks
	busy := func(percent int) condition { // without tasks there is no load; that none runs is an alarm of its own
		return condition{above, float64(percent), s.PeriodSeconds, s.Periods, 0, keepState}
	}
	w.on("cpu", "The tasks' CPU stays high although the service may scale out: raise service.scaling.max or service.cpu.",
		w.service("AWS/ECS", "CPUUtilization", "Average"), busy(s.CPUPercent))
	w.on("memory", "The tasks' memory stays high: they are near being killed. Raise service.memoryMiB.",
		w.service("AWS/ECS", "MemoryUtilization", "Average"), busy(s.MemoryPercent))

	// Each task writes one value of its CPU a minute, so the number of values is the number of tasks. Held as a difference,
	// not as a quotient: with one task left the quotient would divide by zero.
	if s.TaskLossPercent > 0 && w.args.DesiredCount > 1 {
		w.over("task-loss-headroom", "Were a task lost now, the others could not carry its load. Scale out.", []input{
			{id: "cpu", series: of(w.service("AWS/ECS", "CPUUtilization", "Average"))},
			{id: "samples", series: of(w.service("AWS/ECS", "CPUUtilization", "SampleCount"))},
			{id: "excess", label: "CPU beyond the other tasks, % of one task", expression: fmt.Sprintf(
				"cpu * samples / %[1]d - %[2]d * (samples / %[1]d - 1)", s.PeriodSeconds/60, s.TaskLossPercent)},
		}, busy(0))
	}
	w.running()
}

// running is the alarm on fewer tasks than wanted. When no task runs nothing is written: missing data is breaching.
func (w *watch) running() {
	s := w.args.Settings.Tasks
	const part, description = "running-tasks", "Fewer tasks run than are wanted, for longer than a replacement takes. See infra/runbooks/task-loss.md."
	c := condition{above, 0, s.PeriodSeconds, s.BelowWantedAfter, 0, breaching}
	w.over(part, description, []input{
		{id: "wanted", series: of(w.service("ECS/ContainerInsights", "DesiredTaskCount", "Average"))},
		{id: "running", series: of(w.service("ECS/ContainerInsights", "RunningTaskCount", "Average"))},
		{id: "short", label: "tasks short", expression: "wanted - running"},
	}, c)
}
