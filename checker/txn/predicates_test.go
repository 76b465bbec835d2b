package txn_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// The phantom of Jepsen's test of Adya's G2 is told with the keys that were not found, and rules
// out no repeatable read (X12).
func TestAPhantomIsTold(t *testing.T) {
	h := tell(t, `
		p0 invoke [["rp",null,null],["append","a",1]]
		p1 invoke [["rp",null,null],["append","b",2]]
		p2 invoke [["append","c",3]]
		p0 ok     [["rp",null,{}],["append","a",1]]
		p1 ok     [["rp",null,{}],["append","b",2]]
		p2 ok     [["append","c",3]]`)
	want := []checker.Evidence{{
		Kind: "G2", Summary: "G2: 2 transactions in a circle: #0 → #1 (rwp b) → #0 (rwp a), a phantom",
		Ops: []int{0, 1}, Keys: []string{`"b"`, `"a"`},
		Why: []checker.Claim{{Op: 0, Text: "#0 read all keys and did not find b, before #1 appended 2 to b"},
			{Op: 1, Text: "#1 read all keys and did not find a, before #0 appended 1 to a"}},
		Cycle: []checker.Dependency{{From: 0, To: 1, Kind: "rwp", Label: "b"},
			{From: 1, To: 0, Kind: "rwp", Label: "a"}},
	}}
	r := check(t, txn.ListAppend, "serializable", h)
	if diff := cmp.Diff(want, r.Evidence); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if !slices.Equal(r.Holds, []string{"strong-snapshot-isolation", "repeatable-read"}) {
		t.Errorf("holds %v", r.Holds)
	}
	if r := check(t, txn.ListAppend, "repeatable-read", h); r.Verdict != checker.Valid || len(r.Evidence) > 0 {
		t.Errorf("repeatable read: %v, %s", r.Verdict, r.Reason)
	}
}

// A key is named by what it is written as; what cannot be told apart, or is no result, is unknown.
func TestNamesInResultsOfPredicateReads(t *testing.T) {
	const writes = "p0 invoke [[\"append\",1,7],[\"append\",\"x\",8]]\np0 ok [[\"append\",1,7],[\"append\",\"x\",8]]\n"
	for _, test := range []struct{ before, read, reason string }{
		{writes, `["rp",null,{"1":[7],"x":[8]}]`, ""},
		{writes, `["rp",null,{ "\u0078" : [8] , "1" : [7] }]`, ""},
		{"", `["rp",null,{}]`, ""},
		{"", `["rp",null,{"x":[],"y":null}]`, ""},
		{"p0 invoke [[\"append\",1,7],[\"append\",\"1\",8]]\n", `["rp",null,{"1":[7]}]`,
			`#1: a predicate read returned "1", and there are a key "1" and a key 1`},
		{writes, `["rp",null,{"x":[8],"\u0078":[8]}]`, `#2: a predicate read returned "x" twice`},
		{writes, `["rp",null,{"x":8}]`, "#2: a read returned 8, want a list or null"},
		{writes, `["rp",null,null]`, "#2: a predicate read returned null, want {key: value}"},
		{writes, `["rp",null,[["x",[8]]]]`, `#2: a predicate read returned [["x",[8]]], want {key: value}`},
		{writes, `["rp",null,{"x":}]`, `#2: a predicate read returned {"x":}, want {key: value}`},
		{writes, `["rp","x",{"x":[8]}]`, `#2: a predicate read has the key "x", want null, because it reads all keys`},
	} {
		r := check(t, txn.ListAppend, "", tell(t, test.before+"p1 invoke [[\"rp\",null,null]]\np1 ok ["+test.read+"]"))
		want := checker.Unknown
		if test.reason == "" {
			want = checker.Valid
		}
		if r.Verdict != want || r.Reason != test.reason {
			t.Errorf("%s: %v, %s; want %v, %s", test.read, r.Verdict, r.Reason, want, test.reason)
		}
	}
}

// Without predicate reads an anomaly rules out what its row says; what was not found rules out
// less, in one history with both.
func TestWhatWasReadByNameRulesOutMore(t *testing.T) {
	phantom := `
		p0 invoke [["w","x",1],["w","y",1]]
		p1 invoke [["rp",null,null]]
		p1 ok     [["rp",null,{"x":1}]]
		p0 ok     [["w","x",1],["w","y",1]]`
	byName := `
		p2 invoke [["w","u",1],["w","v",1]]
		p3 invoke [["r","u",null],["r","v",null]]
		p3 ok     [["r","u",1],["r","v",null]]
		p2 ok     [["w","u",1],["w","v",1]]`
	for _, test := range []struct {
		lines string
		want  checker.Verdict
		told  []int
	}{{phantom, checker.Valid, nil}, {phantom + byName, checker.Invalid, []int{4, 5}}} {
		r := check(t, txn.RWRegister, "repeatable-read", tell(t, test.lines))
		var told []int
		for _, e := range r.Evidence {
			told = append(told, e.Ops...)
		}
		if r.Verdict != test.want || !slices.Equal(told, test.told) ||
			!slices.Equal(txn.Anomalies(r), []string{"G-single"}) {
			t.Errorf("%v of %v, %v", r.Verdict, told, txn.Anomalies(r))
		}
	}
}

// Keys that were not found are not listed one by one: 3000 reads that each found eight of 3000 keys
// would have nine million (X11).
func TestKeysNotFoundAreTakenTogether(t *testing.T) {
	for _, register := range []bool{false, true} {
		const n = 3000
		r := check(t, map[bool]string{false: txn.ListAppend, true: txn.RWRegister}[register], "", phantoms(n, register))
		if r.Verdict != checker.Valid {
			t.Fatalf("%v: %s", r.Verdict, r.Reason)
		}
		if got := r.Stats["dependencies"].(int); got > 100*n {
			t.Errorf("%d dependencies of %d transactions", got, r.Stats["transactions"])
		}
	}
}

// phantoms is a strictly serializable history of n transactions that write a key each and n
// predicate reads, in a random order of keys: eight keys are written first, then come the reads,
// and then all other writes. All overlap.
func phantoms(n int, register bool) *history.History {
	f := "append"
	if register {
		f = "w"
	}
	r := rand.New(rand.NewPCG(uint64(n), 3))
	var begin, end []history.Op
	call := func(value, answer string) {
		p := history.Process(len(begin))
		begin = append(begin, history.Op{Process: p, F: "txn", Value: []byte(value)})
		end = append(end, history.Op{Process: p, Kind: history.Ok, F: "txn", Value: []byte(answer)})
	}
	var found []string
	for k := range n {
		if len(found) < 8 {
			list := fmt.Sprint(k + 1)
			if !register {
				list = "[" + list + "]"
			}
			found = append(found, fmt.Sprintf("%q:%s", fmt.Sprint("k", k), list))
		}
		write := fmt.Sprintf(`[[%q,"k%d",%d]]`, f, k, k+1)
		if k < 8 {
			call(write, write)
		}
		call(`[["rp",null,null]]`, fmt.Sprintf(`[["rp",null,{%s}]]`, strings.Join(found, ",")))
	}
	for k := 8; k < n; k++ {
		write := fmt.Sprintf(`[[%q,"k%d",%d]]`, f, k, k+1)
		call(write, write)
	}
	r.Shuffle(len(begin), func(i, j int) { begin[i], begin[j] = begin[j], begin[i] })
	h, err := history.New(append(begin, end...))
	if err != nil {
		panic(err)
	}
	return h
}
