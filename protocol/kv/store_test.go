package kv_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

var _ protocol.Machine = kv.New()

// result applies or queries c and decodes the answer.
func result(t testing.TB, f func([]byte) []byte, c kv.Command) kv.Result {
	t.Helper()
	r, err := kv.DecodeResult(f(c.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// say writes a result as the tables do: the value, "ok" for the call's own, or the error.
func say(r kv.Result) string {
	switch {
	case !r.OK:
		return r.Err
	case r.Value == nil:
		return "ok"
	default:
		return string(r.Value)
	}
}

type step struct{ object, f, key, value, want string }

func TestObjects(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []step
	}{
		{"register", []step{
			{"register", "read", "x", "", "null"},
			{"register", "write", "x", "1", "ok"},
			{"register", "read", "x", "null", "1"},
			{"register", "read", "y", "", "null"},
			{"register", "write", "x", `{"a":[1,2]}`, "ok"},
			{"register", "read", "x", "", `{"a":[1,2]}`},
			{"register", "write", "x", "", "ok"},
			{"register", "read", "x", "", "null"},
			{"register", "cas", "x", "[null,1]", `register has no call "cas": it has read, write`},
		}},
		{"cas-register shares the register's storage", []step{
			{"cas-register", "cas", "x", "[1,2]", "cas mismatch"},
			{"cas-register", "cas", "x", "[null,1]", "ok"},
			{"register", "read", "x", "", "1"},
			{"cas-register", "cas", "x", "[2,3]", "cas mismatch"},
			{"cas-register", "cas", "x", `[1,"a,\"]"]`, "ok"},
			{"cas-register", "read", "x", "", `"a,\"]"`},
			{"cas-register", "cas", "x", `["a,\"]",[[1,2],{"b":3}]]`, "ok"},
			{"cas-register", "cas", "x", `[[[1,2],{"b":3}],7]`, "ok"},
			{"register", "write", "x", "8", "ok"},
			{"cas-register", "read", "x", "", "8"},
			{"cas-register", "cas", "x", "8", "cas wants [old, new]"},
			{"cas-register", "cas", "x", "[8]", "cas wants [old, new]"},
			{"cas-register", "cas", "x", "[8,9,10]", "cas wants [old, new]"},
		}},
		{"append-list", []step{
			{"append-list", "read", "x", "", "[]"},
			{"append-list", "append", "x", "1", "ok"},
			{"append-list", "append", "x", `"b"`, "ok"},
			{"append-list", "append", "x", "1", "ok"},
			{"append-list", "read", "x", "", `[1,"b",1]`},
			{"append-list", "read", "y", "", "[]"},
		}},
		{"set", []step{
			{"set", "read", "x", "", "[]"},
			{"set", "contains", "x", "1", "[1,false]"},
			{"set", "add", "x", "10", "ok"},
			{"set", "add", "x", "9", "ok"},
			{"set", "add", "x", "10", "ok"},
			{"set", "add", "x", "100", "ok"},
			{"set", "read", "x", "", "[9,10,100]"},
			{"set", "contains", "x", "10", "[10,true]"},
			{"set", "remove", "x", "10", "ok"},
			{"set", "remove", "x", "10", "ok"},
			{"set", "contains", "x", "10", "[10,false]"},
			{"set", "read", "x", "", "[9,100]"},
		}},
		{"counter", []step{
			{"counter", "read", "x", "", "0"},
			{"counter", "add", "x", "5", "ok"},
			{"counter", "add", "x", "-7", "ok"},
			{"counter", "read", "x", "", "-2"},
			{"counter", "add", "x", "1.5", "add wants a whole number"},
			{"counter", "add", "x", "", "add wants a whole number"},
			{"counter", "add", "x", "-9223372036854775807", "counter would overflow"},
			{"counter", "add", "y", "9223372036854775807", "ok"},
			{"counter", "add", "y", "1", "counter would overflow"},
			{"counter", "read", "x", "", "-2"},
		}},
		{"fifo-queue", []step{
			{"fifo-queue", "dequeue", "x", "", "queue is empty"},
			{"fifo-queue", "enqueue", "x", "1", "ok"},
			{"fifo-queue", "enqueue", "x", "2", "ok"},
			{"fifo-queue", "dequeue", "x", "", "1"},
			{"fifo-queue", "dequeue", "y", "", "queue is empty"},
			{"fifo-queue", "dequeue", "x", "", "2"},
			{"fifo-queue", "dequeue", "x", "", "queue is empty"},
		}},
		{"fenced-mutex", []step{
			{"fenced-mutex", "release", "x", "1", "token is not the holder's"},
			{"fenced-mutex", "release", "x", "", "release wants a token"},
			{"fenced-mutex", "acquire", "x", "", "1"},
			{"fenced-mutex", "acquire", "x", "", "mutex is held"},
			{"fenced-mutex", "release", "x", "2", "token is not the holder's"},
			{"fenced-mutex", "release", "x", "1", "ok"},
			{"fenced-mutex", "release", "x", "1", "token is not the holder's"},
			{"fenced-mutex", "acquire", "x", "", "2"},
			{"fenced-mutex", "release", "x", "1", "token is not the holder's"},
		}},
		{"unique-ids", []step{
			{"unique-ids", "generate", "", "", "1"},
			{"unique-ids", "generate", "", "", "2"},
		}},
		{"unknown", []step{
			{"stick", "read", "", "", `no object "stick": there are append-list, cas-register, counter, ` +
				`fenced-mutex, fifo-queue, register, set, unique-ids`},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := kv.New()
			for i, s := range test.steps {
				c := kv.Command{Object: s.object, F: s.f, Key: s.key, Value: []byte(s.value)}
				if kv.ReadOnly(s.object, s.f) { // K3
					before := store.Snapshot()
					if got := say(result(t, store.Query, c)); got != s.want {
						t.Errorf("step %d: query of %s %s: %s, want %s", i, s.f, s.value, got, s.want)
					}
					if diff := cmp.Diff(before, store.Snapshot()); diff != "" {
						t.Errorf("step %d: a query changed the state:\n%s", i, diff)
					}
				}
				before := store.Snapshot()
				r := result(t, store.Apply, c)
				if got := say(r); got != s.want {
					t.Errorf("step %d: %s %s: %s, want %s", i, s.f, s.value, got, s.want)
				}
				if diff := cmp.Diff(before, store.Snapshot()); !r.OK && diff != "" { // K4
					t.Errorf("step %d: a failed call changed the state:\n%s", i, diff)
				}
			}
		})
	}
}

func TestSessions(t *testing.T) { // K2
	store := kv.New()
	add := func(session string, seq uint64) string {
		return say(result(t, store.Apply, kv.Command{Session: session, Seq: seq, Object: "unique-ids", F: "generate"}))
	}
	for i, step := range []struct {
		session string
		seq     uint64
		want    string
	}{
		{"a", 1, "1"},
		{"a", 1, "1"},
		{"b", 1, "2"},
		{"a", 3, "3"},
		{"a", 2, "session has gone past this request"},
		{"a", 1, "session has gone past this request"},
		{"a", 3, "3"},
		{"b", 1, "2"},
		{"", 1, "4"},
		{"", 1, "5"},
	} {
		if got := add(step.session, step.seq); got != step.want {
			t.Errorf("step %d: request %d of session %q: %s, want %s", i, step.seq, step.session, got, step.want)
		}
	}
	late := kv.Command{Session: "a", Seq: 1, Object: "unique-ids", F: "generate"}
	if r := result(t, store.Apply, late); r.OK || !r.Superseded {
		t.Errorf("a request that the session has gone past: %+v, want superseded", r)
	}
}

func TestRepeatedFailure(t *testing.T) { // K2: the result of the first, even where now it would succeed
	store := kv.New()
	take := kv.Command{Session: "a", Seq: 1, Object: "fifo-queue", F: "dequeue"}
	first := result(t, store.Apply, take)
	result(t, store.Apply, kv.Command{Object: "fifo-queue", F: "enqueue", Value: []byte("1")})
	if diff := cmp.Diff(first, result(t, store.Apply, take)); diff != "" || first.OK {
		t.Errorf("a failed request repeated (-first +second):\n%s", diff)
	}
}

func TestQueryRefusesChanges(t *testing.T) { // K3
	store := kv.New()
	c := kv.Command{Object: "register", F: "write", Value: []byte("1")}
	if r := result(t, store.Query, c); r.OK || r.Err != "not a query: the call changes the object" {
		t.Errorf("query of a write: %+v", r)
	}
	for name, f := range map[string]func([]byte) []byte{"apply": store.Apply, "query": store.Query} {
		if r, err := kv.DecodeResult(f([]byte("nonsense"))); err != nil || r.OK || r.Err != "not a command" {
			t.Errorf("%s of nonsense: %+v, %v", name, r, err)
		}
	}
}

func TestCompact(t *testing.T) {
	for _, test := range []struct{ in, want, err string }{
		{"", "null", ""},
		{" [ 1, 2 ]\n", "[1,2]", ""},
		{`"a b"`, `"a b"`, ""},
		{"[1", "", "value is not JSON: unexpected end of JSON input"},
		{"1 2", "", "value is not JSON: invalid character '2' after top-level value"},
	} {
		got, err := kv.Compact([]byte(test.in))
		if string(got) != test.want || fmt.Sprint(err) != test.err && (err != nil || test.err != "") {
			t.Errorf("Compact(%q) = %q, %v; want %q, %s", test.in, got, err, test.want, test.err)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	store := kv.New()
	c := kv.Command{Session: "2026-11-22/7", Object: "cas-register", F: "write", Key: "x", Value: []byte("123")}
	commands := make([][]byte, 1000)
	for i := range commands {
		c.Seq = uint64(i + 1)
		commands[i] = c.Encode()
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if i%len(commands) == 0 {
			store = kv.New()
		}
		store.Apply(commands[i%len(commands)])
	}
}

func BenchmarkEncode(b *testing.B) {
	c := kv.Command{Session: "2026-11-22/7", Seq: 77, Object: "cas-register", F: "write", Key: "x", Value: []byte("123")}
	b.ReportAllocs()
	for b.Loop() {
		c.Encode()
	}
}
