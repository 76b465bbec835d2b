package model

import (
	"fmt"
	"hash/maphash"

	"github.com/splitvote/splitvote/history"
)

// Deterministic is a model of a type of one's own, where a state and a call decide what follows:
// three functions and the first state. A type that needs more (several results allowed, states
// that == does not compare, searches helped by ReadOnly) implements Model.
type Deterministic[S comparable, In any, Out comparable] struct {
	Type  string // the name of the type
	First S      // the state before any call
	// Read is Model.Call: it reads a call out of a history, the completion being nil where the
	// result is unknown.
	Read func(invocation, completion *history.Op) (In, Out, error)
	// Apply is what one correct copy does. It must be pure (M1).
	Apply func(s S, in In) (S, Out)
}

// Name is Type.
func (m Deterministic[S, In, Out]) Name() string { return m.Type }

// Call is Read.
func (m Deterministic[S, In, Out]) Call(invocation, completion *history.Op) (In, Out, error) {
	return m.Read(invocation, completion)
}

// Init is First.
func (m Deterministic[S, In, Out]) Init() S { return m.First }

// Step applies the call, and compares what it returns.
func (m Deterministic[S, In, Out]) Step(next []S, s S, in In, out *Out) []S {
	after, result := m.Apply(s, in)
	if out != nil && *out != result {
		return next
	}
	return append(next, after)
}

// Equal is ==.
func (m Deterministic[S, In, Out]) Equal(a, b S) bool { return a == b }

// Hash hashes the state.
func (m Deterministic[S, In, Out]) Hash(s S) uint64 { return maphash.Comparable(seed, s) }

// Describe prints the call and its result.
func (m Deterministic[S, In, Out]) Describe(in In, out *Out) string {
	if out == nil {
		return fmt.Sprintf("%v → ?", in)
	}
	return fmt.Sprintf("%v → %v", in, *out)
}

// Answer is what the copy returns.
func (m Deterministic[S, In, Out]) Answer(s S, in In) (Out, bool) {
	_, result := m.Apply(s, in)
	return result, true
}

// ReadOnly is not known of any call.
func (m Deterministic[S, In, Out]) ReadOnly(In, *Out) bool { return false }
