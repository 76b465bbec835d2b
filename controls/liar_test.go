package controls_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/history"
)

// register is a cluster of one correct register a key, which answers every call at once.
type register struct {
	values map[string]json.RawMessage
	ready  []history.Op
	now    time.Duration
	writes []string // in the order in which they took effect
}

func (r *register) Now() time.Duration { return r.now }

func (r *register) Invoke(op history.Op) {
	r.now += time.Millisecond
	op.Kind, op.Time = history.Ok, r.now
	switch op.F {
	case "write":
		r.values[op.Key] = op.Value
		r.writes = append(r.writes, op.Key+"="+string(op.Value))
	case "read":
		op.Value = r.values[op.Key]
	case "cas":
		op.Kind, op.Err = history.Fail, "mismatch"
	}
	r.ready = append(r.ready, op)
}

func (r *register) Next(context.Context, time.Duration) (history.Op, bool) {
	if len(r.ready) == 0 {
		return history.Op{}, false
	}
	op := r.ready[0]
	r.ready = r.ready[1:]
	return op, true
}

// play makes calls one after the other, and returns what the client was told.
func play(t *testing.T, lie string, calls []history.Op) (told []string, l *controls.Liar, r *register) {
	t.Helper()
	kind, ok := controls.Named(lie)
	if !ok {
		t.Fatalf("no lie %s", lie)
	}
	r = &register{values: map[string]json.RawMessage{"x": json.RawMessage("0"), "y": json.RawMessage("100")}}
	l = controls.NewLiar(r, kind, 1, 0)
	for i, op := range calls {
		op.Index, op.Final = 2*i, true // a final call is always lied about
		l.Invoke(op)
		done, ok := l.Next(context.Background(), 0)
		if !ok {
			t.Fatalf("call %d has no completion", i)
		}
		if again, ok := l.Next(context.Background(), 0); ok {
			t.Fatalf("call %d completed, and then %v", i, again)
		}
		text := fmt.Sprintf("%s %s %s", done.F, done.Value, done.Kind)
		told = append(told, text)
	}
	return told, l, r
}

func read(key string) history.Op         { return call("read", key, "null") }
func write(key, value string) history.Op { return call("write", key, value) }

func call(f, key, value string) history.Op {
	return history.Op{Process: 1, Kind: history.Invoke, F: f, Key: key, Value: json.RawMessage(value)}
}

func TestLies(t *testing.T) {
	for _, test := range []struct {
		lie   string
		calls []history.Op
		told  []string
		about []int // indices of the calls that were lied about
	}{
		{"stale-read", []history.Op{read("x"), write("x", "1"), read("x")},
			[]string{"read 0 ok", "write 1 ok", "read 0 ok"}, []int{4}},
		{"stale-read", []history.Op{write("x", "1"), read("x"), read("x")}, // nothing older was seen
			[]string{"write 1 ok", "read 1 ok", "read 1 ok"}, nil},
		{"other-key", []history.Op{read("x"), read("y")}, []string{"read 0 ok", "read 0 ok"}, []int{2}},
		{"lost-update", []history.Op{write("x", "1"), read("x")}, []string{"write 1 ok", "read 0 ok"}, []int{0}},
		{"false-failure", []history.Op{write("x", "1"), read("x")}, []string{"write 1 fail", "read 1 ok"}, []int{0}},
		{"false-success", []history.Op{call("cas", "x", "[7,8]"), read("x")},
			[]string{"cas [7,8] ok", "read 0 ok"}, []int{0}},
		{"torn-snapshot", []history.Op{read("x"), write("x", "1"), read("x")}, // one value has no parts
			[]string{"read 0 ok", "write 1 ok", "read 1 ok"}, nil},
	} {
		told, l, _ := play(t, test.lie, test.calls)
		if fmt.Sprint(told) != fmt.Sprint(test.told) {
			t.Errorf("%s: told %q, want %q", test.lie, told, test.told)
		}
		var about []int
		for _, lie := range l.Told() {
			about = append(about, lie.Call)
		}
		if fmt.Sprint(about) != fmt.Sprint(test.about) {
			t.Errorf("%s: lied about %v, want %v", test.lie, about, test.about)
		}
	}
}

// An update that is sent again takes effect after the updates that came between.
func TestDoubledUpdate(t *testing.T) {
	calls := append([]history.Op{write("x", "1")}, slices.Repeat([]history.Op{read("y")}, 6)...)
	_, _, r := play(t, "doubled-update", calls)
	if want := "[x=1 x=1]"; fmt.Sprint(r.writes) != want {
		t.Errorf("the writes were %v, want %v", r.writes, want)
	}
}

// Two reads that overlap get each other's answers, and both complete.
func TestSwappedReads(t *testing.T) {
	kind, _ := controls.Named("swapped-reads")
	r := &register{values: map[string]json.RawMessage{"x": json.RawMessage("0"), "y": json.RawMessage("100")}}
	l := controls.NewLiar(r, kind, 1, 0)
	for p, key := range []string{"x", "y"} {
		op := read(key)
		op.Process, op.Final = history.Process(p), true
		l.Invoke(op)
	}
	told := map[string]string{}
	for range 2 {
		op, ok := l.Next(context.Background(), 0)
		if !ok {
			t.Fatal("a read has no completion")
		}
		told[op.Key] = string(op.Value)
	}
	if told["x"] != "100" || told["y"] != "0" {
		t.Errorf("told %v", told)
	}
}

// A read that waits for another to be swapped with is told the truth when none comes.
func TestHeldReadIsReleased(t *testing.T) {
	told, l, _ := play(t, "swapped-reads", []history.Op{read("x")})
	if fmt.Sprint(told) != "[read 0 ok]" || len(l.Told()) != 0 {
		t.Errorf("told %v, with %d lies", told, len(l.Told()))
	}
}
