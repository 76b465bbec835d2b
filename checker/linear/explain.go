package linear

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

const (
	mostExplained = 3                // invalid objects that are explained
	mostPatience  = 10 * time.Second // for all explanations together
	mostShown     = 24               // calls in a witness; of a longer one the last are shown
)

// explainer finds the smallest witness in an object known to be invalid, and words for it.
type explainer[S, In, Out any] struct {
	ctx    context.Context
	m      model.Model[S, In, Out]
	t      theory[In, Out]
	memory int64
	part   bool                                // not all calls of an object are known
	failed func(key string) []failure[In, Out] // nil if nothing is known of failed calls
}

// explain gives evidence for the first invalid objects. When ctx ends it makes do with what it has.
func explain[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], objects []object[In, Out],
	outcomes []outcome, memory int64, failed func(key string) []failure[In, Out],
) []checker.Evidence {
	ctx, cancel := context.WithTimeout(ctx, mostPatience)
	defer cancel()
	e := explainer[S, In, Out]{ctx: ctx, m: m, t: theoryOf(m), memory: memory, failed: failed}
	var evidence []checker.Evidence
	for i, o := range outcomes {
		if o.verdict == checker.Invalid && len(evidence) < mostExplained {
			evidence = append(evidence, e.object(objects[i], o))
		}
	}
	slices.SortStableFunc(evidence, func(a, b checker.Evidence) int { return len(a.Ops) - len(b.Ops) })
	return evidence
}

// object explains one object. A model that panics over a part of a history is left without an
// explanation, as no verdict depends on one (L5).
func (e *explainer[S, In, Out]) object(o object[In, Out], found outcome) (evidence checker.Evidence) {
	var calls []call[In, Out]
	defer func() {
		if p := recover(); p != nil {
			evidence = e.unexplained(o.key, p)
			for _, c := range calls[max(0, len(calls)-mostShown):] {
				evidence.Ops = append(evidence.Ops, c.op)
			}
			evidence = withoutLead(evidence)
		}
	}()
	calls = e.witness(o, found)
	evidence = e.words(o, calls)
	if e.ctx.Err() != nil {
		evidence.Summary += " (there was no time to look for the smallest set of calls)"
	}
	return evidence
}

// unexplained is the evidence where the model panicked.
func (e *explainer[S, In, Out]) unexplained(key string, p any) checker.Evidence {
	return checker.Evidence{Kind: e.t.kind, Key: key,
		Summary: fmt.Sprintf("%s is not linearizable (no explanation: %s)", subject(key), panicked(p).reason)}
}

// witness is what the engine found if it found something, else the shortest prefix that is invalid,
// shrunk in either case until no call can be left out.
func (e *explainer[S, In, Out]) witness(o object[In, Out], found outcome) []call[In, Out] {
	var calls []call[In, Out]
	if w := found.witness; w != nil {
		chosen := make(map[int]bool, len(w.calls))
		for _, i := range w.calls {
			chosen[i] = true
		}
		calls = e.t.project(o.calls, func(i int) bool { return chosen[i] })
	}
	if !e.invalid(calls) && (len(calls) == 0 || e.ctx.Err() == nil) {
		calls = e.prefix(o.calls, found.through)
	}
	return e.shrink(calls)
}

// invalid says whether calls are certainly no part of a linearizable history.
func (e *explainer[S, In, Out]) invalid(calls []call[In, Out]) bool {
	return len(calls) > 0 && judge(e.ctx, e.m, calls, Auto, e.memory).verdict == checker.Invalid
}

// prefix cuts an invalid object after the completion at position through, if that is known to make
// it so, else after the first that does. A linearizable history has only linearizable prefixes, so
// the place can be searched by halving. What ends later is pending.
func (e *explainer[S, In, Out]) prefix(calls []call[In, Out], through int) []call[In, Out] {
	if cut := e.until(calls, through); through > 0 && (e.invalid(cut) || e.ctx.Err() != nil) {
		return cut
	}
	var ends []int
	for i := range calls {
		if !calls[i].pending() {
			ends = append(ends, calls[i].end)
		}
	}
	slices.Sort(ends)
	at, _ := slices.BinarySearchFunc(ends, true, func(end int, _ bool) int {
		if e.invalid(e.until(calls, end)) {
			return 1
		}
		return -1
	})
	if at == len(ends) {
		return calls // time ran out
	}
	if cut := e.until(calls, ends[at]); e.invalid(cut) {
		return cut
	}
	return calls
}

// until is what was known of calls just after the event at position end.
func (e *explainer[S, In, Out]) until(calls []call[In, Out], end int) []call[In, Out] {
	var cut []call[In, Out]
	for _, c := range calls {
		if c.begin > end {
			break
		}
		if c.end > end {
			c.end = never
		}
		if c.pending() && e.m.ReadOnly(c.in, nil) {
			continue
		}
		cut = append(cut, c)
	}
	return cut
}

// shrink leaves calls out as long as what remains is invalid, many at a time first (Zeller and
// Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE 2002). Where it ends by
// itself, no call can be left out any more.
func (e *explainer[S, In, Out]) shrink(calls []call[In, Out]) []call[In, Out] {
	if least := e.t.project(calls, func(int) bool { return false }); len(least) == len(calls) {
		return calls // nothing is known of the type that would allow it
	}
	for size := (len(calls) + 1) / 2; size >= 1; {
		smaller := false
		for end := len(calls); end > 0 && e.ctx.Err() == nil; end -= size {
			from := max(0, end-size)
			rest := e.t.project(calls, func(i int) bool { return i < from || i >= end })
			if len(rest) < len(calls) && e.invalid(rest) {
				calls, smaller = rest, true
				end = min(end, len(calls)+size)
			}
		}
		switch {
		case e.ctx.Err() != nil:
			return calls
		case size > 1:
			size = min(size, len(calls)+1) / 2
		case !smaller:
			return calls
		}
	}
	return calls
}

// words says of each call of a witness why it is there.
func (e *explainer[S, In, Out]) words(o object[In, Out], calls []call[In, Out]) checker.Evidence {
	evidence := checker.Evidence{Key: o.key, Summary: subject(o.key) + " is not linearizable"}
	found, decided := e.t.decide(calls)
	if decided && found.witness != nil {
		evidence.Kind = found.witness.kind
		for _, c := range found.witness.claims {
			evidence.Why = append(evidence.Why, checker.Claim{Op: calls[c.call].op, Text: c.text})
		}
	}
	if len(evidence.Why) == 0 && len(calls) > 0 {
		accused, text := e.accuse(calls)
		evidence.Kind, evidence.Why = e.t.kind, []checker.Claim{{Op: calls[accused].op, Text: text}}
		if f := e.blame(o.key, calls, accused); f != nil {
			evidence.Ops = append(evidence.Ops, f.op)
			evidence.Why = append(evidence.Why, checker.Claim{Op: f.op,
				Text: checker.Failed(f.invocation, f.completion, calls[accused].op)})
		}
	}
	for i := range calls {
		note := e.t.note(o.calls, &calls[i])
		if note != "" && !slices.ContainsFunc(evidence.Why, func(c checker.Claim) bool { return c.Text == note }) {
			evidence.Why = append(evidence.Why, checker.Claim{Op: calls[i].op, Text: note})
		}
	}
	if len(calls) > mostShown {
		evidence.Summary += fmt.Sprintf(" (the last %d of %d calls are shown)", mostShown, len(calls))
		calls = calls[len(calls)-mostShown:]
	}
	for i := range calls {
		evidence.Ops = append(evidence.Ops, calls[i].op)
	}
	slices.Sort(evidence.Ops)
	evidence.Why = append(evidence.Why, e.suggestInitial(o, evidence)...)
	return withoutLead(evidence)
}

// accuse picks the call that ended last, of a witness that the type's own algorithm cannot explain,
// and says what it could have returned instead.
func (e *explainer[S, In, Out]) accuse(calls []call[In, Out]) (accused int, text string) {
	for i := range calls {
		if c := &calls[i]; !c.pending() && (calls[accused].pending() || c.end > calls[accused].end) {
			accused = i
		}
	}
	c := &calls[accused]
	is := fmt.Sprintf("#%d (%s)", c.op, e.m.Describe(c.in, c.result()))
	if could, known := answers(e.m, calls, accused); known {
		return accused, is + " could only have been " + strings.Join(could, " or ")
	}
	if len(calls) == 1 {
		return accused, is + " is impossible: nothing before it allows it"
	}
	return accused, fmt.Sprintf("%s is impossible: no order of these %d calls allows it", is, len(calls))
}
