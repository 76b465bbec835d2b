package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// figures are computed once and shown by every form of the report.
type figures struct {
	calls   checker.Counts // of the clients
	byF     []callFigures  // in order of first appearance
	windows []windowFigures
	quiet   checker.Counts // calls invoked while no fault was on
	end     time.Duration  // of the last event
	leads   leadership
	doubts  []doubting
}

// callFigures counts the outcomes of the calls with one F, and the latencies of the
// successful ones.
type callFigures struct {
	F       string
	Counts  checker.Counts
	Latency quantiles
}

// windowFigures is a fault with the outcomes of the calls that were invoked while it lasted.
type windowFigures struct {
	history.Window
	Calls checker.Counts
}

// quantiles of a set of durations; all zero if the set is empty.
type quantiles struct{ P50, P95, P99, Max time.Duration }

// leadership summarises which nodes led, as the nodes themselves said.
type leadership struct {
	Leaders     []history.NodeID // in order of first leading
	Changes     int              // how often another node or another term took over
	First, Last uint64           // terms with a leader
}

func count(r *Run) figures {
	f := figures{leads: lead(r.Statuses)}
	h := r.History
	if h == nil {
		return f
	}
	f.end = h.End()
	f.doubts = doubts(r.Statuses, f.end)
	for _, w := range h.Windows() {
		f.windows = append(f.windows, windowFigures{Window: w})
	}
	slices.SortStableFunc(f.windows, func(a, b windowFigures) int { return cmp.Compare(a.From, b.From) })
	at := map[string]int{}
	var took [][]time.Duration // by F, as f.byF
	i := -1
	var open []int // windows begun and not yet over; invocations come in time order, so one sweep finds them all
	begun := 0
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		kind := h.Kind(c)
		f.calls.Add(kind)
		if i < 0 || f.byF[i].F != op.F {
			seen := false
			if i, seen = at[op.F]; !seen {
				i = len(f.byF)
				at[op.F] = i
				f.byF, took = append(f.byF, callFigures{F: op.F}), append(took, nil)
			}
		}
		f.byF[i].Counts.Add(kind)
		if kind == history.Ok {
			start, end := h.Span(c)
			took[i] = append(took[i], end-start)
		}
		for begun < len(f.windows) && f.windows[begun].From <= op.Time {
			open = append(open, begun)
			begun++
		}
		open = slices.DeleteFunc(open, func(w int) bool { return f.windows[w].To < op.Time })
		for _, w := range open {
			f.windows[w].Calls.Add(kind)
		}
		if len(open) == 0 {
			f.quiet.Add(kind)
		}
	}
	for i := range f.byF {
		f.byF[i].Latency = quantilesOf(took[i])
	}
	return f
}

// quantilesOf sorts took. A quantile is the smallest value that at least its share of all values do
// not exceed.
func quantilesOf(took []time.Duration) quantiles {
	if len(took) == 0 {
		return quantiles{}
	}
	slices.Sort(took)
	at := func(percent int) time.Duration { return took[(len(took)*percent+99)/100-1] }
	return quantiles{at(50), at(95), at(99), took[len(took)-1]}
}

func lead(statuses []StatusAt) leadership {
	var l leadership
	var last StatusAt
	for _, s := range statuses {
		if !s.leads() {
			continue
		}
		if !slices.Contains(l.Leaders, s.Node) {
			l.Leaders = append(l.Leaders, s.Node)
		}
		if last.Node == "" {
			l.First = s.Term
		} else if last.Node != s.Node || last.Term != s.Term {
			l.Changes++
		}
		l.First, l.Last = min(l.First, s.Term), max(l.Last, s.Term)
		last = s
	}
	return l
}

// leads reports whether the node believes that it leads: protocols have their own words for the
// role.
func (s StatusAt) leads() bool { return s.Up && (s.Role == "leader" || s.Leader == s.Node) }
