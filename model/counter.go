package model

import (
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Counter is a whole number that is added to, initially 0. What is added may be negative.
type Counter struct{}

// CounterCall is add of N, or read.
type CounterCall struct {
	F F
	N int64
}

// Name is counter.
func (Counter) Name() string { return "counter" }

// Call reads a call; the result is the number read.
func (m Counter) Call(invocation, completion *history.Op) (call CounterCall, out int64, err error) {
	if call.F, err = name(m.Name(), invocation, Add, Read); err != nil {
		return call, 0, err
	}
	var ok bool
	switch {
	case call.F == Add:
		if call.N, ok = parseInt(invocation.Value); !ok {
			err = wrong(invocation, "a whole number")
		}
	case completion != nil:
		if out, ok = parseInt(completion.Value); !ok {
			err = wrong(completion, "a whole number")
		}
	}
	return call, out, err
}

// Init is 0.
func (Counter) Init() int64 { return 0 }

// Step adds, or compares what was read with what is there.
func (Counter) Step(next []int64, s int64, in CounterCall, out *int64) []int64 {
	switch {
	case in.F == Add:
		return append(next, s+in.N)
	case out == nil || *out == s:
		return append(next, s)
	}
	return next
}

// Equal compares numbers.
func (Counter) Equal(a, b int64) bool { return a == b }

// Hash spreads the number.
func (Counter) Hash(s int64) uint64 { return uint64(s) * 0x9e3779b97f4a7c15 }

// Describe says "add 3", "read → 5".
func (Counter) Describe(in CounterCall, out *int64) string {
	switch {
	case in.F == Add:
		return "add " + strconv.FormatInt(in.N, 10)
	case out == nil:
		return "read → ?"
	}
	return "read → " + strconv.FormatInt(*out, 10)
}

// Answer is the number, to a read.
func (Counter) Answer(s int64, in CounterCall) (int64, bool) { return s, in.F == Read }

// ReadOnly holds of reads, and of adding nothing.
func (Counter) ReadOnly(in CounterCall, _ *int64) bool { return in.F == Read || in.N == 0 }
