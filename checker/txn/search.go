package txn

import "slices"

// path is a list of edges, as indices into an adjacency.
type path []int32

// cycle leaves the junctions out and names transactions as the whole graph does.
func (p path) cycle(a *adjacency, nodes []int32) cycle {
	start := slices.IndexFunc(p, func(i int32) bool { return a.edges[i].from < a.txns })
	var c cycle
	for i := range p {
		e := a.edges[p[(start+i)%len(p)]]
		if e.from < a.txns {
			c = append(c, dependency{from: nodes[e.from], kind: e.kind, key: e.key})
		} else if e.key != none { // the keys that a predicate read did not find share junctions
			c[len(c)-1].key = e.key
		}
		if e.to < a.txns {
			c[len(c)-1].to = nodes[e.to]
		}
	}
	return c
}

// search finds short paths within one component of a view at a time.
type search struct {
	*view
	part   []int32
	inside []bool  // states of the component
	seen   []int32 // round in which a state was reached last
	round  int32
	by     []int32 // the edge by which it was reached
	from   []int32 // and the state
}

func newSearch(nodes int32) *search {
	return &search{inside: make([]bool, 2*nodes), seen: make([]int32, 2*nodes), by: make([]int32, 2*nodes),
		from: make([]int32, 2*nodes)}
}

// enter turns to a component.
func (s *search) enter(v *view, part []int32) {
	for _, state := range s.part {
		s.inside[state] = false
	}
	for _, state := range part {
		s.inside[state] = true
	}
	s.view, s.part = v, part
}

// shortest is a short cycle: the shortest of all if what is left of the budget allows to begin at
// every transaction, else the shortest through some of them. It begins with those that a dependency
// enters from later ones, as a cycle against time is short there.
func (s *search) shortest(left *int) path { return s.shortestOver(s.kinds, 1<<31-1, left) }

// shortestOver is a short cycle over edges of some kinds that is no longer than most; nil if none
// was found.
func (s *search) shortestOver(kinds mask, most int32, left *int) path {
	var starts []int32
	for _, state := range s.part {
		if state/2 < s.txns {
			starts = append(starts, state)
		}
	}
	slices.Sort(starts)
	against := make(map[int32]bool)
	for _, state := range starts {
		for _, e := range s.edges[s.first[state/2]:s.first[state/2+1]] {
			if e.to < state/2 && e.to < s.txns && e.kind.in(kinds) {
				against[e.to] = true
			}
		}
	}
	slices.SortStableFunc(starts, func(a, b int32) int {
		switch x, y := against[a/2], against[b/2]; {
		case x == y:
			return 0
		case x:
			return -1
		default:
			return 1
		}
	})
	var best path
	for _, start := range starts {
		if p, n := s.find(start, start, kinds, most, left); p != nil {
			best, most = p, n-1
		}
		if most < 2 || *left <= 0 && (best != nil || kinds != s.kinds) {
			break
		}
	}
	return best
}

// single is a short cycle with one rw, nil if there is none; complete says that none was
// overlooked.
func (s *search) single(left *int) (best path, complete bool) {
	length := int32(1<<31 - 1)
	for _, state := range s.part {
		if state&1 != 0 {
			continue
		}
		n := state / 2
		for i := s.first[n]; i < s.first[n+1]; i++ {
			e := &s.edges[i]
			if !e.kind.in(s.kinds & anyRW) {
				continue
			}
			if *left <= 0 {
				return best, false
			}
			if p, m := s.find(2*e.to+1, state, s.kinds&^anyRW, length-1, left); p != nil {
				best, length = append(path{i}, p...), m
			}
		}
	}
	return best, true
}

// find is a shortest path from one state to another over edges of some kinds, if it is no longer
// than most; the length of a path is the number of transactions that it leaves. It is a
// breadth-first search in which the edges of junctions cost nothing.
func (s *search) find(start, goal int32, kinds mask, most int32, left *int) (p path, length int32) {
	v := view{s.adjacency, kinds, s.apart}
	s.round++
	now, next := []int32{start}, []int32(nil)
	for depth := int32(0); len(now) > 0 && depth <= most; depth++ {
		for len(now) > 0 {
			state := now[len(now)-1]
			now = now[:len(now)-1]
			costs := state/2 < s.txns
			if costs && depth == most {
				continue
			}
			for i := s.first[state/2]; i < s.first[state/2+1]; i++ {
				*left--
				to, ok := v.step(state, &s.edges[i])
				if !ok || !s.inside[to] || s.seen[to] == s.round {
					continue
				}
				s.seen[to], s.by[to], s.from[to] = s.round, i, state
				if to == goal {
					length = depth
					if costs {
						length++
					}
					return s.back(start, goal), length
				}
				if costs {
					next = append(next, to)
				} else {
					now = append(now, to)
				}
			}
		}
		now, next = next, now[:0]
	}
	return nil, 0
}

// back is the path that was found.
func (s *search) back(start, goal int32) path {
	var p path
	for at := goal; len(p) == 0 || at != start; at = s.from[at] {
		p = append(p, s.by[at])
	}
	slices.Reverse(p)
	return p
}
