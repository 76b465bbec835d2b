package model_test

import (
	"strings"
	"testing"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// What every call of every model makes of every result that it may or may not return: it is judged,
// or refused. "judged" means that the result is possible in some state and not in another.
func TestNoResultIsPassedOver(t *testing.T) {
	echo := []string{"null", ""} // and the argument
	for _, test := range []struct {
		model, f, asked string
		silent          []string // completions that say nothing
		judged          []string // completions that are judged
		refused         []string
	}{
		{"register", "write", "1", append(echo, "1", "1.0"), nil,
			[]string{"2", "true", "false", `"OK"`, "[1,true]", "[1]"}},
		{"register", "read", "null", nil, []string{"7", "null", "false", "[1]"}, nil},
		{"cas-register", "cas", "[1,2]", append(echo, "[1,2]", " [1, 2.0]"),
			[]string{"true", "false", "[1,2,true]", "[1,2,false]"},
			[]string{"1", "2", "[1,3]", "[1,2,3]", "[2,1,false]", `"mismatch"`, "[1,2,false,1]"}},
		{"cas-register", "write", "1", append(echo, "1"), nil, []string{"true", "0"}},
		{"set", "add", "1", append(echo, "1"), []string{"true", "false", "[1,true]", "[1,false]"},
			[]string{"2", "[2,true]", "[1,2]", `"new"`}},
		{"set", "add", "true", append(echo, "true"), []string{"[true,true]", "[true,false]"}, []string{"false"}},
		{"set", "remove", "1", append(echo, "1"), []string{"true", "false", "[1,true]", "[1,false]"},
			[]string{"2", "[2,true]", "[1,1]"}},
		{"set", "contains", "1", nil, []string{"true", "false", "[1,true]", "[1,false]"},
			[]string{"1", "null", "[2,true]", "0"}},
		{"set", "read", "null", nil, []string{"[]", "[1]", "null"}, []string{"1", "true"}},
		{"multi-register", "txn", `[["r","x",null],["w","y",1]]`, nil,
			[]string{`[["r","x",7],["w","y",1]]`, `[["read","x",null],["write","y",1]]`},
			[]string{"null", "7", "[]", `[["r","x",7]]`, `[["r","z",7],["w","y",1]]`, `[["r","x",7],["w","y",2]]`,
				`{"x":7}`}},
		{"multi-register", "txn", `[["w","x",1]]`, append(echo, `[["w","x",1]]`, `[["write","x",1.0]]`), nil,
			[]string{"1", "true", `[["w","x",2]]`}},
		{"multi-register", "read", `{"x":null,"y":null}`, nil, []string{`{"x":1,"y":1}`, `{"y":null,"x":2}`},
			[]string{"null", `{"x":1}`, `[["r","x",1],["r","y",1]]`}},
		{"multi-register", "read", "null", nil, []string{`{"x":1}`, `[["r","x",1]]`},
			[]string{"null", "7", `[["w","x",1]]`}},
		{"multi-register", "write", `{"x":1,"y":2}`, append(echo, `{"y":2,"x":1}`), nil,
			[]string{"true", `{"x":1}`, `{"x":1,"y":3}`}},
		{"fifo-queue", "enqueue", "1", append(echo, "1"), nil, []string{"2", "true", "false", "[1,true]"}},
		{"fifo-queue", "dequeue", "null", nil, []string{"1", "null", "false"}, nil},
		{"stack", "push", "1", append(echo, "1"), nil, []string{"2", "true", "false"}},
		{"stack", "pop", "null", nil, []string{"1", "null"}, nil},
		{"counter", "add", "1", append(echo, "1"), []string{"[1,1]", "[1,7]"},
			[]string{"7", "true", "[2,2]", `[1,"1"]`, "[1,1,1]"}},
		{"counter", "read", "null", nil, []string{"0", "7"}, []string{"null", "true", `"1"`, "[1]"}},
		{"mutex", "acquire", "null", echo, []string{"true", "false"}, []string{"1", `"lock-a"`, "[true]"}},
		{"mutex", "try_acquire", "null", nil, []string{"true", "false"}, []string{"null", "1", `"lock-a"`}},
		{"mutex", "release", "null", echo, nil, []string{"true", "false", "1", `"lock-a"`}},
		{"fenced-mutex", "acquire", "null", nil, []string{"1", "false"}, []string{"null", "true", `"lock-a"`}},
		{"fenced-mutex", "try_acquire", "null", nil, []string{"1", "false"}, []string{"null", "true"}},
		{"fenced-mutex", "release", "1", append(echo, "1"), nil, []string{"true", "false", "2"}},
		{"append-list", "append", "1", append(echo, "1"), nil, []string{"9", "0", "true", "[1,0]", "[1]"}},
		{"append-list", "read", "null", nil, []string{"[]", "[1]", "null"}, []string{"1", "true"}},
		{"unique-ids", "generate", "null", nil, []string{"1", `"a"`, "false"}, []string{"null"}},
		{"kv", "put", `"a"`, append(echo, `"a"`), nil, []string{`"b"`, "true", "1"}},
		{"kv", "append", `"a"`, append(echo, `"a"`), nil, []string{`"ba"`, "2", "true"}},
		{"kv", "get", "null", nil, []string{`""`, `"a"`, "null"}, []string{"1", "true", "[]"}},
	} {
		t.Run(test.model+"/"+test.f, func(t *testing.T) {
			got := func(raw string) string { return known[test.model].read(event{test.f, test.asked, raw}) }
			said := map[string]bool{}
			for _, raw := range test.silent {
				said[got(raw)] = true
			}
			if len(said) > 1 {
				t.Errorf("completions that say nothing are read in different ways: %v", said)
			}
			for _, raw := range append(test.silent, test.judged...) {
				if words := got(raw); strings.HasPrefix(words, "event ") {
					t.Errorf("%s is refused: %s", raw, words)
				}
			}
			for _, raw := range test.refused {
				if words := got(raw); !strings.HasPrefix(words, "event 17: "+test.f+" wants ") {
					t.Errorf("%s is not refused, but read as %s", raw, words)
				}
			}
			for _, raw := range test.judged {
				if fates := known[test.model].fates(event{test.f, test.asked, raw}); !fates[true] || !fates[false] {
					t.Errorf("%s is possible always or never: %v", raw, fates)
				}
			}
		})
	}
}

// tried is what a test does with a model of whatever types.
type tried struct {
	read  func(event) string        // a completed call in words, or what is wrong with it
	fates func(event) map[bool]bool // whether it is possible, in states of all kinds
}

// try makes the states of m by up to two calls of those in pool.
func try[S, In, Out any](m model.Model[S, In, Out], pool func(raw string) []event) tried {
	call := func(e event) (In, Out, error) {
		invocation, completion := e.ops()
		if completion == nil {
			completion = &history.Op{Index: 17, Kind: history.Ok, F: e.f}
		}
		return m.Call(invocation, completion)
	}
	return tried{
		func(e event) string {
			in, out, err := call(e)
			if err != nil {
				return err.Error()
			}
			return m.Describe(in, &out)
		},
		func(e event) map[bool]bool {
			states := []S{m.Init()}
			for range 2 {
				for _, s := range states {
					for _, before := range pool(e.got) {
						if in, out, err := call(before); err == nil {
							states = m.Step(states, s, in, &out)
						}
					}
				}
			}
			fates := map[bool]bool{}
			in, out, err := call(e)
			if err != nil {
				panic(err)
			}
			for _, s := range states {
				fates[len(m.Step(nil, s, in, &out)) > 0] = true
			}
			return fates
		},
	}
}

var known = map[string]tried{
	"register": try(model.Register{}, func(raw string) []event {
		return []event{{"write", raw, raw}, {"write", "0", "0"}}
	}),
	"cas-register": try(model.Register{CAS: true}, func(string) []event { return []event{{"write", "1", "1"}} }),
	"set": try(model.Set{}, func(string) []event {
		return []event{{"add", "1", "1"}, {"add", "true", "true"}}
	}),
	"multi-register": try(model.MultiRegister{}, func(string) []event {
		return []event{{"write", `{"x":7,"y":1}`, "null"}, {"write", `{"x":1}`, "null"},
			{"write", `{"x":2,"y":null}`, "null"}}
	}),
	"fifo-queue": try(model.Queue{}, func(raw string) []event {
		return []event{{"enqueue", raw, raw}, {"enqueue", "0", "0"}}
	}),
	"stack": try(model.Stack{}, func(raw string) []event {
		return []event{{"push", raw, raw}, {"push", "0", "0"}}
	}),
	"counter":      try(model.Counter{}, func(string) []event { return []event{{"add", "6", "6"}, {"add", "1", "1"}} }),
	"mutex":        try(model.Mutex{}, func(string) []event { return []event{{"acquire", "null", "null"}} }),
	"fenced-mutex": try(model.Mutex{Fenced: true}, func(string) []event { return []event{{"acquire", "null", "1"}} }),
	"append-list":  try(model.AppendList{}, func(string) []event { return []event{{"append", "1", "1"}} }),
	"unique-ids":   try(model.IDs{}, func(raw string) []event { return []event{{"generate", "null", raw}} }),
	"kv": try(model.Text{}, func(raw string) []event {
		return []event{{"put", raw, raw}, {"put", `"other"`, "null"}}
	}),
}

// A call without an argument that has one is refused: a name that stands there is no name.
func TestNoArgumentIsPassedOver(t *testing.T) {
	for _, test := range []struct {
		model string
		call  event
		want  string
	}{
		{"mutex", event{"acquire", `"lock-a"`, `"lock-a"`},
			`event 16: acquire wants null (a lock's name belongs in "key"), has "lock-a"`},
		{"mutex", event{"try_acquire", `"lock-a"`, "true"},
			`event 16: try_acquire wants null (a lock's name belongs in "key"), has "lock-a"`},
		{"mutex", event{"release", `"lock-a"`, `"lock-a"`},
			`event 16: release wants null (a lock's name belongs in "key"), has "lock-a"`},
		{"fenced-mutex", event{"acquire", `"lock-a"`, "3"},
			`event 16: acquire wants null (a lock's name belongs in "key"), has "lock-a"`},
		{"fenced-mutex", event{"release", `"lock-a"`, "null"},
			`event 16: release wants null or a token, a whole number, has "lock-a"`},
		{"register", event{"read", `"x"`, "3"},
			`event 16: read wants null (an object's name belongs in "key"), has "x"`},
		{"register", event{"read", "3", "3"}, "read → 3"}, // the record of a whole call repeats its result
		{"set", event{"read", `"x"`, "[]"}, `event 16: read wants null (an object's name belongs in "key"), has "x"`},
		{"fifo-queue", event{"dequeue", `"q"`, "1"},
			`event 16: dequeue wants null (an object's name belongs in "key"), has "q"`},
		{"stack", event{"pop", `"s"`, "1"}, `event 16: pop wants null (an object's name belongs in "key"), has "s"`},
		{"counter", event{"read", `"c"`, "1"},
			`event 16: read wants null (an object's name belongs in "key"), has "c"`},
		{"append-list", event{"read", `"l"`, "[]"},
			`event 16: read wants null (an object's name belongs in "key"), has "l"`},
		{"unique-ids", event{"generate", "7", "1"},
			`event 16: generate wants null (an object's name belongs in "key"), has 7`},
		{"kv", event{"get", `"k"`, `"a"`}, `event 16: get wants null (an object's name belongs in "key"), has "k"`},
	} {
		if got := known[test.model].read(test.call); got != test.want {
			t.Errorf("%s: %s, want %s", test.model, got, test.want)
		}
	}
}
