package e2e

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// issuer is an OpenID Connect issuer on this machine.
type issuer struct {
	t   testing.TB
	url string
	key *rsa.PrivateKey
}

const issuerAudience = "tasktracker"

func newIssuer(t testing.TB) *issuer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	i := &issuer{t: t, key: key}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		doc := object{"issuer": i.url, "jwks_uri": i.url + "/keys"}
		if r.URL.Path == "/keys" {
			n, e := base64.RawURLEncoding.EncodeToString(key.N.Bytes()), base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes())
			doc = object{"keys": []object{{"kty": "RSA", "kid": "1", "use": "sig", "n": n, "e": e}}}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(doc)
	}))
	t.Cleanup(s.Close)
	i.url = s.URL
	return i
}

// env are the settings of a server that takes the issuer's tokens.
func (i *issuer) env(more ...string) []string {
	return append([]string{"TASKTRACKER_OIDC_ISSUER=" + i.url, "TASKTRACKER_OIDC_AUDIENCE=" + issuerAudience}, more...)
}

// token is a JWT of a subject with those claims beside the usual ones.
func (i *issuer) token(subject string, claims object) string {
	i.t.Helper()
	all := object{"iss": i.url, "aud": issuerAudience, "sub": subject, "iat": time.Now().Unix(), "exp": time.Now().Add(time.Hour).Unix()}
	for name, value := range claims {
		all[name] = value
	}
	part := func(v any) string {
		b, err := json.Marshal(v)
		if err != nil {
			i.t.Fatal(err)
		}
		return base64.RawURLEncoding.EncodeToString(b)
	}
	input := part(object{"alg": "RS256", "kid": "1", "typ": "JWT"}) + "." + part(all)
	sum := sha256.Sum256([]byte(input))
	sig, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, sum[:])
	if err != nil {
		i.t.Fatal(err)
	}
	return input + "." + base64.RawURLEncoding.EncodeToString(sig)
}
