package awssim

import (
	"slices"
	"time"
)

// Op is what is done to an object.
type Op string

// The operations that rules see.
const (
	OpCreate Op = "create"
	OpUpdate Op = "update"
	OpDelete Op = "delete"
)

// Object is one thing that exists in the simulated account.
//
// In and Out hold plain JSON values: string, float64, bool, []any, map[string]any. Secrets are unwrapped. In is what was
// given after Check (defaults and auto-names filled in, absent properties absent); Out is In plus what AWS makes up.
type Object struct {
	Token   string // aws:ec2/subnet:Subnet
	ID      string
	URN     string   // of the Pulumi resource that created it, "" for one that was imported from outside
	Region  string   // us-east-1, also for global services, where it is the provider's
	Gen     int      // how many objects the same URN had before
	Updates int      // how often it was updated where a version counts it
	Secrets []string // inputs that hold secrets
	In      map[string]any
	Out     map[string]any
}

// World is what exists at the time of an operation. On create the new object is not in it yet; on update it holds the old
// one; on delete it still holds the one that goes.
type World interface {
	// ByType returns the objects of a type in a region, in order of creation; in all regions where region is "".
	ByType(token, region string) []*Object
	// Find returns the object of a type whose id, ARN or name is key, or nil; in any region where region is "".
	Find(token, key, region string) *Object
	// All returns every object, in order of creation.
	All() []*Object
	// Left returns what a deleted object of a type left behind under a name, or nil; what has expired is gone.
	Left(token, name, region string) *Leftover
}

// rule says whether AWS would refuse the operation, in AWS's words: `InvalidSubnet.Conflict: The CIDR …`.
// Old is nil but on update. Rules run where something is really done, never in a preview, and see known values only.
type rule func(w World, op Op, obj, old *Object) error

// nameKeys are the outputs that objects are looked up by, beside id and ARN.
var nameKeys = []string{"name", "bucket", "family", "identifier", "functionName"}

// world is the state of the simulated account.
type world struct {
	objects  []*Object
	counters map[string]int
	left     []Leftover
	now      func() time.Time
}

// count adds one to a counter and returns it.
func (w *world) count(name string) int {
	w.counters[name]++
	return w.counters[name]
}

func (w *world) All() []*Object { return w.objects }

func (w *world) ByType(token, region string) []*Object {
	var found []*Object
	for _, o := range w.objects {
		if o.Token == token && (region == "" || o.Region == region) {
			found = append(found, o)
		}
	}
	return found
}

func (w *world) Find(token, key, region string) *Object {
	if key == "" {
		return nil
	}
	objects := w.ByType(token, region)
	if i := slices.IndexFunc(objects, func(o *Object) bool { return o.ID == key || o.Out["arn"] == key }); i >= 0 {
		return objects[i]
	}
	for _, name := range nameKeys {
		if i := slices.IndexFunc(objects, func(o *Object) bool { return o.Out[name] == key }); i >= 0 {
			return objects[i]
		}
	}
	return nil
}
