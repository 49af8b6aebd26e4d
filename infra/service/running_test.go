package service_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/infratest"
	"github.com/task-tracker/task-tracker/infra/service"
)

func TestRolledBackDeploymentFails(t *testing.T) {
	t.Parallel()
	_, err := infratest.Try(program(args()), infratest.Outputs(outputs), answers(strings.Replace(taskArn, ":8", ":7", 1)))
	if err == nil {
		t.Fatal("the service runs revision 7, revision 8 was wanted, and the update succeeds")
	}
	for _, want := range []string{
		"the deployment of task-tracker:8 was rolled back: task-tracker runs task-tracker:7",
		"aws ecs describe-services --region us-east-1 --cluster task-tracker --services task-tracker",
		"aws logs tail /ecs/task-tracker --region us-east-1", "pulumi up --refresh",
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
}

func TestOutputs(t *testing.T) {
	t.Parallel()
	got := make(chan []string, 1)
	infratest.Run(t, program(args(), func(_ *pulumi.Context, s *service.Service) {
		pulumi.All(s.ClusterName, s.ServiceName, s.TaskDefinitionArn, s.TaskRoleArn, s.ExecutionRoleArn, s.BootstrapSecretArn, s.ClusterArn).
			ApplyT(func(all []any) error {
				var texts []string
				for _, one := range all {
					texts = append(texts, one.(string))
				}
				got <- texts
				return nil
			})
	}), infratest.Outputs(outputs), answers(taskArn))
	texts := <-got
	for i, suffix := range []string{"task-tracker", "task-tracker", taskArn, ":service-task-role", ":service-execution-role", ":service-bootstrap", ":service-cluster"} {
		if !strings.HasSuffix(texts[i], suffix) {
			t.Errorf("output %d is %q, want it to end in %q", i, texts[i], suffix)
		}
	}
}

func TestPreview(t *testing.T) {
	t.Parallel()
	// No answers: in a preview of a new stack, nothing but a random password is asked for.
	a := args(replica)
	known := a.Database
	infratest.Forget(&a)
	a.Database.AppSecretValue, a.Database.ReplicaAddresses = known.AppSecretValue, known.ReplicaAddresses // the SDK's mocks take no secret that is not known
	r := infratest.Run(t, program(a), infratest.Unknown())
	if diff := cmp.Diff(run(t, args(replica)).Names(), r.Names()); diff != "" {
		t.Errorf("resources (-update +preview):\n%s", diff)
	}
	if got := len(r.OfType("aws:appautoscaling/policy:Policy")); got != 6 {
		t.Errorf("a preview shows %d scaling policies, want 6", got)
	}
	if _, known := r.One(t, "aws:ecs/taskDefinition:TaskDefinition", "service-task").Value("containerDefinitions"); known {
		t.Error("the containers are known although the ARN of a new secret, which they hold, is not")
	}
	if got := r.One(t, "aws:ecs/service:Service", "service-service").String("desiredCount"); got != "2" {
		t.Errorf("a preview shows %s tasks, want 2", got)
	}
}
