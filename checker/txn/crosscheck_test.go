package txn_test

import (
	"bytes"
	"context"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// rounds is how many random histories are tried; SPLITVOTE_ROUNDS makes it more.
func rounds(t testing.TB, usual int) int {
	if n, err := strconv.Atoi(os.Getenv("SPLITVOTE_ROUNDS")); err == nil && n > 0 {
		t.Logf("%d rounds", n)
		return n
	}
	return usual
}

// draw makes a small random history: the writes of each key in a random order, of which every read
// sees a random beginning, so that some are right by luck. Half of them have predicate reads.
// Careful ones execute one transaction after the other with now and then an older snapshot, so that
// more are nearly right.
func draw(r *rand.Rand, register bool) *oracle {
	const most = 8 // writes, all orders of which are tried
	predicates := r.IntN(2) == 0
	o := &oracle{register: register, keys: 1 + r.IntN(3)}
	n := 2 + r.IntN(3)
	if r.IntN(8) == 0 {
		n++
	}
	value := 0
	for range n {
		x := small{kind: history.Ok}
		switch r.IntN(9) {
		case 0:
			x.kind = history.Info
		case 1:
			x.kind = history.Fail
		}
		reads := 0
		for range 1 + r.IntN(4) {
			if predicates && r.IntN(3) == 0 {
				reads++
				for k := range o.keys {
					x.ops = append(x.ops, smallOp{key: k, all: reads})
				}
				continue
			}
			op := smallOp{key: r.IntN(o.keys), write: value < most && r.IntN(2) == 0}
			if op.write {
				value++
				op.value = value
			}
			x.ops = append(x.ops, op)
		}
		o.txns = append(o.txns, x)
	}
	schedule(r, o)
	order := r.Perm(n)
	if r.IntN(3) == 0 { // the order of beginnings, so that real time is kept
		slices.SortFunc(order, func(a, b int) int { return o.txns[a].begin - o.txns[b].begin })
	}
	states := [][][]int{make([][]int, o.keys)} // by number of commits
	careless := r.IntN(4)
	for _, i := range order {
		x := &o.txns[i]
		now := states[len(states)-1]
		seen := now
		if careless > 0 && r.IntN(2) == 0 {
			seen = states[r.IntN(len(states))]
		}
		next := slices.Clone(now)
		applied := x.kind == history.Ok || x.kind == history.Info && r.IntN(2) == 0 || r.IntN(12) == 0
		own := make([][]int, o.keys)
		for j := range x.ops {
			op := &x.ops[j]
			if op.write {
				own[op.key] = append(own[op.key], op.value)
				if applied {
					next[op.key] = append(slices.Clip(next[op.key]), op.value)
				}
				continue
			}
			view := seen
			if careless > 2 && r.IntN(3) == 0 {
				view = states[r.IntN(len(states))]
			}
			op.list = append(slices.Clone(view[op.key]), own[op.key]...)
			if register {
				op.list = op.list[max(0, len(op.list)-1):]
			}
		}
		states = append(states, next)
	}
	if r.IntN(3) == 0 {
		o.finalRead(r, states[len(states)-1])
	}
	if r.IntN(4) == 0 {
		o.mutate(r)
	}
	return o
}

// schedule gives the transactions sessions and times. Most overlap.
func schedule(r *rand.Rand, o *oracle) {
	processes := 1 + r.IntN(len(o.txns)+1)
	var open []int // transactions under way
	busy := map[int]bool{}
	dead := map[int]bool{}
	at, next := 0, 0
	for next < len(o.txns) || len(open) > 0 {
		p := r.IntN(processes + 3)
		switch {
		case next < len(o.txns) && !busy[p] && !dead[p] && r.IntN(3) > 0:
			o.txns[next].process, o.txns[next].begin = p, at
			busy[p] = true
			open = append(open, next)
			next++
		case len(open) > 0:
			i := r.IntN(len(open))
			x := &o.txns[open[i]]
			x.end = at
			busy[x.process], dead[x.process] = false, x.kind == history.Info
			open = slices.Delete(open, i, i+1)
		default:
			processes++
		}
		at++
	}
}

// finalRead adds a transaction that reads everything in the end, so that of lists every order is
// known.
func (o *oracle) finalRead(r *rand.Rand, state [][]int) {
	last := 0
	for _, x := range o.txns {
		last = max(last, x.end)
	}
	x := small{process: 90, kind: history.Ok, begin: last + 1, end: last + 2}
	if r.IntN(2) == 0 { // or so it may be, for all that time says
		for i := range o.txns {
			o.txns[i].begin++
			o.txns[i].end++
		}
		x.begin = 0
	}
	for k := range o.keys {
		list := slices.Clone(state[k])
		if o.register {
			list = list[max(0, len(list)-1):]
		}
		x.ops = append(x.ops, smallOp{key: k, list: list})
	}
	o.txns = append(o.txns, x)
}

// mutate changes one read: drops its last element, swaps two, or takes it from elsewhere.
func (o *oracle) mutate(r *rand.Rand) {
	x := &o.txns[r.IntN(len(o.txns))]
	op := &x.ops[r.IntN(len(x.ops))]
	if op.write || len(op.list) == 0 {
		return
	}
	switch n := len(op.list); {
	case n > 1 && r.IntN(3) == 0:
		op.list[n-1], op.list[n-2] = op.list[n-2], op.list[n-1]
	default:
		op.list = op.list[:n-1]
	}
}

// No level is ruled out that the history could have by definition, and none is said to be proved
// that it cannot have.
func TestAgreesWithDefinitions(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(1, 2))
		ruledOut, proved, open, missed := 0, 0, 0, 0
		seen := map[string]int{}
		for range rounds(t, 800) {
			o := draw(r, register)
			h := o.history(t)
			c, err := txn.New(o.model(), txn.Strictest)
			if err != nil {
				t.Fatal(err)
			}
			got := c.Check(context.Background(), h)
			if got.Verdict == checker.Unknown && got.Cause != checker.Undecided {
				t.Fatalf("%v\n%s", got.Reason, show(t, h))
			}
			for _, name := range txn.Anomalies(got) {
				seen[name]++
			}
			out, undecided := txn.RuledOut(got), undecided(got)
			want := o.levels()
			for _, level := range txn.Levels() {
				switch {
				case slices.Contains(out, level):
					if ruledOut++; want[level] {
						t.Fatalf("%s is ruled out by %v, but it holds\n%s", level, txn.Anomalies(got), show(t, h))
					}
				case slices.Contains(undecided, level):
					if open++; !want[level] {
						missed++
					}
					if !mayBeOpen(level) {
						t.Fatalf("%s is left open, by definition %v; found %v\n%s", level, want[level],
							txn.Anomalies(got), show(t, h))
					}
				default:
					if proved++; !want[level] {
						t.Fatalf("%s is said to hold, but it does not; found %v\n%s", level, txn.Anomalies(got),
							show(t, h))
					}
				}
			}
		}
		t.Logf("register %v: levels ruled out %d, proved %d, left open %d of which do not hold %d; %v", register,
			ruledOut, proved, open, missed, seen)
		if ruledOut == 0 || proved == 0 {
			t.Error("the histories are all alike")
		}
	}
}

// mayBeOpen says of which levels a small history may leave open whether they hold:
// read-uncommitted, where reads of a list contradict each other.
func mayBeOpen(level string) bool { return strings.HasSuffix(level, "uncommitted") }

// At every level, a history called valid holds by definition, and one called invalid does not.
func TestVerdictsAgreeWithDefinitions(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(3, 4))
		verdicts := map[checker.Verdict]int{}
		for range rounds(t, 600) {
			o := draw(r, register)
			h := o.history(t)
			want := o.levels()
			for _, level := range []string{txn.Strictest, "serializable", txn.Levels()[r.IntN(len(txn.Levels()))]} {
				c, err := txn.New(o.model(), level)
				if err != nil {
					t.Fatal(err)
				}
				got := c.Check(context.Background(), h)
				verdicts[got.Verdict]++
				switch {
				case got.Verdict == checker.Valid && !want[level], got.Verdict == checker.Invalid && want[level]:
					t.Fatalf("%s is %v, found %v\n%s", level, got.Verdict, txn.Anomalies(got), show(t, h))
				case got.Verdict == checker.Unknown && (got.Cause != checker.Undecided || !mayBeOpen(level)):
					t.Fatalf("%s is unknown: %s\n%s", level, got.Reason, show(t, h))
				}
			}
		}
		t.Logf("register %v: %v", register, verdicts)
		if verdicts[checker.Valid] == 0 || verdicts[checker.Invalid] == 0 {
			t.Error("the histories are all alike")
		}
	}
}

func undecided(r checker.Result) []string {
	names, _ := r.Stats["undecided-levels"].([]string)
	return names
}

func show(t testing.TB, h *history.History) string {
	t.Helper()
	var out bytes.Buffer
	if err := history.Write(&out, h); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// A serial order of transactions is found if and only if there is one, among those that keep to
// real time first, then to sessions.
func TestSerialOrdersAgreeWithDefinitions(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	count := map[string]int{}
	for i := range rounds(t, 800) {
		o := draw(r, true)
		if i%2 == 0 {
			o = drawBlind(r)
		}
		h := o.history(t)
		got, asked := txn.Ordered(h)
		if !asked {
			continue
		}
		want := ""
		for _, level := range []struct{ name, order string }{{txn.Strictest, "realtime"},
			{"strong-session-serializable", "session"}, {"serializable", ""}} {
			if o.serializable(level.order) {
				want = level.name
				break
			}
		}
		if count[got]++; got != want {
			t.Fatalf("an order proves %q, by definition %q\n%s", got, want, show(t, h))
		}
	}
	t.Log(count)
	if len(count) < 4 {
		t.Error("the histories are all alike")
	}
}
