package storage

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

func TestFaultsOfInputs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Args)
		want   []string
	}{
		"none": {same, nil},
		"days": {
			func(a *Args) {
				a.Settings.TieringDays, a.Settings.OldVersionDays, a.Settings.IncompleteUploadDays = -1, 0, 366
			},
			[]string{
				"storage.tieringDays: -1 is below 0, the days that an object may wait; set 0 to 3650",
				"storage.oldVersionDays: 0 is below 1, the days that a version may be kept; set 1 to 3650",
				"storage.incompleteUploadDays: 366 is above 365, the days that parts may be kept; set 1 to 365",
			},
		},
		"kept and destroyed": {
			func(a *Args) { a.Settings.ForceDestroy = true },
			[]string{"storage.forceDestroy: true contradicts deletionProtection: true, which keeps the buckets; set one of them to false"},
		},
		"not wired": {
			func(a *Args) { a.KeyArn, a.LogBucketName, a.Scope = nil, nil, place.Scope{} },
			[]string{
				"storage.namePrefix: is missing; give the start of the bucket's name",
				"storage.account: is missing; give its 12 digits",
				"storage.region: is missing; give one such as us-east-1",
				"storage.partition: is missing; give aws, aws-cn or aws-us-gov",
				"storage.keyArn: is missing; give the data key of the foundation",
				"storage.logBucketName: is missing; give the log bucket of the foundation",
			},
		},
		"half a second region": {
			func(a *Args) { a.Recovery.Region = "us-west-2" },
			[]string{
				"storage.recovery.provider: is missing; give a provider of us-west-2",
				"storage.recovery.keyArn: is missing; give the recovery key of the foundation",
			},
		},
		"a second region that nothing goes to": {
			func(a *Args) { a.Recovery.Region, a.Settings.Replication = "us-west-2", false },
			nil,
		},
		"origins": {
			func(a *Args) {
				a.CorsOrigins = []string{"https://app.example.com", "http://localhost:5173", "*", "app.example.com", "https://app.example.com/", "https://u@h", "ftp://h", "://", ""}
			},
			[]string{
				`storage.corsOrigins[2]: "*" would let any site in; name each origin, like https://app.example.com`,
				`storage.corsOrigins[3]: "app.example.com" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
				`storage.corsOrigins[4]: "https://app.example.com/" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
				`storage.corsOrigins[5]: "https://u@h" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
				`storage.corsOrigins[6]: "ftp://h" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
				`storage.corsOrigins[7]: "://" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
				`storage.corsOrigins[8]: "" is no origin, which is a scheme and a host alone; write it like https://app.example.com`,
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := args()
			test.change(&a)
			if diff := cmp.Diff(test.want, infratest.Lines(a.Validate())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsComeBeforeAnyResource(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "storage", Args{})
		return err
	},
		"storage.namePrefix: ", "storage.keyArn: ", "storage.logBucketName: ",
	)
}

func TestUnprotected(t *testing.T) {
	t.Parallel()
	r := twice(t, func(a *Args) { a.Settings.DeletionProtection, a.Settings.ForceDestroy = false, true })
	for _, one := range r.OfType(typeBucket) {
		if one.Protect || one.String("forceDestroy") != "true" {
			t.Errorf("%s: protected %t, forceDestroy %s", one.Name, one.Protect, one.String("forceDestroy"))
		}
	}
}
