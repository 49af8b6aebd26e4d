package httpapi

import (
	"context"
	"net/http"
	"net/netip"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// exchange is one request and its response: what the layers tell each other, and the writer that the handlers see.
// It is the request's context too, so that chi's routing context and ours cost one allocation and no chain of lookups.
type exchange struct {
	context.Context
	http.ResponseWriter

	chi       chi.Context
	route     *route
	requestID string
	client    netip.Addr // invalid where it is not known
	principal auth.Principal
	idem      *idem.Request
	status    int // 0 until the header is written
	bytes     int64
	cause     error // of a failure, for the access log
}

type exchangeKey struct{}

// Value implements context.Context.
func (x *exchange) Value(key any) any {
	switch key {
	case exchangeKey{}:
		return x
	case chi.RouteCtxKey:
		return &x.chi
	}
	return x.Context.Value(key)
}

// exchangeOf finds the exchange of a request that came through the edge, or nil.
func exchangeOf(ctx context.Context) *exchange {
	x, _ := ctx.Value(exchangeKey{}).(*exchange)
	return x
}

// Header implements http.ResponseWriter.
func (x *exchange) Header() http.Header { return x.ResponseWriter.Header() }

// WriteHeader implements http.ResponseWriter and notes the status.
func (x *exchange) WriteHeader(status int) {
	if x.status == 0 && status >= 200 {
		x.status = status
		if x.idem != nil && x.idem.Replayed && status < 300 {
			x.Header()["Idempotency-Replayed"] = headerTrue
		}
	}
	x.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter and counts the bytes.
func (x *exchange) Write(b []byte) (int, error) {
	if x.status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	n, err := x.ResponseWriter.Write(b)
	x.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection: deadlines, flushing.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

var headerTrue = []string{"true"}

// principal is whoever makes the request; the zero principal on routes that need no authentication.
func principal(r *http.Request) auth.Principal {
	if x := exchangeOf(r.Context()); x != nil {
		return x.principal
	}
	return auth.Principal{}
}

// requestID is the ID under which this request stands in the log.
func requestID(r *http.Request) string {
	if x := exchangeOf(r.Context()); x != nil {
		return x.requestID
	}
	return ""
}

// eventual reports whether the caller is content with a read that may lag (`Prefer: consistency=eventual`), and tells it
// that the wish is granted (`Preference-Applied`). Ask only where the answer then really comes from a replica.
func eventual(r *http.Request) bool {
	values := r.Header["Prefer"]
	if len(values) == 0 {
		return false
	}
	for _, value := range values {
		for preference := range strings.SplitSeq(value, ",") {
			name, rest, _ := strings.Cut(preference, "=")
			token, _, _ := strings.Cut(rest, ";")
			if strings.EqualFold(strings.TrimSpace(name), "consistency") && strings.EqualFold(strings.Trim(strings.TrimSpace(token), `"`), "eventual") {
				if x := exchangeOf(r.Context()); x != nil {
					x.Header().Set("Preference-Applied", "consistency=eventual")
				}
				return true
			}
		}
	}
	return false
}
