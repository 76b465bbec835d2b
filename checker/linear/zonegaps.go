package linear

import (
	"cmp"
	"fmt"
	"slices"
)

// This file adds to byZones what a cas tells that found another value than the old one: that at
// some moment from its begin to its end the register did not hold the old value. Which value it
// held instead it does not tell, so it belongs to no block.
//
// Of two proofs the first that succeeds decides, and without either the key is searched.
//
// Refutation. Let a be the block of the old value, in a chain whose blocks from a on show an end
// before the call began: a was written by then. It can only have been replaced by the next block of
// its chain or, if a is the last, by the first block of a chain that need not come before. If none
// of these began to be written before the call ended, or if a block of the chain up to a was begun
// to be written or read after the call ended, the register held the old value all the time.
//
// Construction. Put the chains in the order of f if f < s, and of s otherwise: it respects f < s
// where byZones found no conflict, as for two chains in this order the second does not end before
// the first begins for the last time. Then let every block begin as early as it can: after all that
// begins in the blocks before it and after its own write has begun. That is an order of the calls,
// to be checked against all ends; and it tells when each block begins and ends. A call that found
// another value fits if it does not lie wholly inside a block of the old one. If it does, it is
// taken for a read of a block that may as well come later, and the order is made anew. A write with
// unknown outcome that nobody observed and that no such call names can be put into a block behind
// all that observes it, to make room for those that end after it began. Both are an explicit order
// that explains all calls, so nothing depends on how good the choices were.

// mismatched says whether a call is a cas that found another value.
func mismatched(c *registerCall) bool { return !c.pending() && c.in.Mismatched(&c.out) }

// gaps judges the calls that found another value than the old one, once the other calls have an
// order.
func (z *zones) gaps() (w *witness, decided bool) {
	if len(z.mismatches) == 0 {
		return nil, true
	}
	g := newGaps(z)
	for _, m := range z.mismatches {
		if w := g.refute(m); w != nil {
			return w, true
		}
	}
	return nil, g.construct()
}

// gaps is what is known of the order of the blocks.
type gaps struct {
	*zones
	previous []int32 // by block: the one that it follows in its chain, or nobody
	until    []int   // by block: the least f from it to the end of its chain
	since    []int   // by block: the greatest s from the beginning of its chain to it
	heads    []head  // of the chains, by their begins
	spare    []int32 // calls with unknown outcome that belong to no block and write, by their begins
}

// head is the first block of a chain.
type head struct {
	chain, block int32
	begin        int      // of its write
	last         [2]int32 // of the chains up to here, the two with the greatest f, or nobody
}

func newGaps(z *zones) *gaps {
	g := &gaps{zones: z, previous: make([]int32, len(z.blocks)), until: make([]int, len(z.blocks)),
		since: make([]int, len(z.blocks))}
	for b := range z.blocks {
		g.previous[b] = nobody
	}
	for b := range z.blocks {
		if next := z.blocks[b].next; next != nobody {
			g.previous[next] = int32(b)
		}
	}
	for b := range z.blocks {
		if block := &z.blocks[b]; block.empty() || block.follows {
			continue
		}
		var chain []int32
		for i := int32(b); i != nobody; i = z.blocks[i].next {
			chain = append(chain, i)
		}
		for i, since := 0, -1; i < len(chain); i++ {
			since = max(since, z.blocks[chain[i]].s)
			g.since[chain[i]] = since
		}
		for i, until := len(chain)-1, never; i >= 0; i-- {
			until = min(until, z.blocks[chain[i]].f)
			g.until[chain[i]] = until
		}
		g.heads = append(g.heads, head{chain: z.blocks[b].chain, block: int32(b), begin: g.begin(int32(b))})
	}
	slices.SortFunc(g.heads, func(a, b head) int { return cmp.Compare(a.begin, b.begin) })
	last := [2]int32{nobody, nobody}
	for i := range g.heads {
		last = g.later(last, g.heads[i].chain)
		g.heads[i].last = last
	}
	for i := range z.calls {
		if z.calls[i].pending() && z.writes(i) && !z.effective(i) {
			g.spare = append(g.spare, int32(i))
		}
	}
	return g
}

// later keeps the two chains with the greatest f.
func (g *gaps) later(last [2]int32, c int32) [2]int32 {
	switch f := g.chains[c].f; {
	case last[0] == nobody || f > g.chains[last[0]].f:
		return [2]int32{c, last[0]}
	case last[1] == nobody || f > g.chains[last[1]].f:
		return [2]int32{last[0], c}
	}
	return last
}

// begin is when the write of a block begins. That of the initial value ended before everything.
func (g *gaps) begin(b int32) int {
	if g.blocks[b].f < 0 {
		return -1
	}
	return g.calls[g.blocks[b].write].begin
}

// refute is a witness that the register held the old value from the begin of m to its end.
func (g *gaps) refute(m int32) *witness {
	c := &g.calls[m]
	a := g.source[m]
	if g.blocks[a].empty() || g.blocks[a].writes > 1 || g.until[a] >= c.begin {
		return nil
	}
	if g.since[a] > c.end {
		return g.inside(m, a)
	}
	for _, i := range g.spare {
		if g.calls[i].begin < c.end {
			return nil
		}
	}
	if next := g.blocks[a].next; next != nobody {
		if g.begin(next) < c.end {
			return nil
		}
		return g.unreplaced(m, a)
	}
	own := g.blocks[a].chain
	n, _ := slices.BinarySearchFunc(g.heads, c.end, func(h head, end int) int { return cmp.Compare(h.begin, end) })
	if n > 0 {
		for _, other := range g.heads[n-1].last {
			if other != nobody && other != own && g.chains[other].f >= g.chains[own].s {
				return nil // it may come behind
			}
		}
	}
	return g.unreplaced(m, a)
}

// mostMoves bounds how often blocks are moved to make room.
const mostMoves = 16

// construct looks for an order in which every call that found another value fits. One that does not
// is added to the block that it most likely found, which moves that block.
func (g *gaps) construct() bool {
	for range mostMoves {
		o, ok := g.order()
		if !ok {
			return false
		}
		left := g.fit(&o)
		if len(left) == 0 {
			return true
		}
		for _, at := range left {
			if !g.move(o, at) {
				return false
			}
		}
	}
	return false
}

// ordering is an order of the blocks.
type ordering struct {
	blocks []int32
	begins []int   // by place in blocks: when the block begins
	needs  []int32 // by place in blocks: the call that does not fit in it and ends first, or nobody
}

// order is the order of the blocks, each of which begins as early as it can. It says false if one
// must begin too late.
func (g *gaps) order() (o ordering, ok bool) {
	chains := make([]chain, len(g.heads)) // as they are after moves; first is the first block
	for i, h := range g.heads {
		c := chain{f: never, s: -2, first: h.block}
		for b := h.block; b != nobody; b = g.blocks[b].next {
			c.f, c.s = min(c.f, g.blocks[b].f), max(c.s, g.blocks[b].s)
		}
		chains[i] = c
	}
	slices.SortFunc(chains, func(a, b chain) int { return cmp.Compare(min(a.f, a.s), min(b.f, b.s)) })
	now := -1
	for _, c := range chains {
		for b := c.first; b != nobody; b = g.blocks[b].next {
			if now = max(now, g.begin(b)); now >= g.blocks[b].f && g.blocks[b].f >= 0 {
				return o, false
			}
			o.blocks, o.begins = append(o.blocks, b), append(o.begins, now)
			now = max(now, g.blocks[b].s)
		}
	}
	return o, true
}

// fit lists the places of blocks in which some call that found another value does not fit, even if
// spare writes make room.
func (g *gaps) fit(o *ordering) (left []int) {
	o.needs = roomFor(len(o.blocks), o.needs)
	for i := range o.needs {
		o.needs[i] = nobody
	}
	named := make([]bool, g.values.count) // values that some such call must not have found
	for _, m := range g.mismatches {
		c := &g.calls[m]
		named[g.source[m]] = true
		at, _ := slices.BinarySearch(o.begins, c.begin)
		at-- // the last block that begins before c; that of the initial value does
		for at+1 < len(o.begins) && o.begins[at+1] < c.end && g.value(o.blocks[at]) == c.in.Old {
			at++
		}
		if g.value(o.blocks[at]) == c.in.Old && (o.needs[at] == nobody || c.end < g.calls[o.needs[at]].end) {
			o.needs[at] = m
		}
	}
	spare := slices.DeleteFunc(slices.Clone(g.spare), func(i int32) bool {
		return g.source[i] != nobody || named[g.target[i]]
	})
	for at, m := range o.needs {
		if m == nobody {
			continue
		}
		b := &g.blocks[o.blocks[at]]
		if b.next == nobody && len(spare) > 0 && max(o.begins[at], b.s, g.calls[spare[0]].begin) < g.calls[m].end {
			spare = spare[1:]
			continue
		}
		left = append(left, at)
	}
	return left
}

// move makes room for a call that does not fit in the block at a place: behind it, by another block
// that may as well come later, or else before it. It says false if there is none.
func (g *gaps) move(o ordering, at int) bool {
	const far = 32
	a, m := o.blocks[at], o.needs[at]
	c := &g.calls[m]
	hang := func(b int32) bool {
		g.blocks[b].f, g.blocks[b].s = min(g.blocks[b].f, c.end), max(g.blocks[b].s, c.begin)
		return true
	}
	if g.blocks[a].next == nobody {
		for i := at - 1; i > 0 && i >= at-far; i-- {
			b := o.blocks[i]
			if g.blocks[b].chain != g.blocks[a].chain && g.value(b) != c.in.Old && g.blocks[b].f > g.blocks[a].s &&
				g.begin(b) < c.end {
				return hang(b)
			}
		}
	}
	if at > 0 && c.begin < g.blocks[a].f && g.value(o.blocks[at-1]) != c.in.Old {
		return hang(o.blocks[at-1])
	}
	return false
}

// inside is a cas that found another value between two calls that show the old one.
func (g *gaps) inside(m, a int32) *witness {
	w := g.held(m, a)
	late := a
	for b := a; b != nobody; b = g.previous[b] {
		if g.blocks[b].s > g.blocks[late].s {
			late = b
		}
	}
	w.include(g.blocks[late].write)
	w.links(g.zones, late, a)
	last := g.blocks[late].last
	w.say(last, "#%d began after #%d had ended, and %s cannot have been replaced before it", g.calls[last].op,
		g.calls[m].op, g.calls[m].in.Old)
	w.keepSeen(g.zones, last)
	return w
}

// unreplaced is a cas that found another value though nobody had replaced the old one.
func (g *gaps) unreplaced(m, a int32) *witness {
	w := g.held(m, a)
	w.say(m, "nobody can have replaced %s before #%d ended", g.calls[m].in.Old, g.calls[m].op)
	return w
}

// held says that the old value of m was in block a before m began.
func (g *gaps) held(m, a int32) *witness {
	c := &g.calls[m]
	w := &witness{kind: "false-mismatch"}
	w.include(g.blocks[a].write)
	early := a
	for b := a; b != nobody; b = g.blocks[b].next {
		if g.blocks[b].f < g.blocks[early].f {
			early = b
		}
	}
	w.links(g.zones, a, early)
	since := "from the beginning"
	if by := g.blocks[early].first; by != nobody {
		w.include(by)
		w.keepSeen(g.zones, by, g.blocks[a].write)
		since = fmt.Sprintf("when #%d ended, before that began", g.calls[by].op)
	}
	w.say(m, "#%d found another value than %s, but the register held %[2]s %[3]s", c.op, c.in.Old, since)
	return w
}
