package weak_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// replicas reads calls from lines "node f value [→ result]", each of a process of its own and after
// the one before; "?" for a result is an unknown outcome.
func replicas(t *testing.T, text string) *history.History {
	t.Helper()
	var ops []history.Op
	add := func(op history.Op) {
		op.Time = time.Duration(len(ops)) * time.Millisecond
		ops = append(ops, op)
	}
	for i, line := range strings.Split(text, "; ") {
		w := strings.Fields(line)
		op := history.Op{Process: history.Process(i), F: w[1], Value: []byte(w[2]), Node: history.NodeID(w[0]),
			Final: w[1] == "read"}
		add(op)
		op.Kind = history.Ok
		if w[len(w)-1] == "?" {
			op.Kind = history.Info
		} else {
			op.Value = []byte(w[len(w)-1])
		}
		add(op)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// TestEventual tells stories of replicas, each with the kind of evidence that convicts it; "" where
// none does, "?" where nothing can be said.
func TestEventual(t *testing.T) { // W8
	for _, test := range []struct{ name, model, calls, want string }{
		{"the later write wins", "register", "a write 1; b write 2; a read null 2; b read null 2", ""},
		{"of two that did not know of each other the earlier may win", "register",
			"a write 1; b write 2; a read null 1; b read null 1", ""},
		{"a write replaces what its node wrote", "register", "a write 1; a write 2; b read null 1; a read null 1",
			"lost-update"},
		{"and what its node showed", "register", "a write 1; b read null 1; b write 2; a read null 1", "lost-update"},
		{"a value may be written twice", "register", "a write 1; a write 2; b write 1; a read null 1", ""},
		{"and may be shown of either write", "register",
			"a write 1; c write 1; b read null 1; b write 2; a read null 1", ""},
		{"a replaced write of unknown outcome", "register", "a write 1 ?; b read null 1; b write 2; a read null 1",
			"lost-update"},
		{"nothing is left of a write", "register", "a write 1; a read null null", "lost-update"},
		{"a write of unknown outcome may have had no effect", "register", "a write 1 ?; a read null null", ""},
		{"nobody wrote it", "register", "a write 1; a read null 3", "value-from-nowhere"},
		{"replicas differ", "register", "a write 1; b write 2; a read null 1; b read null 2", "diverged"},
		{"a write comes late", "register", "a write 1; b write 2 ?; a read null 1; b read null 2", ""},
		{"or to one replica", "register", "a write 1; b write 2 ?; b read null 2; a read null 1", "?"},
		{"a cas replaces", "cas-register", "a write 1; b cas [1,2] [1,2]; b write 3; a read null 2", "lost-update"},

		{"everything is there", "set", "a add 1; b add 2; a read null [1,2]; b read null [2,1]", ""},
		{"an element is lost", "set", "a add 1; b add 2; a read null [2]", "lost-update"},
		{"an addition of unknown outcome may have had no effect", "set", "a add 1 ?; b add 2; a read null [2]", ""},
		{"nobody added it", "set", "a add 1; a read null [1,2]", "value-from-nowhere"},
		{"nobody added what was removed", "set", "a remove 1; a read null [1]", "value-from-nowhere"},
		{"a removal where it was added", "set", "a add 1; a remove 1; b read null [1]", "resurrected"},
		{"a removal where it was seen", "set", "a add 1; b read null [1]; b remove 1; b read null [1]", "resurrected"},
		{"a removal where one element was seen", "set", "a add 1; b contains 1 [1,true]; b remove 1; b read null [1]",
			"resurrected"},
		{"a removal that did not know of it", "set",
			"a add 1; b contains 1 [1,false]; b remove 1; b read null [1]", ""},
		{"a removal of unknown outcome", "set", "a add 1; a remove 1 ?; b read null [1]", ""},
		{"it may be gone as well", "set", "a add 1; b remove 1; b read null []", ""},
		{"another addition that the removal did not know of", "set",
			"a add 1; b add 1; a remove 1; b read null [1]", ""},
		{"another addition that it did", "set", "a add 1; a add 1; a remove 1; b read null [1]", "resurrected"},
		{"added again where it was removed", "set", "a add 1; a remove 1; a add 1; b read null []", "lost-update"},
		{"added again elsewhere", "set", "a add 1; a remove 1; b add 1; b read null []", ""},
		{"replicas differ in what came late", "set", "a add 1; b add 2 ?; a read null [1]; b read null [1,2]", "?"},
		{"replicas differ in what did not", "set", "a add 1; b remove 1; a add 2 ?; a read null [1]; b read null [2]",
			"diverged"},

		{"the sum", "counter", "a add 1; b add 2; a read null 3; b read null 3", ""},
		{"an addition is lost", "counter", "a add 1; b add 2; a read null 2", "wrong-sum"},
		{"an addition counts twice", "counter", "a add 1; b add 2; a read null 4", "wrong-sum"},
		{"additions of unknown outcome", "counter", "a add 1; b add 2 ?; b add 4 ?; a read null 5", ""},
		{"no two of them make this", "counter", "a add 1; b add 2 ?; b add 4 ?; a read null 4", "wrong-sum"},
		{"subtractions", "counter", "a add 1; b add -2 ?; b add 3 ?; a read null -1", ""},
		{"one replica knows of more", "counter", "a add 1; b add 2 ?; a read null 1; b read null 3", "?"},
		{"a certain sum differs", "counter", "a add 0; a read null 0; b read null 1", "wrong-sum"},

		{"an appended element is lost", "append-list", "a append 1; b append 2; a read null [2]", "lost-update"},
		{"an element is there twice", "append-list", "a append 1; b append 2; a read null [1,2,1]", "duplicate"},
		{"nobody appended it", "append-list", "a append 1; a read null [1,3]", "value-from-nowhere"},
		{"two orders", "append-list", "a append 1; b append 2; a read null [1,2]; b read null [2,1]", "diverged"},

		{"nobody reads", "set", "a add 1; b read null []; b add 2", "?"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := weak.New(weak.Eventual, test.model)
			if err != nil {
				t.Fatal(err)
			}
			r := c.Check(t.Context(), replicas(t, test.calls))
			got := map[checker.Verdict]string{checker.Valid: "", checker.Unknown: "?"}[r.Verdict]
			if r.Verdict == checker.Invalid {
				got = r.Evidence[0].Kind
			}
			if got != test.want {
				t.Errorf("%s: %q, want %q", test.calls, got, test.want)
			}
		})
	}
}

// oneCopy makes a history of one copy of an object: every call takes effect at once when it begins
// or when it ends, and one in eight is never answered. Every process asks any node.
func oneCopy(t *testing.T, seed uint64, modelName string) *history.History {
	t.Helper()
	draw := rand.New(rand.NewPCG(seed, 8))
	register, sum, set := "null", 0, map[int]bool{}
	initial := ""
	if seed%2 == 0 {
		register, sum, set = "3", 7, map[int]bool{2: true, 9: true}
		initial = map[string]string{"register": "3", "counter": "7", "set": "[9,2]"}[modelName]
	}
	effect := func(op *history.Op) string {
		var n int
		if op.F != "read" {
			n, _ = strconv.Atoi(string(op.Value))
		}
		switch modelName + " " + op.F {
		case "register write":
			register = string(op.Value)
		case "counter add":
			sum += n
		case "set add":
			set[n] = true
		case "set remove":
			delete(set, n)
		case "register read":
			return register
		case "counter read":
			return strconv.Itoa(sum)
		case "set read":
			text, err := json.Marshal(slices.Sorted(maps.Keys(set)))
			if err != nil {
				t.Fatal(err)
			}
			return strings.Replace(string(text), "null", "[]", 1)
		}
		return string(op.Value)
	}
	updates := map[string][]string{"register": {"write"}, "counter": {"add"},
		"set": {"add", "add", "remove"}}[modelName]
	var ops []history.Op
	add := func(op history.Op) {
		op.Time = time.Duration(len(ops)) * time.Millisecond
		ops = append(ops, op)
	}
	under := map[history.Process]history.Op{}
	answers := map[history.Process]string{}
	next := history.Process(3) // after an unknown outcome (H4)
	free := []history.Process{0, 1, 2}
	for i := range 30 {
		place := draw.IntN(len(free))
		p := free[place]
		op, busy := under[p]
		switch {
		case busy:
			if answers[p] == "" {
				answers[p] = effect(&op)
			}
			op.Kind, op.Value = history.Ok, []byte(answers[p])
			if draw.IntN(8) == 0 {
				op.Kind, op.Value = history.Info, under[p].Value
				free[place], next = next, next+1
			}
			add(op)
			delete(under, p)
		default:
			op = history.Op{Process: p, F: "read", Value: []byte("null"),
				Node: history.NodeID("n" + strconv.Itoa(draw.IntN(2)))}
			if i < 20 && draw.IntN(3) > 0 {
				op.F, op.Value = updates[draw.IntN(len(updates))], []byte(strconv.Itoa(draw.IntN(4)))
			}
			add(op)
			under[p], answers[p] = op, ""
			if draw.IntN(2) == 0 {
				answers[p] = effect(&op)
			}
		}
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	if initial != "" {
		h.Initial.All = json.RawMessage(initial)
	}
	return h
}

// A linearizable history is never convicted of not having converged.
func TestOneCopyConverges(t *testing.T) {
	for _, modelName := range []string{"register", "counter", "set"} {
		c, err := weak.New(weak.Eventual, modelName)
		if err != nil {
			t.Fatal(err)
		}
		valid := 0
		for seed := range uint64(3000) {
			h := oneCopy(t, seed, modelName)
			switch r := c.Check(t.Context(), h); r.Verdict {
			case checker.Invalid:
				t.Fatalf("%s, seed %d: %v", modelName, seed, r.Evidence[0])
			case checker.Valid:
				valid++
			}
		}
		if valid < 1000 {
			t.Errorf("%s: something is said of %d histories only", modelName, valid)
		}
	}
}

// TestFinalReads tells which reads accuse: those that are marked "!", or that begin so long after
// the last update and the last fault. Calls are of one process each, begin a second after the one
// before, and are told as in replicas, without nodes.
func TestFinalReads(t *testing.T) { // W8
	const never = -1
	for _, test := range []struct {
		name, model, calls string
		settle             time.Duration
		want               checker.Verdict
	}{
		{"nothing says that the read is final", "register", "write 1; read null", never, checker.Unknown},
		{"it is marked", "register", "write 1; read! null", never, checker.Invalid},
		{"another is marked", "register", "write 1; read null; read! 1", never, checker.Valid},
		{"it began soon enough to be stale", "register", "write 1; read null; read 1", 3 * time.Second / 2,
			checker.Valid},
		{"it began too late for that", "register", "write 1; read null; read 1", time.Second / 2, checker.Invalid},
		{"no read began so late", "register", "write 1; read null; read 1", time.Minute, checker.Unknown},
		{"a marked one needs no time", "register", "write 1; read! null", time.Minute, checker.Invalid},
		{"a marked read before an update is not final", "register", "read! null; write 1; read 1", never,
			checker.Unknown},
		{"all clients agree in the end", "set", "add 1; add 2; read [2]; 3 read [1,2]; 2 read [2,1]", never,
			checker.Valid},
		{"a client never sees it", "set", "add 1; add 2; read [2]; read [1,2]", never, checker.Unknown},
		{"the one client goes back", "register", "write 1; write 2; read 2; 2 read 1", never, checker.Unknown},
		{"a sum that lags", "counter", "add 1; read 0", never, checker.Unknown},
		{"a sum that lagged", "counter", "add 1; read 0; 1 read 1", never, checker.Valid},
		{"a lag explains no value that nobody wrote", "register", "write 1; read 7", never, checker.Invalid},
		{"nor an element that is there twice", "append-list", "append 1; read [1,1]", never, checker.Invalid},
		{"a fault of Jepsen's that is over", "register", "write 1; start-partition; read null; stop-partition; read 1",
			never, checker.Valid},
		{"one that is not", "register", "write 1; start-partition; read! 1", never, checker.Unknown},
		{"a time counts from its end", "register", "write 1; start-partition; stop-partition; read null",
			3 * time.Second, checker.Unknown},
		{"and is over", "register", "write 1; start-partition; stop-partition; read null", time.Second / 2,
			checker.Invalid},
	} {
		t.Run(test.name, func(t *testing.T) {
			var opts []weak.Option
			if test.settle >= 0 {
				opts = append(opts, weak.Settle(test.settle))
			}
			c, err := weak.New(weak.Eventual, test.model, opts...)
			if err != nil {
				t.Fatal(err)
			}
			r := c.Check(t.Context(), lagging(t, test.calls))
			if r.Verdict != test.want {
				t.Errorf("%v (%s), want %v", r.Verdict, r.Reason, test.want)
			}
			if (r.Verdict == checker.Unknown) != (r.Decide != "") {
				t.Errorf("%v: what decides it is %q", r.Verdict, r.Decide)
			}
		})
	}
}

// lagging reads the calls of TestFinalReads. A number before one is its process.
func lagging(t *testing.T, text string) *history.History {
	t.Helper()
	var ops []history.Op
	for i, line := range strings.Split(text, "; ") {
		w := strings.Fields(line)
		process := history.Process(i)
		if n, err := strconv.Atoi(w[0]); err == nil {
			process, w = history.Process(n), w[1:]
		}
		begin := history.Op{Time: time.Duration(i) * time.Second, Process: process, Value: []byte("null")}
		begin.F, begin.Final = strings.CutSuffix(w[0], "!")
		end := begin
		end.Kind, end.Time = history.Ok, begin.Time+time.Millisecond
		switch {
		case len(w) == 1: // a fault as Jepsen tells it
			begin.Process, begin.Kind, end.Process, end.Kind = history.Nemesis, history.Info, history.Nemesis,
				history.Info
		case begin.F == "read":
			end.Value = []byte(w[1])
		default:
			begin.Value, end.Value = []byte(w[1]), []byte(w[1])
		}
		ops = append(ops, begin, end)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}
