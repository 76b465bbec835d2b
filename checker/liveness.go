package checker

import (
	"context"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Liveness demands progress: once every fault is healed ([history.HealAll]), some call that is
// invoked from then on must succeed. A cluster that answers nobody any more is stuck, which is a
// finding and not a time-out. A history that was never healed, or in which nobody asked for
// anything afterwards, says nothing.
type Liveness struct{}

// Name is "liveness".
func (Liveness) Name() string { return "liveness" }

// Check looks for a success after healing.
func (Liveness) Check(_ context.Context, h *history.History) Result {
	healed := time.Duration(-1)
	for i := range h.Ops {
		if op := &h.Ops[i]; op.Process == history.Nemesis && op.F == history.HealAll && op.Kind != history.Invoke {
			healed = op.Time
		}
	}
	if healed < 0 {
		return Result{Verdict: Valid}
	}
	var asked, first int
	var last history.Op
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis || op.Time < healed {
			continue
		}
		if h.Kind(c) == history.Ok {
			return Result{Verdict: Valid, Stats: map[string]any{"progress-after": op.Time - healed}}
		}
		if asked == 0 {
			first = op.Index
		}
		asked++
		if done := h.Completion(c); done != nil {
			last = *done
		}
	}
	if asked == 0 {
		return Result{Verdict: Valid}
	}
	text := fmt.Sprintf("no progress after healing: all %d calls from %s on went without success", asked,
		healed.Round(time.Millisecond))
	why := "the first call after healing; it did not succeed, nor did any later one"
	if last.Err != "" {
		why += fmt.Sprintf(" (the last said: %s)", last.Err)
	}
	return Result{Verdict: Invalid, Reason: text,
		Evidence: []Evidence{{Kind: "no-progress", Summary: text, Ops: []int{first}, Why: []Claim{{first, why}}}}}
}
