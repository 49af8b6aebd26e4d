package httpapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/idem"
)

// endpoint wraps a handler in all that comes between the router and it. It is one function instead of a chain of
// middlewares: the order can be read, and nothing is allocated that the request does not need.
func (s *Server) endpoint(rt *route, next http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x := exchangeOf(r.Context())
		x.route = rt
		if err := s.admit(x, r); err != nil {
			s.fail(w, r, err)
			return
		}
		if rt.bounded {
			if err := s.begin(r.Context(), x); err != nil {
				s.fail(w, r, err)
				return
			}
			defer s.end()
		}
		if err := takeKey(x, r); err != nil { // only now, since it may read the body
			s.fail(w, r, err)
			return
		}
		if x.idem != nil {
			r = r.WithContext(withIdem(r.Context(), x.idem))
		}
		next(w, r)
	})
}

func withIdem(ctx context.Context, request *idem.Request) context.Context {
	return idem.With(ctx, request)
}

// admit does the checks in order: what costs least and tells least comes first.
func (s *Server) admit(x *exchange, r *http.Request) error {
	rt := x.route
	if err := s.limitBody(x, r); err != nil {
		return err
	}
	if rt.free && rt.body == bodyNone {
		return checkQuery(rt, r.URL.RawQuery)
	}
	if !s.open.Load() {
		return apperr.New(apperr.Unavailable, "The service is starting: it waits for its database. /ready says when it is done.")
	}
	if rt.body == bodyOwn {
		return nil
	}
	if err := s.authenticate(x, r); err != nil {
		return err
	}
	if err := checkQuery(rt, r.URL.RawQuery); err != nil {
		return err
	}
	if err := checkParameters(rt, r); err != nil {
		return err
	}
	if err := checkAccept(rt, r); err != nil {
		return err
	}
	return checkMediaType(rt, r)
}

// A request with a token holds its body, what it read and its answer, which for a list may be some 6 MiB, several times.
// So no more than maxWorking are worked on at once, in all of the process; one more waits up to maxWaiting, holding
// nothing yet, and is then told to come again.
const (
	maxWorking = 64
	maxWaiting = 2 * time.Second
)

// begin takes one of the places, to be given back with end. Without one in time: unavailable, with Retry-After.
func (s *Server) begin(ctx context.Context, x *exchange) error {
	select {
	case s.work <- struct{}{}:
		return nil
	default:
	}
	wait := time.NewTimer(maxWaiting)
	defer wait.Stop()
	select {
	case s.work <- struct{}{}:
		return nil
	case <-ctx.Done():
		return apperr.Wrap(ctx.Err(), apperr.ClientClosed, "The request was cancelled before it was begun.")
	case <-wait.C:
		s.metrics.refused.Inc()
		x.Header()["Retry-After"] = []string{"1"}
		return apperr.New(apperr.Unavailable, "The service is busy with other requests. Nothing was done; try again.")
	}
}

func (s *Server) end() { <-s.work }

// limitBody bounds the body before anything reads it.
func (s *Server) limitBody(x *exchange, r *http.Request) error {
	limit := s.opts.MaxBody
	switch x.route.body {
	case bodyOwn: // the signed size is the limit
		return nil
	case bodyNDJSON:
		limit = s.opts.MaxImport
	case bodyByMethod, bodyNone:
	}
	if r.ContentLength > limit {
		x.Header()["Connection"] = hangUp // the rest of the body is not worth reading
		return bodyTooLarge(limit)
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = http.MaxBytesReader(x.ResponseWriter, r.Body, limit)
	}
	return nil
}

// authenticate finds the principal and sees to the rate limits. An address counts only for requests without a valid
// token: those that have one count for their principal, wherever they come from.
func (s *Server) authenticate(x *exchange, r *http.Request) error {
	rt := x.route
	address := s.limits.address
	if rt.credentials {
		address = s.limits.credentials
	}
	if rt.public {
		return address.take(x, addressKey(x.client))
	}
	if err := address.peek(x, addressKey(x.client)); err != nil {
		return err
	}
	token, err := bearer(r)
	if err == nil {
		x.principal, err = s.authn.Authenticate(r.Context(), token)
	}
	if err != nil {
		if code := apperr.From(err).Code; code == apperr.Unauthenticated || code == apperr.TokenExpired {
			if limited := address.take(x, addressKey(x.client)); limited != nil {
				return limited
			}
		}
		return err
	}
	return s.limits.principal.take(x, x.principal.AccountID)
}

// maxToken is the longest bearer token that is looked at, in characters: identity providers' tokens are some 2 KiB.
const maxToken = 8 << 10

// bearer reads the token of RFC 6750, 2.1. Tokens in the query or the body are not accepted: they end in logs.
func bearer(r *http.Request) (string, error) {
	values := r.Header["Authorization"]
	if len(values) == 0 {
		return "", apperr.New(apperr.Unauthenticated, "Send a token: `Authorization: Bearer tt_…`. POST /v1/sessions gives one for e-mail and password.")
	}
	scheme, token, ok := strings.Cut(values[0], " ")
	token = strings.TrimSpace(token)
	if len(values) > 1 || !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return "", apperr.New(apperr.Unauthenticated, "The Authorization header must be `Bearer`, a space and one token.")
	}
	return token, nil
}

// checkAccept refuses a caller who clearly takes no JSON.
func checkAccept(rt *route, r *http.Request) error {
	values := r.Header["Accept"]
	if rt.anyAccept || len(values) == 0 || len(values) == 1 && (values[0] == "" || values[0] == "*/*" || values[0] == "application/json") {
		return nil
	}
	for _, value := range values {
		for member := range strings.SplitSeq(value, ",") {
			mediaType, params, _ := strings.Cut(member, ";")
			switch strings.ToLower(strings.TrimSpace(mediaType)) {
			case "*/*", "application/*", "application/json", "application/problem+json", "text/json", "":
				if quality(params) > 0 {
					return nil
				}
			}
		}
	}
	return apperr.New(apperr.NotAcceptable, "The answer is application/json, which the Accept header does not allow.")
}

// checkMediaType refuses a body that is not what the route takes.
func checkMediaType(rt *route, r *http.Request) error {
	wanted := ""
	switch rt.body {
	case bodyNone, bodyOwn:
		return nil
	case bodyNDJSON:
		wanted = "application/x-ndjson"
	case bodyByMethod:
		wanted = "application/json"
		if rt.method == http.MethodPatch {
			wanted = "application/merge-patch+json or application/json"
		}
	}
	values := r.Header["Content-Type"]
	if len(r.Header["Content-Encoding"]) > 0 {
		return apperr.New(apperr.UnsupportedMediaType, "Bodies with a Content-Encoding are not accepted.")
	}
	if len(values) == 1 {
		given := values[0]
		if given == "application/json" && rt.body == bodyByMethod {
			return nil
		}
		mediaType, params, err := mime.ParseMediaType(given)
		charset, other := params["charset"]
		if err == nil && (!other || strings.EqualFold(charset, "utf-8")) {
			switch {
			case rt.body == bodyNDJSON && (mediaType == "application/x-ndjson" || mediaType == "application/ndjson"),
				rt.body == bodyByMethod && mediaType == "application/json",
				rt.method == http.MethodPatch && mediaType == "application/merge-patch+json":
				return nil
			}
		}
	}
	return apperr.New(apperr.UnsupportedMediaType, "The body must be %s in UTF-8; say so with Content-Type.", wanted)
}

// takeKey reads the Idempotency-Key with the body that it stands for.
func takeKey(x *exchange, r *http.Request) error {
	if !x.route.takesKey {
		return nil
	}
	values := r.Header["Idempotency-Key"]
	if len(values) == 0 {
		return nil
	}
	key := values[0]
	if len(values) > 1 || !visibleASCII(key, 255) {
		return invalidParameter(nil, "Idempotency-Key", "must be one value of 1 to 255 visible ASCII characters")
	}
	x.idem = &idem.Request{Key: key}
	body := &hashedBody{ReadCloser: r.Body, hash: requestHash(r), request: x.idem}
	if r.Body == nil {
		body.ReadCloser = http.NoBody
	}
	if x.route.body == bodyNDJSON { // too long to be held: its hash is known when it has been read
		r.Body = body
		return nil
	}
	whole, err := io.ReadAll(body)
	if err != nil {
		return bodyError(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(whole))
	return nil
}

// requestHash begins the SHA-256 of a request with its method, path and query, each behind its length; the body follows.
func requestHash(r *http.Request) hash.Hash {
	h := sha256.New()
	for _, part := range []string{r.Method, r.URL.Path, r.URL.RawQuery} {
		var size [8]byte
		binary.BigEndian.PutUint64(size[:], uint64(len(part)))
		h.Write(size[:])
		h.Write([]byte(part))
	}
	return h
}

// hashedBody tells the request its hash at the end of its body.
type hashedBody struct {
	io.ReadCloser
	hash    hash.Hash
	request *idem.Request
}

// Read implements io.Reader.
func (b *hashedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.hash.Write(p[:n])
	if errors.Is(err, io.EOF) {
		b.hash.Sum(b.request.Hash[:0])
	}
	return n, err
}

func visibleASCII(text string, maxLen int) bool {
	if text == "" || len(text) > maxLen {
		return false
	}
	for _, c := range []byte(text) {
		if c < 0x21 || c > 0x7e {
			return false
		}
	}
	return true
}
