package harness

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/history"
)

// liar stands between the clients and the cluster if the plan has a control; nil where it has none.
func (x Experiment) liar(c controls.Calls) (*controls.Liar, error) {
	if x.Plan.Control == "" {
		return nil, nil
	}
	lie, ok := controls.Named(x.Plan.Control)
	if !ok {
		return nil, fmt.Errorf("control: no such name: %q", x.Plan.Control)
	}
	return controls.NewLiar(c, lie, x.Plan.Seed, time.Duration(x.Plan.TimeLimit)), nil
}

// WithLies adds the result of the plan's control to those of the checkers. A harness that lies must
// be convicted: if nothing convicts it, the run is unknown and never valid.
func (x Experiment) WithLies(parts []checker.Result, told []controls.Told) []checker.Result {
	if x.Plan.Control == "" {
		return parts
	}
	r := checker.Result{Checker: "control", Verdict: checker.Valid}
	convicted := slices.ContainsFunc(parts, func(p checker.Result) bool { return p.Verdict == checker.Invalid })
	switch {
	case len(told) == 0:
		r.Verdict = checker.Unknown
		r.Reason = fmt.Sprintf("control %s: no call of this run gave an occasion for a lie", x.Plan.Control)
	case !convicted:
		r.Verdict = checker.Unknown
		r.Reason = fmt.Sprintf("control %s: the harness lied %s, and no checker noticed", x.Plan.Control,
			controls.Times(len(told)))
		if others := controls.NoticedBy(x.Plan.Control); len(others) > 0 {
			r.Reason += "; these workloads notice it: " + strings.Join(others, ", ")
		}
	default:
		r.Reason = fmt.Sprintf("the harness lied %s, first about #%d, and was found out", controls.Times(len(told)),
			told[0].Call)
	}
	return append(parts, r)
}

// CallsUntilFound counts the calls from the first lie to the last call of the smallest evidence, or
// to the end where the evidence names no call.
func CallsUntilFound(h *history.History, r checker.Result, first int) int {
	last := -1
	for _, e := range r.Evidence {
		if len(e.Ops) == 0 {
			continue
		}
		if end := slices.Max(e.Ops); end >= first && (last < 0 || end < last) {
			last = end
		}
	}
	if last < 0 {
		last = len(h.Ops)
	}
	calls := 0
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Kind == history.Invoke && op.Process != history.Nemesis && op.Index >= first && op.Index <= last {
			calls++
		}
	}
	return calls
}
