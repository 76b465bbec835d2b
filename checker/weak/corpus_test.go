package weak_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/histories"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// The verdicts of the corpus are those of the definitions (W2 to W6), tried out without the
// checkers. What replicas come to (W8) has no second definition here.
func TestCorpusAgreesWithDefinitions(t *testing.T) {
	files, err := histories.All()
	if err != nil {
		t.Fatal(err)
	}
	tried := map[string]int{}
	for _, file := range files {
		h, err := history.Read(bytes.NewReader(file.Data))
		if err != nil {
			t.Fatal(err)
		}
		initial := h.Initial
		if h, err = history.New(slices.DeleteFunc(h.Ops, func(op history.Op) bool {
			return op.Process == history.Nemesis
		})); err != nil {
			t.Fatal(err)
		}
		h.Initial = initial
		for name := range file.Expect {
			for level, want := range file.Levels {
				if level == weak.Eventual || !slices.Contains(weak.Levels(name), level) {
					continue
				}
				tried[level]++
				if got := map[bool]string{true: "valid", false: "invalid"}[holdsByDefinition(t, level, name,
					h)]; got != want {
					t.Errorf("%s as %s: %s is %s by definition, %s by the header", file.Name, name, level, got, want)
				}
			}
		}
	}
	for _, level := range weak.All() {
		if level != weak.Eventual && tried[level] < 50 {
			t.Errorf("only %d verdicts on %s", tried[level], level)
		}
	}
}

func holdsByDefinition(t *testing.T, level, name string, h *history.History) bool {
	t.Helper()
	if level == weak.Sequential {
		return sequentialByName(t, name, h)
	}
	calls := calledIn(t, h)
	if level == weak.Regular || level == weak.Safe {
		return bruteRegular(calls, level == weak.Safe)
	}
	return bruteLevel(level, calls)
}

func sequentialByName(t *testing.T, name string, h *history.History) bool {
	t.Helper()
	switch name {
	case "register", "cas-register":
		return bruteSequential(model.Register{CAS: name == "cas-register"}, h)
	case "set":
		return bruteSequential(model.Set{}, h)
	case "fifo-queue":
		return bruteSequential(model.Queue{}, h)
	case "unordered-queue":
		return bruteSequential(model.Bag{}, h)
	case "stack":
		return bruteSequential(model.Stack{}, h)
	case "counter":
		return bruteSequential(model.Counter{}, h)
	case "mutex", "fenced-mutex":
		return bruteSequential(model.Mutex{Fenced: name == "fenced-mutex"}, h)
	case "append-list":
		return bruteSequential(model.AppendList{}, h)
	case "unique-ids":
		return bruteSequential(model.IDs{}, h)
	case "multi-register":
		return bruteSequential(model.MultiRegister{}, h)
	case "kv":
		return bruteSequential(model.Text{}, h)
	}
	t.Fatalf("no model %q", name)
	return false
}

// calledIn are the calls of a history of registers, its keys and values numbered.
func calledIn(t *testing.T, h *history.History) []called {
	t.Helper()
	keys, values := map[string]int{}, map[model.Value]int{"initial": 0}
	valueOf := func(key string, v model.Value) int {
		first, err := model.InitialState(model.Register{}, h.Initial.Of(key))
		switch {
		case err != nil:
			t.Fatal(err)
		case v == first:
			return 0
		}
		return numbered(values, v)
	}
	processes := map[history.Process]int{}
	var calls []called
	for _, c := range h.Calls() {
		op, completion := h.Invocation(c), (*history.Op)(nil)
		if h.Kind(c) == history.Ok {
			completion = h.Completion(c)
		}
		in, out, err := model.Register{CAS: true}.Call(op, completion)
		if err != nil {
			t.Fatal(err)
		}
		one := called{
			process: numbered(processes, op.Process), key: numbered(keys, op.Key), read: in.F != model.Write,
			write:   in.F != model.Read,
			pending: h.Kind(c) == history.Info, failed: h.Kind(c) == history.Fail, begin: c.Invoke, end: 1 << 30,
		}
		if one.write {
			one.written = valueOf(op.Key, in.Value)
		}
		if in.F == model.CAS {
			out = in.Old
		}
		if one.read && (completion != nil || in.F == model.CAS) {
			one.value = valueOf(op.Key, out)
		}
		if completion != nil {
			one.end = c.Complete
		}
		calls = append(calls, one)
	}
	return calls
}

func numbered[K comparable](in map[K]int, k K) int {
	if _, known := in[k]; !known {
		in[k] = len(in)
	}
	return in[k]
}
