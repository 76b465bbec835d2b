package linear_test

import (
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// brute decides by the definition and nothing else: it tries every order of the calls of one object that respects real
// time, with every subset of those whose outcome is unknown. It shares no code with the engines.
func brute[S, In, Out any](m model.Model[S, In, Out], h *history.History) bool {
	type known struct {
		in         In
		out        *Out
		begin, end int
		done       bool
	}
	keys := map[string][]*known{}
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
			k.done = true
			for _, after := range m.Step(nil, s, k.in, k.out) {
				if place(calls, after) {
					k.done = false
					return true
				}
			}
			k.done = false
		}
		return false
	}
	for key, calls := range keys {
		first, err := model.InitialState(m, h.Initial.Of(key))
		if err != nil {
			panic(err)
		}
		if !place(calls, first) {
			return false
		}
	}
	return true
}
