// Package foundation is what the other components refer to: the keys, the log groups, the topic that alerts go to, and the
// bucket that AWS delivers its logs to.
//
// Every key has a policy of its own, so that each service may do with it what it is there for and no more:
//
//   - data: the database, its secrets, the objects, the images, the backups, the trail
//   - logs: the log groups of this account and region
//   - alerts: messages of the alert topic
//   - recovery: the data key's counterpart in the second region, where there is one
//
// The log bucket is encrypted with S3's own key (AES256), as load balancers can deliver to no other.
// Source: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html.
package foundation
