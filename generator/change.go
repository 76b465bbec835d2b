package generator

import "github.com/splitvote/splitvote/history"

// Map offers f of every operation of g. f leaves Process and Time alone.
func Map(f func(history.Op) history.Op, g Generator) Generator { return &change{f, g} }

type change struct {
	f func(history.Op) history.Op
	g Generator
}

func (c *change) Next(ctx Context) (history.Op, State, Generator) {
	op, state, g := c.g.Next(ctx)
	if state == Ready {
		op = c.f(op)
	}
	return op, state, c.with(g)
}

func (c *change) Update(ctx Context, event history.Op) Generator {
	return c.with(c.g.Update(ctx, event))
}

func (c *change) with(g Generator) Generator {
	if g == c.g {
		return c
	}
	return &change{c.f, g}
}
