package store

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

// metrics counts what the database does: seconds by the statement's name and its outcome, pool figures, retries.
type metrics struct {
	seconds *prometheus.HistogramVec
	retries *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, db *DB) *metrics {
	if reg == nil {
		reg = prometheus.NewRegistry()
	}
	f := promauto.With(reg)
	m := &metrics{
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tasktracker_sql_duration_seconds", Help: "Time of SQL statements by name and outcome.",
			Buckets: []float64{.0002, .0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"query", "outcome"}),
		retries: f.NewCounterVec(prometheus.CounterOpts{
			Name: "tasktracker_sql_transaction_retries_total", Help: "Transactions, and queries outside one, run again after a deadlock or a lost connection.",
		}, []string{"transaction"}),
	}
	reg.MustRegister(collectors.NewDBStatsCollector(db.write, "write"))
	if db.read != db.write {
		reg.MustRegister(collectors.NewDBStatsCollector(db.read, "read"))
	}
	if db.lagging != nil {
		reg.MustRegister(collectors.NewDBStatsCollector(db.lagging, "replica"))
	}
	return m
}

func (m *metrics) observe(name string, start time.Time, err error) {
	outcome := "ok"
	if err != nil {
		outcome = "error"
	}
	m.seconds.WithLabelValues(name, outcome).Observe(time.Since(start).Seconds())
}
