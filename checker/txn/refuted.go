package txn

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// refuted reports that a level cannot be whichever way versions are ordered, by as few transactions
// as show it.
func (f *findings) refuted(ctx context.Context, g *graph, pairs []pair, readers readers, q question, p *polygraph,
	why *refutation) {
	among := why.transactions()
	tries := max(mostShrunk, 50_000_000/len(g.edges))
	for changed := len(among) <= mostShrunk; changed; {
		changed = false
		for i := range among {
			if tries--; tries < 0 {
				break
			}
			fewer := slices.Delete(slices.Clone(among), i, i+1)
			less := newPolygraph(ctx, g, pairs, readers, q, fewer)
			less.work = mostWork / (8 * mostShrunk)
			if shorter := less.solve(); shorter != nil {
				p, why, among, changed = less, shorter, shorter.transactions(), true
				break
			}
		}
	}
	what := finding{anomaly: q.items}
	if why.absent() {
		what = finding{anomaly: q.ofPredicate, absent: true}
	}
	if !f.find(what) {
		return
	}
	t := telling{f: f, p: p, told: map[dependency]bool{}}
	for _, s := range why.steps {
		t.step(s)
	}
	t.known(why.circle)
	t.say(why.circle[0].from, "%s comes before itself: %s", f.op(why.circle[0].from), t.round(why.circle))
	among = append(among, f.witnesses(among)...)
	f.tell(what, fmt.Sprintf("%d transactions in a circle, whichever way the versions are ordered", len(why.circle)),
		t.claims, append(among, t.others...)...)
	f.draw(why.circle)
	f.about(t.keys...)
}

// mostShrunk is among how many transactions a smaller set that shows the same is looked for.
const mostShrunk = 64

// telling puts a refutation in words.
type telling struct {
	f      *findings
	p      *polygraph
	told   map[dependency]bool
	claims []claim
	others []int32
	keys   []int32
}

// known tells the dependencies of a cycle that need no inference, each once.
func (t *telling) known(c cycle) {
	for _, d := range c {
		if d.kind == wwForced || d.kind == rwForced || t.told[d] {
			continue
		}
		t.told[d] = true
		t.keys = append(t.keys, d.key)
		text, others := t.f.sentence(d)
		t.claims = append(t.claims, claim{d.from, text})
		t.others = append(t.others, others...)
	}
}

func (t *telling) say(x int32, format string, args ...any) {
	t.claims = append(t.claims, claim{x, fmt.Sprintf(format, args...)})
}

// step tells why one version is older than another.
func (t *telling) step(s *step) {
	a, b := t.f.left(s.older, s.key), t.f.left(s.newer, s.key)
	t.keys = append(t.keys, s.key)
	both := fmt.Sprintf("%s and %s both wrote %s", t.f.op(s.older), t.f.op(s.newer), t.f.keyText(s.key))
	switch {
	case s.assumed:
		t.say(s.newer, "%s; suppose that %s is older than %s", both, a, b)
	case s.cases == nil:
		t.known(s.circle)
		t.say(s.newer, "%s; were %s older than %s, %s would come before itself: %s; so %s is older", both, b, a,
			t.f.op(s.circle[0].from), t.round(s.circle), a)
	default:
		for _, nested := range s.cases.steps {
			if nested.index >= s.index {
				t.step(nested)
			}
		}
		t.known(s.cases.circle)
		first := s.cases.circle[0].from
		t.say(first, "%s would come before itself: %s; so %s is older than %s after all", t.f.op(first),
			t.round(s.cases.circle), a, b)
	}
}

// round goes through a cycle: "#1 → #4 (wr x) → #1 (rw y, 2 older than 3)".
func (t *telling) round(c cycle) string {
	var b strings.Builder
	b.WriteString(t.f.op(c[0].from))
	for _, d := range c {
		fmt.Fprintf(&b, " → %s (%s", t.f.op(d.to), kindNames[d.kind])
		if d.key != none {
			b.WriteString(" " + t.f.keyText(d.key))
		}
		if l := t.p.meaning(d); l.key != none {
			fmt.Fprintf(&b, ", %s older than %s", t.f.left(l.older, l.key), t.f.left(l.newer, l.key))
		}
		b.WriteString(")")
	}
	return b.String()
}

// left is what a transaction left of a key, or appended to it and nobody read.
func (f *findings) left(x, key int32) string {
	if f.lists != nil {
		return f.valueText(f.unread(x, key))
	}
	return f.valueText(f.lastWrite(x, key))
}
