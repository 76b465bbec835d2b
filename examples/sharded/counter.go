// Package sharded is a map of counters whose keys are spread over shards, each with a lock of its
// own.
package sharded

import (
	"hash/maphash"
	"runtime"
	"sync"
	"sync/atomic"
)

// Counters are numbers by key. They are safe for concurrent use.
type Counters struct {
	seed   maphash.Seed
	shards [16]shard
	// Careless adds with a load and a store instead of one step. That is the planted bug: two
	// additions at a time may count as one.
	Careless bool
}

type shard struct {
	mu sync.RWMutex
	m  map[string]*atomic.Int64
}

// New makes counters that are all 0.
func New() *Counters {
	c := &Counters{seed: maphash.MakeSeed()}
	for i := range c.shards {
		c.shards[i].m = map[string]*atomic.Int64{}
	}
	return c
}

// Add adds to a counter.
func (c *Counters) Add(key string, amount int64) {
	n := c.at(key)
	if c.Careless {
		old := n.Load()
		runtime.Gosched() // another goroutine may run here; it does so more rarely by itself
		n.Store(old + amount)
		return
	}
	n.Add(amount)
}

// Read is what a counter has come to.
func (c *Counters) Read(key string) int64 { return c.at(key).Load() }

func (c *Counters) at(key string) *atomic.Int64 {
	s := &c.shards[maphash.String(c.seed, key)%uint64(len(c.shards))]
	s.mu.RLock()
	n := s.m[key]
	s.mu.RUnlock()
	if n != nil {
		return n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.m[key] == nil {
		s.m[key] = new(atomic.Int64)
	}
	return s.m[key]
}
