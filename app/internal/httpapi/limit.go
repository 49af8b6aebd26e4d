package httpapi

import (
	"fmt"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/time/rate"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// limits are the three rate limits; a nil one is off.
type limits struct {
	principal   *limiter[uuid.UUID]
	address     *limiter[netip.Prefix]
	credentials *limiter[netip.Prefix]
}

func newLimits(o Options) limits {
	return limits{
		principal:   newLimiter[uuid.UUID]("principal", o.RateLimitPrincipal, o.Now),
		address:     newLimiter[netip.Prefix]("address", o.RateLimitAddress, o.Now),
		credentials: newLimiter[netip.Prefix]("credentials", o.RateLimitCredentials, o.Now),
	}
}

// maxBuckets bounds what a limiter remembers: some 3 MiB. The bucket that has not been used for longest goes first.
const maxBuckets = 16 << 10

// limiter holds a token bucket for each key: quota requests at once, and as many a minute.
type limiter[K comparable] struct {
	name    string
	quota   int
	now     func() time.Time
	buckets *lru.Cache[K, *rate.Limiter]
	policy  []string // the RateLimit-Policy header
}

func newLimiter[K comparable](name string, perMinute int, now func() time.Time) *limiter[K] {
	if perMinute <= 0 {
		return nil
	}
	buckets, err := lru.New[K, *rate.Limiter](maxBuckets)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &limiter[K]{
		name: name, quota: perMinute, now: now, buckets: buckets,
		policy: []string{fmt.Sprintf("%q;q=%d;w=60", name, perMinute)},
	}
}

func (l *limiter[K]) bucket(key K) *rate.Limiter {
	if b, ok := l.buckets.Get(key); ok {
		return b
	}
	b := rate.NewLimiter(rate.Limit(float64(l.quota)/60), l.quota)
	if old, ok, _ := l.buckets.PeekOrAdd(key, b); ok {
		return old
	}
	return b
}

// take uses one request up. Without one left: rate_limited, with Retry-After. Either way the caller hears where it
// stands, in the headers of draft-ietf-httpapi-ratelimit-headers-10.
func (l *limiter[K]) take(x *exchange, key K) error {
	if l == nil {
		return nil
	}
	now := l.now()
	b := l.bucket(key)
	ok := b.AllowN(now, 1)
	return l.report(x, b.TokensAt(now), ok)
}

// peek fails as take does, but uses nothing up and says nothing while there is something left.
func (l *limiter[K]) peek(x *exchange, key K) error {
	if l == nil {
		return nil
	}
	b, ok := l.buckets.Peek(key)
	if !ok {
		return nil
	}
	if tokens := b.TokensAt(l.now()); tokens < 1 {
		return l.report(x, tokens, false)
	}
	return nil
}

func (l *limiter[K]) report(x *exchange, tokens float64, ok bool) error {
	perSecond := float64(l.quota) / 60
	left := max(int(tokens), 0)
	full := int(math.Ceil((float64(l.quota) - tokens) / perSecond))
	h := x.Header()
	h["Ratelimit-Policy"] = l.policy
	b := make([]byte, 0, 48)
	b = append(b, '"')
	b = append(b, l.name...)
	b = append(b, `";r=`...)
	b = strconv.AppendInt(b, int64(left), 10)
	b = append(b, `;t=`...)
	b = strconv.AppendInt(b, int64(full), 10)
	h["Ratelimit"] = []string{string(b)}
	if ok {
		return nil
	}
	wait := int(math.Ceil((1 - tokens) / perSecond))
	h["Retry-After"] = []string{strconv.Itoa(max(wait, 1))}
	return apperr.New(apperr.RateLimited, "More than %d requests a minute. Try again in %d s.", l.quota, max(wait, 1))
}

// addressKey is what an address counts as: an IPv6 client has a whole /64.
func addressKey(a netip.Addr) netip.Prefix {
	bits := 32
	if a.Is6() && !a.Is4In6() {
		bits = 64
	}
	p, err := a.WithZone("").Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}

// clientAddr is the client's address: the peer's, or, where the peer is a trusted proxy, what X-Forwarded-For says from
// the right up to the first address that is none. chi's middleware has the rules; it runs only where there are proxies.
func (s *Server) clientAddr(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := peer.Addr().Unmap()
	if len(s.opts.TrustedProxies) == 0 || r.Header["X-Forwarded-For"] == nil {
		return addr
	}
	trusted := false
	for _, p := range s.opts.TrustedProxies {
		trusted = trusted || p.Contains(addr.WithZone(""))
	}
	if !trusted {
		return addr
	}
	s.clients(http.HandlerFunc(func(_ http.ResponseWriter, seen *http.Request) {
		addr = middleware.GetClientIPAddr(seen.Context())
	})).ServeHTTP(nil, r)
	return addr
}

func newClients(proxies []netip.Prefix) func(http.Handler) http.Handler {
	if len(proxies) == 0 {
		return nil
	}
	texts := make([]string, len(proxies))
	for i, p := range proxies {
		texts[i] = p.String()
	}
	return middleware.ClientIPFromXFF(texts...)
}
