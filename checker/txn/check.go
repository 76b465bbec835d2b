package txn

import (
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
	if j.model == Bank {
		return j.bank(h)
	}
	t, err := read(ctx, j.model, h)
	if err != nil {
		return undecided(err)
	}
	found := newFindings(t, j.model)
	g := newGraph(t)
	ordered := false
	if j.model == ListAppend {
		if ordered, err = appends(g, found); err != nil {
			return undecided(err)
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
		return undecided(err)
	}
	proved := found.weak()
	if direct == 0 {
		proved |= provable(j.model, ordered, unsearched)
		shown, err := found.decide(ctx, g, j.asked, below(proved&^found.ruledOut()))
		if err != nil {
			return undecided(err)
		}
		proved |= shown
	}
	return j.result(found, proved, map[string]any{"transactions": len(t.txns), "dependencies": len(g.edges)})
}

// weak are the levels up to read-committed that hold unless an anomaly that was found rules them out (X9).
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
func (j judge) result(found *findings, proved level, stats map[string]any) checker.Result {
	out := found.ruledOut()
	names := make([]string, 0, len(found.counts))
	for name := range found.counts {
		names = append(names, name)
	}
	guilty := names[:0:0]
	for what := range found.found {
		if what.rulesOut()&j.asked != 0 && !slices.Contains(guilty, what.anomaly) {
			guilty = append(guilty, what.anomaly)
		}
	}
	byRank(guilty)
	byRank(names)
	proved = below(proved &^ out)
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
		return r
	}
	r.Verdict, r.Holds = checker.Invalid, maximal(proved).strongestFirst()
	r.Reason = fmt.Sprintf("the history is not %s: %s", j.Name(), strings.Join(guilty, ", "))
	if rest := maximal(open) &^ below(proved); rest != 0 {
		r.Reason += "; it may still be " + strings.Join(rest.strongestFirst(), ", ")
	}
	for _, name := range guilty {
		r.Evidence = append(r.Evidence, found.against(name, j.asked)...)
	}
	slices.SortStableFunc(r.Evidence, func(a, b checker.Evidence) int { // what few operations show is the clearest
		return max(len(a.Ops), glance) - max(len(b.Ops), glance)
	})
	return r
}

// against is the evidence of an anomaly that rules out a level. A cycle that was told once more because it rules out
// causal consistency besides counts only where nothing else does.
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
