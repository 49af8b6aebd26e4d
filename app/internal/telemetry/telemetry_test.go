package telemetry

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

func TestReadLimits(t *testing.T) {
	t.Parallel()
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, test := range map[string]struct {
		files fstest.MapFS
		want  Limits
	}{
		"none": {fstest.MapFS{}, Limits{}},
		"v2, own": {fstest.MapFS{
			"proc/self/cgroup":         file("0::/\n"),
			"sys/fs/cgroup/memory.max": file("536870912\n"),
			"sys/fs/cgroup/cpu.max":    file("25000 100000\n"),
		}, Limits{Memory: 512 << 20, CPU: 0.25}},
		"v2, the parent's is tighter": {fstest.MapFS{
			"proc/self/cgroup":               file("0::/task/box\n"),
			"sys/fs/cgroup/task/box/cpu.max": file("max 100000\n"),
			"sys/fs/cgroup/task/memory.max":  file("1073741824\n"),
			"sys/fs/cgroup/memory.max":       file("max\n"),
			"sys/fs/cgroup/task/cpu.max":     file("150000 100000\n"),
		}, Limits{Memory: 1 << 30, CPU: 1.5}},
		"v1": {fstest.MapFS{
			"proc/self/cgroup": file("4:memory:/ecs\n3:cpu,cpuacct:/ecs\n"),
			"sys/fs/cgroup/memory/ecs/memory.limit_in_bytes": file("536870912\n"),
			"sys/fs/cgroup/memory/memory.limit_in_bytes":     file("9223372036854771712\n"),
			"sys/fs/cgroup/cpu/ecs/cpu.cfs_quota_us":         file("50000\n"),
			"sys/fs/cgroup/cpu/ecs/cpu.cfs_period_us":        file("100000\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_quota_us":             file("-1\n"),
			"sys/fs/cgroup/cpu/cpu.cfs_period_us":            file("100000\n"),
		}, Limits{Memory: 512 << 20, CPU: 0.5}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, readLimits(test.files)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMetricsHandler(t *testing.T) {
	t.Parallel()
	h := MetricsHandler(NewRegistry("1.2.3"), slog.New(slog.DiscardHandler))
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil))
	body := w.Body.String()
	for _, want := range []string{`tasktracker_build_info{goversion="go`, `version="1.2.3"} 1`, "go_goroutines", "process_resident_memory_bytes"} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %q", want)
		}
	}
	w = httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", nil))
	if w.Code != http.StatusNotFound {
		t.Errorf("/ on the metrics listener: %d", w.Code)
	}
}

func TestNewLogger(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := NewLogger(&out, slog.LevelWarn, "json")
	log.InfoContext(t.Context(), "quiet")
	log.WarnContext(t.Context(), "loud", "n", 1)
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%v in %q", err, out.String())
	}
	if line["msg"] != "loud" || line["n"] != 1.0 {
		t.Errorf("got %v", line)
	}
}
