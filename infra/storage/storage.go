package storage

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/fault"
	"github.com/task-tracker/task-tracker/infra/place"
)

// Token is the type of the component.
const Token = "tasktracker:storage:Storage"

// Args are the inputs of [New].
type Args struct {
	place.Scope
	Settings      Settings
	KeyArn        pulumi.StringInput // the data key
	LogBucketName pulumi.StringInput // takes the access log, below s3/
	Recovery      place.Recovery     // where the replica is kept, with the key there
	CorsOrigins   []string           // web origins that may use signed URLs: https://app.example.com
}

// Storage is the bucket of the application's objects.
type Storage struct {
	pulumi.ResourceState

	BucketName       pulumi.StringOutput // {NamePrefix}-app-data-{account}
	BucketArn        pulumi.StringOutput
	ReplicaBucketArn pulumi.StringOutput // in the second region; empty where nothing is replicated
}

// Validate returns all that is wrong with the inputs, a line each.
func (a Args) Validate() error {
	var set fault.Set
	f := set.At("storage")
	a.Settings.Validate(f)
	f.Require(a.NamePrefix != "", "namePrefix", "is missing; give the start of the bucket's name")
	f.Require(a.Account != "", "account", "is missing; give its 12 digits")
	f.Require(a.Region != "", "region", "is missing; give one such as us-east-1")
	f.Require(a.Partition != "", "partition", "is missing; give aws, aws-cn or aws-us-gov")
	f.Require(a.KeyArn != nil, "keyArn", "is missing; give the data key of the foundation")
	f.Require(a.LogBucketName != nil, "logBucketName", "is missing; give the log bucket of the foundation")
	if a.replicates() {
		f.Require(a.Recovery.Region != a.Region, "recovery.region",
			"%q is the region of the stack itself; give another one, or none", a.Recovery.Region)
		f.Require(a.Recovery.Provider != nil, "recovery.provider", "is missing; give a provider of %s", a.Recovery.Region)
		f.Require(a.Recovery.KeyArn != nil, "recovery.keyArn", "is missing; give the recovery key of the foundation")
	}
	for i, origin := range a.CorsOrigins {
		validOrigin(f, fmt.Sprintf("corsOrigins[%d]", i), origin)
	}
	return set.Err()
}

// validOrigin records a fault unless the text is what a browser sends as its Origin.
func validOrigin(f *fault.Set, path, origin string) {
	if strings.Contains(origin, "*") {
		f.Add(path, "%q would let any site in; name each origin, like https://app.example.com", origin)
		return
	}
	u, err := url.Parse(origin)
	ok := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && origin == u.Scheme+"://"+u.Host
	f.Require(ok, path, "%q is no origin, which is a scheme and a host alone; write it like https://app.example.com", origin)
}

func (a Args) replicates() bool { return a.Recovery.Set() && a.Settings.Replication }

// bucketName is known before AWS answers, so that policies can name the bucket, and buckets each other.
func (a Args) bucketName() string { return a.Name("app-data-"+a.Account, 63) }

func (a Args) replicaName() string { return a.Name("app-data-replica-"+a.Account, 63) }

func (a Args) arn(bucket string) string { return a.GlobalARN("s3", bucket) }

// New registers the storage. An error lists every fault of the inputs, or says which resource was refused.
func New(ctx *pulumi.Context, name string, args Args, opts ...pulumi.ResourceOption) (*Storage, error) {
	if err := args.Validate(); err != nil {
		return nil, err
	}
	c := &Storage{}
	if err := ctx.RegisterComponentResource(Token, name, c, opts...); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	b := builder{ctx: ctx, name: name, args: args, parent: c}
	main, err := b.bucket(name+"-bucket", args.bucketName(), args.KeyArn)
	if err != nil {
		return nil, fmt.Errorf("storage: bucket: %w", err)
	}
	if err := b.access(name, main.bucket); err != nil {
		return nil, fmt.Errorf("storage: %w", err)
	}
	c.BucketName, c.BucketArn = main.bucket.Bucket, main.bucket.Arn
	c.ReplicaBucketArn = pulumi.String("").ToStringOutput()
	if args.replicates() {
		if err := b.replica(main); err != nil {
			return nil, fmt.Errorf("storage: %w", err)
		}
	}
	err = ctx.RegisterResourceOutputs(c, pulumi.Map{
		"bucketName": c.BucketName, "bucketArn": c.BucketArn, "replicaBucketArn": c.ReplicaBucketArn,
	})
	if err != nil {
		return nil, fmt.Errorf("storage: outputs: %w", err)
	}
	return c, nil
}

// builder registers the parts of one storage.
type builder struct {
	ctx    *pulumi.Context
	name   string
	args   Args
	parent *Storage
}

func (b builder) options(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Parent(b.parent)}, more...)
}

// access registers what concerns the main bucket alone: its access log, its events and who may use it from a web page.
func (b builder) access(name string, bucket *s3.BucketV2) error {
	_, err := s3.NewBucketLoggingV2(b.ctx, name+"-logging", &s3.BucketLoggingV2Args{
		Bucket:       bucket.Bucket,
		TargetBucket: b.args.LogBucketName,
		TargetPrefix: pulumi.String("s3/" + b.args.bucketName() + "/"),
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("access log: %w", err)
	}
	// Continuous backups read these events; AWS Backup would turn them on by itself, and the next update off.
	_, err = s3.NewBucketNotification(b.ctx, name+"-events", &s3.BucketNotificationArgs{
		Bucket:      bucket.Bucket,
		Eventbridge: pulumi.Bool(true),
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("events: %w", err)
	}
	if len(b.args.CorsOrigins) == 0 {
		return nil
	}
	_, err = s3.NewBucketCorsConfigurationV2(b.ctx, name+"-cors", &s3.BucketCorsConfigurationV2Args{
		Bucket: bucket.Bucket,
		CorsRules: s3.BucketCorsConfigurationV2CorsRuleArray{s3.BucketCorsConfigurationV2CorsRuleArgs{
			Id:             pulumi.String("signed-urls"),
			AllowedOrigins: pulumi.ToStringArray(b.args.CorsOrigins),
			AllowedMethods: pulumi.ToStringArray([]string{"GET", "HEAD", "PUT"}),
			AllowedHeaders: pulumi.ToStringArray([]string{"*"}),
			ExposeHeaders:  pulumi.ToStringArray([]string{"ETag"}),
			MaxAgeSeconds:  pulumi.Int(3600),
		}},
	}, b.options()...)
	if err != nil {
		return fmt.Errorf("CORS: %w", err)
	}
	return nil
}
