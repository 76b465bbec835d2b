package harness

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/plan"
)

// Shrinker makes a plan that ends in a violation smaller, as long as the violation remains of the
// same sort: fewer faults, calls, nodes and clients, less time, fewer settings that are not the
// default. It writes out what the plan draws, leaves out a part, and looks whether the rest still
// fails (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002):
// first large parts, for a run takes as long as what it does, then smaller ones. A part that is
// left out changes the timing of what follows, so a smaller plan is given several seeds, and more
// of them the smaller it has become.
type Shrinker struct {
	Target cluster.Simulable
	Sign   Sign
	OnTry  func(best plan.Plan, tries int) // told of every try; nil for nobody

	Tries int // simulations made so far

	best    Experiment
	outcome Outcome
	luck    int                        // seeds that each candidate is given
	pieces  int                        // into which a list is cut, at most
	failed  map[[sha256.Size]byte]bool // plans that were tried and do not show the sign
	err     error                      // why no more can be tried
}

// bare is a plan that prints as its fields, which is faster than as YAML.
type bare plan.Plan

// Same says that the outcome has a violation of the sign.
func (s Sign) Same(o Outcome) bool {
	for _, part := range o.Result.Parts {
		if part.Verdict != checker.Invalid || part.Checker != s.Checker {
			continue
		}
		if s.Evidence == "" || slices.ContainsFunc(part.Evidence, func(e checker.Evidence) bool {
			return e.Kind == s.Evidence
		}) {
			return true
		}
	}
	return false
}

// Shrink gives the smallest plan that it has found by the end of ctx, and its outcome. The plan
// that it begins with must show the sign. The error is that of the experiment, if any; that ctx
// ended is none.
func (s *Shrinker) Shrink(ctx context.Context, x Experiment, o Outcome) (plan.Plan, Outcome, error) {
	x.Terse, x.untilBroken = true, s.Sign.Checker == invariants
	s.best, s.outcome, s.failed = x, o, map[[sha256.Size]byte]bool{}
	pinned := Pinned(x.Plan, o.History)
	clients := pinned.Concurrency.Of(pinned.Nodes)
	pinned.Concurrency = plan.Concurrency(strconv.Itoa(clients))
	s.luck = 20
	if !s.try(ctx, pinned) {
		return s.best.Plan, s.outcome, s.err
	}
	large := []func(context.Context){s.moment, s.healing, s.named, s.kinds, s.spans, s.faults, s.crowd, s.calls,
		s.nodes, s.clients, s.moment}
	small := slices.Concat(large, []func(context.Context){s.micros, s.tail, s.lengths, s.gaps, s.shorten})
	for i, r := range rounds {
		if s.luck, s.pieces = r.luck, r.pieces; r.pieces == whole {
			s.repeat(ctx, small)
		} else {
			s.repeat(ctx, large)
		}
		if i == 0 {
			s.luck = 3
			s.press(ctx)
		}
	}
	s.settings(ctx)
	return s.complete(ctx)
}

// rounds go from few large pieces to single things, and both under ever more luck: while a plan is
// large, a try is dear, and a piece that the violation needs is likely to be in it.
var rounds = []struct{ luck, pieces int }{{1, 8}, {1, 32}, {4, 16}, {16, 8}, {1, whole}, {3, whole}, {10, whole},
	{30, whole}}

// whole cuts a list into as many pieces as it has elements.
const whole = math.MaxInt

// repeat goes through the passes until none makes the plan smaller.
func (s *Shrinker) repeat(ctx context.Context, passes []func(context.Context)) {
	for before := -1; before != s.size() && !s.over(ctx); {
		before = s.size()
		for _, pass := range passes {
			pass(ctx)
		}
	}
}

// complete is the best plan with its outcome, that of the whole run.
func (s *Shrinker) complete(ctx context.Context) (plan.Plan, Outcome, error) {
	if s.err == nil && s.best.untilBroken {
		s.best.untilBroken = false
		s.outcome, s.err = s.best.Simulate(context.WithoutCancel(ctx), s.Target, sim.Options{})
	}
	return s.best.Plan, s.outcome, s.err
}

// size is what the passes make smaller.
func (s *Shrinker) size() int {
	p := s.best.Plan
	size := 100*(len(p.Schedule)+len(p.Calls)+p.Nodes+p.Concurrency.Of(p.Nodes)) +
		int(time.Duration(p.TimeLimit).Seconds())
	for _, f := range p.Schedule {
		size += len(f.Nodes)
	}
	for _, c := range p.Calls {
		size += len(microOperations(c))
	}
	return size
}

func (s *Shrinker) over(ctx context.Context) bool { return s.err != nil || ctx.Err() != nil }

// weight is about how many events a run of the plan has: what a try costs.
func weight(p plan.Plan) int {
	ticks := time.Duration(p.TimeLimit) / Tick
	return 1 + 20*len(p.Calls) + p.Nodes*int(ticks)
}

// try takes p for the best if it shows the same with one of as many seeds as luck says. One that is
// much smaller than the best plan so far is given more of them, for the same trouble.
func (s *Shrinker) try(ctx context.Context, p plan.Plan) bool {
	p.Faults = []string{}
	for _, f := range p.Schedule {
		if !slices.Contains(p.Faults, f.Fault) {
			p.Faults = append(p.Faults, f.Fault)
		}
	}
	if len(p.Calls) == 0 {
		return false // it would draw them
	}
	first := p.Seed
	for i := range max(s.luck, min(100, s.luck*weight(s.best.Plan)/weight(p))) {
		if s.over(ctx) {
			return false
		}
		p.Seed = first + uint64(i)
		name := sha256.Sum256(fmt.Append(nil, bare(p)))
		if s.failed[name] {
			continue
		}
		x := s.best.With(p)
		o, err := x.Simulate(ctx, s.Target, sim.Options{})
		s.Tries++
		switch {
		case ctx.Err() != nil:
			return false
		case err != nil:
			s.err = err
			return false
		}
		if s.OnTry != nil {
			s.OnTry(s.best.Plan, s.Tries)
		}
		if s.Sign.Same(o) {
			s.best, s.outcome = x, o
			return true
		}
		s.failed[name] = true
	}
	return false
}
