package client

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/task-tracker/task-tracker/app/api"
)

// Client calls the API of one server as one account. Make it with [New]; it may be used by many goroutines at once.
type Client struct {
	base *url.URL
	// raw reads whole answers, so that one that breaks off is tried again; stream hands on the body as it comes.
	raw    api.Client
	stream api.Client
	// plain carries attachments to and from signed addresses, which must not see the token.
	plain *http.Client
}

// Option sets up a [Client].
type Option func(*settings)

type settings struct {
	http      *http.Client
	userAgent string
	retry     Retry
}

// WithHTTPClient uses h's transport, cookie jar and timeout. Redirects are never followed with a token.
func WithHTTPClient(h *http.Client) Option { return func(s *settings) { s.http = h } }

// WithUserAgent names the program in the server's log.
func WithUserAgent(name string) Option { return func(s *settings) { s.userAgent = name } }

// WithRetry replaces [DefaultRetry].
func WithRetry(r Retry) Option { return func(s *settings) { s.retry = r } }

// New returns a client for the server at baseURL, such as `http://127.0.0.1:3000`. The token may be empty: signing up
// and logging in need none.
func New(baseURL, token string, opts ...Option) (*Client, error) {
	base, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("client: base URL: %w", err)
	}
	if (base.Scheme != "http" && base.Scheme != "https") || base.Host == "" {
		return nil, fmt.Errorf("client: base URL %q is not http://host or https://host", baseURL)
	}
	if !strings.HasSuffix(base.Path, "/") {
		base.Path += "/"
	}
	set := settings{http: &http.Client{}, userAgent: "task-tracker-go/1", retry: DefaultRetry}
	for _, o := range opts {
		o(&set)
	}
	h := *set.http
	h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

	c := &Client{base: base, plain: &h}
	identify := func(_ context.Context, r *http.Request) error {
		r.Header.Set("User-Agent", set.userAgent)
		if r.Header.Get("Accept") == "" {
			r.Header.Set("Accept", "application/json, application/problem+json")
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		return nil
	}
	for raw, whole := range map[*api.Client]bool{&c.raw: true, &c.stream: false} {
		*raw = api.Client{
			Server:         base.String(),
			Client:         &retrier{http: &h, retry: set.retry, whole: whole, sleep: sleep},
			RequestEditors: []api.RequestEditorFn{identify},
		}
	}
	return c, nil
}

// CallOption changes a single call.
type CallOption func(*call)

type call struct {
	header http.Header
	meta   *Meta
}

// Meta is what an answer says beside its body.
type Meta struct {
	Status    int
	ETag      string
	RequestID string
	// Replayed says that an earlier request with the same idempotency key did the work.
	Replayed bool
}

// WithMeta has the call fill m.
func WithMeta(m *Meta) CallOption { return func(c *call) { c.meta = m } }

// IfMatch makes a change only if the object still has the ETag, as [Meta] gave it; `*` matches any. Else the call fails
// with [CodePreconditionFailed].
func IfMatch(etag string) CallOption { return withHeader("If-Match", etag) }

// IfVersion is [IfMatch] by the object's version.
func IfVersion(version int64) CallOption { return IfMatch(fmt.Sprintf(`"%d"`, version)) }

// IfNoneMatch has a read fail with [ErrNotModified] if the object still has the ETag.
func IfNoneMatch(etag string) CallOption { return withHeader("If-None-Match", etag) }

// IdempotencyKey replaces the key that the client makes up for each POST. Use it to repeat a call in another process.
func IdempotencyKey(key string) CallOption { return withHeader("Idempotency-Key", key) }

// Eventual allows a list, a search or an export to be some seconds old, so that a read replica can answer it.
func Eventual() CallOption { return withHeader("Prefer", "consistency=eventual") }

// RequestID names the request in the server's log: 1 to 64 letters, digits, `.`, `_` or `-`.
func RequestID(id string) CallOption { return withHeader("X-Request-Id", id) }

func withHeader(name, value string) CallOption {
	return func(c *call) { c.header.Set(name, value) }
}

// edit is what the generated client calls on a request before it sends it.
type edit = api.RequestEditorFn

func prepare(opts []CallOption) (*call, edit) {
	c := &call{header: http.Header{}}
	for _, o := range opts {
		o(c)
	}
	return c, func(_ context.Context, r *http.Request) error {
		for name, values := range c.header {
			r.Header[name] = values
		}
		return nil
	}
}

// do sends one request and decodes its answer into a T.
func do[T any](opts []CallOption, send func(edit) (*http.Response, error)) (*T, error) {
	resp, err := exchange(opts, send)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var v T
	if err := json.NewDecoder(resp.Body).Decode(&v); err != nil {
		return nil, fmt.Errorf("client: answer to %s %s: %w", resp.Request.Method, resp.Request.URL.Path, err)
	}
	return &v, nil
}

// discard sends one request whose answer has no body.
func discard(opts []CallOption, send func(edit) (*http.Response, error)) error {
	resp, err := exchange(opts, send)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// exchange sends one request and turns every status from 300 on into an error. The caller closes the body.
func exchange(opts []CallOption, send func(edit) (*http.Response, error)) (*http.Response, error) {
	c, e := prepare(opts)
	resp, err := send(e)
	if err != nil {
		return nil, err
	}
	if c.meta != nil {
		*c.meta = Meta{
			Status:    resp.StatusCode,
			ETag:      resp.Header.Get("ETag"),
			RequestID: resp.Header.Get("X-Request-Id"),
			Replayed:  resp.Header.Get("Idempotency-Replayed") == "true",
		}
	}
	switch {
	case resp.StatusCode == http.StatusNotModified:
		_ = resp.Body.Close()
		return nil, ErrNotModified
	case resp.StatusCode >= 300:
		defer func() { _ = resp.Body.Close() }()
		return nil, readError(resp, time.Now())
	}
	return resp, nil
}
