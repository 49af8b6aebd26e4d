package enginetest

import (
	"context"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/awssim"
)

// A secret of a destroyed stack keeps its name for its recovery window, also in the account that is kept on disk; one whose
// name is made up comes back under another.
func TestADestroyedSecretKeepsItsName(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var days atomic.Int64
	options := awssim.Options{Dir: t.TempDir(), Now: func() time.Time { return start.AddDate(0, 0, int(days.Load())) }}
	b := setup(t, options)
	program := func(inputs pulumi.Map) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			register(ctx, "aws:secretsmanager/secret:Secret", "secret", inputs)
			return nil
		}
	}
	named := program(pulumi.Map{"name": pulumi.String("app")})
	auto := program(pulumi.Map{})
	for _, p := range []pulumi.RunFunc{named, auto} {
		b.mustUp(p, nil)
		b.destroy()
	}
	again, err := awssim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	again.Close()
	if left := again.Leftovers(); len(left) != 2 || left[0].Name != "app" || !left[0].Until.Equal(start.AddDate(0, 0, 30)) {
		t.Errorf("the account on disk has the leftovers %v", left)
	}
	if _, _, err := b.up(named); err == nil || !strings.Contains(err.Error(), "already scheduled for deletion") {
		t.Errorf("the reserved name was given again: %v", err)
	}
	b.mustUp(auto, nil)
	days.Store(30)
	b.mustUp(named, nil)
}

// A database leaves its last snapshot, which nobody may overwrite: the next of that name cannot be deleted until its setting
// names another.
func TestADatabaseLeavesItsLastSnapshot(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	program := func(snapshot string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			vpc := register(ctx, "aws:ec2/vpc:Vpc", "vpc", pulumi.Map{"cidrBlock": pulumi.String("10.0.0.0/16")})
			var subnets pulumi.StringArray
			for zone, cidr := range map[string]string{"us-east-1a": "10.0.20.0/24", "us-east-1b": "10.0.21.0/24"} {
				subnets = append(subnets, register(ctx, "aws:ec2/subnet:Subnet", zone, pulumi.Map{
					"vpcId": vpc.ID(), "cidrBlock": pulumi.String(cidr), "availabilityZone": pulumi.String(zone),
				}).ID())
			}
			group := register(ctx, "aws:rds/subnetGroup:SubnetGroup", "group", pulumi.Map{"subnetIds": subnets})
			register(ctx, "aws:rds/instance:Instance", "database", pulumi.Map{
				"identifier": pulumi.String("app"), "engine": pulumi.String("mysql"), "instanceClass": pulumi.String("db.t3.micro"),
				"allocatedStorage": pulumi.Int(20), "username": pulumi.String("root"), "manageMasterUserPassword": pulumi.Bool(true),
				"dbSubnetGroupName": group.Name, "finalSnapshotIdentifier": pulumi.String(snapshot),
			})
			return nil
		}
	}
	b.mustUp(program("last"), map[string]int{"create": 6})
	b.destroy()
	if left := b.sim.Leftovers(); len(left) != 1 || left[0].Name != "last" || !left[0].Until.IsZero() {
		t.Errorf("the account has the leftovers %v, want the snapshot for good", left)
	}
	b.mustUp(program("last"), nil)
	if _, err := b.stack.Destroy(context.Background(), optdestroy.SuppressProgress()); err == nil || !strings.Contains(err.Error(), "DBSnapshotAlreadyExists") {
		t.Errorf("the snapshot was overwritten: %v", err)
	}
	b.mustUp(program("last-2"), nil)
	b.destroy()
}
