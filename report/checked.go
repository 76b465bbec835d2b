package report

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// checked says what a valid verdict rests on: which calls were judged, how calls with unknown
// outcome were read, and which faults were on. A pass says no more than that.
func checked(r *Run, f *figures) []string {
	if r.Outcome() != "valid" || r.History == nil || f.calls.Total() == 0 {
		return nil
	}
	said := []string{callsJudged(r.History, f)}
	if passed := passedCheckers(r.Result); passed != "" {
		said = append(said, "Checkers that passed: "+passed+".")
	}
	if f.calls.Info > 0 {
		said = append(said,
			fmt.Sprintf("%s of unknown outcome: each may have taken effect at any moment after it began, or never.",
				plural(f.calls.Info, "call")))
	}
	if f.calls.Fail > 0 {
		said = append(said, plural(f.calls.Fail, "call")+" that failed: none of them may have had an effect.")
	}
	if len(r.Notices) > 0 {
		said = append(said, "Had the harness lied, this workload would have noticed: "+strings.Join(r.Notices, ", ")+
			" (splitvote list controls explains them).")
	}
	if len(f.windows) == 0 {
		return append(said, "No fault was on.")
	}
	var kinds []string
	during, proved := checker.Counts{}, 0
	for _, g := range faultGroups(f) {
		kinds = append(kinds, fmt.Sprintf("%d × %s", g.times, plain(g.kind)))
		during, proved = add(during, g.calls), proved+g.proved
	}
	// A call that began during two faults is counted with both, as in the table.
	return append(said, fmt.Sprintf("%s (%s), %d of them proved to have taken effect. %s of the calls begun while a "+
		"fault was on succeeded.",
		plural(len(f.windows), "fault"), strings.Join(kinds, ", "), proved, share(during)))
}

func callsJudged(h *history.History, f *figures) string {
	clients := map[history.Process]bool{}
	for i := range h.Ops {
		if p := h.Ops[i].Process; p != history.Nemesis {
			clients[p] = true
		}
	}
	var kinds []string
	for _, c := range f.byF[:min(len(f.byF), 8)] {
		kinds = append(kinds, strconv.Itoa(c.Counts.Total())+" "+short(plain(c.F), 20))
	}
	on := ""
	if keys := h.Keys(); len(keys) > 1 || len(keys) == 1 && keys[0] != "" {
		on = " on " + plural(len(keys), "key")
	}
	return fmt.Sprintf("%s by %s%s: %s.", plural(f.calls.Total(), "call"), plural(len(clients), "logical client"), on,
		strings.Join(kinds, ", "))
}

// passedCheckers names the checkers of a composition, with the method of each that has one.
func passedCheckers(r checker.Result) string {
	var names []string
	for _, part := range r.Parts[:min(len(r.Parts), 12)] {
		name := plain(part.Checker)
		if part.Method != "" {
			name += " (" + plain(part.Method) + ")"
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}

// faultGroup is all faults of a kind.
type faultGroup struct {
	kind          string
	times, proved int
	calls         checker.Counts
	windows       []windowFigures
}

// faultGroups sorts the faults by kind, in the order in which the kinds first appear.
func faultGroups(f *figures) []faultGroup {
	var groups []faultGroup
	at := map[string]int{}
	for _, w := range f.windows {
		i, seen := at[w.Fault.Fault]
		if !seen {
			i = len(groups)
			at[w.Fault.Fault] = i
			groups = append(groups, faultGroup{kind: w.Fault.Fault})
		}
		g := &groups[i]
		g.times++
		if w.Bit {
			g.proved++
		}
		g.calls = add(g.calls, w.Calls)
		g.windows = append(g.windows, w)
	}
	return groups
}

func add(a, b checker.Counts) checker.Counts {
	return checker.Counts{Ok: a.Ok + b.Ok, Fail: a.Fail + b.Fail, Info: a.Info + b.Info}
}
