package model

import (
	"fmt"

	"github.com/splitvote/splitvote/history"
)

// Model is a sequential specification with states S, calls In and results Out.
type Model[S, In, Out any] interface {
	// Name is what users call the model.
	Name() string
	// Call reads a call out of a history. The completion is nil where the result is unknown; the
	// result returned is then ignored. An error names the event: "event 17: cas wants [old, new],
	// has 3".
	Call(invocation, completion *history.Op) (In, Out, error)
	// Init is the state before any call.
	Init() S
	// Step appends to next every state in which the object may be after the call in returned *out
	// in state s: none if it cannot return that, several if the object is free to choose. A nil out
	// is a result that nobody saw (M3).
	Step(next []S, s S, in In, out *Out) []S
	// Equal says whether two states answer every future alike.
	Equal(a, b S) bool
	// Hash is equal for equal states.
	Hash(s S) uint64
	// Describe puts a call in words: "write 7", "read → 4", "read → ?".
	Describe(in In, out *Out) string
	// ReadOnly says whether the call changes nothing wherever its result is possible (M4). False is
	// always safe.
	ReadOnly(in In, out *Out) bool
}

// Answerer is a model that can also say what a call would return. Checkers use it to explain,
// never to judge.
type Answerer[S, In, Out any] interface {
	// Answer is what the call returns in state s; false if its result does not depend on the state.
	Answer(s S, in In) (Out, bool)
}

// F is the name of a call, common to all models.
type F uint8

// The calls of the models in this package.
const (
	Read F = iota
	Write
	CAS
	Add
	Remove
	Contains
	Enqueue
	Dequeue
	Push
	Pop
	Acquire
	TryAcquire
	Release
	Append
	Generate
	Get
	Put
	Drain
	Txn
)

var names = [...]string{"read", "write", "cas", "add", "remove", "contains", "enqueue", "dequeue", "push", "pop",
	"acquire", "try_acquire", "release", "append", "generate", "get", "put", "drain", "txn"}

func (f F) String() string { return names[f] }

// name finds the call of an event among those that the model has.
func name(model string, op *history.Op, has ...F) (F, error) {
	for _, f := range has {
		if op.F == names[f] {
			return f, nil
		}
	}
	return 0, fmt.Errorf("event %d: %s has no call %q, it has %v", op.Index, model, op.F, has)
}

// wrong is the error for a value of the wrong shape.
func wrong(op *history.Op, want string) error {
	return fmt.Errorf("event %d: %s wants %s, has %s", op.Index, op.F, want, brief(op.Value))
}

// brief cuts a value to what fits in a message.
func brief(raw []byte) string {
	const most = 60
	if len(raw) <= most {
		return string(raw)
	}
	return string(raw[:most]) + "…"
}
