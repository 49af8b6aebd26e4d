package access

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// GitHub's issuer and the audience that its official action asks for.
// https://docs.github.com/en/actions/security-for-github-actions/security-hardening-your-deployments/configuring-openid-connect-in-amazon-web-services
const (
	issuer   = "token.actions.githubusercontent.com"
	audience = "sts.amazonaws.com"
)

func (b *build) addGitHub() error {
	g := b.args.Settings.GitHub
	provider := pulumi.String(b.args.GlobalARN("iam", "oidc-provider/"+issuer)).ToStringOutput()
	if g.Provider == ProviderCreate {
		// No thumbprints: AWS checks GitHub's certificate against its own list of authorities.
		made, err := iam.NewOpenIdConnectProvider(b.ctx, b.part("github"), &iam.OpenIdConnectProviderArgs{
			Url: pulumi.String("https://" + issuer), ClientIdLists: pulumi.StringArray{pulumi.String(audience)},
		}, b.child()...)
		if err != nil {
			return fmt.Errorf("identity provider: %w", err)
		}
		provider = made.Arn
	}
	preview, err := b.role("preview", "Previews of pull requests: reads settings, no data", "repo:"+g.Repository+":"+g.PreviewOn, 3600, provider)
	if err != nil {
		return err
	}
	b.made.PreviewRoleArn = preview.Arn
	if _, err := iam.NewRolePolicyAttachment(b.ctx, b.part("preview"), &iam.RolePolicyAttachmentArgs{
		Role: preview.Name, PolicyArn: pulumi.String("arn:" + b.args.Partition + ":iam::aws:policy/ReadOnlyAccess"),
	}, b.child()...); err != nil {
		return fmt.Errorf("preview: read-only access: %w", err)
	}
	if err := b.policy("preview", preview, func(string) iampolicy.Document { return previewPolicy(b.args) }); err != nil {
		return err
	}
	deploy, err := b.role("deploy", "Deployments of the platform", "repo:"+g.Repository+":environment:"+g.Environment, 60*g.SessionMinutes, provider)
	if err != nil {
		return err
	}
	b.made.DeployRoleArn = deploy.Arn
	return b.policy("deploy", deploy, func(bucket string) iampolicy.Document { return deployPolicy(b.args, bucket) })
}

func (b *build) role(part, description, subject string, seconds int, provider pulumi.StringOutput) (*iam.Role, error) {
	role, err := iam.NewRole(b.ctx, b.part(part), &iam.RoleArgs{
		Name: pulumi.String(b.args.Name(part, 64)), Description: pulumi.String(description), MaxSessionDuration: pulumi.Int(seconds),
		AssumeRolePolicy: provider.ApplyT(func(arn string) string { return trust(arn, subject).JSON() }).(pulumi.StringOutput),
	}, b.child()...)
	if err != nil {
		return nil, fmt.Errorf("%s: role: %w", part, err)
	}
	return role, nil
}

func (b *build) policy(part string, role *iam.Role, document func(dataBucket string) iampolicy.Document) error {
	_, err := iam.NewRolePolicy(b.ctx, b.part(part), &iam.RolePolicyArgs{
		Role: role.Name,
		Policy: b.args.DataBucketArn.ToStringOutput().ApplyT(func(bucket string) string {
			return document(bucket).JSON()
		}).(pulumi.StringOutput),
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("%s: policy: %w", part, err)
	}
	return nil
}

// trust lets jobs take a role whose token was made out to AWS for exactly that subject.
func trust(provider, subject string) iampolicy.Document {
	return iampolicy.New(iampolicy.Statement{
		Sid: "GitHub", Effect: "Allow", Principal: iampolicy.Federated(provider), Action: []string{"sts:AssumeRoleWithWebIdentity"},
		Condition: iampolicy.Condition{"StringEquals": {issuer + ":aud": {audience}, issuer + ":sub": {subject}}},
	})
}
