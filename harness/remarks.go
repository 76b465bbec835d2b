package harness

import (
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

// Remarks returns what a reader of a verdict must know of the run, one sentence each: faults that
// were skipped or could not be ended, and faults that left few successful calls.
func Remarks(h *history.History) []string {
	var said []string
	for _, kind := range nemesis.Kinds() {
		if s := troubles(h, kind.Start, kind.Name+" was refused"); s != "" {
			said = append(said, s)
		}
		if s := troubles(h, kind.Stop, kind.Name+" could not be ended"); s != "" {
			said = append(said, s)
		}
	}
	if s := troubles(h, history.HealAll, "a fault could not be ended by healing"); s != "" {
		said = append(said, s)
	}
	if s := fewSucceeded(h); s != "" {
		said = append(said, s)
	}
	return said
}

// troubles reports how often a nemesis operation failed, and the first error.
func troubles(h *history.History, f, what string) string {
	var first *history.Op
	times := 0
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process != history.Nemesis || op.F != f || op.Kind == history.Invoke || op.Err == "" ||
			len(op.Faults()) > 0 {
			continue
		}
		if times++; first == nil {
			first = op
		}
	}
	switch times {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("%s once, at %v: %s", what, first.Time.Round(time.Millisecond), first.Err)
	}
	return fmt.Sprintf("%s %d times, first at %v: %s", what, times, first.Time.Round(time.Millisecond), first.Err)
}

// Successes are few if less than one in fewShare of at least fewCalls calls made during faults
// succeeded.
const (
	fewCalls = 50
	fewShare = 10
)

// fewSucceeded reports that few calls made during faults succeeded, so the verdict has little
// weight.
func fewSucceeded(h *history.History) string {
	windows := h.Windows()
	var during checker.Counts
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		inside := func(w history.Window) bool { return w.From <= op.Time && op.Time <= w.To }
		if op.Process != history.Nemesis && slices.ContainsFunc(windows, inside) {
			during.Add(h.Kind(c))
		}
	}
	if total := during.Total(); total < fewCalls || fewShare*during.Ok >= total {
		return ""
	}
	return fmt.Sprintf("faults left few successes: %d of %d calls made during faults; the verdict rests on little",
		during.Ok, during.Total())
}

// Unhurried reports that fewer calls were made than the plan asked for, "" if nearly all were.
func (x Experiment) Unhurried(h *history.History) string {
	if len(x.Plan.Calls) > 0 {
		return "" // they are written out
	}
	calls, until := 0, h.End()
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == history.Nemesis && op.F == history.HealAll {
			until = op.Time
			break
		}
		if op.Process != history.Nemesis && op.Kind == history.Invoke {
			calls++
		}
	}
	made := float64(calls) / until.Seconds()
	if until < time.Second || made > 0.75*x.Plan.Rate {
		return ""
	}
	return fmt.Sprintf("%.3g calls a second were made of the %g asked for: the clients were waiting (--concurrency "+
		"adds some)",
		made, x.Plan.Rate)
}
