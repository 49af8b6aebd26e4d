// Package place says where a stack lives: its account, its region, the start of every physical name, and the second
// region that it recovers in.
package place

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Scope is the account and region of a component, with the start of its physical names. All of it is known before any
// resource is registered.
type Scope struct {
	NamePrefix string // "task-tracker" for the home of production, "task-tracker-dev-us-east-1" elsewhere
	Account    string // 12 digits
	Region     string // us-east-1
	Partition  string // aws, aws-cn, aws-us-gov
}

// Recovery is the second region, where copies are kept. Its zero value means that there is none.
type Recovery struct {
	Region   string
	Provider pulumi.ProviderResource
	KeyArn   pulumi.StringInput // the data key's counterpart there
}

// Set reports whether there is a second region.
func (r Recovery) Set() bool { return r.Region != "" }

// ARN returns arn:{partition}:{service}:{region}:{account}:{resource}.
func (s Scope) ARN(service, resource string) string {
	return fmt.Sprintf("arn:%s:%s:%s:%s:%s", s.Partition, service, s.Region, s.Account, resource)
}

// GlobalARN returns an ARN without a region: iam, or with neither region nor account: s3.
func (s Scope) GlobalARN(service, resource string) string {
	account := s.Account
	if service == "s3" {
		account = ""
	}
	return fmt.Sprintf("arn:%s:%s::%s:%s", s.Partition, service, account, resource)
}

// Name returns {NamePrefix}-{part}, shortened to at most limit bytes; see [Shorten].
func (s Scope) Name(part string, limit int) string { return Shorten(s.NamePrefix+"-"+part, limit) }

// Partition returns the partition of a region.
func Partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// Shorten returns name where it is no longer than limit, else its start and 7 hexadecimal digits of its SHA-256, so
// that two long names stay two. The limit is at least 9.
func Shorten(name string, limit int) string {
	if len(name) <= limit {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:limit-8], "-") + "-" + hex.EncodeToString(sum[:])[:7]
}
