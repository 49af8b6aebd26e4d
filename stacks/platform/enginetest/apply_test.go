package enginetest

import (
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// apart are settings whose change is brought about alone: it replaces much, or is a step of a sequence.
var apart = []string{
	"environment", "region", "plainNames", "network.cidr", "network.zones",
	"database.generation", "database.serving", "database.oldest",
}

// TestSettingsAreApplied brings about what TestEverySetting previews: nearly all at once, those that switch things off
// first and the others then, and some alone. AWS must accept each update, and the one after it must have nothing to do.
func TestSettingsAreApplied(t *testing.T) {
	t.Parallel()
	settings := read(t, filepath.Join(testdata, "Pulumi.everything.yaml"))
	all := variants(t, settings)
	base := everything(t)
	base.must(base.Up)
	for _, name := range []string{"environment", "region", "plainNames", "network.cidr", "network.zones"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := base.copied(t, offline.Options{Root: testdata, Stack: "everything"})
			b.apply(all[slices.IndexFunc(all, func(v variant) bool { return v.name == name })].changes)
		})
	}
	t.Run("all others", func(t *testing.T) {
		t.Parallel()
		b := base.copied(t, offline.Options{Root: testdata, Stack: "everything"})
		later := all
		for rounds := 0; len(later) > 0; rounds++ {
			if rounds == 6 {
				t.Fatalf("%d changes contradict the others", len(later))
			}
			batch := map[string]any{}
			var left []variant
			for _, v := range later {
				both := maps.Clone(batch)
				maps.Copy(both, v.changes)
				switch _, err := platform.Read(settings.with(t, both)); {
				case slices.Contains(apart, v.name):
				case err != nil, overrides(batch, v.changes):
					left = append(left, v)
				default:
					batch = both
				}
			}
			later = left
			b.apply(batch)
		}
	})
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
