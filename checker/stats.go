package checker

import (
	"context"

	"github.com/splitvote/splitvote/history"
)

// Stats counts how the clients' calls ended, in all and by F. It only counts: its verdict is
// always Valid.
type Stats struct{}

// Counts says how many calls ended in which way; a call without completion counts as Info.
type Counts struct {
	Ok   int `json:"ok"`
	Fail int `json:"fail"`
	Info int `json:"info"`
}

// Total is the number of calls.
func (c Counts) Total() int { return c.Ok + c.Fail + c.Info }

// Add counts a call that ended so, Invoke if it did not end.
func (c *Counts) Add(k history.Kind) {
	switch k {
	case history.Ok:
		c.Ok++
	case history.Fail:
		c.Fail++
	case history.Info, history.Invoke:
		c.Info++
	}
}

// Name is "stats".
func (Stats) Name() string { return "stats" }

// Check counts.
func (Stats) Check(_ context.Context, h *history.History) Result {
	var total Counts
	byF := map[string]*Counts{}
	var last string // the F of the call before, whose counts are at hand
	var counts *Counts
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		total.Add(h.Kind(c))
		if counts == nil || last != op.F {
			if last, counts = op.F, byF[op.F]; counts == nil {
				counts = &Counts{}
				byF[op.F] = counts
			}
		}
		counts.Add(h.Kind(c))
	}
	values := make(map[string]Counts, len(byF))
	for f, c := range byF {
		values[f] = *c
	}
	return Result{Verdict: Valid, Stats: map[string]any{"calls": total, "by-f": values}}
}
