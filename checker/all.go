package checker

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/splitvote/splitvote/history"
)

// Safe runs a checker so that it always answers: a panic is Unknown, never Valid. A context that
// has ended is the checker's own business: one that costs a pass need not look.
func Safe(ctx context.Context, c Checker, h *history.History) (r Result) {
	start := time.Now()
	defer func() {
		if p := recover(); p != nil {
			r = Result{Verdict: Unknown, Cause: Panicked, Reason: fmt.Sprintf("the checker panicked: %v", p),
				Stats: map[string]any{"stack": string(debug.Stack())}}
		}
		if r.Checker = c.Name(); r.Took == 0 { // else the checker says itself what its verdict took
			r.Took = time.Since(start)
		}
	}()
	return c.Check(ctx, h)
}

// Stopped is the result of a checker that gave up because its context ended with err.
func Stopped(err error) Result {
	if errors.Is(err, context.DeadlineExceeded) {
		return Result{Verdict: Unknown, Cause: Timeout, Reason: "the checker's time was up (--checker-timeout)"}
	}
	return Result{Verdict: Unknown, Cause: Cancelled, Reason: "stopped before it was decided"}
}

// All is the composition of checkers: each judges the whole history in turn, none can keep another
// from it, and the verdict is the maximum.
func All(name string, checkers ...Checker) Checker { return all{name, checkers} }

type all struct {
	name  string
	parts []Checker
}

func (a all) Name() string { return a.name }

func (a all) Check(ctx context.Context, h *history.History) Result {
	var parts []Result
	for _, c := range a.parts {
		parts = append(parts, Safe(ctx, c, h))
	}
	return Merge(parts)
}

// Merge composes results: the verdict is the maximum, the reason and cause are those of the first
// part that has it, the evidence is everybody's.
func Merge(parts []Result) Result {
	whole := Result{Parts: parts}
	for _, p := range parts {
		if p.Verdict > whole.Verdict {
			whole.Verdict, whole.Reason, whole.Cause, whole.Method = p.Verdict, p.Reason, p.Cause, p.Method
			whole.Decide = p.Decide
		}
		whole.Evidence = append(whole.Evidence, p.Evidence...)
		if len(p.Holds) > 0 && whole.Holds == nil {
			whole.Holds = p.Holds
		}
	}
	return whole
}
