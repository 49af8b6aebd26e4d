package enginetest

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/internal/strict"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

var update = flag.Bool("update", false, "write testdata/settings.golden anew")

// values are what settings are changed to where neither the documentation's example nor one more or another of those
// allowed will do in the stack with everything. What has to change with it stands beside it.
var values = map[string]map[string]any{
	"recoveryRegion": {"recoveryRegion": "eu-west-1", "access.github.recoveryRegion": "eu-west-1"},
	"production":     {"production": true, "allowUnprotected": true},
	"corsOrigins":    {"corsOrigins": []string{"https://todo.example.com"}},
	"tags":           {"tags.Team": "tasks"},

	"foundation.deletionProtection": {"foundation.deletionProtection": true, "foundation.forceDestroy": false},
	"foundation.alertEmails":        {"foundation.alertEmails": []string{"team@example.com"}},
	"network.cidr": {
		"network.cidr": "10.20.0.0/16", "network.publicCidrs": []string{"10.20.1.0/24", "10.20.2.0/24"},
		"network.privateCidrs": []string{"10.20.10.0/24", "10.20.11.0/24"}, "network.dataCidrs": []string{"10.20.20.0/24", "10.20.21.0/24"},
	},
	"network.zones": {
		"network.zones": []string{"a", "b", "c"}, "network.publicCidrs": []string{"10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"},
		"network.privateCidrs": []string{"10.0.10.0/24", "10.0.11.0/24", "10.0.12.0/24"},
		"network.dataCidrs":    []string{"10.0.20.0/24", "10.0.21.0/24", "10.0.22.0/24"},
	},
	"network.publicCidrs":        {"network.publicCidrs": []string{"10.0.1.0/24", "10.0.4.0/24"}},
	"network.privateCidrs":       {"network.privateCidrs": []string{"10.0.10.0/24", "10.0.14.0/24"}},
	"network.dataCidrs":          {"network.dataCidrs": []string{"10.0.20.0/24", "10.0.22.0/24"}},
	"network.interfaceEndpoints": {"network.interfaceEndpoints": []string{}},

	"edge.alternativeNames": {"edge.alternativeNames": []string{"track.example.com"}},
	"edge.domain":           {"edge.domain": "todo.example.com"},
	"edge.zoneId":           {"edge.zoneId": "Z9876543210ABCDEFGHIJ"},
	"edge.zoneName":         {"edge.zoneId": "", "edge.zoneName": "example.com"},
	"edge.waf.countRules":   {"edge.waf.countRules": []string{"SizeRestrictions_BODY"}},

	"image.platform":            {"image.platform": "linux/arm64", "service.architecture": "ARM64"},
	"image.buildArgs":           {"image.buildArgs.BUILD_BASE": "mirror.example.com/golang:1.26"},
	"service.architecture":      {"image.ref": ready, "service.architecture": "ARM64"},
	"service.cpu":               {"service.cpu": 512, "service.memoryMiB": 1024},
	"service.memoryMiB":         {"service.memoryMiB": 1024},
	"service.scaling.schedules": {"service.scaling.schedules": []any{map[string]any{"name": "night", "when": "cron(0 22 * * ? *)", "min": 1, "max": 2}}},

	"database.replicaClass":        {"database.replicaClass": "db.t3.medium"},
	"database.engineVersion":       {"database.engineVersion": "8.4.5", "database.minorUpgrades": false},
	"database.minorUpgrades":       {"database.engineVersion": "8.4.5", "database.minorUpgrades": false},
	"database.allowMajorUpgrade":   {"database.allowMajorUpgrade": true, "database.replicas": 0},
	"database.storageGiB":          {"database.storageGiB": 500},
	"database.retentionDays":       {"database.retentionDays": 14},
	"database.backupWindow":        {"database.backupWindow": "02:00-03:00"},
	"database.maintenanceWindow":   {"database.maintenanceWindow": "sat:04:30-sat:05:30"},
	"database.masterPassword":      {"database.masterPassword": "managed", "database.replicas": 0},
	"database.monitoringSeconds":   {"database.monitoringSeconds": 30},
	"database.performanceInsights": {"database.performanceInsights": true, "database.instanceClass": "db.m7g.large"},
	"database.iamAuthentication":   {"database.iamAuthentication": true, "database.instanceClass": "db.m7g.large"},
	"database.logExports":          {"database.logExports": []string{"error"}},
	"database.logRetentionDays":    {"database.logRetentionDays": 90},
	"database.secretRecoveryDays":  {"database.secretRecoveryDays": 7},
	"database.serving":             {"database.generation": 2, "database.serving": 1},
	"database.oldest":              {"database.generation": 2, "database.oldest": 2},
	"database.restore.time":        {"database.restore.instance": "task-tracker-db", "database.restore.time": "2026-11-23T09:30:00Z"},

	"storage.deletionProtection":  {"storage.deletionProtection": true, "storage.forceDestroy": false},
	"audit.guardDuty.features":    {"audit.guardDuty.features": []string{"S3_DATA_EVENTS", "RDS_LOGIN_EVENTS", "RUNTIME_MONITORING"}},
	"backup.schedule":             {"backup.schedule": "cron(0 9 * * ? *)"},
	"backup.bucket":               {"backup.bucket": false, "backup.restoreTest.bucket": false},
	"backup.deleteWithVaults":     {"backup.deleteWithVaults": true, "backup.lock.enabled": false},
	"backup.restoreTest.schedule": {"backup.restoreTest.schedule": "cron(0 10 15 * ? *)"},

	"access.github.repository":     {"access.github.repository": "example/tasks"},
	"access.github.environment":    {"access.github.environment": "live"},
	"access.github.stateBucket":    {"access.github.stateBucket": "example-state"},
	"access.github.stateKeyArn":    {"access.github.stateKeyArn": ""},
	"access.github.recoveryRegion": {"recoveryRegion": "", "access.github.recoveryRegion": ""},
	"access.vpn.serverCertificateArn": {
		"access.vpn.serverCertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789014",
	},
	"access.vpn.clientRootArn": {
		"access.vpn.clientRootArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789015",
	},
	"access.vpn.samlProviderArn": {"access.vpn.clientRootArn": "", "access.vpn.samlProviderArn": "arn:aws:iam::123456789012:saml-provider/Okta"},

	"observability.hosts.periodSeconds": {"observability.hosts.periodSeconds": 300},
	"observability.tasks.periodSeconds": {"observability.tasks.periodSeconds": 300},
	"cost.emails":                       {"cost.emails": []string{"bills@example.com"}},
	"cost.allocationTags":               {"cost.allocationTags": []string{"Project"}},
	"cost.filterTag":                    {"cost.filterTag": "Project", "cost.filterValue": "task-tracker"},
	"cost.anomalies.mode":               {"cost.anomalies.mode": "off"},
	"cost.anomalies.monitorArn": {
		"cost.anomalies.mode": "existing", "cost.anomalies.monitorArn": "arn:aws:ce::123456789012:anomalymonitor/0f4f0e8a-5f3b-4f0e-9a55-1c2d3e4f5a6b",
	},
}

const ready = "123456789012.dkr.ecr.us-east-1.amazonaws.com/task-tracker@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

// settings are those of a stack, as the program gets them.
type settings map[string]any

// read returns the settings of a stack's file.
func read(t *testing.T, file string) settings {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var all struct {
		Config map[string]settings `json:"config"`
	}
	if err := yaml.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	return all.Config["task-tracker:platform"]
}

// with returns the settings with some at dotted paths changed.
func (s settings) with(t *testing.T, changes map[string]any) string {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]any{}
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	for path, value := range changes {
		at, parts := all, strings.Split(path, ".")
		for _, part := range parts[:len(parts)-1] {
			next, ok := at[part].(map[string]any)
			if !ok {
				next = map[string]any{}
				at[part] = next
			}
			at = next
		}
		at[parts[len(parts)-1]] = value
	}
	if text, err = json.Marshal(all); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// effective are the settings with all defaults, by dotted path.
func (s settings) effective(t *testing.T) map[string]any {
	t.Helper()
	config, err := platform.Read(s.with(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var all map[string]any
	if err := decoder.Decode(&all); err != nil {
		t.Fatal(err)
	}
	flat := map[string]any{}
	flatten("", all, flat)
	return flat
}

func flatten(prefix string, from, to map[string]any) {
	for key, value := range from {
		if object, ok := value.(map[string]any); ok && len(object) > 0 {
			flatten(prefix+key+".", object, to)
		} else {
			to[prefix+key] = value
		}
	}
}

// another returns a value that a setting may have and has not.
func another(s strict.Setting, now any) (any, bool) {
	current := fmt.Sprint(now)
	if now == nil {
		current = ""
	}
	switch {
	case s.Type == "bool":
		return current != "true", true
	case len(s.Enum) > 0:
		i := slices.IndexFunc(s.Enum, func(one string) bool { return one != current })
		return typed(s.Type, s.Enum[i]), true
	case s.Example != "" && s.Example != current && s.Type != "list of texts":
		return typed(s.Type, s.Example), true
	case s.Example != "" && s.Type == "list of texts":
		return strings.Split(strings.Trim(s.Example, "[]"), ","), true
	case s.Type == "integer" || s.Type == "number":
		n, err := strconv.ParseFloat(current, 64)
		return n + 1, err == nil
	}
	return nil, false
}

func typed(kind, text string) any {
	if kind == "integer" || kind == "number" {
		n, err := strconv.ParseFloat(text, 64)
		if err == nil {
			return n
		}
	}
	return text
}

// variant is one setting changed.
type variant struct {
	name    string
	changes map[string]any
}

// variants returns a change of each setting that there is, in the order of the documentation.
func variants(t *testing.T, base settings) (all []variant) {
	t.Helper()
	now := base.effective(t)
	used := map[string]bool{}
	for _, s := range strict.Settings(platform.Config{}) {
		if strings.Contains(s.Path, "[].") {
			continue // the list has an entry
		}
		used[s.Path] = true
		changes := values[s.Path]
		if changes == nil {
			value, ok := another(s, now[s.Path])
			if !ok {
				t.Errorf("%s: no other value is known; add one to values", s.Path)
				continue
			}
			changes = map[string]any{s.Path: value}
		}
		if _, err := platform.Read(base.with(t, changes)); err != nil {
			t.Errorf("%s: add a value that may be set to values: %v", s.Path, err)
			continue
		}
		all = append(all, variant{s.Path, changes})
	}
	for path := range values {
		if !used[path] {
			t.Errorf("%s is no setting; drop it from values", path)
		}
	}
	return all
}

// block says what a change does, as the golden file has it.
func (v variant) block(r *offline.Report, err error) string {
	var b strings.Builder
	text, _ := json.Marshal(v.changes) // of plain values
	fmt.Fprintf(&b, "%s: %s\n", v.name, text)
	if err != nil {
		fmt.Fprintf(&b, "    refused: %s\n", strings.ReplaceAll(err.Error(), "\n", "\n        "))
	}
	changed := r.Changed()
	if len(changed) > 40 {
		counts := map[string]int{}
		for _, c := range changed {
			counts[c.Op]++
		}
		fmt.Fprintf(&b, "    %d resources: %v\n", len(changed), counts)
		changed = slices.DeleteFunc(changed, func(c offline.Change) bool {
			return c.Op == "create" || c.Op == "update" || !slices.Contains(valuable, c.Type)
		})
	}
	for _, c := range changed {
		if c.Type == image { // its name is a hash of all sources
			c.Name = "(the image's tag)"
		}
		var keys []string
		for _, k := range c.Keys {
			if c.Op == "update" || k.Replace {
				keys = append(keys, k.Path)
			}
		}
		fmt.Fprintf(&b, "    %s %s %s %s\n", c.Op, c.Type, c.Name, strings.Join(keys, " "))
	}
	return b.String()
}

// replacesDatabase are the settings that may take the database's place: it is another stack's, or its network's.
//
// Retiring a generation deletes its instance: that is what it is for.
var replacesDatabase = []string{"region", "database.oldest"}

// silent are the settings that change nothing by themselves in a stack that is there.
var silent = []string{
	// It counts with plainNames; rules, not resources; a note of the engine's own.
	"homeRegion", "production", "allowUnprotected", "network.deletionProtection",
	// An instance keeps the image that it was made with.
	"access.bastion.imageId",
	// They count for a new instance.
	"database.restore.snapshot", "database.restore.instance", "database.restore.backupsArn", "database.restore.time",
}

// valuable are the types whose replacement loses something; of a change of many resources they are named.
var valuable = []string{
	"aws:rds/instance:Instance", "aws:s3/bucketV2:BucketV2", "aws:kms/key:Key", "aws:ecr/repository:Repository",
	"aws:backup/vault:Vault", "aws:lb/loadBalancer:LoadBalancer", "aws:ecs/service:Service",
}

// TestEverySetting changes each setting that there is in a stack with everything, and holds what the engine would do
// against testdata/settings.golden. No setting replaces or deletes a database but those that are listed here.
func TestEverySetting(t *testing.T) {
	t.Parallel()
	all := variants(t, read(t, filepath.Join(testdata, "Pulumi.everything.yaml")))
	if t.Failed() {
		return
	}
	base := everything(t)
	base.must(base.Up)
	blocks := make([]string, len(all))
	const workers = 2
	var wait sync.WaitGroup
	for w := range workers {
		b := base.copied(t, offline.Options{Root: testdata, Stack: "everything"})
		wait.Go(func() {
			for i := w; i < len(all); i += workers {
				if err := b.Set(all[i].changes); err != nil {
					t.Error(err)
					return
				}
				report, err := b.Preview(t.Context())
				blocks[i] = all[i].block(report, err)
				if quiet := len(report.Changed()) == 0; quiet != slices.Contains(silent, all[i].name) {
					t.Errorf("%s changes nothing: %t; silent says otherwise", all[i].name, quiet)
				}
				for _, c := range report.Changed() {
					if (c.Op == "replace" || c.Op == "delete") && strings.HasPrefix(c.Type, "aws:rds/instance:") &&
						strings.HasPrefix(c.Name, "database-instance") && !slices.Contains(replacesDatabase, all[i].name) {
						t.Errorf("%s would %s the database %s", all[i].name, c.Op, c.Name)
					}
				}
			}
		})
	}
	wait.Wait()
	compare(t, "settings.golden", strings.Join(blocks, ""))
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join(testdata, name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("settings do something else than %s says (-want +got); if that is right: go test ./platform/enginetest -run EverySetting -update\n%s", file, diff)
	}
}
