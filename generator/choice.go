package generator

import (
	"time"

	"github.com/splitvote/splitvote/history"
)

// Mix offers an operation of any of the generators, chosen at random each time, until all are done.
// A
// generator that is listed twice is chosen twice as often.
func Mix(gs ...Generator) Generator { return &mix{gs, 0} }

type mix struct {
	gens list
	last int // which generator offered the last operation
}

func (m *mix) Next(ctx Context) (history.Op, State, Generator) {
	gens := m.gens
	for len(gens) > 0 {
		i := 0
		if len(gens) > 1 {
			i = ctx.Rand.IntN(len(gens))
		}
		op, state, g := gens[i].Next(ctx)
		if state != Done {
			return op, state, m.with(gens.with(i, g), i)
		}
		left := make(list, 0, len(gens)-1)
		gens = append(append(left, gens[:i]...), gens[i+1:]...)
	}
	return history.Op{}, Done, nothing{}
}

func (m *mix) Update(ctx Context, event history.Op) Generator {
	if event.Kind == history.Invoke {
		return m.with(m.gens.with(m.last, m.gens[m.last].Update(ctx, event)), m.last)
	}
	return m.with(m.gens.tell(ctx, event), m.last)
}

func (m *mix) with(gens list, last int) Generator {
	if last == m.last && gens.equal(m.gens) {
		return m
	}
	return &mix{gens, last}
}

// Any offers the soonest operation of all the generators, until all are done. Generators that are
// ready at once are equally likely to come first.
func Any(gs ...Generator) Generator { return &anyOf{gs, 0} }

// Together runs clients on the clients' processes and faults on the nemesis, side by side.
func Together(clients, faults Generator) Generator { return Any(Clients(clients), Faults(faults)) }

type anyOf struct {
	gens list
	last int // which generator offered the last operation
}

func (a *anyOf) Next(ctx Context) (history.Op, State, Generator) {
	gens := a.gens
	best := soonest{now: ctx.Time, from: -1}
	for i := range turns(ctx, len(gens)) {
		op, state, g := gens[i].Next(ctx)
		if state != Ready {
			gens = gens.with(i, g)
		}
		if best.hear(i, op, state, g) {
			break
		}
	}
	op, state := best.answer()
	switch state {
	case Ready:
		return op, Ready, a.with(gens.with(best.from, best.next), best.from)
	case Pending:
		return op, Pending, a.with(gens, a.last)
	}
	return op, Done, nothing{}
}

func (a *anyOf) Update(ctx Context, event history.Op) Generator {
	if event.Kind == history.Invoke {
		return a.with(a.gens.with(a.last, a.gens[a.last].Update(ctx, event)), a.last)
	}
	return a.with(a.gens.tell(ctx, event), a.last)
}

func (a *anyOf) with(gens list, last int) Generator {
	if last == a.last && gens.equal(a.gens) {
		return a
	}
	return &anyOf{gens, last}
}

// turns visits n places once, starting at a random one.
func turns(ctx Context, n int) func(yield func(int) bool) {
	return func(yield func(int) bool) {
		first := 0
		if n > 1 {
			first = ctx.Rand.IntN(n)
		}
		for k := range n {
			if !yield((first + k) % n) {
				return
			}
		}
	}
}

// soonest collects the answers of several generators and keeps the soonest operation.
type soonest struct {
	now     time.Duration
	op      history.Op
	from    int       // which generator offered op, -1 for none
	next    Generator // the next state of that generator
	pending bool
	wake    time.Duration // when the first pending generator wants to be asked again, 0 for never
}

// hear takes the answer of generator i. It reports true if nothing sooner can come.
func (s *soonest) hear(i int, op history.Op, state State, g Generator) bool {
	switch state {
	case Ready:
		if s.from < 0 || op.Time < s.op.Time {
			s.op, s.from, s.next = op, i, g
		}
		return op.Time <= s.now
	case Pending:
		s.pending = true
		if op.Time > s.now && (s.wake == 0 || op.Time < s.wake) {
			s.wake = op.Time
		}
	}
	return false
}

// answer returns the combined answer. A later operation is withheld while a pending generator wants
// to
// be asked again before it.
func (s *soonest) answer() (history.Op, State) {
	switch {
	case s.from >= 0 && (s.wake == 0 || s.op.Time <= s.wake):
		return s.op, Ready
	case s.pending:
		return history.Op{Time: s.wake}, Pending
	}
	return history.Op{}, Done
}
