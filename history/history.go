package history

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// History is a whole run's events in order, with its calls paired. It is not changed once made.
type History struct {
	Ops     []Op
	Cut     string   // where the recording broke off, "" if it is whole
	Initial Initial  // what objects hold before any call
	Notes   []string // what a reader must know of how the events were read, one sentence each

	// Unordered says that the history was recorded as completions only: each transaction is a
	// process of its own and overlaps all others, because neither sessions nor times are known.
	Unordered bool

	calls []Call
}

// Call is an invocation with its completion. Positions are indices into History.Ops.
type Call struct {
	Invoke   int
	Complete int // -1 while pending: no completion was recorded
}

// Forever is the end of a call whose outcome is unknown: it may take effect at any later time.
const Forever = time.Duration(math.MaxInt64)

// New makes a history of events in order, numbering them from 0, and pairs every invocation with
// its completion. It reports the first event that breaks H1, H2 or H4 by its position, and makes
// times obey H3. Nemesis events pair likewise: an invoke with the next event of the nemesis with
// the same F.
func New(ops []Op) (*History, error) {
	var c collector
	c.calls = make([]Call, 0, len(ops)/2+1)
	for i := range ops {
		if err := c.pair(&ops[i]); err != nil {
			return nil, err
		}
	}
	return &History{Ops: ops, Notes: c.rules.notes(), calls: c.calls}, nil
}

// EventError names the event that makes a list of events no history.
type EventError struct {
	Index int // position of the event, from 0
	What  string
}

func (e *EventError) Error() string { return fmt.Sprintf("event %d: %s", e.Index, oneLine(e.What)) }

// Calls are all calls in the order of their invocations, the nemesis's among them. The slice is
// shared: do not change it.
func (h *History) Calls() []Call { return h.calls }

// Invocation is the event that begins c.
func (h *History) Invocation(c Call) *Op { return &h.Ops[c.Invoke] }

// Completion is the event that ends c, nil if none was recorded.
func (h *History) Completion(c Call) *Op {
	if c.Complete < 0 {
		return nil
	}
	return &h.Ops[c.Complete]
}

// Kind says how c ended; a call without completion ended as Info.
func (h *History) Kind(c Call) Kind {
	if c.Complete < 0 {
		return Info
	}
	return h.Ops[c.Complete].Kind
}

// Span is the time from invocation to completion; end is Forever where the outcome is unknown.
func (h *History) Span(c Call) (start, end time.Duration) {
	start, end = h.Ops[c.Invoke].Time, Forever
	if h.Kind(c) != Info {
		end = h.Ops[c.Complete].Time
	}
	return start, end
}

// End is the time of the last event.
func (h *History) End() time.Duration {
	if len(h.Ops) == 0 {
		return 0
	}
	return h.Ops[len(h.Ops)-1].Time
}

// Keys lists the keys of the clients' calls in order of first appearance; "" stands for the calls
// without one.
func (h *History) Keys() []string {
	var keys []string
	seen := map[string]bool{}
	for _, c := range h.calls {
		op := &h.Ops[c.Invoke]
		if op.Process != Nemesis && !seen[op.Key] {
			seen[op.Key] = true
			keys = append(keys, op.Key)
		}
	}
	return keys
}

// Filter is the history of the calls that keep accepts. Events keep their Index of h, so that
// evidence found in a part names the operations of the whole.
func (h *History) Filter(keep func(invocation *Op) bool) *History {
	part := &History{Initial: h.Initial, Unordered: h.Unordered}
	var at []int
	for _, c := range h.calls {
		if keep(&h.Ops[c.Invoke]) {
			at = append(at, c.Invoke)
			if c.Complete >= 0 {
				at = append(at, c.Complete)
			}
		}
	}
	slices.Sort(at)
	position := make(map[int]int, len(at))
	for i, from := range at {
		part.Ops = append(part.Ops, h.Ops[from])
		position[from] = i
	}
	for _, c := range h.calls {
		if keep(&h.Ops[c.Invoke]) {
			complete := -1
			if c.Complete >= 0 {
				complete = position[c.Complete]
			}
			part.calls = append(part.calls, Call{position[c.Invoke], complete})
		}
	}
	return part
}
