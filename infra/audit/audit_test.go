package audit_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/audit"
	"github.com/task-tracker/task-tracker/infra/infratest"
)

const (
	trail    = "aws:cloudtrail/trail:Trail"
	detector = "aws:guardduty/detector:Detector"
	feature  = "aws:guardduty/detectorFeature:DetectorFeature"
	recorder = "aws:cfg/recorder:Recorder"
	channel  = "aws:cfg/deliveryChannel:DeliveryChannel"
	status   = "aws:cfg/recorderStatus:RecorderStatus"
	analyzer = "aws:accessanalyzer/analyzer:Analyzer"
	enabler  = "aws:inspector2/enabler:Enabler"
	rule     = "aws:cloudwatch/eventRule:EventRule"
	target   = "aws:cloudwatch/eventTarget:EventTarget"
	role     = "aws:iam/role:Role"
	policy   = "aws:iam/rolePolicy:RolePolicy"

	group = "arn:aws:logs:us-east-1:123456789012:log-group:/aws/cloudtrail/task-tracker"
	topic = "arn:aws:sns:us-east-1:123456789012:alerts"
)

func arguments(change ...func(*audit.Settings)) audit.Args {
	a := audit.Args{
		Scope: infratest.Scope(),
		Settings: audit.Settings{
			Trail: audit.Trail{Enabled: true, DataEvents: "All"},
			GuardDuty: audit.GuardDuty{
				Mode: audit.Create, Features: []string{"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS"}, MinimumSeverity: 4, PublishingMinutes: 15,
			},
			Config:         audit.Config{Mode: audit.Create, Frequency: "CONTINUOUS", GlobalResources: true},
			AccessAnalyzer: audit.AccessAnalyzer{Mode: audit.Create},
			Inspector:      audit.Inspector{Mode: audit.Off},
		},
		KeyArn:           pulumi.String("arn:aws:kms:us-east-1:123456789012:key/data"),
		LogBucketName:    pulumi.String("task-tracker-logs-123456789012"),
		TrailLogGroupArn: pulumi.String(group),
		DataBucketArn:    pulumi.String("arn:aws:s3:::task-tracker-app-data-123456789012"),
		TopicArn:         pulumi.String(topic),
	}
	for _, c := range change {
		c(&a.Settings)
	}
	return a
}

func run(t *testing.T, a audit.Args, opts ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		_, err := audit.New(ctx, "audit", a)
		return err
	}, opts...)
}

func TestTrail(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	one := r.One(t, trail, "audit-trail")
	for path, want := range map[string]string{
		"name": "task-tracker-trail", "s3BucketName": "task-tracker-logs-123456789012", "s3KeyPrefix": "cloudtrail",
		"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/data", "cloudWatchLogsGroupArn": group + ":*",
		"cloudWatchLogsRoleArn": "arn:aws:iam:us-east-1:123456789012:audit-trail-role", "isMultiRegionTrail": "true",
		"includeGlobalServiceEvents": "true", "enableLogFileValidation": "true", "enableLogging": "true",
		"eventSelectors[0].readWriteType": "All", "eventSelectors[0].includeManagementEvents": "true",
		"eventSelectors[0].dataResources[0].type":      "AWS::S3::Object",
		"eventSelectors[0].dataResources[0].values[0]": "arn:aws:s3:::task-tracker-app-data-123456789012/",
		"eventSelectors[1]":                            "",
	} {
		if got := one.String(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	if !one.WaitsFor("audit-trail-policy") {
		t.Errorf("does not wait for its role's policy; waits for %q", one.Dependencies)
	}
	infratest.Golden(t, "trail-assume.json", r.One(t, role, "audit-trail-role").String("assumeRolePolicy"))
	infratest.Golden(t, "trail-policy.json", r.One(t, policy, "audit-trail-policy").String("policy"))
}

func TestDataEvents(t *testing.T) {
	t.Parallel()
	for events, want := range map[string][2]string{ // the two selectors: calls, and calls on objects
		"None": {"All", ""}, "WriteOnly": {"All", "WriteOnly"}, "ReadOnly": {"All", "ReadOnly"},
	} {
		one := run(t, arguments(func(s *audit.Settings) { s.Trail.DataEvents = events })).One(t, trail, "audit-trail")
		got := [2]string{one.String("eventSelectors[0].readWriteType"), one.String("eventSelectors[1].readWriteType")}
		if got != want || one.String("eventSelectors[0].dataResources[0].type") != "" {
			t.Errorf("%s: selectors %q, want %q", events, got, want)
		}
		if events != "None" && one.String("eventSelectors[1].includeManagementEvents") != "false" {
			t.Errorf("%s: management events are recorded twice", events)
		}
	}
}

func TestGuardDuty(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(func(s *audit.Settings) { s.GuardDuty.Features = append(s.GuardDuty.Features, "RUNTIME_MONITORING") }))
	if one := r.One(t, detector, "audit-guardduty"); one.String("enable") != "true" || one.String("findingPublishingFrequency") != "FIFTEEN_MINUTES" {
		t.Errorf("the detector is %v", one.Inputs)
	}
	for _, one := range r.OfType(feature) {
		agent, want, status := one.String("additionalConfigurations[0].name"), "", "ENABLED"
		switch one.String("name") {
		case "RUNTIME_MONITORING":
			want = "ECS_FARGATE_AGENT_MANAGEMENT"
		case "EBS_MALWARE_PROTECTION", "LAMBDA_NETWORK_LOGS":
			status = "DISABLED"
		}
		if one.String("status") != status || one.String("detectorId") != "audit-guardduty-id" || agent != want {
			t.Errorf("%s is %v", one.Name, one.Inputs)
		}
	}
	if got := len(r.OfType(feature)); got != 5 {
		t.Errorf("%d plans are stated, want all 5", got)
	}
}

// The recorder comes before its channel, and is started after it.
func TestConfig(t *testing.T) {
	t.Parallel()
	r := run(t, arguments())
	waits := func(typ, name, before string) {
		if one := r.One(t, typ, name); !one.WaitsFor(before) {
			t.Errorf("%s does not wait for %s; waits for %q", name, before, one.Dependencies)
		}
	}
	waits(channel, "audit-delivery", "audit-recorder")
	waits(channel, "audit-delivery", "audit-config-policy")
	waits(status, "audit-recorder-status", "audit-delivery")
	one := r.One(t, recorder, "audit-recorder")
	if one.String("recordingGroup.allSupported") != "true" || one.String("recordingMode.recordingFrequency") != "CONTINUOUS" {
		t.Errorf("the recorder is %v", one.Inputs)
	}
	if one := r.One(t, channel, "audit-delivery"); one.String("s3KeyPrefix") != "config" {
		t.Errorf("the channel is %v", one.Inputs)
	}
	infratest.Golden(t, "config-assume.json", r.One(t, role, "audit-config-role").String("assumeRolePolicy"))
	infratest.Golden(t, "config-policy.json", r.One(t, policy, "audit-config-policy").String("policy"))
}

// What a mode registers: create makes the singleton, existing only reports its findings, off neither.
func TestModes(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]map[string]int{
		audit.Create:   {detector: 1, feature: 5, recorder: 1, channel: 1, status: 1, analyzer: 1, enabler: 1, rule: 3, target: 3},
		audit.Existing: {rule: 3, target: 3},
		audit.Off:      {},
	} {
		r := run(t, arguments(func(s *audit.Settings) {
			s.Trail.Enabled = false
			s.GuardDuty.Mode, s.Config.Mode, s.AccessAnalyzer.Mode, s.Inspector.Mode = mode, mode, mode, mode
		}))
		for _, typ := range []string{detector, feature, recorder, channel, status, analyzer, enabler, rule, target, trail} {
			if got := len(r.OfType(typ)); got != want[typ] {
				t.Errorf("%s: %d of %s, want %d", mode, got, typ, want[typ])
			}
		}
	}
}

func TestFindings(t *testing.T) {
	t.Parallel()
	r := run(t, arguments(func(s *audit.Settings) { s.Inspector.Mode = audit.Create }))
	for _, part := range []string{"guardduty", "analyzer", "inspector"} {
		from := r.One(t, rule, "audit-"+part+"-findings")
		infratest.Golden(t, part+"-findings.json", from.String("eventPattern"))
		to := r.One(t, target, "audit-"+part+"-topic")
		if to.String("arn") != topic || to.String("rule") != from.String("name") {
			t.Errorf("%s: the target is %v", part, to.Inputs)
		}
	}
	if one := r.One(t, enabler, "audit-inspector"); one.String("resourceTypes[0]") != "ECR" || one.String("accountIds[0]") != infratest.Account {
		t.Errorf("Inspector is %v", one.Inputs)
	}
}

func TestParents(t *testing.T) {
	t.Parallel()
	run(t, arguments()).ChildrenOf(t, audit.Token, "audit")
}

func TestPreview(t *testing.T) {
	t.Parallel()
	a := arguments()
	infratest.Forget(&a)
	if diff := cmp.Diff(run(t, arguments()).Names(), run(t, a, infratest.Unknown()).Names()); diff != "" {
		t.Errorf("(-known +preview):\n%s", diff)
	}
}

func TestValidate(t *testing.T) {
	t.Parallel()
	if err := arguments().Validate(); err != nil {
		t.Fatalf("the arguments of these tests are wrong: %v", err)
	}
	for name, test := range map[string]struct {
		change func(*audit.Settings)
		want   string
	}{
		"mode": {
			func(s *audit.Settings) { s.GuardDuty.Mode = "creat" },
			`audit.guardDuty.mode: "creat" is none of create, existing, off; did you mean "create"?`,
		},
		"feature": {
			func(s *audit.Settings) { s.GuardDuty.Features = []string{"S3_DATA_EVENT"} },
			`audit.guardDuty.features: "S3_DATA_EVENT" is none of S3_DATA_EVENTS, RDS_LOGIN_EVENTS, RUNTIME_MONITORING, ` +
				`EBS_MALWARE_PROTECTION, LAMBDA_NETWORK_LOGS; did you mean "S3_DATA_EVENTS"?`,
		},
		"twice": {
			func(s *audit.Settings) { s.GuardDuty.Features = []string{"S3_DATA_EVENTS", "S3_DATA_EVENTS"} },
			`audit.guardDuty.features: "S3_DATA_EVENTS" stands there twice; name it once`,
		},
		"severity": {
			func(s *audit.Settings) { s.GuardDuty.MinimumSeverity = 11 },
			"audit.guardDuty.minimumSeverity: 11 is not a severity, which are 0 to 10; set 4 for medium and above",
		},
		"minutes": {
			func(s *audit.Settings) { s.GuardDuty.PublishingMinutes = 30 },
			"audit.guardDuty.publishingMinutes: 30 is none of 15, 60, 360, the intervals that GuardDuty knows",
		},
		"frequency": {
			func(s *audit.Settings) { s.Config.Frequency = "HOURLY" },
			`audit.config.frequency: "HOURLY" is none of CONTINUOUS, DAILY`,
		},
		"data events": {
			func(s *audit.Settings) { s.Trail.DataEvents = "Alle" },
			`audit.trail.dataEvents: "Alle" is none of All, WriteOnly, ReadOnly, None; did you mean "All"?`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := arguments(test.change).Validate(); err == nil || err.Error() != test.want {
				t.Errorf("error is\n%v\nwant\n%s", err, test.want)
			}
		})
	}
}

func TestNothingWired(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := audit.New(ctx, "audit", audit.Args{})
		return err
	},
		"audit.keyArn: ", "audit.logBucketName: ", "audit.trailLogGroupArn: ", "audit.dataBucketArn: ",
		"audit.topicArn: ", "audit.scope: ",
	)
}
