package offline

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/auto/events"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// planned is what the engine tells before it does something to a resource.
func planned(op apitype.OpType, typ, name string, diff map[string]apitype.DiffKind) events.EngineEvent {
	m := apitype.StepEventMetadata{
		Op: op, Type: typ, URN: "urn:pulumi:dev::task-tracker::" + typ + "::" + name,
		New: &apitype.StepEventStateMetadata{Custom: typ[:4] == "aws:"}, DetailedDiff: map[string]apitype.PropertyDiff{},
	}
	if op == apitype.OpDelete {
		m.New, m.Old = nil, m.New
	}
	for path, kind := range diff {
		m.DetailedDiff[path] = apitype.PropertyDiff{Kind: kind}
	}
	return events.EngineEvent{EngineEvent: apitype.EngineEvent{ResourcePreEvent: &apitype.ResourcePreEvent{Metadata: m}}}
}

func told(severity, urn, message string) events.EngineEvent {
	return events.EngineEvent{EngineEvent: apitype.EngineEvent{DiagnosticEvent: &apitype.DiagnosticEvent{Severity: severity, URN: urn, Message: message}}}
}

func reported(step string, all ...events.EngineEvent) *Report {
	r := &Report{Step: step}
	for _, e := range all {
		r.add(e)
	}
	r.sort()
	return r
}

func TestReport(t *testing.T) {
	t.Parallel()
	r := reported(
		"preview",
		planned(apitype.OpSame, "aws:kms/key:Key", "foundation-key", nil),
		planned(apitype.OpSame, "tasktracker:network:Network", "network", nil),
		planned(apitype.OpCreate, "tasktracker:edge:Edge", "edge", nil),
		planned(apitype.OpCreate, "aws:sns/topic:Topic", "foundation-b", nil),
		planned(apitype.OpCreate, "aws:sns/topic:Topic", "foundation-a", nil),
		planned(apitype.OpCreate, "aws:ec2/vpc:Vpc", "network-vpc", nil),
		planned(apitype.OpImport, "aws:s3/bucketV2:BucketV2", "storage-bucket", nil),
		planned(apitype.OpUpdate, "aws:rds/instance:Instance", "database-instance", map[string]apitype.DiffKind{
			"multiAz": apitype.DiffUpdate, "tags.Name": apitype.DiffAdd, "allocatedStorage": apitype.DiffDelete,
		}),
		planned(apitype.OpCreateReplacement, "aws:lb/targetGroup:TargetGroup", "edge-targets", nil),
		planned(apitype.OpReplace, "aws:lb/targetGroup:TargetGroup", "edge-targets", map[string]apitype.DiffKind{
			"port": apitype.DiffUpdateReplace, "name": apitype.DiffAddReplace, "vpcId": apitype.DiffDeleteReplace, "tags": apitype.DiffUpdate,
		}),
		planned(apitype.OpDeleteReplaced, "aws:lb/targetGroup:TargetGroup", "edge-targets", nil),
		planned(apitype.OpRead, "aws:route53/zone:Zone", "edge-zone", nil),
		planned(apitype.OpDelete, "aws:sns/topic:Topic", "foundation-old", nil),
		planned(apitype.OpDelete, "tasktracker:audit:Audit", "audit", nil),
	)
	if got, want := r.Tally(), "4 to create, 1 to import, 1 to update, 1 to replace, 2 to delete, 2 unchanged"; got != want {
		t.Errorf("the tally is %q, want %q", got, want)
	}
	type row struct {
		Op, Name  string
		Component bool
	}
	var got []row
	for _, c := range r.Changes {
		got = append(got, row{c.Op, c.Name, c.Component})
	}
	want := []row{
		{"replace", "edge-targets", false},
		{"delete", "foundation-old", false},
		{"delete", "audit", true},
		{"update", "database-instance", false},
		{"import", "storage-bucket", false},
		{"create", "network-vpc", false},
		{"create", "foundation-a", false},
		{"create", "foundation-b", false},
		{"create", "edge", true},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, c := range r.Changed() {
		if c.Component {
			t.Errorf("%s is a component", c.Name)
		}
	}
	if got := len(r.Changed()); got != 7 || len(r.Changes) != 9 {
		t.Errorf("%d changes without components and %d with, want 7 and 9", got, len(r.Changes))
	}
	if diff := cmp.Diff([]Property{{Path: "name", Kind: "add", Replace: true}, {Path: "port", Kind: "update", Replace: true}, {Path: "tags", Kind: "update", Replace: false}, {Path: "vpcId", Kind: "delete", Replace: true}}, r.Changes[0].Keys); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]Property{{Path: "allocatedStorage", Kind: "delete", Replace: false}, {Path: "multiAz", Kind: "update", Replace: false}, {Path: "tags.Name", Kind: "add", Replace: false}}, r.Changes[3].Keys); diff != "" {
		t.Error(diff)
	}
}

// TestValues are short ones of the inputs; secrets, long texts and lists are not shown.
func TestValues(t *testing.T) {
	t.Parallel()
	inputs := map[string]any{
		"class": "db.t3.micro", "size": float64(20), "on": true, "empty": "", "later": plugin.UnknownStringValue,
		"long": strings.Repeat("x", 61), "lines": "a\nb", "list": []any{"a", map[string]any{"port": float64(443)}},
		"password": map[string]any{"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1"},
	}
	for path, want := range map[string]string{
		"class": "db.t3.micro", "size": "20", "on": "true", "empty": `""`, "later": "?", "long": "", "lines": "", "list": "",
		"list[0]": "a", "list[1].port": "443", "list[2]": "", "password": "", "absent": "", "class.x": "", "[": "",
	} {
		if got := short(inputs, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// TestLateEvents come after the engine has ended, and count.
func TestLateEvents(t *testing.T) {
	t.Parallel()
	r := &Report{Step: "up"}
	ch, ended := make(chan events.EngineEvent), make(chan struct{})
	go func() {
		close(ended)
		for range 3 {
			time.Sleep(time.Millisecond)
			ch <- planned(apitype.OpSame, "aws:kms/key:Key", "foundation-key", nil)
		}
		close(ch)
	}()
	r.listen(ch, ended)
	if got, want := r.Tally(), "3 unchanged"; got != want {
		t.Errorf("the tally is %q, want %q", got, want)
	}
}

// TestReportOfARefresh counts what was read, and nothing twice.
func TestReportOfARefresh(t *testing.T) {
	t.Parallel()
	read := func(op apitype.OpType, name string) events.EngineEvent {
		e := planned(op, "aws:sns/topic:Topic", name, nil)
		return events.EngineEvent{EngineEvent: apitype.EngineEvent{ResOutputsEvent: &apitype.ResOutputsEvent{Metadata: e.ResourcePreEvent.Metadata}}}
	}
	r := reported(
		"refresh",
		planned(apitype.OpRefresh, "aws:sns/topic:Topic", "a", nil), read(apitype.OpUpdate, "a"),
		planned(apitype.OpRefresh, "aws:sns/topic:Topic", "b", nil), read(apitype.OpDelete, "b"),
		planned(apitype.OpRefresh, "aws:sns/topic:Topic", "c", nil), read(apitype.OpSame, "c"),
	)
	if got, want := r.Tally(), "1 to update, 1 to delete, 1 unchanged"; got != want {
		t.Errorf("the tally is %q, want %q", got, want)
	}
}

func TestFailuresAsText(t *testing.T) {
	t.Parallel()
	urn := "urn:pulumi:dev::task-tracker::tasktracker:network:Network$aws:ec2/subnet:Subnet::network-public-1"
	r := reported(
		"up",
		told("info", "", "Do try this"),
		told("warning", urn, "deprecated"),
		told("error", urn, "<{%fg 1%}>InvalidSubnet.Range: 10.9.0.0/24 is outside<{%reset%}>\n"),
		told("error", urn, "<{%fg 1%}>InvalidSubnet.Range: 10.9.0.0/24 is outside<{%reset%}>\n"),
		told("error", "", "update failed"),
		told("error", "", "<{%reset%}>\n"),
		told("error", "", "an unhandled error occurred: 1 error occurred:\n\t* the settings are wrong:\ndatabase.size: 5\n\n"),
		told("error", "", "an unhandled error occurred: program exited with non-zero exit code: 1\n\n"),
	)
	want := []string{"network-public-1 (aws:ec2/subnet:Subnet): InvalidSubnet.Range: 10.9.0.0/24 is outside", "update failed", "the settings are wrong:\ndatabase.size: 5", "program exited with non-zero exit code: 1"}
	if diff := cmp.Diff(want, r.Failures); diff != "" {
		t.Error(diff)
	}
	if got, want := r.explain(errors.New("code: 255\nstdout: …")).Error(), "up failed\n"+strings.Join(want, "\n"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	cause := errors.New("exit status 1")
	if err := reported("up").explain(cause); !errors.Is(err, cause) || err.Error() != "up: exit status 1" {
		t.Errorf("without failures the engine's own error must stand: %v", err)
	}
}
