// Package awssim is a stand-in for AWS behind the real Pulumi engine: previews, updates, refreshes, imports and failures
// with no account and no network.
//
// [Start] listens on local ports; the engine attaches to them where its environment holds what [Server.Env] returns. They
// answer for the `aws` provider, for the few `awsx` components that the platform uses, and for the image of `docker-build`
// that one of them makes. What is known of a type comes from two sources: the facts in facts/, which were taken from AWS's
// and the provider's own documents, and schema.json, which is generated from the provider's Go SDK.
//
// What a deleted object leaves behind (the name of a secret that can be restored, a database's last snapshot) is no object
// any more, and refuses its name to the next one: [Server.Leftovers]. What AWS chose per region stands in regions.go, which
// lists have no order in sets.go.
//
// A resource passes four gates, as it does at AWS: Check (names, types, required, enums, ranges, conflicts), Diff (what is
// updated and what is replaced), rules (what AWS refuses when it is asked) and injected faults. Ids, ARNs and passwords are
// made up from a seed, so that two runs give the same.
package awssim
