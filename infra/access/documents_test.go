package access_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/infra/access"
	"github.com/task-tracker/task-tracker/infra/infratest"
)

// longestInline is how long the inline policies of a role may be together, without white space.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
const longestInline = 10240

func TestDocuments(t *testing.T) {
	t.Parallel()
	bare := settings()
	bare.GitHub.StateBucket, bare.GitHub.StateKeyArn, bare.GitHub.RecoveryRegion = "", "", ""
	for dir, r := range map[string]*infratest.Recorder{"full": run(t, args(settings())), "bare": run(t, args(bare))} {
		for _, role := range []string{"preview", "deploy", "bastion"} {
			infratest.Golden(t, dir+"-"+role+"-trust.json", r.One(t, "aws:iam/role:Role", "access-"+role).String("assumeRolePolicy"))
		}
		for _, role := range []string{"preview", "deploy"} {
			text := r.One(t, "aws:iam/rolePolicy:RolePolicy", "access-"+role).String("policy")
			infratest.Golden(t, dir+"-"+role+"-policy.json", text)
			if len(text) > longestInline {
				t.Errorf("the policy of %s is %d characters long, above %d", role, len(text), longestInline)
			}
		}
	}
}

type statement struct {
	Sid, Effect      string
	Action, Resource []string
	NotAction        []string
	NotResource      []string
	Condition        map[string]map[string][]string
}

func statements(t *testing.T, text string) []statement {
	t.Helper()
	var document struct{ Statement []statement }
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatal(err)
	}
	return document.Statement
}

func TestRolesAllowNoWholeServiceAndNoDecryptionAnywhere(t *testing.T) {
	t.Parallel()
	r := run(t, args(settings()))
	for _, role := range []string{"preview", "deploy"} {
		for _, s := range statements(t, r.One(t, "aws:iam/rolePolicy:RolePolicy", "access-"+role).String("policy")) {
			for _, action := range s.Action {
				if s.Effect != "Allow" {
					continue
				}
				if _, verb, ok := strings.Cut(action, ":"); !ok || verb == "*" {
					t.Errorf("%s: %s allows all of %s", role, s.Sid, action)
				}
				if len(s.Resource) == 1 && s.Resource[0] == "*" && (action == "kms:Decrypt" || action == "kms:ReEncryptFrom" || action == "iam:PassRole" || action == "secretsmanager:GetSecretValue") {
					t.Errorf("%s: %s allows %s everywhere", role, s.Sid, action)
				}
			}
			if len(s.NotAction) > 0 {
				t.Errorf("%s: %s allows or denies by exception", role, s.Sid)
			}
		}
	}
}

func TestRolesAreTakenByOneSubjectOfOneAudience(t *testing.T) {
	t.Parallel()
	r := run(t, args(settings()))
	for role, subject := range map[string]string{"preview": "repo:example/task-tracker:pull_request", "deploy": "repo:example/task-tracker:environment:production"} {
		for _, s := range statements(t, r.One(t, "aws:iam/role:Role", "access-"+role).String("assumeRolePolicy")) {
			want := map[string]map[string][]string{"StringEquals": {
				"token.actions.githubusercontent.com:aud": {"sts.amazonaws.com"}, "token.actions.githubusercontent.com:sub": {subject},
			}}
			if diff := cmp.Diff(want, s.Condition); diff != "" {
				t.Errorf("%s (-want +got):\n%s", role, diff)
			}
		}
	}
}

// Production's names may be plain, and then every other stack's start alike.
func TestDeployRoleLeavesOtherStacksAlone(t *testing.T) {
	t.Parallel()
	plain, dev := args(settings()), args(settings())
	dev.NamePrefix, dev.Environment = "task-tracker-dev-us-gov-west-1", "dev"
	for name, a := range map[string]access.Args{"plain": plain, "dev": dev} {
		var patterns []*regexp.Regexp
		for _, s := range statements(t, run(t, a).One(t, "aws:iam/rolePolicy:RolePolicy", "access-deploy").String("policy")) {
			for _, value := range slices.Concat(s.Condition["StringNotEquals"]["aws:ResourceTag/Environment"], s.Condition["StringNotEquals"]["aws:RequestTag/Environment"]) {
				if value != a.Environment || s.Effect != "Deny" {
					t.Errorf("%s: %s has to do with the environment %q", name, s.Sid, value)
				}
			}
			if s.Sid != "NoOtherStacksNames" {
				continue
			}
			for _, one := range s.Resource {
				patterns = append(patterns, regexp.MustCompile("^"+strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(one))+"$"))
			}
		}
		for _, prefix := range []string{"task-tracker", "task-tracker-dev-us-gov-west-1", "task-tracker-prod-us-west-2", "task-tracker-db-ap-southeast-1"} {
			for _, arn := range []string{
				"arn:aws:iam::123456789012:role/" + prefix + "-db-monitoring", "arn:aws:iam::123456789012:role/" + prefix + "-execution",
				"arn:aws:iam::123456789012:instance-profile/" + prefix + "-bastion",
				"arn:aws:s3:::" + prefix + "-app-data-replica-123456789012", "arn:aws:s3:::" + prefix + "-logs-123456789012/alb/1.gz",
				"arn:aws:secretsmanager:us-east-1:123456789012:secret:" + prefix + "-db-app-20261123000000000000000001-AbCdEf",
			} {
				denied := slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(arn) })
				// To a stack whose prefix isn't the start of theirs, the others' names are not allowed in the first place.
				if want := a.NamePrefix == "task-tracker" && prefix != a.NamePrefix; denied != want {
					t.Errorf("%s: %s is denied: %t, want %t", name, arn, denied, want)
				}
			}
		}
	}
}
