// Package idem carries a request's idempotency key from the HTTP layer to the store's transaction, which writes it
// beside the change, and says on a repetition what the first request made. It imports nothing of this project.
package idem

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"
)

// Request is one that its client may send again.
type Request struct {
	// Key is the Idempotency-Key header as the client sent it, 1 to 255 visible ASCII characters.
	Key string
	// Hash is the SHA-256 of method, path, query and body: the same key with another hash is a client's mistake. Of a
	// streamed body it is known at the body's end.
	Hash [32]byte
	// Replayed is set by the store when an earlier request with the same key did the work.
	Replayed bool
}

type ctxKey struct{}

// With returns a context whose next change is made at most once under r's key.
func With(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, ctxKey{}, r)
}

// From returns the request's key, or nil where it has none.
func From(ctx context.Context) *Request {
	r, _ := ctx.Value(ctxKey{}).(*Request)
	return r
}

// Replayed is the error of a store where an earlier request with the same key did the work. A service that gets it
// authorises the caller as the request would be now, and responds with the present state of what was made.
type Replayed struct {
	// Made are the ids of what the earlier request made or changed, in the order of the request.
	Made []uuid.UUID
}

// Error implements error.
func (r *Replayed) Error() string {
	return fmt.Sprintf("idempotency: an earlier request with this key did the work: %v", r.Made)
}

// Earlier returns what the earlier request made, where err says that there was one.
func Earlier(err error) (made []uuid.UUID, replayed bool) {
	var r *Replayed
	if errors.As(err, &r) {
		return r.Made, true
	}
	return nil, false
}
