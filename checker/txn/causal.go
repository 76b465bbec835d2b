package txn

import (
	"context"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// causality decides causal consistency (X15). A transaction is visible to another if a path of wr
// and session leads from it there. What a transaction read of a key is then at least as new as
// every version whose writer it could see: each such writer comes before the one whose version was
// read. The level holds if and only if these orders, wr, sessions and the known ww have no cycle
// (Biswas and Enea, On the Complexity of Checking Transactional Consistency, OOPSLA 2019).
//
// What a transaction can see of a session is a beginning of it, so that a count for each session
// stands for it, and of the writers of a key only the last that it can see in each session needs
// an order: those before it in its session come before it anyway.
type causality struct {
	*graph
	found   *findings
	visible []edge  // wr and process
	orders  []edge  // these, the known ww, and what was read of keys
	forced  []int32 // who read, of each of the orders from a certain one on

	session  []int32        // of each transaction
	place    []int32        // of each transaction within its session
	writers  [][]footprint  // of each key, by session
	firsts   [][]firstWrite // of each session, the transactions that wrote a key before others of the session
	work     int
	violated bool
}

// footprint is who of a session wrote a key, in the order of the session.
type footprint struct {
	session int32
	txns    []int32
	before  [2]int32 // the order that was drawn last, of one of them before a writer of another session
}

// firstWrite is the first of a session to write a key.
type firstWrite struct{ txn, key int32 }

// The bounds of the work, in counts that are compared: where the level is asked for, and otherwise.
const (
	mostCausalWork = 1 << 30
	fewCausalWork  = 1 << 23
)

// causal proves causal consistency or rules it out; 0 if it is ruled out, or if it is left open
// for want of time.
func (f *findings) causal(ctx context.Context, g *graph, asked bool) (level, error) {
	c := &causality{graph: g, found: f, work: fewCausalWork}
	if asked {
		c.work = mostCausalWork
	}
	ordered := mask(1<<ww | 1<<wwProcess | 1<<wr | 1<<process)
	for _, e := range g.edges {
		if e.from >= int32(len(g.txns)) || e.to >= int32(len(g.txns)) || !e.kind.in(ordered) {
			continue
		}
		c.orders = append(c.orders, e)
		if e.kind == process || e.kind == wr && f.lists == nil {
			c.visible = append(c.visible, e)
		}
	}
	if f.lists != nil {
		for x := range c.txns {
			c.views(int32(x), func(key, from int32) {
				if from != none && c.txns[x].committed {
					c.visible = append(c.visible, edge{from, int32(x), wr, key})
				}
			})
		}
	}
	c.sessions()
	done, err := c.follow(ctx)
	if err != nil || !done || c.violated {
		return 0, err
	}
	return c.decide(), nil
}

// sessions numbers the sessions, their transactions, and who wrote what in them.
func (c *causality) sessions() {
	c.session, c.place = make([]int32, len(c.txns)), make([]int32, len(c.txns))
	c.writers = make([][]footprint, len(c.keys))
	order := make([]int32, 0, len(c.txns))
	for x := range c.txns {
		if c.txns[x].committed {
			order = append(order, int32(x))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return int(c.txns[a].begin - c.txns[b].begin) })
	number := map[history.Process]int32{}
	var sizes []int32
	at := map[[2]int32]int{} // key and session
	for _, x := range order {
		s, known := number[c.txns[x].process]
		if !known {
			s = int32(len(sizes))
			number[c.txns[x].process] = s
			sizes, c.firsts = append(sizes, 0), append(c.firsts, nil)
		}
		c.session[x], c.place[x] = s, sizes[s]
		sizes[s]++
		for _, m := range c.did(x) {
			if !m.write || !c.values[m.value].final {
				continue
			}
			name := [2]int32{m.key, s}
			i, wrote := at[name]
			if !wrote {
				i = len(c.writers[m.key])
				at[name] = i
				c.writers[m.key] = append(c.writers[m.key], footprint{session: s, before: [2]int32{none, none}})
				c.firsts[s] = append(c.firsts[s], firstWrite{x, m.key})
			}
			w := &c.writers[m.key][i]
			w.txns = append(w.txns, x)
		}
	}
}

// follow goes through the transactions in an order that visibility respects, with what each can
// see. It is not done if there was more to do than mostCausalWork.
func (c *causality) follow(ctx context.Context) (done bool, err error) {
	n, sessions := int32(len(c.txns)), len(c.firsts)
	if sessions == 0 {
		return true, nil
	}
	if (len(c.visible)+int(n))*sessions > c.work {
		return false, nil
	}
	out := newAdjacency(n, n, c.visible)
	into := make([]int32, n) // edges to come
	for _, e := range c.visible {
		into[e.to]++
	}
	var ready []int32
	for x := range n {
		if into[x] == 0 && c.txns[x].committed {
			ready = append(ready, x)
		}
	}
	sees := make([][]int32, n) // of each session how many
	var spare [][]int32
	take := func(x int32) []int32 {
		if sees[x] == nil && len(spare) > 0 {
			sees[x], spare = spare[len(spare)-1], spare[:len(spare)-1]
			clear(sees[x])
		} else if sees[x] == nil {
			sees[x] = make([]int32, sessions)
		}
		return sees[x]
	}
	for round := 0; len(ready) > 0; round++ {
		if round%4096 == 0 && ctx.Err() != nil {
			return false, ctx.Err()
		}
		x := ready[len(ready)-1]
		ready = ready[:len(ready)-1]
		own := take(x)
		if c.reads(x, own); c.work < 0 {
			return false, nil
		}
		s := c.session[x]
		own[s] = max(own[s], c.place[x]+1)
		for _, e := range out.edges[out.first[x]:out.first[x+1]] {
			theirs := take(e.to)
			for i, count := range own {
				theirs[i] = max(theirs[i], count)
			}
			if into[e.to]--; into[e.to] == 0 {
				ready = append(ready, e.to)
			}
		}
		spare, sees[x] = append(spare, own), nil
	}
	return true, nil
}

// reads puts the writers that a transaction could see before those from which it read, or reports
// that it read of a key as if nobody had written it.
func (c *causality) reads(x int32, sees []int32) {
	c.views(x, func(key, from int32) {
		c.work -= len(c.writers[key])
		for i := range c.writers[key] {
			w := &c.writers[key][i]
			last := c.last(w, sees)
			switch {
			case last == none || last == from || w.before == [2]int32{last, from}:
			case from == none:
				c.initialRead(last, x, key, rw)
			default:
				w.before = [2]int32{last, from}
				c.orders, c.forced = append(c.orders, edge{last, from, wwCausal, key}), append(c.forced, x)
			}
		}
	})
	if len(c.predicates) > 0 {
		c.absent(x, sees)
	}
}

// last is the last of a session to write a key whom a transaction could see, or none.
func (c *causality) last(w *footprint, sees []int32) int32 {
	place := func(t, count int32) int { return int(c.place[t] - count) }
	i, _ := slices.BinarySearchFunc(w.txns, sees[w.session], place)
	if i == 0 {
		return none
	}
	return w.txns[i-1]
}

// views calls visit with the keys that a transaction read and with who wrote what it found there,
// none for the initial version.
func (c *causality) views(x int32, visit func(key, from int32)) {
	for _, m := range c.did(x) {
		switch {
		case m.write:
		case c.found.lists != nil:
			if last, ok := c.found.lists.below(x, &m); ok {
				visit(m.key, c.writer(last))
			}
		case m.prev == none:
			visit(m.key, c.writer(m.value))
		}
	}
}

// writer is who wrote a value, none for the initial one.
func (c *causality) writer(v int32) int32 {
	if v == none {
		return none
	}
	return c.values[v].writer
}

// below is the last element that a transaction found in a list, none for an empty one: in its
// first read of the key, even if that comes after appends of its own and shows these on top.
func (l *lists) below(x int32, m *micro) (last int32, ok bool) {
	own := int32(0)
	before := m.prev
	for ; before != none && l.micros[before].write; before = l.micros[before].prev {
		own++
	}
	if before != none {
		return none, false
	}
	of := &l.of[m.key]
	n, same := of.length(m.list)
	if !same { // written otherwise
		seen, err := l.elements(m.key, m.list)
		if err != nil {
			return none, false
		}
		n = int32(len(seen))
	}
	if n <= own || int(n) > len(of.order) {
		return none, n >= own
	}
	return of.order[n-own-1], true
}

// absent reports keys that a predicate read did not find although the transaction could see who had
// written them.
func (c *causality) absent(x int32, sees []int32) {
	at, _ := slices.BinarySearchFunc(c.predicates, x, func(p predicate, x int32) int { return int(p.txn - x) })
	for ; at < len(c.predicates) && c.predicates[at].txn == x; at++ {
		p := c.predicates[at]
		found := make(map[int32]bool, p.to-p.from)
		for _, m := range c.micros[p.from:p.to] {
			found[m.key] = true
		}
		for s, firsts := range c.firsts {
			for _, first := range firsts {
				if c.work--; c.place[first.txn] >= sees[s] {
					break
				}
				if !found[first.key] {
					c.initialRead(first.txn, x, first.key, rwPredicate)
				}
			}
		}
	}
}

// initialRead reports a transaction that read a key's initial version although it could see who had
// written the key.
func (c *causality) initialRead(writer, reader, key int32, k kind) {
	if c.violated {
		return
	}
	c.violated = true
	circle := append(c.path(writer, reader), dependency{reader, writer, k, key})
	c.found.causalCycle(circle)
}

// decide looks for a cycle of the orders.
func (c *causality) decide() level {
	n := int32(len(c.txns))
	v := view{newAdjacency(n, n, c.orders), every, false}
	components := v.components()
	if len(components) == 0 {
		return below(causal)
	}
	search := newSearch(n)
	names := make([]int32, n)
	for i := range names {
		names[i] = int32(i)
	}
	for _, part := range components {
		search.enter(&v, part)
		left := cycleBudget
		c.tell(search.shortest(&left).cycle(v.adjacency, names))
	}
	return 0
}

// tell reports a cycle. Where the version that was read is known to be older than one whose writer
// the reader could see, the cycle is that of the reader, and else one of orders.
func (c *causality) tell(circle cycle) {
	for i := range circle {
		if d := circle[i]; d.kind == wwCausal && slices.Contains(c.orders, edge{d.from, d.to, wwProcess, d.key}) {
			circle[i].kind = wwProcess // which is easier to follow
		}
	}
	at := slices.IndexFunc(circle, func(d dependency) bool { return d.kind == wwCausal })
	if at < 0 {
		c.found.cycle(finding{anomaly: "G-single-process", causal: true}, circle)
		return
	}
	if order := circle[at]; c.overwritten(circle, order) {
		reader := c.reader(order)
		circle = append(c.path(order.from, reader), dependency{reader, order.from, rw, order.key})
		c.found.causalCycle(circle)
		return
	}
	c.found.conflict(c, circle)
}

// reader is who read, by which an order follows.
func (c *causality) reader(order dependency) int32 {
	known := len(c.orders) - len(c.forced)
	return c.forced[slices.Index(c.orders[known:], edge(order))]
}

// overwritten says that a cycle shows a version, which was read, to be older than the one that the
// reader could see: by the order of a list, or because the writer of the newer one of a register
// had read the older one.
func (c *causality) overwritten(circle cycle, order dependency) bool {
	for _, d := range circle {
		switch {
		case d == order:
		case d.key != order.key:
			return false
		case c.found.lists != nil && d.kind == ww:
		case len(circle) == 2 && d.kind == wr && c.writesTo(d.to, d.key):
		default:
			return false
		}
	}
	return true
}

// path is a shortest path by which one transaction can see another.
func (c *causality) path(from, to int32) cycle {
	n := int32(len(c.txns))
	out := newAdjacency(n, n, c.visible)
	by := map[int32]dependency{}
	for now := []int32{from}; len(now) > 0; now = now[1:] {
		for _, e := range out.edges[out.first[now[0]]:out.first[now[0]+1]] {
			if _, known := by[e.to]; known || e.to == from {
				continue
			}
			if by[e.to] = dependency(e); e.to == to {
				var back cycle
				for at := to; at != from; at = by[at].from {
					back = append(back, by[at])
				}
				slices.Reverse(back)
				return back
			}
			now = append(now, e.to)
		}
	}
	return nil
}

// causalCycle reports a cycle of one rw, and what the reader could see besides.
func (f *findings) causalCycle(circle cycle) {
	what := finding{anomaly: "G-single", causal: true}
	for _, d := range circle {
		if d.kind == process {
			what.anomaly = "G-single-process"
		}
		what.absent = what.absent || d.kind == rwPredicate
	}
	f.cycle(what, circle)
}

// conflict reports a cycle of orders, some of which follow from what a transaction read although
// it could see another version.
func (f *findings) conflict(c *causality, circle cycle) {
	what := finding{anomaly: "CyclicCF"}
	if !f.find(what) {
		return
	}
	t := telling{f: f, told: map[dependency]bool{}}
	for _, d := range circle {
		if d.kind != wwCausal {
			t.known(cycle{d})
			continue
		}
		reader := c.reader(d)
		path := c.path(d.from, reader)
		t.known(path)
		t.others = append(t.others, reader, d.to)
		older := f.left(d.from, d.key)
		t.say(reader, "%s could see the %s of %s (%s), and read %s as %s: so %s is the older", f.op(reader),
			older, f.op(d.from), f.along(path), f.keyText(d.key), f.left(d.to, d.key), older)
	}
	summary := fmt.Sprintf("%d writes in a circle, each older than the next by what was read and visible", len(circle))
	f.tell(what, summary, t.claims, t.others...)
	f.draw(circle)
	f.about(t.keys...)
}

// along is a path in short: "#1 → #4 → #6".
func (f *findings) along(path cycle) string {
	text := f.op(path[0].from)
	for _, d := range path {
		text += " → " + f.op(d.to)
	}
	return text
}
