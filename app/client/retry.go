package client

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Retry says how often a request is sent that may be sent twice.
type Retry struct {
	// Attempts is how often in all; 1 means never again.
	Attempts int
	// Base is the pause after the first attempt; it doubles with each. A random part of up to a half is taken off.
	Base time.Duration
	// Max bounds a pause. A Retry-After beyond it ends the attempts: the call fails with what the server said.
	Max time.Duration
}

// DefaultRetry is what [New] uses: pauses of about 0.2, 0.4 and 0.8 seconds.
var DefaultRetry = Retry{Attempts: 4, Base: 200 * time.Millisecond, Max: 30 * time.Second}

// retrier is the generated client's way to the network.
type retrier struct {
	http  *http.Client
	retry Retry
	// whole reads each answer to its end, so that one that breaks off counts as failed.
	whole bool
	sleep func(context.Context, time.Duration) error
}

// Do implements api.HttpRequestDoer.
func (r *retrier) Do(req *http.Request) (*http.Response, error) {
	attempts := 1
	if repeatable(req) {
		attempts = max(1, r.retry.Attempts)
	}
	failed := false
	for n := 1; ; n++ {
		resp, err := r.once(req)
		if failed && req.Method == http.MethodDelete && err == nil && resp.StatusCode == http.StatusNotFound {
			// An earlier attempt did the work, and its answer was lost: the object is gone, as was asked for.
			resp.StatusCode = http.StatusNoContent
		}
		if n >= attempts || !worthRetrying(req.Context(), resp, err) {
			return resp, err
		}
		failed = true
		pause := r.retry.pause(n)
		if resp != nil {
			asked := retryAfter(resp.Header, time.Now())
			if asked > r.retry.Max {
				return resp, nil
			}
			pause = max(pause, asked)
		}
		if deadline, ok := req.Context().Deadline(); ok && time.Until(deadline) < pause {
			// Better what the server said than a deadline exceeded.
			return resp, err
		}
		if resp != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxProblem))
			_ = resp.Body.Close()
		}
		if err := r.sleep(req.Context(), pause); err != nil {
			return nil, err
		}
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

func (r *retrier) once(req *http.Request) (*http.Response, error) {
	resp, err := r.http.Do(req) //nolint:gosec // G704: the address is the caller's own, that is what a client is for.
	if err != nil || !r.whole {
		return resp, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, &url.Error{Op: req.Method, URL: req.URL.Redacted(), Err: err}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	return resp, nil
}

// repeatable reports whether sending the request twice does no more than sending it once, and whether it can be.
func repeatable(req *http.Request) bool {
	if req.Body != nil && req.Body != http.NoBody && req.GetBody == nil {
		return false
	}
	switch req.Method {
	case http.MethodGet, http.MethodHead, http.MethodOptions, http.MethodPut, http.MethodDelete:
		return true
	}
	return req.Header.Get("Idempotency-Key") != ""
}

// worthRetrying reports whether another attempt may go better.
func worthRetrying(ctx context.Context, resp *http.Response, err error) bool {
	if ctx.Err() != nil {
		return false
	}
	if err == nil {
		switch resp.StatusCode {
		case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		}
		return false
	}
	// url.Error is itself a net.Error, whatever it wraps: look inside. A certificate that is refused stays so.
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

// pause is how long to wait after attempt n, which counts from 1.
func (r Retry) pause(n int) time.Duration {
	d := r.Base
	for range n - 1 {
		d = min(2*d, r.Max)
	}
	d = min(d, r.Max)
	if d <= 0 {
		return 0
	}
	return d - rand.N(d/2+1) //nolint:gosec // Jitter is no secret.
}

// retryAfter reads the header in both its forms, seconds and a date; zero where there is none.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if s, err := strconv.Atoi(v); err == nil && s >= 0 && s < 1<<31 {
		return time.Duration(s) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
