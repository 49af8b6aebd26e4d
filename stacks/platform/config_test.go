package platform

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"
)

// stackText returns the settings of Pulumi.<stack>.yaml as the program gets them.
func stackText(t testing.TB, stack string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "Pulumi."+stack+".yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config map[string]json.RawMessage `json:"config"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return string(file.Config["task-tracker:platform"])
}

// changed returns the settings with one more at a dotted path, or without it where value is nil.
func changed(t testing.TB, text, path string, value any) string {
	t.Helper()
	var all map[string]any
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(path, ".")
	at := all
	for _, part := range parts[:len(parts)-1] {
		next, ok := at[part].(map[string]any)
		if !ok {
			next = map[string]any{}
			at[part] = next
		}
		at = next
	}
	if last := parts[len(parts)-1]; value == nil {
		delete(at, last)
	} else {
		at[last] = value
	}
	out, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestStacksAreRight(t *testing.T) {
	t.Parallel()
	for _, stack := range []string{"dev", "prod"} {
		if _, err := Read(stackText(t, stack)); err != nil {
			t.Errorf("%s: %v", stack, err)
		}
	}
}

// TestMisuse makes one thing wrong in a stack that is right, and reads what a platform engineer is told.
func TestMisuse(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		stack, path string
		value       any
		want        string
	}{
		{"prod", "databse", map[string]any{}, `task-tracker:platform.databse: no such setting; did you mean "database"?`},
		{"prod", "database.storageGB", 5, `database.storageGB: no such setting; did you mean "storageGiB"?`},
		{"prod", "database.storageGiB", 5, `database.storageGiB: 5 is below 20, gp3's limit for MySQL; set 20 to 65536`},
		{"prod", "database.multiAz", "yes", `database.multiAz: "yes" is a text, must be true or false`},
		{"prod", "environment", "Production!", `environment: "Production!" must be 1 to 12 lower-case letters and digits`},
		{"prod", "region", "Frankfurt", `region: "Frankfurt" is no AWS region; set us-east-1 or the like`},
		{"prod", "recoveryRegion", "us-east-1", `recoveryRegion: "us-east-1" is the stack's own region`},
		{"prod", "account", "1234", `account: "1234" is no AWS account; set its 12 digits in quotes, or leave it out`},
		{"prod", "service.memoryMiB", 700, `service.memoryMiB: 700 does not go with cpu: 256 on Fargate; set 512, 1024 or 2048, or another cpu`},
		{"prod", "network.publicCidrs", []string{"10.0.1.0/24", "10.0.1.128/25"}, `network.publicCidrs[1]: 10.0.1.128/25 overlaps 10.0.1.0/24 (publicCidrs[0]); give each subnet addresses of its own`},
		{"prod", "network.dataCidrs", []string{"192.168.0.0/24", "10.0.21.0/24"}, `network.dataCidrs[0]: 192.168.0.0/24 is outside of the VPC's 10.0.0.0/16 (cidr); move it inside, or widen cidr`},
		{"prod", "network.zones", []string{"a", "b", "c"}, `network.publicCidrs: 2 subnets for 3 zones (a, b, c); give one subnet per zone, in the order of network.zones`},
		{"prod", "database.deletionProtection", false, `database.deletionProtection: false in a production stack: an update could delete it; set true, or state it with allowUnprotected: true`},
		{"prod", "edge.deletionProtection", false, `edge.deletionProtection: false in a production stack`},
		{"prod", "service.capacity.spotWeight", 1, `edge.drainingSeconds: 300 with service.capacity.spotWeight 1: Spot takes a task back 120 seconds after its notice, so its requests would be cut; set less than 120, e.g. 90, or service.capacity.spotWeight to 0`},
		{"prod", "edge.certificateArn", "arn:aws:acm:us-east-1:123456789012:certificate/1", `is set, but domain is not, and without one there is only plain HTTP; set domain, or leave certificateArn out`},
		{"prod", "database.replicas", 1, `database.masterPassword: "managed" with replicas: 1, and AWS refuses a managed master password on an instance that has replicas; set masterPassword to "generated", or replicas to 0`},
		{"prod", "database.engineVersion", "8.0", `database.extendedSupport: MySQL 8.0 is past its standard support (2026-07-31) and runs with extended support only, charged per vCPU-hour; set extendedSupport to true, or engineVersion to 8.4`},
		{"prod", "service.bootstrapSecret", "none", `service.bootstrapSecret: "none" with a public endpoint: whoever comes first would make the first account`},
		{"prod", "service.architecture", "ARM64", `service.architecture: "ARM64" with image.platform "linux/amd64": tasks could not run the image; set X86_64, or build for the other platform`},
		{"prod", "storage.oldVersionDays", 30, `storage.oldVersionDays: 30 is less than database.retentionDays, 35: the database could be taken back to a time whose attachments are gone; set 35 or more`},
		{"prod", "access.vpn", map[string]any{"enabled": true, "clientCidr": "10.0.0.0/20"}, `access.vpn.clientCidr: 10.0.0.0/20 overlaps the VPC's 10.0.0.0/16 (network.cidr); choose other addresses, such as 10.100.0.0/22`},
		{"prod", "access.github", map[string]any{"provider": "create", "repository": "example/task-tracker", "environment": "production"}, `access.github.recoveryRegion: "" is not the stack's recoveryRegion, "us-west-2", which the deploy role has to reach; set both alike`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			_, err := Read(changed(t, stackText(t, tt.stack), tt.path, tt.value))
			if err == nil {
				t.Fatal("it was accepted")
			}
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got  %v\nwant %s", err, tt.want)
			}
		})
	}
	t.Run("a protected stack without copies", func(t *testing.T) {
		t.Parallel()
		text := changed(t, changed(t, stackText(t, "prod"), "database.multiAz", false), "database.retentionDays", 0)
		_, err := Read(text)
		if err == nil || !strings.Contains(err.Error(), "database.retentionDays: 0 with database.multiAz false in a production stack") {
			t.Error(err)
		}
	})
	t.Run("all at once", func(t *testing.T) {
		t.Parallel()
		_, err := Read(`{"environment":"","database":{"storageGiB":1},"service":{"cpu":"many"},"nope":1}`)
		for _, want := range []string{"environment", "database.storageGiB", "service.cpu", "nope"} {
			if err == nil || !strings.Contains(err.Error(), "task-tracker:platform."+want+": ") {
				t.Errorf("no fault at %s in %v", want, err)
			}
		}
	})
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		_, err := Read("")
		if err == nil || !strings.Contains(err.Error(), "there are no settings; add the object that stacks/README.md describes") {
			t.Error(err)
		}
	})
}

// FuzzRead feeds settings of any shape: they are read or refused, with a path each, never a panic.
func FuzzRead(f *testing.F) {
	for _, stack := range []string{"dev", "prod"} {
		f.Add(stackText(f, stack))
		f.Add(changed(f, stackText(f, stack), "network.zones", []string{}))
		f.Add(changed(f, stackText(f, stack), "service.scaling.schedules", []any{map[string]any{}}))
		f.Add(changed(f, stackText(f, stack), "database.restore.time", "yesterday"))
		f.Add(changed(f, stackText(f, stack), "network.cidr", "::/0"))
	}
	f.Fuzz(func(t *testing.T, text string) {
		_, err := Read(text)
		if err == nil {
			return
		}
		for line := range strings.Lines(err.Error()) {
			if !strings.Contains(line, ": ") && !strings.Contains(line, "nothing was changed:") {
				t.Errorf("a line of the error without a path: %q", line)
			}
		}
	})
}

// TestReadmeTakesAllProtectionOff compares the README's way to destroy a stack with what the program knows to be in the way.
func TestReadmeTakesAllProtectionOff(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	for path, value := range ProtectionOff() {
		if want := fmt.Sprintf("%s=%v", path, value); !strings.Contains(string(readme), want) {
			t.Errorf("README.md does not set %s", want)
		}
	}
}

// TestLooseKeys reads the configuration as the language host passes it.
func TestLooseKeys(t *testing.T) {
	t.Parallel()
	for all, want := range map[string]string{
		"": "", `{"aws:region":"us-east-1","task-tracker:platform":"{}"}`: "",
		`{"task-tracker:platfrom":"{}"}`: "task-tracker:platfrom: no such setting; did you mean task-tracker:platform?",
		"[]":                             "the engine's configuration is no JSON object of texts: json: cannot unmarshal array into Go value of type map[string]string",
	} {
		got := ""
		if err := loose(all); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", all, got, want)
		}
	}
}
