package offlinetest

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi/config"
)

// Settings is a stack file of [Small].
const Settings = `config:
  aws:region: us-east-1
  task-tracker:platform: {cidr: 10.0.1.0/24, tag: a, secret: {secure: v1:c2VjcmV0}}
`

// Small is a program of a component with a network, a subnet and a topic. Its settings: cidr of the subnet, tag of the
// network, typo: a property that does not exist, fault: what the program fails with, restless: the network's tag differs
// at every run, keep: the topic outlives the stack, secret: an output.
func Small(ctx *pulumi.Context) error {
	var set struct {
		Cidr, Tag, Typo, Fault, Secret string
		Restless, Keep                 bool
	}
	if err := json.Unmarshal([]byte(config.Get(ctx, "task-tracker:platform")), &set); err != nil {
		return err
	}
	if set.Fault != "" {
		return errors.New(set.Fault)
	}
	if set.Restless {
		set.Tag = time.Now().Format(time.RFC3339Nano)
	}
	var part struct{ pulumi.ResourceState }
	if err := ctx.RegisterComponentResource("tasktracker:small:Part", "part", &part); err != nil {
		return err
	}
	register := func(token, name string, inputs pulumi.Map, opts ...pulumi.ResourceOption) (*pulumi.CustomResourceState, error) {
		one := new(pulumi.CustomResourceState)
		err := ctx.RegisterResource(token, "part-"+name, inputs, one, append(opts, pulumi.Parent(&part))...)
		return one, err
	}
	vpc, err := register("aws:ec2/vpc:Vpc", "vpc", pulumi.Map{
		"cidrBlock": pulumi.String("10.0.0.0/16"), "tags": pulumi.StringMap{"Name": pulumi.String(set.Tag)},
	})
	if err != nil {
		return err
	}
	subnet := pulumi.Map{"vpcId": vpc.ID(), "cidrBlock": pulumi.String(set.Cidr), "availabilityZone": pulumi.String("us-east-1a")}
	if set.Typo != "" {
		subnet[set.Typo] = pulumi.Bool(true)
	}
	if _, err := register("aws:ec2/subnet:Subnet", "subnet", subnet); err != nil {
		return err
	}
	if _, err = register("aws:sns/topic:Topic", "topic", pulumi.Map{}, pulumi.RetainOnDelete(set.Keep)); err != nil {
		return err
	}
	ctx.Export("secret", pulumi.String(set.Secret))
	return ctx.RegisterResourceOutputs(&part, pulumi.Map{})
}

// Repository makes a folder with the given files, path to text.
func Repository(t testing.TB, files map[string]string) (root string) {
	t.Helper()
	root = t.TempDir()
	Write(t, root, files)
	return root
}

// Write writes files below a folder.
func Write(t testing.TB, root string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		write(t, filepath.Join(root, name), text, 0o644)
	}
}

// Script writes a program of the shell.
func Script(t testing.TB, path, text string) {
	t.Helper()
	// A process that another test starts in this moment would keep the file open for writing: it could not be run.
	syscall.ForkLock.RLock()
	defer syscall.ForkLock.RUnlock()
	write(t, path, text, 0o755)
}

func write(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

// Engine makes a TestMain's process use the repository's own engine, wherever a test's own repository is. With none there,
// the one on PATH is used, and without that every test says how to get one.
func Engine(repository string) error {
	own, err := filepath.Abs(filepath.Join(repository, ".tools", "bin", "pulumi"))
	if err != nil || os.Getenv("TASKTRACKER_PULUMI") != "" {
		return err
	}
	if _, err := os.Stat(own); err != nil {
		return nil
	}
	return os.Setenv("TASKTRACKER_PULUMI", own)
}

// WantError fails the test where err lacks one of the texts.
func WantError(t testing.TB, err error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error; want one with %q", texts)
		return
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("the error lacks %q: %v", text, err)
		}
	}
}
