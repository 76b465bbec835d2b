package linear

import (
	"math"
	"runtime"
	"sync"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// call is a client's call as its model reads it. begin and end are positions of events (L1); end is never where the
// outcome is unknown, and out is then without meaning.
type call[In, Out any] struct {
	in         In
	out        Out
	begin, end int
	op         int // Op.Index of the invocation, for evidence
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

// object is the part of a history that concerns one key: its calls in the order of their invocations.
type object[In, Out any] struct {
	key   string
	count int // of calls, before they are read
	calls []call[In, Out]
}

// split reads the clients' calls of a history and divides them by key (L3), keys in order of first appearance. Calls that
// failed are dropped, and so are those with unknown outcome that change nothing: removing a call is one of the ways in
// which it may have ended, and nothing depends on it. Each call knows its place before any is read, so that several
// processors can read them.
func split[S, In, Out any](m model.Model[S, In, Out], h *history.History) ([]object[In, Out], error) {
	objects, places, err := arrange(m, h)
	if err != nil {
		return nil, err
	}
	total := 0
	for i := range objects {
		total += objects[i].count
	}
	room := make([]call[In, Out], total)
	calls := h.Calls()
	workers := min(runtime.GOMAXPROCS(0), 1+len(calls)/leastShare)
	failures := make([]failure, workers)
	var group sync.WaitGroup
	for w := range workers {
		group.Go(func() {
			defer func() {
				if p := recover(); p != nil {
					failures[w].panicked = p
				}
			}()
			for i := w * len(calls) / workers; i < (w+1)*len(calls)/workers && failures[w].err == nil; i++ {
				if places[i] >= 0 {
					failures[w].err = read(m, h, calls[i], &room[places[i]])
				}
			}
		})
	}
	group.Wait()
	for _, f := range failures { // the first in the history
		if f.panicked != nil {
			panic(f.panicked)
		}
		if f.err != nil {
			return nil, f.err
		}
	}
	for i := range objects {
		n := objects[i].count
		objects[i].calls, room = room[:n:n], room[n:]
	}
	return objects, nil
}

// leastShare is how many calls are worth a goroutine.
const leastShare = 1 << 14

// failure is why a share of a history could not be read.
type failure struct {
	err      error
	panicked any
}

// read reads one call.
func read[S, In, Out any](m model.Model[S, In, Out], h *history.History, paired history.Call, c *call[In, Out]) (err error) {
	invocation := h.Invocation(paired)
	c.begin, c.end, c.op = paired.Invoke, never, invocation.Index
	var completion *history.Op
	if h.Kind(paired) == history.Ok {
		completion, c.end = h.Completion(paired), paired.Complete
	}
	c.in, c.out, err = m.Call(invocation, completion)
	return err
}

// arrange makes an object for each key, and gives each call its place among the calls of all objects, -1 if it is dropped.
func arrange[S, In, Out any](m model.Model[S, In, Out], h *history.History) (objects []object[In, Out], places []int32, err error) {
	places = make([]int32, len(h.Calls())) // at first the object
	at := map[string]int32{}
	last := int32(-1)
	for i, paired := range h.Calls() {
		places[i] = -1
		invocation, kind := h.Invocation(paired), h.Kind(paired)
		if invocation.Process == history.Nemesis || kind == history.Fail {
			continue
		}
		if last < 0 || objects[last].key != invocation.Key {
			known := false
			if last, known = at[invocation.Key]; !known {
				last = int32(len(objects))
				at[invocation.Key] = last
				objects = append(objects, object[In, Out]{key: invocation.Key})
			}
		}
		if kind == history.Info {
			in, _, err := m.Call(invocation, nil)
			if err != nil {
				return nil, nil, err
			}
			if m.ReadOnly(in, nil) {
				continue
			}
		}
		places[i] = last
		objects[last].count++
	}
	next := make([]int32, len(objects))
	for o := 1; o < len(objects); o++ {
		next[o] = next[o-1] + int32(objects[o-1].count)
	}
	for i, o := range places {
		if o >= 0 {
			places[i] = next[o]
			next[o]++
		}
	}
	return objects, places, nil
}
