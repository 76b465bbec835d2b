package model

import (
	"slices"

	"github.com/splitvote/splitvote/history"
)

// Bag is a queue without an order, initially empty: a dequeue returns any value that is in it, and
// null if there is none. Its calls are those of Queue.
type Bag struct{}

// Name is unordered-queue.
func (Bag) Name() string { return "unordered-queue" }

// Call reads a call; the result is the value dequeued.
func (m Bag) Call(invocation, completion *history.Op) (QueueCall, Value, error) {
	return drainable(m.Name(), invocation, completion)
}

// drainable reads a call of a queue that can be drained. The result of a drain is the list of what
// it took out, as JSON.
func drainable(model string, invocation, completion *history.Op) (call QueueCall, got Value, err error) {
	if invocation.F != Drain.String() {
		if call, got, err = queueCall(model, invocation, completion, Enqueue, Dequeue); err != nil {
			if _, unknown := name(model, invocation, Enqueue, Dequeue, Drain); unknown != nil {
				err = unknown
			}
		}
		return call, got, err
	}
	call.F = Drain
	if completion != nil {
		values, ok := parseList(completion.Value)
		if isNull(completion) {
			values, ok = nil, true
		}
		if !ok || slices.Contains(values, Null) {
			return call, got, wrong(completion, "[v …], none of them null")
		}
		got = listOf(values)
	}
	return call, got, takesNothing(invocation, completion)
}

// Drainer is a model with a call that takes out one value after another until there is none: a
// series of calls, each of which takes effect by itself.
type Drainer[In, Out any] interface {
	// Drained says whether a call is such a series, and what the calls in it returned, the last of
	// them that there is nothing more. Each asks what the whole asks. They are not known if out is
	// nil.
	Drained(in In, out *Out) (results []Out, ok bool)
}

// Drained are the values of a drain, and then null.
func (Bag) Drained(in QueueCall, out *Value) ([]Value, bool) { return drained(in, out) }

// Drained are the values of a drain, and then null.
func (Queue) Drained(in QueueCall, out *Value) ([]Value, bool) { return drained(in, out) }

func drained(in QueueCall, out *Value) ([]Value, bool) {
	if in.F != Drain || out == nil {
		return nil, in.F == Drain
	}
	values, _ := parseList([]byte(*out))
	return append(values, Null), true
}

// Init is the empty queue.
func (Bag) Init() []Value { return nil }

// Step keeps the state sorted and never changes it in place (M1).
func (Bag) Step(next [][]Value, s []Value, in QueueCall, out *Value) [][]Value {
	switch {
	case in.F == Enqueue:
		at, _ := slices.BinarySearch(s, in.Value)
		return append(next, slices.Insert(slices.Clip(s), at, in.Value))
	case len(s) == 0 && (out == nil || *out == Null):
		return append(next, s)
	case out == nil:
		for i, v := range s {
			if i == 0 || v != s[i-1] {
				next = append(next, slices.Delete(slices.Clone(s), i, i+1))
			}
		}
		return next
	}
	if at, there := slices.BinarySearch(s, *out); there {
		return append(next, slices.Delete(slices.Clone(s), at, at+1))
	}
	return next
}

// Equal compares the values.
func (Bag) Equal(a, b []Value) bool { return slices.Equal(a, b) }

// Hash hashes the values in their order.
func (Bag) Hash(s []Value) uint64 { return Queue{}.Hash(s) }

// Describe says "enqueue 3", "dequeue → 3", "drain → empty".
func (Bag) Describe(in QueueCall, out *Value) string { return describeQueue(in, out) }

// ReadOnly holds of a dequeue that found nothing.
func (Bag) ReadOnly(in QueueCall, out *Value) bool { return Queue{}.ReadOnly(in, out) }
