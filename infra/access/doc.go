// Package access is how people and pipelines reach a stack without a long-lived key.
//
// GitHub Actions signs in through OpenID Connect: any pull request of the repository may take the preview role, which
// reads settings and no data, but the stack's own state where stateBucket and stateKeyArn let it decrypt that; jobs of one
// GitHub environment, whose approvals GitHub enforces, may take the deploy role. Trust pins the audience and the exact
// subject, so a fork, another branch or another repository gets nothing.
//
// The deploy role changes what the platform consists of, in its regions. It reads the secrets that it writes, and
// neither attachments nor the master password that RDS keeps.
// It can't change itself, the preview role or the identity provider: a person with administrator rights deploys those.
// It does create roles whose names start with the stack's prefix and hands them to services; who controls it therefore
// controls what those roles may do. Guard the GitHub environment with required reviewers.
//
// The deploy role of one environment leaves the others alone, though they share an account: what carries another value
// of the tag Environment is denied to it, and so are roles, buckets and secrets by name. That keeps a deployment from
// mistakes, and is no wall. AWS does not compare tags for Route 53, budgets, Cost Explorer and the settings of a whole
// account; a resource without the tag is open to all; and a role that a deployment creates has whatever policy the
// deployment writes. Where environments must not trust each other, give each an account. Bringing up production's data
// in another region, or another environment from production's snapshot, takes a person with administrator rights.
//
// A bastion and a client VPN reach the database's port and nothing else. The bastion has no inbound rule: its sessions
// come through Systems Manager, for example
//
//	aws ssm start-session --target i-… --document-name AWS-StartPortForwardingSessionToRemoteHost \
//	  --parameters host=…rds.amazonaws.com,portNumber=3306,localPortNumber=3306
package access
