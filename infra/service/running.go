package service

import (
	"fmt"
	"strings"

	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ecs"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// checked returns the task definition's ARN once the service is known to run it. In a preview nothing is asked: the
// service may not exist, or runs the one before.
func (b *build) checked(cluster *ecs.Cluster, s *ecs.Service, wanted *ecs.TaskDefinition) pulumi.StringOutput {
	if b.ctx.DryRun() {
		return wanted.Arn
	}
	// The service's ARN is known after its update, so that what is asked is asked then.
	name := pulumi.All(s.Name, s.ID()).ApplyT(func(v []any) string { return v[0].(string) }).(pulumi.StringOutput)
	found := ecs.LookupServiceOutput(b.ctx, ecs.LookupServiceOutputArgs{ClusterArn: cluster.Arn, ServiceName: name}, pulumi.Parent(b.parent))
	return pulumi.All(wanted.Arn, found.TaskDefinition(), cluster.Name, s.Name, b.args.LogGroupName).ApplyT(func(v []any) (string, error) {
		r := rollback{
			wanted: v[0].(string), running: v[1].(string),
			cluster: v[2].(string), service: v[3].(string), logGroup: v[4].(string), region: b.args.Region,
		}
		return r.wanted, r.err()
	}).(pulumi.StringOutput)
}

// rollback is what is wanted and what runs.
type rollback struct {
	wanted, running                    string // ARNs of task definitions, or family:revision
	cluster, service, logGroup, region string
}

// err returns nil where the two are the same, else what to look at and how to go on.
func (r rollback) err() error {
	wanted, running := revision(r.wanted), revision(r.running)
	if wanted == running {
		return nil
	}
	return fmt.Errorf("service: the deployment of %s was rolled back: %s runs %s. "+
		"Look at why: `aws ecs describe-services --region %s --cluster %s --services %s` (events, deployments), "+
		"`aws ecs list-tasks --region %s --cluster %s --desired-status STOPPED` and the stoppedReason of those tasks, "+
		"and `aws logs tail %s --region %s --since 1h` (streams task/migrate and task/serve). "+
		"Then correct the image or the setting and run `pulumi up --refresh`: without --refresh Pulumi takes %s for running",
		wanted, r.service, running, r.region, r.cluster, r.service, r.region, r.cluster, r.logGroup, r.region, wanted)
}

// revision returns the family:revision of an ARN.
func revision(arn string) string { return arn[strings.LastIndex(arn, "/")+1:] }
