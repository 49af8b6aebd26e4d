// Package edge is the way in: DNS name and certificate, application load balancer, target group and firewall.
//
// With a domain, port 443 serves and port 80 redirects to it. Without one there is no certificate, so port 80 serves plain
// HTTP at the load balancer's own name: for a trial, not for people's passwords.
//
// The firewall is registered through small typed resources of our own (wafv2.go), not through the SDK's wafv2 package:
// that one takes 4.5 GB of memory to compile, for thousands of types of which ten are used here.
//
// The alarms of this package roll a deployment back. Those that call a person are in observability.
package edge
