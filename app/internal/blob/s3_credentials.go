package blob

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// renewable are the SDK's cached credentials, which can be renewed before they end, and which stay in use to their end
// where their source fails.
type renewable struct {
	cache *aws.CredentialsCache

	mu      sync.Mutex
	last    aws.Credentials
	renewed time.Time // when they were last renewed before their end
}

// renewEvery keeps a source that has nothing newer to give, such as a task role's in the last minutes of its
// credentials, from being asked for every signature.
const renewEvery = 10 * time.Second

func newRenewable(source aws.CredentialsProvider) *renewable {
	cache, ok := source.(*aws.CredentialsCache)
	if !ok {
		cache = aws.NewCredentialsCache(source)
	}
	return &renewable{cache: cache}
}

// Retrieve implements [aws.CredentialsProvider].
func (r *renewable) Retrieve(ctx context.Context) (aws.Credentials, error) {
	creds, err := r.cache.Retrieve(ctx)
	r.mu.Lock()
	defer r.mu.Unlock()
	if err != nil {
		if r.last.HasKeys() && !r.last.Expired() {
			return r.last, nil
		}
		return aws.Credentials{}, err
	}
	r.last = creds
	return creds, nil
}

// until returns credentials that are good until wanted, or as long as the source has any.
func (r *renewable) until(ctx context.Context, now, wanted time.Time) (aws.Credentials, error) {
	creds, err := r.Retrieve(ctx)
	if err != nil || !creds.CanExpire || !creds.Expires.Before(wanted) || !r.mayRenew(now) {
		return creds, err
	}
	r.cache.Invalidate()
	return r.Retrieve(ctx)
}

func (r *renewable) mayRenew(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.renewed.IsZero() && now.Sub(r.renewed) < renewEvery {
		return false
	}
	r.renewed = now
	return true
}
