// Package network is the VPC of a stack: three tiers of subnets, the ways out of them, and what may flow between them.
//
//	tier     subnets                     way out                 what lives there
//	public   10.0.1.0/24, 10.0.2.0/24    internet gateway        load balancer, NAT gateways
//	private  10.0.10.0/24, 10.0.11.0/24  NAT, S3 gateway         tasks, interface endpoints, bastion
//	data     10.0.20.0/24, 10.0.21.0/24  none (local route)      database
//
// The flows, and no others: internet → load balancer 80 and 443; load balancer → task 3000; task → database 3306,
// → interface endpoints and NAT 443, → S3 by prefix list; bastion or VPN, where package access sets them, → database
// 3306; database → nothing. Security groups ([Network] exports them) say so by group; network ACLs say it again by
// subnet, with the return ports that a stateless filter needs. DNS and time come from addresses inside the VPC that
// neither kind of filter sees (https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html).
package network
