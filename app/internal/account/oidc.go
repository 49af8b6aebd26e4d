package account

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// OIDCOptions say whose JWTs are accepted. Issuer and Audience are required.
type OIDCOptions struct {
	// Issuer is the URL of the issuer, exactly as in the `iss` claim; its discovery document is below it.
	Issuer string
	// Audience must be in the `aud` claim.
	Audience string
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// OIDC checks JWTs of one issuer: signature by its published keys, RS256 or ES256 only, issuer, audience and expiry.
// Nothing is asked of the issuer before the first JWT comes, so that its failure does not keep the service from starting.
type OIDC struct {
	o    OIDCOptions
	http context.Context // go-oidc takes its HTTP client from a context

	mu       sync.Mutex
	verifier *oidc.IDTokenVerifier
	retryAt  time.Time
	lastErr  error
}

const (
	oidcTimeout    = 5 * time.Second  // of one request to the issuer
	discoveryPause = 10 * time.Second // before an issuer that did not answer is asked again
)

// NewOIDC returns a verifier, or nil without an issuer.
func NewOIDC(o OIDCOptions) *OIDC {
	if o.Issuer == "" {
		return nil
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &OIDC{o: o, http: clientContext(keyFetchPause)}
}

func clientContext(pause time.Duration) context.Context {
	return oidc.ClientContext(context.Background(), newIssuerClient(pause))
}

// Verify checks a JWT. Errors: unauthenticated; token_expired; unavailable when the issuer does not answer.
func (v *OIDC) Verify(ctx context.Context, raw string) (Identity, error) {
	verifier, err := v.discover()
	if err != nil {
		return Identity{}, err
	}
	ctx, fetch := withFetch(ctx)
	token, err := verifier.Verify(ctx, raw)
	var late *oidc.TokenExpiredError
	switch {
	case errors.As(err, &late):
		return Identity{}, expired()
	case fetch.err != nil:
		return Identity{}, issuerDown(fetch.err)
	case err != nil:
		return Identity{}, apperr.Wrap(err, apperr.Unauthenticated, "The JWT is not valid here.")
	case token.Subject == "" || len(token.Subject) > 255 || !token.Expiry.After(time.Unix(0, 0)):
		return Identity{}, apperr.New(apperr.Unauthenticated, "The JWT lacks a usable subject or expiry.")
	}
	var claims struct {
		Email         string          `json:"email"`
		EmailVerified any             `json:"email_verified"`
		Name          string          `json:"name"`
		Scope         json.RawMessage `json:"scope"`
	}
	if err := token.Claims(&claims); err != nil {
		return Identity{}, apperr.Wrap(err, apperr.Unauthenticated, "The JWT's claims cannot be read.")
	}
	id := Identity{Issuer: v.o.Issuer, Subject: token.Subject, Name: claims.Name, Scopes: scopesOf(claims.Scope), ExpiresAt: token.Expiry}
	// Some issuers send the boolean as a string.
	if claims.EmailVerified == true || claims.EmailVerified == "true" {
		id.Email = claims.Email
	}
	return id, nil
}

// discover asks the issuer for its keys' address, once. The lock makes requests that come meanwhile wait for the one
// answer, at most for the time of one request.
func (v *OIDC) discover() (*oidc.IDTokenVerifier, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.verifier != nil {
		return v.verifier, nil
	}
	if now := v.o.Now(); now.Before(v.retryAt) {
		return nil, issuerDown(v.lastErr)
	}
	provider, err := oidc.NewProvider(v.http, v.o.Issuer)
	var endpoint struct {
		Keys string `json:"jwks_uri"`
	}
	if err == nil {
		err = provider.Claims(&endpoint)
	}
	if err == nil && endpoint.Keys == "" {
		err = errors.New("the discovery document names no jwks_uri")
	}
	if err != nil {
		v.lastErr, v.retryAt = err, v.o.Now().Add(discoveryPause)
		return nil, issuerDown(err)
	}
	v.verifier = oidc.NewVerifier(v.o.Issuer, keySet{oidc.NewRemoteKeySet(v.http, endpoint.Keys)}, &oidc.Config{
		ClientID: v.o.Audience, SupportedSigningAlgs: []string{oidc.RS256, oidc.ES256}, Now: v.o.Now,
	})
	return v.verifier, nil
}

func issuerDown(err error) error {
	return apperr.Wrap(err, apperr.Unavailable, "The OpenID Connect issuer does not answer, so the JWT cannot be checked right now. Try again shortly.")
}

// keySet tells a signature that does not match from keys that could not be fetched, which the verifier does not.
type keySet struct{ remote *oidc.RemoteKeySet }

type fetchKey struct{}

type fetch struct{ err error }

func withFetch(ctx context.Context) (context.Context, *fetch) {
	f := new(fetch)
	return context.WithValue(ctx, fetchKey{}, f), f
}

func (k keySet) VerifySignature(ctx context.Context, jwt string) ([]byte, error) {
	payload, err := k.remote.VerifySignature(ctx, jwt)
	// Only a failed fetch wraps another error (go-oidc v3, jwks.go: "fetching keys %w").
	if cause := errors.Unwrap(err); cause != nil {
		if f, ok := ctx.Value(fetchKey{}).(*fetch); ok {
			f.err = err
		}
	}
	return payload, err
}

// scopesOf reads the `scope` claim, a string of words (RFC 8693, section 4.2) or a list of them. Where it names none of
// ours, the JWT may do all.
func scopesOf(claim json.RawMessage) []auth.Scope {
	var words []string
	var line string
	if json.Unmarshal(claim, &line) == nil {
		words = strings.Fields(line)
	} else if json.Unmarshal(claim, &words) != nil {
		words = nil
	}
	var scopes []auth.Scope
	for _, s := range auth.Scopes() {
		if slices.Contains(words, string(s)) {
			scopes = append(scopes, s)
		}
	}
	if scopes == nil {
		return auth.Scopes()
	}
	return scopes
}
