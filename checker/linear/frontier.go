package linear

import (
	"context"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// frontier is the search fed event by event. What a call returned must be known before it can take
// effect, so events wait until all calls that were under way by then have ended: it is as far
// behind as the longest call under way.
type frontier[S, In, Out any] struct {
	finding[In, Out]
	s       *search[S, In, Out]
	ids     map[*call[In, Out]]int // place of a call in s.calls
	free    []int                  // places to be used again
	open    window[In, Out]        // calls that have not ended
	waiting []moment[In, Out]      // events that wait, in order
}

// moment is the begin or the end of a call.
type moment[In, Out any] struct {
	c   *call[In, Out]
	at  int
	end bool
}

// mostUnder is how many calls of an object may be under way at once while the search is fed.
const mostUnder = 128

func newFrontier[S, In, Out any](m model.Model[S, In, Out]) *frontier[S, In, Out] {
	const words = mostUnder / 64
	size := model.SizeOf(m)
	s := &search[S, In, Out]{
		ctx: context.Background(), m: m, calls: make([]call[In, Out], mostUnder),
		slots: make([]int32, mostUnder), slotOf: make([]int32, mostUnder),
		live: make([]uint64, words), pending: make([]uint64, words), readOnly: make([]uint64, words),
		mask:     make([]uint64, words),
		frontier: newConfigs(words, size), work: newConfigs(words, size), next: newConfigs(words, size),
		memory: mostRemembered, mostHeld: mostConfigs,
	}
	for i := range s.slots {
		s.slots[i] = nobody
	}
	s.frontier.append(s.mask, m.Init(), 0)
	f := &frontier[S, In, Out]{s: s, ids: map[*call[In, Out]]int{}}
	f.method = string(Search)
	for i := range mostUnder {
		f.free = append(f.free, mostUnder-1-i)
	}
	return f
}

func (f *frontier[S, In, Out]) begin(c *call[In, Out]) {
	f.open.add(c)
	f.waiting = append(f.waiting, moment[In, Out]{c: c, at: c.begin})
}

func (f *frontier[S, In, Out]) end(c *call[In, Out], how history.Kind, at int) {
	f.open.remove(c)
	switch how {
	case history.Fail:
		f.withdraw(c)
	case history.Ok:
		f.waiting = append(f.waiting, moment[In, Out]{c, at, true})
	case history.Info:
		if f.s.m.ReadOnly(c.in, nil) {
			f.withdraw(c)
		}
	}
	f.advance(f.open.since(at + 1))
}

// look lets a copy take the events that wait, with the calls under way as of unknown outcome. An
// impossible prefix stays impossible: an unknown outcome allows every result at every time, and
// also that the call fails without effect.
func (f *frontier[S, In, Out]) look(ctx context.Context) {
	if !slices.ContainsFunc(f.waiting, func(e moment[In, Out]) bool { return e.end }) {
		return
	}
	ahead := f.fork(ctx)
	ahead.advance(never)
	if ahead.violated {
		f.accuse(ahead.accused)
	}
}

// fork is a copy that goes on by itself, until ctx ends. States are never changed, so that it
// shares them.
func (f *frontier[S, In, Out]) fork(ctx context.Context) *frontier[S, In, Out] {
	s := *f.s
	words := len(s.live)
	s.ctx, s.count, s.steps = ctx, 0, nil
	s.calls, s.slots, s.slotOf = slices.Clone(s.calls), slices.Clone(s.slots), slices.Clone(s.slotOf)
	s.live, s.pending, s.readOnly = slices.Clone(s.live), slices.Clone(s.pending), slices.Clone(s.readOnly)
	s.mask, s.work, s.next, s.frontier = make([]uint64, words), newConfigs(words, s.work.size),
		newConfigs(words, s.work.size), s.frontier.clone()
	return &frontier[S, In, Out]{s: &s, ids: maps.Clone(f.ids), free: slices.Clone(f.free),
		waiting: slices.Clone(f.waiting)}
}

// withdraw takes out the begin of a call that changes nothing, which waits still.
func (f *frontier[S, In, Out]) withdraw(c *call[In, Out]) {
	for i := range f.waiting {
		if f.waiting[i].c == c {
			f.waiting = append(f.waiting[:i], f.waiting[i+1:]...)
			return
		}
	}
}

func (f *frontier[S, In, Out]) close() { f.advance(never) }

// advance takes the events before position until.
func (f *frontier[S, In, Out]) advance(until int) {
	done := 0
	for ; done < len(f.waiting) && f.waiting[done].at < until && !f.over(); done++ {
		e := f.waiting[done]
		if !e.end {
			f.enter(e.c)
			continue
		}
		id := f.ids[e.c]
		if !f.s.end(id) {
			if f.s.stopped != nil {
				f.gaveUp = "too many orders of concurrent calls are possible"
				return
			}
			f.accuse(e.c)
			return
		}
		delete(f.ids, e.c)
		f.free = append(f.free, id)
	}
	f.waiting = append(f.waiting[:0], f.waiting[done:]...)
}

// enter lets the search know of a call that begins.
func (f *frontier[S, In, Out]) enter(c *call[In, Out]) {
	if len(f.free) == 0 {
		f.gaveUp = "too many calls are under way, or of unknown outcome"
		return
	}
	id := f.free[len(f.free)-1]
	f.free = f.free[:len(f.free)-1]
	f.ids[c], f.s.calls[id] = id, *c
	f.s.begin(id)
}

// window holds the calls under way in the order of their begins.
type window[In, Out any] struct{ calls []*call[In, Out] }

func (w *window[In, Out]) add(c *call[In, Out]) { w.calls = append(w.calls, c) }

func (w *window[In, Out]) remove(c *call[In, Out]) {
	for i := range w.calls {
		if w.calls[i] == c {
			w.calls = append(w.calls[:i], w.calls[i+1:]...)
			return
		}
	}
}

// since is the begin of the first call under way; without any it is now. No call that ends from now
// on began before it.
func (w *window[In, Out]) since(now int) int {
	if len(w.calls) == 0 {
		return now
	}
	return w.calls[0].begin
}
