package httpapi

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// problems is the one table of what a code is over HTTP. A code keeps its status for good.
var problems = map[apperr.Code]struct {
	status int
	title  string
}{
	apperr.MalformedBody:        {http.StatusBadRequest, "The body cannot be read"},
	apperr.UnknownField:         {http.StatusBadRequest, "The body has a field that is not known"},
	apperr.InvalidType:          {http.StatusBadRequest, "A field has the wrong type"},
	apperr.InvalidParameter:     {http.StatusBadRequest, "A parameter is not valid"},
	apperr.UnknownParameter:     {http.StatusBadRequest, "A parameter is not known"},
	apperr.InvalidCursor:        {http.StatusBadRequest, "The cursor is not valid"},
	apperr.Unauthenticated:      {http.StatusUnauthorized, "Authentication is needed"},
	apperr.TokenExpired:         {http.StatusUnauthorized, "The token has expired"},
	apperr.Forbidden:            {http.StatusForbidden, "That is not allowed"},
	apperr.InsufficientScope:    {http.StatusForbidden, "The token's scope does not allow that"},
	apperr.NotFound:             {http.StatusNotFound, "Not found"},
	apperr.MethodNotAllowed:     {http.StatusMethodNotAllowed, "The method is not allowed here"},
	apperr.NotAcceptable:        {http.StatusNotAcceptable, "No acceptable media type"},
	apperr.Conflict:             {http.StatusConflict, "That conflicts with the present state"},
	apperr.AlreadyExists:        {http.StatusConflict, "That exists already"},
	apperr.Cycle:                {http.StatusConflict, "That would close a cycle"},
	apperr.LastOwner:            {http.StatusConflict, "A workspace needs an owner"},
	apperr.ProjectArchived:      {http.StatusConflict, "The project is archived"},
	apperr.StatusInUse:          {http.StatusConflict, "The status is in use"},
	apperr.RequestInFlight:      {http.StatusConflict, "The same request is under way"},
	apperr.Gone:                 {http.StatusGone, "That is gone"},
	apperr.PreconditionFailed:   {http.StatusPreconditionFailed, "The object has changed meanwhile"},
	apperr.BodyTooLarge:         {http.StatusRequestEntityTooLarge, "The body is too large"},
	apperr.UnsupportedMediaType: {http.StatusUnsupportedMediaType, "The media type is not supported"},
	apperr.ValidationFailed:     {http.StatusUnprocessableEntity, "The request is not valid"},
	apperr.IdempotencyKeyReused: {http.StatusUnprocessableEntity, "The idempotency key was used for another request"},
	apperr.RateLimited:          {http.StatusTooManyRequests, "Too many requests"},
	apperr.ClientClosed:         {499, "The client closed the request"}, // nginx's number; nobody is left to read it
	apperr.Internal:             {http.StatusInternalServerError, "Internal error"},
	apperr.Unavailable:          {http.StatusServiceUnavailable, "Not available right now"},
	apperr.OutcomeUnknown:       {http.StatusServiceUnavailable, "It is not known whether the change was made"},
	apperr.StorageFull:          {http.StatusInsufficientStorage, "The storage is full"},
}

// problem is RFC 9457's document with our members.
type problem struct {
	Type      string         `json:"type"`
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail"`
	Instance  string         `json:"instance,omitempty"`
	Code      apperr.Code    `json:"code"`
	RequestID string         `json:"request_id"`
	Errors    []problemField `json:"errors,omitempty"`
}

type problemField struct {
	Pointer string `json:"pointer"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

// retryAfter is what a client is told to wait, in seconds, when the service or its database is away.
const retryAfter = "2"

// fail answers with the problem document of any error. What is not an apperr.Error is internal: the client gets the
// request ID, the log gets the cause.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	e := apperr.From(toProblem(err))
	kind, ok := problems[e.Code]
	if !ok {
		e = apperr.From(errors.Join(errors.New("httpapi: code without a status: "+string(e.Code)), err))
		kind = problems[apperr.Internal]
	}
	x := exchangeOf(r.Context())
	if x != nil {
		x.cause = err
		if x.status != 0 { // too late to say anything: the client must not take half an answer for a whole one
			panic(http.ErrAbortHandler)
		}
	}
	s.logFailure(r, e, kind.status, err)
	doc := problem{
		Type: "/problems/" + string(e.Code), Title: kind.title, Status: kind.status, Detail: e.Message,
		Instance: r.URL.Path, Code: e.Code, RequestID: requestID(r),
	}
	for _, f := range e.Fields {
		doc.Errors = append(doc.Errors, problemField(f))
	}
	h := w.Header()
	for _, name := range []string{"Etag", "Location", "Content-Disposition", "Preference-Applied"} {
		h.Del(name)
	}
	h.Set("Cache-Control", "no-store")
	switch {
	case kind.status == http.StatusUnauthorized:
		h.Set("WWW-Authenticate", challenge(r))
	case kind.status == http.StatusServiceUnavailable && h.Get("Retry-After") == "",
		e.Code == apperr.RequestInFlight:
		h.Set("Retry-After", retryAfter)
	}
	s.write(w, r, kind.status, "application/problem+json", doc)
}

// logFailure writes what an operator has to know: our own faults as errors, the database's absence as warnings.
func (s *Server) logFailure(r *http.Request, e *apperr.Error, status int, err error) {
	if status < 500 {
		return
	}
	level := slog.LevelWarn
	if e.Code == apperr.Internal {
		level = slog.LevelError
	}
	s.log.LogAttrs(r.Context(), level, "request failed", slog.String("request_id", requestID(r)), slog.String("code", string(e.Code)),
		slog.Int("status", status), slog.String("error", err.Error()))
}

// toProblem names the failures of the standard library that mean something to a client.
func toProblem(err error) error {
	var e *apperr.Error
	if errors.As(err, &e) {
		return err
	}
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return bodyTooLarge(tooLarge.Limit)
	}
	return err
}

func bodyTooLarge(limit int64) *apperr.Error {
	return apperr.New(apperr.BodyTooLarge, "The body is larger than the %s bytes that are allowed here.", strconv.FormatInt(limit, 10))
}

// challenge is the WWW-Authenticate header of RFC 6750, section 3.
func challenge(r *http.Request) string {
	if r.Header.Get("Authorization") == "" {
		return `Bearer realm="tasktracker"`
	}
	return `Bearer realm="tasktracker", error="invalid_token"`
}
