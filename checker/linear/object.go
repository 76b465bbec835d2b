package linear

import (
	"math"
	"runtime"
	"sync"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// call is a client's call as its model reads it. begin and end are positions of events (L1); end is
// never where the outcome is unknown, and out is then without meaning.
type call[In, Out any] struct {
	in         In
	out        Out
	begin, end int
	op         int // Op.Index of the invocation, for evidence; negative in a lead
}

// never is the end of a call whose outcome is unknown.
const never = math.MaxInt

func (c *call[In, Out]) pending() bool { return c.end == never }

// result is what was returned, nil if unknown.
func (c *call[In, Out]) result() *Out {
	if c.pending() {
		return nil
	}
	return &c.out
}

// object is the part of a history that concerns one key: its lead, then its calls in the order of
// their invocations.
type object[In, Out any] struct {
	key   string
	calls []call[In, Out]
	lead  int    // how many of calls are its lead
	scale int    // how many positions of calls are one event
	open  string // why calls that are linearizable do not show that the object is, "" if they do
}

// split reads the clients' calls of a history and divides them by key (L3), keys in order of first
// appearance. Calls that failed are dropped, and so are those with unknown outcome that change
// nothing: removing a call is one of the ways in which it may have ended, and nothing depends on
// it. Several processors take a share of the history each: first they count, so that each knows
// where its calls of every key go, then they read.
func split[S, In, Out any](m model.Model[S, In, Out], h *history.History) ([]object[In, Out], error) {
	all := len(h.Calls())
	shares := make([]share, min(runtime.GOMAXPROCS(0), 1+all/leastShare))
	objectOf := make([]int32, all)
	for w := range shares {
		from, to := w*all/len(shares), (w+1)*all/len(shares)
		shares[w].calls, shares[w].objectOf = h.Calls()[from:to], objectOf[from:to]
	}
	if err := inParallel(shares, func(s *share) error { return count(m, h, s) }); err != nil {
		return nil, err
	}
	keys, counts := arrange(shares)
	leads := make([][]call[In, Out], len(keys))
	for i, key := range keys {
		var err error
		if leads[i], err = leadOf(m, key, h.Initial); err != nil {
			return nil, err
		}
		counts[i] += len(leads[i])
	}
	place(shares, keys, counts, func(object int) int { return len(leads[object]) })
	total := 0
	for _, n := range counts {
		total += n
	}
	room := make([]call[In, Out], total)
	err := inParallel(shares, func(s *share) error {
		for i, o := range s.objectOf {
			if o == nobody {
				continue
			}
			if err := read(m, h, s.calls[i], &room[s.next[o]]); err != nil {
				return err
			}
			s.next[o]++
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	objects := make([]object[In, Out], len(keys))
	for i, n := range counts {
		objects[i], room = object[In, Out]{keys[i], room[:n:n], len(leads[i]), 1, ""}, room[n:]
		objects[i].follow(leads[i])
		expand(m, &objects[i])
	}
	return objects, nil
}

// leastShare is how many calls are worth a goroutine.
const leastShare = 1 << 14

// share is a part of a history that one processor reads.
type share struct {
	calls    []history.Call
	objectOf []int32  // by call: the object in keys, or nobody if the call is dropped
	keys     []string // in order of first appearance in the share
	// by object: at first the number of its calls, then the place of the next one among all that
	// are read
	next []int
}

// inParallel does work on all shares. The error, or panic, is that of the first share in the
// history that has one.
func inParallel(shares []share, work func(*share) error) error {
	errs, panics := make([]error, len(shares)), make([]any, len(shares))
	var group sync.WaitGroup
	for w := range shares {
		group.Go(func() {
			panics[w] = goexit
			defer func() {
				if p := recover(); p != nil {
					panics[w] = p
				}
			}()
			errs[w] = work(&shares[w])
			panics[w] = nil
		})
	}
	group.Wait()
	for w := range shares {
		if panics[w] != nil {
			panic(panics[w])
		}
		if errs[w] != nil {
			return errs[w]
		}
	}
	return nil
}

// count finds the object of each call of a share, and how many each object has.
func count[S, In, Out any](m model.Model[S, In, Out], h *history.History, s *share) error {
	at := map[string]int32{}
	last := int32(nobody)
	for i, paired := range s.calls {
		s.objectOf[i] = nobody
		invocation, kind := h.Invocation(paired), h.Kind(paired)
		if invocation.Process == history.Nemesis || kind == history.Fail {
			continue
		}
		if last == nobody || s.keys[last] != invocation.Key {
			known := false
			if last, known = at[invocation.Key]; !known {
				last = int32(len(s.keys))
				at[invocation.Key] = last
				s.keys = append(s.keys, invocation.Key)
				s.next = append(s.next, 0)
			}
		}
		if kind == history.Info {
			in, _, err := m.Call(invocation, nil)
			if err != nil {
				return err
			}
			if m.ReadOnly(in, nil) {
				continue
			}
		}
		s.objectOf[i] = last
		s.next[last]++
	}
	return nil
}

// arrange puts the keys of all shares together and counts the calls of each.
func arrange(shares []share) (keys []string, counts []int) {
	at := map[string]int{}
	for _, s := range shares {
		for o, key := range s.keys {
			i, known := at[key]
			if !known {
				i = len(keys)
				at[key] = i
				keys, counts = append(keys, key), append(counts, 0)
			}
			counts[i] += s.next[o]
		}
	}
	return keys, counts
}

// place gives each share its places among the calls: those of a key lie together, behind its lead,
// in the order of the history.
func place(shares []share, keys []string, counts []int, lead func(object int) int) {
	at := map[string]int{}
	free := make([]int, len(keys))
	for i, key := range keys {
		at[key] = i
		if i > 0 {
			free[i] = free[i-1] + counts[i-1]
		}
	}
	for i := range free {
		free[i] += lead(i)
	}
	for _, s := range shares {
		for o, key := range s.keys {
			i := at[key]
			s.next[o], free[i] = free[i], free[i]+s.next[o]
		}
	}
}

// read reads one call.
func read[S, In, Out any](m model.Model[S, In, Out], h *history.History, paired history.Call,
	c *call[In, Out]) (err error) {
	invocation := h.Invocation(paired)
	c.begin, c.end, c.op = paired.Invoke, never, invocation.Index
	var completion *history.Op
	if h.Kind(paired) == history.Ok {
		completion, c.end = h.Completion(paired), paired.Complete
	}
	c.in, c.out, err = m.Call(invocation, completion)
	return err
}
