package txn

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// Check judges a history.
func (j judge) Check(ctx context.Context, h *history.History) checker.Result {
	if err := CheckInitial(j.model, h.Initial); err != nil {
		return undecided(err)
	}
	if j.model == Bank {
		return j.bank(h)
	}
	t, err := read(ctx, j.model, h)
	if err != nil {
		return undecided(err)
	}
	o, err := j.opinion(ctx, t)
	if err == nil && t.retried && j.model == ListAppend && uncommitted&^o.proved != 0 {
		o, err = j.failedApart(ctx, h, o)
	}
	if err != nil {
		return undecided(err)
	}
	return j.result(o)
}

// opinion looks at a history, of which reads may have seen one of several writes.
func (j judge) opinion(ctx context.Context, t *trace) (*opinion, error) {
	all, whole, err := t.ambiguous(j.model)
	switch {
	case err != nil:
		return nil, err
	case len(t.repeats.like) == 0:
		return j.examine(ctx, t)
	case len(all) == 0:
		return j.examine(ctx, t.told(j.model, nil, nil))
	default:
		return j.tellApart(ctx, t, all, whole)
	}
}

// uncommitted are the levels at which a read may see what a transaction wrote that failed.
var uncommitted = everyLevel &^ above(readCommitted)

// failedApart looks once more at a list-append history in which a value whose append failed was
// appended again. An opinion takes every read to have seen the append that did not fail. From
// read-committed up that is exact, for a read that saw the failed one is a G1a. Below, a read may
// have seen either, so the two are told apart, unless the opinion proves these levels; what is
// ruled out from read-committed up remains so. Reads of a register say nothing at these levels.
func (j judge) failedApart(ctx context.Context, h *history.History, o *opinion) (*opinion, error) {
	t, err := readFailed(ctx, j.model, h, true)
	if err != nil {
		return nil, err
	}
	apart, err := j.opinion(ctx, t)
	if err != nil {
		return nil, err
	}
	apart.cases |= o.out() &^ uncommitted
	apart.proved |= o.proved
	if len(apart.why) == 0 {
		for _, name := range o.guilty(j.asked) {
			apart.why = append(apart.why, o.against(name, j.asked)...)
		}
	}
	return apart, nil
}

// opinion is what was found of a history.
type opinion struct {
	*findings
	proved level
	stats  map[string]any

	cases     level // ruled out as none of the ways in which reads can be told apart has the level (X16)
	why       []checker.Evidence
	ambiguous *twice // a value because of which levels are left open
}

// out are the levels that are ruled out.
func (o *opinion) out() level { return o.ruledOut() | o.cases }

// examine looks at a history in which reads tell which write they saw.
func (j judge) examine(ctx context.Context, t *trace) (*opinion, error) {
	found := newFindings(t, j.model)
	for _, s := range t.strays {
		found.stray(s)
	}
	g := newGraph(t)
	ordered := false
	if j.model == ListAppend {
		var err error
		if ordered, err = appends(g, found); err != nil {
			return nil, err
		}
	} else {
		ordered = writesAndReads(g, found)
	}
	g.absences(found)
	direct := found.direct()
	g.orders()
	unsearched, err := cycles(ctx, g, found)
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	proved := found.weak()
	if direct == 0 {
		proved |= provable(j.model, ordered, unsearched)
		shown, err := found.decide(ctx, g, j.asked, below(proved&^found.ruledOut()))
		if err != nil {
			return nil, err
		}
		proved |= shown
	}
	return &opinion{findings: found, proved: below(proved &^ found.ruledOut()),
		stats: map[string]any{"transactions": len(t.txns), "dependencies": len(g.edges)}}, nil
}

// weak are the levels up to read-committed that hold unless an anomaly that was found rules them
// out (X9).
func (f *findings) weak() level {
	weak := below(strongReadCommitted)
	if f.lists != nil && f.lists.disordered() {
		weak &^= below(strongReadUncommitted)
	}
	return weak
}

// provable are the levels that a history without anomaly of its own kind has for certain (X9).
func provable(modelName string, ordered, unsearched bool) level {
	proved := everyLevel &^ causal // unless a stricter level implies it
	if !ordered {
		if modelName == RWRegister {
			return 0
		}
		proved &^= consistentView | snapshotIsolation | sessionSnapshotIsolation | strongSnapshotIsolation
	}
	if unsearched {
		proved &^= consistentView
	}
	return proved
}

// ruledOut are the levels that an anomaly rules out.
func (f *findings) ruledOut() (out level) {
	for what := range f.found {
		out |= what.rulesOut()
	}
	return out
}

// result is the verdict on the level that was asked for, and what is to be said of the others.
func (j judge) result(found *opinion) checker.Result {
	out, stats := found.out(), found.stats
	names := make([]string, 0, len(found.counts))
	for name := range found.counts {
		names = append(names, name)
	}
	guilty := found.guilty(j.asked)
	byRank(names)
	proved := below(found.proved &^ out)
	if found.history.Unordered {
		proved &^= needOrder
	}
	open := everyLevel &^ out &^ proved
	stats["anomalies"], stats["counts"], stats["ruled-out"] = names, found.counts, out.names()
	stats["may-still-be"] = maximal(everyLevel &^ out).strongestFirst()
	if open != 0 {
		stats["undecided-levels"] = open.strongestFirst()
	}
	r := checker.Result{Verdict: checker.Valid, Method: "cycles", Stats: stats}
	switch {
	case out&j.asked != 0:
	case proved&j.asked != 0 || j.model == Bank:
		return r
	default:
		r.Verdict, r.Cause = checker.Unknown, checker.Undecided
		r.Reason = fmt.Sprintf("nothing that was found rules out %s, and nothing proves it", j.Name())
		if found.ambiguous != nil {
			r.Cause = checker.Ambiguous
			r.Reason = fmt.Sprintf("%v; the rest does not rule out %s", found.ambiguous, j.Name())
		}
		if found.history.Unordered && needOrder&j.asked != 0 {
			r.Reason = fmt.Sprintf("nothing rules out %s, but the history has completions only: it tells neither "+
				"sessions nor times", j.Name())
			r.Decide = "invocations and processes in the history, or --consistency serializable"
		}
		return r
	}
	r.Verdict, r.Holds = checker.Invalid, maximal(proved).strongestFirst()
	r.Reason = fmt.Sprintf("the history is not %s: %s", j.Name(), strings.Join(guilty, ", "))
	if len(guilty) == 0 {
		r.Reason = fmt.Sprintf("the history is not %s, whichever write each read saw", j.Name())
		r.Evidence = found.why
	}
	if rest := maximal(open) &^ below(proved); rest != 0 {
		r.Reason += "; it may still be " + strings.Join(rest.strongestFirst(), ", ")
	}
	for _, name := range guilty {
		r.Evidence = append(r.Evidence, found.against(name, j.asked)...)
	}
	slices.SortStableFunc(r.Evidence, func(a, b checker.Evidence) int { // the shortest circle is the clearest
		return cmp.Or(span(a)-span(b), max(len(a.Ops), glance)-max(len(b.Ops), glance))
	})
	return r
}

// needOrder are the levels that ask for the order of sessions or of real time.
var needOrder = above(sessionReadUncommitted)

// guilty are the anomalies that rule out a level, the worst first.
func (f *findings) guilty(asked level) (names []string) {
	for what := range f.found {
		if what.rulesOut()&asked != 0 && !slices.Contains(names, what.anomaly) {
			names = append(names, what.anomaly)
		}
	}
	byRank(names)
	return names
}

// against is the evidence of an anomaly that rules out a level. A cycle that was told once more
// because it rules out causal consistency besides counts only where nothing else does.
func (f *findings) against(name string, asked level) (all []checker.Evidence) {
	for _, besides := range []bool{false, true} {
		for _, e := range f.evidence {
			if e.Kind == name && e.of.causal == besides && e.of.rulesOut()&asked != 0 {
				all = append(all, e.Evidence)
			}
		}
		if len(all) > 0 {
			break
		}
	}
	return all
}

// span is how long a circle is; of one that rests on inferences, all operations that they are
// about.
func span(e checker.Evidence) int {
	if len(e.Why) > len(e.Cycle) {
		return len(e.Ops)
	}
	return len(e.Cycle)
}

// glance is a number of operations that can be taken in at once.
const glance = 5

// undecided is the result of a check that could not be made.
func undecided(err error) checker.Result {
	var t *twice
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return checker.Stopped(err)
	case errors.As(err, &t):
		return checker.Result{Verdict: checker.Unknown, Cause: checker.Ambiguous, Reason: err.Error()}
	}
	return checker.Result{Verdict: checker.Unknown, Cause: checker.Malformed, Reason: err.Error()}
}
