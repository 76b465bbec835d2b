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

// polygraph asks whether the writes of each key can be put in an order with which a level holds (Papadimitriou, The
// Serializability of Concurrent Database Updates, JACM 1979). Of two transactions that wrote a key either one's version
// is the older: then it is before the other by a ww, and everyone who read its version by an rw. Where one way round
// closes a cycle that the level proscribes, with what is known and with what followed already, the other holds in every
// execution of the level. Where both do, there is no such execution; and where all orders are fixed and no cycle is
// closed, these orders are one. Of what stays open either way is supposed in turn, within bounds.
//
// It is exact for serializability, for a history is serializable if and only if its transactions have an acyclic graph
// under some version order (Adya, Liskov and O'Neil, section 5: PL-3); for snapshot isolation by theorem 10 of Cerone and
// Gotsman, which says the same of cycles in which no two rw follow each other; for consistent-view by its definition; and
// for each of them with the order of sessions or of real time, whose edges are dependencies like ww and wr there. What is
// known beforehand holds in every execution of the level (X5), and that one of two writes is the older is so in each. It
// is asked where nothing else is wrong with a history, so that every version has one writer, which committed, and all its
// readers are known (X2). In a serial order it does not matter which of two comes first that nobody read; those are no
// pairs there.
type polygraph struct {
	*graph
	no      proscribed
	known   []edge // of the kinds that the level looks at
	pairs   []pair
	readers readers
	asked   func(node int32) bool // whether it is of those that are asked of
	stop    func() bool
	work    int  // that may still be done, in words of rows
	gaveUp  bool // there was more to do than that, or no time
	terse   bool // nobody asks why

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

// pair is two transactions that wrote a key, and the versions that they left, 0 for those that nobody read.
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

// refutation is why something cannot be: the steps that lead there, in order, and the cycle in which they end.
type refutation struct {
	steps  []*step
	circle cycle
}

// The bounds of a polygraph: pairs, and words that are worked on.
const (
	mostPairs = 4_000_000
	mostWork  = 4 << 30
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

// entered are the edges that some transaction leads to: not those of junctions into which no edge goes.
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

// closes says that an edge would close a cycle: by a path back, over one rw at most where the edge is none, and where no
// two rw may follow each other none at either end of one that is.
func (p *polygraph) closes(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.comes(e.to, e.from)
	case !e.kind.in(anyRW):
		return p.comes(2*e.to, 2*e.from) || p.comes(2*e.to, 2*e.from+1)
	case p.no == apart:
		return p.comes(2*e.to+1, 2*e.from)
	default:
		return p.comes(2*e.to+1, 2*e.from+1)
	}
}

// idle says that an edge adds nothing to the paths that there are.
func (p *polygraph) idle(e edge) bool {
	switch {
	case p.no == anyCycle:
		return p.comes(e.from, e.to)
	case e.kind.in(anyRW):
		return p.comes(2*e.from, 2*e.to) || p.comes(2*e.from, 2*e.to+1)
	case p.no == apart:
		return p.comes(2*e.from+1, 2*e.to)
	default:
		return p.comes(2*e.from, 2*e.to)
	}
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

// closure finds what comes after each state by what is known and the first edges of the trail; not ok if they make a
// cycle that is proscribed.
func (p *polygraph) closure(trail int) (ok bool) {
	p.work -= p.reach.draw(int(p.no.states(p.nodes)), func(visit func(from, to int32)) {
		for _, edges := range [][]edge{p.known, p.trail[:trail]} {
			for _, e := range edges {
				p.no.leads(e, visit)
			}
		}
	})
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

// contradiction is why the trail closes a cycle.
func (p *polygraph) contradiction() *refutation {
	low, high := p.good, len(p.trail) // no cycle with the edges up to low, one with those up to high
	if low == high {
		p.gaveUp = true // what was known has a cycle already, which was not searched for to the end
		return nil
	}
	if p.terse {
		return &refutation{}
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
	if why := p.follow(); why != nil || p.gaveUp || p.guess() {
		return why
	}
	return p.cases()
}

// guess takes it that what is open was in the order of time, as it mostly was: the pairs that are farthest apart first,
// many at a time, and fewer where that cannot be. It says whether that settles all pairs; if not, nothing has changed.
func (p *polygraph) guess() (settled bool) {
	begin := len(p.steps)
	var open []int
	for i := range p.pairs {
		if !p.pairs[i].decided {
			open = append(open, i)
		}
	}
	slices.SortStableFunc(open, func(a, b int) int { return p.apart(b) - p.apart(a) })
	p.terse = true
	defer func() { p.terse = false }()
	for many := (len(open) + 1) / 2; ; {
		here := len(p.steps)
		for _, i := range open {
			if len(p.steps) < here+many && !p.pairs[i].decided {
				p.enter(&step{literal: p.inTime(i), pair: i, assumed: true})
			}
		}
		if why := p.follow(); why == nil && !p.gaveUp {
			if open = slices.DeleteFunc(open, func(i int) bool { return p.pairs[i].decided }); len(open) == 0 {
				return p.sure()
			}
			many = (len(open) + 1) / 2
			continue
		}
		if many /= 4; many == 0 || p.gaveUp {
			p.leave(begin)
			return false
		}
		p.leave(here)
	}
}

// inTime is a pair in the order in which its transactions ended.
func (p *polygraph) inTime(i int) literal {
	l := p.pairs[i].literal
	if uint32(p.txns[l.newer].end) < uint32(p.txns[l.older].end) { // none is the greatest
		return l.not()
	}
	return l
}

// apart is how long after the end of one of a pair the other began.
func (p *polygraph) apart(i int) int {
	l := p.inTime(i)
	return int(p.txns[l.newer].begin) - int(min(uint32(p.txns[l.older].end), uint32(len(p.history.Ops))))
}

// sure says whether a cycle that is proscribed could not have been out of sight.
func (p *polygraph) sure() bool {
	p.gaveUp = p.gaveUp || p.no == single && !p.whole()
	return !p.gaveUp
}

// cases decides, by supposing what is open one way, and the other way where that cannot be.
func (p *polygraph) cases() *refutation {
	for {
		if why := p.follow(); why != nil || p.gaveUp {
			return why
		}
		open := slices.IndexFunc(p.pairs, func(pair pair) bool { return !pair.decided })
		if open < 0 {
			p.sure()
			return nil
		}
		here := len(p.steps)
		supposed := &step{literal: p.inTime(open), pair: open, assumed: true}
		p.enter(supposed)
		why := p.cases()
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
	n := p.no.states(p.nodes)
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
