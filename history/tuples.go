package history

import (
	"bytes"
	"encoding/json"
	"slices"
)

// SplitTuples takes the values of a history apart where every client's event has a [key value] pair and none a Key, as
// Jepsen's independent tuples are; any other history is returned as it is. A pair whose key is an array or an object is
// none, so that a transaction of two calls is not mistaken for one; and some call must have nothing but its key, as reads
// have, or the pairs may as well be the arguments of compare-and-sets.
func SplitTuples(h *History) *History {
	var keys []string
	var values []json.RawMessage
	bare := false // some call has nothing but its key
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == Nemesis {
			continue
		}
		key, value, ok := tuple(op.Value)
		if !ok || op.Key != "" {
			return h
		}
		keys, values = append(keys, key), append(values, value)
		bare = bare || op.Kind == Invoke && bytes.Equal(value, null)
	}
	if !bare {
		return h
	}
	ops := slices.Clone(h.Ops)
	next := 0
	for i := range ops {
		if ops[i].Process != Nemesis {
			ops[i].Key, ops[i].Value = keys[next], values[next]
			next++
		}
	}
	return &History{Ops: ops, Cut: h.Cut, Initial: h.Initial, Notes: h.Notes, calls: h.calls}
}

func tuple(value json.RawMessage) (key string, rest json.RawMessage, ok bool) {
	if len(value) == 0 || value[0] != '[' {
		return "", nil, false
	}
	var pair []json.RawMessage
	if json.Unmarshal(value, &pair) != nil || len(pair) != 2 || len(pair[0]) == 0 || pair[0][0] == '[' || pair[0][0] == '{' {
		return "", nil, false
	}
	if json.Unmarshal(pair[0], &key) != nil {
		key = string(pair[0])
	}
	return key, pair[1], true
}
