// Package idem carries a request's idempotency key from the HTTP layer to the store's transaction, which writes it
// beside the change. It imports nothing of this project.
package idem

import "context"

// Request is one that its client may send again.
type Request struct {
	// Key is the Idempotency-Key header as the client sent it, 1 to 255 visible ASCII characters.
	Key string
	// Hash is the SHA-256 of method, path, query and body: the same key with another hash is a client's mistake. Of a
	// streamed body it is known at the body's end.
	Hash [32]byte
	// Replayed is set by the store when the answer is that of an earlier request with the same key.
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
