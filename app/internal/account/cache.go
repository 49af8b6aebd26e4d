package account

import (
	"sync"
	"time"

	"github.com/google/uuid"
	lru "github.com/hashicorp/golang-lru/v2"

	"github.com/task-tracker/task-tracker/app/internal/auth"
)

// cache remembers who the bearers of the last moments were. Entries end by the service's clock; a drop is not undone by
// a look-up that was under way meanwhile.
type cache struct {
	mu         sync.Mutex
	generation uint64 // of drops
	entries    *lru.Cache[[32]byte, cached]
}

type cached struct {
	principal auth.Principal
	// until is when the entry must be looked up again, expires when the token itself ends; zero for never.
	until, expires time.Time
}

func newCache(size int) *cache {
	entries, err := lru.New[[32]byte, cached](size)
	if err != nil {
		panic(err) // only for a size below one
	}
	return &cache{entries: entries}
}

func (c *cache) get(key [32]byte, now time.Time) (cached, bool) {
	e, ok := c.entries.Get(key)
	if !ok || !now.Before(e.until) {
		return cached{}, false
	}
	return e, true
}

// begin gives the generation to hand to put after the look-up.
func (c *cache) begin() uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.generation
}

// put keeps an entry unless something was dropped since begin.
func (c *cache) put(key [32]byte, e cached, generation uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if generation == c.generation {
		c.entries.Add(key, e)
	}
}

func (c *cache) drop(match func(auth.Principal) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.generation++
	for _, key := range c.entries.Keys() {
		if e, ok := c.entries.Peek(key); ok && match(e.principal) {
			c.entries.Remove(key)
		}
	}
}

func (c *cache) dropToken(id uuid.UUID) {
	c.drop(func(p auth.Principal) bool { return p.TokenID == id })
}

func (c *cache) dropAccount(id uuid.UUID) {
	c.drop(func(p auth.Principal) bool { return p.AccountID == id })
}
