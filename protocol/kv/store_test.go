package kv_test

import (
	"fmt"
	"strings"
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
			{"cas-register", "cas", "x", "[1,2]", "[1,2,false]"},
			{"cas-register", "cas", "x", "[null,1]", "ok"},
			{"register", "read", "x", "", "1"},
			{"cas-register", "cas", "x", "[2,3]", "[2,3,false]"},
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
			{"fifo-queue", "dequeue", "x", "", "null"},
			{"fifo-queue", "enqueue", "x", "1", "ok"},
			{"fifo-queue", "enqueue", "x", "2", "ok"},
			{"fifo-queue", "dequeue", "x", "", "1"},
			{"fifo-queue", "dequeue", "y", "", "null"},
			{"fifo-queue", "dequeue", "x", "", "2"},
			{"fifo-queue", "dequeue", "x", "", "null"},
		}},
		{"fenced-mutex", []step{
			{"fenced-mutex", "release", "x", "1", "token is not the holder's"},
			{"fenced-mutex", "release", "x", "", "release wants a token"},
			{"fenced-mutex", "acquire", "x", "", "1"},
			{"fenced-mutex", "acquire", "x", "", "false"},
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
		{"list-append shares the append-list's storage", []step{
			{"list-append", "txn", "",
				`[["append","x",1],["r","x",null],["r",7,null],["append",7,[2]],["append","x",3]]`,
				`[["append","x",1],["r","x",[1]],["r",7,[]],["append",7,[2]],["append","x",3]]`},
			{"append-list", "append", "x", "4", "ok"},
			{"list-append", "txn", "", `[["r","\u0078",null],["r","7",null]]`,
				`[["r","\u0078",[1,3,4]],["r","7",[[2]]]]`},
			{"append-list", "read", "x", "", "[1,3,4]"},
			{"list-append", "txn", "", `[["append","y",1],["append","y",2]]`, "ok"},
			{"list-append", "txn", "", "[]", "ok"},
			{"list-append", "read", "x", "", `list-append has no call "read": it has txn`},
		}},
		{"a transaction with a bad micro-operation does nothing", []step{
			{"list-append", "txn", "", `[["append","x",1],["w","x",1]]`,
				`micro-operation 2 of 2 is ["w","x",1]: want [["r",key,null],["append",key,value] ...]`},
			{"list-append", "txn", "", `[["append","x",1],["r","x",1]]`,
				`micro-operation 2 of 2 is ["r","x",1]: want [["r",key,null],["append",key,value] ...]`},
			{"list-append", "txn", "", `[["append","x",1],["append",["x"],1]]`,
				`micro-operation 2 of 2 is ["append",["x"],1]: want [["r",key,null],["append",key,value] ...]`},
			{"rw-register", "txn", "", `[["w","x",1],["w","x"]]`,
				`micro-operation 2 of 2 is ["w","x"]: want [["r",key,null],["w",key,value] ...]`},
			{"rw-register", "txn", "", `{"w":["x",1]}`,
				`txn wants [["r",key,null],["w",key,value] ...], not {"w":["x",1]}`},
			{"rw-register", "txn", "x", `[]`, "txn names its keys in its value: want no other key"},
			{"rw-register", "txn", "", `[7]`, `micro-operation 1 of 1 is 7: want [["r",key,null],["w",key,value] ...]`},
			{"rw-register", "txn", "", `["` + strings.Repeat("x", 70) + `"]`, `micro-operation 1 of 1 is "` +
				strings.Repeat("x", 59) + ` ...: want [["r",key,null],["w",key,value] ...]`},
			{"rw-register", "txn", "", `[["r","x",null]]`, `[["r","x",null]]`},
			{"append-list", "read", "x", "", "[]"},
		}},
		{"rw-register shares the register's storage", []step{
			{"rw-register", "txn", "", `[["r","x",null],["w","x",1],["r","x",null],["w","y",2]]`,
				`[["r","x",null],["w","x",1],["r","x",1],["w","y",2]]`},
			{"register", "read", "y", "", "2"},
			{"register", "write", "x", `"a, b]"`, "ok"},
			{"rw-register", "txn", "", `[["r","x",null],["r","y",null]]`, `[["r","x","a, b]"],["r","y",2]]`},
		}},
		{"bank", []step{
			{"bank", "read", "", "", `{"0":10,"1":10,"2":10,"3":10,"4":10,"5":10,"6":10,"7":10}`},
			{"bank", "transfer", "", `{"from":0,"to":"7","amount":4}`, "ok"},
			{"bank", "transfer", "", `{"from":"0","to":1,"amount":6}`, "ok"},
			{"bank", "transfer", "", `{"from":0,"to":1,"amount":1}`, "not enough in the account"},
			{"bank", "read", "", "", `{"0":0,"1":16,"2":10,"3":10,"4":10,"5":10,"6":10,"7":14}`},
			{"bank", "read", "", `[7,"1",1]`, `{"7":14,"1":16}`},
			{"bank", "read", "", `[]`, `{}`},
			{"bank", "withdraw", "7", "5", "ok"},
			{"bank", "withdraw", "7", "10", "not enough in the account"},
			{"bank", "deposit", "2", "5", "ok"},
			{"bank", "read", "", `[2,7]`, `{"2":15,"7":9}`},
			{"bank", "transfer", "", `{"from":0,"to":8,"amount":1}`, `no account "8": there are 0 to 7`},
			{"bank", "transfer", "", `{"from":1,"to":1,"amount":1}`, "transfer wants two accounts"},
			{"bank", "transfer", "", `{"from":1,"to":2,"amount":0}`, "amount wants a whole number from 1, not 0"},
			{"bank", "transfer", "", `{"from":1,"amount":2}`,
				`transfer wants {"from":account,"to":account,"amount":number}, not {"from":1,"amount":2}`},
			{"bank", "deposit", "01", "5", `no account "01": there are 0 to 7`},
			{"bank", "deposit", "1", "99999999999", `amount wants a whole number from 1, not 99999999999`},
			{"bank", "read", "", `"1"`, `read wants null or a list of accounts, not "1"`},
		}},
		{"unknown", []step{
			{"stick", "read", "", "", `no object "stick": there are append-list, bank, cas-register, counter, ` +
				`fenced-mutex, fifo-queue, list-append, register, rw-register, set, unique-ids`},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			store := kv.New()
			for i, s := range test.steps {
				c := kv.Command{Object: s.object, F: s.f, Key: s.key, Value: []byte(s.value)}
				before := store.Snapshot()
				if got := say(result(t, store.Query, c)); got != s.want { // K3
					t.Errorf("step %d: query of %s %s: %s, want %s", i, s.f, s.value, got, s.want)
				}
				if diff := cmp.Diff(before, store.Snapshot()); diff != "" {
					t.Errorf("step %d: a query changed the state:\n%s", i, diff)
				}
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

func TestRepeatedEmpty(t *testing.T) { // K2: the result of the first, even where now it would be another
	store := kv.New()
	take := kv.Command{Session: "a", Seq: 1, Object: "fifo-queue", F: "dequeue"}
	first := result(t, store.Apply, take)
	result(t, store.Apply, kv.Command{Object: "fifo-queue", F: "enqueue", Value: []byte("1")})
	if diff := cmp.Diff(first, result(t, store.Apply, take)); diff != "" || string(first.Value) != "null" {
		t.Errorf("a dequeue of nothing repeated (-first +second):\n%s", diff)
	}
}

func TestNonsenseIsRefused(t *testing.T) {
	store := kv.New()
	for name, f := range map[string]func([]byte) []byte{"apply": store.Apply, "query": store.Query} {
		if r, err := kv.DecodeResult(f([]byte("nonsense"))); err != nil || r.OK || r.Err != "not a command" {
			t.Errorf("%s of nonsense: %+v, %v", name, r, err)
		}
	}
}

func TestReadOnly(t *testing.T) {
	for _, test := range []struct {
		object, f, value string
		want             bool
	}{
		{"register", "read", "null", true},
		{"register", "write", "1", false},
		{"list-append", "txn", `[["r","x",null],["r","y",null]]`, true},
		{"list-append", "txn", `[["r","x",null],["append","y",1]]`, false},
		{"list-append", "txn", `[]`, true},
		{"rw-register", "txn", `[["w","x",1]]`, false},
		{"rw-register", "txn", `nonsense`, false},
		{"bank", "read", "null", true},
		{"bank", "transfer", `{"from":0,"to":1,"amount":1}`, false},
		{"stick", "read", "null", false},
	} {
		if got := (kv.Command{Object: test.object, F: test.f, Value: []byte(test.value)}).ReadOnly(); got != test.want {
			t.Errorf("%s of %s %s is read-only: %v", test.f, test.object, test.value, got)
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
	c := kv.Command{Session: "2026-11-22/7", Seq: 77, Object: "cas-register", F: "write", Key: "x",
		Value: []byte("123")}
	b.ReportAllocs()
	for b.Loop() {
		c.Encode()
	}
}
