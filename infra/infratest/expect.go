package infratest

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// update makes [Golden] write what it was given: go test ./network -update. A test that imports this package can't have
// another flag of that name.
var update = flag.Bool("update", false, "write the golden files anew")

// Expect compares inputs by path, as [Resource.String] gives them; "" means that there is none.
func (r Resource) Expect(t testing.TB, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for path := range want {
		got[path] = r.String(path)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s %s (-want +got):\n%s", r.Type, r.Name, diff)
	}
}

// WaitsFor reports whether the resource depends on one of that name, by an input or explicitly.
func (r Resource) WaitsFor(name string) bool {
	for _, urn := range r.Dependencies {
		if strings.HasSuffix(urn, "::"+name) {
			return true
		}
	}
	return false
}

// Names returns "type name" of all that was registered, sorted.
func (r *Recorder) Names() []string {
	var names []string
	for _, one := range r.All() {
		names = append(names, one.Type+" "+one.Name)
	}
	return names
}

// ChildrenOf fails the test for each resource of AWS whose parent is not the component of that type and name.
func (r *Recorder) ChildrenOf(t testing.TB, token, name string) {
	t.Helper()
	children := 0
	for _, one := range r.All() {
		if !strings.HasPrefix(one.Type, "aws") {
			continue
		}
		children++
		if !strings.HasSuffix(one.Parent, "::"+token+"::"+name) {
			t.Errorf("%s %s is a child of %q, not of %s", one.Type, one.Name, one.Parent, name)
		}
	}
	if children == 0 {
		t.Errorf("%s has no children", name)
	}
}

// Golden compares a JSON document, indented, with the file of that name in testdata. With -update it writes the file.
func Golden(t testing.TB, name, document string) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(document), "", "  "); err != nil {
		t.Fatalf("%s is not JSON: %v\n%s", name, err, document)
	}
	got.WriteByte('\n')
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := fs.ReadFile(os.DirFS("testdata"), name)
	if err != nil {
		t.Fatalf("%v; go test -update writes it", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s differs, go test -update writes it (-file +now):\n%s", path, diff)
	}
}

// Golden compares all inputs of the resource with a file of testdata, as the function does.
func (r Resource) Golden(t testing.TB, name string) {
	t.Helper()
	inputs, err := json.Marshal(r.Inputs.Mappable())
	if err != nil {
		t.Fatal(err)
	}
	Golden(t, name, string(inputs))
}

// Lines returns the faults of an error, which [errors.Join] writes a line each; nil where there is none.
func Lines(err error) []string {
	if err == nil {
		return nil
	}
	return strings.Split(err.Error(), "\n")
}

// Refused runs a program that has to fail before it registers anything. Its error holds each of the texts.
func Refused(t testing.TB, program func(*pulumi.Context) error, want ...string) {
	t.Helper()
	r, err := Try(program)
	if err == nil {
		t.Errorf("it was accepted; want %q", want)
		return
	}
	for _, one := range want {
		if !strings.Contains(err.Error(), one) {
			t.Errorf("the error lacks %q:\n%v", one, err)
		}
	}
	for _, one := range r.All() {
		if one.Type != "pulumi:pulumi:Stack" {
			t.Errorf("%s %s was registered in spite of:\n%v", one.Type, one.Name, err)
		}
	}
}
