package account

import (
	"sync/atomic"
	"time"

	"golang.org/x/crypto/argon2"
)

// What the tests in package account_test may see.

// CountHashes counts what argon2 is asked from now on. slots tells how many are under way at once, at most.
func (s *Service) CountHashes() (calls, peak *atomic.Int64) {
	calls, peak = new(atomic.Int64), new(atomic.Int64)
	var now atomic.Int64
	derive := s.hasher.derive
	s.hasher.derive = func(password, salt []byte, t, memory uint32, threads uint8, keyLen uint32) []byte {
		calls.Add(1)
		if n := now.Add(1); n > peak.Load() {
			peak.Store(n)
		}
		defer now.Add(-1)
		return derive(password, salt, t, memory, threads, keyLen)
	}
	return calls, peak
}

// WithoutFetchPause lets the verifier ask its issuer as often as it likes.
func (v *OIDC) WithoutFetchPause() *OIDC {
	v.http = clientContext(0)
	return v
}

// HashesAtOnce is the bound on parallel hashing.
const HashesAtOnce = hashesAtOnce

// Pauses of the back-off.
const (
	FreeFailures = freeFailures
	MaxPause     = maxPause
)

// DiscoveryPause is how long an issuer that did not answer is left alone.
const DiscoveryPause time.Duration = discoveryPause

// HashAsGiven is the hash of a password by the rule that held before passwords were prepared.
func HashAsGiven(password string) string {
	salt := []byte("sixteen bytes...")
	return encodePHC(salt, argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey))
}
