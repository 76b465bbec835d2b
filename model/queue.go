package model

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Queue is a first-in first-out queue, initially empty. A dequeue that returns null found it empty,
// so null itself cannot be enqueued.
type Queue struct{}

// QueueCall is enqueue or push of Value, or dequeue or pop.
type QueueCall struct {
	F     F
	Value Value
}

// Name is fifo-queue.
func (Queue) Name() string { return "fifo-queue" }

// Call reads a call; the result is the value dequeued.
func (m Queue) Call(invocation, completion *history.Op) (QueueCall, Value, error) {
	return drainable(m.Name(), invocation, completion)
}

func queueCall(model string, invocation, completion *history.Op, in, out F) (call QueueCall, got Value, err error) {
	if call.F, err = name(model, invocation, in, out); err != nil {
		return call, got, err
	}
	if call.F == in {
		call.Value, err = ParseValue(invocation.Value)
		if err != nil || call.Value == Null {
			return call, got, wrong(invocation, "a value other than null")
		}
		return call, got, returnsNothing(invocation, completion)
	}
	if completion != nil {
		if got, err = ParseValue(completion.Value); err != nil {
			return call, got, wrong(completion, "a value or null")
		}
	}
	return call, got, takesNothing(invocation, completion)
}

// Init is the empty queue.
func (Queue) Init() []Value { return nil }

// Step never changes a state in place (M1): the queue is a slice, cut at its front and copied to
// grow.
func (Queue) Step(next [][]Value, s []Value, in QueueCall, out *Value) [][]Value {
	switch {
	case in.F == Enqueue:
		return append(next, append(slices.Clip(s), in.Value))
	case len(s) == 0 && (out == nil || *out == Null):
		return append(next, s)
	case len(s) > 0 && (out == nil || *out == s[0]):
		return append(next, s[1:])
	}
	return next
}

// Equal compares the values in order.
func (Queue) Equal(a, b []Value) bool { return slices.Equal(a, b) }

// Hash hashes the values in order.
func (Queue) Hash(s []Value) uint64 {
	h := uint64(len(s))
	for _, v := range s {
		h = (h ^ v.hash()) * 0x9e3779b97f4a7c15
	}
	return h
}

// Describe says "enqueue 3", "dequeue → 3", "dequeue → empty".
func (Queue) Describe(in QueueCall, out *Value) string { return describeQueue(in, out) }

func describeQueue(in QueueCall, out *Value) string {
	switch {
	case in.F == Enqueue || in.F == Push:
		return in.F.String() + " " + string(in.Value)
	case out != nil && *out == Null:
		return in.F.String() + " → empty"
	}
	return in.F.String() + " → " + result(out)
}

// Answer is the oldest value, or null, to a dequeue.
func (Queue) Answer(s []Value, in QueueCall) (Value, bool) {
	if len(s) == 0 {
		return Null, in.F == Dequeue || in.F == Drain
	}
	return s[0], in.F == Dequeue || in.F == Drain
}

// ReadOnly holds of a dequeue that found nothing, and of the last part of a drain.
func (Queue) ReadOnly(in QueueCall, out *Value) bool {
	return (in.F == Dequeue || in.F == Drain) && out != nil && *out == Null
}

// Stack is a last-in first-out stack, initially empty. A pop that returns null found it empty.
type Stack struct{}

// Name is stack.
func (Stack) Name() string { return "stack" }

// Call reads a call; the result is the value popped.
func (m Stack) Call(invocation, completion *history.Op) (QueueCall, Value, error) {
	return queueCall(m.Name(), invocation, completion, Push, Pop)
}

// Init is the empty stack.
func (Stack) Init() *List { return nil }

// Step pushes and pops cells that states share.
func (Stack) Step(next []*List, s *List, in QueueCall, out *Value) []*List {
	switch {
	case in.F == Push:
		return append(next, s.push(in.Value))
	case s == nil && (out == nil || *out == Null):
		return append(next, s)
	case s != nil && (out == nil || *out == s.head):
		return append(next, s.tail)
	}
	return next
}

// Equal compares the values in order.
func (Stack) Equal(a, b *List) bool { return a.equal(b) }

// Hash hashes the values in order.
func (Stack) Hash(s *List) uint64 { return s.hash() }

// Describe says "push 3", "pop → 3", "pop → empty".
func (Stack) Describe(in QueueCall, out *Value) string { return describeQueue(in, out) }

// Answer is the latest value, or null, to a pop.
func (Stack) Answer(s *List, in QueueCall) (Value, bool) {
	if s == nil {
		return Null, in.F == Pop
	}
	return s.head, in.F == Pop
}

// ReadOnly holds of a pop that found nothing.
func (Stack) ReadOnly(in QueueCall, out *Value) bool {
	return in.F == Pop && out != nil && *out == Null
}
