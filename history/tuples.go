package history

import (
	"bytes"
	"encoding/json"
)

// SplitTuples takes the values of a history apart where every client's event has a [key value] pair and none a Key, as
// Jepsen's independent tuples are; any other history is returned as it is. A pair whose key is an array or an object is
// none, so that a transaction of two calls is not mistaken for one; and some call must have nothing but its key, as reads
// have, or the pairs may as well be the arguments of compare-and-sets.
func SplitTuples(h *History) *History {
	ops := make([]Op, len(h.Ops))
	clients := 0
	for i := range h.Ops {
		ops[i] = h.Ops[i]
		op := &ops[i]
		if op.Process == Nemesis {
			continue
		}
		clients++
		key, value, ok := tuple(op.Value)
		if !ok || op.Key != "" {
			return h
		}
		op.Key, op.Value = key, value
	}
	if clients == 0 || !hasNullValue(ops) {
		return h
	}
	return &History{Ops: ops, Cut: h.Cut, calls: h.calls}
}

// hasNullValue says whether some invocation has nothing but its key.
func hasNullValue(ops []Op) bool {
	for i := range ops {
		if ops[i].Process != Nemesis && ops[i].Kind == Invoke && bytes.Equal(ops[i].Value, null) {
			return true
		}
	}
	return false
}

func tuple(value json.RawMessage) (key string, rest json.RawMessage, ok bool) {
	var pair []json.RawMessage
	if json.Unmarshal(value, &pair) != nil || len(pair) != 2 || len(pair[0]) == 0 || pair[0][0] == '[' || pair[0][0] == '{' {
		return "", nil, false
	}
	if json.Unmarshal(pair[0], &key) != nil {
		key = string(pair[0])
	}
	return key, pair[1], true
}
