package foundation

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/kms"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/iampolicy"
)

// key is a key to be made.
type key struct {
	part        string
	description string
	policy      iampolicy.Document
	options     []pulumi.ResourceOption
}

// keys registers the keys, each with its policy and an alias.
func (b builder) keys() error {
	scope, c := b.args.Scope, b.parent
	made := []struct {
		key
		arn *pulumi.StringOutput
	}{
		{key{"data", "Data at rest: database, secrets, objects, images, backups, trail", dataKeyPolicy(scope), nil}, &c.DataKeyArn},
		{key{"logs", "Log groups", logsKeyPolicy(scope), nil}, &c.LogsKeyArn},
		{key{"alerts", "Messages of the alert topic", alertsKeyPolicy(scope), nil}, &c.AlertsKeyArn},
	}
	for _, m := range made {
		arn, err := b.key(m.key)
		if err != nil {
			return fmt.Errorf("%s: %w", m.part, err)
		}
		*m.arn = arn
	}
	c.RecoveryKeyArn = pulumi.String("").ToStringOutput()
	if !b.args.Recovery.Set() {
		return nil
	}
	arn, err := b.key(key{
		"recovery", "Copies of the data of " + scope.Region, recoveryKeyPolicy(scope),
		[]pulumi.ResourceOption{pulumi.Provider(b.args.Recovery.Provider)},
	})
	if err != nil {
		return fmt.Errorf("recovery: %w", err)
	}
	c.RecoveryKeyArn = arn
	return nil
}

// key registers one key and its alias, and returns its ARN.
func (b builder) key(k key) (pulumi.StringOutput, error) {
	name := b.name + "-" + k.part + "-key"
	made, err := kms.NewKey(b.ctx, name, &kms.KeyArgs{
		Description:          pulumi.String(b.args.NamePrefix + ": " + k.description),
		EnableKeyRotation:    pulumi.Bool(true),
		DeletionWindowInDays: pulumi.Int(b.args.Settings.KeyDeletionDays),
		Policy:               pulumi.String(k.policy.JSON()),
	}, b.options(append(k.options, b.keep())...)...)
	if err != nil {
		return pulumi.StringOutput{}, err
	}
	_, err = kms.NewAlias(b.ctx, name+"-alias", &kms.AliasArgs{
		Name:        pulumi.String("alias/" + b.args.Name(k.part, 250)),
		TargetKeyId: made.KeyId,
	}, b.options(k.options...)...)
	if err != nil {
		return pulumi.StringOutput{}, fmt.Errorf("alias: %w", err)
	}
	return made.Arn, nil
}
