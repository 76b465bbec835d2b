package linear_test

import (
	"testing"

	"github.com/splitvote/splitvote/checker/faulttest"
)

// faults are mistakes in every algorithm, each with the model of the histories that show it.
var faults = faulttest.Table{
	{"two values whose times overlap", "zones.go", "z.chains[b].f < z.chains[a].s", "z.chains[b].f < 0", "register"},
	{"a value wholly inside another's time", "zones.go", "z.chains[forward[at-1]].s > c.f", "z.chains[forward[at-1]].s < c.f", "register"},
	{"a read before its write", "zones.go", "z.calls[i].end < z.calls[w].begin", "z.calls[i].end < 0", "register"},
	{"a chain of cas against time", "zones.go", "if b.f < c.s {", "if b.f < c.f {", "cas-register"},
	{"a cas without answer that took effect", "zones.go", "z.source[w] != nobody && z.calls[w].pending()", "z.source[w] != nobody && !z.calls[w].pending()", "cas-register"},
	{"a write without answer that a cas may have found", "reduce.go", " || calls[i].begin < last", "", "cas-register"},
	{"a value that a cas must not have found", "reduce.go", "!observed[c.in.Value] && !named[c.in.Value]", "!observed[c.in.Value]", "cas-register"},
	{"a cas that found another value and nobody had replaced the old one", "zonegaps.go", "g.chains[other].f >= g.chains[own].s", "g.chains[other].f < g.chains[own].s", "cas-register"},
	{"a cas that found another value inside a block of the old one", "zonegaps.go", "if g.since[a] > c.end {", "if g.since[a] > c.begin {", "cas-register"},
	{"a cas that found another value and does not fit", "zonegaps.go", "left = append(left, at)", "left = left[:0]", "cas-register"},
	{"a spare write that begins too late", "zonegaps.go", "g.calls[spare[0]].begin) < g.calls[m].end {", "g.calls[spare[0]].begin) >= 0 {", "cas-register"},
	{"an add that was told that it added", "set.go", "case missed(c), adds(c) && e.add == nobody:", "case adds(c) && e.add == nobody:", "set"},
	{"two adds that were told that they added", "set.go", "missed(c) && e.add != nobody && missed(", "missed(c) && e.add == i && missed(", "set"},
	{"a lock found held that was free", "mutex.go", "calls[last].end > c.begin {", "calls[last].begin < c.end {", "mutex"},
	{"a lock found held that an unanswered acquire took", "mutex.go", "if next == len(holds) && lost < c.end {", "if next == len(holds) && lost < c.begin && lost < 0 {", "mutex"},
	{"a lock found held that was to be released first", "mutex.go", "begins[i] = max(begins[i], holds[i-1].to)", "begins[i] = max(begins[i], 0)", "mutex"},
	{"an element seen before it was added", "set.go", "case e.begin > e.end:", "case e.begin < 0:", "set"},
	{"what a smaller read has and a larger lacks", "set.go", "missing, found := lacks(c.out.Values, before.out.Values); found", "missing, found := lacks(c.out.Values, before.out.Values); found && i > 3", "set"},
	{"an element missed before its remove or after", "set_bounds.go", "b.precedes(c, e.remove) || b.precedes(e.remove, e.add):", "!b.precedes(e.remove, c):", "set"},
	{"a remove that comes before its add", "set_bounds.go", "behind := e.remove != nobody && b.precedes(e.add, e.remove)", "behind := e.remove != nobody", "set"},
	{"an element that two calls add", "set_bounds.go", "e.adds == 1 &&", "e.adds >= 1 &&", "set"},
	{"ranks against time", "ranks.go", "items[next].end < items[latest].begin {", "items[next].end < items[latest].begin-1 {", "append-list"},
	{"an append without answer that was read", "appendlist.go", "if !read && c.pending() {", "if c.pending() {", "append-list"},
	{"a value overtaken", "queue.go", "b == nobody || q.items[b].end > it.out:", "b == nobody || q.items[b].end > it.end:", "fifo-queue"},
	{"more values gone than unanswered dequeues", "queue.go", "q.calls[q.lost[n]].begin > d.at", "q.calls[q.lost[n]].begin < 0", "fifo-queue"},
	{"nothing found in a full queue", "queue.go", "at < 0 || busy[at][1] < c.end", "at < 1 || busy[at][1] < c.end", "fifo-queue"},
	{"an outermost value that is none", "stack.go", "n.gone[i] = n.poppable[i]", "n.gone[i] = true", "stack"},
	{"lives that hang together", "stack.go", "it.in > covered {", "it.in >= 0 {", "stack"},
	{"two holders", "mutex.go", "holds[i].from < holds[i-1].to {", "holds[i].from < holds[i-1].from {", "mutex"},
	{"a token that does not grow", "mutex.go", "calls[holds[i-1].acquire].out.Token == calls[h.acquire].out.Token {", "calls[holds[i-1].acquire].out.Token > calls[h.acquire].out.Token {", "fenced-mutex"},
	{"an identifier given twice", "ids.go", "given[c.out]; twice {", "given[c.out]; twice && i > first+1 {", "unique-ids"},
	{"the wrong add counted first", "tally.go", "t.calls[t.open[i]].end < t.calls[t.open[j]].end", "t.calls[t.open[i]].end > t.calls[t.open[j]].end", "counter"},
	{"a read below what it must have seen", "tally.go", "value/t.unit >= counted", "value/t.unit >= 0", "counter"},
	{"an add that is known to be next", "tally.go", "n < 1 || n*t.unit+t.base", "n*t.unit+t.base", "counter"},
	{"two adds that returned the same sum", "tally.go", "if other, taken := t.nth[n]; taken {", "if other, taken := t.nth[n]; taken && n < 0 {", "counter"},
	{"an add counted before the one known to be next", "tally.go", "case !known:\n\t\t\tt.placed[i] = true", "case true:\n\t\t\tt.placed[i] = true", "counter"},
	{"a sum out of bounds that is in them", "tally.go", "c.out.Sum < least ||", "c.out.Sum <= least ||", "counter"},
	{"a write without answer that was seen", "reduce.go", "return !calls[i].pending() || observed[calls[i].in.Value] || calls", "return !calls[i].pending() || calls", "cas-register"},
	{"an enqueue that must have ended", "reduce.go", "reduced[w].end = min(reduced[w].end, reduced[i].end)", "reduced[w].end = min(reduced[w].end, reduced[i].begin)", "fifo-queue"},
	{"texts between two puts whose times overlap", "text_eras.go", "b.f < a.s {", "b.f < 0 {", "kv"},
	{"a text wholly inside another's time", "text_eras.go", "forward[at-1].s > x.f {", "forward[at-1].s < x.f {", "kv"},
	{"the text before any put, which comes first", "text_eras.go", "x.f, x.first = -1, nobody", "x.first = nobody", "kv"},
	{"an append that nobody got and must be somewhere", "text_eras.go", "c.in.F != model.Get && !c.pending() && e.of[i]", "c.in.F == model.Put && !c.pending() && e.of[i]", "kv"},
	{"appends got against time", "text_eras.go", "add(w, 2*n+1)", "add(w, 2*n+3)", "kv"},
	{"a put got behind another text", "text_eras.go", "case at > 0 && e.calls[word.by]", "case at < 0 && e.calls[word.by]", "kv"},
	{"a text that several calls put", "text_eras.go", "case first.writes > 1:", "case first.writes < 1:", "kv"},
	{"a text that several calls appended", "text_eras.go", "case word.writes > 1:", "case word.writes < 1:", "kv"},
	{"two gets of which neither begins the other", "text_eras.go", "return e.disagree(a, i), true", "return nil, true", "kv"},
	{"a put of nothing", "text_eras.go", "if a == 0 && e.resets {", "if a < 0 && e.resets {", "kv"},
	{"texts that begin each other", "text_code.go", "if w.text != distinct[last].text {", "if w.text == \"\" {", "kv"},
	{"a put without answer that somebody got", "text.go", "if c.pending() && !seen[i].possible {", "if c.pending() && seen[i].possible {", "kv"},
	{"which of several appends was got", "text.go", "if word.writes == 1 {", "if word.writes > 0 {", "kv"},
	{"a text inside the longest that was got", "text.go", "if i+1 == len(gets) || !", "if i+1 < len(gets) && !", "kv"},
	{"a text of which nobody got the like", "../../model/text.go", "if s = lost; out == nil {", "if s = lost; out != nil {", "kv"},
	{"read-only calls that are not", "search.go", "open := s.readOnly[w] &^ mask[w]", "open := s.live[w] &^ mask[w]", "register"},
	{"a call that takes effect again", "search.go", "open := s.live[v] &^ s.work.mask(i)[v]", "open := s.live[v]", "counter"},
	{"calls alike that are not", "search.go", "s.alike[o] == s.alike[c] && ", "s.alike[o] <= s.alike[c] && ", "register"},
	{"a read that is passed over, depth first", "depth.go", "case d.done[c] || d.settle(c):", "case d.done[c] || d.settle(c) || d.readOnly[c]:", "register"},
	{"a call alike that has not begun, depth first", "depth.go", "!d.done[e] && d.calls[e].begin < now {", "!d.done[e] {", "register"},
	{"places that are taken for the same, depth first", "depth.go", "d.digest^spread(int32(d.at))", "d.digest", "counter"},
	{"an unanswered call that is not taken back, depth first", "depth.go", "d.taken[d.lostOf[c]]--", "d.taken[d.lostOf[c]] -= 0", "cas-register"},
	{"an order that needs other unanswered calls, depth first", "depth.go", "d.narrowed = true", "d.narrowed = false", "kv"},
	{"an order that is found and forgotten", "search.go", "if found = d.find(); found {", "if d.find() {", "kv"},
	{"forgotten too soon, online", "onlineregister.go", "y.s > x.f && y.f < window", "y.s > x.f", "register"},
	{"a value read behind the next, online", "onlineregister.go", "if y != x && y.f < x.s && x.f < y.s {", "if y != x && y.f < x.s && x.f < y.f {", "cas-register"},
	{"overtaken, online", "onlinequeue.go", "case it.deadline < c.begin:", "case it.deadline < 0:", "fifo-queue"},
	{"an unanswered dequeue too late, online", "onlinequeue.go", "q.lost[0] < it.deadline:", "q.lost[0] < never:", "fifo-queue"},
	{"events judged before their results are known, online", "frontier.go", "f.advance(f.open.since(at + 1))", "f.advance(at + 1)", "counter"},
}

// The cross-check finds mistakes in every algorithm (make faults).
func TestCrossCheckCatchesFaults(t *testing.T) {
	faulttest.Plant{
		Run:      func(model string) string { return "^(TestEnginesAgree.*|TestOnlineAgrees.*)$/^" + model + "(#01)?$" },
		Disagree: []string{"seed "},
	}.Catch(t, faults)
}
