package txn

import (
	"context"
	"slices"
)

// proscribed says which cycles a level proscribes.
type proscribed uint8

const (
	anyCycle proscribed = iota // serializability
	apart                      // one in which no two rw follow each other: snapshot isolation
	single                     // one with at most one rw: consistent view
)

// polygraph asks whether the writes of each key can be put in an order with which a level holds (Papadimitriou, The Serializability
// of Concurrent Database Updates, JACM 1979). Of two transactions that wrote a key either one's version is the older: then it is before
// the other by a ww, and everyone who read its version by an rw. Where one way round closes a cycle that the level
// proscribes, with what is known and with what followed already, the other holds in every execution of the level. Where both
// do, there is no such execution; and where all orders are fixed and no cycle is closed, these orders are one. Of what stays
// open either way is supposed in turn, within bounds.
//
// It is exact for serializability, for a history is serializable if and only if its transactions have an acyclic graph under some
// version order (Adya, Liskov and O'Neil, section 5: PL-3); for snapshot isolation by theorem 10 of Cerone and Gotsman, which
// says the same of cycles in which no two rw follow each other; for consistent-view by its definition; and for each of them
// with the order of sessions or of real time, whose edges are dependencies like ww and wr there. What is known beforehand
// holds in every execution of the level (X5), and that one of two writes is the older is so in each. It is asked where nothing
// else is wrong with a history, so that every version has one writer, which committed, and all its readers are known (X2). In a
// serial order it does not matter which of two comes first that nobody read; those are no pairs there.
type polygraph struct {
	*graph
	no     proscribed
	known  []edge // of the kinds that the level looks at
	pairs  []pair
	stop   func() bool
	work   int  // that may still be done, in words of after
	gaveUp bool // there was more to do than that, or no time

	trail  []edge // drawn since, in order
	good   int    // so many of these close no cycle
	steps  []*step
	of     map[literal]*step
	next   [][]int32
	degree []int32
	all    members
	after  []members // of each state those that come after it
	order  []int32
}

// literal says that at a key the version of one transaction is older than that of another.
type literal struct{ key, older, newer int32 }

// not is the other way round.
func (l literal) not() literal { return literal{l.key, l.newer, l.older} }

// pair is two transactions that wrote a key, and who read what they wrote.
type pair struct {
	literal
	readers, others []int32 // of the older's version, and of the newer's
	decided         bool
}

// step is how a literal was found to hold.
type step struct {
	literal
	index   int
	pair    int
	trail   int         // how much had been drawn
	closing edge        // which the other way round would draw, and which would close a cycle
	circle  cycle       // that cycle, once somebody asks
	cases   *refutation // or what becomes of it if the other way round is supposed
	assumed bool        // it is but supposed
}

// refutation is why something cannot be: the steps that lead there, in order, and the cycle in which they end.
type refutation struct {
	steps  []*step
	circle cycle
}

// The bounds of a polygraph: states, for there is a bit for every two; pairs; and words that are worked on.
const (
	mostStates = 20_000
	mostPairs  = 1_000_000
	mostWork   = 1 << 30
)

// newPolygraph asks of all transactions, or of some of them; nil if it would be too large.
func newPolygraph(ctx context.Context, g *graph, pairs []pair, q question, among []int32) *polygraph {
	p := &polygraph{graph: g, no: q.no, work: mostWork, of: map[literal]*step{}, stop: func() bool { return ctx.Err() != nil }}
	if p.states() > mostStates || len(pairs) > mostPairs {
		return nil
	}
	asked := func(x int32) bool { return among == nil || x >= int32(len(g.txns)) || contains(among, x) }
	for _, e := range g.edges {
		if e.kind.in(q.kinds) && asked(e.from) && asked(e.to) {
			p.known = append(p.known, e)
		}
	}
	for _, of := range pairs {
		if !asked(of.older) || !asked(of.newer) || q.no == anyCycle && len(of.readers)+len(of.others) == 0 {
			continue // in a serial order it does not matter which of two comes first that nobody read
		}
		if among != nil {
			of.readers, of.others = some(of.readers, asked), some(of.others, asked)
		}
		p.pairs = append(p.pairs, of)
	}
	n := p.states()
	p.next, p.degree, p.after = make([][]int32, n), make([]int32, n), make([]members, n)
	p.all = make(members, p.words()*n)
	return p
}

// some are those that keep accepts.
func some(all []int32, keep func(int32) bool) []int32 {
	return slices.DeleteFunc(slices.Clone(all), func(x int32) bool { return !keep(x) })
}

func (p *polygraph) states() int { return int(p.no.states(p.nodes)) }

func (p *polygraph) words() int { return (p.states() + 63) / 64 }

// leads calls visit with the steps from state to state that an edge allows.
func (no proscribed) leads(e edge, visit func(from, to int32)) {
	switch {
	case no == anyCycle:
		visit(e.from, e.to)
	case e.kind.in(anyRW):
		visit(2*e.from, 2*e.to+1)
	default:
		visit(2*e.from, 2*e.to)
		if e.kind == pass || no == single {
			visit(2*e.from+1, 2*e.to+1)
		} else {
			visit(2*e.from+1, 2*e.to)
		}
	}
}

// states is how many states so many nodes have: 2n, and 2n+1 for node n after an rw, but where an rw is an edge like any other.
func (no proscribed) states(nodes int32) int32 {
	if no == anyCycle {
		return nodes
	}
	return 2 * nodes
}

// node is that of a state.
func (no proscribed) node(state int32) int32 {
	if no == anyCycle {
		return state
	}
	return state / 2
}

// closes says that an edge would close a cycle: by a path back, over one rw at most where the edge is none, and where no two rw may follow
// each other none at either end of one that is.
func (p *polygraph) closes(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.after[e.to].has(e.from)
	case !e.kind.in(anyRW):
		return p.after[2*e.to].has(2*e.from) || p.after[2*e.to].has(2*e.from+1)
	case p.no == apart:
		return p.after[2*e.to+1].has(2 * e.from)
	default:
		return p.after[2*e.to+1].has(2*e.from + 1)
	}
}

// idle says that an edge adds nothing to the paths that there are.
func (p *polygraph) idle(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.after[e.from].has(e.to)
	case e.kind.in(anyRW):
		return p.after[2*e.from].has(2*e.to) || p.after[2*e.from].has(2*e.to+1)
	case p.no == apart:
		return p.after[2*e.from+1].has(2 * e.to)
	default:
		return p.after[2*e.from].has(2 * e.to)
	}
}

// draws calls visit with what follows from a literal, until that is false.
func (p *polygraph) draws(pair *pair, l literal, visit func(edge) bool) {
	readers := pair.readers
	if l != pair.literal {
		readers = pair.others
	}
	if !visit(edge{l.older, l.newer, wwForced, l.key}) {
		return
	}
	for _, r := range readers {
		if r != l.newer && !visit(edge{r, l.newer, rwForced, l.key}) {
			return
		}
	}
}

// impossible is an edge that a literal would draw and that would close a cycle.
func (p *polygraph) impossible(pair *pair, l literal) (closing edge, yes bool) {
	p.draws(pair, l, func(e edge) bool {
		closing, yes = e, p.closes(e)
		return !yes
	})
	return closing, yes
}

// enter draws what follows from a literal that holds.
func (p *polygraph) enter(s *step) {
	pair := &p.pairs[s.pair]
	pair.decided = true
	s.index, s.trail = len(p.steps), len(p.trail)
	p.steps = append(p.steps, s)
	p.of[s.literal] = s
	p.draws(pair, s.literal, func(e edge) bool {
		if !p.idle(e) {
			p.trail = append(p.trail, e)
			p.no.leads(e, func(from, to int32) { p.after[from].set(to) })
		}
		return true
	})
}

// leave undoes all steps from one on.
func (p *polygraph) leave(from int) {
	if from == len(p.steps) {
		return
	}
	p.trail = p.trail[:p.steps[from].trail]
	for _, s := range p.steps[from:] {
		p.pairs[s.pair].decided = false
		delete(p.of, s.literal)
	}
	p.steps = p.steps[:from]
	p.good = min(p.good, len(p.trail))
	p.closure(len(p.trail))
}

// closure finds what comes after each state by what is known and the first edges of the trail; not ok if they make a cycle that is
// proscribed.
func (p *polygraph) closure(trail int) (ok bool) {
	n := p.states()
	for i := range n {
		p.next[i], p.degree[i] = p.next[i][:0], 0
	}
	for _, edges := range [][]edge{p.known, p.trail[:trail]} {
		for _, e := range edges {
			p.no.leads(e, func(from, to int32) {
				p.next[from] = append(p.next[from], to)
				p.degree[to]++
			})
		}
		p.work -= len(edges) * p.words()
	}
	p.order = p.order[:0]
	for i := range n {
		if p.degree[i] == 0 {
			p.order = append(p.order, int32(i))
		}
	}
	for i := 0; i < len(p.order); i++ {
		for _, to := range p.next[p.order[i]] {
			if p.degree[to]--; p.degree[to] == 0 {
				p.order = append(p.order, to)
			}
		}
	}
	if len(p.order) < n {
		return false
	}
	clear(p.all)
	words := p.words()
	for _, state := range slices.Backward(p.order) {
		after := p.all[words*int(state) : words*int(state+1)]
		for _, to := range p.next[state] {
			after.add(p.after[to])
			after.set(to)
		}
		p.after[state] = after
		if p.no == single && state&1 == 0 && after.has(state+1) {
			return false
		}
	}
	return true
}

// follow draws all that follows without a supposition. It returns why that cannot be, if it cannot.
func (p *polygraph) follow() *refutation {
	for {
		if p.gaveUp = p.gaveUp || p.work < 0 || p.stop(); p.gaveUp {
			return nil
		}
		if !p.closure(len(p.trail)) {
			return p.contradiction()
		}
		p.good = len(p.trail)
		steps := len(p.steps)
		for i := range p.pairs {
			pair := &p.pairs[i]
			if pair.decided {
				continue
			}
			p.work -= 2 + len(pair.readers) + len(pair.others)
			if e, out := p.impossible(pair, pair.literal); out {
				p.enter(&step{literal: pair.not(), pair: i, closing: e})
			} else if e, out := p.impossible(pair, pair.not()); out {
				p.enter(&step{literal: pair.literal, pair: i, closing: e})
			}
		}
		if len(p.steps) == steps {
			return nil
		}
	}
}

// contradiction is why the trail closes a cycle.
func (p *polygraph) contradiction() *refutation {
	low, high := p.good, len(p.trail) // no cycle with the edges up to low, one with those up to high
	if low == high {
		p.gaveUp = true // what was known has a cycle already, which was not searched for to the end
		return nil
	}
	for high-low > 1 {
		if mid := (low + high) / 2; p.closure(mid) {
			low = mid
		} else {
			high = mid
		}
	}
	return p.refute(p.circle(p.trail[low], low))
}

// solve decides, within bounds. What it returns is why the level cannot be, nil if it can be or if it gave up.
func (p *polygraph) solve() *refutation {
	for {
		if why := p.follow(); why != nil || p.gaveUp {
			return why
		}
		open := slices.IndexFunc(p.pairs, func(pair pair) bool { return !pair.decided })
		if open < 0 {
			return nil
		}
		here := len(p.steps)
		supposed := &step{literal: p.pairs[open].literal, pair: open, assumed: true}
		p.enter(supposed)
		why := p.solve()
		if why == nil {
			return nil
		}
		p.leave(here)
		if !slices.Contains(why.steps, supposed) {
			return why
		}
		p.enter(&step{literal: supposed.not(), pair: open, cases: why})
	}
}

// refute collects the steps that a cycle rests on.
func (p *polygraph) refute(circle cycle) *refutation {
	needed := make([]bool, len(p.steps))
	rests := func(c cycle) {
		for _, d := range c {
			if s := p.of[p.meaning(d)]; s != nil {
				needed[s.index] = true
			}
		}
	}
	rests(circle)
	why := &refutation{circle: circle}
	for i := len(p.steps) - 1; i >= 0; i-- {
		s := p.steps[i]
		switch {
		case !needed[i]:
			continue
		case s.cases != nil:
			for _, earlier := range s.cases.steps {
				if earlier.index < i && p.steps[earlier.index] == earlier {
					needed[earlier.index] = true
				}
			}
		case !s.assumed:
			if s.circle == nil {
				s.circle = p.circle(s.closing, s.trail)
			}
			rests(s.circle)
		}
		why.steps = append(why.steps, s)
	}
	slices.Reverse(why.steps)
	return why
}

// meaning is the literal from which a dependency follows; the zero literal of what was known.
func (p *polygraph) meaning(d dependency) literal {
	switch d.kind {
	case wwForced:
		return literal{d.key, d.from, d.to}
	case rwForced:
		for _, m := range p.did(d.from) {
			if !m.write && m.key == d.key {
				return literal{d.key, p.values[m.value].writer, d.to}
			}
		}
	}
	return literal{key: none}
}

// circle is a short cycle that an edge closes with what is known and the first edges of the trail.
func (p *polygraph) circle(closing edge, trail int) cycle {
	edges := append(slices.Concat(p.known, p.trail[:trail]), closing)
	a := newAdjacency(p.nodes, int32(len(p.txns)), edges)
	last := int32(slices.Index(a.edges, closing))
	n := p.states()
	by, from := make([]int32, n), make([]int32, n)
	for i := range by {
		by[i] = none
	}
	var now, later []int32 // states to go on from: what leaves junctions costs nothing
	p.work -= 2 * len(edges)
	p.no.leads(closing, func(_, to int32) {
		if len(now) == 0 { // the first state has all the ways on that the other has
			now = append(now, to)
			by[to], from[to] = last, none
		}
	})
	for len(now) > 0 {
		s := now[len(now)-1]
		now = now[:len(now)-1]
		if p.isGoal(closing, s) {
			var back path
			for ; s != none; s = from[s] {
				back = append(back, by[s])
			}
			slices.Reverse(back)
			return back.cycle(a, p.names())
		}
		node := p.no.node(s)
		for e := a.first[node]; e < a.first[node+1]; e++ {
			p.no.leads(a.edges[e], func(x, y int32) {
				if x != s || by[y] != none {
					return
				}
				if by[y], from[y] = e, s; p.no.node(y) < a.txns {
					later = append(later, y)
				} else {
					now = append(now, y)
				}
			})
		}
		if len(now) == 0 {
			now, later = later, now
			slices.Reverse(now)
		}
	}
	return nil
}

// isGoal says that an edge closes a cycle with a path from its end to this state.
func (p *polygraph) isGoal(closing edge, state int32) bool {
	switch {
	case p.no == anyCycle:
		return state == closing.from
	case !closing.kind.in(anyRW):
		return state/2 == closing.from
	case p.no == apart:
		return state == 2*closing.from
	default:
		return state == 2*closing.from+1
	}
}

// names are the nodes, which are not renumbered.
func (p *polygraph) names() []int32 {
	all := make([]int32, p.nodes)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// members is a set of states, a bit each.
type members []uint64

func (b members) has(i int32) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b members) set(i int32)      { b[i/64] |= 1 << (i % 64) }

func (b members) add(other members) {
	for i := range b {
		b[i] |= other[i]
	}
}
