package audit

import (
	"slices"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/accessanalyzer"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/guardduty"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/inspector2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	enabled           = "ENABLED"
	disabled          = "DISABLED"
	runtimeMonitoring = "RUNTIME_MONITORING"
)

// features are GuardDuty's plans that may help a stack of this kind.
var features = []string{"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", runtimeMonitoring, "EBS_MALWARE_PROTECTION", "LAMBDA_NETWORK_LOGS"}

// guardDuty is the detector with its plans, and the report of its findings.
func (b builder) guardDuty() error {
	s := b.args.Settings.GuardDuty
	if s.Mode == Off {
		return nil
	}
	if s.Mode == Create {
		detector, err := guardduty.NewDetector(b.ctx, b.name+"-guardduty", &guardduty.DetectorArgs{
			Enable:                     pulumi.Bool(true),
			FindingPublishingFrequency: pulumi.String(publishing[s.PublishingMinutes]),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return err
		}
		// All are stated: a new detector has most of them on, and one that is no longer registered stays as it was.
		for _, feature := range features {
			status := disabled
			if slices.Contains(s.Features, feature) {
				status = enabled
			}
			if _, err := guardduty.NewDetectorFeature(b.ctx, b.name+"-guardduty-"+feature, &guardduty.DetectorFeatureArgs{
				DetectorId: detector.ID(), Name: pulumi.String(feature), Status: pulumi.String(status),
				AdditionalConfigurations: agents(feature, status),
			}, pulumi.Parent(b.parent)); err != nil {
				return err
			}
		}
	}
	return b.report("guardduty", "GuardDuty has found a threat.", pattern{
		Source: []string{"aws.guardduty"}, DetailType: []string{"GuardDuty Finding"},
		Detail: detail{Severity: []numeric{{Numeric: []any{">=", s.MinimumSeverity}}}},
	})
}

// agents lets GuardDuty run its agent beside the tasks, for the one plan that needs it.
func agents(feature, status string) guardduty.DetectorFeatureAdditionalConfigurationArray {
	if feature != runtimeMonitoring {
		return nil
	}
	return guardduty.DetectorFeatureAdditionalConfigurationArray{guardduty.DetectorFeatureAdditionalConfigurationArgs{
		Name: pulumi.String("ECS_FARGATE_AGENT_MANAGEMENT"), Status: pulumi.String(status),
	}}
}

// accessAnalyzer is the analyzer, and the report of its findings. An account has one per region, so that a replacement has
// to delete the old one first.
func (b builder) accessAnalyzer() error {
	mode := b.args.Settings.AccessAnalyzer.Mode
	if mode == Off {
		return nil
	}
	if mode == Create {
		if _, err := accessanalyzer.NewAnalyzer(b.ctx, b.name+"-analyzer", &accessanalyzer.AnalyzerArgs{
			AnalyzerName: pulumi.String(b.args.Name("analyzer", 255)),
			Type:         pulumi.String("ACCOUNT"),
		}, pulumi.Parent(b.parent), pulumi.DeleteBeforeReplace(true)); err != nil {
			return err
		}
	}
	return b.report("analyzer", "Access Analyzer has found something that is reachable from outside the account.", pattern{
		Source: []string{"aws.access-analyzer"}, DetailType: []string{"Access Analyzer Finding"},
		Detail: detail{Status: []string{"ACTIVE"}},
	})
}

// inspector scans the images of ECR, and the report of its findings.
func (b builder) inspector() error {
	mode := b.args.Settings.Inspector.Mode
	if mode == Off {
		return nil
	}
	if mode == Create {
		if _, err := inspector2.NewEnabler(b.ctx, b.name+"-inspector", &inspector2.EnablerArgs{
			AccountIds: pulumi.StringArray{pulumi.String(b.args.Account)}, ResourceTypes: pulumi.StringArray{pulumi.String("ECR")},
		}, pulumi.Parent(b.parent)); err != nil {
			return err
		}
	}
	return b.report("inspector", "Inspector has found a vulnerability in an image.", pattern{
		Source: []string{"aws.inspector2"}, DetailType: []string{"Inspector2 Finding"},
		Detail: detail{Status: []string{"ACTIVE"}, Severity: []string{"HIGH", "CRITICAL"}},
	})
}
