// Package telemetry sets up what an operator sees of the process: logs, metrics, and the share of the machine that the
// runtime takes. Nothing here is global: [NewLogger] and [NewRegistry] return what is handed on.
package telemetry
