package httpapi

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/cors"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/task-tracker/task-tracker/app/api"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
	"github.com/task-tracker/task-tracker/app/internal/blob"
)

// Authenticator tells who a bearer token belongs to. Errors: unauthenticated, token_expired, forbidden, unavailable.
type Authenticator interface {
	Authenticate(ctx context.Context, bearer string) (auth.Principal, error)
}

// Check is one thing that must work before requests are sent here. Its error is shown, so it must be safe to show when
// it is an apperr.Error; of others only the name is.
type Check struct {
	Name string
	Fn   func(ctx context.Context) error
}

// AccessLog says which requests are logged.
type AccessLog string

// The choices.
const (
	AccessLogAll    AccessLog = "true"
	AccessLogErrors AccessLog = "errors" // status 400 and above
	AccessLogNone   AccessLog = "false"
)

// Options are the settings of a [Server]. The zero value serves: no limits, no log, no metrics.
type Options struct {
	Log       *slog.Logger // discards where nil
	Registry  prometheus.Registerer
	AccessLog AccessLog // all where empty
	// TrustedProxies may name the client in X-Forwarded-For.
	TrustedProxies []netip.Prefix
	// CORSOrigins may call from a browser: `https://app.example.com`.
	CORSOrigins []string
	// HTTPS says that clients come by https, and shall go on to.
	HTTPS bool
	// Loopback says that the server listens on a loopback address only.
	Loopback bool
	// Requests per minute for a principal, for an address without one, and for an address that shows passwords; 0: no limit.
	RateLimitPrincipal, RateLimitAddress, RateLimitCredentials int
	MaxBody                                                    int64 // bytes; 1 MiB where 0
	MaxImport                                                  int64 // bytes; 1 GiB where 0
	Checks                                                     []Check
	Now                                                        func() time.Time
}

// Live is what requests need and what is only there once the database has answered.
type Live struct {
	Services
	Authenticator Authenticator
	CursorKey     []byte     // 32 bytes, the same in every process on this database
	Blobs         *blob.Disk // serves /blobs/; nil where attachments are elsewhere
}

// Server is the HTTP API, an http.Handler. From [New] until [Server.Open] it answers probes and documentation, and 503
// to everything else.
type Server struct {
	api.Unimplemented
	svc     Services
	authn   Authenticator
	blobs   http.Handler
	cursors cursors

	opts    Options
	log     *slog.Logger
	metrics *metrics
	handler http.Handler // routes, behind CORS where that is on
	mux     *chi.Mux
	clients func(http.Handler) http.Handler
	limits  limits
	work    chan struct{} // one place for each request that is worked on
	probe   probe

	open     atomic.Bool
	draining atomic.Bool
	spec     func() specDoc
	docs     func() docs
}

// New builds the routes. It touches neither network nor disk.
func New(o Options) *Server {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registry == nil {
		o.Registry = prometheus.NewRegistry()
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	if o.MaxImport == 0 {
		o.MaxImport = 1 << 30
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{opts: o, log: o.Log, limits: newLimits(o), work: make(chan struct{}, maxWorking), spec: sync.OnceValue(newSpecDoc), docs: sync.OnceValue(newDocs)}
	s.metrics = newMetrics(o.Registry, func() float64 { return float64(len(s.work)) })
	s.clients = newClients(o.TrustedProxies)
	s.mux = chi.NewMux()
	s.mux.NotFound(s.notFound)
	s.mux.MethodNotAllowed(s.methodNotAllowed)
	routes := registrar{s.mux, s}
	api.HandlerWithOptions(s, api.ChiServerOptions{BaseRouter: routes, ErrorHandlerFunc: s.parameterError})
	routes.Get("/", s.toDocs)
	routes.Get("/docs/*", s.docsAsset)
	routes.anyMethod("/blobs/*", s.serveBlob)
	s.handler = s.mux
	if len(o.CORSOrigins) > 0 {
		s.handler = cors.Handler(corsOptions(o.CORSOrigins))(s.mux)
	}
	return s
}

// Open makes the API answer. Call it once.
func (s *Server) Open(l Live) {
	s.svc, s.authn = l.Services, l.Authenticator
	s.cursors.setKey(l.CursorKey)
	if l.Blobs != nil {
		s.blobs = l.Blobs.Handler(l.Attachments.Admit, s.blobError)
	}
	s.open.Store(true)
}

// Routes are the routes that are served, for tests that must not miss one.
func (s *Server) Routes() chi.Routes { return s.mux }

// Drain makes /ready fail and asks clients to leave their connections, while requests are served on.
func (s *Server) Drain() { s.draining.Store(true) }

func corsOptions(origins []string) cors.Options {
	return cors.Options{
		AllowedOrigins: origins,
		AllowedMethods: []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete},
		AllowedHeaders: []string{"Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Prefer", "X-Request-Id"},
		ExposedHeaders: []string{
			"Content-Location", "ETag", "Link", "Location", "Idempotency-Replayed", "Preference-Applied",
			"RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id",
		},
		MaxAge: 600,
	}
}

func (s *Server) notFound(w http.ResponseWriter, r *http.Request) {
	s.fail(w, r, apperr.New(apperr.NotFound, "There is nothing at this path. /openapi.json lists the routes, /docs explains them."))
}

// toDocs sends whoever opens the bare address in a browser to the documentation.
func (s *Server) toDocs(w http.ResponseWriter, _ *http.Request) {
	w.Header()["Location"] = []string{"/docs"}
	w.WriteHeader(http.StatusFound)
}

// methodNotAllowed answers 405 and names what is allowed, as RFC 9110, 15.5.6 wants it. chi calls it, too, for a method
// that it has never heard of on a path that does not exist.
func (s *Server) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if s.mux.Match(chi.NewRouteContext(), method, r.URL.Path) {
			allowed = append(allowed, method)
			if method == http.MethodGet {
				allowed = append(allowed, http.MethodHead)
			}
		}
	}
	if len(allowed) == 0 {
		s.notFound(w, r)
		return
	}
	w.Header()["Allow"] = allowed
	s.fail(w, r, apperr.New(apperr.MethodNotAllowed, "This path takes %s, but not %s.", strings.Join(allowed, ", "), clip(r.Method)))
}

// parameterError takes the faults that the generated code finds in path, query and headers.
func (s *Server) parameterError(w http.ResponseWriter, r *http.Request, err error) {
	name, message := "", "has the wrong form"
	var format *api.InvalidParamFormatError
	var many *api.TooManyValuesForParamError
	var required *api.RequiredParamError
	switch {
	case errors.As(err, &format):
		name = format.ParamName
		switch name {
		case "account", "attachment", "comment", "invitation", "item", "label", "parent", "project", "relation",
			"service_account", "session", "status", "task", "token", "workspace":
			message = "must be a UUID"
		case "number", "limit", "since", "weeks":
			message = "must be a whole number"
		}
	case errors.As(err, &many):
		name = many.ParamName
	case errors.As(err, &required):
		name = required.ParamName
	}
	s.fail(w, r, invalidParameter(err, name, message))
}

func invalidParameter(cause error, name, message string) *apperr.Error {
	return &apperr.Error{
		Code: apperr.InvalidParameter, Message: "A parameter is not valid.", Cause: cause,
		Fields: []apperr.Field{{Pointer: name, Code: "invalid_parameter", Message: message}},
	}
}

// serveBlob passes signed uploads and downloads on to the disk store.
func (s *Server) serveBlob(w http.ResponseWriter, r *http.Request) {
	if s.blobs == nil {
		s.notFound(w, r)
		return
	}
	s.blobs.ServeHTTP(w, r)
}

// blobError says what went wrong with a signed upload or download.
func (s *Server) blobError(w http.ResponseWriter, r *http.Request, err error) {
	wrap := func(code apperr.Code, message string) error { return apperr.Wrap(err, code, "%s", message) }
	switch {
	case errors.Is(err, blob.ErrNotFound), errors.Is(err, blob.ErrBadKey):
		err = wrap(apperr.NotFound, "There is no such attachment.")
	case errors.Is(err, blob.ErrExpired):
		err = wrap(apperr.Forbidden, "This link has expired; ask for a new one.")
	case errors.Is(err, blob.ErrBadSignature):
		err = wrap(apperr.Forbidden, "The request is not the one that was signed.")
	case errors.Is(err, blob.ErrMethod):
		err = wrap(apperr.MethodNotAllowed, "Uploads are PUT, downloads are GET.")
	case errors.Is(err, blob.ErrTooLarge):
		err = wrap(apperr.BodyTooLarge, "More bytes than were announced when the upload was reserved.")
	case errors.Is(err, blob.ErrTooSmall), errors.Is(err, blob.ErrInterrupted):
		err = wrap(apperr.MalformedBody, "Fewer bytes than were announced when the upload was reserved.")
	case errors.Is(err, blob.ErrType):
		err = wrap(apperr.UnsupportedMediaType, "The content type is not the one that was announced when the upload was reserved.")
	case errors.Is(err, blob.ErrChecksum):
		err = apperr.Wrap(err, apperr.ValidationFailed, "The bytes do not have the SHA-256 that was announced when the upload was reserved.")
	case errors.Is(err, blob.ErrExists):
		err = wrap(apperr.AlreadyExists, "Other bytes have been uploaded for this attachment.")
	case errors.Is(err, blob.ErrNoSpace):
		err = wrap(apperr.StorageFull, "The storage is full.")
	}
	s.fail(w, r, err)
}

// clip keeps what a client sent from filling an answer.
func clip(text string) string {
	if len(text) > 64 {
		return text[:64] + "…"
	}
	return text
}
