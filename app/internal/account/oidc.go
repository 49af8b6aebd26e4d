package account

import (
	"context"
	"errors"
	"fmt"
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
	// ScopeClaims are the claims that name what a JWT may be used for; scope and scp where nil.
	ScopeClaims []string
	// Scopes are the issuer's words for each of our scopes; our own names where nil.
	Scopes map[auth.Scope][]string
	// DefaultScopes are what a JWT may be used for that has none of those words: nothing where nil.
	DefaultScopes []auth.Scope
	// EmailVerified is the claim that says whether the issuer has verified the address in the claim email; email_verified
	// where empty. With [EmailTrusted] no claim is asked for.
	EmailVerified string
	// Now is the clock; time.Now where nil.
	Now func() time.Time
}

// EmailTrusted stands for a claim in [OIDCOptions] where the issuer verifies every address that it gives.
const EmailTrusted = "trusted"

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
	if o.ScopeClaims == nil {
		o.ScopeClaims = []string{"scope", "scp"}
	}
	if o.Scopes == nil {
		o.Scopes = map[auth.Scope][]string{}
		for _, s := range auth.Scopes() {
			o.Scopes[s] = []string{string(s)}
		}
	}
	if o.EmailVerified == "" {
		o.EmailVerified = "email_verified"
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
	claims := map[string]any{}
	if err := token.Claims(&claims); err != nil {
		return Identity{}, apperr.Wrap(err, apperr.Unauthenticated, "The JWT's claims cannot be read.")
	}
	id := Identity{Issuer: v.o.Issuer, Subject: token.Subject, ExpiresAt: token.Expiry, Scopes: v.scopes(claims), ScopeClaims: v.o.ScopeClaims}
	id.Name, _ = claims["name"].(string)
	id.Email, id.EmailFault = v.email(claims)
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

// scopes are what the claims allow: a scope for each of the issuer's words that one of the claims has.
func (v *OIDC) scopes(claims map[string]any) []auth.Scope {
	var found []auth.Scope
	for _, s := range auth.Scopes() {
		if slices.ContainsFunc(v.o.ScopeClaims, func(name string) bool {
			words := scopeWords(claims[name])
			return slices.ContainsFunc(v.o.Scopes[s], func(word string) bool { return slices.Contains(words, word) })
		}) {
			found = append(found, s)
		}
	}
	if found == nil {
		return v.o.DefaultScopes
	}
	return found
}

// scopeWords reads a claim that is a string of words (RFC 8693, section 4.2) or a list of them. A claim of another form, or
// with something else among its words, has none: what cannot be read allows nothing.
func scopeWords(claim any) []string {
	switch claim := claim.(type) {
	case string:
		return strings.Fields(claim)
	case []any:
		words := make([]string, 0, len(claim))
		for _, item := range claim {
			word, ok := item.(string)
			if !ok {
				return nil
			}
			words = append(words, word)
		}
		return words
	}
	return nil
}

// email is the address that the issuer vouches for, or what keeps it from counting.
func (v *OIDC) email(claims map[string]any) (email, fault string) {
	email, _ = claims["email"].(string)
	verified, found := claims[v.o.EmailVerified]
	switch {
	case email == "":
		return "", `it has no claim "email" with an address`
	case !ValidEmail(email):
		return "", `its claim "email" is not an e-mail address`
	case v.o.EmailVerified == EmailTrusted:
		return email, ""
	case !found:
		return "", fmt.Sprintf(`it has no claim %q to say that the address in "email" is verified`, v.o.EmailVerified)
	case verified == true, verified == "true", verified == 1.0, verified == "1": // as issuers send a boolean
		return email, ""
	}
	return "", fmt.Sprintf(`its claim %q does not say that the address in "email" is verified`, v.o.EmailVerified)
}
