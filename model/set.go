package model

import (
	"slices"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Set is a set of values, initially empty. Adding what is there and removing what is not change
// nothing.
type Set struct{}

// SetCall is add, remove or contains of Value, or a read of the whole set.
type SetCall struct {
	F     F
	Value Value
}

// SetResult is what a call returned. A call of one element that is Told found it (Has) or missed
// it, before any change of its own; contains always tells. A read returned Values, sorted. Twice
// says that a value occurred more than once in what was read, which no set returns.
type SetResult struct {
	Told, Has bool
	Values    []Value
	Twice     bool
}

// Found says whether a call of one element was told that the element was there.
func (r *SetResult) Found() bool { return r != nil && r.Told && r.Has }

// Missed says whether a call of one element was told that the element was not there.
func (r *SetResult) Missed() bool { return r != nil && r.Told && !r.Has }

// Name is set.
func (Set) Name() string { return "set" }

// Call reads a call.
func (m Set) Call(invocation, completion *history.Op) (call SetCall, out SetResult, err error) {
	if call.F, err = name(m.Name(), invocation, Add, Remove, Contains, Read); err != nil {
		return call, out, err
	}
	if call.F == Read {
		if completion != nil {
			values, ok := parseList(completion.Value)
			ok = ok || isNull(completion) // Jepsen's nil
			if !ok {
				return call, out, wrong(completion, "[v …]")
			}
			out.Values, ok = sorted(values)
			out.Twice = !ok
		}
		return call, out, takesNothing(invocation, completion)
	}
	if call.Value, err = element(invocation); err != nil || completion == nil {
		return call, out, err
	}
	want := "[" + string(call.Value) + ", bool]"
	if call.F != Contains {
		want = string(call.Value) + " again, or " + want
	}
	if out.Told, out.Has, err = condition(invocation, completion, want); err == nil && call.F == Contains && !out.Told {
		err = wrong(completion, want)
	}
	if call.F == Add {
		out.Has = !out.Has // true says that it was added
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
	if out != nil && out.Told && out.Has != has {
		return next
	}
	switch {
	case in.F == Add && !has:
		s = slices.Insert(slices.Clip(s), at, in.Value)
	case in.F == Remove && has:
		s = slices.Delete(slices.Clone(s), at, at+1)
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

// Describe says "add 3", "add 3 → false", "contains 3 → true", "read → [1 2]".
func (Set) Describe(in SetCall, out *SetResult) string {
	switch {
	case in.F == Read && out == nil:
		return "read → ?"
	case in.F == Read:
		return "read → " + join(out.Values)
	case in.F == Contains && out == nil:
		return "contains " + string(in.Value) + " → ?"
	case out != nil && out.Told:
		return in.F.String() + " " + string(in.Value) + " → " + strconv.FormatBool(out.Has != (in.F == Add))
	}
	return in.F.String() + " " + string(in.Value)
}

// Answer is what is in the set, or whether the element is.
func (Set) Answer(s []Value, in SetCall) (SetResult, bool) {
	_, has := slices.BinarySearch(s, in.Value)
	return SetResult{Told: in.F != Read, Has: has, Values: s}, true
}

// ReadOnly holds of read and contains, of an add that found its element there, and of a remove that
// missed it.
func (Set) ReadOnly(in SetCall, out *SetResult) bool {
	return in.F == Read || in.F == Contains || in.F == Add && out.Found() || in.F == Remove && out.Missed()
}
