package live

import (
	"sync"
	"time"

	"github.com/splitvote/splitvote/history"
)

// queue holds completions in the order of arrival, and stamps them (L2).
type queue struct {
	start  time.Time
	filled chan struct{} // holds a token when the queue may have become non-empty; capacity 1

	mu   sync.Mutex
	ops  []history.Op
	told time.Duration // the latest time returned to the driver
}

func (q *queue) now() time.Duration {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.told = time.Since(q.start)
	return q.told
}

func (q *queue) put(op history.Op) {
	q.mu.Lock()
	op.Time = time.Since(q.start)
	q.ops = append(q.ops, op)
	q.mu.Unlock()
	select {
	case q.filled <- struct{}{}:
	default: // the token of an earlier entry is still there
	}
}

// take returns the oldest entry. If it arrived before the driver last read the clock, it is
// stamped with that reading: the driver may have recorded an event at that time, and an interval
// may grow but not shrink.
func (q *queue) take() (history.Op, bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.ops) == 0 {
		return history.Op{}, false
	}
	op := q.ops[0]
	q.ops = q.ops[1:]
	q.told = max(q.told, op.Time)
	op.Time = q.told
	return op, true
}
