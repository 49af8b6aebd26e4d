package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/api"
)

// ErrNotModified is the answer to a read under [IfNoneMatch] whose object is still the same.
var ErrNotModified = errors.New("client: not modified")

// The codes of an [Error]. New ones may be added; one that exists never changes its meaning.
const (
	CodeMalformedBody        = "malformed_body"
	CodeUnknownField         = "unknown_field"
	CodeInvalidType          = "invalid_type"
	CodeInvalidParameter     = "invalid_parameter"
	CodeUnknownParameter     = "unknown_parameter"
	CodeInvalidCursor        = "invalid_cursor"
	CodeUnauthenticated      = "unauthenticated"
	CodeTokenExpired         = "token_expired"
	CodeForbidden            = "forbidden"
	CodeInsufficientScope    = "insufficient_scope"
	CodeNotFound             = "not_found"
	CodeMethodNotAllowed     = "method_not_allowed"
	CodeNotAcceptable        = "not_acceptable"
	CodeConflict             = "conflict"
	CodeAlreadyExists        = "already_exists"
	CodeCycle                = "cycle"
	CodeLastOwner            = "last_owner"
	CodeProjectArchived      = "project_archived"
	CodeStatusInUse          = "status_in_use"
	CodeRequestInFlight      = "request_in_flight"
	CodeGone                 = "gone"
	CodePreconditionFailed   = "precondition_failed"
	CodeBodyTooLarge         = "body_too_large"
	CodeUnsupportedMediaType = "unsupported_media_type"
	CodeValidationFailed     = "validation_failed"
	CodeIdempotencyKeyReused = "idempotency_key_reused"
	CodeRateLimited          = "rate_limited"
	CodeInternal             = "internal"
	CodeUnavailable          = "unavailable"
	CodeOutcomeUnknown       = "outcome_unknown"
	CodeStorageFull          = "storage_full"
)

// FieldError is the fault of one input: Pointer is a JSON pointer into the body (`/title`), or the name of a query
// parameter or header.
type FieldError = api.FieldError

// Error is a request that was answered, but refused.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the kind of failure, one of the Code constants; empty where something in between answered, such as a proxy.
	Code string
	// Title is the status in words.
	Title string
	// Detail says what went wrong this time.
	Detail string
	// Fields are the faults of single inputs.
	Fields []FieldError
	// RequestID finds the request in the server's log.
	RequestID string
	// RetryAfter is how long the server asks to wait; zero where it does not ask.
	RetryAfter time.Duration
}

// Error implements error.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d", e.Status)
	for _, part := range []string{e.Code, e.Detail} {
		if part != "" {
			b.WriteString(" " + part)
		}
	}
	for _, f := range e.Fields {
		fmt.Fprintf(&b, "; %s: %s", f.Pointer, f.Message)
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " (request %s)", e.RequestID)
	}
	return b.String()
}

// HasCode reports whether err is, or wraps, an [Error] with that code.
func HasCode(err error, code string) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == code
}

// maxProblem bounds what is read of a refusal, in bytes.
const maxProblem = 1 << 20

// readError makes an Error of a refusal, whether or not it is a problem document.
func readError(resp *http.Response, now time.Time) error {
	e := &Error{
		Status:     resp.StatusCode,
		Title:      http.StatusText(resp.StatusCode),
		RequestID:  resp.Header.Get("X-Request-Id"),
		RetryAfter: retryAfter(resp.Header, now),
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxProblem))
	var p api.Problem
	if err == nil && json.Unmarshal(body, &p) == nil && p.Code != "" {
		e.Code, e.Title, e.Detail, e.RequestID = p.Code, p.Title, p.Detail, p.RequestID
		if p.Errors != nil {
			e.Fields = *p.Errors
		}
		return e
	}
	e.Detail = e.Title + ", without a problem document"
	return e
}
