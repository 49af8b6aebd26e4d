package awssim

import (
	"strings"
	"testing"
	"time"
)

func TestDeletedSecretsKeepTheirNames(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		window any
		after  int // days
		want   string
	}{
		"default, at once":         {nil, 0, `InvalidRequestException: name: "app" is taken until 2026-01-31: you can't create this secret because a secret with this name is already scheduled for deletion`},
		"default, the day before":  {nil, 29, "InvalidRequestException"},
		"default, when it is over": {nil, 30, ""},
		"a week":                   {7.0, 6, "is taken until 2026-01-08"},
		"a week later":             {7.0, 7, ""},
		"none":                     {0.0, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := now
			w := &world{now: func() time.Time { return clock }}
			in := props{"name": "app"}
			if test.window != nil {
				in["recoveryWindowInDays"] = test.window
			}
			w.leave(thing(tSecret, "old", in))
			clock = now.AddDate(0, 0, test.after)
			expect(t, secretName(w, thing(tSecret, "new", in), nil), test.want)
			if err := secretName(w, thing(tSecret, "new", props{"name": "other"}), nil); err != nil {
				t.Errorf("another name: %v", err)
			}
			elsewhere := thing(tSecret, "new", in)
			elsewhere.Region = "eu-west-1"
			if err := secretName(w, elsewhere, nil); err != nil {
				t.Errorf("another region: %v", err)
			}
		})
	}
}

func TestFinalSnapshotsKeepTheirNames(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		first props
		want  string
	}{
		"taken":        {props{"finalSnapshotIdentifier": "Last"}, `DBSnapshotAlreadyExists: finalSnapshotIdentifier: "last" is taken by a snapshot; choose a name that was never used`},
		"another name": {props{"finalSnapshotIdentifier": "first"}, ""},
		"skipped":      {props{"finalSnapshotIdentifier": "last", "skipFinalSnapshot": true}, ""},
		"of a replica": {props{"finalSnapshotIdentifier": "last", "replicateSourceDb": "db"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := &world{}
			w.leave(thing(tDatabase, "first", test.first))
			expect(t, finalSnapshot(w, thing(tDatabase, "second", props{"finalSnapshotIdentifier": "last"})), test.want)
		})
	}
}

func TestAutoNamesAvoidWhatIsReserved(t *testing.T) {
	t.Parallel()
	p, types := setup(t)
	p.world.now = time.Now
	secret, urn := types.Types[tSecret], "urn:pulumi:s::p::"+tSecret+"::app"
	first := autoName(p.world, secret, "1", urn, nil)
	p.world.leave(thing(tSecret, "old", props{"name": first}))
	if second := autoName(p.world, secret, "1", urn, nil); second == first || !strings.HasPrefix(second, "app-") {
		t.Errorf("the name after %s is %s", first, second)
	}
}
