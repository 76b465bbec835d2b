package model_test

import (
	"encoding/json"
	"math/rand/v2"
	"strconv"
	"testing"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// walk takes m through random calls and holds it to its laws: M1, nothing is changed in place; M2,
// equal states have equal hashes and go to equal states; M4, a read-only call leaves the state as
// it is.
func walk[S, In, Out any](t *testing.T, m model.Model[S, In, Out], pool []event) {
	t.Helper()
	asker, _ := any(m).(model.Answerer[S, In, Out])
	r := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		s, twin := m.Init(), m.Init()
		for range 20 {
			e := pool[r.IntN(len(pool))]
			invocation := &history.Op{F: e.f, Process: history.Process(r.IntN(2)), Value: json.RawMessage(e.asked)}
			var completion *history.Op
			if r.IntN(4) > 0 {
				completion = &history.Op{F: e.f, Value: json.RawMessage(e.got)}
			}
			in, out, err := m.Call(invocation, completion)
			if err != nil {
				t.Fatal(err)
			}
			result := &out
			if completion == nil {
				result = nil
			}
			before := m.Hash(s)
			next, other := m.Step(nil, s, in, result), m.Step(nil, twin, in, result)
			if m.Hash(s) != before || !m.Equal(s, twin) {
				t.Fatalf("%s changes the state it is given", m.Describe(in, result))
			}
			if len(next) != len(other) {
				t.Fatalf("%s goes to %d states, and to %d from an equal state", m.Describe(in, result), len(next),
					len(other))
			}
			for i := range next {
				if !m.Equal(next[i], other[i]) || m.Hash(next[i]) != m.Hash(other[i]) {
					t.Fatalf("%s goes to unequal states from equal ones", m.Describe(in, result))
				}
				if m.ReadOnly(in, result) && !m.Equal(next[i], s) {
					t.Fatalf("%s is said to be read-only and is not", m.Describe(in, result))
				}
			}
			if asker != nil {
				if answer, depends := asker.Answer(s, in); depends && len(m.Step(nil, s, in, &answer)) == 0 {
					t.Fatalf("%s is the answer, but is refused", m.Describe(in, &answer))
				}
			}
			if len(next) > 0 {
				s, twin = next[0], other[0]
			}
		}
	}
}

func TestLaws(t *testing.T) {
	register := []event{{"read", "null", "1"}, {"read", "null", "null"}, {"write", "1", "1"}, {"write", "2", "2"}}
	walk(t, model.Register{}, register)
	walk(t, model.Register{CAS: true}, append(register, event{"cas", "[1,2]", "[1,2]"}, event{"cas", "[2,2]", "[2,2]"}))
	walk(t, model.MultiRegister{}, []event{{"txn", `[["r","x",null],["w","y",1]]`, `[["r","x",null],["w","y",1]]`},
		{"txn", `[["w","x",2],["r","x",null],["w","x",null]]`, `[["w","x",2],["r","x",2],["w","x",null]]`},
		{"txn", "[]", "[]"},
		{"write", `{"x":1,"y":2}`, "null"}, {"read", "null", `{"x":1,"y":2}`}, {"read", `{"y":null}`, `{"y":2}`}})
	walk(t, model.Set{}, []event{{"add", "1", "1"}, {"add", "2", "2"}, {"remove", "1", "1"},
		{"contains", "1", "[1,true]"}, {"contains", "2", "[2,false]"}, {"read", "null", "[1]"},
		{"read", "null", "[2,1]"}})
	walk(t, model.Queue{}, []event{{"enqueue", "1", "1"}, {"enqueue", "2", "2"}, {"dequeue", "null", "1"},
		{"dequeue", "null", "2"}, {"dequeue", "null", "null"}})
	walk(t, model.Bag{}, []event{{"enqueue", "1", "1"}, {"enqueue", "2", "2"}, {"dequeue", "null", "1"},
		{"dequeue", "null", "2"}, {"dequeue", "null", "null"}})
	walk(t, model.Stack{}, []event{{"push", "1", "1"}, {"push", "2", "2"}, {"pop", "null", "1"}, {"pop", "null", "2"},
		{"pop", "null", "null"}})
	walk(t, model.Counter{}, []event{{"add", "1", "1"}, {"add", "-1", "-1"}, {"add", "0", "0"}, {"read", "null", "0"},
		{"read", "null", "1"}})
	walk(t, model.Mutex{}, []event{{"acquire", "null", "null"}, {"release", "null", "null"}})
	walk(t, model.Mutex{Fenced: true}, []event{{"acquire", "null", "1"}, {"acquire", "null", "2"},
		{"release", "null", "null"}, {"release", "1", "1"}})
	walk(t, model.AppendList{}, []event{{"append", "1", "1"}, {"append", "2", "2"}, {"read", "null", "[]"},
		{"read", "null", "[1]"}, {"read", "null", "[1,2]"}})
	walk(t, model.Text{}, []event{{"put", `"a"`, `"a"`}, {"append", `"b"`, `"b"`}, {"append", `""`, `""`},
		{"get", "null", `""`}, {"get", "null", `"ab"`}, {"get", "null", "null"}})
	walk(t, model.Deterministic[int, string, int]{Type: "odometer",
		Read: func(invocation, completion *history.Op) (string, int, error) {
			if completion == nil {
				return invocation.F, 0, nil
			}
			n, err := strconv.Atoi(string(completion.Value))
			return invocation.F, n, err
		},
		Apply: func(s int, in string) (int, int) {
			if in == "drive" {
				s++
			}
			return s, s
		}}, []event{{"drive", "null", "1"}, {"drive", "null", "2"}, {"read", "null", "1"}, {"read", "null", "2"}})
	walk(t, model.IDs{}, []event{{"generate", "null", "1"}, {"generate", "null", "2"}, {"generate", "null", "3"}})
}

// Whatever stands in a file, a value is read into its canonical form or refused, and that form is
// its own.
func FuzzParseValue(f *testing.F) {
	for _, seed := range []string{`1.50`, `[1, {"b": -0, "a": "\u0000"}]`, `1e999`, `"`, `[[[[`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		once, err := model.ParseValue(raw)
		if err != nil {
			return
		}
		if twice, err := model.ParseValue([]byte(once)); err != nil || twice != once {
			t.Fatalf("%q became %q, then %q (%v)", raw, once, twice, err)
		}
	})
}
