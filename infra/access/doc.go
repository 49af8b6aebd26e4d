// Package access is how people and pipelines reach a stack without a long-lived key.
//
// GitHub Actions signs in through OpenID Connect: any pull request of the repository may take the preview role, which
// reads settings and no data, but the stack's own state where stateBucket and stateKeyArn let it decrypt that; jobs of one GitHub environment, whose approvals GitHub enforces, may take the deploy
// role. Trust pins the audience and the exact subject, so a fork, another branch or another repository gets nothing.
//
// The deploy role changes what the platform consists of, in its regions. It reads the secrets that it writes, and
// neither attachments nor the master password that RDS keeps.
// It can't change itself, the preview role or the identity provider: a person with administrator rights deploys those.
// It does create roles whose names start with the stack's prefix and hands them to services; who controls it therefore
// controls what those roles may do. Guard the GitHub environment with required reviewers.
//
// A bastion and a client VPN reach the database's port and nothing else. The bastion has no inbound rule: its sessions
// come through Systems Manager, for example
//
//	aws ssm start-session --target i-… --document-name AWS-StartPortForwardingSessionToRemoteHost \
//	  --parameters host=…rds.amazonaws.com,portNumber=3306,localPortNumber=3306
package access
