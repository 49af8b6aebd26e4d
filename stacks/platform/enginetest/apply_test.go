package enginetest

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/infra/awssim"
	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// once are settings that a stack which is up cannot change; where it is protected, the engine refuses.
var once = []string{"environment", "region", "plainNames", "network.cidr", "network.dataCidrs"}

// sequence are settings whose change takes several updates, which have tests of their own.
var sequence = []string{"database.generation", "database.serving", "database.oldest", "database.masterPassword"}

// TestSetOnce changes what a protected stack cannot change, and expects to be told before anything happens.
func TestSetOnce(t *testing.T) {
	t.Parallel()
	b := open(t, offline.Options{Stack: "prod"})
	b.must(b.Up)
	for _, name := range once {
		changes := values[name]
		switch name {
		case "environment":
			changes = map[string]any{"environment": "live", "plainNames": false}
		case "plainNames":
			changes = map[string]any{"plainNames": false}
		case "region":
			changes = map[string]any{"region": "eu-central-1"}
		}
		if err := b.Set(changes); err != nil {
			t.Fatal(err)
		}
		_, err := b.Preview(t.Context())
		if err == nil || !strings.Contains(err.Error(), "protect") {
			t.Errorf("%s: not refused: %v", name, err)
		}
	}
}

// alone are changes that AWS judges otherwise beside another: a flow log of other traffic is another one.
var alone = []string{"network.flowLogs.intervalSeconds"}

// TestSettingsAreApplied brings about what TestEverySetting previews, as many changes at once as do not contradict each
// other. AWS must accept each update, and the one after it must have nothing to do.
func TestSettingsAreApplied(t *testing.T) {
	t.Parallel()
	settings := read(t, filepath.Join(testdata, "Pulumi.everything.yaml"))
	all := variants(t, settings)
	b := everything(t)
	b.madeElsewhere()
	b.must(b.Up)
	last := map[string]any{}
	for rounds := 0; len(all) > 0; rounds++ {
		if rounds == 6 {
			t.Fatalf("%d changes contradict the others", len(all))
		}
		batch := map[string]any{}
		var left []variant
		for _, v := range all {
			both := maps.Clone(batch)
			maps.Copy(both, v.changes)
			switch _, err := platform.Read(settings.with(t, both)); {
			case slices.Contains(once, v.name), slices.Contains(sequence, v.name):
			case slices.Contains(alone, v.name):
				b.apply(v.changes)
			case strings.HasSuffix(v.name, ".deletionProtection"): // would keep the next batch from deleting
				maps.Copy(last, v.changes)
			case err != nil, overrides(batch, v.changes):
				left = append(left, v)
			default:
				batch = both
			}
		}
		all = left
		b.apply(batch)
	}
	b.apply(last)
}

// TestManagedMasterPassword goes back to a password that RDS keeps: without replicas first.
func TestManagedMasterPassword(t *testing.T) {
	t.Parallel()
	b := open(t, offline.Options{Stack: "dev", Set: map[string]any{"database.masterPassword": "generated", "database.replicas": 1}})
	b.must(b.Up)
	b.apply(map[string]any{"database.masterPassword": "generated"})
	b.apply(nil)
}

// madeElsewhere puts what values name into the account: a secret with a value, and a monitor of costs.
func (b *bed) madeElsewhere() {
	b.t.Helper()
	const (
		secret  = "arn:aws:secretsmanager:us-east-1:123456789012:secret:first-account-AbCdEf"
		monitor = "arn:aws:ce::123456789012:anomalymonitor/0f4f0e8a-5f3b-4f0e-9a55-1c2d3e4f5a6b"
	)
	object := func(token, id string, properties map[string]any) *awssim.Object {
		return &awssim.Object{Token: token, ID: id, Region: "us-east-1", In: properties, Out: properties}
	}
	err := b.Cloud().Change(func(all []*awssim.Object) []*awssim.Object {
		return append(
			all,
			object("aws:secretsmanager/secret:Secret", secret, map[string]any{"arn": secret, "name": "first-account"}),
			object("aws:secretsmanager/secretVersion:SecretVersion", secret+"|1", map[string]any{"arn": secret, "secretId": secret, "secretString": "of the first account"}),
			object("aws:costexplorer/anomalyMonitor:AnomalyMonitor", monitor, map[string]any{"arn": monitor, "name": "of the account"}),
		)
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// overrides reports whether changes set something anew that the batch has set, or what stands above or below it.
func overrides(batch, changes map[string]any) bool {
	for path, value := range changes {
		for other, set := range batch {
			if strings.HasPrefix(path, other+".") || strings.HasPrefix(other, path+".") || path == other && !reflect.DeepEqual(value, set) {
				return true
			}
		}
	}
	return false
}

// apply changes settings for good.
func (b *bed) apply(changes map[string]any) {
	b.t.Helper()
	if err := b.Set(changes); err != nil {
		b.t.Fatal(err)
	}
	b.must(b.Up)
	b.noOrphans()
	b.quiet(b.Up)
}
