package linear_test

import (
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// brute decides by the definition and nothing else: it tries every order of the calls of one object
// that respects real time, with every subset of those whose outcome is unknown. It shares no code
// with the engines.
func brute[S, In, Out any](m model.Model[S, In, Out], h *history.History) bool {
	type known struct {
		in         In
		out        *Out
		begin, end int
		done       bool
		parts      []*Out // what a call that is a series has yet to return
	}
	keys := map[string][]*known{}
	enqueued := 0
	for _, op := range h.Ops {
		if op.F == "enqueue" && op.Kind == history.Invoke {
			enqueued++
		}
	}
	for _, c := range h.Calls() {
		var completion *history.Op
		k := &known{begin: c.Invoke, end: len(h.Ops)}
		switch h.Kind(c) {
		case history.Fail:
			continue
		case history.Ok:
			completion, k.end = h.Completion(c), c.Complete
		}
		in, out, err := m.Call(h.Invocation(c), completion)
		if err != nil {
			panic(err)
		}
		k.in = in
		if completion != nil {
			k.out = &out
		}
		k.parts = []*Out{k.out}
		if series, ok := any(m).(model.Drainer[In, Out]); ok {
			results, drain := series.Drained(in, k.out)
			if drain {
				k.parts = make([]*Out, max(1, enqueued))
				if completion != nil {
					k.parts = nil
				}
			}
			for i := range results {
				k.parts = append(k.parts, &results[i])
			}
		}
		key := h.Invocation(c).Key
		keys[key] = append(keys[key], k)
	}
	var place func(calls []*known, s S) bool
	place = func(calls []*known, s S) bool {
		deadline, complete := len(h.Ops), true
		for _, k := range calls {
			if !k.done && k.out != nil {
				complete = false
				deadline = min(deadline, k.end)
			}
		}
		if complete {
			return true
		}
		for _, k := range calls {
			if k.done || k.begin > deadline {
				continue
			}
			rest := k.parts
			k.parts, k.done = rest[1:], len(rest) == 1
			for _, after := range m.Step(nil, s, k.in, rest[0]) {
				if k.out == nil && len(rest) > 1 && m.Equal(after, s) {
					continue // as if it had not happened
				}
				if place(calls, after) {
					k.parts, k.done = rest, false
					return true
				}
			}
			k.parts, k.done = rest, false
		}
		return false
	}
	for key, calls := range keys {
		first, err := model.StateOf(m, key, h.Initial)
		if err != nil {
			panic(err)
		}
		if !place(calls, first) {
			return false
		}
	}
	return true
}
