package database

import (
	"encoding/json"
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Login is the JSON of the master's secret, as RDS writes it too.
type Login struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

// AppLogin is the JSON of the application's secret, whose parts become the service's environment.
type AppLogin struct {
	Host     string `json:"host"`
	Port     string `json:"port"`
	Name     string `json:"name"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// random draws 32 letters and digits. Every run draws anew, so whoever stores them ignores changes.
func (b *builder) random() pulumi.StringOutput {
	drawn := secretsmanager.GetRandomPasswordOutput(b.ctx, secretsmanager.GetRandomPasswordOutputArgs{
		PasswordLength:          pulumi.Int(32),
		ExcludePunctuation:      pulumi.Bool(true),
		RequireEachIncludedType: pulumi.Bool(true),
	}, b.parent)
	return drawn.RandomPassword()
}

// secret makes a secret and one version of it. A destroyed secret keeps its name for a while, so names end in a suffix
// that AWS's provider draws.
func (b *builder) secret(part, versionPart, description string, value pulumi.StringOutput, opts ...pulumi.ResourceOption) (*secretsmanager.SecretVersion, error) {
	s, err := secretsmanager.NewSecret(b.ctx, b.name+"-"+part, &secretsmanager.SecretArgs{
		NamePrefix:           pulumi.String(b.args.NamePrefix + "-db-" + part + "-"),
		Description:          pulumi.String(description),
		KmsKeyId:             b.args.KeyArn.ToStringOutput(),
		RecoveryWindowInDays: pulumi.Int(b.args.Settings.SecretRecoveryDays),
	}, b.parent)
	if err != nil {
		return nil, fmt.Errorf("secret: %w", err)
	}
	v, err := secretsmanager.NewSecretVersion(b.ctx, b.name+"-"+versionPart, &secretsmanager.SecretVersionArgs{
		SecretId:     s.ID(),
		SecretString: pulumi.ToSecret(value).(pulumi.StringOutput),
	}, append(opts, b.parent)...)
	if err != nil {
		return nil, fmt.Errorf("version: %w", err)
	}
	return v, nil
}

// drawnSecret makes a secret with a login whose password is drawn when the version is made, and stays.
func (b *builder) drawnSecret(part, versionPart, description, user string) (*secretsmanager.SecretVersion, error) {
	value := b.random().ApplyT(func(password string) (string, error) {
		return encode(Login{Username: user, Password: password})
	}).(pulumi.StringOutput)
	return b.secret(part, versionPart, description, value, pulumi.IgnoreChanges([]string{"secretString"}))
}

// password is the one that a version holds, whatever was drawn in this run.
func password(v *secretsmanager.SecretVersion) pulumi.StringOutput {
	return stored(v).ApplyT(func(text string) (string, error) {
		var login Login
		if err := json.Unmarshal([]byte(text), &login); err != nil {
			return "", fmt.Errorf("the secret's stored value: %w", err)
		}
		return login.Password, nil
	}).(pulumi.StringOutput)
}

// stored is the text of a version, secret.
func stored(v *secretsmanager.SecretVersion) pulumi.StringOutput {
	return pulumi.ToSecret(v.SecretString.ApplyT(func(text *string) (string, error) {
		if text == nil {
			return "", errNoVersion
		}
		return *text, nil
	})).(pulumi.StringOutput)
}

// masterSecret makes the secret of instance n's master and hands its password to the instance. It returns the ARN.
func (b *builder) masterSecret(n int, in *rds.InstanceArgs) (pulumi.StringOutput, error) {
	part := "master" + suffix(n)
	v, err := b.drawnSecret(part, part+"-version", "Master login of the database, for migrations", MasterUser)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	in.Password = password(v)
	return v.Arn, nil
}

// managedSecret is the ARN of the secret that RDS keeps.
func managedSecret(i *rds.Instance) pulumi.StringOutput {
	return i.MasterUserSecrets.ApplyT(func(all []rds.InstanceMasterUserSecret) string {
		if len(all) == 0 || all[0].SecretArn == nil {
			return "" // between turning "managed" on and the instance's next reading
		}
		return *all[0].SecretArn
	}).(pulumi.StringOutput)
}

// appSecret makes the secret that the service reads: the password that was drawn once, and where the database is now.
func (b *builder) appSecret(serving generation) (*secretsmanager.SecretVersion, error) {
	version := "app-password-version"
	if n := b.args.Settings.AppPassword; n > 1 {
		version += fmt.Sprintf("-%d", n)
	}
	drawn, err := b.drawnSecret("app-password", version, "Password of the application's database user, as it was drawn", AppUser)
	if err != nil {
		return nil, fmt.Errorf("password: %w", err)
	}
	value := pulumi.All(serving.instance.Address, serving.instance.Port, password(drawn)).ApplyT(func(parts []any) (string, error) {
		return encode(AppLogin{
			Host: parts[0].(string), Port: fmt.Sprint(parts[1].(int)), Name: DatabaseName, Username: AppUser, Password: parts[2].(string),
		})
	}).(pulumi.StringOutput)
	return b.secret("app", "app-version", "Where the service finds the database, and its login there", value)
}

func encode(v any) (string, error) {
	text, err := json.Marshal(v)
	return string(text), err
}
