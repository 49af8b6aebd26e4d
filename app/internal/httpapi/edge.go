package httpapi

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/google/uuid"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// Headers of every answer. The slices are shared by all of them; nobody writes to their elements.
var (
	noSniff    = []string{"nosniff"}
	noReferrer = []string{"no-referrer"}
	noScript   = []string{"default-src 'none'; frame-ancestors 'none'"}
	noStore    = []string{"no-store"}
	revalidate = []string{"private, no-cache"}
	sameOrigin = []string{"same-origin"}
	oneYear    = []string{"max-age=31536000"}
	hangUp     = []string{"close"}
)

// ServeHTTP implements http.Handler. It is the outermost layer: whatever happens inside, the request gets an ID, an
// answer, a line in the log and its place in the metrics.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	x := &exchange{Context: r.Context(), ResponseWriter: w, client: s.clientAddr(r), requestID: takeRequestID(r)}
	x.chi.Reset()
	x.chi.Routes = s.mux
	if r.Method == http.MethodHead {
		x.chi.RouteMethod = http.MethodGet // net/http keeps the body back
	}
	r = r.WithContext(x)
	h := w.Header()
	h["X-Request-Id"] = []string{x.requestID}
	h["X-Content-Type-Options"] = noSniff
	h["Referrer-Policy"] = noReferrer
	h["Content-Security-Policy"] = noScript
	h["Cross-Origin-Resource-Policy"] = sameOrigin
	h["Cache-Control"] = revalidate
	if s.opts.HTTPS {
		h["Strict-Transport-Security"] = oneYear
	}
	if s.draining.Load() {
		h["Connection"] = hangUp
	}
	s.metrics.inFlight.Inc()
	defer s.done(x, r, start)
	s.handler.ServeHTTP(x, r)
}

// done is deferred: it turns a panic into an answer and notes how the request went.
func (s *Server) done(x *exchange, r *http.Request, start time.Time) {
	s.metrics.inFlight.Dec()
	fault := recover()
	abort := false
	if fault != nil {
		abort = s.recovered(x, r, fault)
	}
	if x.status == 0 && !abort {
		x.WriteHeader(http.StatusOK) // what net/http would do for a handler that says nothing
	}
	took := time.Since(start)
	seen := s.metrics.unmatched
	if x.route != nil {
		seen = x.route.series
	}
	seen.observe(x.status, took)
	s.logAccess(x, r, took)
	if abort {
		panic(http.ErrAbortHandler)
	}
}

// recovered answers for a handler that panicked. It reports whether the connection must be cut, because part of
// another answer is on its way already.
func (s *Server) recovered(x *exchange, r *http.Request, fault any) (abort bool) {
	err, isError := fault.(error)
	if isError && errors.Is(err, http.ErrAbortHandler) {
		return true
	}
	s.metrics.panics.Inc()
	s.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request_id", x.requestID),
		slog.String("panic", fmt.Sprint(fault)), slog.String("stack", string(debug.Stack())))
	if x.status != 0 {
		return true
	}
	defer func() {
		if recover() != nil { // the answer could not be sent either
			abort = true
		}
	}()
	s.fail(x, r, apperr.From(fmt.Errorf("panic: %v", fault)))
	return false
}

// logAccess writes the access log's line. It holds the route's pattern and never the path, the query, a body or a
// token: those may hold what is nobody's business.
func (s *Server) logAccess(x *exchange, r *http.Request, took time.Duration) {
	switch s.opts.AccessLog {
	case AccessLogNone:
		return
	case AccessLogErrors:
		if x.status < 400 {
			return
		}
	case AccessLogAll:
	}
	pattern := "unmatched"
	if x.route != nil {
		if pattern = x.route.pattern; x.route.free && x.status < 400 && s.opts.AccessLog != AccessLogAll {
			return
		}
	}
	attrs := [9]slog.Attr{
		slog.String("request_id", x.requestID),
		slog.String("method", clip(r.Method)),
		slog.String("route", pattern),
		slog.Int("status", x.status),
		slog.Int64("bytes", x.bytes),
		slog.Float64("seconds", took.Seconds()),
	}
	n := 6
	if x.client.IsValid() {
		attrs[n] = slog.String("client", x.client.String())
		n++
	}
	if x.principal.AccountID != uuid.Nil {
		attrs[n] = slog.String("principal", x.principal.AccountID.String())
		n++
	}
	if x.cause != nil {
		attrs[n] = slog.String("code", string(apperr.From(toProblem(x.cause)).Code))
		n++
	}
	s.log.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelInfo, "request", attrs[:n]...)
}

// takeRequestID takes the client's request ID where it is a sane one: 1 to 64 letters, digits, and - _ . : only. Else it
// makes one.
func takeRequestID(r *http.Request) string {
	if values := r.Header["X-Request-Id"]; len(values) == 1 && saneID(values[0]) {
		return values[0]
	}
	var b [12]byte
	_, _ = rand.Read(b[:]) // never fails: crypto/rand
	var text [24]byte
	hex.Encode(text[:], b[:])
	return string(text[:])
}

func saneID(id string) bool {
	if id == "" || len(id) > 64 {
		return false
	}
	for _, c := range []byte(id) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '-', c == '_', c == '.', c == ':':
		default:
			return false
		}
	}
	return true
}
