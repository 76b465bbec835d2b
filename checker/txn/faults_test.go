package txn_test

import (
	"testing"

	"github.com/splitvote/splitvote/checker/faulttest"
)

// faults are mistakes in every part, each with how the names of the tests begin that show it.
var faults = faulttest.Table{
	{"a cycle of two", "tarjan.go", "if len(stack)-at > 1 {", "if len(stack)-at > 2 {", "TestAgrees"},
	{"two rw after each other", "tarjan.go", "return 2*e.to + 1, odd == 0", "return 2*e.to + 1, true", "TestAgrees"},
	{"a G0 of what may not have committed", "cycles.go", ".kind != history.Ok }", ".kind == history.Fail }", "TestAgrees"},
	{"a transaction without answer that was seen", "trace.go", "t.txns[w].kind != history.Fail {\n\t\tt.txns[w].committed", "t.txns[w].kind == history.Fail {\n\t\tt.txns[w].committed", "TestAgrees"},
	{"a write that was not the last", "trace.go", "t.values[t.micros[p].value].final = false", "t.values[t.micros[p].value].final = true", "TestAgrees"},
	{"who wrote next to a list", "lists.go", "if next[i] = next[i+1]; l.committed", "if next[i] = next[i+1]; !l.committed", "TestAgrees"},
	{"how much of a list was read", "lists.go", "return int32(i + 1), i < len(of.ends)", "return int32(i), i < len(of.ends)", "TestAgrees"},
	{"who surely came before", "lists.go", "if last = w; l.txns[w].kind == history.Ok {", "if last = w; l.txns[w].kind != history.Ok {", "TestAgrees"},
	{"two appends that nobody read", "lists.go", "complete = complete && len(*late) == 1", "complete = complete && len(*late) < 3", "TestAgrees"},
	{"a list read against its own transaction", "lists.go", "from(r.listRead)", "_ = r", "TestAgrees"},
	{"appends that were read in another order", "lists.go", "return slices.ContainsFunc(l.tangled, func(x int32) bool { return l.txns[x].kind == history.Ok })", "return false", "TestAgrees"},
	{"a register read against its own transaction", "registers.go", "r.add(r.values[value].writer, x, wr, key)", "_ = key", "TestAgrees"},
	{"an own write that is yet to come", "lists.go", "if l.writesLater(r.txn, r.micro, v) {", "if !l.writesLater(r.txn, r.micro, v) {", "TestAgrees"},
	{"versions that are no chain", "registers.go", "roots -= len(v.rivals)", "roots -= len(v.readers)", "TestAgrees"},
	{"who overwrote null", "registers.go", "later = of.writers", "later = of.writers[:min(1, len(of.writers))]", "TestAgrees"},
	{"a read of what failed", "registers.go", "case r.aborted(m.value):", "case !r.aborted(m.value):", "TestAgrees"},
	{"the order of a session", "graph.go", "g.add(last, x, process, none)", "g.add(x, last, process, none)", "TestAgrees"},
	{"versions in the order of a session", "registers.go", "cmp.Compare(x.begin, y.begin)", "cmp.Compare(y.begin, x.begin)", "TestAgrees"},
	{"the order of real time", "graph.go", "g.add(barrier, x, pass, none)", "g.add(x, barrier, pass, none)", "TestAgrees"},
	{"versions in the order of real time", "zones.go", "zones[j].last > z.first }", "zones[j].last > z.last }", "TestAgrees"},
	{"an own key that was not found", "predicates.go", "case s.foundAfter < s.after:", "case s.foundAfter > s.after:", "TestAgrees"},
	{"keys that were not found", "predicates.go", "tree.gap(x, from, key)", "tree.gap(x, from, key+1)", "TestAgrees"},
	{"a key first written behind a predicate read", "predicates.go", "s.rival = m.write && made > 0", "s.rival = m.write && made == 0", "TestAgrees"},
	{"inferred: two rw after each other", "proscribed.go", "return p.comes(2*e.to+1, 2*e.from)", "return p.comes(2*e.to, 2*e.from)", "TestBlind"},
	{"inferred: who read the older version", "polygraph.go", "!visit(edge{r, l.newer, rwForced, l.key})", "!visit(edge{r, l.older, rwForced, l.key})", "TestBlind"},
	{"inferred: what adds nothing", "polygraph.go", "if !p.idle(e) {", "if p.idle(e) {", "TestBlind"},
	{"inferred: the wrong way round", "polygraph.go", "p.enter(&step{literal: pair.literal, pair: i, closing: e})", "p.enter(&step{literal: pair.not(), pair: i, closing: e})", "TestBlind"},
	{"inferred: pairs that are left out", "decide.go", "for j := 1; j < i; j++ {", "for j := 1; j < i-1; j++ {", "TestBlind"},
	{"inferred: what comes after what", "reach.go", "w |= other[i-words-1] >> (64 - bits)", "w |= other[i-words-1] >> (65 - bits)", "TestInferred"},
	{"in order: what is no choice", "witness.go", "return m.write && m.prev == none })", "return m.write && m.prev == none && m.key > 0 })", "TestSerial"},
	{"in order: what was undone", "witness.go", "s.set(m.key, s.replaced[last])", "s.set(m.key, none)", "TestSerial"},
	{"causal: what is seen through others", "causal.go", "theirs[i] = max(theirs[i], count)", "theirs[i] = max(theirs[i], count-1)", "TestAgrees"},
	{"causal: the last that can be seen", "causal.go", "return w.txns[i-1]", "return w.txns[0]", "TestAgrees"},
	{"causal: an initial read", "causal.go", "c.initialRead(last, x, key, rw)", "_ = key", "TestAgrees"},
	{"causal: what is below own appends", "causal.go", "return of.order[n-own-1], true", "return of.order[n-1], true", "TestAgrees"},
	{"causal: keys that were not found", "causal.go", "c.initialRead(first.txn, x, first.key, rwPredicate)", "_ = s", "TestAgrees"},
	{"repeats: a way that is left out", "distinction.go", "for i := range d.all[len(choices)].options {", "for i := range d.all[len(choices)].options[1:] {", "TestRepeats"},
	{"repeats: a way that is left too early", "distinction.go", "if d.possible&^(d.proved|o.ruledOut()) == 0 {", "if d.asked&^(d.proved|o.ruledOut()) == 0 {", "TestRepeats"},
	{"repeats: what is proved without the reads", "distinction.go", "root.proved = 0", "d.proved = root.proved", "TestRepeats"},
	{"repeats: an own write that was read", "repeats.go", "m.value = kept[m.prev].value // it saw the same", "", "TestRepeats"},
	{"online: an arc against the order", "topology.go", "if low < high {", "if low < high-1 {", "TestOnline"},
	{"online: what was read is overwritten", "onlinelists.go", "length := before + 1; length <= place; length++", "length := before + 1; length < place; length++", "TestOnline"},
	{"online: what is late comes last", "onlinelists.go", "l.depends(l.values[of.order[of.top]].writer, x, ww, key)", "l.depends(x, l.values[of.order[of.top]].writer, ww, key)", "TestOnline"},
	{"online: a read against its own transaction", "onlinelists.go", "case r.bad && len(r.seen) > 0:", "case r.bad && len(r.seen) > 99:", "TestOnline"},
	{"online: versions in the order of real time", "onlineregisters.go", "first > 0 && first < r.version(newest).latest", "first > 0", "TestOnline"},
	{"online: the order of a session", "online.go", "o.draw(l.follow, l.node, process, none)", "o.draw(l.node, l.follow, process, none)", "TestOnline"},
	{"online: what failed may be tried again", "online.go", "w == none || !o.timely &&", "w == none || o.timely &&", "TestOnline"},
	{"online: the order of real time", "online.go", "o.draw(node, next, realtime, none)", "o.draw(next, node, realtime, none)", "TestOnline"},
}

// The cross-checks find mistakes in every part: cycles, version orders, sessions, real time,
// predicates, inference, serial orders and the online judge (make faults).
func TestCrossCheckCatchesFaults(t *testing.T) {
	faulttest.Plant{
		Run:      func(tests string) string { return "^" + tests },
		Env:      []string{"SPLITVOTE_ROUNDS=10000"},
		Disagree: []string{`"type":"invoke"`, "by definition"},
	}.Catch(t, faults)
}
