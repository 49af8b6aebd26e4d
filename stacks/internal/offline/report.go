package offline

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// Report is what a step did, or would do.
type Report struct {
	Step     string
	Changes  []Change // what differs; sorted by operation, type and name
	Same     int      // resources that stay as they are
	Failures []string // what the engine or the cloud said went wrong
	Warnings []string // what the program warned of
	Took     time.Duration
}

// Change is one resource that is created, updated, replaced or deleted.
type Change struct {
	Op         string // create, import, update, replace, delete, and at a refresh: update, delete
	Type, Name string
	URN        string
	Component  bool
	Keys       []Property // properties that differ, sorted by path
}

// Property is one that differs.
type Property struct {
	Path    string
	Kind    string // add, update, delete
	Replace bool   // this one forces the replacement
	// What it was and will be, where that is short: "" where it is not there, "?" where AWS has to say, and never a secret.
	Old, New string
}

// Tally counts the changes of each operation: 3 to create, 1 to replace, 150 unchanged.
func (r *Report) Tally() string {
	var parts []string
	for _, op := range []string{"create", "import", "update", "replace", "delete"} {
		n := 0
		for _, c := range r.Changes {
			if c.Op == op {
				n++
			}
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", n, op))
		}
	}
	return strings.Join(append(parts, fmt.Sprintf("%d unchanged", r.Same)), ", ")
}

// Changed returns the changes of resources, components left out.
func (r *Report) Changed() []Change {
	return slices.DeleteFunc(slices.Clone(r.Changes), func(c Change) bool { return c.Component })
}

// listen adds events until their channel is closed. Events may come after the engine has ended; an engine that ended before
// it had any to tell leaves the channel open.
func (r *Report) listen(ch <-chan events.EngineEvent, ended <-chan struct{}) {
	var idle <-chan time.Time
	for {
		select {
		case e, ok := <-ch:
			if !ok {
				return
			}
			r.add(e)
		case <-ended:
			ended = nil
		case <-idle:
			return
		}
		if ended == nil {
			idle = time.After(silence)
		}
	}
}

func (r *Report) add(e events.EngineEvent) {
	switch {
	case e.DiagnosticEvent != nil && e.DiagnosticEvent.Severity == "error":
		r.fail(e.DiagnosticEvent.URN, e.DiagnosticEvent.Message)
	case e.DiagnosticEvent != nil && e.DiagnosticEvent.Severity == "warning":
		if said := strings.TrimSpace(colors.Never.Colorize(e.DiagnosticEvent.Message)); said != "" && !slices.Contains(r.Warnings, said) {
			r.Warnings = append(r.Warnings, said)
		}
	case e.ResourcePreEvent != nil:
		r.change(e.ResourcePreEvent.Metadata)
	case e.ResOutputsEvent != nil && r.Step == "refresh":
		r.refreshed(e.ResOutputsEvent.Metadata)
	}
}

// unhandled is how the engine announces the error that a program returned: it is the program's answer, and handled here.
var unhandled = regexp.MustCompile(`^an unhandled error occurred: (1 error occurred:\s+\* )?`)

func (r *Report) fail(urn, message string) {
	message = unhandled.ReplaceAllString(strings.TrimSpace(colors.Never.Colorize(message)), "")
	if urn != "" && message != "" {
		message = resource.URN(urn).Name() + " (" + string(resource.URN(urn).Type()) + "): " + message
	}
	if message != "" && !slices.Contains(r.Failures, message) {
		r.Failures = append(r.Failures, message)
	}
}

func (r *Report) change(m apitype.StepEventMetadata) {
	if r.Step == "refresh" || implied(m) {
		return // what a refresh finds is known when it has read the resource
	}
	switch m.Op { //nolint:exhaustive // the halves of a replacement, reads and the rest do not count
	case apitype.OpSame:
		r.Same++
	case apitype.OpCreate, apitype.OpUpdate, apitype.OpReplace, apitype.OpDelete, apitype.OpImport:
		r.note(m)
	}
}

func (r *Report) refreshed(m apitype.StepEventMetadata) {
	if implied(m) {
		return
	}
	switch m.Op {
	case apitype.OpUpdate, apitype.OpDelete:
		r.note(m)
	default:
		r.Same++
	}
}

func (r *Report) note(m apitype.StepEventMetadata) {
	urn := resource.URN(m.URN)
	c := Change{Op: string(m.Op), Type: m.Type, Name: urn.Name(), URN: m.URN, Component: component(m)}
	for path, d := range m.DetailedDiff {
		kind := strings.TrimSuffix(string(d.Kind), "-replace")
		p := Property{Path: path, Kind: kind, Replace: strings.HasSuffix(string(d.Kind), "-replace")}
		if m.Old != nil && m.New != nil {
			p.Old, p.New = short(m.Old.Inputs, path), short(m.New.Inputs, path)
		}
		c.Keys = append(c.Keys, p)
	}
	slices.SortFunc(c.Keys, func(a, b Property) int { return cmp.Compare(a.Path, b.Path) })
	r.Changes = append(r.Changes, c)
}

// implied reports whether the resource is a provider that no program asked for. The engine's own tally leaves it out, too.
func implied(m apitype.StepEventMetadata) bool {
	name := resource.URN(m.URN).Name()
	return strings.HasPrefix(m.Type, "pulumi:providers:") && (name == "default" || strings.HasPrefix(name, "default_"))
}

// component reports whether the resource is nothing in the cloud: a component, or the stack itself.
func component(m apitype.StepEventMetadata) bool {
	if m.New != nil {
		return !m.New.Custom
	}
	return m.Old != nil && !m.Old.Custom
}

var order = []string{"replace", "delete", "update", "import", "create"}

func (r *Report) sort() {
	slices.SortFunc(r.Changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Op), slices.Index(order, b.Op)), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Name, b.Name))
	})
}

// explain replaces the engine's account of a failure by what went wrong, a line each.
func (r *Report) explain(err error) error {
	if len(r.Failures) == 0 {
		return fmt.Errorf("%s: %w", r.Step, err)
	}
	errs := []error{fmt.Errorf("%s failed", r.Step)}
	for _, f := range r.Failures {
		errs = append(errs, errors.New(f))
	}
	return errors.Join(errs...)
}

// short is a value of a resource's inputs as a plan shows it; "" where there is none, or it does not fit on a line.
func short(inputs map[string]any, path string) string {
	keys, err := resource.ParsePropertyPath(path)
	if err != nil {
		return ""
	}
	var at any = inputs
	for _, key := range keys {
		switch within := at.(type) {
		case map[string]any:
			name, _ := key.(string)
			at = within[name]
		case []any:
			i, ok := key.(int)
			if !ok || i < 0 || i >= len(within) {
				return ""
			}
			at = within[i]
		default:
			return ""
		}
	}
	const most = 60
	switch v := at.(type) {
	case string:
		switch {
		case v == plugin.UnknownStringValue:
			return "?"
		case v == "":
			return `""`
		case len(v) > most || strings.ContainsAny(v, "\n`"):
			return ""
		}
		return v
	case bool, float64, json.Number:
		return fmt.Sprint(v)
	}
	return ""
}
