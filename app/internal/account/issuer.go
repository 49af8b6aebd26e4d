package account

import (
	"bytes"
	"errors"
	"io"
	"net/http" //nolint:depguard // go-oidc takes its time-outs from an *http.Client; no request is served here
	"sync"
	"time"
)

// keyFetchPause is how long an issuer's answer serves before it is asked again. The library fetches the keys anew for
// every JWT with an unknown key id; without a pause anyone could make this service flood the issuer.
const keyFetchPause = 5 * time.Second

// maxIssuerAnswer bounds a discovery document or a key set, in bytes.
const maxIssuerAnswer = 1 << 20

// newIssuerClient returns the client for requests to the issuer.
func newIssuerClient(pause time.Duration) *http.Client {
	return &http.Client{Timeout: oidcTimeout, Transport: &issuerTransport{pause: pause, answers: map[string]answer{}}}
}

// issuerTransport repeats an answer for a short while instead of asking again. It is asked for two addresses only.
type issuerTransport struct {
	pause   time.Duration
	mu      sync.Mutex
	answers map[string]answer
}

type answer struct {
	at     time.Time
	status int
	header http.Header
	body   []byte
}

func (t *issuerTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	key := r.URL.String()
	a, ok := t.answers[key]
	if !ok || time.Since(a.at) >= t.pause {
		var err error
		if a, err = ask(r); err != nil {
			return nil, err
		}
		if len(t.answers) > 8 {
			clear(t.answers)
		}
		t.answers[key] = a
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), Body: io.NopCloser(bytes.NewReader(a.body)), ContentLength: int64(len(a.body)), Request: r,
	}, nil
}

func ask(r *http.Request) (a answer, err error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, res.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxIssuerAnswer+1))
	if err != nil {
		return a, err
	}
	if len(body) > maxIssuerAnswer {
		return a, errors.New("the issuer's answer is too long")
	}
	return answer{at: time.Now(), status: res.StatusCode, header: res.Header, body: body}, nil
}
