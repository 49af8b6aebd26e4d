package database

import (
	"fmt"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/rds"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// events sends what happens to instances, parameter group and security groups to the topic. AWS takes no ids of
// security groups in a VPC, so the last subscription hears of the whole account's.
func (b *builder) events(generations []generation, replicas []*rds.Instance) error {
	var instances pulumi.StringArray
	for _, g := range generations {
		instances = append(instances, g.instance.Identifier)
	}
	for _, r := range replicas {
		instances = append(instances, r.Identifier)
	}
	for _, one := range []struct {
		part, source string
		ids          pulumi.StringArrayInput
		categories   []string
	}{
		{"instance-events", "db-instance", instances, []string{
			"availability", "configuration change", "deletion", "failover", "failure", "low storage", "maintenance", "notification",
			"read replica", "recovery", "restoration",
		}},
		{"parameter-events", "db-parameter-group", pulumi.StringArray{b.parameters.Name}, []string{"configuration change"}},
		{"security-events", "db-security-group", nil, []string{"configuration change", "failure"}},
	} {
		_, err := rds.NewEventSubscription(b.ctx, b.name+"-"+one.part, &rds.EventSubscriptionArgs{
			SnsTopic:        b.args.TopicArn,
			SourceType:      pulumi.String(one.source),
			SourceIds:       one.ids,
			EventCategories: pulumi.ToStringArray(one.categories),
			Enabled:         pulumi.Bool(true),
		}, b.parent)
		if err != nil {
			return fmt.Errorf("%s: %w", one.part, err)
		}
	}
	return nil
}

// replicateBackups has AWS copy the automated backups of every generation to the second region, where there is one.
func (b *builder) replicateBackups(generations []generation) error {
	if !b.args.Recovery.Set() || !b.args.Settings.Recovery.ReplicateBackups {
		return nil
	}
	for _, g := range generations {
		// Deleted first: AWS ends a replication by its source, so deleting the old one second would end the new one.
		_, err := rds.NewInstanceAutomatedBackupsReplication(b.ctx, b.name+"-backup-replication"+suffix(g.number), &rds.InstanceAutomatedBackupsReplicationArgs{
			SourceDbInstanceArn: g.instance.Arn,
			KmsKeyId:            b.args.Recovery.KeyArn.ToStringOutput(),
			RetentionPeriod:     pulumi.Int(b.args.Settings.Recovery.RetentionDays),
		}, b.parent, pulumi.Provider(b.args.Recovery.Provider), pulumi.DeleteBeforeReplace(true))
		if err != nil {
			return fmt.Errorf("generation %d: %w", g.number, err)
		}
	}
	return nil
}
