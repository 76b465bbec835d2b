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
// same sort: fewer faults, calls, nodes and clients, less time, fewer settings other than the
// default. It writes out what the plan draws, leaves out a part, and checks whether the rest still
// fails (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", TSE 2002). It
// tries large parts first, because the cost of a run grows with its length. Leaving out a part
// changes the timing of what follows, so a smaller plan is tried with several seeds, and with more
// of them the smaller it is.
type Shrinker struct {
	Target cluster.Simulable
	Sign   Sign
	OnTry  func(best plan.Plan, tries int) // called after every try; nil: not called

	Tries int // simulations made so far

	best    Experiment
	outcome Outcome
	luck    int                        // seeds tried for each candidate
	pieces  int                        // most pieces into which a list is cut
	failed  map[[sha256.Size]byte]bool // plans that were tried and do not show the sign
	err     error                      // why no further try is possible
}

// bare is a plan that prints as its fields, which is faster than as YAML.
type bare plan.Plan

// Same reports whether the outcome has a violation with the sign.
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

// Shrink returns the smallest plan found by the end of ctx, and its outcome. The initial plan must
// show the sign. An error is that of the experiment; cancellation is not an error.
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

// rounds go from few large pieces to single items, each with more luck. While a plan is large, a
// try is expensive and a piece is likely to be needed.
var rounds = []struct{ luck, pieces int }{{1, 8}, {1, 32}, {4, 16}, {16, 8}, {1, whole}, {3, whole}, {10, whole},
	{30, whole}}

// whole cuts a list into single elements.
const whole = math.MaxInt

// repeat runs the passes until none makes the plan smaller.
func (s *Shrinker) repeat(ctx context.Context, passes []func(context.Context)) {
	for before := -1; before != s.size() && !s.over(ctx); {
		before = s.size()
		for _, pass := range passes {
			pass(ctx)
		}
	}
}

// complete returns the best plan with the outcome of its whole run.
func (s *Shrinker) complete(ctx context.Context) (plan.Plan, Outcome, error) {
	if s.err == nil && s.best.untilBroken {
		s.best.untilBroken = false
		s.outcome, s.err = s.best.Simulate(context.WithoutCancel(ctx), s.Target, sim.Options{})
	}
	return s.best.Plan, s.outcome, s.err
}

// size is the measure that the passes reduce.
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

// weight estimates the number of events in a run of the plan, which is what a try costs.
func weight(p plan.Plan) int {
	ticks := time.Duration(p.TimeLimit) / Tick
	return 1 + 20*len(p.Calls) + p.Nodes*int(ticks)
}

// try adopts p as the best plan if one of several seeds shows the same sign. A plan much smaller
// than the best so far gets more seeds for the same cost.
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
