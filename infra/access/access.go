package access

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the type of the component.
const Token = "tasktracker:access:Access"

const (
	portHTTPS    = 443
	portDatabase = 3306
)

// Args are the settings of access and what it is wired to. Inputs that only a bastion or a VPN needs may be nil without.
type Args struct {
	place.Scope
	Settings                Settings
	Environment             string             // value of the tag Environment, which every resource of the stack has
	DataBucketArn           pulumi.StringInput // attachments, which no role of a pipeline reads
	VpcId                   pulumi.StringInput
	PrivateSubnetIds        pulumi.StringArray
	DatabaseSecurityGroupId pulumi.StringInput
	EndpointSecurityGroupId pulumi.StringInput
	InterfaceEndpoints      []string // services with an interface endpoint, as network has them
	VpcCidr                 string
	LogsKeyArn              pulumi.StringInput // of the VPN's log of connections
}

// Validate returns every fault of the settings and every input that is missing, as one error.
func (a Args) Validate() error {
	var set fault.Set
	f := set.At("access")
	s := a.Settings
	s.Validate(f)
	f.Require(a.NamePrefix != "" && a.Account != "" && a.Region != "" && a.Partition != "", "scope", "is incomplete; pass the stack's place.Scope")
	if s.GitHub.Provider != ProviderOff {
		f.Require(a.Environment != "", "Environment", "is not wired; pass the value of the stack's Environment tag")
		f.Require(a.DataBucketArn != nil, "DataBucketArn", "is not wired; pass storage's BucketArn")
	}
	if s.Bastion.Enabled || s.Vpn.Enabled {
		f.Require(a.VpcId != nil, "VpcId", "is not wired; pass network's VpcId")
		f.Require(len(a.PrivateSubnetIds) > 0, "PrivateSubnetIds", "is not wired; pass network's PrivateSubnetIds")
		f.Require(a.DatabaseSecurityGroupId != nil, "DatabaseSecurityGroupId", "is not wired; pass network's DatabaseSecurityGroupId")
	}
	if s.Bastion.Enabled && len(a.InterfaceEndpoints) > 0 {
		f.Require(a.EndpointSecurityGroupId != nil, "EndpointSecurityGroupId", "is not wired; pass network's EndpointSecurityGroupId")
	}
	if s.Vpn.Enabled {
		f.Require(a.LogsKeyArn != nil, "LogsKeyArn", "is not wired; pass foundation's LogsKeyArn")
		client, err := netip.ParsePrefix(s.Vpn.ClientCidr)
		vpc, err2 := netip.ParsePrefix(a.VpcCidr)
		f.Require(err2 == nil, "VpcCidr", "%q is not a range of addresses; pass network's VpcCidr", a.VpcCidr)
		if err == nil && err2 == nil && client.Overlaps(vpc) {
			f.Add("vpn.clientCidr", "%s overlaps the VPC's %s (network.cidr), so replies would not find their way; choose other addresses", client, vpc)
		}
	}
	return set.Err()
}

// Access is what was made. What the settings leave out is an empty string.
type Access struct {
	pulumi.ResourceState

	PreviewRoleArn    pulumi.StringOutput
	DeployRoleArn     pulumi.StringOutput
	BastionInstanceId pulumi.StringOutput
	VpnEndpointId     pulumi.StringOutput
}

// build is one under construction.
type build struct {
	ctx  *pulumi.Context
	name string
	args Args
	made *Access
}

// New registers the roles, the bastion and the VPN that the settings ask for.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Access, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	empty := pulumi.String("").ToStringOutput()
	a := &Access{PreviewRoleArn: empty, DeployRoleArn: empty, BastionInstanceId: empty, VpnEndpointId: empty}
	if err := ctx.RegisterComponentResource(Token, name, a, opts...); err != nil {
		return nil, fmt.Errorf("access: %w", err)
	}
	b := &build{ctx: ctx, name: name, args: args, made: a}
	for _, step := range []struct {
		what   string
		wanted bool
		do     func() error
	}{
		{"github", args.Settings.GitHub.Provider != ProviderOff, b.addGitHub},
		{"bastion", args.Settings.Bastion.Enabled, b.addBastion},
		{"vpn", args.Settings.Vpn.Enabled, b.addVPN},
	} {
		if !step.wanted {
			continue
		}
		if err := step.do(); err != nil {
			return nil, fmt.Errorf("access: %s: %w", step.what, err)
		}
	}
	if err := ctx.RegisterResourceOutputs(a, pulumi.Map{
		"previewRoleArn": a.PreviewRoleArn, "deployRoleArn": a.DeployRoleArn,
		"bastionInstanceId": a.BastionInstanceId, "vpnEndpointId": a.VpnEndpointId,
	}); err != nil {
		return nil, fmt.Errorf("access: outputs: %w", err)
	}
	return a, nil
}

func (b *build) part(p string) string { return b.name + "-" + p }

func (b *build) tags(part string) pulumi.StringMap {
	return pulumi.StringMap{"Name": pulumi.String(b.args.Name(part, 255))}
}

func (b *build) child(opts ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.made)}, opts...)
}

// hasEndpoints reports whether all of these services have an interface endpoint.
func (b *build) hasEndpoints(services ...string) bool {
	return !slices.ContainsFunc(services, func(s string) bool { return !slices.Contains(b.args.InterfaceEndpoints, s) })
}
