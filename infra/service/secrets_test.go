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
	r := run(t, args(func(a *service.Args) {
		a.Database.Replicas, a.Database.ReplicaAddresses = 1, pulumi.ToStringArray([]string{"replica.example.com", "other.example.com"})
	}))
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

func TestReplicaSecretFaults(t *testing.T) {
	t.Parallel()
	a := args(func(a *service.Args) { a.Database.Replicas, a.Database.ReplicaAddresses = 1, pulumi.StringArray{} })
	_, err := infratest.Try(program(a), infratest.Outputs(outputs), answers(taskArn))
	if err == nil || !strings.Contains(err.Error(), "run the update again with --refresh") || strings.Contains(err.Error(), "p@ss") {
		t.Errorf("the error is %v", err)
	}
}
