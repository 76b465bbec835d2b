package linear_test

import (
	"runtime"
	"strconv"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// full is a history of a queue with 2,000 elements in it. Then enqueues of the same few values are
// under way all at once, time and again, so that no algorithm but a search decides it.
func full() *history.History {
	var ops []history.Op
	event := func(p int, kind history.Kind, f string, v any) {
		ops = append(ops, history.Op{Process: history.Process(p), Kind: kind, F: f, Value: raw(v)})
	}
	for i := range 2_000 {
		event(0, history.Invoke, "enqueue", i)
		event(0, history.Ok, "enqueue", i)
	}
	for range 40 {
		for p := range 12 {
			event(p, history.Invoke, "enqueue", p)
		}
		for p := range 12 {
			event(p, history.Ok, "enqueue", p)
		}
	}
	for i := range 2_000 {
		event(0, history.Invoke, "dequeue", nil)
		event(0, history.Ok, "dequeue", i)
	}
	for p := range 2 { // the same value, twelve times before the others: impossible
		for range 12 {
			event(0, history.Invoke, "dequeue", nil)
			event(0, history.Ok, "dequeue", p)
		}
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

// appended is operations of a list, of a model written for Porcupine that copies its state: 2,000
// appends one after the other, then many at once, and a read that nothing explains.
func appended() (porcupine.Model, []porcupine.Operation) {
	m := porcupine.Model{
		Init: func() any { return []string(nil) },
		Step: func(state, input, output any) (bool, any) {
			s := state.([]string)
			if v := input.(string); v != "" {
				return true, append(s[:len(s):len(s)], v)
			}
			return output.(int) == len(s), s
		},
		Equal: func(a, b any) bool {
			x, y := a.([]string), b.([]string)
			if len(x) != len(y) {
				return false
			}
			for i := range x {
				if x[i] != y[i] {
					return false
				}
			}
			return true
		},
	}
	var operations []porcupine.Operation
	now := int64(0)
	for i := range 2_000 {
		operations = append(operations, porcupine.Operation{Input: strconv.Itoa(i), Call: now, Return: now + 1})
		now += 2
	}
	for i := range 12 {
		operations = append(operations, porcupine.Operation{Input: "x" + strconv.Itoa(i), Call: now, Return: now + 1})
	}
	return m, append(operations, porcupine.Operation{Input: "", Output: 1, Call: now + 2, Return: now + 3})
}

// A memory limit bounds what a search holds with the states themselves, not only how many there
// are.
func TestMemoryLimitsHoldOfStates(t *testing.T) {
	const limit = 4 << 20
	h := full()
	m, operations := appended()
	for name, judge := range map[string]func() checker.Result{
		"search": func() checker.Result {
			return check(t, "fifo-queue", linear.Options{Engine: linear.Search, Workers: 1, Memory: limit}, h)
		},
		"porcupine": func() checker.Result {
			return check(t, "fifo-queue", linear.Options{Engine: linear.Porcupine, Workers: 1, Memory: limit}, h)
		},
		"search, a model of a user's": func() checker.Result {
			return linear.CheckPorcupine(t.Context(), m, operations, linear.Options{Workers: 1, Memory: limit})
		},
		"porcupine, a model of a user's": func() checker.Result {
			return linear.CheckPorcupine(t.Context(), m, operations,
				linear.Options{Engine: linear.Porcupine, Workers: 1, Memory: limit})
		},
	} {
		t.Run(name, func(t *testing.T) {
			runtime.GC()
			var before, now runtime.MemStats
			runtime.ReadMemStats(&before)
			done := make(chan checker.Result)
			go func() { done <- judge() }()
			most := uint64(0)
			for {
				select {
				case got := <-done:
					if got.Verdict != checker.Unknown || got.Cause != checker.Memory {
						t.Fatalf("%v, %s: %q, want the memory limit", got.Verdict, got.Cause, got.Reason)
					}
					if most > 6*limit {
						t.Errorf("%d MiB are held under a limit of %d MiB", most>>20, limit>>20)
					}
					return
				default:
					runtime.GC()
					runtime.ReadMemStats(&now)
					most = max(most, now.HeapAlloc-min(now.HeapAlloc, before.HeapAlloc))
				}
			}
		})
	}
}
