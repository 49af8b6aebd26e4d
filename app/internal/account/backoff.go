package account

import (
	"fmt"
	"math"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/task-tracker/task-tracker/app/internal/apperr"
)

// The first freeFailures wrong passwords for an e-mail cost nothing; after that each doubles the pause before the next
// try, up to maxPause, so that nobody is ever locked out for long. Failures are forgotten after forgetAfter.
const (
	freeFailures = 10
	maxPause     = time.Minute
	forgetAfter  = 15 * time.Minute
)

// backoff slows down guessing at one person's password, from however many addresses; the server's limits per address
// are another matter. It counts in this process only, and alike for e-mails that nobody has.
type backoff struct {
	mu       sync.Mutex
	failures *lru.Cache[string, failure]
}

type failure struct {
	count int
	last  time.Time
}

func newBackoff(size int) *backoff {
	failures, err := lru.New[string, failure](size)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &backoff{failures: failures}
}

// pause is how long to wait before the next try; zero when it may be made now.
func (b *backoff) pause(email string, now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, ok := b.failures.Get(email)
	if !ok || f.count < freeFailures || now.Sub(f.last) >= forgetAfter {
		return 0
	}
	pause := min(maxPause, time.Second<<min(f.count-freeFailures, 6))
	return max(0, pause-now.Sub(f.last))
}

func (b *backoff) failed(email string, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f, _ := b.failures.Get(email)
	if now.Sub(f.last) >= forgetAfter {
		f.count = 0
	}
	b.failures.Add(email, failure{count: f.count + 1, last: now})
}

func (b *backoff) succeeded(email string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.failures.Remove(email)
}

// Pause is the cause of a rate_limited failure of this package: how long to wait, in whole seconds.
type Pause struct{ Seconds int }

// Error implements error.
func (p *Pause) Error() string { return fmt.Sprintf("account: %d s until the next try", p.Seconds) }

func tooManyFailures(pause time.Duration) error {
	seconds := int(math.Ceil(pause.Seconds()))
	return apperr.Wrap(&Pause{seconds}, apperr.RateLimited, "Too many failed attempts for this e-mail. Try again in %d seconds.", seconds)
}
