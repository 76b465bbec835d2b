package linear_test

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// begun is a model that begins in a state of its own.
type begun[S, In, Out any] struct {
	model.Model[S, In, Out]
	first S
}

func (b begun[S, In, Out]) Init() S { return b.first }

// beginning judges by definition a history of objects that begin in a state that is reached by
// calls of ours.
type beginning struct {
	model   string
	initial string
	copy    func() object
	brute   func(*history.History) bool
}

func beginAt[S, In, Out any](m model.Model[S, In, Out], initial string, first S, newObject func() object) beginning {
	return beginning{m.Name(), initial, newObject, func(h *history.History) bool {
		return brute(begun[S, In, Out]{m, first}, h)
	}}
}

func list(values ...model.Value) *model.List {
	var l *model.List
	for _, v := range values {
		l = model.AppendList{}.Step(nil, l, model.ListCall{F: model.Append, Value: v}, nil)[0]
	}
	return l
}

func registers(calls ...string) model.MultiState {
	m := model.MultiRegister{}
	s := m.Init()
	for _, values := range calls {
		in, _, err := m.Call(&history.Op{F: "write", Value: json.RawMessage(values)}, nil)
		if err != nil {
			panic(err)
		}
		s = m.Step(nil, s, in, nil)[0]
	}
	return s
}

func beginnings() []beginning {
	values := func(v ...model.Value) []model.Value { return v }
	return []beginning{
		beginAt(model.Register{}, "0", "0", func() object { return &register{value: 0} }),
		beginAt(model.Register{}, "2", "2", func() object { return &register{value: 2} }),
		beginAt(model.Register{CAS: true}, "0", "0", func() object { return &register{cas: true, value: 0} }),
		beginAt(model.Register{CAS: true}, "1", "1", func() object { return &register{cas: true, value: 1} }),
		beginAt(model.MultiRegister{}, "0", registers(`{"x":0,"y":0,"z":0}`), func() object {
			return &multiRegister{"x": 0, "y": 0, "z": 0}
		}),
		beginAt(model.MultiRegister{}, `{"x":1,"y":2}`, registers(`{"x":2}`, `{"x":1,"y":2}`), func() object {
			return &multiRegister{"x": 1, "y": 2}
		}),
		beginAt(model.Set{}, "[2,1]", values("1", "2"), func() object { return &set{values: []int{2, 1}} }),
		beginAt(model.Set{}, "[2,77]", values("2", "77"), func() object {
			return &set{grows: true, values: []int{2, 77}}
		}),
		beginAt(model.Queue{}, "[77,78]", values("77", "78"), func() object { return &queue{values: []int{77, 78}} }),
		beginAt(model.Queue{}, "[2,1]", values("2", "1"), func() object { return &queue{values: []int{2, 1}} }),
		beginAt(model.Bag{}, "[77,78]", values("77", "78"), func() object {
			return &queue{bag: true, values: []int{77, 78}}
		}),
		beginAt(model.Bag{}, "[2,1,1]", values("1", "1", "2"), func() object {
			return &queue{bag: true, values: []int{2, 1, 1}}
		}),
		beginAt(model.Stack{}, "[77,78]", list("77", "78"), func() object {
			return &queue{stack: true, values: []int{77, 78}}
		}),
		beginAt(model.Stack{}, "[2,1]", list("2", "1"), func() object {
			return &queue{stack: true, values: []int{2, 1}}
		}),
		beginAt(model.Counter{}, "5", 5, func() object { return &counter{n: 5} }),
		beginAt(model.Counter{}, "-3", -3, func() object { return &counter{unit: true, n: -3} }),
		beginAt(model.AppendList{}, "[77,78]", list("77", "78"), func() object {
			return &appendList{values: []int{77, 78}}
		}),
		beginAt(model.AppendList{}, "[2,1]", list("2", "1"), func() object { return &appendList{values: []int{2, 1}} }),
		beginAt(model.Text{}, `"77 "`, "77 ", func() object { return &text{all: "77 "} }),
		beginAt(model.Text{}, `"ab"`, "ab", func() object { return &text{loose: true, all: "ab"} }),
	}
}

// Objects that hold something initially are judged by every engine, and online, as the definition
// judges objects that begin in that state.
func TestInitialValuesAgreeWithBruteForce(t *testing.T) {
	for _, test := range beginnings() {
		t.Run(test.model+" "+test.initial, func(t *testing.T) {
			t.Parallel()
			count := map[bool]int{}
			for seed := range rounds(t, 1500) {
				r := rand.New(rand.NewPCG(uint64(seed), 9))
				h := randomHistory(r, randomShape(r), test.copy)
				valid := test.brute(h)
				h.Initial.All = json.RawMessage(test.initial)
				count[valid]++
				want := checker.Invalid
				if valid {
					want = checker.Valid
				}
				for _, engine := range []linear.Engine{linear.Auto, linear.Search, linear.Porcupine} {
					got := check(t, test.model, linear.Options{Engine: engine, Workers: 1, Memory: enough}, h)
					if got.Verdict != want {
						t.Fatalf("seed %d: %s says %v by %s (%s), want %v:\n%s", seed, engine, got.Verdict, got.Method,
							got.Reason, want, lines(t, h))
					}
					for _, e := range got.Evidence {
						for _, op := range e.Ops {
							if op < 0 {
								t.Fatalf("seed %d: the evidence names a call that nobody recorded: %v", seed, e)
							}
						}
					}
				}
				seen, got := feed(t, test.model, h, false)
				if got.Verdict != want && got.Verdict != checker.Unknown {
					t.Fatalf("seed %d: %v after %d events, want %v:\n%s", seed, got.Verdict, seen, want, lines(t, h))
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%d valid and %d invalid histories, want both", count[true], count[false])
			}
		})
	}
}

// What an explanation says of what was there initially, and how it says that something may have
// been.
func TestInitialValuesAreExplained(t *testing.T) {
	for name, test := range map[string]struct {
		model   string
		initial history.Initial
		history string
		want    string
	}{
		"nothing is said of what was there": {
			"register", history.Initial{}, "0 read; 0 ok 5; 0 write 4; 0 ok 4",
			`value-from-nowhere [0]
#0 read 5, which nobody wrote
no call that changes anything had ended by then: if the object held this before any call, say so with --initial '5'
`,
		},
		"a counter": {
			"counter", history.Initial{}, "0 read; 0 ok 5; 0 add 4; 0 ok 4",
			`wrong-sum [0]
#0 (read → 5) could only have been read → 0
no call that changes anything had ended by then: if the object held this before any call, say so with --initial '5'
`,
		},
		"too late for that": {
			"register", history.Initial{}, "0 write 4; 0 ok 4; 0 read; 0 ok 5",
			`value-from-nowhere [2]
#2 read 5, which nobody wrote
`,
		},
		"null is nothing where something was there": {
			"register", history.Initial{All: json.RawMessage("0")}, "0 read; 0 ok null",
			`value-from-nowhere [0]
#0 read null, which nobody wrote
`,
		},
		"the initial value was overwritten": {
			"register", history.Initial{All: json.RawMessage("0")}, "0 write 4; 0 ok 4; 0 read; 0 ok 0",
			`stale-read [0 2]
#0 wrote 4 and began after the initial state, so 4 came after 0
#2 began after #0 ended, so it must see 4 or later; 0 was overwritten by #0
`,
		},
		"an element that was there": {
			"set", history.Initial{All: json.RawMessage("[3]")}, "0 add 4; 0 ok 4; 0 read; 0 ok [4]",
			`lost-add [2]
#2 began after the initial state, so it must have 3, which is never removed
`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := script(t, test.history)
			h.Initial = test.initial
			got := check(t, test.model, linear.Options{}, h)
			if got.Verdict != checker.Invalid || len(got.Evidence) != 1 {
				t.Fatalf("%v with %d pieces of evidence, want invalid with one", got.Verdict, len(got.Evidence))
			}
			if told := told(got.Evidence[0]); told != test.want {
				t.Errorf("got\n%swant\n%s", told, test.want)
			}
		})
	}
}

func TestInitialValuesMalformed(t *testing.T) {
	for _, test := range []struct{ model, initial, want string }{
		{"counter", `"a"`, `the initial value: counter wants a whole number, has "a"`},
		{"set", "3", "the initial value: set wants [v …], each once, has 3"},
		{"fifo-queue", "[null]", "the initial value: fifo-queue wants [v …], none of them null, has [null]"},
		{"append-list", "{}", "the initial value: append-list wants [v …], has {}"},
		{"kv", "3", "the initial value: kv wants a string, has 3"},
		{"mutex", "3", "the initial value: mutex has none"},
	} {
		initial := history.Initial{All: json.RawMessage(test.initial)}
		if err := linear.CheckInitial(test.model, initial); err == nil || err.Error() != test.want {
			t.Errorf("%s: %v, want %s", test.model, err, test.want)
		}
		h := script(t, "0 read; 0 ok 1")
		h.Initial = initial
		c, err := linear.New(test.model, linear.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.Check(context.Background(), h); got.Verdict != checker.Unknown || got.Cause != checker.Malformed {
			t.Errorf("%s: %v (%s), want unknown, malformed", test.model, got.Verdict, got.Reason)
		}
	}
}
