package service_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/service"
)

const secretVersion = "aws:secretsmanager/secretVersion:SecretVersion"

func TestBootstrapSecret(t *testing.T) {
	t.Parallel()
	existing := "arn:aws:secretsmanager:us-east-1:123456789012:secret:first-AbCdEf"
	for setting, want := range map[string]struct {
		versions  int
		valueFrom string
	}{
		service.BootstrapGenerated: {1, ":service-bootstrap"},
		service.BootstrapNone:      {0, ""},
		existing:                   {0, existing},
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			r := run(t, args(func(a *service.Args) { a.Settings.BootstrapSecret = setting }))
			if got := len(r.OfType(secretVersion)); got != want.versions {
				t.Errorf("%d secrets are made, want %d", got, want.versions)
			}
			containers := r.One(t, "aws:ecs/taskDefinition:TaskDefinition", "service-task").String("containerDefinitions")
			has := strings.Contains(containers, want.valueFrom+`"}`) && strings.Contains(containers, `"TASKTRACKER_BOOTSTRAP_TOKEN"`)
			if has != (want.valueFrom != "") {
				t.Errorf("a task gets the secret: %t, want %t\n%s", has, want.valueFrom != "", containers)
			}
		})
	}
}

func TestGeneratedValuesAreKeptAndSecret(t *testing.T) {
	t.Parallel()
	r := run(t, args(replica))
	bootstrap := r.One(t, secretVersion, "service-bootstrap-value")
	if !slices.Contains(bootstrap.IgnoreChange, "secretString") {
		t.Error("each run would make another bootstrap secret")
	}
	replica := r.One(t, secretVersion, "service-replica-value")
	if got, want := replica.String("secretString"), "mysql://app:p%40ss%2Fword@replica.example.com:3306/tasktracker"; got != want {
		t.Errorf("the replica's URL is %q, want %q", got, want)
	}
	for _, one := range []infratest.Resource{bootstrap, replica} {
		if !one.Inputs["secretString"].ContainsSecrets() {
			t.Errorf("%s is in plain text in the state", one.Name)
		}
	}
}

// A stack that comes again while its deleted secrets still have their names gets others.
func TestSecretsHaveTheStacksPrefixAndADrawnEnd(t *testing.T) {
	t.Parallel()
	r := run(t, args(replica))
	for _, part := range []string{"bootstrap", "replica"} {
		one := r.One(t, "aws:secretsmanager/secret:Secret", "service-"+part)
		if got, want := one.String("namePrefix")+one.String("name"), "task-tracker-"+part+"-"; got != want {
			t.Errorf("%s is called %q…, want %q…", one.Name, got, want)
		}
	}
}

func TestReplicaSecretFaults(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		change func(*service.Args)
		want   string
	}{
		"no address": {
			func(a *service.Args) { a.Database.ReplicaAddresses = pulumi.StringArray{} },
			"run the update again with --refresh",
		},
		"no login": {
			func(a *service.Args) { a.Database.AppSecretValue = pulumi.String(`{"password":"p@ss/word"}`) },
			"the application's secret is no JSON object with name, username and password",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := infratest.Try(program(args(replica, tt.change)), infratest.Outputs(outputs), answers(taskArn))
			if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "p@ss") {
				t.Errorf("the error is %v, want %q and no password", err, tt.want)
			}
		})
	}
}
