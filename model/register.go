package model

import "github.com/splitvote/splitvote/history"

// Register is one value that is written and read, initially null. With CAS it can also be compared
// and set: a completed cas found the old value and wrote the new one, unless its result is
// Mismatch: then it found another value and wrote nothing. A cas that failed obliges nobody.
type Register struct{ CAS bool }

// Mismatch is the result of a cas that was carried out and found another value than the old one.
const Mismatch Value = "false"

// RegisterCall is read, write Value, or cas from Old to Value.
type RegisterCall struct {
	F          F
	Old, Value Value
}

// Name is register or cas-register.
func (m Register) Name() string {
	if m.CAS {
		return "cas-register"
	}
	return "register"
}

// Call reads a call; the result is the value read, or Mismatch.
func (m Register) Call(invocation, completion *history.Op) (call RegisterCall, out Value, err error) {
	if m.CAS {
		call.F, err = name(m.Name(), invocation, Read, Write, CAS)
	} else {
		call.F, err = name(m.Name(), invocation, Read, Write)
	}
	if err != nil {
		return call, out, err
	}
	switch call.F {
	case Read:
		if completion != nil {
			if out, err = ParseValue(completion.Value); err != nil {
				return call, out, wrong(completion, "a value")
			}
		}
		err = takesNothing(invocation, completion)
	case Write:
		if call.Value, err = ParseValue(invocation.Value); err != nil {
			return call, out, wrong(invocation, "a value")
		}
		err = returnsNothing(invocation, completion)
	case CAS:
		var ok bool
		if call.Old, call.Value, ok = parsePair(invocation.Value); !ok {
			return call, out, wrong(invocation, "[old, new]")
		}
		out, err = call.swapped(invocation, completion)
	}
	return call, out, err
}

// swapped is Mismatch if a cas says so.
func (in RegisterCall) swapped(invocation, completion *history.Op) (out Value, err error) {
	if completion == nil || silent(invocation, completion) {
		return out, nil
	}
	switch got, err := ParseValue(completion.Value); {
	case err != nil:
	case got == "true" || got == "["+in.Old+","+in.Value+",true]":
		return out, nil
	case got == "false" || got == "["+in.Old+","+in.Value+",false]":
		return Mismatch, nil
	}
	return out, wrong(completion, "[old, new] again, [old, new, bool] or a bool")
}

// Mismatched says whether the call is a cas that found another value.
func (in RegisterCall) Mismatched(out *Value) bool {
	return in.F == CAS && out != nil && *out == Mismatch
}

// Init is null.
func (Register) Init() Value { return Null }

// Step reads, writes, or compares and sets. A cas with unknown result may have found another value.
func (Register) Step(next []Value, s Value, in RegisterCall, out *Value) []Value {
	switch {
	case in.F == Write:
		return append(next, in.Value)
	case in.F == CAS && s == in.Old && !in.Mismatched(out):
		return append(next, in.Value)
	case in.F == CAS && s != in.Old && (out == nil || in.Mismatched(out)), in.F == Read && (out == nil || *out == s):
		return append(next, s)
	}
	return next
}

// Equal compares values.
func (Register) Equal(a, b Value) bool { return a == b }

// Hash hashes the value.
func (Register) Hash(s Value) uint64 { return s.hash() }

// Describe says "read → 4", "write 7", "cas 4 to 7", "cas 4 to 7 → mismatch".
func (Register) Describe(in RegisterCall, out *Value) string {
	switch in.F {
	case Write:
		return "write " + string(in.Value)
	case CAS:
		words := "cas " + string(in.Old) + " to " + string(in.Value)
		if in.Mismatched(out) {
			words += " → mismatch"
		}
		return words
	}
	return "read → " + result(out)
}

// Answer is the value, to a read, and to a cas whether it matches.
func (Register) Answer(s Value, in RegisterCall) (Value, bool) {
	switch {
	case in.F == CAS && s != in.Old:
		return Mismatch, true
	case in.F == CAS:
		return "", true
	}
	return s, in.F == Read
}

// ReadOnly holds of reads, and of a cas that found another value.
func (Register) ReadOnly(in RegisterCall, out *Value) bool { return in.F == Read || in.Mismatched(out) }

// result is a value that was returned, or "?".
func result(out *Value) string {
	if out == nil {
		return "?"
	}
	return string(*out)
}
