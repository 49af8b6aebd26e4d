package access_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/infratest"
)

const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"

func settings() access.Settings {
	return access.Settings{
		GitHub: access.GitHub{
			Provider: access.ProviderCreate, Repository: "example/task-tracker", Environment: "production", PreviewOn: "pull_request", SessionMinutes: 120,
			StateBucket: "example-state", StateKeyArn: "arn:aws:kms:us-east-1:123456789012:key/1234abcd", RecoveryRegion: "us-west-2",
		},
		Bastion: access.Bastion{Enabled: true, InstanceType: "t4g.nano"},
		Vpn:     access.Vpn{Enabled: true, ClientCidr: "10.100.0.0/22", ServerCertificateArn: certificate, ClientRootArn: certificate, SessionHours: 8, LogDays: 365},
	}
}

func args(s access.Settings) access.Args {
	return access.Args{
		Scope: infratest.Scope(), Settings: s, Environment: "prod", DataBucketArn: pulumi.String("arn:aws:s3:::task-tracker-app-data-123456789012"), VpcId: pulumi.String("vpc-1"),
		PrivateSubnetIds: pulumi.ToStringArray([]string{"subnet-1", "subnet-2"}), DatabaseSecurityGroupId: pulumi.String("sg-database"),
		EndpointSecurityGroupId: pulumi.String("sg-endpoint"), InterfaceEndpoints: []string{"kms", "ssm"}, VpcCidr: "10.0.0.0/16",
		LogsKeyArn: pulumi.String("arn:aws:kms:us-east-1:123456789012:key/logs"),
	}
}

// newest answers for the newest image.
func newest(token string, in resource.PropertyMap) (resource.PropertyMap, error) {
	if token != "aws:ssm/getParameter:getParameter" {
		return nil, fmt.Errorf("unexpected call of %s", token)
	}
	in["value"] = resource.NewProperty("ami-0123456789abcdef0")
	return in, nil
}

func run(t *testing.T, a access.Args, opts ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		_, err := access.New(ctx, "access", a)
		return err
	}, append(opts, infratest.Calls(newest))...)
}

func TestEveryResourceIsTheComponentsChild(t *testing.T) {
	t.Parallel()
	known := run(t, args(settings()))
	known.ChildrenOf(t, access.Token, "access")
	for _, one := range known.All() {
		if strings.Contains(one.Type, "iam/user") || strings.Contains(one.Type, "accessKey") {
			t.Errorf("%s is a long-lived key", one.Name)
		}
	}
}

func TestAPreviewShowsEveryResource(t *testing.T) {
	t.Parallel()
	a := args(settings())
	infratest.Forget(&a)
	if diff := cmp.Diff(run(t, args(settings())).Names(), run(t, a, infratest.Unknown()).Names()); diff != "" {
		t.Errorf("(-update +preview):\n%s", diff)
	}
}

func TestNothingByDefault(t *testing.T) {
	t.Parallel()
	r := run(t, access.Args{Scope: infratest.Scope(), Settings: access.Settings{GitHub: access.GitHub{Provider: access.ProviderOff}}})
	for _, one := range r.All() {
		if strings.HasPrefix(one.Type, "aws:") {
			t.Errorf("%s %s is there", one.Type, one.Name)
		}
	}
}

func TestExistingIdentityProviderIsReferredTo(t *testing.T) {
	t.Parallel()
	s := settings()
	s.GitHub.Provider = access.ProviderExisting
	r := run(t, args(s))
	if n := len(r.OfType("aws:iam/openIdConnectProvider:OpenIdConnectProvider")); n != 0 {
		t.Errorf("%d identity providers were made", n)
	}
	want := "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
	if got := r.One(t, "aws:iam/role:Role", "access-deploy").String("assumeRolePolicy"); !strings.Contains(got, want) {
		t.Errorf("the deploy role trusts %s, want %s", got, want)
	}
}

// rules returns the rules of security groups as "logical name: group peer port".
func rules(r *infratest.Recorder) []string {
	var list []string
	for _, typ := range []string{"aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"} {
		for _, one := range r.OfType(typ) {
			way := "in"
			if strings.Contains(typ, "Egress") {
				way = "out"
			}
			list = append(list, fmt.Sprintf("%s %s %s%s %s-%s %s", one.String("securityGroupId"), way, one.String("referencedSecurityGroupId"), one.String("cidrIpv4"),
				one.String("fromPort"), one.String("toPort"), one.String("ipProtocol")))
		}
	}
	slices.Sort(list)
	return list
}

func TestBastionAndVPNReachTheDatabaseAndNothingReachesThem(t *testing.T) {
	t.Parallel()
	want := []string{
		"access-bastion-id out 0.0.0.0/0 443-443 tcp",
		"access-bastion-id out sg-database 3306-3306 tcp",
		"access-bastion-id out sg-endpoint 443-443 tcp",
		"access-vpn-id out sg-database 3306-3306 tcp",
		"sg-database in access-bastion-id 3306-3306 tcp",
		"sg-database in access-vpn-id 3306-3306 tcp",
		"sg-endpoint in access-bastion-id 443-443 tcp",
	}
	a := args(settings())
	if diff := cmp.Diff(want, rules(run(t, a))); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
	a.InterfaceEndpoints = []string{"ssm", "ssmmessages", "ec2messages"}
	if diff := cmp.Diff(want[1:], rules(run(t, a))); diff != "" {
		t.Errorf("rules where Systems Manager has endpoints (-want +got):\n%s", diff)
	}
}

func TestBastion(t *testing.T) {
	t.Parallel()
	r := run(t, args(settings()))
	one := r.One(t, "aws:ec2/instance:Instance", "access-bastion")
	var got []string
	for _, path := range []string{
		"ami", "instanceType", "subnetId", "associatePublicIpAddress", "metadataOptions.httpTokens", "metadataOptions.httpPutResponseHopLimit", "rootBlockDevice.encrypted", "keyName",
	} {
		got = append(got, path+"="+one.String(path))
	}
	want := []string{
		"ami=ami-0123456789abcdef0", "instanceType=t4g.nano", "subnetId=subnet-1", "associatePublicIpAddress=false", "metadataOptions.httpTokens=required",
		"metadataOptions.httpPutResponseHopLimit=1", "rootBlockDevice.encrypted=true", "keyName=",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Equal(one.IgnoreChange, []string{"ami"}) {
		t.Errorf("a newer image would replace it: ignored are %q", one.IgnoreChange)
	}
}

func TestVPN(t *testing.T) {
	t.Parallel()
	s := settings()
	r := run(t, args(s))
	one := r.One(t, "aws:ec2clientvpn/endpoint:Endpoint", "access-vpn")
	if got := one.String("authenticationOptions[0].type") + " " + one.String("splitTunnel") + " " + one.String("connectionLogOptions.cloudwatchLogGroup"); got != "certificate-authentication true /vpn/task-tracker" {
		t.Errorf("got %q", got)
	}
	if n := len(r.OfType("aws:ec2clientvpn/networkAssociation:NetworkAssociation")); n != 2 {
		t.Errorf("%d associations, want one for each zone", n)
	}
	s.Vpn.ClientRootArn, s.Vpn.SamlProviderArn = "", "arn:aws:iam::123456789012:saml-provider/Okta"
	one = run(t, args(s)).One(t, "aws:ec2clientvpn/endpoint:Endpoint", "access-vpn")
	if got := one.String("authenticationOptions[0].type") + " " + one.String("authenticationOptions[0].rootCertificateChainArn"); got != "federated-authentication " {
		t.Errorf("got %q", got)
	}
}
