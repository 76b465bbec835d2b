package txn

import (
	"context"
	"slices"
)

// polygraph asks whether the writes of each key can be put in an order with which a level holds
// (Papadimitriou, The Serializability of Concurrent Database Updates, JACM 1979). Of two
// transactions that wrote a key either one's version is the older: then it is before the other by
// a ww, and everyone who read its version by an rw. Where one way round closes a cycle that the
// level proscribes, with what is known and with what followed already, the other holds in every
// execution of the level. Where both do, there is no such execution; and where all orders are
// fixed and no cycle is closed, these orders are one. For each pair that stays open both ways are
// tried in turn, within bounds.
//
// It is exact for serializability: a history is serializable if and only if its transactions
// have an acyclic graph under some version order (Adya, Liskov and O'Neil, section 5: PL-3); for
// snapshot isolation by theorem 10 of Cerone and Gotsman, which says the same of cycles in which
// no two rw follow each other; for consistent-view by its definition; and for each of them with
// the order of sessions or of real time, whose edges are dependencies like ww and wr there. Every
// known edge holds in every execution of the level (X5), and in each of them one of two writes is
// the older. It is asked where nothing else is wrong with a history, so that every version has one
// writer, which committed, and all its readers are known (X2). In a serial order it does not
// matter which of two comes first that nobody read; those are no pairs there.
type polygraph struct {
	*graph
	no      proscribed
	known   []edge // of the kinds that the level looks at
	pairs   []pair
	readers readers
	asked   func(node int32) bool // whether the node is one of those examined
	stop    func() bool
	work    int64 // that may still be done, in words of rows
	gaveUp  bool  // there was more to do than that, or no time
	terse   bool  // nobody asks why

	trail []edge // drawn since, in order
	good  int    // so many of these close no cycle
	steps []*step
	of    map[literal]*step
	reach
}

// literal says that at a key the version of one transaction is older than that of another.
type literal struct{ key, older, newer int32 }

// not is the other way round.
func (l literal) not() literal { return literal{l.key, l.newer, l.older} }

// pair is two transactions that wrote a key, and the versions that they left, 0 for those that
// nobody read.
type pair struct {
	literal
	versions [2]int32
	decided  bool
}

// readers are those who read a version of a key.
type readers func(key, version int32) []int32

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

// The bounds of a polygraph: pairs, and words that are worked on.
const (
	mostPairs = 4_000_000
	mostWork  = int64(4 << 30)
)

// newPolygraph asks of all transactions, or of some of them.
func newPolygraph(ctx context.Context, g *graph, pairs []pair, readers readers, q question, among []int32) *polygraph {
	p := &polygraph{graph: g, no: q.no, readers: readers, work: mostWork, of: map[literal]*step{}}
	p.stop = func() bool { return ctx.Err() != nil }
	p.asked = func(x int32) bool { return among == nil || x >= int32(len(g.txns)) || contains(among, x) }
	for _, e := range g.edges {
		if e.kind.in(q.kinds) && p.asked(e.from) && p.asked(e.to) {
			p.known = append(p.known, e)
		}
	}
	p.known = g.entered(p.known)
	for _, of := range pairs {
		if !p.asked(of.older) || !p.asked(of.newer) ||
			q.no == anyCycle && len(readers(of.key, of.versions[0]))+len(readers(of.key, of.versions[1])) == 0 {
			continue // in a serial order it does not matter which of two comes first that nobody read
		}
		p.pairs = append(p.pairs, of)
	}
	return p
}

// entered are the edges that some transaction leads to: not those of junctions into which no edge
// goes.
func (g *graph) entered(edges []edge) []edge {
	into := make([]int32, g.nodes)
	out := newAdjacency(g.nodes, int32(len(g.txns)), edges)
	for _, e := range edges {
		into[e.to]++
	}
	var idle []int32
	for j := int32(len(g.txns)); j < g.nodes; j++ {
		if into[j] == 0 {
			idle = append(idle, j)
		}
	}
	for len(idle) > 0 {
		j := idle[len(idle)-1]
		idle = idle[:len(idle)-1]
		for _, e := range out.edges[out.first[j]:out.first[j+1]] {
			if into[e.to]--; into[e.to] == 0 && e.to >= out.txns {
				idle = append(idle, e.to)
			}
		}
	}
	return slices.DeleteFunc(edges, func(e edge) bool { return e.from >= out.txns && into[e.from] == 0 })
}

// draws calls visit with what follows from a literal, until that is false.
func (p *polygraph) draws(pair *pair, l literal, visit func(edge) bool) {
	version := pair.versions[0]
	if l != pair.literal {
		version = pair.versions[1]
	}
	if !visit(edge{l.older, l.newer, wwForced, l.key}) {
		return
	}
	for _, r := range p.readers(l.key, version) {
		if r != l.newer && p.asked(r) && !visit(edge{r, l.newer, rwForced, l.key}) {
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
			p.no.leads(e, p.note)
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

// closure finds what comes after each state by what is known and the first edges of the trail; not
// ok if they make a cycle that is proscribed.
func (p *polygraph) closure(trail int) (ok bool) {
	p.work -= int64(p.reach.draw(int(p.no.states(p.nodes)), func(visit func(from, to int32)) {
		for _, edges := range [][]edge{p.known, p.trail[:trail]} {
			for _, e := range edges {
				p.no.leads(e, visit)
			}
		}
	}))
	if !p.sort(p.no.states(int32(len(p.txns)))) {
		return false
	}
	p.fill(mostBits)
	for s := int32(0); p.no == single && s < 2*int32(len(p.txns)); s += 2 {
		if p.comes(s, s+1) {
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
			p.work -= 4
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

// solve decides, within bounds. What it returns is why the level cannot be, nil if it can be or if
// it gave up.
func (p *polygraph) solve() *refutation {
	if why := p.follow(); why != nil || p.gaveUp || p.guess() {
		return why
	}
	return p.cases()
}
