// Package cost says when money goes where it was not meant to: a monthly budget with alerts, a monitor of anomalies, and the
// tags that bills are split by. The tags themselves come from the provider's default tags; here they are made known to
// billing.
package cost
