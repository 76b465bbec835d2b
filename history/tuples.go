package history

import (
	"bytes"
	"encoding/json"
	"slices"
)

// SplitTuples takes the values of a history apart where every client's event has a [key value] pair
// and none a Key, as Jepsen's independent tuples are; any other history is returned as it is. A
// pair whose key is an array or an object is none, so that a transaction of two calls is not
// mistaken for one; and some call must have nothing but its key, as reads have, or the pairs may as
// well be the arguments of compare-and-sets.
func SplitTuples(h *History) *History {
	var keys []string
	var values []json.RawMessage
	names := tupleKeys{}
	bare := false // some call has nothing but its key
	for i := range h.Ops {
		op := &h.Ops[i]
		if op.Process == Nemesis {
			continue
		}
		key, value, ok := names.split(op.Value)
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
	return &History{Ops: ops, Cut: h.Cut, Initial: h.Initial, Unordered: h.Unordered, Notes: h.Notes, calls: h.calls}
}

// tupleKeys names the keys of tuples, so that 1 and "1" are different ones: the first that is
// written so has the plain name.
type tupleKeys map[string]bool // whether the plain name is a string's

func (k tupleKeys) split(value json.RawMessage) (key string, rest json.RawMessage, ok bool) {
	if len(value) == 0 || value[0] != '[' {
		return "", nil, false
	}
	var pair []json.RawMessage
	if json.Unmarshal(value, &pair) != nil || len(pair) != 2 || len(pair[0]) == 0 || pair[0][0] == '[' {
		return "", nil, false
	}
	if pair[0][0] == '{' { // what is not plain in EDN
		v, err := decodeJSON(pair[0])
		object, _ := v.(map[string]any)
		if kind, inner, ok := kindOf(object); err == nil && ok && kind != ednVector && kind != ednSet &&
			kind != tagged {
			return "#" + string(kind) + " " + plainText(inner), pair[1], true
		}
		return "", nil, false
	}
	isString := json.Unmarshal(pair[0], &key) == nil && pair[0][0] == '"'
	if !isString {
		key = string(pair[0])
	}
	if first, known := k[key]; known && first != isString {
		kind := ednString
		if !isString {
			kind = ednNumber
		}
		return "#" + string(kind) + " " + key, pair[1], true
	}
	k[key] = isString
	return key, pair[1], true
}
