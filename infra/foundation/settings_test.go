package foundation

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/place"
)

const listed = "(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)"

func TestFaultsOfInputs(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*Args)
		want   []string
	}{
		"none": {func(*Args) {}, nil},
		"mail": {
			func(a *Args) { a.Settings.AlertEmails = []string{"oncall", "On Call <a@b.c>", "a@b.c", "a@b.c"} },
			[]string{
				`foundation.alertEmails[0]: "oncall" is no mail address; write it plainly, like oncall@example.com`,
				`foundation.alertEmails[1]: "On Call <a@b.c>" is no mail address; write it plainly, like oncall@example.com`,
				`foundation.alertEmails[3]: "a@b.c" is there twice, and a topic keeps an address once; remove one`,
			},
		},
		"retention": {
			func(a *Args) { a.Settings.AppLogDays, a.Settings.AuditLogDays = 31, 9999 },
			[]string{
				"foundation.appLogDays: 31 is no time that CloudWatch Logs keeps a group for " + listed + "; set 30 or 60",
				"foundation.auditLogDays: 9999 is no time that CloudWatch Logs keeps a group for " + listed + "; set 3653",
			},
		},
		"for ever": {
			func(a *Args) { a.Settings.AppLogDays = 0 },
			[]string{"foundation.appLogDays: 0 is no time that CloudWatch Logs keeps a group for " + listed + "; set 1 or more"},
		},
		"waiting time": {
			func(a *Args) { a.Settings.KeyDeletionDays, a.Settings.LogBucketDays = 6, 0 },
			[]string{
				"foundation.logBucketDays: 0 is below 1, the days that logs may be kept; set 1 to 3653",
				"foundation.keyDeletionDays: 6 is below 7, the waiting time that KMS allows; set 7 to 30",
			},
		},
		"kept and destroyed": {
			func(a *Args) { a.Settings.ForceDestroy = true },
			[]string{"foundation.forceDestroy: true contradicts deletionProtection: true, which keeps the log bucket; set one of them to false"},
		},
		"nowhere": {
			func(a *Args) { a.Scope = place.Scope{} },
			[]string{
				`foundation.namePrefix: "" can't start the name of a bucket; use lower-case letters, digits and hyphens`,
				`foundation.account: "" is no account; give its 12 digits`,
				"foundation.region: is missing; give one such as us-east-1",
				"foundation.partition: is missing; give aws, aws-cn or aws-us-gov",
			},
		},
		"recovery at home": {
			func(a *Args) { a.Recovery.Region = infratest.Region },
			[]string{
				`foundation.recovery.region: "us-east-1" is the region of the stack itself; give another one, or none`,
				"foundation.recovery.provider: is missing; give a provider of us-east-1",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := Args{Scope: infratest.Scope(), Settings: settings()}
			test.change(&args)
			if diff := cmp.Diff(test.want, infratest.Lines(args.Validate())); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaultsComeBeforeAnyResource(t *testing.T) {
	t.Parallel()
	infratest.Refused(t, func(ctx *pulumi.Context) error {
		_, err := New(ctx, "foundation", Args{})
		return err
	},
		"foundation.namePrefix: ", "foundation.account: ", "foundation.region: ",
	)
}

func TestUnprotected(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, func(ctx *pulumi.Context) error {
		s := settings()
		s.DeletionProtection, s.ForceDestroy = false, true
		_, err := New(ctx, "foundation", Args{Scope: infratest.Scope(), Settings: s})
		return err
	})
	for _, one := range r.All() {
		if one.Protect {
			t.Errorf("%s %s is protected", one.Type, one.Name)
		}
	}
	if got := r.One(t, "aws:s3/bucketV2:BucketV2", "foundation-log-bucket").String("forceDestroy"); got != "true" {
		t.Errorf("forceDestroy is %q", got)
	}
}
