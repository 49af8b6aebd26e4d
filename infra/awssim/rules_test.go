package awssim

import (
	"strings"
	"testing"
)

type props = map[string]any

// thing is an object of the test's region, with an ARN of the test's account.
func thing(token, id string, in props) *Object {
	out := props{"arn": "arn:aws:ec2:us-east-1:123456789012:x/" + id}
	if strings.HasPrefix(id, "arn:") {
		out["arn"] = id
	}
	for k, v := range in {
		out[k] = v
	}
	return &Object{Token: token, ID: id, URN: "urn:pulumi:test::p::" + token + "::" + id, Region: "us-east-1", In: in, Out: out}
}

func list(v ...any) []any { return v }

// try is one operation: want is the start of the refusal and a part of it, or "" where AWS accepts it.
type try struct {
	name string
	has  []*Object
	op   Op
	obj  *Object
	old  *Object
	want string
}

func attempt(t *testing.T, rules []rule, tries []try) {
	t.Helper()
	for _, c := range tries {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			op := c.op
			if op == "" {
				op = OpCreate
			}
			var err error
			for _, r := range rules {
				if err = r(&world{objects: c.has}, op, c.obj, c.old); err != nil {
					break
				}
			}
			expect(t, err, c.want)
		})
	}
}

// expect fails where an error is not the one that is wanted: "" is none, else a part of its text.
func expect(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want == "" && err != nil:
		t.Errorf("refused: %v", err)
	case want != "" && err == nil:
		t.Errorf("accepted; want %s", want)
	case want != "" && !strings.Contains(err.Error(), want):
		t.Errorf("got %v; want %s", err, want)
	}
}

// every runs all the rules of each try's own type.
func every(t *testing.T, tries []try) {
	t.Helper()
	for _, c := range tries {
		attempt(t, rulesFor(c.obj.Token), []try{c})
	}
}

// verdict is what AWS says of an object with these inputs: the whole refusal, or "" where it accepts them.
type verdict struct {
	name string
	in   props
	want string
}

// verdicts asks one rule about new objects of a type.
func verdicts(t *testing.T, token string, check func(World, *Object, *Object) error, has []*Object, all ...verdict) {
	t.Helper()
	for _, v := range all {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			got := ""
			if err := check(&world{objects: has}, thing(token, "new", v.in), nil); err != nil {
				got = err.Error()
			}
			if got != v.want {
				t.Errorf("\ngot  %s\nwant %s", got, v.want)
			}
		})
	}
}

func TestUniqueNames(t *testing.T) {
	t.Parallel()
	for _, u := range uniques() {
		in := props{}
		for _, k := range u.keys {
			in[k] = "x"
		}
		if len(u.keys) > 0 {
			in[u.keys[0]] = "Same"
		}
		other := props{"unrelated": "y"}
		for _, k := range u.keys {
			other[k] = "another"
		}
		first, second := thing(u.token, "first", in), thing(u.token, "second", in)
		rules := []rule{onWrite(u.check)}
		tries := []try{
			{name: "taken", has: []*Object{first}, obj: second, want: u.code + ": "},
			{name: "its own", has: []*Object{first}, op: OpUpdate, obj: thing(u.token, "first", in), old: first},
			{name: "gone", obj: second},
		}
		if len(u.keys) > 0 {
			tries = append(tries, try{name: "free", has: []*Object{first}, obj: thing(u.token, "second", other)})
		}
		t.Run(kind(u.token), func(t *testing.T) {
			t.Parallel()
			attempt(t, rules, tries)
		})
	}
}

// with are inputs, and others that go before them; nil takes one away.
func with(in, more props) props {
	all := props{}
	for _, m := range []props{in, more} {
		for k, v := range m {
			if all[k] = v; v == nil {
				delete(all, k)
			}
		}
	}
	return all
}

// nested puts a value at a path of objects.
func nested(path string, value any) props {
	head, rest, ok := strings.Cut(path, ".")
	if !ok {
		return props{head: value}
	}
	return props{head: list(nested(rest, value))}
}

func TestReferences(t *testing.T) {
	t.Parallel()
	for _, r := range references() {
		t.Run(kind(r.token)+" "+r.path, func(t *testing.T) {
			t.Parallel()
			target := thing(r.to[0], "target", props{})
			away := thing(r.to[0], "target", props{})
			away.Region = "eu-west-1"
			obj := thing(r.token, "obj", nested(r.path, "target"))
			tries := []try{
				{name: "there", has: []*Object{target}, obj: obj},
				{name: "by ARN", has: []*Object{target}, obj: thing(r.token, "obj", nested(r.path, arn(target)))},
				{name: "missing", obj: obj, want: r.code + ": " + r.path + `: "target" does not exist in us-east-1`},
				{name: "of another account", has: []*Object{target}, obj: thing(r.token, "obj", nested(r.path, "arn:aws:x:us-east-1:999999999999:y"))},
				{name: "being deleted", op: OpDelete, obj: obj},
			}
			if r.global {
				tries = append(tries, try{name: "global", has: []*Object{away}, obj: obj})
			} else {
				tries = append(tries, try{name: "in another region", has: []*Object{away}, obj: obj, want: r.code + ": " + r.path + `: "target" is in eu-west-1`})
			}
			attempt(t, []rule{onWrite(r.check)}, tries)
		})
	}
}

func TestDeletionWhileInUse(t *testing.T) {
	t.Parallel()
	for _, d := range dependencies() {
		for _, u := range d.users {
			t.Run(kind(d.token)+" "+kind(u.token)+" "+u.path, func(t *testing.T) {
				t.Parallel()
				obj := thing(d.token, "used", props{})
				attempt(t, []rule{onDelete(d.check)}, []try{
					{name: "used", has: []*Object{obj, thing(u.token, "user", nested(u.path, "used"))}, op: OpDelete, obj: obj, want: d.code + `: id: "used" is used by `},
					{name: "used by ARN", has: []*Object{obj, thing(u.token, "user", nested(u.path, arn(obj)))}, op: OpDelete, obj: obj, want: d.code},
					{name: "unused", has: []*Object{obj, thing(u.token, "user", nested(u.path, "other"))}, op: OpDelete, obj: obj},
					{name: "being updated", has: []*Object{obj, thing(u.token, "user", nested(u.path, "used"))}, op: OpUpdate, obj: obj, old: obj},
				})
			})
		}
	}
}

func TestProtection(t *testing.T) {
	t.Parallel()
	del := func(name string, o *Object, want string, has ...*Object) try {
		return try{name: name, op: OpDelete, obj: o, has: append(has, o), want: want}
	}
	every(t, []try{
		del("balancer", thing(tBalancer, "b", props{"enableDeletionProtection": true}), "OperationNotPermitted: enableDeletionProtection"),
		del("balancer off", thing(tBalancer, "b", props{"enableDeletionProtection": false}), ""),
		del("database", thing(tDatabase, "d", props{"deletionProtection": true, "skipFinalSnapshot": true}), "InvalidParameterCombination: deletionProtection"),
		del("database off", thing(tDatabase, "d", props{"deletionProtection": false, "skipFinalSnapshot": true}), ""),
		del("no final snapshot", thing(tDatabase, "d", props{}), "InvalidParameterCombination: finalSnapshotIdentifier: is not set"),
		del("final snapshot", thing(tDatabase, "d", props{"finalSnapshotIdentifier": "last"}), ""),
		del("final snapshot taken", thing(tDatabase, "d", props{"finalSnapshotIdentifier": "last"}), "DBSnapshotAlreadyExists",
			thing("aws:rds/snapshot:Snapshot", "s", props{"dbSnapshotIdentifier": "last"})),
		del("replica", thing(tDatabase, "d", props{"replicateSourceDb": "p"}), "InvalidParameterCombination: skipFinalSnapshot"),
		del("replica with a snapshot", thing(tDatabase, "d", props{"replicateSourceDb": "p", "finalSnapshotIdentifier": "x"}), "finalSnapshotIdentifier"),
		del("delivery", thing(tDelivery, "c", props{"name": "c"}), "LastDeliveryChannelDeleteFailedException", thing(tRecorderOn, "r", props{"isEnabled": true})),
		del("delivery stopped", thing(tDelivery, "c", props{"name": "c"}), "", thing(tRecorderOn, "r", props{"isEnabled": false})),
		del("zone", thing(tZone, "Z1", props{}), "HostedZoneNotEmpty", thing(tRecord, "r", props{"zoneId": "Z1"})),
		del("zone by force", thing(tZone, "Z1", props{"forceDestroy": true}), "", thing(tRecord, "r", props{"zoneId": "Z1"})),
	})
}
