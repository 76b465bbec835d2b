package linear_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
)

// groups is a history in which three clients are at work at once on each of n pairs of registers,
// with values that repeat. The last call reads what nobody wrote if the history is to be invalid.
func groups(t *testing.T, n int, invalid bool) *history.History {
	t.Helper()
	var lines []string
	event := func(client, pair int, kind, value string) {
		value = strings.NewReplacer("X", fmt.Sprint("x", pair), "Y", fmt.Sprint("y", pair)).Replace(value)
		lines = append(lines, fmt.Sprintf(`{"process":%d,"type":"%s","f":"txn","value":%s}`, 3*pair+client, kind,
			value))
	}
	each := func(client int, kind, value string) {
		for pair := range n {
			event(client, pair, kind, value)
		}
	}
	for range 3 {
		each(0, "invoke", `[["w","X",1],["w","Y",2]]`)
		each(1, "invoke", `[["w","X",2],["r","Y",null]]`)
		each(2, "invoke", `[["w","Y",1]]`)
		each(0, "ok", `[["w","X",1],["w","Y",2]]`)
		each(1, "ok", `[["w","X",2],["r","Y",2]]`)
		each(2, "ok", `[["w","Y",1]]`)
	}
	if invalid {
		event(0, n-1, "invoke", `[["r","X",null],["r","Y",null]]`)
		event(0, n-1, "ok", `[["r","X",3],["r","Y",2]]`)
	}
	h, err := history.Read(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Registers that no call connects are judged apart: the orders of thirty pairs together are more
// than any memory holds, and those of one pair after another are few.
func TestGroupsOfRegistersAreJudgedApart(t *testing.T) {
	for _, test := range []struct {
		invalid bool
		want    checker.Verdict
	}{{false, checker.Valid}, {true, checker.Invalid}} {
		r := check(t, "multi-register", linear.Options{Memory: 1 << 16}, groups(t, 30, test.invalid))
		if r.Verdict != test.want {
			t.Errorf("%v: %s, want %v", r.Verdict, r.Reason, test.want)
		}
		if test.invalid && len(r.Evidence[0].Ops) > 4 {
			t.Errorf("the evidence has calls of other registers: %v", r.Evidence[0].Ops)
		}
	}
}

// Calls with unknown outcome that nobody saw are left out, and with them what they connect.
func TestUnseenWritesConnectNothing(t *testing.T) {
	h := groups(t, 30, false)
	ops := []history.Op{{Process: 1000, F: "txn"}}
	var micros []any
	for pair := range 30 {
		micros = append(micros, []any{"w", fmt.Sprint("x", pair), 3})
	}
	ops[0].Value = raw(micros)
	all, err := history.New(append(ops, h.Ops...))
	if err != nil {
		t.Fatal(err)
	}
	if r := check(t, "multi-register", linear.Options{Memory: 1 << 16}, all); r.Verdict != checker.Valid {
		t.Errorf("%v: %s", r.Verdict, r.Reason)
	}
}
