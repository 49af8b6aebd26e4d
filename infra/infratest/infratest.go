// Package infratest runs components against a recorder instead of an engine: what they register, with which inputs, under
// which parent. Many tests may run at once, and a component may register from many goroutines.
package infratest

import (
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/place"
)

// Account and Region are where tests live.
const (
	Account = "123456789012"
	Region  = "us-east-1"
)

// Scope returns the place of a component under test.
func Scope() place.Scope {
	return place.Scope{NamePrefix: "task-tracker", Account: Account, Region: Region, Partition: "aws"}
}

// Resource is one that was registered, components included.
type Resource struct {
	Type         string
	Name         string
	Inputs       resource.PropertyMap
	Parent       string // URN
	Provider     string // reference of the provider, "" for the default one
	Protect      bool
	IgnoreChange []string
	Dependencies []string // URNs, explicit and through inputs
}

// String returns the text at a path of the inputs such as "healthCheck.path" or "subnets[0]"; "" where there is none,
// "(unknown)" where it is not known yet. Secrets are read through.
func (r Resource) String(path string) string {
	v, ok := r.Value(path)
	switch {
	case !ok:
		return ""
	case v.IsComputed(), v.IsOutput():
		return "(unknown)"
	case v.IsString():
		return v.StringValue()
	}
	return fmt.Sprint(v.V)
}

// Value returns the input at a path; secrets are read through.
func (r Resource) Value(path string) (resource.PropertyValue, bool) {
	at, err := resource.ParsePropertyPath(path)
	if err != nil {
		return resource.PropertyValue{}, false
	}
	v := resource.NewProperty(r.Inputs)
	for _, key := range at {
		for v.IsSecret() {
			v = v.SecretValue().Element
		}
		next, ok := resource.PropertyPath{key}.Get(v)
		if !ok {
			return next, false
		}
		v = next
	}
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	return v, true
}

// Recorder is what a run registered.
type Recorder struct {
	mu        sync.Mutex
	resources []Resource
	unknown   bool
	outputs   func(typ, name string, inputs resource.PropertyMap) resource.PropertyMap
	call      func(token string, args resource.PropertyMap) (resource.PropertyMap, error)
}

// Option changes a run.
type Option func(*Recorder)

// Unknown makes a preview of the run: what AWS makes up (ids, ARNs, addresses) is not known.
func Unknown() Option { return func(r *Recorder) { r.unknown = true } }

// Outputs adds outputs to resources, over those that every resource gets.
func Outputs(f func(typ, name string, inputs resource.PropertyMap) resource.PropertyMap) Option {
	return func(r *Recorder) { r.outputs = f }
}

// Calls answers the functions of providers (data sources).
func Calls(f func(token string, args resource.PropertyMap) (resource.PropertyMap, error)) Option {
	return func(r *Recorder) { r.call = f }
}

// Run runs a program and returns what it registered. An error of the program fails the test.
func Run(t testing.TB, program func(*pulumi.Context) error, opts ...Option) *Recorder {
	t.Helper()
	r, err := Try(program, opts...)
	if err != nil {
		t.Fatalf("the program failed: %v", err)
	}
	return r
}

// Try is Run for a program that may fail.
func Try(program func(*pulumi.Context) error, opts ...Option) (*Recorder, error) {
	r := &Recorder{}
	for _, o := range opts {
		o(r)
	}
	err := pulumi.RunErr(program, pulumi.WithMocks("task-tracker", "test", r), func(info *pulumi.RunInfo) { info.DryRun = r.unknown })
	sort.SliceStable(r.resources, func(i, j int) bool {
		a, b := r.resources[i], r.resources[j]
		return a.Type+a.Name < b.Type+b.Name
	})
	return r, err
}

// All returns what was registered, sorted by type and name.
func (r *Recorder) All() []Resource {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.resources)
}

// OfType returns the resources of a type such as aws:ec2/vpc:Vpc, sorted by name.
func (r *Recorder) OfType(typ string) []Resource {
	var out []Resource
	for _, one := range r.All() {
		if one.Type == typ {
			out = append(out, one)
		}
	}
	return out
}

// One returns the resource of that type and name; without it the test fails.
func (r *Recorder) One(t testing.TB, typ, name string) Resource {
	t.Helper()
	var names []string
	for _, one := range r.OfType(typ) {
		if one.Name == name {
			return one
		}
		names = append(names, one.Name)
	}
	t.Fatalf("no %s is called %q; there are %q", typ, name, names)
	return Resource{}
}

// NewResource records a registration and makes up what AWS would answer.
func (r *Recorder) NewResource(args pulumi.MockResourceArgs) (string, resource.PropertyMap, error) {
	one := Resource{Type: args.TypeToken, Name: args.Name, Inputs: args.Inputs, Provider: args.Provider}
	if rpc := args.RegisterRPC; rpc != nil {
		one.Parent, one.Protect = rpc.GetParent(), rpc.GetProtect()
		one.IgnoreChange, one.Dependencies = rpc.GetIgnoreChanges(), rpc.GetDependencies()
	}
	r.mu.Lock()
	r.resources = append(r.resources, one)
	r.mu.Unlock()
	if remote := args.RegisterRPC != nil && args.RegisterRPC.GetRemote(); !args.Custom && !remote {
		return "", args.Inputs, nil
	}
	out := r.madeUp(args.TypeToken, args.Name)
	for k, v := range args.Inputs {
		if !v.IsSecret() || !v.ContainsUnknowns() { // the SDK's monitor can't carry a secret that is not known
			out[k] = v
		}
	}
	if r.outputs != nil {
		for k, v := range r.outputs(args.TypeToken, args.Name, args.Inputs) {
			out[k] = v
		}
	}
	if r.unknown && args.RegisterRPC != nil {
		return "", out, nil
	}
	return args.Name + "-id", out, nil
}

// madeUp returns outputs that some type has, for every type: what the SDK does not know of a type it leaves alone.
func (r *Recorder) madeUp(typ, name string) resource.PropertyMap {
	text := func(s string) resource.PropertyValue {
		if r.unknown {
			return resource.MakeComputed(resource.NewProperty(""))
		}
		return resource.NewProperty(s)
	}
	service, _, _ := strings.Cut(strings.TrimPrefix(typ, "aws:"), "/")
	out := resource.PropertyMap{
		"arn": text(fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, Region, Account, name)),
	}
	switch typ {
	case "aws:lb/loadBalancer:LoadBalancer":
		out["arnSuffix"] = text("app/" + name + "/0123456789abcdef")
	case "aws:lb/targetGroup:TargetGroup":
		out["arnSuffix"] = text("targetgroup/" + name + "/0123456789abcdef")
	}
	for _, key := range []string{
		"address", "allocationId", "associationId", "bucketDomainName", "bucketRegionalDomainName", "defaultNetworkAclId",
		"defaultRouteTableId", "defaultSecurityGroupId", "dnsName", "domainName", "endpoint", "fqdn", "hostedZoneId",
		"identifier", "imageUri", "keyId", "mainRouteTableId", "name", "prefixListId", "publicIp", "repositoryUrl",
		"resourceId", "securityGroupRuleId", "uniqueId", "url", "versionId", "zoneId", "family", "selfManagedPolicyArn",
	} {
		out[resource.PropertyKey(key)] = text(name + "-" + key)
	}
	out["port"] = resource.NewProperty(3306.0)
	if typ == "awsx:ecr:Image" {
		out["imageUri"] = text(Account + ".dkr.ecr." + Region + ".amazonaws.com/task-tracker:tag@sha256:" + strings.Repeat("0", 64))
	}
	if typ == "aws:rds/instance:Instance" {
		out["masterUserSecrets"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(resource.PropertyMap{
			"secretArn": text("arn:aws:secretsmanager:" + Region + ":" + Account + ":secret:rds!db-1"),
		})})
	}
	if typ == "aws:acm/certificate:Certificate" {
		out["domainValidationOptions"] = resource.NewProperty([]resource.PropertyValue{resource.NewProperty(resource.PropertyMap{
			"resourceRecordName": text("_x.example.com."), "resourceRecordType": text("CNAME"), "resourceRecordValue": text("_y.acm-validations.aws."),
		})})
	}
	return out
}

// Call answers a function of a provider.
func (r *Recorder) Call(args pulumi.MockCallArgs) (resource.PropertyMap, error) {
	if r.call != nil {
		return r.call(args.Token, args.Args)
	}
	switch args.Token {
	case "aws:index/getCallerIdentity:getCallerIdentity":
		return resource.PropertyMap{"accountId": resource.NewProperty(Account)}, nil
	case "aws:secretsmanager/getRandomPassword:getRandomPassword":
		return resource.PropertyMap{"randomPassword": resource.NewProperty("made-up-password-0123456789abcdef")}, nil
	case "aws:route53/getZone:getZone":
		return resource.PropertyMap{"zoneId": resource.NewProperty("Z0123456789")}, nil
	case "aws:ecs/getService:getService": // a deployment that succeeded
		for _, one := range r.OfType("aws:ecs/service:Service") {
			if running, ok := one.Value("taskDefinition"); ok {
				return resource.PropertyMap{"taskDefinition": running}, nil
			}
		}
	}
	return args.Args, nil
}
