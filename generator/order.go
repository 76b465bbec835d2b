package generator

import "github.com/splitvote/splitvote/history"

// Seq offers all of the first generator, then all of the second, and so on.
func Seq(gs ...Generator) Generator { return &seq{gs} }

type seq struct{ rest list }

func (s *seq) Next(ctx Context) (history.Op, State, Generator) {
	for rest := s.rest; len(rest) > 0; rest = rest[1:] {
		op, state, g := rest[0].Next(ctx)
		if state == Done {
			continue
		}
		if len(rest) == len(s.rest) && g == rest[0] {
			return op, state, s
		}
		return op, state, &seq{rest.with(0, g)}
	}
	return history.Op{}, Done, nothing{}
}

func (s *seq) Update(ctx Context, event history.Op) Generator {
	if len(s.rest) == 0 {
		return s
	}
	rest := s.rest.with(0, s.rest[0].Update(ctx, event))
	if rest.equal(s.rest) {
		return s
	}
	return &seq{rest}
}

// Phases is Seq with a barrier: each generator begins when every process of the share is free.
func Phases(gs ...Generator) Generator {
	phases := make([]Generator, len(gs))
	for i, g := range gs {
		phases[i] = &barrier{g}
	}
	return Seq(phases...)
}

type barrier struct{ g Generator }

func (b *barrier) Next(ctx Context) (history.Op, State, Generator) {
	if len(ctx.Free) < len(ctx.Procs) {
		return history.Op{}, Pending, b
	}
	return b.g.Next(ctx)
}

func (b *barrier) Update(Context, history.Op) Generator { return b }

// Cycle offers all of g, then all of it again, for ever. It ends only if g is empty from the start.
func Cycle(g Generator) Generator { return &cycle{g, g} }

type cycle struct{ whole, g Generator }

func (c *cycle) Next(ctx Context) (history.Op, State, Generator) {
	op, state, g := c.g.Next(ctx)
	if state == Done {
		op, state, g = c.whole.Next(ctx)
	}
	if state == Done {
		return op, Done, nothing{}
	}
	return op, state, c.with(g)
}

func (c *cycle) Update(ctx Context, event history.Op) Generator {
	return c.with(c.g.Update(ctx, event))
}

func (c *cycle) with(g Generator) Generator {
	if g == c.g {
		return c
	}
	return &cycle{c.whole, g}
}

// FlipFlop offers one operation of a, one of b, one of a, and so on. It ends when the next in turn
// is
// done.
func FlipFlop(a, b Generator) Generator { return &flipFlop{list{a, b}, 0} }

type flipFlop struct {
	gens list
	turn int
}

func (f *flipFlop) Next(ctx Context) (history.Op, State, Generator) {
	op, state, g := f.gens[f.turn].Next(ctx)
	switch state {
	case Ready:
		return op, Ready, &flipFlop{f.gens.with(f.turn, g), 1 - f.turn}
	case Pending:
		return op, Pending, f.with(f.gens.with(f.turn, g))
	}
	return op, Done, nothing{}
}

// Update tells the generator that offered an invocation, which is no longer the next in turn.
func (f *flipFlop) Update(ctx Context, event history.Op) Generator {
	if event.Kind == history.Invoke {
		from := 1 - f.turn
		return f.with(f.gens.with(from, f.gens[from].Update(ctx, event)))
	}
	return f.with(f.gens.tell(ctx, event))
}

func (f *flipFlop) with(gens list) Generator {
	if gens.equal(f.gens) {
		return f
	}
	return &flipFlop{gens, f.turn}
}
