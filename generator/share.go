package generator

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Clients restricts g to the clients' processes.
func Clients(g Generator) Generator {
	return OnProcesses(func(p history.Process) bool { return p != history.Nemesis }, g)
}

// Faults restricts g to the nemesis.
func Faults(g Generator) Generator {
	return OnProcesses(func(p history.Process) bool { return p == history.Nemesis }, g)
}

// OnProcesses restricts g to the processes that mine accepts. It sees no other processes and no
// other
// completions.
func OnProcesses(mine func(history.Process) bool, g Generator) Generator { return &share{mine, g} }

type share struct {
	mine func(history.Process) bool
	g    Generator
}

func (s *share) Next(ctx Context) (history.Op, State, Generator) {
	ctx.Free, ctx.Procs = accepted(ctx.Free, s.mine), accepted(ctx.Procs, s.mine)
	op, state, g := s.g.Next(ctx)
	return op, state, s.with(g)
}

func (s *share) Update(ctx Context, event history.Op) Generator {
	if !s.mine(event.Process) {
		return s
	}
	ctx.Free, ctx.Procs = accepted(ctx.Free, s.mine), accepted(ctx.Procs, s.mine)
	return s.with(s.g.Update(ctx, event))
}

func (s *share) with(g Generator) Generator {
	if g == s.g {
		return s
	}
	return &share{s.mine, g}
}

// accepted returns the processes that mine accepts. If they are adjacent, as the clients are, the
// result is a sub-slice.
func accepted(procs []history.Process, mine func(history.Process) bool) []history.Process {
	var from, to int
	for to < len(procs) && !mine(procs[to]) {
		to++
	}
	from = to
	for to < len(procs) && mine(procs[to]) {
		to++
	}
	some := procs[from:to:to]
	for _, p := range procs[to:] {
		if mine(p) {
			some = append(some, p)
		}
	}
	return some
}

// Reserve gives g the first n threads of the share, and rest the others.
func Reserve(n int, g, rest Generator) Generator {
	return &split{at: []int{0, n}, gens: list{g, rest}}
}

// EachProcess runs its own copy of g on each thread of the share.
func EachProcess(g Generator) Generator {
	return Lazy(func(ctx Context) Generator {
		s := &split{}
		for i := range ctx.Procs {
			s.at, s.gens = append(s.at, i), append(s.gens, g)
		}
		return s
	})
}

// EachKey divides the share into groups of size threads; left-over threads join the last group.
// Each
// group works on one key at a time: it runs all of g for that key, then takes the next key that no
// group has had. key(0), key(1) ... are the keys; key reports false when there are no more. EachKey
// sets Key on the operations. Every g makes at least one operation.
func EachKey(size int, key func(i int) (string, bool), g func(key string) Generator) Generator {
	more := func(i int) Generator {
		k, ok := key(i)
		if !ok {
			return nil
		}
		return Map(func(op history.Op) history.Op { op.Key = k; return op }, g(k))
	}
	return Lazy(func(ctx Context) Generator {
		s := &split{more: more}
		for i := 0; i == 0 || i+size <= len(ctx.Procs); i += size {
			s.at, s.gens = append(s.at, i), append(s.gens, nothing{})
		}
		return s
	})
}

// split divides the threads among generators by place: generator i has places at[i] to at[i+1].
type split struct {
	at   []int
	gens list
	more func(i int) Generator // makes the i-th successor of a finished generator, nil when there are no more
	made int                   // number of successors made
}

func (s *split) Next(ctx Context) (history.Op, State, Generator) {
	now := *s
	best := soonest{now: ctx.Time, from: -1}
	for i := range turns(ctx, len(s.gens)) {
		part := s.part(ctx, i)
		if len(part.Free) == 0 {
			best.pending = best.pending || now.more != nil || now.gens[i] != nothing{}
			continue
		}
		op, state, g := now.gens[i].Next(part)
		for state == Done && now.refill(i) {
			op, state, g = now.gens[i].Next(part)
		}
		if state != Ready {
			now.gens = now.gens.with(i, g)
		}
		if best.hear(i, op, state, g) {
			break
		}
	}
	op, state := best.answer()
	switch state {
	case Ready:
		now.gens = now.gens.with(best.from, best.next)
	case Done:
		return op, Done, nothing{}
	}
	return op, state, &now
}

// refill replaces generator i by the next successor, if there is one.
func (s *split) refill(i int) bool {
	if s.more == nil {
		return false
	}
	g := s.more(s.made)
	if g == nil {
		s.more = nil
		return false
	}
	s.gens = s.gens.with(i, g)
	s.made++
	return true
}

func (s *split) Update(ctx Context, event history.Op) Generator {
	place := slices.Index(ctx.Procs, event.Process)
	if place < 0 {
		return s
	}
	i := len(s.at) - 1
	for s.at[i] > place {
		i--
	}
	gens := s.gens.with(i, s.gens[i].Update(s.part(ctx, i), event))
	if gens.equal(s.gens) {
		return s
	}
	return &split{s.at, gens, s.more, s.made}
}

// part returns the context of generator i, with its threads only. Free is a subset of Procs in the
// same order (G5), so both results are sub-slices.
func (s *split) part(ctx Context, i int) Context {
	from, to := min(s.at[i], len(ctx.Procs)), len(ctx.Procs)
	if i+1 < len(s.at) {
		to = min(s.at[i+1], to)
	}
	first, last := 0, 0
	for place, p := range ctx.Procs[:to] {
		if last < len(ctx.Free) && ctx.Free[last] == p {
			last++
			if place < from {
				first = last
			}
		}
	}
	ctx.Free, ctx.Procs = ctx.Free[first:last], ctx.Procs[from:to]
	return ctx
}
