// Package observability watches the platform: alarms to the alert topic, one composite alarm that says that the service is
// down, a rule that reports a failover of the database, and a dashboard that shows the same numbers.
//
// Every alarm says what missing data means, and why, in alarms_*.go. The rule behind all of them: where silence is itself
// the fault (no target reports, no task reports, no replica reports), missing data is breaching; where a metric is only
// written when something goes wrong (5xx, blocked requests, errors of a gateway), it is not breaching; where a percentile
// or an average has nothing to be taken of, the alarm keeps its state.
package observability
