package harness

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
)

// The passes that leave out much at a time: parts that a violation is unlikely to need.

// accused returns the evidence of the violation, the zero Evidence if there is none.
func (s *Shrinker) accused() checker.Evidence {
	for _, part := range s.outcome.Result.Parts {
		for _, e := range part.Evidence {
			if part.Checker == s.Sign.Checker && e.Kind == s.Sign.Evidence {
				return e
			}
		}
	}
	return checker.Evidence{}
}

// moment cuts off what comes after the violation has shown.
func (s *Shrinker) moment(ctx context.Context) {
	shown := s.outcome.Broken
	if s.Sign.Checker != invariants {
		shown = 0
		h, ops := s.outcome.History, s.accused().Ops
		for _, c := range h.Calls() {
			if done := h.Completion(c); done != nil && slices.Contains(ops, h.Invocation(c).Index) {
				shown = max(shown, done.Time)
			}
		}
	}
	if shown > 0 && shown < s.last() {
		s.try(ctx, until(s.best.Plan, shown))
	}
}

// named keeps only calls that the explanation names, or else all calls on their keys.
func (s *Shrinker) named(ctx context.Context) {
	e, h := s.accused(), s.outcome.History
	var calls []plan.Call // in the order in which they began
	keys := map[string]bool{e.Key: e.Key != ""}
	all := Pinned(s.best.Plan, h).Calls
	begun := 0
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.F == history.HealAll {
			begun = len(all)
		}
		its := slices.Contains(e.Ops, op.Index)
		if its && op.Process != history.Nemesis {
			for _, key := range s.touched(op) {
				keys[key] = true
			}
		}
		if op.Process != history.Nemesis && begun < len(all) {
			if its {
				calls = append(calls, all[begun])
			}
			begun++
		}
	}
	p := s.best.Plan
	if p.Calls = calls; len(calls) < len(s.best.Plan.Calls) && s.try(ctx, p) {
		return
	}
	p.Calls = nil
	for _, c := range s.best.Plan.Calls {
		if c, left := s.on(c, keys); left {
			p.Calls = append(p.Calls, c)
		}
	}
	s.try(ctx, p)
}

// touched returns the keys of a call.
func (s *Shrinker) touched(op *history.Op) []string {
	if s.best.Workload.Keys == nil {
		return []string{op.Key}
	}
	return s.best.Workload.Keys(op)
}

// on returns the part of a call that concerns some keys: for a transaction, its micro-operations
// on them.
func (s *Shrinker) on(c plan.Call, keys map[string]bool) (part plan.Call, any bool) {
	on := func(c plan.Call) bool {
		return slices.ContainsFunc(s.touched(&history.Op{F: c.F, Key: c.Key, Value: json.RawMessage(c.Value)}),
			func(key string) bool {
				return keys[key]
			})
	}
	micros := microOperations(c)
	if len(micros) == 0 {
		return c, on(c)
	}
	part = c
	left := slices.DeleteFunc(micros, func(m json.RawMessage) bool {
		part.Value = plan.JSON(asJSON([]json.RawMessage{m}))
		return !on(part)
	})
	part.Value = plan.JSON(asJSON(left))
	return part, len(left) > 0
}

// spans leaves out halves, quarters and so on of the time, and moves up what follows them.
func (s *Shrinker) spans(ctx context.Context) {
	for pieces := time.Duration(2); pieces <= min(32, time.Duration(s.pieces)); pieces *= 2 {
		span := s.last() / pieces
		for from := time.Duration(0); span > 10*time.Millisecond && from < s.last() && !s.over(ctx); {
			before := s.last()
			if !s.try(ctx, withoutSpan(s.best.Plan, from, span)) || s.last() >= before {
				from += span
			}
		}
	}
}

// withoutSpan returns the plan without the calls of a span of time and the faults within it.
func withoutSpan(p plan.Plan, from, length time.Duration) plan.Plan {
	to := from + length
	within := func(at plan.Duration) bool { return time.Duration(at) > from && time.Duration(at) <= to }
	p.Calls = without(p.Calls, func(c plan.Call) bool { return within(c.At) })
	schedule := p.Schedule
	p.Schedule = nil
	for _, f := range schedule {
		end := f.At + f.For
		switch begins, ends := within(f.At), within(end); {
		case begins && (ends || f.For == 0):
			continue
		case begins:
			f.At, f.For = plan.Duration(to), end-plan.Duration(to)
		case ends:
			f.For = plan.Duration(to) - f.At
		}
		p.Schedule = append(p.Schedule, f)
	}
	limit := p.TimeLimit
	p = earlier(p, from, length)
	p.TimeLimit = min(limit, max(p.TimeLimit, plan.Duration(from+time.Millisecond))) // it may have lain within
	return p
}

// kinds leaves out all faults of a kind.
func (s *Shrinker) kinds(ctx context.Context) {
	minimise(s.best.Plan.Faults, s.pieces, func(left []string) bool {
		p := s.best.Plan
		p.Schedule = slices.DeleteFunc(slices.Clone(p.Schedule), func(f plan.Fixed) bool {
			return !slices.Contains(left, f.Fault)
		})
		return s.try(ctx, p)
	})
}

// crowd leaves out clients with all their calls.
func (s *Shrinker) crowd(ctx context.Context) {
	var clients []int
	for _, c := range s.best.Plan.Calls {
		if !slices.Contains(clients, c.Client) {
			clients = append(clients, c.Client)
		}
	}
	minimise(clients, s.pieces, func(left []int) bool {
		p := s.best.Plan
		p.Calls = without(p.Calls, func(c plan.Call) bool { return !slices.Contains(left, c.Client) })
		return s.try(ctx, p)
	})
}
