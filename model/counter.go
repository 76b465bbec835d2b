package model

import (
	"fmt"
	"strconv"

	"github.com/splitvote/splitvote/history"
)

// Counter is a whole number that is added to, initially 0. The added number may be negative. An
// add may return the sum.
type Counter struct{}

// CounterCall is add of N, or read.
type CounterCall struct {
	F F
	N int64
}

// CounterResult is the sum that a read or an add returned: of an add after it, and only if it is
// Told.
type CounterResult struct {
	Sum  int64
	Told bool
}

// Name is counter.
func (Counter) Name() string { return "counter" }

// Call reads a call.
func (m Counter) Call(invocation, completion *history.Op) (call CounterCall, out CounterResult, err error) {
	if call.F, err = name(m.Name(), invocation, Add, Read); err != nil {
		return call, out, err
	}
	var ok bool
	switch {
	case call.F == Add:
		if call.N, ok = parseInt(invocation.Value); !ok {
			return call, out, wrong(invocation, "a whole number")
		}
		out, err = call.added(invocation, completion)
	case completion != nil:
		if out.Sum, ok = parseInt(completion.Value); !ok {
			return call, out, wrong(completion, "a whole number")
		}
		out.Told = true
		err = takesNothing(invocation, completion)
	}
	return call, out, err
}

// added reads what an add returned: nothing, or [n, sum]. A sum alone could be taken for n.
func (in CounterCall) added(invocation, completion *history.Op) (out CounterResult, err error) {
	if completion == nil || silent(invocation, completion) {
		return out, nil
	}
	n := strconv.FormatInt(in.N, 10)
	asked, sum, pair := parsePair(completion.Value)
	if pair && string(asked) == n {
		out.Sum, out.Told = parseInt([]byte(sum))
	}
	if !out.Told {
		err = wrong(completion, fmt.Sprintf("%s again, or [%[1]s, sum] if it returns the sum", n))
	}
	return out, err
}

// Init is 0.
func (Counter) Init() int64 { return 0 }

// Step adds, and compares what was returned with what is there.
func (Counter) Step(next []int64, s int64, in CounterCall, out *CounterResult) []int64 {
	if in.F == Add {
		s += in.N
	}
	if out != nil && out.Told && out.Sum != s {
		return next
	}
	return append(next, s)
}

// Equal compares numbers.
func (Counter) Equal(a, b int64) bool { return a == b }

// Hash spreads the number.
func (Counter) Hash(s int64) uint64 { return uint64(s) * 0x9e3779b97f4a7c15 }

// Describe says "add 3", "add 3 → 5", "read → 5".
func (Counter) Describe(in CounterCall, out *CounterResult) string {
	words := "read"
	if in.F == Add {
		words = "add " + strconv.FormatInt(in.N, 10)
	}
	switch {
	case out != nil && out.Told:
		words += " → " + strconv.FormatInt(out.Sum, 10)
	case in.F == Read:
		words += " → ?"
	}
	return words
}

// Answer is the sum, of an add after it.
func (Counter) Answer(s int64, in CounterCall) (CounterResult, bool) {
	return CounterResult{s + in.N, true}, true
}

// ReadOnly holds of reads, and of adding nothing.
func (Counter) ReadOnly(in CounterCall, _ *CounterResult) bool { return in.F == Read || in.N == 0 }
