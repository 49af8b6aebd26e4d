package network_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/infra/infratest"
)

var update = flag.Bool("update", false, "write the golden files")

func TestDocuments(t *testing.T) {
	t.Parallel()
	r := infratest.Run(t, program(settings(), nil))
	for file, text := range map[string]string{
		"flow-logs-trust":  r.One(t, "aws:iam/role:Role", "network-flow-logs").String("assumeRolePolicy"),
		"flow-logs-policy": r.One(t, "aws:iam/rolePolicy:RolePolicy", "network-flow-logs").String("policy"),
		"s3-endpoint":      r.One(t, "aws:ec2/vpcEndpoint:VpcEndpoint", "network-s3").String("policy"),
	} {
		golden(t, file, text)
	}
}

// golden compares a document with testdata/{name}.json.
func golden(t *testing.T, name, text string) {
	t.Helper()
	var got bytes.Buffer
	if err := json.Indent(&got, []byte(text), "", "  "); err != nil {
		t.Fatalf("%s is not JSON: %v: %s", name, err, text)
	}
	got.WriteByte('\n')
	path := filepath.Join("testdata", name+".json")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; write it with go test -update", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", path, diff)
	}
}
