package txn_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// A proof stands alone: the operations that it names are invalid by themselves, and without any one
// of them they are not.
func TestBankProofStandsAlone(t *testing.T) {
	judge, err := txn.New(txn.Bank, txn.Strictest)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		anomaly string
		reads   []string
		ops     []int
	}{
		{"wrong-total", []string{`{"0":10,"1":10}`, `{"0":5,"1":10}`, `{"0":0,"1":20}`}, []int{0, 2}},
		{"wrong-total", []string{`{"0":5,"1":10}`, `{"0":10,"1":10}`, `{"0":0,"1":20}`}, []int{0, 2}},
		{"unexpected-account", []string{`{"0":10,"1":10}`, `{"0":0,"1":20}`, `{"0":20}`}, []int{0, 4}},
		{"negative-balance", []string{`{"0":10,"1":10}`, `{"0":-5,"1":25}`}, []int{2}},
	} {
		var ops []history.Op
		for _, r := range test.reads {
			ops = append(ops, history.Op{Kind: history.Invoke, F: "read", Value: []byte("null")},
				history.Op{Kind: history.Ok, F: "read", Value: []byte(r)})
		}
		for i := range ops {
			ops[i].Index = i
		}
		h, err := history.New(ops)
		if err != nil {
			t.Fatal(err)
		}
		r := judge.Check(t.Context(), h)
		if r.Verdict != checker.Invalid || len(r.Evidence) != 1 || r.Evidence[0].Kind != test.anomaly {
			t.Errorf("%v: %v: %+v, want one %s", test.reads, r.Verdict, r.Evidence, test.anomaly)
			continue
		}
		if diff := cmp.Diff(test.ops, r.Evidence[0].Ops); diff != "" {
			t.Errorf("%v: the proof is (-want +got):\n%s", test.reads, diff)
		}
		for _, out := range append([]int{-1}, test.ops...) {
			part := h.Filter(func(op *history.Op) bool {
				return op.Index != out && slices.Contains(test.ops, op.Index)
			})
			if got := judge.Check(t.Context(), part).Verdict; (got == checker.Invalid) != (out < 0) {
				t.Errorf("%v: the proof %s is %v", test.reads, fmt.Sprintf("%v without #%d", test.ops, out), got)
			}
		}
	}
}
