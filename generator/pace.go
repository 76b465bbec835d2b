package generator

import (
	"time"

	"github.com/splitvote/splitvote/history"
)

// TimeLimit offers the operations of g for d after the first use.
func TimeLimit(d time.Duration, g Generator) Generator {
	return Lazy(func(ctx Context) Generator { return &deadline{ctx.Time + d, g} })
}

type deadline struct {
	end time.Duration
	g   Generator
}

func (d *deadline) Next(ctx Context) (history.Op, State, Generator) {
	if ctx.Time >= d.end {
		return history.Op{}, Done, nothing{}
	}
	op, state, g := d.g.Next(ctx)
	switch {
	case state == Done, state == Ready && op.Time >= d.end:
		return history.Op{}, Done, nothing{}
	case state == Pending && (op.Time <= ctx.Time || op.Time > d.end):
		op.Time = d.end
	}
	return op, state, d.with(g)
}

func (d *deadline) Update(ctx Context, event history.Op) Generator {
	return d.with(d.g.Update(ctx, event))
}

func (d *deadline) with(g Generator) Generator {
	if g == d.g {
		return d
	}
	return &deadline{d.end, g}
}

// Sleep offers nothing and is done d after the first use.
func Sleep(d time.Duration) Generator {
	return Lazy(func(ctx Context) Generator { return &sleep{ctx.Time + d} })
}

type sleep struct{ end time.Duration }

func (s *sleep) Next(ctx Context) (history.Op, State, Generator) {
	if ctx.Time >= s.end {
		return history.Op{}, Done, nothing{}
	}
	return history.Op{Time: s.end}, Pending, s
}

func (s *sleep) Update(Context, history.Op) Generator { return s }

// Stagger separates the operations of g by random times between 0 and twice the mean.
func Stagger(mean time.Duration, g Generator) Generator {
	return Lazy(func(ctx Context) Generator { return &spaced{g, mean, true, ctx.Time} })
}

// Rate is Stagger at the given number of operations a second; 0 or less sets no limit.
func Rate(perSecond float64, g Generator) Generator {
	if perSecond <= 0 {
		return g
	}
	return Stagger(time.Duration(float64(time.Second)/perSecond), g)
}

// Delay separates the operations of g by d.
func Delay(d time.Duration, g Generator) Generator {
	return Lazy(func(ctx Context) Generator { return &spaced{g, d, false, ctx.Time} })
}

// spaced asks g only when the next operation is due, so that each operation takes all past events
// into
// account.
type spaced struct {
	g      Generator
	gap    time.Duration
	random bool
	due    time.Duration
}

// late is how far an interpreter can lag and still catch up, if the gap is shorter. Beyond it, the
// missed operations are skipped: a burst after a stall would exceed the requested rate.
const late = 10 * time.Millisecond

func (s *spaced) Next(ctx Context) (history.Op, State, Generator) {
	if ctx.Time < s.due {
		return history.Op{Time: s.due}, Pending, s
	}
	op, state, g := s.g.Next(ctx)
	switch state {
	case Done:
		return op, Done, nothing{}
	case Pending:
		return op, Pending, s.with(g, s.due)
	}
	from := s.due
	if op.Time-s.due > max(s.gap, late) {
		from = op.Time
	}
	gap := s.gap
	if s.random && gap > 0 {
		gap = time.Duration(ctx.Rand.Int64N(int64(2*gap) + 1))
	}
	return op, Ready, s.with(g, from+gap)
}

func (s *spaced) Update(ctx Context, event history.Op) Generator {
	return s.with(s.g.Update(ctx, event), s.due)
}

func (s *spaced) with(g Generator, due time.Duration) Generator {
	if g == s.g && due == s.due {
		return s
	}
	return &spaced{g, s.gap, s.random, due}
}
