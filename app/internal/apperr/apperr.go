package apperr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// Code names a kind of failure. Codes are part of the API: once shipped, one never changes its meaning.
type Code string

// The codes, in the order of the HTTP statuses that stand for them (httpapi holds that table).
const (
	MalformedBody        Code = "malformed_body"
	UnknownField         Code = "unknown_field"
	InvalidType          Code = "invalid_type"
	InvalidParameter     Code = "invalid_parameter"
	UnknownParameter     Code = "unknown_parameter"
	InvalidCursor        Code = "invalid_cursor"
	Unauthenticated      Code = "unauthenticated"
	TokenExpired         Code = "token_expired"
	Forbidden            Code = "forbidden"
	InsufficientScope    Code = "insufficient_scope"
	NotFound             Code = "not_found"
	MethodNotAllowed     Code = "method_not_allowed"
	NotAcceptable        Code = "not_acceptable"
	Conflict             Code = "conflict"
	AlreadyExists        Code = "already_exists"
	Cycle                Code = "cycle"
	LastOwner            Code = "last_owner"
	ProjectArchived      Code = "project_archived"
	StatusInUse          Code = "status_in_use"
	RequestInFlight      Code = "request_in_flight"
	Gone                 Code = "gone"
	PreconditionFailed   Code = "precondition_failed"
	BodyTooLarge         Code = "body_too_large"
	UnsupportedMediaType Code = "unsupported_media_type"
	ValidationFailed     Code = "validation_failed"
	IdempotencyKeyReused Code = "idempotency_key_reused"
	RateLimited          Code = "rate_limited"
	ClientClosed         Code = "client_closed_request"
	Internal             Code = "internal"
	Unavailable          Code = "unavailable"
	OutcomeUnknown       Code = "outcome_unknown"
	StorageFull          Code = "storage_full"
)

// Field is the fault of one input: Pointer is a JSON pointer into the body (`/title`), or the name of a query
// parameter or header; Code is short and stable (`required`, `too_long`, `not_found`, …).
type Field struct {
	Pointer string
	Code    string
	Message string
}

// Error is a failure that a client may hear of. Message and Fields are safe to show; Cause is for the log only.
type Error struct {
	Code    Code
	Message string
	Fields  []Field
	Cause   error
}

// New returns an Error with a message in the manner of fmt.Sprintf.
func New(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Wrap is New with the cause that the log shall name.
func Wrap(cause error, code Code, format string, args ...any) *Error {
	e := New(code, format, args...)
	e.Cause = cause
	return e
}

// Invalid is a validation failure of one field.
func Invalid(pointer, code, format string, args ...any) *Error {
	return &Error{Code: ValidationFailed, Message: validationMessage, Fields: []Field{{Pointer: pointer, Code: code, Message: fmt.Sprintf(format, args...)}}}
}

const validationMessage = "One or more fields are not valid."

// Missing is the failure for an object that does not exist or that the caller may not know of: the two look the same.
// The log hears which kind of object it was. The client does not: where one is hidden behind another, the kind would
// tell how far the request came, and so that the outer one exists.
func Missing(object string) *Error {
	return Wrap(errors.New("no "+object), NotFound, missingMessage)
}

// Deleted is the failure of a request that is repeated under its idempotency key after what it made was deleted.
func Deleted(object string) *Error {
	return New(Gone, "The %s that this request made was deleted since.", object)
}

const missingMessage = "There is no such object, or you have no access to it."

// Error implements error. It names the cause, so it is for logs and tests, not for clients.
func (e *Error) Error() string {
	s := string(e.Code) + ": " + e.Message
	for _, f := range e.Fields {
		s += fmt.Sprintf(" [%s %s: %s]", f.Pointer, f.Code, f.Message)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Is makes errors.Is(err, &Error{Code: c}) compare codes.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code && t.Message == ""
}

// Is reports whether err is, or wraps, an Error with that code. A denial counts as the code that [From] gives it.
func Is(err error, code Code) bool {
	if err == nil {
		return false
	}
	return From(err).Code == code
}

// From turns any error into an Error: an Error as it is, a denial of package auth as not found, forbidden or
// insufficient scope, and everything else as internal with a message that says nothing.
func From(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	var d *auth.Denial
	if errors.As(err, &d) {
		switch d.Reason {
		case auth.ReasonHidden:
			return Wrap(err, NotFound, missingMessage)
		case auth.ReasonBound:
			return Wrap(err, Forbidden, "This token acts in one workspace only, and cannot change the account, its tokens, "+
				"its sessions or its other workspaces. Use a session or an unbound token.")
		case auth.ReasonScope:
			return Wrap(err, InsufficientScope, "%s", scopeMessage(d))
		case auth.ReasonRole:
			return Wrap(err, Forbidden, "This needs the role %q or a higher one; yours is %q.", d.Need, d.Have)
		}
	}
	return Wrap(err, Internal, "Something went wrong on our side. The request ID helps us to find it.")
}

// scopeMessage says which scope is missing and, of a JWT, where scopes were looked for.
func scopeMessage(d *auth.Denial) string {
	claims := strings.Join(d.ScopeClaims, ", ")
	switch {
	case d.ScopeClaims == nil:
		return fmt.Sprintf("This needs a token with the scope %q.", d.Scope)
	case len(d.Scopes) == 0:
		return fmt.Sprintf("This needs the scope %q. The JWT has no scope that is known here; the claims that were looked at: %s.", d.Scope, claims)
	}
	return fmt.Sprintf("This needs the scope %q. The JWT has %v; the claims that were looked at: %s.", d.Scope, d.Scopes, claims)
}

// Fields collects faults, so that a client hears of all of them at once.
type Fields []Field

// Add notes one fault.
func (f *Fields) Add(pointer, code, format string, args ...any) {
	*f = append(*f, Field{Pointer: pointer, Code: code, Message: fmt.Sprintf(format, args...)})
}

// Err is nil without faults, else a validation failure that holds them in the order of their pointers.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	fields := slices.Clone(f)
	slices.SortStableFunc(fields, func(a, b Field) int {
		switch {
		case a.Pointer < b.Pointer:
			return -1
		case a.Pointer > b.Pointer:
			return 1
		}
		return 0
	})
	return &Error{Code: ValidationFailed, Message: validationMessage, Fields: fields}
}
