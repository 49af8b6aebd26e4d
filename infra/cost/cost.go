package cost

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/budgets"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/costexplorer"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the component's type.
const Token = "tasktracker:cost:Cost"

// Args is the budget and who hears of it.
type Args struct {
	place.Scope
	Settings Settings

	TopicArn pulumi.StringInput // its policy lets budgets and costalerts.amazonaws.com publish
}

// Cost is the budget and the anomaly monitor.
type Cost struct {
	pulumi.ResourceState

	BudgetName pulumi.StringOutput
}

// Validate returns all that is wrong with the settings and the wiring, a line each.
func (a Args) Validate() error {
	var all fault.Set
	f := all.At("cost")
	a.Settings.Validate(f)
	f.Require(a.TopicArn != nil, "topicArn", "is not wired; pass foundation's TopicArn")
	f.Require(a.NamePrefix != "", "namePrefix", "is empty, and the budget is named after it; pass the stack's place.Scope")
	return all.Err()
}

// New registers the budget, the anomaly monitor with its subscriptions, and the tags that billing is to know.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Cost, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Cost{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("cost: %w", err)
	}
	b := builder{ctx: ctx, name: name, args: args, parent: c}
	budget, err := b.budget()
	if err != nil {
		return nil, fmt.Errorf("cost: budget: %w", err)
	}
	if err := b.anomalies(); err != nil {
		return nil, fmt.Errorf("cost: anomalies: %w", err)
	}
	if err := b.tags(); err != nil {
		return nil, fmt.Errorf("cost: allocation tags: %w", err)
	}
	c.BudgetName = budget.Name
	if err := ctx.RegisterResourceOutputs(c, pulumi.Map{"budgetName": c.BudgetName}); err != nil {
		return nil, fmt.Errorf("cost: outputs: %w", err)
	}
	return c, nil
}

// builder registers the parts of one component.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent pulumi.Resource
}

// budget is what a month may cost. Credits are left out: they hide what the stack costs until the day that they end.
func (b builder) budget() (*budgets.Budget, error) {
	s := b.args.Settings
	emails := pulumi.ToStringArray(s.Emails)
	alert := func(kind string, percent float64) budgets.BudgetNotificationArgs {
		return budgets.BudgetNotificationArgs{
			NotificationType: pulumi.String(kind), ComparisonOperator: pulumi.String("GREATER_THAN"),
			Threshold: pulumi.Float64(percent), ThresholdType: pulumi.String("PERCENTAGE"),
			SubscriberSnsTopicArns: pulumi.StringArray{b.args.TopicArn}, SubscriberEmailAddresses: emails,
		}
	}
	alerts := budgets.BudgetNotificationArray{alert("ACTUAL", s.AlertPercent)}
	if s.AlertPercent != 100 {
		alerts = append(alerts, alert("ACTUAL", 100))
	}
	alerts = append(alerts, alert("FORECASTED", s.ForecastPercent))
	args := &budgets.BudgetArgs{
		Name:          pulumi.String(b.args.Name("monthly", 100)),
		BudgetType:    pulumi.String("COST"),
		TimeUnit:      pulumi.String("MONTHLY"),
		LimitAmount:   pulumi.String(strconv.FormatFloat(s.MonthlyUSD, 'f', -1, 64)),
		LimitUnit:     pulumi.String("USD"),
		Notifications: alerts,
		CostTypes:     budgets.BudgetCostTypesArgs{IncludeCredit: pulumi.Bool(false), IncludeRefund: pulumi.Bool(false)},
	}
	if s.FilterTag != "" {
		args.CostFilters = budgets.BudgetCostFilterArray{budgets.BudgetCostFilterArgs{
			Name: pulumi.String("TagKeyValue"), Values: pulumi.StringArray{pulumi.String("user:" + s.FilterTag + "$" + s.FilterValue)},
		}}
	}
	return budgets.NewBudget(b.ctx, b.name+"-budget", args, pulumi.Parent(b.parent))
}

// anomalies watches every service's costs. AWS takes a topic with IMMEDIATE only, and addresses with DAILY only.
func (b builder) anomalies() error {
	s := b.args.Settings
	if s.Anomalies.Mode == Off {
		return nil
	}
	monitor := pulumi.String(s.Anomalies.MonitorArn).ToStringOutput()
	if s.Anomalies.Mode == Create {
		made, err := costexplorer.NewAnomalyMonitor(b.ctx, b.name+"-anomalies", &costexplorer.AnomalyMonitorArgs{
			Name: pulumi.String(b.args.Name("services", 50)), MonitorType: pulumi.String("DIMENSIONAL"), MonitorDimension: pulumi.String("SERVICE"),
		}, pulumi.Parent(b.parent))
		if err != nil {
			return err
		}
		monitor = made.Arn
	}
	subscribe := func(part, frequency string, who costexplorer.AnomalySubscriptionSubscriberArray) error {
		_, err := costexplorer.NewAnomalySubscription(b.ctx, b.name+"-"+part, &costexplorer.AnomalySubscriptionArgs{
			Name: pulumi.String(b.args.Name(part, 50)), Frequency: pulumi.String(frequency),
			MonitorArnLists: pulumi.StringArray{monitor}, Subscribers: who, ThresholdExpression: b.impact(),
		}, pulumi.Parent(b.parent))
		return err
	}
	topic := costexplorer.AnomalySubscriptionSubscriberArgs{Type: pulumi.String("SNS"), Address: b.args.TopicArn}
	if err := subscribe("anomalies-topic", "IMMEDIATE", costexplorer.AnomalySubscriptionSubscriberArray{topic}); err != nil {
		return err
	}
	var people costexplorer.AnomalySubscriptionSubscriberArray
	for _, address := range slices.Sorted(slices.Values(s.Emails)) {
		people = append(people, costexplorer.AnomalySubscriptionSubscriberArgs{Type: pulumi.String("EMAIL"), Address: pulumi.String(address)})
	}
	if len(people) == 0 {
		return nil
	}
	return subscribe("anomalies-mail", "DAILY", people)
}

// impact is what an anomaly must cost to be reported.
func (b builder) impact() costexplorer.AnomalySubscriptionThresholdExpressionArgs {
	amount := strconv.FormatFloat(b.args.Settings.Anomalies.ImpactUSD, 'f', -1, 64)
	return costexplorer.AnomalySubscriptionThresholdExpressionArgs{
		Dimension: costexplorer.AnomalySubscriptionThresholdExpressionDimensionArgs{
			Key: pulumi.String("ANOMALY_TOTAL_IMPACT_ABSOLUTE"), MatchOptions: pulumi.StringArray{pulumi.String("GREATER_THAN_OR_EQUAL")},
			Values: pulumi.StringArray{pulumi.String(amount)},
		},
	}
}

// tags makes tags known to billing.
func (b builder) tags() error {
	for _, key := range b.args.Settings.AllocationTags {
		if _, err := costexplorer.NewCostAllocationTag(b.ctx, b.name+"-tag-"+key, &costexplorer.CostAllocationTagArgs{
			TagKey: pulumi.String(key), Status: pulumi.String("Active"),
		}, pulumi.Parent(b.parent)); err != nil {
			return err
		}
	}
	return nil
}
