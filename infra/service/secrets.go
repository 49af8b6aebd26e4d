package service

import (
	"encoding/json"
	"fmt"
	"net"
	"net/url"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bootstrapLength is how many letters and digits a generated secret has: 190 bits.
const bootstrapLength = 32

// secrets are those that the service brings itself.
type secrets struct {
	bootstrap pulumi.StringOutput // ARN, "" where there is none
	replica   pulumi.StringOutput // ARN, "" where there is none
	value     pulumi.StringOutput // what tasks get of the replica: its secret in the version that is current, "" where there is none
	versions  []pulumi.Resource   // without them, ECS finds no value
}

// secrets registers the bootstrap secret, where it is to be generated, and the URL of the replica, where there is one.
func (b *build) secrets() (*secrets, error) {
	s := &secrets{bootstrap: pulumi.String("").ToStringOutput(), replica: pulumi.String("").ToStringOutput(), value: pulumi.String("").ToStringOutput()}
	switch b.args.Settings.BootstrapSecret {
	case BootstrapNone:
	case BootstrapGenerated:
		value := secretsmanager.GetRandomPasswordOutput(b.ctx, secretsmanager.GetRandomPasswordOutputArgs{
			ExcludePunctuation: pulumi.Bool(true), PasswordLength: pulumi.Int(bootstrapLength),
		}, pulumi.Parent(b.parent))
		// Each run makes up another value. Changes are ignored, so that the first one stays.
		arn, version, err := b.secret("bootstrap", "The secret with which the first account is made.",
			pulumi.ToSecret(value.RandomPassword()).(pulumi.StringOutput), pulumi.IgnoreChanges([]string{"secretString"}))
		if err != nil {
			return nil, err
		}
		s.bootstrap, s.versions = arn, append(s.versions, version)
	default:
		s.bootstrap = pulumi.String(b.args.Settings.BootstrapSecret).ToStringOutput()
	}
	if b.args.Database.Replicas > 0 {
		arn, version, err := b.secret("replica", "URL of the read replica, with the application's login.", b.replicaURL())
		if err != nil {
			return nil, err
		}
		s.replica, s.versions = arn, append(s.versions, version)
		s.value = pulumi.Sprintf("%s:::%s", arn, version.VersionId)
	}
	return s, nil
}

// secret registers a secret with a value and returns its ARN and version. A deleted secret keeps its name for a while,
// so names end in a suffix that AWS's provider draws.
func (b *build) secret(part, description string, value pulumi.StringOutput, opts ...pulumi.ResourceOption) (
	pulumi.StringOutput, *secretsmanager.SecretVersion, error,
) {
	one, err := secretsmanager.NewSecret(b.ctx, b.name+"-"+part, &secretsmanager.SecretArgs{
		NamePrefix:           pulumi.String(b.args.NamePrefix + "-" + part + "-"),
		Description:          pulumi.String(description),
		KmsKeyId:             b.args.KeyArn.ToStringOutput().ToStringPtrOutput(),
		RecoveryWindowInDays: pulumi.Int(7),
	}, b.child())
	if err != nil {
		return pulumi.StringOutput{}, nil, fmt.Errorf("%s secret: %w", part, err)
	}
	version, err := secretsmanager.NewSecretVersion(b.ctx, b.name+"-"+part+"-value", &secretsmanager.SecretVersionArgs{
		SecretId: one.ID(), SecretString: value,
	}, append(opts, b.child())...)
	if err != nil {
		return pulumi.StringOutput{}, nil, fmt.Errorf("%s secret's value: %w", part, err)
	}
	return one.Arn, version, nil
}

// login is the application's secret.
type login struct {
	Port     json.Number `json:"port"`
	Name     string      `json:"name"`
	Username string      `json:"username"`
	Password string      `json:"password"`
}

// replicaURL returns the URL of the first replica, secret: the application takes a URL, so the login has to stand in it.
// The login comes from the state, for a role that previews may not read secrets.
func (b *build) replicaURL() pulumi.StringOutput {
	d := b.args.Database
	return pulumi.ToSecret(pulumi.All(d.AppSecretValue, d.ReplicaAddresses).ApplyT(func(v []any) (string, error) {
		return replicaURL(v[0].(string), v[1].([]string))
	})).(pulumi.StringOutput)
}

// replicaURL puts the URL together from the application's secret and the replicas' addresses. Its errors hold no secret.
func replicaURL(text string, addresses []string) (string, error) {
	var l login
	if err := json.Unmarshal([]byte(text), &l); err != nil || l.Username == "" || l.Password == "" || l.Name == "" {
		return "", fmt.Errorf("replica: the application's secret is no JSON object with name, username and password; write it anew")
	}
	if len(addresses) == 0 {
		return "", fmt.Errorf("replica: the database has no replica's address although replicas are set; run the update again with --refresh")
	}
	port, err := strconv.Atoi(l.Port.String())
	if err != nil {
		port = 3306
	}
	u := url.URL{Scheme: "mysql", User: url.UserPassword(l.Username, l.Password), Host: net.JoinHostPort(addresses[0], strconv.Itoa(port)), Path: "/" + l.Name}
	return u.String(), nil
}
