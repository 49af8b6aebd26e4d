package audit

import (
	"encoding/json"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/cloudwatch"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// pattern is what an EventBridge rule lets through.
// Source: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-patterns.html.
type pattern struct {
	Source     []string `json:"source"`
	DetailType []string `json:"detail-type"`
	Detail     detail   `json:"detail"`
}

type detail struct {
	Status   []string `json:"status,omitempty"`
	Severity any      `json:"severity,omitempty"` // []numeric or []string: services say it either way
}

// numeric holds a number against a bound: [">=", 7].
type numeric struct {
	Numeric []any `json:"numeric"`
}

// report sends the events that a pattern lets through to the alert topic. What is found in an account is of one region.
func (b builder) report(part, description string, p pattern) error {
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	rule, err := cloudwatch.NewEventRule(b.ctx, b.name+"-"+part+"-findings", &cloudwatch.EventRuleArgs{
		Name:         pulumi.String(b.args.Name(part+"-findings", 64)),
		Description:  pulumi.String(description),
		EventPattern: pulumi.String(string(text)),
	}, pulumi.Parent(b.parent))
	if err != nil {
		return err
	}
	_, err = cloudwatch.NewEventTarget(b.ctx, b.name+"-"+part+"-topic", &cloudwatch.EventTargetArgs{
		Rule: rule.Name, Arn: b.args.TopicArn, TargetId: pulumi.String("alerts"),
	}, pulumi.Parent(b.parent))
	return err
}
