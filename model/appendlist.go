package model

import "github.com/splitvote/splitvote/history"

// AppendList is a list that grows at its end and is read as a whole, initially empty.
type AppendList struct{}

// ListCall is append of Value, or read.
type ListCall struct {
	F     F
	Value Value
}

// Name is append-list.
func (AppendList) Name() string { return "append-list" }

// Call reads a call; the result is the list read.
func (m AppendList) Call(invocation, completion *history.Op) (call ListCall, out []Value, err error) {
	if call.F, err = name(m.Name(), invocation, Append, Read); err != nil {
		return call, nil, err
	}
	switch {
	case call.F == Append:
		if call.Value, err = element(invocation); err == nil {
			err = returnsNothing(invocation, completion)
		}
	case completion != nil:
		var ok bool
		if out, ok = parseList(completion.Value); !ok && !isNull(completion) {
			return call, out, wrong(completion, "[v …]")
		}
		err = takesNothing(invocation, completion)
	}
	return call, out, err
}

// Init is the empty list.
func (AppendList) Init() *List { return nil }

// Step appends, or compares what was read with what is there.
func (AppendList) Step(next []*List, s *List, in ListCall, out *[]Value) []*List {
	switch {
	case in.F == Append:
		return append(next, s.push(in.Value))
	case out == nil || s.is(*out):
		return append(next, s)
	}
	return next
}

// Equal compares the values in order.
func (AppendList) Equal(a, b *List) bool { return a.equal(b) }

// Hash hashes the values in order.
func (AppendList) Hash(s *List) uint64 { return s.hash() }

// Describe says "append 3", "read → [1 2]".
func (AppendList) Describe(in ListCall, out *[]Value) string {
	switch {
	case in.F == Append:
		return "append " + string(in.Value)
	case out == nil:
		return "read → ?"
	}
	return "read → " + join(*out)
}

// Answer is the list, to a read.
func (AppendList) Answer(s *List, in ListCall) ([]Value, bool) { return s.values(), in.F == Read }

// ReadOnly holds of reads.
func (AppendList) ReadOnly(in ListCall, _ *[]Value) bool { return in.F == Read }
