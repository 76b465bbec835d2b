package linear

import (
	"fmt"

	"github.com/splitvote/splitvote/model"
)

// This file puts in words what byZones found.

// number is how a report names a call.
func (z *zones) number(i int32) string { return fmt.Sprintf("#%d", z.calls[i].op) }

// value is the value of a block; the first block is that of null.
func (z *zones) value(b int32) model.Value {
	if w := z.blocks[b].write; w != nobody {
		return z.calls[w].in.Value
	}
	return model.Null
}

// verb is what an observer did with the value.
func verb(c *registerCall) string {
	if c.in.F == model.CAS {
		return "found"
	}
	return "read"
}

func (z *zones) fromNowhere(i int32) *witness {
	w := &witness{kind: "value-from-nowhere"}
	c := &z.calls[i]
	w.say(i, "#%d %s %s, which nobody wrote", c.op, verb(c), observedBy(c))
	return w
}

func (z *zones) fromFuture(i, write int32) *witness {
	w := &witness{kind: "read-from-future"}
	c := &z.calls[i]
	w.include(write)
	w.say(i, "#%d %s %s and ended before %s, the only one to write it, began", c.op, verb(c), observedBy(c),
		z.number(write))
	return w
}

// branch is two cas that replaced the same value.
func (z *zones) branch(a, b int) *witness {
	if z.calls[b].begin < z.calls[a].begin {
		a, b = b, a
	}
	w := &witness{kind: "lost-update"}
	old := z.source[a]
	w.include(z.blocks[old].write)
	w.say(int32(a), "#%d replaced %s by %s", z.calls[a].op, z.calls[a].in.Old, z.calls[a].in.Value)
	w.say(int32(b), "#%d replaced %s too, but it was written only once: one of the two updates is lost", z.calls[b].op,
		z.calls[b].in.Old)
	w.keepSeen(z, int32(a), int32(b))
	return w
}

// keepSeen adds those by whose observation calls with unknown outcome are known to have taken
// effect.
func (w *witness) keepSeen(z *zones, calls ...int32) {
	for _, c := range calls {
		for c != nobody && z.calls[c].pending() {
			c = z.blocks[z.target[c]].seen
			w.include(c)
		}
	}
}

// ring is values that replaced each other without a beginning.
func (z *zones) ring(start int32) *witness {
	w := &witness{kind: "cyclic-versions"}
	for b := start; ; {
		c := z.blocks[b].write
		next := z.blocks[b].next
		w.say(c, "#%d replaced %s, which only %s wrote, by %s", z.calls[c].op, z.calls[c].in.Old,
			z.number(z.blocks[z.source[c]].write), z.calls[c].in.Value)
		w.keepSeen(z, c)
		if b = next; b == start {
			return w
		}
	}
}

// links adds the cas that lead along a chain from block a to block b, which follows.
func (w *witness) links(z *zones, a, b int32) {
	for a != b {
		a = z.blocks[a].next
		c := z.blocks[a].write
		w.say(c, "#%d replaced %s by %s", z.calls[c].op, z.calls[c].in.Old, z.calls[c].in.Value)
		w.keepSeen(z, c)
	}
}

// backwards is a chain from head on in which block q ended before a call of an earlier block
// began. The nearest of the earlier blocks is shown.
func (z *zones) backwards(head, q int32) *witness {
	p := head
	for b := head; b != q; b = z.blocks[b].next {
		if z.blocks[b].s > z.blocks[q].f {
			p = b
		}
	}
	w := &witness{kind: "stale-read"}
	w.include(z.blocks[p].write)
	w.links(z, p, q)
	before, late := z.blocks[q].first, z.blocks[p].last
	w.include(before, late)
	w.mustSee(z, late, before, p, q)
	if z.calls[late].in.F != model.Read {
		w.kind = "lost-update"
	}
	return w
}

// mustSee says why late, a call of block p, cannot be: before, a call of block q, ended before it
// began, and q comes after p.
func (w *witness) mustSee(z *zones, late, before, p, q int32) {
	c := &z.calls[late]
	since := fmt.Sprintf("#%d began after %s ended", c.op, z.number(before))
	if z.calls[before].in.F == model.Read {
		since += fmt.Sprintf(", which read %s", z.value(q))
	}
	gone := z.value(p)
	if c.in.F == model.CAS {
		gone = c.in.Old
	}
	over := fmt.Sprintf("%s was overwritten", gone)
	if by := z.blocks[q].write; by != nobody {
		over += " by " + z.number(by)
	}
	must := "see"
	if c.in.F != model.Read {
		must = "find"
	}
	if gone == model.Null && z.blocks[0].write == nobody {
		over = "null is the value before any write"
	}
	w.say(late, "%s, so it must %s %s or later; %s", since, must, z.value(q), over)
}

// bothOrders is two chains, a call of each of which ended before a call of the other began.
func (z *zones) bothOrders(s, t int32) *witness {
	// The initial value comes first for certain; else the chain of the call that begins last is
	// the accused.
	if z.chains[t].f < 0 || z.chains[s].f >= 0 && z.accuses(t) && (!z.accuses(s) || z.chains[t].s > z.chains[s].s) {
		s, t = t, s
	}
	a, b := z.chains[s], z.chains[t]
	w := &witness{kind: "stale-read"}
	for _, block := range []int32{a.first, a.last, b.first, b.last} {
		w.include(z.blocks[block].write)
	}
	w.alongChain(z, a)
	w.alongChain(z, b)
	x, y := z.blocks[a.first].first, z.blocks[b.last].last
	before, late := z.blocks[b.first].first, z.blocks[a.last].last
	w.include(x, y, before, late)
	if x != nobody {
		did := "wrote"
		if z.calls[y].in.F == model.Read {
			did = "read"
		}
		w.say(y, "#%d %s %s and began after %s ended, so %s came after %s", z.calls[y].op, did, z.value(b.last),
			z.number(x), z.value(b.last), z.value(a.first))
	}
	w.mustSee(z, late, before, a.last, b.first)
	w.keepSeen(z, w.pendingWrites(z)...)
	if z.calls[late].in.F != model.Read {
		w.kind = "lost-update"
	}
	return w
}

// accuses says whether the last call of a chain to begin is an observer, and so can be said to have
// come too late.
func (z *zones) accuses(c int32) bool {
	late := z.blocks[z.chains[c].last].last
	return late != nobody && z.calls[late].in.F != model.Write
}

// alongChain links the two blocks of a chain that matter.
func (w *witness) alongChain(z *zones, c chain) {
	for b := c.first; b != nobody; b = z.blocks[b].next {
		if b == c.last {
			w.links(z, c.first, c.last)
			return
		}
	}
	w.links(z, c.last, c.first)
}

func (w *witness) pendingWrites(z *zones) []int32 {
	var pending []int32
	for _, c := range w.calls {
		if z.calls[c].pending() {
			pending = append(pending, int32(c))
		}
	}
	return pending
}
