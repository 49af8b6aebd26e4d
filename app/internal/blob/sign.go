package blob

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// urlSigner signs and verifies the disk store's URLs. A signature covers the method, the
// key and every parameter, so nothing about a request is left to its sender but the bytes.
type urlSigner struct {
	key  []byte
	base string // scheme, host and path that clients use, without a trailing slash
}

// grant is what a valid URL allows.
type grant struct {
	method      string // PUT or GET
	key         string
	contentType string
	expires     time.Time
	size        int64    // PUT only
	sha256      [32]byte // PUT only
	filename    string   // GET only
}

var errNoSigningKey = errors.New("blob: the store was opened without a signing key")

// RoutePrefix is where [Disk.Handler] expects to be mounted.
const RoutePrefix = "/blobs/"

func newURLSigner(key []byte, base string) (urlSigner, error) {
	if len(key) == 0 {
		return urlSigner{}, nil
	}
	if len(key) < sha256.Size {
		return urlSigner{}, fmt.Errorf("blob: a signing key of %d bytes is below %d", len(key), sha256.Size)
	}
	u, err := url.Parse(base)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return urlSigner{}, errors.New("blob: base URL must be http(s)://HOST[/PATH]")
	}
	return urlSigner{key: append([]byte(nil), key...), base: u.Scheme + "://" + u.Host + trimSlash(u.EscapedPath())}, nil
}

func trimSlash(path string) string {
	for path != "" && path[len(path)-1] == '/' {
		path = path[:len(path)-1]
	}
	return path
}

func (g grant) params() url.Values {
	v := url.Values{
		"method":  {g.method},
		"expires": {strconv.FormatInt(g.expires.Unix(), 10)},
		"type":    {g.contentType},
	}
	if g.method == http.MethodPut {
		v.Set("size", strconv.FormatInt(g.size, 10))
		v.Set("sha256", hex.EncodeToString(g.sha256[:]))
	} else {
		v.Set("name", g.filename)
	}
	return v
}

// mac signs the canonical form: a version, so that a later format can't be mistaken for
// this one, the key, and the sorted parameters, whose escaping leaves no ambiguity.
func (s urlSigner) mac(key string, params url.Values) string {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte("tasktracker blob url v1\n" + key + "\n" + params.Encode()))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

func (s urlSigner) sign(g grant) (string, error) {
	if len(s.key) == 0 {
		return "", errNoSigningKey
	}
	params := g.params()
	params.Set("sig", s.mac(g.key, params))
	return s.base + RoutePrefix + g.key + "?" + params.Encode(), nil
}

// verify returns what a URL allows: ErrBadSignature unless it is, parameter for
// parameter, one that sign made with this key, then ErrExpired once its time is over.
func (s urlSigner) verify(key, rawQuery string, now time.Time) (grant, error) {
	bad := func(why string) (grant, error) { return grant{}, fmt.Errorf("%w: %s", ErrBadSignature, why) }
	if len(s.key) == 0 {
		return grant{}, errNoSigningKey
	}
	if ValidateKey(key) != nil {
		return bad("malformed key")
	}
	params, err := url.ParseQuery(rawQuery)
	if err != nil {
		return bad("malformed parameters")
	}
	for name, values := range params {
		if len(values) != 1 {
			return bad("repeated parameter " + strconv.Quote(name))
		}
	}
	sig := params.Get("sig")
	params.Del("sig")
	// Compared as text: decoding would let several spellings of one signature through.
	if !hmac.Equal([]byte(sig), []byte(s.mac(key, params))) {
		return bad("wrong signature")
	}
	// From here on the parameters are our own words.
	g := grant{method: params.Get("method"), key: key, contentType: params.Get("type"), filename: params.Get("name")}
	unix, err := strconv.ParseInt(params.Get("expires"), 10, 64)
	if err != nil {
		return bad("malformed expiry")
	}
	g.expires = time.Unix(unix, 0)
	if g.method == http.MethodPut {
		sum, err := hex.DecodeString(params.Get("sha256"))
		if err != nil || copy(g.sha256[:], sum) != len(g.sha256) {
			return bad("malformed sha256")
		}
		if g.size, err = strconv.ParseInt(params.Get("size"), 10, 64); err != nil {
			return bad("malformed size")
		}
	}
	if !now.Before(g.expires) {
		return grant{}, ErrExpired
	}
	return g, nil
}
