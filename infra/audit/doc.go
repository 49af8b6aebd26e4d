// Package audit records who did what in the account, and looks for what should not be: CloudTrail with the objects of the
// application's bucket, GuardDuty, AWS Config, IAM Access Analyzer and Inspector. What they find goes to the alert topic.
//
// All but the trail are singletons of an account and region: two stacks can't both create them. So each is a mode: create
// (this stack owns it), existing (another stack or the organization does; here only its findings are reported) or off.
package audit
