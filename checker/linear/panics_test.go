package linear_test

import (
	"encoding/json"
	"fmt"
	"math/bits"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// flags is a set of up to 64 flags: "raise N" raises one, "get" returns all. It fails where at
// says, in the way that fail does.
type flags struct {
	at   string
	fail func()
	when func(s uint64) bool // the states in which Step fails; nil is all
}

type flagCall struct {
	get  bool
	flag int
}

func (m flags) trip(at string) {
	if m.at == at {
		m.fail()
	}
}

func (flags) Name() string { return "flags" }

func (m flags) Call(invocation, completion *history.Op) (in flagCall, out uint64, err error) {
	m.trip("Call")
	if invocation.F == "get" {
		in.get = true
		if completion != nil {
			err = json.Unmarshal(completion.Value, &out)
		}
		return in, out, err
	}
	return in, 0, json.Unmarshal(invocation.Value, &in.flag)
}

func (m flags) Init() uint64 {
	m.trip("Init")
	return 0
}

func (m flags) Step(next []uint64, s uint64, in flagCall, out *uint64) []uint64 {
	if m.when == nil || m.when(s) {
		m.trip("Step")
	}
	switch {
	case !in.get:
		return append(next, s|1<<in.flag)
	case out == nil || *out == s:
		return append(next, s)
	}
	return next
}

func (m flags) Equal(a, b uint64) bool {
	m.trip("Equal")
	return a == b
}

func (m flags) Hash(uint64) uint64 {
	m.trip("Hash")
	return 0 // so that Equal is asked
}

func (m flags) Describe(in flagCall, out *uint64) string {
	m.trip("Describe")
	return fmt.Sprint(in, out)
}

func (m flags) ReadOnly(in flagCall, _ *uint64) bool {
	m.trip("ReadOnly")
	return in.get
}

// raising is a history of raises that are all under way at once, and end in their order. Then a get
// returns what it is told to.
func raising(n int, get uint64) *history.History {
	var ops []history.Op
	event := func(p int, kind history.Kind, f string, v any) {
		ops = append(ops, history.Op{Process: history.Process(p), Kind: kind, F: f, Value: raw(v)})
	}
	for p := range n {
		event(p, history.Invoke, "raise", p)
	}
	for p := range n {
		event(p, history.Ok, "raise", p)
	}
	event(n, history.Invoke, "get", nil)
	event(n, history.Ok, "get", get)
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

func boom() { panic("boom") }

// Wherever a model panics, and whoever calls it, the verdict is unknown and repeats the words of
// the panic. An explanation alone changes no verdict (L5): there the violation stays, with the
// words.
func TestPanicsAreNeverOverruled(t *testing.T) {
	judges := map[string]func(m flags, h *history.History) checker.Result{}
	for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
		judges[string(engine)] = func(m flags, h *history.History) checker.Result {
			return linear.Check(t.Context(), m, h, linear.Options{Engine: engine})
		}
	}
	for name, look := range map[string]bool{"online": false, "online, with looks": true} {
		judges[name] = func(m flags, h *history.History) checker.Result {
			o := linear.OnlineOf(m, history.Initial{})
			for i := range h.Ops {
				if !o.Event(&h.Ops[i]) || look && !o.Look(t.Context()) {
					break
				}
			}
			return o.End()
		}
	}
	for name, judge := range judges {
		for verdict, h := range map[checker.Verdict]*history.History{checker.Valid: raising(3, 7),
			checker.Invalid: raising(3, 8)} {
			if got := judge(flags{}, h); got.Verdict != verdict {
				t.Fatalf("%s: %v (%s) without a panic, want %v", name, got.Verdict, got.Reason, verdict)
			}
			for _, at := range []string{"Call", "Init", "Step", "Equal", "Hash", "ReadOnly", "Describe"} {
				t.Run(fmt.Sprintf("%s, %v, %s", name, verdict, at), func(t *testing.T) {
					var tripped atomic.Bool
					got := judge(flags{at: at, fail: func() { tripped.Store(true); panic("boom") }}, h)
					switch {
					case !tripped.Load(): // Porcupine asks for less
						if got.Verdict != verdict {
							t.Errorf("%v: %s", got.Verdict, got.Reason)
						}
					// the explanation asks, not the judge
					case at == "Describe", at == "ReadOnly" && name == "porcupine":
						if got.Verdict != verdict || !strings.Contains(got.Evidence[0].Summary, "boom") {
							t.Errorf("%v: %+v", got.Verdict, got.Evidence)
						}
					case got.Verdict != checker.Unknown || got.Cause != checker.Panicked ||
						!strings.Contains(got.Reason, "boom"):
						t.Errorf("%v by %s, %s: %q", got.Verdict, got.Method, got.Cause, got.Reason)
					}
				})
			}
		}
	}
}

// The frontier and the descent beside it do not make up for each other's panics. Twelve raises make
// the frontier wide; the descent finds the order in which they ended at once.
func TestNoEngineOverrulesAnother(t *testing.T) {
	h := raising(12, 1<<12-1)
	inOrder := func(s uint64) bool { return s&(s+1) == 0 } // what the descent comes by
	for name, test := range map[string]struct {
		when   func(s uint64) bool
		memory int64
	}{
		"the frontier panics where the descent does not come by": {func(s uint64) bool {
			return bits.OnesCount64(s) == 3 && !inOrder(s)
		}, 1 << 30},
		"the descent panics where memory ends the frontier": {func(s uint64) bool {
			return bits.OnesCount64(s) == 12
		}, 104 * 400},
	} {
		t.Run(name, func(t *testing.T) {
			if got := linear.Check(t.Context(), flags{}, h,
				linear.Options{Workers: 1, Memory: test.memory}); got.Verdict != checker.Valid {
				t.Fatalf("%v (%s) without a panic", got.Verdict, got.Reason)
			}
			got := linear.Check(t.Context(), flags{at: "Step", fail: boom, when: test.when}, h,
				linear.Options{Workers: 1, Memory: test.memory})
			if got.Verdict != checker.Unknown || got.Cause != checker.Panicked ||
				!strings.Contains(got.Reason, "boom") {
				t.Errorf("%v by %s, %s: %q", got.Verdict, got.Method, got.Cause, got.Reason)
			}
		})
	}
}

// A violation of one key needs no other key. The panic over the other is told with it.
func TestPanicBesideAViolation(t *testing.T) {
	one := func(key string, get int) []history.Op {
		return []history.Op{{Kind: history.Invoke, F: "get", Key: key},
			{Kind: history.Ok, F: "get", Key: key, Value: raw(get)}}
	}
	h, err := history.New(append(append(one("a", 0), one("b", 1)...),
		history.Op{Kind: history.Invoke, F: "raise", Key: "a", Value: raw(1)},
		history.Op{Kind: history.Ok, F: "raise", Key: "a", Value: raw(1)},
		history.Op{Kind: history.Invoke, F: "raise", Key: "a", Value: raw(1)},
		history.Op{Kind: history.Ok, F: "raise", Key: "a", Value: raw(1)}))
	if err != nil {
		t.Fatal(err)
	}
	got := linear.Check(t.Context(), flags{at: "Step", fail: boom, when: func(s uint64) bool {
		return s == 2
	}}, h, linear.Options{})
	want := "key b is not linearizable; key a is not decided: the model panicked: boom"
	if got.Verdict != checker.Invalid || got.Reason != want {
		t.Errorf("%v: %q, want %q", got.Verdict, got.Reason, want)
	}
}

// A model that ends its goroutine, as FailNow of package testing does, has answered nothing.
func TestGoexitIsNoAnswer(t *testing.T) {
	for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
		for _, at := range []string{"Init", "Step", "Equal", "Hash"} {
			var tripped atomic.Bool
			ends := func() { tripped.Store(true); runtime.Goexit() }
			got := linear.Check(t.Context(), flags{at: at, fail: ends}, raising(3, 7), linear.Options{Engine: engine})
			if !tripped.Load() && got.Verdict == checker.Valid {
				continue // Porcupine does not always ask for Equal
			}
			if got.Verdict != checker.Unknown || got.Cause != checker.Panicked {
				t.Errorf("%s, %s: %v by %s, %s: %q", engine, at, got.Verdict, got.Method, got.Cause, got.Reason)
			}
		}
	}
}

// A model written for Porcupine has these functions, and all are its user's.
func TestPorcupineModelsThatPanic(t *testing.T) {
	h := operations(rand.New(rand.NewPCG(3, 3)), 4, 12, false)
	wrong := operations(rand.New(rand.NewPCG(3, 3)), 4, 12, false)
	for i := range wrong {
		if !wrong[i].Input.(put).write {
			wrong[i].Output = 77
		}
	}
	sound := porcupineRegister()
	sound.Hash = func(any) uint64 { return 0 }
	sound.Equal = func(a, b any) bool { return a == b }
	for _, at := range []string{"Init", "Step", "Equal", "Hash", "Partition", "DescribeOperation"} {
		for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
			for verdict, operations := range map[checker.Verdict][]porcupine.Operation{checker.Valid: h,
				checker.Invalid: wrong} {
				var tripped atomic.Bool
				fail := func() { tripped.Store(true); panic("boom") }
				m := sound
				switch at {
				case "Init":
					m.Init = func() any { fail(); return nil }
				case "Step":
					m.Step = func(_, _, _ any) (bool, any) { fail(); return false, nil }
				case "Equal":
					m.Equal = func(_, _ any) bool { fail(); return false }
				case "Hash":
					m.Hash = func(any) uint64 { fail(); return 0 }
				case "Partition":
					m.Partition = func([]porcupine.Operation) [][]porcupine.Operation { fail(); return nil }
				case "DescribeOperation":
					m.DescribeOperation = func(_, _ any) string { fail(); return "" }
				}
				got := linear.CheckPorcupine(t.Context(), m, operations, linear.Options{Engine: engine})
				switch {
				case !tripped.Load() && got.Verdict == verdict:
				case at == "DescribeOperation" && got.Verdict == verdict &&
					strings.Contains(got.Evidence[0].Summary, "boom"):
				case got.Verdict != checker.Unknown || got.Cause != checker.Panicked ||
					!strings.Contains(got.Reason, "boom"):
					t.Errorf("%s, %s, %v: %v by %s, %s: %q", at, engine, verdict, got.Verdict, got.Method, got.Cause,
						got.Reason)
				}
			}
		}
	}
}
