package storage

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

const (
	dataKey     = "arn:aws:kms:us-east-1:123456789012:key/1"
	recoveryKey = "arn:aws:kms:us-west-2:123456789012:key/2"

	typeBucket      = "aws:s3/bucketV2:BucketV2"
	typeReplication = "aws:s3/bucketReplicationConfig:BucketReplicationConfig"
	typeRole        = "aws:iam/role:Role"
	typeRolePolicy  = "aws:iam/rolePolicy:RolePolicy"
)

// args are the inputs by default, in one region.
func args() Args {
	return Args{
		Scope: infratest.Scope(),
		Settings: Settings{
			TieringDays: 30, OldVersionDays: 90, IncompleteUploadDays: 7,
			Replication: true, ReplicationTimeControl: true, DeletionProtection: true,
		},
		KeyArn:        pulumi.String(dataKey),
		LogBucketName: pulumi.String("task-tracker-logs-123456789012"),
	}
}

// alone registers a storage in one region.
func alone(t *testing.T, change func(*Args), options ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		a := args()
		change(&a)
		_, err := New(ctx, "storage", a)
		return err
	}, options...)
}

// twice registers a storage with a replica, and a probe that takes its outputs.
func twice(t *testing.T, change func(*Args), options ...infratest.Option) *infratest.Recorder {
	t.Helper()
	return infratest.Run(t, func(ctx *pulumi.Context) error {
		provider, err := aws.NewProvider(ctx, "recovery", &aws.ProviderArgs{Region: pulumi.String("us-west-2")})
		if err != nil {
			return err
		}
		a := args()
		a.Recovery = place.Recovery{Region: "us-west-2", Provider: provider, KeyArn: pulumi.String(recoveryKey)}
		change(&a)
		s, err := New(ctx, "storage", a)
		if err != nil {
			return err
		}
		var probe pulumi.ResourceState
		return ctx.RegisterComponentResourceV2("test:probe:Probe", "probe", pulumi.Map{
			"name": s.BucketName, "arn": s.BucketArn, "replica": s.ReplicaBucketArn,
		}, &probe)
	}, options...)
}

func same(*Args) {}

func TestBothBucketsAreClosedAndKept(t *testing.T) {
	t.Parallel()
	r := twice(t, same)
	for _, bucket := range []struct{ name, physical, key string }{
		{"storage-bucket", "task-tracker-app-data-123456789012", dataKey},
		{"storage-replica", "task-tracker-app-data-replica-123456789012", recoveryKey},
	} {
		made := r.One(t, typeBucket, bucket.name)
		if made.String("bucket") != bucket.physical || !made.Protect || made.String("forceDestroy") != "false" {
			t.Errorf("%s: %v, protected %t", bucket.name, made.Inputs, made.Protect)
		}
		const encryption = "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2"
		const lifecycle = "aws:s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2"
		const access = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
		for _, check := range []struct{ typ, part, path, want string }{
			{access, "public-access", "blockPublicAcls", "true"},
			{access, "public-access", "blockPublicPolicy", "true"},
			{access, "public-access", "ignorePublicAcls", "true"},
			{access, "public-access", "restrictPublicBuckets", "true"},
			{"aws:s3/bucketOwnershipControls:BucketOwnershipControls", "ownership", "rule.objectOwnership", "BucketOwnerEnforced"},
			{encryption, "encryption", "rules[0].applyServerSideEncryptionByDefault.sseAlgorithm", "aws:kms"},
			{encryption, "encryption", "rules[0].applyServerSideEncryptionByDefault.kmsMasterKeyId", bucket.key},
			{encryption, "encryption", "rules[0].bucketKeyEnabled", "true"},
			{"aws:s3/bucketVersioningV2:BucketVersioningV2", "versioning", "versioningConfiguration.status", "Enabled"},
			{lifecycle, "lifecycle", "rules[0].transitions[0].storageClass", "INTELLIGENT_TIERING"},
			{lifecycle, "lifecycle", "rules[0].transitions[0].days", "30"},
			{lifecycle, "lifecycle", "rules[1].noncurrentVersionExpiration.noncurrentDays", "90"},
			{lifecycle, "lifecycle", "rules[2].abortIncompleteMultipartUpload.daysAfterInitiation", "7"},
		} {
			part := r.One(t, check.typ, bucket.name+"-"+check.part)
			if got := part.String(check.path); got != check.want {
				t.Errorf("%s: %s is %q, want %q", part.Name, check.path, got, check.want)
			}
			if got := part.String("bucket"); got != bucket.physical {
				t.Errorf("%s is about %q, want %q", part.Name, got, bucket.physical)
			}
			if part.Provider != made.Provider {
				t.Errorf("%s comes from %q, its bucket from %q", part.Name, part.Provider, made.Provider)
			}
		}
		if second := strings.Contains(made.Provider, "::recovery::"); second != (bucket.name == "storage-replica") {
			t.Errorf("%s: in the second region: %t", bucket.name, second)
		}
	}
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	r := twice(t, same)
	const policy = "aws:s3/bucketPolicy:BucketPolicy"
	infratest.Golden(t, "bucket.json", r.One(t, policy, "storage-bucket-policy").String("policy"))
	infratest.Golden(t, "replica.json", r.One(t, policy, "storage-replica-policy").String("policy"))
	infratest.Golden(t, "replication-trust.json", r.One(t, typeRole, "storage-replication-role").String("assumeRolePolicy"))
	infratest.Golden(t, "replication.json", r.One(t, typeRolePolicy, "storage-replication-policy").String("policy"))
}

func TestReplication(t *testing.T) {
	t.Parallel()
	r := twice(t, same)
	replication := r.One(t, typeReplication, "storage-replication")
	for path, want := range map[string]string{
		"bucket":          "task-tracker-app-data-123456789012",
		"role":            "arn:aws:iam:us-east-1:123456789012:storage-replication-role",
		"rules[0].status": "Enabled",
		"rules[0].deleteMarkerReplication.status":                        "Enabled",
		"rules[0].sourceSelectionCriteria.sseKmsEncryptedObjects.status": "Enabled",
		"rules[0].destination.bucket":                                    "arn:aws:s3:us-east-1:123456789012:storage-replica",
		"rules[0].destination.encryptionConfiguration.replicaKmsKeyId":   recoveryKey,
		"rules[0].destination.replicationTime.time.minutes":              "15",
		"rules[0].destination.metrics.status":                            "Enabled",
	} {
		if got := replication.String(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	waits := strings.Join(replication.Dependencies, "\n")
	for _, want := range []string{"::storage-bucket-versioning", "::storage-replica-versioning", "::storage-replication-policy"} {
		if !strings.Contains(waits, want) {
			t.Errorf("the replication does not wait for %s", want)
		}
	}
	if got := r.One(t, typeRole, "storage-replication-role").String("name"); got != "task-tracker-replication" {
		t.Errorf("the role is called %q", got)
	}
	slow := twice(t, func(a *Args) { a.Settings.ReplicationTimeControl = false }).One(t, typeReplication, "storage-replication")
	if _, ok := slow.Value("rules[0].destination.replicationTime"); ok {
		t.Error("replication time control is there, but off")
	}
}

func TestNothingIsReplicatedWithoutSecondRegionOrWish(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*infratest.Recorder{
		"one region": alone(t, same),
		"not wished": twice(t, func(a *Args) { a.Settings.Replication = false }),
	} {
		if n := len(r.OfType(typeBucket)); n != 1 {
			t.Errorf("%s: %d buckets", name, n)
		}
		if n := len(r.OfType(typeReplication)) + len(r.OfType(typeRole)); n != 0 {
			t.Errorf("%s: %d parts of a replication", name, n)
		}
	}
}

func TestAccessLogEventsAndCORS(t *testing.T) {
	t.Parallel()
	const cors = "aws:s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2"
	r := alone(t, func(a *Args) { a.CorsOrigins = []string{"https://app.example.com"} })
	logging := r.One(t, "aws:s3/bucketLoggingV2:BucketLoggingV2", "storage-logging")
	if logging.String("targetBucket") != "task-tracker-logs-123456789012" || logging.String("targetPrefix") != "s3/task-tracker-app-data-123456789012/" {
		t.Errorf("the access log goes to %v", logging.Inputs)
	}
	if got := r.One(t, "aws:s3/bucketNotification:BucketNotification", "storage-events").String("eventbridge"); got != "true" {
		t.Errorf("events are sent: %q", got)
	}
	rule := r.One(t, cors, "storage-cors")
	if rule.String("corsRules[0].allowedOrigins[0]") != "https://app.example.com" || rule.String("corsRules[0].allowedMethods[2]") != "PUT" {
		t.Errorf("CORS is %v", rule.Inputs)
	}
	if n := len(alone(t, same).OfType(cors)); n != 0 {
		t.Error("CORS without an origin")
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	probe := twice(t, same).One(t, "test:probe:Probe", "probe")
	for path, want := range map[string]string{
		"name":    "task-tracker-app-data-123456789012",
		"arn":     "arn:aws:s3:us-east-1:123456789012:storage-bucket",
		"replica": "arn:aws:s3:us-east-1:123456789012:storage-replica",
	} {
		if got := probe.String(path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
	without := twice(t, func(a *Args) { a.Settings.Replication = false }).One(t, "test:probe:Probe", "probe")
	if got := without.String("replica"); got != "" {
		t.Errorf("without a replica its ARN is %q", got)
	}
}

func TestPreviewRegistersTheSame(t *testing.T) {
	t.Parallel()
	preview := twice(t, func(a *Args) { infratest.Forget(a) }, infratest.Unknown())
	if diff := cmp.Diff(twice(t, same).Names(), preview.Names()); diff != "" {
		t.Errorf("(-update +preview):\n%s", diff)
	}
	if got := preview.One(t, typeBucket, "storage-bucket").String("bucket"); got != "task-tracker-app-data-123456789012" {
		t.Errorf("a preview shows the bucket as %q", got)
	}
}

func TestEverythingBelongsToTheComponent(t *testing.T) {
	t.Parallel()
	twice(t, same).ChildrenOf(t, Token, "storage")
}

func TestLongNamesStayWithinTheLimitAndApart(t *testing.T) {
	t.Parallel()
	a := args()
	a.NamePrefix = "task-tracker-acceptance-of-customers-ap-southeast-1"
	bucket, replica := a.bucketName(), a.replicaName()
	if len(bucket) > 63 || len(replica) > 63 || bucket == replica {
		t.Errorf("%q and %q", bucket, replica)
	}
}
