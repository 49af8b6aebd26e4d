package edge

import (
	"reflect"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// What follows mirrors the inputs and outputs of three types of github.com/pulumi/pulumi-aws/sdk/v6 v6.83.2, package wafv2,
// as far as they are used here; names and tags are the provider's.

// sdkVersion is the plugin's version that the resources ask for, as the SDK's own do. It goes with go.mod.
const sdkVersion = "6.83.2"

const (
	webACLType            = "aws:wafv2/webAcl:WebAcl"
	webACLAssociationType = "aws:wafv2/webAclAssociation:WebAclAssociation"
	webACLLoggingType     = "aws:wafv2/webAclLoggingConfiguration:WebAclLoggingConfiguration"
)

// webACL is a firewall.
type webACL struct {
	pulumi.CustomResourceState

	Arn  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"`
}

// webACLArgs are its inputs, all plain: none of them is another resource's output.
type webACLArgs struct {
	Name             string           `pulumi:"name"`
	Description      string           `pulumi:"description"`
	Scope            string           `pulumi:"scope"` // REGIONAL for a load balancer
	DefaultAction    webACLAction     `pulumi:"defaultAction"`
	Rules            []webACLRule     `pulumi:"rules"`
	VisibilityConfig webACLVisibility `pulumi:"visibilityConfig"`
}

// ElementType makes the struct an input.
func (webACLArgs) ElementType() reflect.Type { return reflect.TypeFor[webACLArgs]() }

// webACLRule has Action for a statement of ours, OverrideAction for a managed group, never both.
type webACLRule struct {
	Name             string           `pulumi:"name"`
	Priority         int              `pulumi:"priority"`
	Action           *webACLAction    `pulumi:"action"`
	OverrideAction   *webACLAction    `pulumi:"overrideAction"`
	Statement        webACLStatement  `pulumi:"statement"`
	VisibilityConfig webACLVisibility `pulumi:"visibilityConfig"`
}

// webACLAction has exactly one of its fields set.
type webACLAction struct {
	Allow *struct{}    `pulumi:"allow"`
	Count *struct{}    `pulumi:"count"`
	None  *struct{}    `pulumi:"none"` // of an override: as the group says
	Block *webACLBlock `pulumi:"block"`
}

type webACLBlock struct {
	CustomResponse *webACLResponse `pulumi:"customResponse"`
}

type webACLResponse struct {
	ResponseCode int `pulumi:"responseCode"`
}

// webACLStatement has exactly one of its fields set.
type webACLStatement struct {
	ManagedRuleGroupStatement *managedRuleGroup `pulumi:"managedRuleGroupStatement"`
	RateBasedStatement        *rateBased        `pulumi:"rateBasedStatement"`
}

type managedRuleGroup struct {
	Name                string               `pulumi:"name"`
	VendorName          string               `pulumi:"vendorName"`
	RuleActionOverrides []ruleActionOverride `pulumi:"ruleActionOverrides"`
}

type ruleActionOverride struct {
	Name        string       `pulumi:"name"`
	ActionToUse webACLAction `pulumi:"actionToUse"`
}

type rateBased struct {
	AggregateKeyType    string `pulumi:"aggregateKeyType"`
	EvaluationWindowSec int    `pulumi:"evaluationWindowSec"` // seconds
	Limit               int    `pulumi:"limit"`               // requests in that time
}

type webACLVisibility struct {
	CloudwatchMetricsEnabled bool   `pulumi:"cloudwatchMetricsEnabled"`
	MetricName               string `pulumi:"metricName"`
	SampledRequestsEnabled   bool   `pulumi:"sampledRequestsEnabled"`
}

// webACLAssociation puts a firewall in front of a load balancer.
type webACLAssociation struct {
	pulumi.CustomResourceState
}

type webACLAssociationArgs struct {
	ResourceArn pulumi.StringInput
	WebAclArn   pulumi.StringInput
}

type webACLAssociationInputs struct {
	ResourceArn string `pulumi:"resourceArn"`
	WebAclArn   string `pulumi:"webAclArn"`
}

// ElementType makes the struct an input.
func (webACLAssociationArgs) ElementType() reflect.Type {
	return reflect.TypeFor[webACLAssociationInputs]()
}

// webACLLogging writes a firewall's log.
type webACLLogging struct {
	pulumi.CustomResourceState
}

type webACLLoggingArgs struct {
	ResourceArn           pulumi.StringInput
	LogDestinationConfigs pulumi.StringArrayInput // one, AWS takes no more
	RedactedFields        []redactedField
	LoggingFilter         *loggingFilter
}

type webACLLoggingInputs struct {
	ResourceArn           string          `pulumi:"resourceArn"`
	LogDestinationConfigs []string        `pulumi:"logDestinationConfigs"`
	RedactedFields        []redactedField `pulumi:"redactedFields"`
	LoggingFilter         *loggingFilter  `pulumi:"loggingFilter"`
}

// ElementType makes the struct an input.
func (webACLLoggingArgs) ElementType() reflect.Type { return reflect.TypeFor[webACLLoggingInputs]() }

type redactedField struct {
	SingleHeader redactedHeader `pulumi:"singleHeader"`
}

type redactedHeader struct {
	Name string `pulumi:"name"`
}

type loggingFilter struct {
	DefaultBehavior string          `pulumi:"defaultBehavior"` // KEEP, DROP
	Filters         []logFilterRule `pulumi:"filters"`
}

type logFilterRule struct {
	Behavior    string         `pulumi:"behavior"`    // KEEP, DROP
	Requirement string         `pulumi:"requirement"` // MEETS_ANY, MEETS_ALL
	Conditions  []logCondition `pulumi:"conditions"`
}

type logCondition struct {
	ActionCondition logAction `pulumi:"actionCondition"`
}

type logAction struct {
	Action string `pulumi:"action"` // BLOCK, COUNT, EXCLUDED_AS_COUNT and others
}
