package checker

import (
	"context"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Availability says, for each fault and for the time without any, how many of the calls invoked
// meanwhile succeeded. It only measures: CAP allows a cluster to answer nobody behind a partition.
type Availability struct{}

// Available is the outcome of the calls that were invoked within a time.
type Available struct {
	Fault string        `json:"fault"` // "" for the time without faults
	ID    int           `json:"id,omitempty"`
	From  time.Duration `json:"from"`
	To    time.Duration `json:"to"`
	Calls Counts        `json:"calls"`
}

// Name is "availability".
func (Availability) Name() string { return "availability" }

// Check measures.
func (Availability) Check(_ context.Context, h *history.History) Result {
	windows := h.Windows()
	rows := make([]Available, len(windows)+1)
	quiet := &rows[len(windows)]
	quiet.To = h.End()
	for i, w := range windows {
		rows[i] = Available{Fault: w.Fault.Fault, ID: w.ID, From: w.From, To: w.To}
	}
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		faulty := false
		for i, w := range windows {
			if w.From <= op.Time && op.Time <= w.To {
				rows[i].Calls.Add(h.Kind(c))
				faulty = true
			}
		}
		if !faulty {
			quiet.Calls.Add(h.Kind(c))
		}
	}
	return Result{Verdict: Valid, Stats: map[string]any{"windows": rows}}
}
