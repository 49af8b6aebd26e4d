package access_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/infratest"
)

func TestFaults(t *testing.T) {
	t.Parallel()
	for name, one := range map[string]struct {
		change func(*access.Args)
		want   []string
	}{
		"none": {func(*access.Args) {}, nil},
		"wildcards": {
			func(a *access.Args) {
				a.Settings.GitHub.Repository, a.Settings.GitHub.Environment, a.Settings.GitHub.PreviewOn = "example/*", "*", "ref:refs/heads/*"
			},
			[]string{
				`access.github.repository: "example/*" is not one repository, and whoever it matches may take the roles; write owner/name, or set provider: off`,
				`access.github.environment: "*" is not the name of one GitHub environment, whose jobs alone may deploy; write for example production`,
				`access.github.previewOn: "ref:refs/heads/*" is none of pull_request, environment:NAME, ref:refs/heads/NAME, and may hold no wildcard; write one of them`,
			},
		},
		"one environment for both": {
			func(a *access.Args) { a.Settings.GitHub.PreviewOn = "environment:production" },
			[]string{`access.github.previewOn: "environment:production" is the deploy role's environment, too, whose approval a preview would wait for; name another`},
		},
		"state": {
			func(a *access.Args) {
				a.Settings.GitHub.StateBucket, a.Settings.GitHub.StateKeyArn, a.Settings.GitHub.RecoveryRegion, a.Settings.GitHub.SessionMinutes = "s3://state", "alias/pulumi", "west", 30
			},
			[]string{
				`access.github.stateBucket: "s3://state" is not the name of a bucket; write it without s3://, or leave it out`,
				`access.github.stateKeyArn: "alias/pulumi" is not the ARN of a key, and an alias can't stand in a policy; write arn:aws:kms:REGION:ACCOUNT:key/ID, or leave it out`,
				`access.github.recoveryRegion: "west" is not a region; write for example us-west-2, or leave it out`,
				"access.github.sessionMinutes: 30 is below 60, which IAM allows a role; set 60 to 720",
			},
		},
		"provider": {
			func(a *access.Args) { a.Settings.GitHub.Provider = "exsting" },
			[]string{`access.github.provider: "exsting" is none of create, existing, off; did you mean "existing"?`},
		},
		"bastion": {
			func(a *access.Args) { a.Settings.Bastion.ImageID, a.Settings.Bastion.InstanceType = "al2023", "nano" },
			[]string{
				`access.bastion.instanceType: "nano" is not a type of instance; set for example t4g.nano`,
				`access.bastion.imageId: "al2023" is not an image; write ami- and 17 hexadecimal digits, or leave it out for Amazon Linux 2023`,
			},
		},
		"vpn": {
			func(a *access.Args) {
				a.Settings.Vpn = access.Vpn{Enabled: true, ClientCidr: "10.0.0.0/24", ServerCertificateArn: "", SessionHours: 9, LogDays: 100}
			},
			[]string{
				"access.vpn.clientCidr: 10.0.0.0/24 is not between /12 and /22, which AWS allows a client VPN; choose a size in between",
				`access.vpn.serverCertificateArn: "" is not the ARN of a certificate in ACM, which the VPN's server needs; import or request one and give its ARN`,
				"access.vpn.clientRootArn: is empty, and so is samlProviderArn: nobody could sign in; give one of them",
				"access.vpn.sessionHours: 9 is none of the lengths that AWS has; set 8, 10, 12 or 24",
				"access.vpn.logDays: 100 is not a time that CloudWatch Logs keeps things for; set for example 90, 180 or 365",
				"access.vpn.clientCidr: 10.0.0.0/24 overlaps the VPC's 10.0.0.0/16 (network.cidr), so replies would not find their way; choose other addresses",
			},
		},
		"not wired": {
			func(a *access.Args) { *a = access.Args{Settings: a.Settings, InterfaceEndpoints: []string{"kms"}} },
			[]string{
				"access.scope: is incomplete; pass the stack's place.Scope",
				"access.Environment: is not wired; pass the value of the stack's Environment tag",
				"access.DataBucketArn: is not wired; pass storage's BucketArn",
				"access.VpcId: is not wired; pass network's VpcId",
				"access.PrivateSubnetIds: is not wired; pass network's PrivateSubnetIds",
				"access.DatabaseSecurityGroupId: is not wired; pass network's DatabaseSecurityGroupId",
				"access.EndpointSecurityGroupId: is not wired; pass network's EndpointSecurityGroupId",
				"access.LogsKeyArn: is not wired; pass foundation's LogsKeyArn",
				`access.VpcCidr: "" is not a range of addresses; pass network's VpcCidr`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := args(settings())
			one.change(&a)
			if diff := cmp.Diff(one.want, infratest.Lines(a.Validate())); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNothingIsRegisteredWhereArgsAreWrong(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := access.New(ctx, "access", access.Args{})
		return err
	},
		"access.scope: is incomplete; pass the stack's place.Scope",
	)
}
