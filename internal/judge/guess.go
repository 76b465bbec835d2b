package judge

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// telling are the calls that tell a model by themselves; the first that a history has decides.
// Those of a transaction stand behind "txn".
var telling = []struct{ call, model string }{
	{"txn read", several}, {"txn write", several}, {"read r", several}, {"read read", several},
	{"write w", several}, {"write write", several},
	{"read several", several}, {"txn append", txn.ListAppend}, {"txn w", txn.RWRegister}, {"transfer", txn.Bank},
	{"get", "kv"}, {"put", "kv"},
	{"cas", "cas-register"}, {"write", "register"}, {"append", "append-list"},
	{"enqueue", "fifo-queue"}, {"dequeue", "fifo-queue"},
	{"push", "stack"}, {"pop", "stack"}, {"contains", "set"}, {"remove", "set"}, {"generate", "unique-ids"},
}

// several is the model of calls that read and write several registers. Their micro-operations, or a
// read that is asked for names, tell it.
const several = "multi-register"

// shape is the kind of a value.
type shape string

const (
	isNull   shape = "null"
	isNumber shape = "number"
	isList   shape = "list"
	isObject shape = "object"
	isBool   shape = "boolean"
	isText   shape = "text"
)

// resembling are the models whose calls have names in common. A history may be of each that has all
// its calls, with arguments and results of a shape that the model knows; of what is not named here
// any shape will do.
var resembling = []struct {
	model   string
	calls   []string
	args    map[string][]shape
	results map[string][]shape
}{
	{"register", []string{"read"}, nil, nil},
	{"set", []string{"add", "read"}, nil, map[string][]shape{"read": {isList, isNull}}},
	{"counter", []string{"add", "read"}, map[string][]shape{"add": {isNumber}},
		map[string][]shape{"read": {isNumber}, "add": {isNumber, isNull, isList}}},
	{"append-list", []string{"read"}, nil, map[string][]shape{"read": {isList, isNull}}},
	{txn.Bank, []string{"read"}, nil, map[string][]shape{"read": {isObject}}},
	{"mutex", locking, map[string][]shape{"acquire": {isNull}, "try_acquire": {isNull}, "release": {isNull}},
		map[string][]shape{"acquire": {isNull, isBool}, "try_acquire": {isNull, isBool}, "release": {isNull}}},
	{"fenced-mutex", []string{"acquire", "release"}, map[string][]shape{"acquire": {isNull}},
		map[string][]shape{"acquire": token}},
	{txn.ListAppend, []string{"txn", "txn r", "txn rp"}, nil, map[string][]shape{"txn r": {isList, isNull}}},
	{txn.RWRegister, []string{"txn", "txn r", "txn rp"}, nil, nil},
}

// locking are the calls of a lock, and token is what the fenced one returns.
var (
	locking = []string{"acquire", "try_acquire", "release"}
	token   = []shape{isNumber, isText, isObject, isList, isBool}
)

// possibleModels are the models that the calls and results of a history can belong to. None means
// that nothing is known of them.
func possibleModels(h *history.History) []string {
	args, results := map[string][]shape{}, map[string][]shape{}
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		note(args, op)
		if h.Kind(c) == history.Ok {
			note(results, h.Completion(c))
		}
	}
	_, txns := args["txn"]
	_, appends := args["txn append"]
	if txns && !appends && (args["read"] != nil || args["write"] != nil) {
		return []string{several} // calls of transactions are all called txn
	}
	if _, drained := args["drain"]; drained {
		return []string{"fifo-queue", "unordered-queue"} // Jepsen's total-queue promises no order
	}
	for _, t := range telling {
		if _, used := args[t.call]; used {
			return []string{t.model}
		}
	}
	var possible []string
	for _, m := range resembling {
		within := func(known map[string][]shape, seen map[string][]shape) bool {
			for call, shapes := range seen {
				allowed, told := known[call]
				foreign := func(s shape) bool { return told && !slices.Contains(allowed, s) }
				if !slices.Contains(m.calls, call) || slices.ContainsFunc(shapes, foreign) {
					return false
				}
			}
			return true
		}
		if len(args) > 0 && within(m.args, args) && within(m.results, results) {
			possible = append(possible, m.model)
		}
	}
	return possible
}

// note adds the shape of an event's value, and of each micro-operation's.
func note(seen map[string][]shape, op *history.Op) {
	add := func(call string, s shape) {
		if !slices.Contains(seen[call], s) {
			seen[call] = append(seen[call], s)
		}
	}
	add(op.F, shapeOf(op.Value))
	if op.F == "read" && op.Kind == history.Invoke && shapeOf(op.Value) == isObject {
		add("read several", isObject)
	}
	var micros [][]json.RawMessage
	if op.F != "txn" && op.F != "read" && op.F != "write" || json.Unmarshal(op.Value, &micros) != nil {
		return
	}
	for _, m := range micros {
		var name string
		if len(m) == 0 || json.Unmarshal(m[0], &name) != nil {
			continue
		}
		if len(m) > 2 {
			add(op.F+" "+name, shapeOf(m[2]))
		} else {
			add(op.F+" "+name, isNull)
		}
	}
}

// shapeOf is the shape of a value in JSON.
func shapeOf(value json.RawMessage) shape {
	if len(value) == 0 {
		return isNull
	}
	switch c := value[0]; {
	case c == 'n':
		return isNull
	case c == 't' || c == 'f':
		return isBool
	case c == '[':
		return isList
	case c == '{':
		return isObject
	case c == '-' || '0' <= c && c <= '9':
		return isNumber
	}
	return isText
}

// Guess is the model that the calls of a history belong to, "" where they could belong to
// several or to none.
func Guess(h *history.History) string {
	if possible := possibleModels(h); len(possible) == 1 {
		return possible[0]
	}
	return ""
}

// microOperations names those of a transaction.
func microOperations(op *history.Op) []string {
	var all [][]any
	if json.Unmarshal(op.Value, &all) != nil {
		return nil
	}
	var names []string
	for _, one := range all {
		if len(one) > 0 {
			names = append(names, fmt.Sprint(one[0]))
		}
	}
	return names
}
