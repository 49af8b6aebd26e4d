package network

// Ports of the flows.
const (
	portHTTP     = 80
	portHTTPS    = 443
	portApp      = 3000
	portDatabase = 3306
	portRDP      = 3389

	// Return ports. NAT gateways and load balancers use all of them, Linux its own range and up.
	// https://docs.aws.amazon.com/vpc/latest/userguide/custom-network-acl.html#nacl-ephemeral-ports
	returnLow, returnLinux, returnHigh = 1024, 32768, 65535

	anywhere = "0.0.0.0/0"
)

// aclRule is one rule of a network ACL, for TCP; a denial is for every protocol and port.
type aclRule struct {
	Allow    bool
	From, To int // ports, inclusive
	Cidr     string
}

// acl is what enters and leaves a tier's subnets. The first rule that matches decides, and what none matches is
// denied. Subnets of one tier meet it too: only traffic inside a subnet does not.
type acl struct{ In, Out []aclRule }

func allow(from, to int, cidrs ...string) []aclRule {
	var rules []aclRule
	for _, cidr := range cidrs {
		rules = append(rules, aclRule{Allow: true, From: from, To: to, Cidr: cidr})
	}
	return rules
}

func deny(cidr string) []aclRule { return []aclRule{{Cidr: cidr}} }

func join(parts ...[]aclRule) []aclRule {
	var rules []aclRule
	for _, p := range parts {
		rules = append(rules, p...)
	}
	return rules
}

// publicACL is of the load balancer and the NAT gateways. What comes through NAT keeps its address on the internet, so
// the rules about the VPC stand first and end in a denial. Replies from the internet leave out port 3389, which
// no network ACL may open to it (EC2.21): a NAT connection that happens to take that port, one of 64,512, times out,
// and its client's retry takes another.
func (s Settings) publicACL() acl {
	return acl{
		In: join(
			allow(portHTTPS, portHTTPS, s.PrivateCidrs...),  // tasks → NAT
			allow(returnLow, returnHigh, s.PrivateCidrs...), // replies of tasks to the load balancer
			deny(s.Cidr),
			allow(portHTTP, portHTTP, anywhere),    // internet → load balancer
			allow(portHTTPS, portHTTPS, anywhere),  // the same
			allow(returnLow, portRDP-1, anywhere),  // replies of the internet to NAT
			allow(portRDP+1, returnHigh, anywhere), // the same
		),
		Out: join(
			allow(portApp, portApp, s.PrivateCidrs...),        // load balancer → tasks
			allow(returnLinux, returnHigh, s.PrivateCidrs...), // replies of NAT to tasks
			deny(s.Cidr),
			allow(portHTTPS, portHTTPS, anywhere),  // NAT → internet
			allow(returnLow, returnHigh, anywhere), // replies of the load balancer to the internet
		),
	}
}

// privateACL is of tasks, endpoints, bastion and VPN. S3 answers its gateway endpoint from public addresses.
func (s Settings) privateACL() acl {
	return acl{
		In: join(
			allow(portApp, portApp, s.PublicCidrs...),         // load balancer → tasks
			allow(portHTTPS, portHTTPS, s.PrivateCidrs...),    // tasks → endpoints of another zone
			allow(returnLinux, returnHigh, s.PrivateCidrs...), // their replies
			allow(returnLow, returnHigh, s.DataCidrs...),      // replies of the database
			deny(s.Cidr),
			allow(returnLinux, returnHigh, anywhere), // replies through NAT, and of S3
		),
		Out: join(
			allow(portDatabase, portDatabase, s.DataCidrs...), // tasks → database
			allow(portHTTPS, portHTTPS, s.PrivateCidrs...),    // tasks → endpoints of another zone
			allow(returnLinux, returnHigh, s.PrivateCidrs...), // their replies
			allow(returnLow, returnHigh, s.PublicCidrs...),    // replies of tasks to the load balancer
			deny(s.Cidr),
			allow(portHTTPS, portHTTPS, anywhere), // tasks → NAT, S3
		),
	}
}

// dataACL is of the database.
func (s Settings) dataACL() acl {
	return acl{
		In:  allow(portDatabase, portDatabase, s.PrivateCidrs...), // tasks, bastion, VPN → database
		Out: allow(returnLow, returnHigh, s.PrivateCidrs...),      // its replies
	}
}
