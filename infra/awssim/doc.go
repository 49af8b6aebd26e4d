// Package awssim is a stand-in for AWS behind the real Pulumi engine: previews, updates, refreshes, imports and failures
// with no account and no network.
//
// [Start] listens on a local port; the engine attaches to it where its environment holds what [Server.Env] returns. It
// answers for the `aws` provider and for the few `awsx` components that the platform uses. What it knows about a type
// comes from two sources: the facts in facts/, which were taken from AWS's and the provider's own documents, and
// schema.json, which is generated from the provider's Go SDK.
//
// A resource passes four gates, as it does at AWS: Check (names, types, required, enums, ranges, conflicts), Diff (what is
// updated and what is replaced), rules (what AWS refuses when it is asked) and injected faults. Ids, ARNs and passwords are
// made up from a seed, so that two runs give the same.
package awssim
