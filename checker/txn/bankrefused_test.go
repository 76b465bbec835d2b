package txn_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// drawBank is a history of a correct bank: each call takes effect at one moment between its
// invocation and its completion. A fifth of the transfers have unknown outcome.
func drawBank(t testing.TB, r *rand.Rand) *history.History {
	t.Helper()
	type event struct {
		at   int
		op   history.Op
		call int
	}
	var events []event
	n := 2 + r.IntN(9)
	moments := make([][3]int, n) // invocation, effect, completion
	for i := range moments {
		m := []int{r.IntN(60), r.IntN(60), r.IntN(60)}
		slices.Sort(m)
		moments[i] = [3]int{m[0], m[1], m[2]}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return moments[a][1] - moments[b][1] })
	balance := []int{r.IntN(12), r.IntN(12)}
	for _, i := range order {
		op := history.Op{Process: history.Process(i), F: "read", Value: []byte("null")}
		done := op
		done.Kind, done.Value = history.Ok, fmt.Appendf(nil, `{"0":%d,"1":%d}`, balance[0], balance[1])
		if r.IntN(3) > 0 {
			from, amount := r.IntN(2), 1+r.IntN(9)
			op.F, op.Value = "transfer", fmt.Appendf(nil, `{"from":"%d","to":"%d","amount":%d}`, from, 1-from, amount)
			done = op
			done.Kind = history.Ok
			if balance[from] < amount {
				done.Value = []byte("false")
			} else {
				balance[from], balance[1-from] = balance[from]-amount, balance[1-from]+amount
			}
			if r.IntN(5) == 0 {
				done.Kind, done.Value = history.Info, op.Value
			}
		}
		// Invocations come first where moments tie, and each call's before its completion.
		events = append(events, event{2 * moments[i][0], op, i}, event{2*moments[i][2] + 1, done, i})
	}
	slices.SortStableFunc(events, func(a, b event) int { return a.at - b.at })
	ops := make([]history.Op, len(events))
	for i := range events {
		ops[i] = events[i].op
		ops[i].Index = i
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// A correct bank is never accused. A refusal that could have been at no moment is noticed in some
// histories in which a transfer that was carried out says false.
func TestCorrectBanksAreNotAccused(t *testing.T) {
	judge, err := txn.New(txn.Bank, txn.Strictest)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(10, 5))
	refused, noticed := 0, 0
	for range rounds(t, 5000) {
		h := drawBank(t, r)
		for i := range h.Ops {
			if h.Ops[i].Kind == history.Ok && string(h.Ops[i].Value) == "false" {
				refused++
			}
		}
		if got := judge.Check(t.Context(), h); got.Verdict != checker.Valid {
			t.Fatalf("%v: %s\n%s", got.Verdict, got.Reason, show(t, h))
		}
		ops := slices.Clone(h.Ops)
		for i := range ops {
			if ops[i].F == "transfer" && ops[i].Kind == history.Ok && string(ops[i].Value) != "false" {
				ops[i].Value = []byte("false")
				break
			}
		}
		lied, err := history.New(ops)
		if err != nil {
			t.Fatal(err)
		}
		if judge.Check(t.Context(), lied).Verdict == checker.Invalid {
			noticed++
		}
	}
	t.Logf("%d refusals; %d lies noticed", refused, noticed)
	if refused == 0 || noticed == 0 {
		t.Error("the histories are all alike")
	}
}

// What a transfer returns is judged or refused.
func TestResultsOfTransfers(t *testing.T) {
	const asked = `{"from":"0","to":"1","amount":5}`
	for result, want := range map[string]checker.Verdict{
		`null`: checker.Valid, asked: checker.Valid, `true`: checker.Valid, `[` + asked + `,true]`: checker.Valid,
		`{"amount":5.0,"to":"1","from":"0"}`: checker.Valid,
		`false`:                              checker.Invalid, `[` + asked + `,false]`: checker.Invalid,
		`7`: checker.Unknown, `[7,false]`: checker.Unknown, `[` + asked + `,0]`: checker.Unknown,
	} {
		h, err := history.New([]history.Op{
			{F: "read", Kind: history.Invoke, Value: []byte("null")},
			{F: "read", Kind: history.Ok, Value: []byte(`{"0":5,"1":0}`)},
			{F: "transfer", Kind: history.Invoke, Value: []byte(asked)},
			{F: "transfer", Kind: history.Ok, Value: []byte(result)},
		})
		if err != nil {
			t.Fatal(err)
		}
		judge, err := txn.New(txn.Bank, txn.Strictest)
		if err != nil {
			t.Fatal(err)
		}
		if got := judge.Check(t.Context(), h); got.Verdict != want {
			t.Errorf("a transfer that returned %s is %v (%s), want %v", result, got.Verdict, got.Reason, want)
		}
	}
}
