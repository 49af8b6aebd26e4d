package access

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2clientvpn"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ssm"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/vpc"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// imageParameter names the newest Amazon Linux 2023 for Arm.
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html#launch-via-aws-cli
const imageParameter = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-arm64"

func (b *build) addBastion() error {
	s := b.args.Settings.Bastion
	image := s.ImageID
	if image == "" {
		found, err := ssm.LookupParameter(b.ctx, &ssm.LookupParameterArgs{Name: imageParameter}, pulumi.Parent(b.made))
		if err != nil {
			return fmt.Errorf("newest Amazon Linux 2023: %w; or set access.bastion.imageId", err)
		}
		image = found.Value
	}
	profile, err := b.bastionProfile()
	if err != nil {
		return err
	}
	group, err := b.bastionGroup()
	if err != nil {
		return err
	}
	instance, err := ec2.NewInstance(b.ctx, b.part("bastion"), &ec2.InstanceArgs{
		Ami: pulumi.String(image), InstanceType: pulumi.String(s.InstanceType), IamInstanceProfile: profile.Name,
		SubnetId:                 b.args.PrivateSubnetIds[0],
		VpcSecurityGroupIds:      pulumi.StringArray{group},
		AssociatePublicIpAddress: pulumi.Bool(false),
		MetadataOptions: ec2.InstanceMetadataOptionsArgs{
			HttpEndpoint: pulumi.String("enabled"), HttpTokens: pulumi.String("required"), HttpPutResponseHopLimit: pulumi.Int(1),
		},
		RootBlockDevice: ec2.InstanceRootBlockDeviceArgs{Encrypted: pulumi.Bool(true), VolumeType: pulumi.String("gp3"), VolumeSize: pulumi.Int(8)},
		Tags:            b.tags("bastion"),
	}, b.child(pulumi.IgnoreChanges([]string{"ami"}))...) // a newer image is no reason to replace it
	if err != nil {
		return fmt.Errorf("instance: %w", err)
	}
	b.made.BastionInstanceId = instance.ID().ToStringOutput()
	return nil
}

func (b *build) bastionProfile() (*iam.InstanceProfile, error) {
	role, err := iam.NewRole(b.ctx, b.part("bastion"), &iam.RoleArgs{
		Name: pulumi.String(b.args.Name("bastion", 64)), Description: pulumi.String("Lets the bastion register with Systems Manager"),
		// EC2 takes the role without naming account or source, so neither can be a condition.
		AssumeRolePolicy: pulumi.String(iampolicy.New(iampolicy.Statement{
			Sid: "Assume", Effect: "Allow", Principal: iampolicy.Service("ec2.amazonaws.com"), Action: []string{"sts:AssumeRole"},
		}).JSON()),
	}, b.child()...)
	if err != nil {
		return nil, fmt.Errorf("role: %w", err)
	}
	if _, err := iam.NewRolePolicyAttachment(b.ctx, b.part("bastion"), &iam.RolePolicyAttachmentArgs{
		Role: role.Name, PolicyArn: pulumi.String("arn:" + b.args.Partition + ":iam::aws:policy/AmazonSSMManagedInstanceCore"),
	}, b.child()...); err != nil {
		return nil, fmt.Errorf("role policy: %w", err)
	}
	profile, err := iam.NewInstanceProfile(b.ctx, b.part("bastion"), &iam.InstanceProfileArgs{
		Name: pulumi.String(b.args.Name("bastion", 128)), Role: role.Name,
	}, b.child()...)
	if err != nil {
		return nil, fmt.Errorf("instance profile: %w", err)
	}
	return profile, nil
}

// bastionGroup lets the bastion reach Systems Manager and the database. Nothing reaches the bastion.
func (b *build) bastionGroup() (pulumi.StringOutput, error) {
	group, err := b.group("bastion", "Bastion: nothing in, Systems Manager and database out")
	if err != nil {
		return group, err
	}
	database, endpoint := b.args.DatabaseSecurityGroupId.ToStringOutput(), b.args.EndpointSecurityGroupId
	if err := b.connect("bastion", "database", group, database, portDatabase); err != nil {
		return group, err
	}
	if len(b.args.InterfaceEndpoints) > 0 {
		if err := b.connect("bastion", "endpoint", group, endpoint.ToStringOutput(), portHTTPS); err != nil {
			return group, err
		}
	}
	if b.hasEndpoints("ssm", "ssmmessages", "ec2messages") {
		return group, nil
	}
	_, err = vpc.NewSecurityGroupEgressRule(b.ctx, b.part("bastion-to-internet"), &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: group, IpProtocol: pulumi.String("tcp"), FromPort: pulumi.Int(portHTTPS), ToPort: pulumi.Int(portHTTPS),
		CidrIpv4: pulumi.String("0.0.0.0/0"), Description: pulumi.String("Systems Manager through NAT"),
	}, b.child()...)
	return group, err
}

func (b *build) group(part, description string) (pulumi.StringOutput, error) {
	group, err := ec2.NewSecurityGroup(b.ctx, b.part(part), &ec2.SecurityGroupArgs{
		VpcId: b.args.VpcId, Description: pulumi.String(description), Tags: b.tags(part),
	}, b.child()...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("security group: %w", err)
	}
	return group.ID().ToStringOutput(), nil
}

// connect lets one group reach a port of another: the way out of the one, the way into the other.
func (b *build) connect(from, to string, source, target pulumi.StringOutput, port int) error {
	if _, err := vpc.NewSecurityGroupEgressRule(b.ctx, b.part(from+"-to-"+to), &vpc.SecurityGroupEgressRuleArgs{
		SecurityGroupId: source, ReferencedSecurityGroupId: target, IpProtocol: pulumi.String("tcp"),
		FromPort: pulumi.Int(port), ToPort: pulumi.Int(port), Description: pulumi.String("To " + to),
	}, b.child()...); err != nil {
		return fmt.Errorf("rule to %s: %w", to, err)
	}
	if _, err := vpc.NewSecurityGroupIngressRule(b.ctx, b.part(to+"-from-"+from), &vpc.SecurityGroupIngressRuleArgs{
		SecurityGroupId: target, ReferencedSecurityGroupId: source, IpProtocol: pulumi.String("tcp"),
		FromPort: pulumi.Int(port), ToPort: pulumi.Int(port), Description: pulumi.String("From " + from),
	}, b.child()...); err != nil {
		return fmt.Errorf("rule of %s: %w", to, err)
	}
	return nil
}

// addVPN makes a client VPN whose clients appear in the private subnets, and reach the database's port.
func (b *build) addVPN() error {
	v := b.args.Settings.Vpn
	log, err := cloudwatch.NewLogGroup(b.ctx, b.part("vpn"), &cloudwatch.LogGroupArgs{
		Name: pulumi.String("/vpn/" + b.args.NamePrefix), RetentionInDays: pulumi.Int(v.LogDays), KmsKeyId: b.args.LogsKeyArn,
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("log group: %w", err)
	}
	group, err := b.group("vpn", "Clients of the VPN: database out")
	if err != nil {
		return err
	}
	if err := b.connect("vpn", "database", group, b.args.DatabaseSecurityGroupId.ToStringOutput(), portDatabase); err != nil {
		return err
	}
	sign := ec2clientvpn.EndpointAuthenticationOptionArgs{Type: pulumi.String("certificate-authentication"), RootCertificateChainArn: pulumi.StringPtr(v.ClientRootArn)}
	if v.SamlProviderArn != "" {
		sign = ec2clientvpn.EndpointAuthenticationOptionArgs{Type: pulumi.String("federated-authentication"), SamlProviderArn: pulumi.StringPtr(v.SamlProviderArn)}
	}
	endpoint, err := ec2clientvpn.NewEndpoint(b.ctx, b.part("vpn"), &ec2clientvpn.EndpointArgs{
		Description: pulumi.String(b.args.NamePrefix + ": to the database"), ClientCidrBlock: pulumi.String(v.ClientCidr),
		ServerCertificateArn: pulumi.String(v.ServerCertificateArn), AuthenticationOptions: ec2clientvpn.EndpointAuthenticationOptionArray{sign},
		VpcId: b.args.VpcId, SecurityGroupIds: pulumi.StringArray{group}, SplitTunnel: pulumi.Bool(true), TransportProtocol: pulumi.String("udp"),
		SessionTimeoutHours: pulumi.Int(v.SessionHours), DisconnectOnSessionTimeout: pulumi.Bool(true),
		ConnectionLogOptions: ec2clientvpn.EndpointConnectionLogOptionsArgs{Enabled: pulumi.Bool(true), CloudwatchLogGroup: log.Name},
		Tags:                 b.tags("vpn"),
	}, b.child()...)
	if err != nil {
		return fmt.Errorf("endpoint: %w", err)
	}
	for i, id := range b.args.PrivateSubnetIds {
		part := fmt.Sprintf("vpn-%d", i+1)
		if _, err := ec2clientvpn.NewNetworkAssociation(b.ctx, b.part(part), &ec2clientvpn.NetworkAssociationArgs{
			ClientVpnEndpointId: endpoint.ID(), SubnetId: id,
		}, b.child()...); err != nil {
			return fmt.Errorf("%s: %w", part, err)
		}
	}
	_, err = ec2clientvpn.NewAuthorizationRule(b.ctx, b.part("vpn"), &ec2clientvpn.AuthorizationRuleArgs{
		ClientVpnEndpointId: endpoint.ID(), TargetNetworkCidr: pulumi.String(b.args.VpcCidr), AuthorizeAllGroups: pulumi.Bool(true),
		Description: pulumi.String("The VPC, of which the security group leaves the database"),
	}, b.child(pulumi.DeleteBeforeReplace(true))...) // one rule per network
	if err != nil {
		return fmt.Errorf("authorization: %w", err)
	}
	b.made.VpnEndpointId = endpoint.ID().ToStringOutput()
	return nil
}
