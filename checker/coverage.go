package checker

import (
	"context"
	"fmt"
	"strings"

	"github.com/splitvote/splitvote/history"
)

// Coverage is the gate against empty passes. A run says something only if every kind of call
// succeeded often enough, which means that it was acknowledged, or is known from a later answer to
// have taken effect; if some call succeeded while a fault was on, and if every kind of fault that
// was asked for happened and took effect at least once. Otherwise it is Unknown, with that reason.
type Coverage struct {
	Calls  []string // every F that must have succeeded
	MinOk  int      // how often each, from 1
	Faults []string // every fault that must have bitten
}

// Name is "coverage".
func (Coverage) Name() string { return "coverage" }

// Check looks for what is missing; the first lack is the reason, all are in Stats.
func (c Coverage) Check(_ context.Context, h *history.History) Result {
	windows := h.Windows()
	oks, seen := map[string]int{}, observed(h)
	inside, unacknowledged := 0, 0
	for _, call := range h.Calls() {
		op := h.Invocation(call)
		if op.Process == history.Nemesis {
			continue
		}
		if seen(call) {
			oks[op.F]++
			unacknowledged++
		}
		if h.Kind(call) != history.Ok {
			continue
		}
		oks[op.F]++
		for _, w := range windows {
			if w.From <= op.Time && op.Time <= w.To {
				inside++
				break
			}
		}
	}
	var lacks []string
	cause := TooLittle
	for _, f := range c.Calls {
		if oks[f] < c.MinOk {
			lacks = append(lacks, fmt.Sprintf("only %d %s succeeded, want at least %d", oks[f], f, c.MinOk))
		}
	}
	for _, fault := range c.Faults {
		happened, bit := 0, 0
		for _, w := range windows {
			if w.Fault.Fault == fault {
				happened++
				if w.Bit {
					bit++
				}
			}
		}
		switch {
		case happened == 0:
			lacks = append(lacks, fmt.Sprintf("no %s happened (a longer --time-limit gives it room)", fault))
		case bit == 0:
			lacks = append(lacks, fmt.Sprintf("no %s took effect, of %d", fault, happened))
			if len(lacks) == 1 {
				cause = NoBite
			}
		}
	}
	if len(c.Faults) > 0 && len(windows) > 0 && inside == 0 {
		lacks = append(lacks, "no call succeeded while a fault was on")
	}
	if len(lacks) == 0 {
		return Result{Verdict: Valid, Stats: map[string]any{"ok-in-faults": inside, "observed": unacknowledged}}
	}
	reason, decide := "too little to judge by: "+strings.Join(lacks, "; "), ""
	if why := lack(h); why != "" && cause == TooLittle {
		reason, decide = reason+": "+why, "a run in which calls succeed; more of the same calls would end as these did"
	}
	return Result{Verdict: Unknown, Cause: cause, Reason: reason, Decide: decide,
		Stats: map[string]any{"lacks": lacks, "ok-in-faults": inside, "observed": unacknowledged}}
}
