package txn_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// drawBlind makes a small random history of registers whose writers have seldom read what they overwrote: each transaction writes some
// keys and reads others from whomever, at one go. What remains is to find out in which order the keys were written.
func drawBlind(r *rand.Rand) *oracle {
	o := &oracle{register: true, keys: 2 + r.IntN(2)}
	n := 4 + r.IntN(3)
	var written [3][]int // values by key
	value := 0
	for range n {
		x := small{kind: history.Ok}
		if r.IntN(8) == 0 {
			x.kind = history.Info
		}
		for k := range o.keys {
			if r.IntN(2) == 0 {
				value++
				written[k] = append(written[k], value)
				x.ops = append(x.ops, smallOp{key: k, write: true, value: value})
			}
		}
		o.txns = append(o.txns, x)
	}
	for i := range o.txns {
		x := &o.txns[i]
		var reads []smallOp
		for k := range o.keys {
			if own := x.last(k); len(written[k]) > 0 && (own == 0 || r.IntN(4) == 0) && r.IntN(2) == 0 {
				if v := written[k][r.IntN(len(written[k]))]; v != own {
					reads = append(reads, smallOp{key: k, list: []int{v}})
				}
			}
		}
		x.ops = append(reads, x.ops...)
		if len(x.ops) == 0 {
			x.ops = []smallOp{{key: 0, write: true, value: value + 1 + i}}
		}
	}
	schedule(r, o)
	return o
}

// Where writers are blind, every level that stands on version orders is decided, and as the definitions say.
func TestBlindWritesAgreeWithDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	verdicts := map[checker.Verdict]int{}
	inferred, supposed := 0, 0
	for range rounds(t, 250) {
		o := drawBlind(r)
		h := o.history(t)
		want := map[string]func() bool{
			"serializable":                      func() bool { return o.serializable("") },
			"strong-session-serializable":       func() bool { return o.serializable("session") },
			"strict-serializable":               func() bool { return o.serializable("realtime") },
			"snapshot-isolation":                func() bool { return o.snapshots("") },
			"strong-session-snapshot-isolation": func() bool { return o.snapshots("session") },
			"strong-snapshot-isolation":         func() bool { return o.snapshots("realtime") },
		}
		for level, holds := range want {
			c, err := txn.New(o.model(), level)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Check(context.Background(), h)
			verdicts[got.Verdict]++
			if got.Verdict == checker.Unknown || (got.Verdict == checker.Valid) != holds() {
				t.Fatalf("%s is %v (%s), by definition %v\n%s", level, got.Verdict, got.Reason, holds(), show(t, h))
			}
			for _, e := range got.Evidence {
				if strings.Contains(e.Summary, "whichever way") {
					inferred++
				}
				if slices.ContainsFunc(e.Why, func(c checker.Claim) bool { return strings.Contains(c.Text, "suppose that") }) {
					supposed++
				}
			}
		}
	}
	t.Logf("%v; convicted by inferred version orders %d, of these by suppositions %d", verdicts, inferred, supposed)
	if verdicts[checker.Valid] == 0 || verdicts[checker.Invalid] == 0 || inferred == 0 {
		t.Error("the histories are all alike")
	}
}
