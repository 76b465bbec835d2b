package linear

import (
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// failure is a call that is recorded as failed, as the pending one that it is if the record is
// wrong.
type failure[In, Out any] struct {
	call[In, Out]
	invocation, completion *history.Op
}

// failures finds the failed writes of a key. Judging drops them; they may explain what it finds.
func failures[S, In, Out any](m model.Model[S, In, Out], h *history.History) func(key string) []failure[In, Out] {
	return func(key string) (failed []failure[In, Out]) {
		for _, c := range h.Calls() {
			op := h.Invocation(c)
			if op.Process == history.Nemesis || op.Key != key || h.Kind(c) != history.Fail || !checker.Writes(op) {
				continue
			}
			if in, _, err := m.Call(op, nil); err == nil {
				one := call[In, Out]{in: in, begin: c.Invoke, end: never, op: op.Index}
				failed = append(failed, failure[In, Out]{one, op, h.Completion(c)})
			}
		}
		return failed
	}
}

// mostBlamed bounds the failed calls that are tried on a witness, the latest first.
const mostBlamed = 64

// blame finds a failed call without which the accused call is impossible, and with which it is not:
// nil if there is none.
func (e *explainer[S, In, Out]) blame(key string, calls []call[In, Out], accused int) *failure[In, Out] {
	if e.failed == nil {
		return nil
	}
	failed := e.failed(key)
	for tried := 0; len(failed) > 0 && tried < mostBlamed && e.ctx.Err() == nil; {
		last := failed[len(failed)-1]
		failed = failed[:len(failed)-1]
		if last.begin > calls[accused].end {
			continue
		}
		tried++
		at, _ := slices.BinarySearchFunc(calls, last.begin, func(c call[In, Out], begin int) int {
			return c.begin - begin
		})
		if judge(e.ctx, e.m, slices.Insert(slices.Clone(calls), at, last.call), Auto, e.memory).
			verdict == checker.Valid {
			return &last
		}
	}
	return nil
}
