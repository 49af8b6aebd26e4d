package foundation

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

// settings are the defaults, with an address to alert.
func settings() Settings {
	return Settings{
		AlertEmails: []string{"oncall@example.com"}, AppLogDays: 30, AuditLogDays: 365, LogBucketDays: 365,
		KeyDeletionDays: 30, DeletionProtection: true,
	}
}

// run registers a foundation, in two regions where recovery is set.
func run(t *testing.T, recovery bool, options ...infratest.Option) (*infratest.Recorder, *outputs) {
	t.Helper()
	got := &outputs{values: map[string]string{}}
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		args := Args{Scope: infratest.Scope(), Settings: settings()}
		if recovery {
			provider, err := aws.NewProvider(ctx, "recovery", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
			if err != nil {
				return err
			}
			args.Recovery = place.Recovery{Region: "us-west-2", Provider: provider}
		}
		f, err := New(ctx, "foundation", args)
		if err != nil {
			return err
		}
		got.add("data", f.DataKeyArn)
		got.add("recovery", f.RecoveryKeyArn)
		got.add("app", f.AppLogGroup.Name)
		got.add("waf", f.WafLogGroup.Name)
		got.add("topic", f.TopicArn)
		got.add("bucket", f.LogBucketName)
		got.add("bucketArn", f.LogBucketArn)
		return nil
	}, options...)
	return r, got
}

func TestEveryKeyRotatesAndIsKept(t *testing.T) {
	t.Parallel()
	r, _ := run(t, true)
	keys := r.OfType("aws:kms/key:Key")
	if len(keys) != 4 {
		t.Fatalf("there are %d keys, want 4", len(keys))
	}
	for _, key := range keys {
		if key.String("enableKeyRotation") != "true" || key.String("deletionWindowInDays") != "30" || !key.Protect {
			t.Errorf("%s: rotation %q, window %q, protected %t", key.Name, key.String("enableKeyRotation"), key.String("deletionWindowInDays"), key.Protect)
		}
		alias := r.One(t, "aws:kms/alias:Alias", key.Name+"-alias")
		if want := key.Name + "-keyId"; alias.String("targetKeyId") != want {
			t.Errorf("%s stands for %q, want %q", alias.Name, alias.String("targetKeyId"), want)
		}
		if alias.Provider != key.Provider {
			t.Errorf("%s: the alias comes from %q, the key from %q", key.Name, alias.Provider, key.Provider)
		}
		there := strings.Contains(key.Provider, "::recovery::")
		if want := key.Name == "foundation-recovery-key"; there != want {
			t.Errorf("%s: in the second region: %t, want %t", key.Name, there, want)
		}
	}
	if got := r.One(t, "aws:kms/alias:Alias", "foundation-data-key-alias").String("name"); got != "alias/task-tracker-data" {
		t.Errorf("the data key is called %q", got)
	}
}

func TestLogGroups(t *testing.T) {
	t.Parallel()
	r, _ := run(t, false)
	got := map[string]string{}
	for _, group := range r.OfType("aws:cloudwatch/logGroup:LogGroup") {
		got[group.String("name")] = group.String("retentionInDays")
		if !strings.Contains(group.String("kmsKeyId"), "foundation-logs-key") {
			t.Errorf("%s is encrypted with %q", group.Name, group.String("kmsKeyId"))
		}
	}
	want := map[string]string{
		"/ecs/task-tracker": "30", "/vpc/task-tracker/flow": "365", "aws-waf-logs-task-tracker": "365", "/cloudtrail/task-tracker": "365",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("name and days (-want +got):\n%s", diff)
	}
}

func TestTopic(t *testing.T) {
	t.Parallel()
	r, _ := run(t, false)
	topic := r.One(t, "aws:sns/topic:Topic", "foundation-alerts")
	if got := topic.String("name"); got != "task-tracker-alerts" {
		t.Errorf("the topic is called %q; its policies say task-tracker-alerts", got)
	}
	if !strings.Contains(topic.String("kmsMasterKeyId"), "foundation-alerts-key") {
		t.Errorf("the topic is encrypted with %q", topic.String("kmsMasterKeyId"))
	}
	reader := r.One(t, "aws:sns/topicSubscription:TopicSubscription", "foundation-alerts-oncall@example.com")
	if reader.String("protocol") != "email" || reader.String("endpoint") != "oncall@example.com" {
		t.Errorf("the reader is %v", reader.Inputs)
	}
}

func TestLogBucket(t *testing.T) {
	t.Parallel()
	r, _ := run(t, false)
	bucket := r.One(t, "aws:s3/bucketV2:BucketV2", "foundation-log-bucket")
	if got := bucket.String("bucket"); got != "task-tracker-logs-123456789012" {
		t.Errorf("the bucket is called %q", got)
	}
	if !bucket.Protect || bucket.String("forceDestroy") != "false" {
		t.Errorf("protected %t, forceDestroy %s", bucket.Protect, bucket.String("forceDestroy"))
	}
	for _, check := range []struct{ typ, part, path, want string }{
		{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "public-access", "blockPublicAcls", "true"},
		{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "public-access", "blockPublicPolicy", "true"},
		{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "public-access", "ignorePublicAcls", "true"},
		{"aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "public-access", "restrictPublicBuckets", "true"},
		{"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "ownership", "rule.objectOwnership", "BucketOwnerEnforced"},
		{
			"aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2", "encryption",
			"rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", "AES256",
		},
		{"aws:s3/bucketVersioningV2:BucketVersioningV2", "versioning", "versioningConfiguration.status", "Enabled"},
		{"aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2", "lifecycle", "rules[0].expiration.days", "365"},
	} {
		if got := r.One(t, check.typ, bucket.Name+"-"+check.part).String(check.path); got != check.want {
			t.Errorf("%s: %s is %q, want %q", check.part, check.path, got, check.want)
		}
	}
}

func TestWhoUsesTopicOrBucketWaitsForItsPolicy(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		f, err := New(ctx, "foundation", Args{Scope: infratest.Scope(), Settings: settings()})
		if err != nil {
			return err
		}
		var probe pulumi.ResourceState
		return ctx.RegisterComponentResourceV2("test:probe:Probe", "probe", pulumi.Map{"topic": f.TopicArn, "bucket": f.LogBucketName, "arn": f.LogBucketArn}, &probe)
	})
	waits := strings.Join(r.One(t, "test:probe:Probe", "probe").Dependencies, "\n")
	for _, want := range []string{"TopicPolicy::foundation-alerts-policy", "BucketPolicy::foundation-log-bucket-policy"} {
		if !strings.Contains(waits, want) {
			t.Errorf("does not wait for %s, only for\n%s", want, waits)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	_, got := run(t, true)
	want := map[string]string{
		"data":      "arn:aws:kms:us-east-1:123456789012:foundation-data-key",
		"recovery":  "arn:aws:kms:us-east-1:123456789012:foundation-recovery-key",
		"app":       "/ecs/task-tracker",
		"waf":       "aws-waf-logs-task-tracker",
		"topic":     "arn:aws:sns:us-east-1:123456789012:foundation-alerts",
		"bucket":    "task-tracker-logs-123456789012",
		"bucketArn": "arn:aws:s3:us-east-1:123456789012:foundation-log-bucket",
	}
	if diff := cmp.Diff(want, got.all()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_, alone := run(t, false)
	if key := alone.all()["recovery"]; key != "" {
		t.Errorf("without a second region the recovery key is %q", key)
	}
}

func TestPreviewRegistersTheSame(t *testing.T) {
	t.Parallel()
	known, _ := run(t, true)
	preview, _ := run(t, true, infratest.Unknown())
	if diff := cmp.Diff(known.Names(), preview.Names()); diff != "" {
		t.Errorf("(-update +preview):\n%s", diff)
	}
	policy := preview.One(t, "aws:s3/bucketPolicy:BucketPolicy", "foundation-log-bucket-policy")
	if got := policy.String("policy"); got == "(unknown)" || got == "" {
		t.Errorf("a preview shows the bucket's policy as %q", got)
	}
}

func TestEverythingBelongsToTheComponent(t *testing.T) {
	t.Parallel()
	r, _ := run(t, true)
	for _, one := range r.All() {
		if !strings.HasPrefix(one.Type, "aws:") {
			continue
		}
		if !strings.HasSuffix(one.Parent, "::"+Token+"::foundation") {
			t.Errorf("%s %s has the parent %q", one.Type, one.Name, one.Parent)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	r, _ := run(t, true)
	for file, at := range map[string]struct{ typ, name string }{
		"data-key":     {"aws:kms/key:Key", "foundation-data-key"},
		"logs-key":     {"aws:kms/key:Key", "foundation-logs-key"},
		"alerts-key":   {"aws:kms/key:Key", "foundation-alerts-key"},
		"recovery-key": {"aws:kms/key:Key", "foundation-recovery-key"},
		"topic":        {"aws:sns/topicPolicy:TopicPolicy", "foundation-alerts-policy"},
		"log-bucket":   {"aws:s3/bucketPolicy:BucketPolicy", "foundation-log-bucket-policy"},
	} {
		infratest.Golden(t, file+".json", r.One(t, at.typ, at.name).String("policy"))
	}
}

func TestPartitions(t *testing.T) {
	t.Parallel()
	s := place.Scope{NamePrefix: "task-tracker", Account: "123456789012", Region: "cn-north-1", Partition: "aws-cn"}
	text := logsKeyPolicy(s).JSON() + logBucketPolicy(s).JSON() + topicPolicy(s).JSON() + alertsKeyPolicy(s).JSON() + dataKeyPolicy(s).JSON()
	if strings.Contains(text, "arn:aws:") {
		t.Errorf("an ARN of another partition in %s", text)
	}
	if !strings.Contains(text, `"logs.cn-north-1.amazonaws.com.cn"`) {
		t.Errorf("no service of this partition in %s", text)
	}
}
