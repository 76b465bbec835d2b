package txn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// tell makes a history of lines: process, type and value; each event a millisecond after the one
// before.
func tell(t testing.TB, lines string) *history.History {
	t.Helper()
	var ops []history.Op
	for line := range strings.Lines(lines) {
		words := strings.SplitN(strings.TrimSpace(line), " ", 3)
		if len(words) < 3 {
			continue
		}
		op := history.Op{Time: time.Duration(len(ops)) * time.Millisecond, F: "txn", Value: []byte(words[2])}
		if _, err := fmt.Sscanf(words[0], "p%d", &op.Process); err != nil {
			t.Fatal(err)
		}
		if err := op.Kind.UnmarshalText([]byte(words[1])); err != nil {
			t.Fatal(err)
		}
		ops = append(ops, op)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func check(t testing.TB, model, level string, h *history.History) checker.Result {
	t.Helper()
	c, err := txn.New(model, level)
	if err != nil {
		t.Fatal(err)
	}
	return checker.Safe(context.Background(), c, h)
}

func TestModelsAndLevelsThatThereAreNot(t *testing.T) {
	for _, test := range []struct{ model, level, want string }{
		{"register", "serializable", `no transactional model "register", there are list-append, rw-register, bank`},
		{"bank", "linearizable", `no consistency "linearizable" of transactions, there are read-uncommitted, `},
	} {
		if _, err := txn.New(test.model, test.level); err == nil || !strings.HasPrefix(err.Error(), test.want) {
			t.Errorf("%v, want %s", err, test.want)
		}
	}
	if c, err := txn.New(txn.Bank, ""); err != nil || c.Name() != txn.Strictest {
		t.Errorf("without a level %v, %v", c, err)
	}
}

// What a level implies stands before it in the list, and an anomaly rules out whatever implies a
// level that it rules out.
func TestLevelsFormALattice(t *testing.T) {
	all := txn.Levels()
	if got := txn.Implies(txn.Strictest); !slices.Equal(got, all) {
		t.Errorf("%s implies %v", txn.Strictest, got)
	}
	for i, level := range all {
		for _, weaker := range txn.Implies(level) {
			if slices.Index(all, weaker) > i {
				t.Errorf("%s implies %s, which stands after it", level, weaker)
			}
		}
	}
	for _, anomaly := range txn.AllAnomalies() {
		out := txn.RulesOut(anomaly)
		if !slices.Contains(out, txn.Strictest) {
			t.Errorf("%s does not rule out %s", anomaly, txn.Strictest)
		}
		for _, level := range all {
			for _, weaker := range txn.Implies(level) {
				if slices.Contains(out, weaker) && !slices.Contains(out, level) {
					t.Errorf("%s rules out %s and not %s", anomaly, weaker, level)
				}
			}
		}
	}
	if txn.RulesOut("bad luck") != nil || txn.Implies("perfect") != nil {
		t.Error("there is an anomaly or a level too much")
	}
}

// Where reads do not tell which write they saw, and where a call is no transaction, the answer is
// unknown, never valid (X2).
func TestWhatCannotBeJudged(t *testing.T) {
	for name, test := range map[string]struct {
		model, lines string
		cause        checker.Cause
		reason       string
	}{
		"too many ways": {txn.ListAppend, `p0 invoke [["append","x",1],["append","x",1],["append","x",1],["append","x",1],["append","x",1],["append","x",1]]
			p0 ok [["append","x",1],["append","x",1],["append","x",1],["append","x",1],["append","x",1],["append","x",1]]
			p1 invoke [["r","x",null]]
			p1 ok [["r","x",[1,1.0,1,1,1,1]]]`, checker.Ambiguous, `1 was written to "x" more than once, so that reads do not tell which write they saw`},
		"null": {txn.RWRegister, "p0 invoke [[\"w\",\"x\",null],[\"rp\",null,null]]\np0 ok " +
			"[[\"w\",\"x\",null],[\"rp\",null,{\"x\":null}]]", checker.Ambiguous, `null was written to "x"`},
		"no list": {txn.ListAppend, "p0 invoke [[\"r\",\"x\",null]]\np0 ok [[\"r\",\"x\",7]]", checker.Malformed,
			"#0: a read returned 7, want a list or null"},
		"another model": {txn.ListAppend, `p0 invoke [["w","x",1]]`, checker.Malformed,
			`#0: "w" is no micro-operation, want "append", "r" or "rp"`},
		"no triple": {txn.ListAppend, `p0 invoke [["append","x"]]`, checker.Malformed,
			"#0: a transaction is a list of [f, key, value]"},
		"not closed": {txn.ListAppend, `p0 invoke [["r","x",null]`, checker.Malformed,
			"#0: a transaction is a list of [f, key, value]"},
		"no transaction": {txn.RWRegister, `p0 invoke 7`, checker.Malformed,
			"#0: a transaction is a list of [f, key, value], not 7"},
	} {
		t.Run(name, func(t *testing.T) {
			r := check(t, test.model, "", tell(t, test.lines))
			if r.Verdict != checker.Unknown || r.Cause != test.cause || !strings.HasPrefix(r.Reason, test.reason) {
				t.Errorf("%v, %s: %s", r.Verdict, r.Cause, r.Reason)
			}
		})
	}
}

// Null that was written cannot be told from the initial value: a read of it saw either, and both
// are tried (X16).
func TestWrittenNullIsTried(t *testing.T) {
	for _, test := range []struct {
		lines string
		want  checker.Verdict
	}{
		{`p0 invoke [["w","x",1]]
			p0 ok [["w","x",1]]
			p0 invoke [["w","x",null]]
			p0 ok [["w","x",null]]
			p1 invoke [["r","x",null]]
			p1 ok [["r","x",null]]`, checker.Valid},
		{`p0 invoke [["w","x",null]]
			p0 ok [["w","x",null]]
			p0 invoke [["w","x",1]]
			p0 ok [["w","x",1]]
			p1 invoke [["r","x",null]]
			p1 ok [["r","x",null]]`, checker.Invalid},
	} {
		if r := check(t, txn.RWRegister, "", tell(t, test.lines)); r.Verdict != test.want {
			t.Errorf("%v (%s), want %v\n%s", r.Verdict, r.Reason, test.want, test.lines)
		}
	}
}

func TestACallThatIsNoTransaction(t *testing.T) {
	for _, test := range []struct {
		op   history.Op
		want string
	}{
		{history.Op{F: "read", Value: []byte("null")}, "#0 is read, want txn"},
		{history.Op{F: "txn", Key: "x", Value: []byte("[]")},
			"#0 has the key x, but a transaction names its keys itself"},
	} {
		h, err := history.New([]history.Op{test.op})
		if err != nil {
			t.Fatal(err)
		}
		if r := check(t, txn.RWRegister, "", h); r.Verdict != checker.Unknown || r.Cause != checker.Malformed ||
			r.Reason != test.want {
			t.Errorf("%v, %s: %s, want %s", r.Verdict, r.Cause, r.Reason, test.want)
		}
	}
}

func TestNoTimeIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, model := range []string{txn.ListAppend, txn.RWRegister} {
		c, err := txn.New(model, "")
		if err != nil {
			t.Fatal(err)
		}
		if r := c.Check(ctx, strict(100, model == txn.RWRegister)); r.Verdict != checker.Unknown ||
			r.Cause != checker.Cancelled {
			t.Errorf("%s: %v, %s", model, r.Verdict, r.Cause)
		}
	}
}

// A cycle is told step by step, in the order in which it goes round.
func TestACycleIsTold(t *testing.T) {
	r := check(t, txn.ListAppend, "serializable", tell(t, `
		p0 invoke [["append","x",5]]
		p0 ok     [["append","x",5]]
		p1 invoke [["r","x",null],["append","x",6],["append","y",1]]
		p2 invoke [["r","x",null],["r","y",null]]
		p1 ok     [["r","x",[5]],["append","x",6],["append","y",1]]
		p2 ok     [["r","x",[5,6]],["r","y",[]]]`))
	want := []checker.Evidence{{
		Kind: "G-single", Summary: "G-single: 2 transactions in a circle: #2 → #3 (wr x) → #2 (rw y)", Ops: []int{2, 3},
		Keys: []string{`"x"`, `"y"`},
		Why: []checker.Claim{{Op: 2, Text: "#2 appended 6 to x, which #3 read"},
			{Op: 3, Text: "#3 read y as [], before #2 appended 1"}},
		Cycle: []checker.Dependency{{From: 2, To: 3, Kind: "wr", Label: "x"}, {From: 3, To: 2, Kind: "rw", Label: "y"}},
	}}
	if diff := cmp.Diff(want, r.Evidence); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Reason != "the history is not serializable: G-single" ||
		!slices.Equal(r.Holds, []string{"strong-read-committed"}) {
		t.Errorf("%s; holds %v", r.Reason, r.Holds)
	}
}

// An anomaly that the level allows is named and is no violation.
func TestWhatALevelAllows(t *testing.T) {
	h := tell(t, `
		p0 invoke [["r","x",null],["w","y",1]]
		p1 invoke [["r","y",null],["w","x",1]]
		p0 ok     [["r","x",null],["w","y",1]]
		p1 ok     [["r","y",null],["w","x",1]]`)
	r := check(t, txn.RWRegister, "snapshot-isolation", h)
	if r.Verdict != checker.Valid || len(r.Evidence) > 0 || !slices.Equal(txn.Anomalies(r), []string{"G2-item"}) {
		t.Errorf("%v with %v", r.Verdict, txn.Anomalies(r))
	}
	if got := txn.MayStillBe(r); !slices.Equal(got, []string{"strong-snapshot-isolation"}) {
		t.Errorf("may still be %v", got)
	}
}

// Keys and values are what they mean, however they are written: "x" and 1.0 are the same as \u0078
// and 1.
func TestNotationDoesNotMatter(t *testing.T) {
	r := check(t, txn.ListAppend, "", tell(t, `
		p0 invoke [["append","x",1],["append","x",{"a":1,"b":[2]}]]
		p0 ok     [["append","x",1],["append","x",{"a":1,"b":[2]}]]
		p1 invoke [["r","\u0078",null]]
		p1 ok     [ [ "r" , "\u0078" , [ 1.0 , { "b" : [2] , "a" : 1 } ] ] ]
		p2 invoke [["r","x",null],["append","x","s, ]"]]
		p2 ok     [["r","x",[1,{"a":1,"b":[2]}]],["append","x","s, ]"]]
		p3 invoke [["r","x",null]]
		p3 ok     [["r","x",[1e0,{"a":1,"b":[2]},"s, ]"]]]`))
	if r.Verdict != checker.Valid || len(txn.Anomalies(r)) > 0 {
		t.Errorf("%v: %s", r.Verdict, r.Reason)
	}
}

// One read gone stale among thousands of transactions is found, and told with two of them.
func TestOneStaleReadAmongMany(t *testing.T) {
	for _, register := range []bool{false, true} {
		model := txn.ListAppend
		if register {
			model = txn.RWRegister
		}
		for seed := range uint64(5) {
			h := strict(3000, register)
			spoiled := spoil(h, rand.New(rand.NewPCG(seed, 1)))
			r := check(t, model, "", h)
			if r.Verdict != checker.Invalid {
				t.Errorf("%s: the read of #%d is stale, and the verdict is %v", model, spoiled, r.Verdict)
				continue
			}
			if !slices.Contains(r.Evidence[0].Ops, spoiled) || len(r.Evidence[0].Ops) > 5 {
				t.Errorf("%s: the read of #%d is stale, but %s: %v", model, spoiled, r.Evidence[0].Summary,
					r.Evidence[0].Ops)
			}
		}
	}
}

// spoil makes a transaction that only reads return what it would have long before, and says which.
func spoil(h *history.History, r *rand.Rand) int {
	calls := h.Calls()
	for {
		c := calls[len(calls)/2+r.IntN(len(calls)/2)]
		if h.Kind(c) != history.Ok || strings.Contains(string(h.Completion(c).Value), `"append"`) ||
			strings.Contains(string(h.Completion(c).Value), `"w"`) {
			continue
		}
		key, _, _ := strings.Cut(strings.TrimPrefix(string(h.Completion(c).Value), `[["r",`), ",")
		null := fmt.Sprintf(`[["r",%s,null]]`, key)
		if strings.Contains(string(h.Completion(c).Value), fmt.Sprintf(`["r",%s,[]]`, key)) ||
			strings.Contains(string(h.Completion(c).Value), null) {
			continue
		}
		written := false // long enough ago
		for _, w := range calls {
			if done := h.Completion(w); done != nil && done.Kind == history.Ok && done.Index < c.Invoke &&
				(strings.Contains(string(done.Value), fmt.Sprintf(`["append",%s,`, key)) ||
					strings.Contains(string(done.Value), fmt.Sprintf(`["w",%s,`, key))) {
				written = true
			}
		}
		if written {
			h.Completion(c).Value = []byte(null)
			return h.Invocation(c).Index
		}
	}
}

// The reported operations show the violation by themselves: their history alone is as bad.
func TestEvidenceShowsItsAnomaly(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(7, 7))
		shown := 0
		for range rounds(t, 1500) {
			o := draw(r, register)
			h := o.history(t)
			level := ""
			if r.IntN(2) == 0 {
				level = "repeatable-read" // for which not all evidence of an anomaly counts (X12)
			}
			for _, e := range check(t, o.model(), level, h).Evidence {
				alone := h.Filter(func(op *history.Op) bool { return slices.Contains(e.Ops, op.Index) })
				got := txn.RuledOut(check(t, o.model(), "", alone))
				if level != "" && !slices.Contains(got, level) {
					t.Fatalf("%s of %v does not rule out %s without the rest: %v\n%s", e.Kind, e.Ops, level, e.Why,
						show(t, h))
				}
				for _, level := range txn.RulesOut(e.Kind) {
					if !slices.Contains(got, level) {
						t.Fatalf("%s of %v does not rule out %s without the rest: %v\n%s", e.Kind, e.Ops, level, e.Why,
							show(t, h))
					}
				}
				shown++
			}
		}
		if shown < 100 {
			t.Errorf("only %d violations", shown)
		}
	}
}

// The shortest circle is told first, no two are told with the same words, and each says which keys
// it is about.
func TestTheShortestCircleIsToldFirst(t *testing.T) {
	r := check(t, txn.RWRegister, "serializable", tell(t, `
		p0 invoke [["r","a",null],["w","b",1],["w","z",1]]
		p1 invoke [["r","b",null],["w","c",1]]
		p2 invoke [["r","c",null],["w","a",1]]
		p3 invoke [["r","x",null],["w","y",1],["w","u",1]]
		p4 invoke [["r","y",null],["w","x",1]]
		p0 ok     [["r","a",null],["w","b",1],["w","z",1]]
		p1 ok     [["r","b",null],["w","c",1]]
		p2 ok     [["r","c",null],["w","a",1]]
		p3 ok     [["r","x",null],["w","y",1],["w","u",1]]
		p4 ok     [["r","y",null],["w","x",1]]`))
	var got [][]string
	for _, e := range r.Evidence {
		got = append(got, append([]string{e.Summary}, e.Keys...))
	}
	want := [][]string{
		{"G2-item: 2 transactions in a circle: #3 → #4 (rw x) → #3 (rw y), a write skew", `"x"`, `"y"`},
		{"G2-item: 3 transactions in a circle: #0 → #2 (rw a) → #1 (rw c) → #0 (rw b)", `"a"`, `"c"`, `"b"`},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Two reads that disagree are told by the place where they part.
func TestIncompatibleOrdersAreToldByTheirPlace(t *testing.T) {
	for _, test := range []struct{ one, other, first, second string }{
		{"[1,2,3,4,5,6,7,8,9]", "[1,2,3,4,5,6,9,7,8]",
			"read x as [… 3 4 5 6 7 8 9], with 7 behind 6",
			"read x as [… 3 4 5 6 9 7 8], with 9 behind 6: no order of the appends gives both"},
		{"[1,2,3,4,5]", "[2,1]", "read x as [1 2 3 4 …], with 1 first",
			"read x as [2 1], with 2 first: no order of the appends gives both"},
	} {
		var lines strings.Builder
		for v := range 9 {
			fmt.Fprintf(&lines, "p0 invoke [[\"append\",\"x\",%d]]\np0 ok [[\"append\",\"x\",%d]]\n", v+1, v+1)
		}
		for _, read := range []string{test.one, test.other} {
			fmt.Fprintf(&lines, "p1 invoke [[\"r\",\"x\",null]]\np1 ok [[\"r\",\"x\",%s]]\n", read)
		}
		r := check(t, txn.ListAppend, "serializable", tell(t, lines.String()))
		at := slices.IndexFunc(r.Evidence, func(e checker.Evidence) bool { return e.Kind == "incompatible-order" })
		if at < 0 {
			t.Fatalf("no incompatible-order: %v", r)
		}
		var texts []string
		for _, c := range r.Evidence[at].Why {
			texts = append(texts, c.Text)
		}
		if !slices.Equal(texts, []string{test.first, test.second}) {
			t.Errorf("told %q,\nwant %q", texts, []string{test.first, test.second})
		}
	}
}
