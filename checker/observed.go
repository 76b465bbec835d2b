package checker

import (
	"encoding/json"

	"github.com/splitvote/splitvote/history"
)

// observed says of calls whose outcome is unknown which took effect all the same: those whose value
// was in an answer. An answer is a value that its call did not bring along: the value itself, or a
// list with it. Where several calls on a key brought the same value none of them is known to be the
// one.
func observed(h *history.History) func(history.Call) bool {
	answers, brought := map[[2]string]bool{}, map[[2]string]int{}
	for _, c := range h.Calls() {
		op, done := h.Invocation(c), h.Completion(c)
		if op.Process == history.Nemesis {
			continue
		}
		if value := brings(op); value != "" {
			brought[[2]string{op.Key, value}]++
		} else if done != nil && done.Kind == history.Ok {
			answers[[2]string{op.Key, string(done.Value)}] = true
			var list []json.RawMessage
			if json.Unmarshal(done.Value, &list) == nil {
				for _, value := range list {
					answers[[2]string{op.Key, string(value)}] = true
				}
			}
		}
	}
	return func(c history.Call) bool {
		op := h.Invocation(c)
		value := [2]string{op.Key, brings(op)}
		return h.Kind(c) == history.Info && value[1] != "" && answers[value] && brought[value] == 1
	}
}

// brings is the value that a call is to put in place, "" where it has none.
func brings(op *history.Op) string {
	var pair []json.RawMessage
	switch {
	case string(op.Value) == "null":
		return ""
	case op.F == "cas" && json.Unmarshal(op.Value, &pair) == nil && len(pair) == 2:
		return string(pair[1])
	}
	return string(op.Value)
}
