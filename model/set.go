package model

import (
	"slices"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Set is a set of values, initially empty. Adding what is there and removing what is not change nothing.
type Set struct{}

// SetCall is add, remove or contains of Value, or a read of the whole set.
type SetCall struct {
	F     F
	Value Value
}

// SetResult is what contains (Has) or read (Values, sorted) returned. Twice says that a value occurred more than once in
// what was read, which no set returns.
type SetResult struct {
	Has    bool
	Values []Value
	Twice  bool
}

// Name is set.
func (Set) Name() string { return "set" }

// Call reads a call.
func (m Set) Call(invocation, completion *history.Op) (call SetCall, out SetResult, err error) {
	if call.F, err = name(m.Name(), invocation, Add, Remove, Contains, Read); err != nil {
		return call, out, err
	}
	switch call.F {
	case Read:
		if completion != nil {
			values, ok := parseList(completion.Value)
			if !ok {
				return call, out, wrong(completion, "[v …]")
			}
			out.Values, ok = sorted(values)
			out.Twice = !ok
		}
	case Contains:
		if call.Value, err = element(invocation); err != nil || completion == nil {
			return call, out, err
		}
		value, has, ok := parsePair(completion.Value)
		if !ok || value != call.Value || has != "true" && has != "false" {
			return call, out, wrong(completion, "["+string(call.Value)+", bool]")
		}
		out.Has = has == "true"
	default:
		call.Value, err = element(invocation)
	}
	return call, out, err
}

func element(op *history.Op) (Value, error) {
	v, err := ParseValue(op.Value)
	if err != nil {
		return v, wrong(op, "a value")
	}
	return v, nil
}

// Init is the empty set.
func (Set) Init() []Value { return nil }

// Step keeps the state sorted and never changes it in place (M1).
func (Set) Step(next [][]Value, s []Value, in SetCall, out *SetResult) [][]Value {
	if in.F == Read {
		if out == nil || !out.Twice && slices.Equal(s, out.Values) {
			next = append(next, s)
		}
		return next
	}
	at, has := slices.BinarySearch(s, in.Value)
	switch in.F {
	case Add:
		if !has {
			s = slices.Insert(slices.Clip(s), at, in.Value)
		}
	case Remove:
		if has {
			s = slices.Delete(slices.Clone(s), at, at+1)
		}
	case Contains:
		if out != nil && out.Has != has {
			return next
		}
	}
	return append(next, s)
}

// Equal compares the elements.
func (Set) Equal(a, b []Value) bool { return slices.Equal(a, b) }

// Hash combines the hashes of the elements.
func (Set) Hash(s []Value) uint64 {
	h := uint64(len(s))
	for _, v := range s {
		h ^= v.hash()
	}
	return h
}

// Describe says "add 3", "contains 3 → true", "read → [1 2]".
func (Set) Describe(in SetCall, out *SetResult) string {
	switch {
	case in.F == Read && out == nil:
		return "read → ?"
	case in.F == Read:
		return "read → " + join(out.Values)
	case in.F == Contains && out == nil:
		return "contains " + string(in.Value) + " → ?"
	case in.F == Contains:
		return "contains " + string(in.Value) + " → " + strconv.FormatBool(out.Has)
	}
	return in.F.String() + " " + string(in.Value)
}

// Answer is what is in the set, to read and contains.
func (Set) Answer(s []Value, in SetCall) (SetResult, bool) {
	_, has := slices.BinarySearch(s, in.Value)
	return SetResult{Has: has, Values: s}, in.F == Read || in.F == Contains
}

// ReadOnly holds of read and contains. An add may find its value there or not, so it is never read-only.
func (Set) ReadOnly(in SetCall, _ *SetResult) bool { return in.F == Read || in.F == Contains }
