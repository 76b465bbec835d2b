package txn

import "slices"

// refutation is why something cannot be: the steps that lead there, in order, and the cycle in
// which they end.
type refutation struct {
	steps  []*step
	circle cycle
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
	circle := p.circle(p.trail[low], low)
	if circle == nil {
		p.gaveUp = true // the cycle was out of sight with fewer edges, so that it is another's
		return nil
	}
	return p.refute(circle)
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
	p.work -= int64(2 * len(edges))
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

// names are the nodes, which are not renumbered.
func (p *polygraph) names() []int32 {
	all := make([]int32, p.nodes)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// transactions are those that a refutation speaks of, ascending.
func (why *refutation) transactions() []int32 {
	var all []int32
	why.each(func(s *step, c cycle) {
		if s != nil {
			all = append(all, s.older, s.newer)
		}
		for _, d := range c {
			all = append(all, d.from)
		}
	})
	slices.Sort(all)
	return slices.Compact(all)
}

// absent says that a refutation rests on what a predicate read did not find.
func (why *refutation) absent() (rests bool) {
	why.each(func(_ *step, c cycle) {
		rests = rests || slices.ContainsFunc(c, func(d dependency) bool { return d.kind == rwPredicate })
	})
	return rests
}

// each calls visit with every step and its cycle, and with the last cycle and no step.
func (why *refutation) each(visit func(*step, cycle)) {
	for _, s := range why.steps {
		visit(s, s.circle)
		if s.cases != nil {
			s.cases.each(visit)
		}
	}
	visit(nil, why.circle)
}
