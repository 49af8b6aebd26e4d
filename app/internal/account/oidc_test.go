package account_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"net/http"          //nolint:depguard // an issuer to ask, on this machine
	"net/http/httptest" //nolint:depguard // an issuer to ask, on this machine
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/task-tracker/task-tracker/app/internal/account"
	"github.com/task-tracker/task-tracker/app/internal/apperr"
	"github.com/task-tracker/task-tracker/app/internal/auth"
)

const audience = "tasktracker"

// issuer is an OpenID Connect issuer with real keys.
type issuer struct {
	*httptest.Server
	mu      sync.Mutex
	keys    []map[string]any
	fetches atomic.Int64
	down    atomic.Bool
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{}
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if i.down.Load() {
			http.Error(w, "down", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		switch r.URL.Path {
		case "/.well-known/openid-configuration":
			// The document offers more algorithms than are to be accepted.
			_ = json.NewEncoder(w).Encode(map[string]any{
				"issuer": i.URL, "jwks_uri": i.URL + "/keys", "id_token_signing_alg_values_supported": []string{"RS256", "ES256", "RS512", "HS256", "none"},
			})
		case "/keys":
			i.fetches.Add(1)
			i.mu.Lock()
			defer i.mu.Unlock()
			_ = json.NewEncoder(w).Encode(map[string]any{"keys": i.keys})
		default:
			http.NotFound(w, r)
		}
	}))
	t.Cleanup(i.Close)
	return i
}

// key is a private key that the issuer publishes.
type key struct {
	id     string
	signer crypto.Signer
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (i *issuer) publish(t *testing.T, keys ...key) {
	t.Helper()
	var published []map[string]any
	for _, k := range keys {
		switch pub := k.signer.Public().(type) {
		case *rsa.PublicKey:
			published = append(published, map[string]any{"kty": "RSA", "kid": k.id, "use": "sig", "n": b64(pub.N.Bytes()), "e": b64(big.NewInt(int64(pub.E)).Bytes())})
		case *ecdsa.PublicKey:
			raw, err := pub.Bytes()
			if err != nil {
				t.Fatal(err)
			}
			published = append(published, map[string]any{"kty": "EC", "crv": "P-256", "kid": k.id, "use": "sig", "x": b64(raw[1:33]), "y": b64(raw[33:])})
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.keys = published
}

func newRSA(t *testing.T, id string) key {
	t.Helper()
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key{id, k}
}

// sign makes a JWT by that algorithm.
func (k key) sign(t *testing.T, alg string, claims map[string]any) string {
	t.Helper()
	head, err := json.Marshal(map[string]any{"alg": alg, "kid": k.id, "typ": "JWT"})
	if err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	input := b64(head) + "." + b64(body)
	sum := sha256.Sum256([]byte(input))
	var sig []byte
	switch alg {
	case "none":
	case "HS256": // with the public key as the secret, the classic confusion
		pub, _ := json.Marshal(k.signer.Public())
		m := hmac.New(sha256.New, pub)
		m.Write([]byte(input))
		sig = m.Sum(nil)
	case "ES256":
		r, s, err := ecdsa.Sign(rand.Reader, k.signer.(*ecdsa.PrivateKey), sum[:])
		if err != nil {
			t.Fatal(err)
		}
		sig = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	case "PS256":
		sig, err = k.signer.Sign(rand.Reader, sum[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256})
	default:
		sig, err = k.signer.Sign(rand.Reader, sum[:], crypto.SHA256)
	}
	if err != nil {
		t.Fatal(err)
	}
	return input + "." + b64(sig)
}

// claims are those of a good JWT, with changes; nil takes a claim away.
func (i *issuer) claims(now time.Time, changes map[string]any) map[string]any {
	c := map[string]any{
		"iss": i.URL, "aud": audience, "sub": "s-1", "exp": now.Add(time.Hour).Unix(), "iat": now.Unix(),
		"email": "Ada@Example.com", "email_verified": true, "name": "Ada", "scope": "admin read write",
	}
	maps.Copy(c, changes)
	maps.DeleteFunc(c, func(_ string, v any) bool { return v == nil })
	return c
}

func verifier(i *issuer, c func() time.Time) *account.OIDC {
	return account.NewOIDC(account.OIDCOptions{Issuer: i.URL, Audience: audience, Now: c}).WithoutFetchPause()
}

func TestVerifyJWT(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Second)
	i, k, stranger := newIssuer(t), newRSA(t, "k1"), newRSA(t, "k1")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	e := key{"k2", ec}
	i.publish(t, k, e)
	v := verifier(i, func() time.Time { return now })

	want := account.Identity{Issuer: i.URL, Subject: "s-1", Email: "Ada@Example.com", Name: "Ada", Scopes: auth.Scopes(), ScopeClaims: []string{"scope", "scp"}, ExpiresAt: now.Add(time.Hour)}
	for _, good := range []string{k.sign(t, "RS256", i.claims(now, nil)), e.sign(t, "ES256", i.claims(now, map[string]any{"email_verified": "true", "aud": []string{"other", audience}}))} {
		got, err := v.Verify(t.Context(), good)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	got, err := v.Verify(t.Context(), k.sign(t, "RS256", i.claims(now, map[string]any{"email_verified": false, "scope": "openid read"})))
	if err != nil || got.Email != "" || !cmp.Equal(got.Scopes, []auth.Scope{auth.ScopeRead}) {
		t.Errorf("got %+v, %v", got, err)
	}

	good := k.sign(t, "RS256", i.claims(now, nil))
	for name, bad := range map[string]string{
		"issuer":      k.sign(t, "RS256", i.claims(now, map[string]any{"iss": "https://evil.example"})),
		"audience":    k.sign(t, "RS256", i.claims(now, map[string]any{"aud": "other"})),
		"no audience": k.sign(t, "RS256", i.claims(now, map[string]any{"aud": nil})),
		"no subject":  k.sign(t, "RS256", i.claims(now, map[string]any{"sub": nil})),
		"not yet":     k.sign(t, "RS256", i.claims(now, map[string]any{"nbf": now.Add(time.Hour).Unix()})),
		"none":        k.sign(t, "none", i.claims(now, nil)),
		"HS256":       k.sign(t, "HS256", i.claims(now, nil)),
		"PS256":       k.sign(t, "PS256", i.claims(now, nil)),
		"stranger":    stranger.sign(t, "RS256", i.claims(now, nil)),
		"tampered":    good[:len(good)-8] + "AAAAAAAA",
		"garbage":     "a.b.c",
	} {
		_, err := v.Verify(t.Context(), bad)
		if !apperr.Is(err, apperr.Unauthenticated) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	for name, changes := range map[string]map[string]any{"expired": {"exp": now.Add(-time.Second).Unix()}, "without expiry": {"exp": nil}} {
		if _, err := v.Verify(t.Context(), k.sign(t, "RS256", i.claims(now, changes))); !apperr.Is(err, apperr.TokenExpired) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestKeysAreCachedAndRotate(t *testing.T) {
	t.Parallel()
	i, first, second := newIssuer(t), newRSA(t, "k1"), newRSA(t, "k2")
	i.publish(t, first)
	v := verifier(i, time.Now)
	for range 5 {
		if _, err := v.Verify(t.Context(), first.sign(t, "RS256", i.claims(time.Now(), nil))); err != nil {
			t.Fatal(err)
		}
	}
	if n := i.fetches.Load(); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	i.publish(t, second)
	if _, err := v.Verify(t.Context(), second.sign(t, "RS256", i.claims(time.Now(), nil))); err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), first.sign(t, "RS256", i.claims(time.Now(), nil))); !apperr.Is(err, apperr.Unauthenticated) {
		t.Errorf("the old key still serves: %v", err)
	}
}

func TestUnknownKeysDoNotFloodTheIssuer(t *testing.T) {
	t.Parallel()
	i, k, stranger := newIssuer(t), newRSA(t, "k1"), newRSA(t, "k9")
	i.publish(t, k)
	v := account.NewOIDC(account.OIDCOptions{Issuer: i.URL, Audience: audience})
	jwt := stranger.sign(t, "RS256", i.claims(time.Now(), nil))
	errs := atOnce(t.Context(), 50, func(ctx context.Context, _ int) error {
		_, err := v.Verify(ctx, jwt)
		return err
	})
	for _, err := range errs {
		wantCode(t, err, apperr.Unauthenticated)
	}
	if n := i.fetches.Load(); n > 2 {
		t.Errorf("the issuer was asked %d times", n)
	}
}

func TestDeadIssuerIsUnavailableAndComesBack(t *testing.T) {
	t.Parallel()
	i, k := newIssuer(t), newRSA(t, "k1")
	c := &clock{t: time.Now()}
	i.down.Store(true)
	v := verifier(i, c.now)
	jwt := k.sign(t, "RS256", i.claims(time.Now(), nil))
	_, err := v.Verify(t.Context(), jwt)
	wantCode(t, err, apperr.Unavailable)
	i.down.Store(false)
	_, err = v.Verify(t.Context(), jwt) // left alone for a while
	wantCode(t, err, apperr.Unavailable)
	c.advance(account.DiscoveryPause)
	i.publish(t) // discovery works, and there are no keys
	_, err = v.Verify(t.Context(), jwt)
	wantCode(t, err, apperr.Unauthenticated)
	i.down.Store(true) // the keys cannot be fetched
	_, err = v.Verify(t.Context(), jwt)
	wantCode(t, err, apperr.Unavailable)
	i.down.Store(false)
	i.publish(t, k)
	if _, err = v.Verify(t.Context(), jwt); err != nil {
		t.Error(err)
	}
}

func TestJWTsMapToAccounts(t *testing.T) {
	t.Parallel()
	i, k := newIssuer(t), newRSA(t, "k1")
	i.publish(t, k)
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		closed := b.service(t, account.Options{OIDC: verifier(i, b.clock.now)})
		open := b.service(t, account.Options{OIDC: verifier(i, b.clock.now), OIDCSignup: true})
		jwt := func(changes map[string]any) string {
			return k.sign(t, "RS256", i.claims(b.clock.now(), changes))
		}
		// Nobody owns the instance yet: a JWT does not make the first account, whatever is open.
		_, err := open.Authenticate(ctx, jwt(nil))
		wantCode(t, err, apperr.Forbidden)

		ada, _ := b.first(t)
		_, err = closed.Authenticate(ctx, jwt(map[string]any{"email_verified": false}))
		wantCode(t, err, apperr.Forbidden)
		p, err := closed.Authenticate(ctx, jwt(map[string]any{"scope": "read"}))
		if err != nil || p.AccountID != ada.Account.ID || p.Has(auth.ScopeWrite) || !p.InstanceOwner {
			t.Fatalf("got %+v, %v", p, err)
		}
		// Linked once, the subject counts and not the e-mail.
		p, err = closed.Authenticate(ctx, jwt(map[string]any{"email": "new@example.com"}))
		if err != nil || p.AccountID != ada.Account.ID {
			t.Fatalf("got %+v, %v", p, err)
		}
		grace := map[string]any{"sub": "s-2", "email": "grace@example.com", "name": ""}
		_, err = closed.Authenticate(ctx, jwt(grace))
		wantCode(t, err, apperr.Forbidden)

		principals := make([]auth.Principal, 6)
		for _, err := range atOnce(ctx, len(principals), func(ctx context.Context, n int) (err error) {
			grace := maps.Clone(grace)
			grace["jti"] = n // not the same JWT: the cache has no part in it
			principals[n], err = open.Authenticate(ctx, jwt(grace))
			return err
		}) {
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, p := range principals {
			if p.AccountID != principals[0].AccountID || p.Name != "grace" || p.InstanceOwner {
				t.Errorf("got %+v", p)
			}
		}
		_, err = b.accounts.Login(ctx, "grace@example.com", "", account.Client{})
		wantCode(t, err, apperr.ValidationFailed)
		_, err = b.accounts.Login(ctx, "grace@example.com", password, account.Client{}) // there is none
		wantCode(t, err, apperr.Unauthenticated)
		if _, err := open.UpdateMe(ctx, principals[0], account.Patch{Password: ptr(password)}); err != nil {
			t.Error(err)
		}
		wantCode(t, open.Logout(ctx, principals[0]), apperr.Conflict)

		short := jwt(map[string]any{"exp": b.clock.now().Add(2 * time.Second).Unix()})
		if _, err := closed.Authenticate(ctx, short); err != nil {
			t.Fatal(err)
		}
		b.clock.advance(3 * time.Second)
		_, err = closed.Authenticate(ctx, short)
		wantCode(t, err, apperr.TokenExpired)
	})
}

// Somebody signs up with another person's address and waits for them to come through the issuer.
func TestLinkingEndsOtherWaysIn(t *testing.T) {
	t.Parallel()
	i, k := newIssuer(t), newRSA(t, "k1")
	i.publish(t, k)
	each(t, account.Options{}, func(t *testing.T, b *bundle) {
		ctx := t.Context()
		b.first(t)
		s := b.service(t, account.Options{OIDC: verifier(i, b.clock.now)})
		squatter, p := b.user(t, "grace@example.com")
		pat, err := s.CreateToken(ctx, p, account.TokenInput{Name: "stay", Scopes: []auth.Scope{auth.ScopeAdmin}})
		if err != nil {
			t.Fatal(err)
		}
		secrets := []string{squatter.Secret, pat.Secret}
		for _, secret := range secrets { // into the cache
			if _, err := s.Authenticate(ctx, secret); err != nil {
				t.Fatal(err)
			}
		}
		jwt := func(jti string) string {
			return k.sign(t, "RS256", i.claims(b.clock.now(), map[string]any{"sub": "s-grace", "email": "Grace@example.com", "jti": jti}))
		}
		got, err := s.Authenticate(ctx, jwt("1"))
		if err != nil || got.AccountID != p.AccountID {
			t.Fatalf("got %+v, %v", got, err)
		}
		for _, secret := range secrets {
			_, err := s.Authenticate(ctx, secret)
			wantCode(t, err, apperr.Unauthenticated)
		}
		_, err = s.Login(ctx, "grace@example.com", password, account.Client{})
		wantCode(t, err, apperr.Unauthenticated)

		// What the person makes from then on stays, also when they come again.
		if _, err := s.UpdateMe(ctx, got, account.Patch{Password: ptr(password)}); err != nil {
			t.Fatal(err)
		}
		// Its address stays the verified one: with another's, that other would be taken for this account.
		_, err = s.UpdateMe(ctx, got, account.Patch{Email: ptr("ada2@example.com"), CurrentPassword: ptr(password)})
		wantCode(t, err, apperr.Conflict)
		own, err := s.Login(ctx, "grace@example.com", password, account.Client{})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(ctx, jwt("2")); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Authenticate(ctx, own.Secret); err != nil {
			t.Error(err)
		}
	})
}
