package model

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// IDs is a source of values that never gives the same one twice.
type IDs struct{}

// IDCall is generate.
type IDCall struct{}

// Name is unique-ids.
func (IDs) Name() string { return "unique-ids" }

// Call reads a call; the result is the value generated, which is not null.
func (m IDs) Call(invocation, completion *history.Op) (call IDCall, id Value, err error) {
	if _, err = name(m.Name(), invocation, Generate); err != nil || completion == nil {
		return call, "", err
	}
	if id, err = ParseValue(completion.Value); err != nil || id == Null {
		return call, id, wrong(completion, "to return an identifier")
	}
	return call, id, takesNothing(invocation, completion)
}

// Init has given nothing.
func (IDs) Init() []Value { return nil }

// Step gives a value that was not given before. One that nobody saw takes none away.
func (IDs) Step(next [][]Value, s []Value, _ IDCall, out *Value) [][]Value {
	if out == nil {
		return append(next, s)
	}
	at, given := slices.BinarySearch(s, *out)
	if given {
		return next
	}
	return append(next, slices.Insert(slices.Clip(s), at, *out))
}

// Equal compares what was given.
func (IDs) Equal(a, b []Value) bool { return slices.Equal(a, b) }

// Hash combines what was given.
func (IDs) Hash(s []Value) uint64 { return Set{}.Hash(s) }

// Describe says "generate → 17".
func (IDs) Describe(_ IDCall, out *Value) string { return "generate → " + result(out) }

// ReadOnly holds of a call whose result nobody saw.
func (IDs) ReadOnly(_ IDCall, out *Value) bool { return out == nil }
