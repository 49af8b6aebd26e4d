package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// report is all figures of a run. Durations are in the unit that the name ends with.
type report struct {
	Date    time.Time         `json:"date"`
	Tasks   int               `json:"tasks"`
	Clients int               `json:"clients"`
	Rounds  int               `json:"rounds"`
	Seconds float64           `json:"seconds_per_round"`
	Cases   []caseResult      `json:"cases"`
	Seeds   []seedResult      `json:"seeds"`
	Paging  *pagingResult     `json:"paging,omitempty"`
	Limits  *limitsResult     `json:"limits,omitempty"`
	Plans   map[string]string `json:"plans"`
}

// caseResult is one case: medians over the rounds.
type caseResult struct {
	Name       string  `json:"name"`
	Title      string  `json:"title"`
	Target     float64 `json:"target_ratio,omitempty"`
	Floor      float64 `json:"floor_per_second,omitempty"`
	Service    float64 `json:"service_per_second"`
	Ratio      float64 `json:"ratio,omitempty"`
	RatioLow   float64 `json:"ratio_lowest,omitempty"`
	RatioHigh  float64 `json:"ratio_highest,omitempty"`
	P50        float64 `json:"service_p50_ms"`
	P99        float64 `json:"service_p99_ms"`
	Errors     int     `json:"service_errors"`
	FirstError string  `json:"first_error,omitempty"`

	floors, services, ratios, p50s, p99s []float64
}

func (r *caseResult) add(got, under outcome) {
	r.services = append(r.services, got.perSecond())
	r.p50s = append(r.p50s, ms(got.quantile(.5)))
	r.p99s = append(r.p99s, ms(got.quantile(.99)))
	if under.Requests > 0 {
		r.floors = append(r.floors, under.perSecond())
		r.ratios = append(r.ratios, got.perSecond()/under.perSecond())
	}
}

func (r *caseResult) finish() {
	r.Service, r.P50, r.P99 = median(r.services), median(r.p50s), median(r.p99s)
	if len(r.ratios) > 0 {
		r.Floor, r.Ratio = median(r.floors), median(r.ratios)
		r.RatioLow, r.RatioHigh = slices.Min(r.ratios), slices.Max(r.ratios)
	}
}

type seedResult struct {
	Tasks   int     `json:"tasks"`
	Seconds float64 `json:"seconds"`
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(v))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

func (r *report) write(file string) error {
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(b, '\n'), 0o600)
}

func (r *report) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "%d tasks, %d connections, %d rounds of %g s, medians\n", r.Tasks, r.Clients, r.Rounds, r.Seconds)
	fmt.Fprintln(w, "case\tfloor/s\tservice/s\tratio\tlowest\thighest\ttarget\tp50 ms\tp99 ms\terrors\t")
	for _, c := range r.Cases {
		floor, ratio, low, high, target := "–", "–", "–", "–", "–"
		if c.Target > 0 {
			floor, ratio = fmt.Sprintf("%.0f", c.Floor), percent(c.Ratio)
			low, high, target = percent(c.RatioLow), percent(c.RatioHigh), "≥ "+percent(c.Target)
			if c.Ratio < c.Target {
				target += " MISSED"
			}
		}
		fmt.Fprintf(w, "%s\t%s\t%.0f\t%s\t%s\t%s\t%s\t%.1f\t%.1f\t%d\t\n", c.Title, floor, c.Service, ratio, low, high, target, c.P50, c.P99, c.Errors)
	}
	_ = w.Flush()
	for _, c := range r.Cases {
		if c.FirstError != "" {
			fmt.Fprintf(out, "%s: first error: %s\n", c.Title, c.FirstError)
		}
	}
	for _, s := range r.Seeds {
		fmt.Fprintf(out, "seeding %d tasks took %.1f s\n", s.Tasks, s.Seconds)
	}
	r.Paging.print(out)
	r.Limits.print(out)
	for _, name := range slices.Sorted(maps.Keys(r.Plans)) {
		fmt.Fprintf(out, "\nplan of %s:\n%s\n", name, strings.TrimSpace(r.Plans[name]))
	}
}

func percent(ratio float64) string { return fmt.Sprintf("%.0f %%", 100*ratio) }
