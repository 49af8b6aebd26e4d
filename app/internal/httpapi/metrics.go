package httpapi

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"
)

type metrics struct {
	requests  *prometheus.CounterVec
	seconds   *prometheus.HistogramVec
	inFlight  prometheus.Gauge
	panics    prometheus.Counter
	refused   prometheus.Counter
	unmatched *seriesSet
}

func newMetrics(reg prometheus.Registerer, working func() float64) *metrics {
	f := promauto.With(reg)
	labels := []string{"method", "route", "status"}
	m := &metrics{
		requests: f.NewCounterVec(prometheus.CounterOpts{
			Name: "tasktracker_http_requests_total", Help: "Requests by method, route pattern and status.",
		}, labels),
		seconds: f.NewHistogramVec(prometheus.HistogramOpts{
			Name: "tasktracker_http_request_duration_seconds", Help: "Time from the request's headers to the end of the answer.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, labels),
		inFlight: f.NewGauge(prometheus.GaugeOpts{Name: "tasktracker_http_requests_in_flight", Help: "Requests being answered."}),
		panics:   f.NewCounter(prometheus.CounterOpts{Name: "tasktracker_http_panics_total", Help: "Handlers that panicked."}),
		refused: f.NewCounter(prometheus.CounterOpts{
			Name: "tasktracker_http_requests_refused_total", Help: "Requests that waited in vain for others to be done, and were answered 503.",
		}),
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tasktracker_http_requests_working", Help: "Requests being worked on; at most 64, the next ones wait.",
	}, working)
	m.unmatched = m.forRoute("any", "unmatched")
	return m
}

// seriesSet finds the series of one route by status without building labels at every request.
type seriesSet struct {
	m               *metrics
	method, pattern string
	byStatus        [600]atomic.Pointer[series]
}

type series struct {
	requests prometheus.Counter
	seconds  prometheus.Observer
}

func (m *metrics) forRoute(method, pattern string) *seriesSet {
	return &seriesSet{m: m, method: method, pattern: pattern}
}

func (s *seriesSet) observe(status int, took time.Duration) {
	if status < 0 || status >= len(s.byStatus) {
		status = 0
	}
	one := s.byStatus[status].Load()
	if one == nil {
		labels := []string{s.method, s.pattern, strconv.Itoa(status)}
		one = &series{s.m.requests.WithLabelValues(labels...), s.m.seconds.WithLabelValues(labels...)}
		s.byStatus[status].Store(one)
	}
	one.requests.Inc()
	one.seconds.Observe(took.Seconds())
}
