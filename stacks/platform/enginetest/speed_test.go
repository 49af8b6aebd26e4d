package enginetest

import (
	"testing"

	"github.com/task-tracker/task-tracker/stacks/internal/offline"
	"github.com/task-tracker/task-tracker/stacks/platform"
)

// BenchmarkPreview previews production against nothing.
func BenchmarkPreview(b *testing.B) { benchmark(b, false) }

// BenchmarkUp brings production up.
func BenchmarkUp(b *testing.B) { benchmark(b, true) }

func benchmark(b *testing.B, up bool) {
	for b.Loop() {
		s, err := offline.Open(b.Context(), platform.Deploy, offline.Options{Root: root, Tools: root, Stack: "prod", Dir: b.TempDir()})
		if err != nil {
			b.Fatal(err)
		}
		step := s.Preview
		if up {
			step = s.Up
		}
		report, err := step(b.Context())
		s.Close()
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(report.Took.Seconds(), "s/step")
		b.ReportMetric(float64(len(report.Changed())), "resources")
	}
}
