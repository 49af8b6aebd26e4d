package backup

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/backup"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// plan makes the plan and what it selects.
func (b *builder) plan(vault *backup.Vault, secondVault pulumi.StringOutput) (*backup.Plan, error) {
	s := b.args.Settings
	rule := backup.PlanRuleArgs{
		RuleName:         pulumi.String("daily"),
		TargetVaultName:  vault.Name,
		Schedule:         pulumi.String(s.Schedule),
		StartWindow:      pulumi.Int(s.StartMinutes),
		CompletionWindow: pulumi.Int(s.CompleteMinutes),
		Lifecycle:        backup.PlanRuleLifecycleArgs{DeleteAfter: pulumi.Int(s.RetentionDays)},
	}
	if b.args.copies() {
		rule.CopyActions = backup.PlanRuleCopyActionArray{backup.PlanRuleCopyActionArgs{
			DestinationVaultArn: secondVault,
			Lifecycle:           backup.PlanRuleCopyActionLifecycleArgs{DeleteAfter: pulumi.Int(s.CopyRetention)},
		}}
	}
	plan, err := backup.NewPlan(b.ctx, b.name+"-plan", &backup.PlanArgs{
		Name:  pulumi.String(b.args.Name("daily", longestName)),
		Rules: backup.PlanRuleArray{rule},
	}, b.parent)
	if err != nil {
		return nil, err
	}
	_, err = backup.NewSelection(b.ctx, b.name+"-selection", &backup.SelectionArgs{
		PlanId:     plan.ID(),
		IamRoleArn: b.role.Arn,
		Resources:  b.resources(),
	}, b.parent, pulumi.DependsOn(b.rights))
	if err != nil {
		return nil, fmt.Errorf("selection: %w", err)
	}
	return plan, nil
}

// resources are the ARNs of all that is backed up.
func (b *builder) resources() pulumi.StringArrayInput {
	if !b.args.Settings.Bucket {
		return b.args.DatabaseArns
	}
	return pulumi.All(b.args.DatabaseArns, b.args.BucketArn).ApplyT(func(parts []any) []string {
		return append(append([]string{}, parts[0].([]string)...), parts[1].(string))
	}).(pulumi.StringArrayOutput)
}

// restoreTest makes the plan that restores the latest recovery points, and what it restores.
func (b *builder) restoreTest(vault *backup.Vault) (*backup.RestoreTestingPlan, error) {
	t := b.args.Settings.RestoreTest
	plan, err := backup.NewRestoreTestingPlan(b.ctx, b.name+"-restore-test", &backup.RestoreTestingPlanArgs{
		Name:               pulumi.String(b.underscored("restore test")),
		ScheduleExpression: pulumi.String(t.Schedule),
		StartWindowHours:   pulumi.Int(t.StartHours),
		RecoveryPointSelection: backup.RestoreTestingPlanRecoveryPointSelectionArgs{
			Algorithm:           pulumi.String("LATEST_WITHIN_WINDOW"),
			IncludeVaults:       pulumi.StringArray{vault.Arn},
			RecoveryPointTypes:  pulumi.ToStringArray([]string{"SNAPSHOT"}),
			SelectionWindowDays: pulumi.Int(t.WindowDays),
		},
	}, b.parent)
	if err != nil {
		return nil, err
	}
	overrides := pulumi.StringMap{ // else AWS restores into the default VPC, which need not exist
		"dbSubnetGroupName":   b.args.SubnetGroupName,
		"multiAz":             pulumi.String("false"),
		"publiclyAccessible":  pulumi.String("false"),
		"vpcSecurityGroupIds": list(b.args.SecurityGroupId),
	}
	if t.InstanceClass != "" {
		overrides["dbInstanceClass"] = pulumi.String(t.InstanceClass)
	}
	err = b.restoreSelection(plan, "database", &backup.RestoreTestingSelectionArgs{
		ProtectedResourceType:    pulumi.String("RDS"),
		ProtectedResourceArns:    b.args.DatabaseArns,
		RestoreMetadataOverrides: overrides,
	})
	if err != nil || !t.Bucket {
		return plan, err
	}
	return plan, b.restoreSelection(plan, "bucket", &backup.RestoreTestingSelectionArgs{
		ProtectedResourceType: pulumi.String("S3"),
		ProtectedResourceArns: pulumi.StringArray{b.args.BucketArn},
	})
}

func (b *builder) restoreSelection(plan *backup.RestoreTestingPlan, part string, in *backup.RestoreTestingSelectionArgs) error {
	in.Name = pulumi.String(part)
	in.RestoreTestingPlanName = plan.Name
	in.IamRoleArn = b.role.Arn
	in.ValidationWindowHours = pulumi.Int(b.args.Settings.RestoreTest.ValidationHours)
	_, err := backup.NewRestoreTestingSelection(b.ctx, b.name+"-restore-test-"+part, in, b.parent, pulumi.DependsOn(b.rights),
		// The provider's update leaves the ARNs as they are: https://github.com/hashicorp/terraform-provider-aws/issues/48316.
		pulumi.ReplaceOnChanges([]string{"protectedResourceArns"}), pulumi.DeleteBeforeReplace(true))
	if err != nil {
		return fmt.Errorf("selection of the %s: %w", part, err)
	}
	return nil
}

// underscored returns a physical name in the alphabet of restore tests, which has no hyphen.
func (b *builder) underscored(part string) string {
	return strings.NewReplacer("-", "_", " ", "_").Replace(b.args.Name(part, longestName))
}

// list returns the JSON of a list with one element, as AWS wants security groups in restore metadata.
func list(one pulumi.StringInput) pulumi.StringOutput {
	return one.ToStringOutput().ApplyT(func(id string) (string, error) {
		text, err := json.Marshal([]string{id})
		return string(text), err
	}).(pulumi.StringOutput)
}

// pattern is what EventBridge matches events against.
type pattern struct {
	Source     []string      `json:"source"`
	DetailType []string      `json:"detail-type"`
	Detail     patternDetail `json:"detail"`
}

// patternDetail is the part about AWS Backup's jobs. Restore jobs call their state status.
type patternDetail struct {
	State  []string `json:"state,omitempty"`
	Status []string `json:"status,omitempty"`
}

// alerts send every job of the account and region that did not end well to the topic.
func (b *builder) alerts() error {
	for _, one := range []struct {
		part, description string
		match             pattern
	}{
		{"failed-jobs", "Backups and copies that did not end well", pattern{
			DetailType: []string{"Backup Job State Change", "Copy Job State Change"},
			Detail:     patternDetail{State: []string{"ABORTED", "EXPIRED", "FAILED", "PARTIAL"}},
		}},
		{"failed-restores", "Restores, and tests of them, that did not end well", pattern{
			DetailType: []string{"Restore Job State Change"},
			Detail:     patternDetail{Status: []string{"ABORTED", "FAILED"}},
		}},
	} {
		one.match.Source = []string{"aws.backup"}
		text, err := json.Marshal(one.match)
		if err != nil {
			return err
		}
		rule, err := cloudwatch.NewEventRule(b.ctx, b.name+"-"+one.part, &cloudwatch.EventRuleArgs{
			Description:  pulumi.String(one.description),
			EventPattern: pulumi.String(text),
		}, b.parent)
		if err != nil {
			return fmt.Errorf("%s: %w", one.part, err)
		}
		_, err = cloudwatch.NewEventTarget(b.ctx, b.name+"-"+one.part+"-target", &cloudwatch.EventTargetArgs{
			Rule: rule.Name,
			Arn:  b.args.TopicArn,
		}, b.parent)
		if err != nil {
			return fmt.Errorf("%s: target: %w", one.part, err)
		}
	}
	return nil
}
