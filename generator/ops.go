package generator

import "github.com/splitvote/splitvote/history"

// Ops offers the given operations, each once and in order.
func Ops(list ...history.Op) Generator { return &ops{list} }

// Once offers op once.
func Once(op history.Op) Generator { return Ops(op) }

type ops struct{ list []history.Op }

func (o *ops) Next(ctx Context) (history.Op, State, Generator) {
	switch {
	case len(o.list) == 0:
		return history.Op{}, Done, o
	case len(ctx.Free) == 0:
		return history.Op{}, Pending, o
	}
	return offer(ctx, o.list[0]), Ready, &ops{o.list[1:]}
}

func (o *ops) Update(Context, history.Op) Generator { return o }

// Func offers the operations that f makes, for ever. f depends only on the Context and on random
// numbers from Context.Rand. It is called only when a process is free, and sometimes for an
// operation
// that is not taken (G3).
func Func(f func(Context) history.Op) Generator { return &function{f} }

// Repeat offers op for ever.
func Repeat(op history.Op) Generator { return Func(func(Context) history.Op { return op }) }

type function struct{ f func(Context) history.Op }

func (f *function) Next(ctx Context) (history.Op, State, Generator) {
	if len(ctx.Free) == 0 {
		return history.Op{}, Pending, f
	}
	return offer(ctx, f.f(ctx)), Ready, f
}

func (f *function) Update(Context, history.Op) Generator { return f }

// offer gives op to any of the free processes, now.
func offer(ctx Context, op history.Op) history.Op {
	op.Process, op.Time = ctx.Free[0], ctx.Time
	if n := len(ctx.Free); n > 1 {
		op.Process = ctx.Free[ctx.Rand.IntN(n)]
	}
	return op
}

// Lazy is the generator that build returns on first use.
func Lazy(build func(Context) Generator) Generator { return &lazy{build} }

type lazy struct{ build func(Context) Generator }

func (l *lazy) Next(ctx Context) (history.Op, State, Generator) { return l.build(ctx).Next(ctx) }
func (l *lazy) Update(ctx Context, event history.Op) Generator  { return l }

// nothing is a generator that is done.
type nothing struct{}

func (nothing) Next(Context) (history.Op, State, Generator) { return history.Op{}, Done, nothing{} }
func (nothing) Update(Context, history.Op) Generator        { return nothing{} }

// list holds generators of which one is changed at a time.
type list []Generator

// with returns the list with g at place i.
func (l list) with(i int, g Generator) list {
	if l[i] == g {
		return l
	}
	changed := make(list, len(l))
	copy(changed, l)
	changed[i] = g
	return changed
}

// tell tells every generator of an event.
func (l list) tell(ctx Context, event history.Op) list {
	told := l
	for i, g := range l {
		told = told.with(i, g.Update(ctx, event))
	}
	return told
}

// equal reports whether both are the same list in memory, not merely equal in content.
func (l list) equal(m list) bool { return len(l) == len(m) && (len(l) == 0 || &l[0] == &m[0]) }
