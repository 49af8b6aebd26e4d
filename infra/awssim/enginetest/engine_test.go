package enginetest

import (
	"context"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/auto"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optdestroy"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/optup"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/task-tracker/task-tracker/infra/awssim"
)

// bed is a stack on an account of its own.
type bed struct {
	t     *testing.T
	sim   *awssim.Server
	stack auto.Stack
}

// setup starts an account and an empty stack on the real engine.
func setup(t *testing.T, options awssim.Options) *bed {
	t.Helper()
	binary := os.Getenv("TASKTRACKER_PULUMI")
	if binary == "" {
		binary, _ = filepath.Abs("../../../.tools/bin/pulumi")
	}
	if _, err := exec.LookPath(binary); err != nil {
		t.Fatalf("no Pulumi engine at %s: run `make engine`, or set TASKTRACKER_PULUMI to one", binary)
	}
	sim, err := awssim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	dir := t.TempDir()
	root := filepath.Join(dir, "pulumi")
	if err := os.MkdirAll(filepath.Join(root, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(binary, filepath.Join(root, "bin", "pulumi")); err != nil {
		t.Fatal(err)
	}
	command, err := auto.NewPulumiCommand(&auto.PulumiCommandOptions{Root: root, SkipVersionCheck: true})
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"PULUMI_CONFIG_PASSPHRASE": "test", "PULUMI_HOME": filepath.Join(dir, "home"), "PULUMI_SKIP_UPDATE_CHECK": "true",
		"PULUMI_BACKEND_URL": "file://" + dir,
	}
	for _, e := range sim.Env() {
		k, v, _ := strings.Cut(e, "=")
		env[k] = v
	}
	stack, err := auto.NewStackInlineSource(context.Background(), "test", "awssim", func(*pulumi.Context) error { return nil },
		auto.Pulumi(command), auto.EnvVars(env), auto.WorkDir(dir), auto.Project(workspace.Project{
			Name: tokens.PackageName("awssim"), Runtime: workspace.NewProjectRuntimeInfo("go", nil),
			Backend: &workspace.ProjectBackend{URL: "file://" + dir},
		}))
	if err != nil {
		t.Fatal(err)
	}
	if err := stack.SetConfig(context.Background(), "aws:region", auto.ConfigValue{Value: "us-east-1"}); err != nil {
		t.Fatal(err)
	}
	return &bed{t, sim, stack}
}

// up updates the stack to a program, and returns how many resources had which operation.
func (b *bed) up(program pulumi.RunFunc) (map[string]int, auto.UpResult, error) {
	b.t.Helper()
	b.stack.Workspace().SetProgram(program)
	result, err := b.stack.Up(context.Background(), optup.SuppressProgress())
	if err != nil {
		return nil, result, err
	}
	return *result.Summary.ResourceChanges, result, nil
}

func (b *bed) mustUp(program pulumi.RunFunc, want map[string]int) auto.UpResult {
	b.t.Helper()
	changes, result, err := b.up(program)
	if err != nil {
		b.t.Fatal(err)
	}
	for op, n := range want {
		if changes[op] != n {
			b.t.Errorf("%s: %d, want %d, of %v\n%s", op, changes[op], n, changes, result.StdOut)
		}
	}
	return result
}

// orphans are the objects in the account that the stack does not know.
func (b *bed) orphans() []string {
	b.t.Helper()
	exported, err := b.stack.Export(context.Background())
	if err != nil {
		b.t.Fatal(err)
	}
	var state apitype.DeploymentV3
	if err := json.Unmarshal(exported.Deployment, &state); err != nil {
		b.t.Fatal(err)
	}
	known := map[string]bool{}
	for _, r := range state.Resources {
		known[string(r.URN.Type())+" "+string(r.ID)] = true
	}
	var lost []string
	for _, o := range b.sim.Objects() {
		if !known[o.Token+" "+o.ID] {
			lost = append(lost, o.Token+" "+o.ID)
		}
	}
	return lost
}

// state is the stack's state file.
func (b *bed) state() string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.stack.Workspace().WorkDir(), ".pulumi", "stacks", "awssim", "test.json"))
	if err != nil {
		b.t.Fatal(err)
	}
	return string(text)
}

func (b *bed) destroy() {
	b.t.Helper()
	if _, err := b.stack.Destroy(context.Background(), optdestroy.SuppressProgress()); err != nil {
		b.t.Fatal(err)
	}
	if left := b.sim.Objects(); len(left) != 0 {
		b.t.Errorf("destroy left %d objects, the first is %s %s", len(left), left[0].Token, left[0].ID)
	}
}

type object struct {
	pulumi.CustomResourceState
	Arn  pulumi.StringOutput `pulumi:"arn"`
	Name pulumi.StringOutput `pulumi:"name"`
}

func register(ctx *pulumi.Context, token, name string, inputs pulumi.Map, opts ...pulumi.ResourceOption) *object {
	o := &object{}
	if err := ctx.RegisterResource(token, name, inputs, o, opts...); err != nil {
		panic(err)
	}
	return o
}

// small is a network with a topic: what is changed in it is given.
func small(vpcTag, cidr, topic string) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		vpc := register(ctx, "aws:ec2/vpc:Vpc", "vpc", pulumi.Map{
			"cidrBlock": pulumi.String("10.0.0.0/16"), "tags": pulumi.StringMap{"Name": pulumi.String(vpcTag)},
		})
		register(ctx, "aws:ec2/subnet:Subnet", "subnet", pulumi.Map{
			"vpcId": vpc.ID(), "cidrBlock": pulumi.String(cidr), "availabilityZone": pulumi.String("us-east-1a"),
		})
		inputs := pulumi.Map{}
		if topic != "" {
			inputs["name"] = pulumi.String(topic)
		}
		t := register(ctx, "aws:sns/topic:Topic", "topic", inputs)
		ctx.Export("vpc", vpc.ID())
		ctx.Export("topic", t.Arn)
		return nil
	}
}

func TestLifecycle(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{Seed: "1", Dir: t.TempDir()})
	first := b.mustUp(small("a", "10.0.1.0/24", ""), map[string]int{"create": 4})
	if id, _ := first.Outputs["vpc"].Value.(string); !strings.HasPrefix(id, "vpc-") || len(id) != 21 {
		t.Errorf("the VPC's id is %q", id)
	}
	b.mustUp(small("a", "10.0.1.0/24", ""), map[string]int{"same": 4, "update": 0, "replace": 0})
	b.mustUp(small("b", "10.0.1.0/24", ""), map[string]int{"update": 1})
	b.mustUp(small("b", "10.0.2.0/24", ""), map[string]int{"replace": 1, "same": 3})
	renamed := b.mustUp(small("b", "10.0.2.0/24", "alerts"), map[string]int{"replace": 1})
	if arn := renamed.Outputs["topic"].Value; arn != "arn:aws:sns:us-east-1:123456789012:alerts" {
		t.Errorf("the topic's ARN is %v", arn)
	}
	if err := b.sim.Change(func(all []*awssim.Object) []*awssim.Object { return all[1:] }); err != nil {
		t.Fatal(err)
	}
	refreshed, err := b.stack.Refresh(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if n := (*refreshed.Summary.ResourceChanges)["delete"]; n != 1 {
		t.Errorf("refresh found %d objects gone, want 1", n)
	}
	b.destroy()
}

func TestTwoRegions(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	result := b.mustUp(func(ctx *pulumi.Context) error {
		here := register(ctx, "aws:sns/topic:Topic", "here", pulumi.Map{"name": pulumi.String("alerts")})
		var west struct{ pulumi.ProviderResourceState }
		if err := ctx.RegisterResource("pulumi:providers:aws", "west", pulumi.Map{
			"region":      pulumi.String("us-west-2"),
			"defaultTags": pulumi.String(`{"tags":{"stack":"test"}}`),
		}, &west); err != nil {
			return err
		}
		there := register(ctx, "aws:sns/topic:Topic", "there", pulumi.Map{"name": pulumi.String("alerts")}, pulumi.Provider(&west))
		ctx.Export("here", here.Arn)
		ctx.Export("there", there.Arn)
		return nil
	}, nil)
	for name, region := range map[string]string{"here": "us-east-1", "there": "us-west-2"} {
		if got, want := result.Outputs[name].Value, "arn:aws:sns:"+region+":123456789012:alerts"; got != want {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
	if tags := b.sim.Objects()[1].Out["tagsAll"]; b.sim.Objects()[1].Region == "us-west-2" && tags == nil {
		t.Error("the provider's default tags are not on the topic")
	}
}

func TestAnotherOrderOfASetIsNoChange(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	program := func(providers ...string) pulumi.RunFunc {
		return func(ctx *pulumi.Context) error {
			cluster := register(ctx, "aws:ecs/cluster:Cluster", "cluster", pulumi.Map{"name": pulumi.String("main")})
			register(ctx, "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders", "providers", pulumi.Map{
				"clusterName": cluster.Name, "capacityProviders": pulumi.ToStringArray(providers),
			})
			return nil
		}
	}
	b.mustUp(program("FARGATE", "FARGATE_SPOT"), map[string]int{"create": 3})
	b.mustUp(program("FARGATE_SPOT", "FARGATE"), map[string]int{"same": 3, "update": 0})
	b.mustUp(program("FARGATE_SPOT"), map[string]int{"same": 2, "update": 1})
}

func TestFaultsAreRecoveredFrom(t *testing.T) {
	t.Parallel()
	for _, kind := range []awssim.Kind{awssim.Fail, awssim.Throttle, awssim.Timeout} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t, awssim.Options{Faults: []awssim.Fault{{Nth: 2, Kind: kind}}})
			if _, _, err := b.up(small("a", "10.0.1.0/24", "")); err == nil {
				t.Fatal("the update went through in spite of the fault")
			}
			if lost := b.orphans(); len(lost) > 0 {
				t.Errorf("after the failure the stack does not know %v", lost)
			}
			b.mustUp(small("a", "10.0.1.0/24", ""), nil)
			if n := len(b.sim.Objects()); n != 3 {
				t.Errorf("%d objects after the recovery, want 3", n)
			}
			if lost := b.orphans(); len(lost) > 0 {
				t.Errorf("orphans: %v", lost)
			}
		})
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	err := b.sim.Change(func([]*awssim.Object) []*awssim.Object {
		arn := "arn:aws:sns:us-east-1:123456789012:old"
		return []*awssim.Object{{
			Token: "aws:sns/topic:Topic", ID: arn, Region: "us-east-1",
			In: map[string]any{"name": "old"}, Out: map[string]any{"name": "old", "arn": arn},
		}}
	})
	if err != nil {
		t.Fatal(err)
	}
	b.mustUp(func(ctx *pulumi.Context) error {
		register(ctx, "aws:sns/topic:Topic", "topic", pulumi.Map{"name": pulumi.String("old")},
			pulumi.Import(pulumi.ID("arn:aws:sns:us-east-1:123456789012:old")))
		return nil
	}, map[string]int{"import": 1})
}

func TestCheckNamesThePropertyAndTheWayOut(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	_, _, err := b.up(func(ctx *pulumi.Context) error {
		var o object
		return ctx.RegisterResource("aws:ec2/vpc:Vpc", "vpc", pulumi.Map{"cidrBlok": pulumi.String("10.0.0.0/16")}, &o)
	})
	if err == nil || !strings.Contains(err.Error(), `did you mean "cidrBlock"?`) {
		t.Errorf("the misspelt property is not named: %v", err)
	}
}

func TestSecretsStaySecretThroughRefresh(t *testing.T) {
	t.Parallel()
	b := setup(t, awssim.Options{})
	program := func(ctx *pulumi.Context) error {
		secret := register(ctx, "aws:secretsmanager/secret:Secret", "secret", pulumi.Map{})
		register(ctx, "aws:secretsmanager/secretVersion:SecretVersion", "version", pulumi.Map{
			"secretId": secret.ID(), "secretString": pulumi.ToSecret(pulumi.String("hunter-two")),
		})
		return nil
	}
	b.mustUp(program, map[string]int{"create": 3})
	refreshed, err := b.stack.Refresh(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if changes := *refreshed.Summary.ResourceChanges; changes["update"]+changes["delete"] > 0 {
		t.Errorf("a refresh of an untouched account found %v", changes)
	}
	if state := b.state(); !strings.Contains(state, "secretVersion") || strings.Contains(state, "hunter-two") {
		t.Error("the secret stands in plain text in the state, or the state is not where it was looked for")
	}
	b.mustUp(program, map[string]int{"same": 3, "update": 0})
}
