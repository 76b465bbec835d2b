package txn_test

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// repeat gives two writes of a key one value, and returns in how many places a read saw either; 0
// if there are no such writes.
func (o *oracle) repeat(r *rand.Rand) (value, other, places int) {
	byKey := map[int][]int{}
	for _, x := range o.txns {
		for _, op := range x.ops {
			if op.write {
				byKey[op.key] = append(byKey[op.key], op.value)
			}
		}
	}
	for k := range o.keys {
		if all := byKey[k]; len(all) > 1 && r.IntN(2) == 0 {
			r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
			value, other = all[0], all[1]
			break
		}
	}
	if value == 0 {
		return 0, 0, 0
	}
	for i := range o.txns {
		for j := range o.txns[i].ops {
			op := &o.txns[i].ops[j]
			if op.value == other {
				op.value = value
			}
			for n, v := range op.list {
				if v == other {
					op.list[n] = value
				}
				if op.list[n] == value && o.txns[i].kind == history.Ok {
					places++
				}
			}
		}
	}
	return value, other, places
}

// toldApart calls visit with every history in which the second write of a value has another value,
// and each read saw one or the other.
func (o *oracle) toldApart(value, other int, visit func(*oracle)) {
	apart := &oracle{register: o.register, keys: o.keys}
	var places []*int
	written := false
	for _, x := range o.txns {
		x.ops = slices.Clone(x.ops)
		for j := range x.ops {
			op := &x.ops[j]
			op.list = slices.Clone(op.list)
			if op.write && op.value == value {
				if written {
					op.value = other
				}
				written = true
			}
			for n := range op.list {
				if op.list[n] == value {
					places = append(places, &op.list[n])
				}
			}
		}
		apart.txns = append(apart.txns, x)
	}
	for bits := range 1 << len(places) {
		for i, p := range places {
			*p = value
			if bits&(1<<i) != 0 {
				*p = other
			}
		}
		visit(apart)
	}
}

// anyLevels are the levels that hold for some way to say which write each read of a repeated value
// saw.
func (o *oracle) anyLevels() map[string]bool {
	last, again := 0, 0
	times := map[int]int{}
	for _, x := range o.txns {
		for _, op := range x.ops {
			if last = max(last, op.value); op.write {
				if times[op.value]++; times[op.value] == 2 {
					again = op.value
				}
			}
		}
	}
	if again == 0 {
		return o.levels()
	}
	holds := map[string]bool{}
	o.toldApart(again, last+1, func(apart *oracle) {
		for level, h := range apart.anyLevels() {
			holds[level] = holds[level] || h
		}
	})
	return holds
}

// Where a value was written twice, a level holds if and only if it does for some way to say which
// write each read saw. At read-uncommitted, which asks nothing of reads of a list that contradict
// each other, ways in which they do are no explanation.
func TestRepeatsAgreeWithDefinitions(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(15, 16))
		verdicts := map[checker.Verdict]int{}
		unread, open := 0, 0
		for range rounds(t, 300) {
			o := draw(r, register)
			value, other, places := o.repeat(r)
			if value == 0 || places > 4 {
				continue
			}
			if places == 0 {
				unread++
			}
			h := o.history(t)
			want := map[string]bool{}
			clear := false // whether reads agree in some way
			o.toldApart(value, other, func(apart *oracle) {
				agree := true
				for k := range o.keys {
					agree = agree && (register || !apart.unclear(k))
				}
				clear = clear || agree
				for level, holds := range apart.levels() {
					want[level] = want[level] || holds && (agree || !mayBeOpen(level))
				}
			})
			got := check(t, o.model(), txn.Strictest, h)
			verdicts[got.Verdict]++
			out, undecided := txn.RuledOut(got), undecided(got)
			for _, level := range txn.Levels() {
				switch {
				case mayBeOpen(level) && !clear:
				case slices.Contains(undecided, level):
					if open++; !mayBeOpen(level) {
						t.Fatalf("%s is left open (%s), by definition %v\n%s", level, got.Reason, want[level],
							show(t, h))
					}
				case slices.Contains(out, level) == want[level]:
					t.Fatalf("%s is ruled out: %v (%v), by definition it holds: %v\n%s",
						level, want[level], got.Reason, want[level], show(t, h))
				}
			}
			level := []string{"read-uncommitted", "strong-session-read-uncommitted",
				"strong-read-uncommitted"}[r.IntN(3)]
			if at, r := online(t, o.model(), level, h); at <= len(h.Ops) && clear && want[level] {
				t.Fatalf("%s holds, and is accused after %d events: %s\n%s", level, at, r.Reason, show(t, h))
			}
			if got.Verdict == checker.Invalid && len(got.Evidence) == 0 {
				t.Fatalf("%s, without evidence\n%s", got.Reason, show(t, h))
			}
		}
		t.Logf("register %v: %v, unread %d, levels left open %d", register, verdicts, unread, open)
		if verdicts[checker.Valid] == 0 || verdicts[checker.Invalid] == 0 || unread == 0 {
			t.Error("the histories are all alike")
		}
	}
}
