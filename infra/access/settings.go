package access

import (
	"net/netip"
	"regexp"

	"github.com/task-tracker/task-tracker/infra/fault"
)

// What [GitHub.Provider] may say.
const (
	ProviderCreate   = "create"
	ProviderExisting = "existing"
	ProviderOff      = "off"
)

// Settings is what a platform engineer decides about access.
type Settings struct {
	GitHub  GitHub  `json:"github" doc:"Roles of GitHub Actions."`
	Bastion Bastion `json:"bastion" doc:"An instance to reach the database from, through Systems Manager only."`
	Vpn     Vpn     `json:"vpn" doc:"A client VPN that reaches the database."`
}

// GitHub is about the roles that GitHub Actions may take.
type GitHub struct {
	Provider       string `json:"provider" default:"off" enum:"create,existing,off" example:"create" doc:"GitHub's identity provider, of which an account has one: create it here, use the existing one that another stack or team made, or off: no roles."`
	Repository     string `json:"repository" default:"" example:"example/task-tracker" doc:"Repository whose jobs may take the roles, owner/name as GitHub spells it."`
	Environment    string `json:"environment" default:"" example:"production" doc:"GitHub environment whose jobs may take the deploy role. Give it required reviewers."`
	PreviewOn      string `json:"previewOn" default:"pull_request" example:"environment:preview" doc:"End of the subject that may take the preview role: pull_request, environment:NAME or ref:refs/heads/NAME."`
	StateBucket    string `json:"stateBucket" default:"" example:"example-pulumi-state" doc:"Bucket of Pulumi's state, which both roles read and the deploy role writes. Empty where the backend is not S3."`
	StateKeyArn    string `json:"stateKeyArn" default:"" example:"arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab" doc:"KMS key of the stack's secrets provider and state bucket, which both roles decrypt with: whoever may open a pull request in the repository itself can then read the stack's secrets. Empty where a passphrase or Pulumi Cloud keeps the secrets."`
	SessionMinutes int    `json:"sessionMinutes" default:"120" unit:"min" example:"60" doc:"Longest session of the deploy role, 60 to 720. A deployment that takes longer stops halfway."`
	RecoveryRegion string `json:"recoveryRegion" default:"" example:"us-west-2" doc:"Second region that the deploy role may change, where the stack keeps copies there."`
}

// Bastion is about the instance.
type Bastion struct {
	Enabled      bool   `json:"enabled" default:"false" example:"true" doc:"Whether there is one."`
	InstanceType string `json:"instanceType" default:"t4g.nano" example:"t4g.micro" doc:"Its type, an Arm one unless imageId says otherwise."`
	ImageID      string `json:"imageId" default:"" example:"ami-0123456789abcdef0" doc:"Its image. Empty takes the newest Amazon Linux 2023 for Arm when the instance is made, and keeps it."`
}

// Vpn is about the client VPN, which costs about 75 USD a month for each zone and 0.05 USD for each hour of a connection.
type Vpn struct {
	Enabled              bool   `json:"enabled" default:"false" example:"true" doc:"Whether there is one."`
	ClientCidr           string `json:"clientCidr" default:"10.100.0.0/22" example:"10.200.0.0/22" doc:"Addresses of clients, /12 to /22, outside of the VPC."`
	ServerCertificateArn string `json:"serverCertificateArn" default:"" example:"arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012" doc:"Certificate of the VPN's server in ACM."`
	ClientRootArn        string `json:"clientRootArn" default:"" example:"arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789013" doc:"Certificate in ACM that signed the clients' own. Give this or samlProviderArn."`
	SamlProviderArn      string `json:"samlProviderArn" default:"" example:"arn:aws:iam::123456789012:saml-provider/Okta" doc:"Identity provider that people sign in with. Give this or clientRootArn."`
	SessionHours         int    `json:"sessionHours" default:"8" unit:"h" example:"12" doc:"Longest connection: 8, 10, 12 or 24."`
	LogDays              int    `json:"logDays" default:"365" unit:"d" example:"90" doc:"How long the log of connections is kept."`
}

var (
	repositoryPattern  = regexp.MustCompile(`^[A-Za-z0-9-]+/[A-Za-z0-9._-]+$`)
	environmentPattern = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9 ._-]*$`)
	previewPattern     = regexp.MustCompile(`^(pull_request|environment:[A-Za-z0-9][A-Za-z0-9 ._-]*|ref:refs/(heads|tags)/[A-Za-z0-9._/-]+)$`)
	bucketPattern      = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)
	regionPattern      = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-[0-9]$`)
	keyPattern         = regexp.MustCompile(`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`)
	certificatePattern = regexp.MustCompile(`^arn:aws[a-z-]*:acm:[a-z0-9-]+:[0-9]{12}:certificate/[A-Za-z0-9-]+$`)
	samlPattern        = regexp.MustCompile(`^arn:aws[a-z-]*:iam::[0-9]{12}:saml-provider/[A-Za-z0-9._-]+$`)
	imagePattern       = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	instancePattern    = regexp.MustCompile(`^[a-z][a-z0-9-]*\.[a-z0-9-]+$`)
)

// retentionDays are what CloudWatch Logs accepts.
// https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
var retentionDays = map[int]bool{
	1: true, 3: true, 5: true, 7: true, 14: true, 30: true, 60: true, 90: true, 120: true, 150: true, 180: true, 365: true, 400: true, 545: true,
	731: true, 1096: true, 1827: true, 2192: true, 2557: true, 2922: true, 3288: true, 3653: true,
}

// Validate adds what is wrong, with paths relative to the component's settings.
func (s Settings) Validate(f *fault.Set) {
	s.GitHub.validate(f.At("github"))
	if b := s.Bastion; b.Enabled {
		f.Require(instancePattern.MatchString(b.InstanceType), "bastion.instanceType", "%q is not a type of instance; set for example t4g.nano", b.InstanceType)
		f.Require(b.ImageID == "" || imagePattern.MatchString(b.ImageID), "bastion.imageId",
			"%q is not an image; write ami- and 17 hexadecimal digits, or leave it out for Amazon Linux 2023", b.ImageID)
	}
	if s.Vpn.Enabled {
		s.Vpn.validate(f.At("vpn"))
	}
}

func (g GitHub) validate(f *fault.Set) {
	if !f.OneOf("provider", g.Provider, ProviderCreate, ProviderExisting, ProviderOff) || g.Provider == ProviderOff {
		return
	}
	f.Require(repositoryPattern.MatchString(g.Repository), "repository",
		"%q is not one repository, and whoever it matches may take the roles; write owner/name, or set provider: off", g.Repository)
	f.Require(environmentPattern.MatchString(g.Environment), "environment",
		"%q is not the name of one GitHub environment, whose jobs alone may deploy; write for example production", g.Environment)
	f.Require(previewPattern.MatchString(g.PreviewOn), "previewOn",
		"%q is none of pull_request, environment:NAME, ref:refs/heads/NAME, and may hold no wildcard; write one of them", g.PreviewOn)
	f.Require(g.PreviewOn != "environment:"+g.Environment, "previewOn",
		"%q is the deploy role's environment, too, whose approval a preview would wait for; name another", g.PreviewOn)
	f.Require(g.StateBucket == "" || bucketPattern.MatchString(g.StateBucket), "stateBucket",
		"%q is not the name of a bucket; write it without s3://, or leave it out", g.StateBucket)
	f.Require(g.StateKeyArn == "" || keyPattern.MatchString(g.StateKeyArn), "stateKeyArn",
		"%q is not the ARN of a key, and an alias can't stand in a policy; write arn:aws:kms:REGION:ACCOUNT:key/ID, or leave it out", g.StateKeyArn)
	f.Require(g.RecoveryRegion == "" || regionPattern.MatchString(g.RecoveryRegion), "recoveryRegion",
		"%q is not a region; write for example us-west-2, or leave it out", g.RecoveryRegion)
	f.Within("sessionMinutes", g.SessionMinutes, 60, 720, "which IAM allows a role")
}

func (v Vpn) validate(f *fault.Set) {
	prefix, err := netip.ParsePrefix(v.ClientCidr)
	switch {
	case err != nil || !prefix.Addr().Is4():
		f.Add("clientCidr", "%q is not a range of IPv4 addresses; write it like 10.100.0.0/22", v.ClientCidr)
	case prefix != prefix.Masked():
		f.Add("clientCidr", "%s does not start at its range's first address; write %s", v.ClientCidr, prefix.Masked())
	case prefix.Bits() < 12 || prefix.Bits() > 22:
		f.Add("clientCidr", "%s is not between /12 and /22, which AWS allows a client VPN; choose a size in between", v.ClientCidr)
	}
	f.Require(certificatePattern.MatchString(v.ServerCertificateArn), "serverCertificateArn",
		"%q is not the ARN of a certificate in ACM, which the VPN's server needs; import or request one and give its ARN", v.ServerCertificateArn)
	switch {
	case v.ClientRootArn == "" && v.SamlProviderArn == "":
		f.Add("clientRootArn", "is empty, and so is samlProviderArn: nobody could sign in; give one of them")
	case v.ClientRootArn != "" && v.SamlProviderArn != "":
		f.Add("clientRootArn", "is set, and so is samlProviderArn; give one of them")
	case v.ClientRootArn != "":
		f.Require(certificatePattern.MatchString(v.ClientRootArn), "clientRootArn", "%q is not the ARN of a certificate in ACM; give the one that signed the clients'", v.ClientRootArn)
	default:
		f.Require(samlPattern.MatchString(v.SamlProviderArn), "samlProviderArn", "%q is not the ARN of an identity provider; write arn:aws:iam::ACCOUNT:saml-provider/NAME", v.SamlProviderArn)
	}
	f.Require(v.SessionHours == 8 || v.SessionHours == 10 || v.SessionHours == 12 || v.SessionHours == 24, "sessionHours",
		"%d is none of the lengths that AWS has; set 8, 10, 12 or 24", v.SessionHours)
	f.Require(retentionDays[v.LogDays], "logDays", "%d is not a time that CloudWatch Logs keeps things for; set for example 90, 180 or 365", v.LogDays)
}
