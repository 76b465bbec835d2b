package linear

import (
	"context"
	"math/bits"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// longest finds one order of the longest linearizable prefix of calls, as their numbers, and every
// state behind it. Either is nil where it is not found within the limits.
func longest[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out],
	memory int64) (order []int, states []S) {
	s := newSearch(ctx, m, calls, memory)
	o := s.run()
	if o.verdict == checker.Invalid {
		// What failed knew what calls returned that had not ended by then. So a longer prefix may
		// be linearizable, as long as one of them has not ended.
		e := explainer[S, In, Out]{ctx: ctx, m: m, t: theoryOf(m), memory: memory}
		all, cut := calls, o.through-1
		for _, end := range endsFrom(all, o.through) {
			if p := newSearch(ctx, m, e.until(all, end), memory).run(); p.verdict != checker.Valid {
				cut = end - 1
				break
			}
		}
		calls = e.until(all, cut)
		s = newSearch(ctx, m, calls, memory)
		o = s.run()
	}
	if o.verdict == checker.Valid {
		states = s.reachable()
	}
	d := newDescent(ctx, m, calls, eventsOf(calls), classes(calls), memory)
	if d.find() {
		order = make([]int, len(d.path))
		for i, c := range d.path {
			order[i] = calls[c].op
		}
	}
	return order, states
}

// reachable lists the states to which the frontier leads when any of the calls with unknown outcome
// take effect that have not: after run, these are all calls that are left.
func (s *search[S, In, Out]) reachable() []S {
	var states []S
	hashes := map[uint64][]S{}
	exactly := make([]uint64, len(s.live)) // no call is superfluous here
	all := s.frontier.clone()
	for i := 0; i < len(all.states); i++ {
		if s.ctx.Err() != nil || all.bytes > s.memory {
			return nil
		}
		state := all.states[i]
		hash := s.m.Hash(state)
		if !slices.ContainsFunc(hashes[hash], func(other S) bool { return s.m.Equal(state, other) }) {
			hashes[hash] = append(hashes[hash], state)
			states = append(states, state)
		}
		for w := range s.live {
			for open := s.live[w] &^ all.mask(i)[w]; open != 0; open &= open - 1 {
				bit := bits.TrailingZeros64(open)
				c := &s.calls[s.slots[w*64+bit]]
				mask := slices.Clone(all.mask(i))
				mask[w] |= 1 << bit
				for _, after := range s.m.Step(nil, state, c.in, c.result()) {
					hash := s.m.Hash(after)
					for _, word := range mask {
						hash = (hash ^ word) * 0x9e3779b97f4a7c15
					}
					if !all.covers(hash, mask, exactly, func(other S) bool { return s.m.Equal(after, other) }) {
						all.append(mask, after, hash)
					}
				}
			}
		}
	}
	return states
}

// endsFrom lists the ends of calls from a position on, in order.
func endsFrom[In, Out any](calls []call[In, Out], from int) (ends []int) {
	for i := range calls {
		if c := &calls[i]; !c.pending() && c.end >= from {
			ends = append(ends, c.end)
		}
	}
	slices.Sort(ends)
	return ends
}
