package txn_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// drawBlind makes a small random history of registers whose writers have seldom read what they
// overwrote: each transaction writes some keys and reads others from whomever, at one go. What
// remains is to find out in which order the keys were written.
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

// Where writers are blind, every level that stands on version orders is decided, and as the
// definitions say.
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
			"causal":                            o.causal,
		}
		for level, holds := range want {
			got := check(t, o.model(), level, h)
			verdicts[got.Verdict]++
			if got.Verdict == checker.Unknown || (got.Verdict == checker.Valid) != holds() {
				t.Fatalf("%s is %v (%s), by definition %v\n%s", level, got.Verdict, got.Reason, holds(), show(t, h))
			}
			for _, e := range got.Evidence {
				if strings.Contains(e.Summary, "whichever way") {
					inferred++
				}
				if slices.ContainsFunc(e.Why, func(c checker.Claim) bool {
					return strings.Contains(c.Text, "suppose that")
				}) {
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

// What comes after what is told exactly where all is in sight, and never wrongly where it is not; a
// cycle is noticed.
func TestInferredFromWhatComesAfterWhat(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	cyclic, short := 0, 0
	for range rounds(t, 60) {
		n := int32(2 + r.IntN(600))
		order := r.Perm(int(n))
		var arcs [][2]int32
		next := make([][]int32, n)
		for range r.IntN(2 * int(n)) {
			i := r.IntN(int(n) - 1)
			a := [2]int32{int32(order[i]), int32(order[i+1+r.IntN(min(int(n)-i-1, 20))])}
			if r.IntN(int(n)*8) == 0 {
				a[0], a[1] = a[1], a[0]
			}
			arcs = append(arcs, a)
			next[a[0]] = append(next[a[0]], a[1])
		}
		comes, whole := txn.Reach(int(n), arcs, int(n)*(64+r.IntN(600)))
		after := make([][]bool, n)
		circular := false
		for s := range n {
			after[s] = make([]bool, n)
			for work := []int32{s}; len(work) > 0; {
				at := work[len(work)-1]
				work = work[:len(work)-1]
				for _, to := range next[at] {
					if !after[s][to] {
						after[s][to] = true
						work = append(work, to)
					}
				}
			}
			circular = circular || after[s][s]
		}
		if circular != (comes == nil) {
			t.Fatalf("a cycle: %v, noticed: %v, in %v", circular, comes == nil, arcs)
		}
		if circular {
			cyclic++
			continue
		}
		if !whole {
			short++
		}
		for a := range n {
			for b := range n {
				if got := comes(a, b); got && !after[a][b] || whole && after[a][b] && !got {
					t.Fatalf("%d comes after %d: %v, by definition %v, in %v", b, a, got, after[a][b], arcs)
				}
			}
		}
	}
	if cyclic == 0 || short == 0 {
		t.Errorf("of the graphs %d have a cycle, and %d are larger than the window", cyclic, short)
	}
}
