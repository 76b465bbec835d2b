package model_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// event is one call as it stands in a history: what was asked, and what came back ("" while
// pending).
type event struct{ f, asked, got string }

func (e event) ops() (invocation, completion *history.Op) {
	invocation = &history.Op{Index: 16, F: e.f, Value: json.RawMessage(e.asked)}
	if e.got != "" {
		completion = &history.Op{Index: 17, Kind: history.Ok, F: e.f, Value: json.RawMessage(e.got)}
	}
	return invocation, completion
}

// play reads events one after the other as calls of m and says how each went: its description, or
// what is wrong with it.
func play[S, In, Out any](m model.Model[S, In, Out], events []event) []string {
	states := []S{m.Init()}
	var lines []string
	for _, e := range events {
		invocation, completion := e.ops()
		in, out, err := m.Call(invocation, completion)
		if err != nil {
			lines = append(lines, err.Error())
			continue
		}
		result := &out
		if completion == nil {
			result = nil
		}
		var next []S
		for _, s := range states {
			next = m.Step(next, s, in, result)
		}
		if len(next) == 0 {
			lines = append(lines, "no: "+m.Describe(in, result))
			continue
		}
		lines = append(lines, m.Describe(in, result))
		states = next
	}
	return lines
}

func TestModels(t *testing.T) {
	for name, test := range map[string]struct {
		play   func([]event) []string
		events []event
		want   []string
	}{
		"register": {
			func(e []event) []string { return play(model.Register{}, e) },
			[]event{{"read", "null", "null"}, {"write", "7", "7"}, {"read", "null", "7"}, {"read", "null", "4"},
				{"read", "null", ""}, {"write", `"a"`, ""}, {"read", "null", `"a"`}, {"cas", "[1,2]", "[1,2]"}},
			[]string{"read → null", "write 7", "read → 7", "no: read → 4", "read → ?", `write "a"`, `read → "a"`,
				`event 16: register has no call "cas", it has [read write]`},
		},
		"cas-register": {
			func(e []event) []string { return play(model.Register{CAS: true}, e) },
			[]event{{"cas", "[null, 1]", "[null,1]"}, {"cas", "[1,2]", "[1,2]"}, {"read", "null", "2"},
				{"cas", "[1,3]", "[1,3]"}, {"cas", "[9,3]", ""}, {"read", "null", "2.0"}, {"cas", "3", "3"}},
			[]string{"cas null to 1", "cas 1 to 2", "read → 2", "no: cas 1 to 3", "cas 9 to 3", "read → 2",
				"event 16: cas wants [old, new], has 3"},
		},
		"multi-register": {
			func(e []event) []string { return play(model.MultiRegister{}, e) },
			[]event{
				{"txn", `[["r","x",null],["w","y",2]]`, `[["r","x",null],["w","y",2]]`},
				{"txn", `[["w","x",1],["r","x",null],["read",":y"]]`, `[["w","x",1],["r","x",1],["read",":y",null]]`},
				{"read", "null", `{"x":1,"y":2}`},
				{"write", `{"x":3,"y":3}`, ""},
				{"read", `{"x":null,"y":null}`, `{"x":3,"y":2}`},
				{"read", `[["r","x",null]]`, ""},
				{"txn", `[]`, `[]`},
				{"txn", `{"x":1}`, `{"x":1}`},
				{"cas", "[1,2]", "[1,2]"},
			},
			[]string{"read x → null, write y 2", "write x 1, read x → 1, read :y → null", "read x → 1, read y → 2",
				"write x 3, write y 3", "no: read x → 3, read y → 2", "read x → ?", "nothing",
				`event 16: txn wants [["r", register, null], ["w", register, v] …], has {"x":1}`,
				`event 16: multi-register has no call "cas", it has [txn read write]`},
		},
		"set": {
			func(e []event) []string { return play(model.Set{}, e) },
			[]event{{"read", "null", "[]"}, {"add", "2", "2"}, {"add", "1", "1"}, {"read", "null", "[2,1]"},
				{"contains", "1", "[1,true]"}, {"contains", "3", "[3,true]"}, {"remove", "1", "1"},
				{"remove", "1", "1"}, {"contains", "1", "[1,false]"}, {"read", "null", "[2,2]"},
				{"read", "null", "null"}, {"contains", "1", "[2,true]"}},
			[]string{"read → []", "add 2", "add 1", "read → [1 2]", "contains 1 → true", "no: contains 3 → true",
				"remove 1", "remove 1", "contains 1 → false", "no: read → [2 2]", "no: read → []",
				"event 17: contains wants [1, bool], has [2,true]"},
		},
		"fifo-queue": {
			func(e []event) []string { return play(model.Queue{}, e) },
			[]event{{"dequeue", "null", "null"}, {"enqueue", "1", "1"}, {"enqueue", "2", "2"}, {"dequeue", "null", "2"},
				{"dequeue", "null", "1"}, {"dequeue", "null", "null"}, {"dequeue", "null", ""},
				{"dequeue", "null", "null"}, {"enqueue", "null", "null"}},
			[]string{"dequeue → empty", "enqueue 1", "enqueue 2", "no: dequeue → 2", "dequeue → 1",
				"no: dequeue → empty", "dequeue → ?", "dequeue → empty",
				"event 16: enqueue wants a value other than null, has null"},
		},
		"stack": {
			func(e []event) []string { return play(model.Stack{}, e) },
			[]event{{"push", "1", "1"}, {"push", "2", "2"}, {"pop", "null", "1"}, {"pop", "null", "2"},
				{"pop", "null", "1"}, {"pop", "null", "null"}},
			[]string{"push 1", "push 2", "no: pop → 1", "pop → 2", "pop → 1", "pop → empty"},
		},
		"counter": {
			func(e []event) []string { return play(model.Counter{}, e) },
			[]event{{"read", "null", "0"}, {"add", "3", "3"}, {"add", "-1", ""}, {"read", "null", "2"},
				{"read", "null", "3"}, {"add", "0.5", "0.5"}},
			[]string{"read → 0", "add 3", "add -1", "read → 2", "no: read → 3",
				"event 16: add wants a whole number, has 0.5"},
		},
		"mutex": {
			func(e []event) []string { return play(model.Mutex{}, e) },
			[]event{{"release", "null", "null"}, {"acquire", "null", "null"}, {"acquire", "null", "null"},
				{"release", "null", "null"}, {"acquire", "null", ""}},
			[]string{"no: release", "acquire", "no: acquire", "release", "acquire → ?"},
		},
		"fenced-mutex": {
			func(e []event) []string { return play(model.Mutex{Fenced: true}, e) },
			[]event{{"acquire", "null", "5"}, {"release", "4", "4"}, {"release", "5", "5"}, {"acquire", "null", "5"},
				{"acquire", "null", ""}, {"release", "null", "null"}, {"acquire", "null", "6"},
				{"release", `"x"`, "null"}, {"acquire", "null", "null"}},
			[]string{"acquire → token 5", "no: release token 4", "release token 5", "no: acquire → token 5",
				"acquire → ?", "release", "acquire → token 6",
				`event 16: release wants null or a token, a whole number, has "x"`,
				"event 17: acquire wants to return a token, a whole number, or false, has null"},
		},
		"append-list": {
			func(e []event) []string { return play(model.AppendList{}, e) },
			[]event{{"append", "2", "2"}, {"append", "1", "1"}, {"read", "null", "[1,2]"}, {"read", "null", "[2,1]"},
				{"read", "null", "[ 2.0, 1 ]"}, {"read", "null", "[2,,1]"}, {"read", "null", `{"a":1}`}},
			[]string{"append 2", "append 1", "no: read → [1 2]", "read → [2 1]", "read → [2 1]",
				"event 17: read wants [v …], has [2,,1]", `event 17: read wants [v …], has {"a":1}`},
		},
		"kv": {
			func(e []event) []string { return play(model.Text{}, e) },
			[]event{{"get", "null", `""`}, {"append", `"a"`, `"a"`}, {"put", `"b\""`, ""}, {"append", `"c"`, `"c"`},
				{"get", "null", `"b\"c"`}, {"get", "null", ""}, {"get", "null", `"a"`}, {"put", "7", "7"},
				{"get", "null", "[]"}},
			[]string{`get → ""`, `append "a"`, `put "b\""`, `append "c"`, `get → "b\"c"`, "get → ?", `no: get → "a"`,
				"event 16: put wants a string, has 7", "event 17: get wants a string, has []"},
		},
		"unique-ids": {
			func(e []event) []string { return play(model.IDs{}, e) },
			[]event{{"generate", "null", "1"}, {"generate", "null", ""}, {"generate", "null", "1"},
				{"generate", "null", "2"}, {"generate", "null", "null"}},
			[]string{"generate → 1", "generate → ?", "no: generate → 1", "generate → 2",
				"event 17: generate wants to return an identifier, has null"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, test.play(test.events)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, info := range model.All() {
		if seen[info.Name] || info.Doc == "" || len(info.Calls) == 0 {
			t.Errorf("%+v: want a name of its own, a sentence and calls", info)
		}
		seen[info.Name] = true
	}
}

func TestParseValue(t *testing.T) {
	for raw, want := range map[string]model.Value{
		"": "null", "null": "null", "7": "7", "-7": "-7", "0": "0", "-0": "0", "7.0": "7", "1e3": "1000", "0.50": "0.5",
		"1e400":                          "1e400",
		"123456789012345678901234567890": "123456789012345678901234567890",
		` [ 1, 2.0 ] `:                   "[1,2]", `{"b": 1, "a": [2]}`: `{"a":[2],"b":1}`, `"\u0041<"`: `"A<"`,
		"true": "true",
	} {
		got, err := model.ParseValue([]byte(raw))
		if err != nil || got != want {
			t.Errorf("ParseValue(%q) = %q, %v, want %q", raw, got, err, want)
		}
	}
	for _, raw := range []string{"-", "+1", "--1", "nul", "[1", "01"} {
		if got, err := model.ParseValue([]byte(raw)); err == nil {
			t.Errorf("ParseValue(%q) = %q, want an error", raw, got)
		}
	}
}

// Canonical values are their own canonical form.
func TestParseValueTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tree := rapid.OneOf(
			rapid.Map(rapid.Int64(), func(n int64) any { return n }),
			rapid.Map(rapid.Float64(), func(f float64) any { return f }),
			rapid.Map(rapid.String(), func(s string) any { return s }),
			rapid.Map(rapid.SliceOf(rapid.Float64()), func(l []float64) any { return l }),
			rapid.Map(rapid.MapOf(rapid.String(), rapid.Int()), func(m map[string]int) any { return m }),
		).Draw(t, "value")
		raw, err := json.Marshal(tree)
		if err != nil {
			t.Skip(err)
		}
		once, err := model.ParseValue(raw)
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := model.ParseValue([]byte(once)); err != nil || twice != once {
			t.Fatalf("%s became %s, then %s (%v)", raw, once, twice, err)
		}
	})
}
