package model

import "github.com/splitvote/splitvote/history"

// Register is one value that is written and read, initially null. With CAS it can also be compared and set: a completed
// cas found the old value and wrote the new one; a mismatch is a fail and has no effect.
type Register struct{ CAS bool }

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

// Call reads a call; the result is the value read.
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
				err = wrong(completion, "a value")
			}
		}
	case Write:
		if call.Value, err = ParseValue(invocation.Value); err != nil {
			err = wrong(invocation, "a value")
		}
	case CAS:
		var ok bool
		if call.Old, call.Value, ok = parsePair(invocation.Value); !ok {
			err = wrong(invocation, "[old, new]")
		}
	}
	return call, out, err
}

// Init is null.
func (Register) Init() Value { return Null }

// Step reads, writes, or compares and sets. A cas with unknown result may have found another value.
func (Register) Step(next []Value, s Value, in RegisterCall, out *Value) []Value {
	switch {
	case in.F == Write:
		return append(next, in.Value)
	case in.F == CAS && s == in.Old:
		return append(next, in.Value)
	case in.F == CAS && out == nil, in.F == Read && (out == nil || *out == s):
		return append(next, s)
	}
	return next
}

// Equal compares values.
func (Register) Equal(a, b Value) bool { return a == b }

// Hash hashes the value.
func (Register) Hash(s Value) uint64 { return s.hash() }

// Describe says "read → 4", "write 7", "cas 4 to 7".
func (Register) Describe(in RegisterCall, out *Value) string {
	switch in.F {
	case Write:
		return "write " + string(in.Value)
	case CAS:
		return "cas " + string(in.Old) + " to " + string(in.Value)
	}
	return "read → " + result(out)
}

// Answer is the value, to a read.
func (Register) Answer(s Value, in RegisterCall) (Value, bool) { return s, in.F == Read }

// ReadOnly holds of reads.
func (Register) ReadOnly(in RegisterCall, _ *Value) bool { return in.F == Read }

// result is a value that was returned, or "?".
func result(out *Value) string {
	if out == nil {
		return "?"
	}
	return string(*out)
}
