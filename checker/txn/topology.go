package txn

import "slices"

// topology keeps the states of a growing graph in an order that every arc follows, and says when
// one would close a cycle (Pearce and Kelly, A Dynamic Topological Sort Algorithm for Directed
// Acyclic Graphs, JEA 2006). An arc that follows the order costs nothing; one against it what lies
// between its ends and can be reached from there.
type topology struct {
	arcs []arc
	out  []int32 // of each state its latest arc, or none
	in   []int32
	rank []int32 // place in the order
	seen []int32 // search that met a state last
	by   []int32 // arc by which it did
	last int32   // search

	ahead, behind, ranks []int32
}

// arc is a step from state to state; the arcs of a state are a list.
type arc struct {
	from, to        int32
	nextOut, nextIn int32
	key             int32
	kind            kind
}

// grow adds states at the end of the order, up to the given number.
func (t *topology) grow(states int32) {
	for n := int32(len(t.rank)); n < states; n++ {
		t.out, t.in = append(t.out, none), append(t.in, none)
		t.rank, t.seen, t.by = append(t.rank, n), append(t.seen, 0), append(t.by, none)
	}
}

// add draws an arc, but if it closes a cycle it returns that instead: its arcs, this one the first.
func (t *topology) add(a arc) []arc {
	low, high := t.rank[a.to], t.rank[a.from]
	if low < high {
		t.ahead = t.search(t.ahead, a.to, true, high)
		if t.seen[a.from] == t.last {
			return t.circle(a)
		}
		t.behind = t.search(t.behind, a.from, false, low)
		t.reorder()
	}
	n := int32(len(t.arcs))
	a.nextOut, a.nextIn = t.out[a.from], t.in[a.to]
	t.out[a.from], t.in[a.to] = n, n
	t.arcs = append(t.arcs, a)
	return nil
}

// search lists the states that can be reached from one, or from which it can, up to a place in the
// order.
func (t *topology) search(found []int32, start int32, forward bool, bound int32) []int32 {
	t.last++
	found = append(found[:0], start)
	t.seen[start] = t.last
	for i := 0; i < len(found); i++ {
		if forward {
			for e := t.out[found[i]]; e != none; e = t.arcs[e].nextOut {
				if to := t.arcs[e].to; t.seen[to] != t.last && t.rank[to] <= bound {
					t.seen[to], t.by[to] = t.last, e
					found = append(found, to)
				}
			}
		} else {
			for e := t.in[found[i]]; e != none; e = t.arcs[e].nextIn {
				if from := t.arcs[e].from; t.seen[from] != t.last && t.rank[from] >= bound {
					t.seen[from] = t.last
					found = append(found, from)
				}
			}
		}
	}
	return found
}

// reorder puts what is behind the new arc before what is ahead of it, in the places that both have.
func (t *topology) reorder() {
	byRank := func(a, b int32) int { return int(t.rank[a] - t.rank[b]) }
	slices.SortFunc(t.behind, byRank)
	slices.SortFunc(t.ahead, byRank)
	t.ranks = t.ranks[:0]
	for _, states := range [][]int32{t.behind, t.ahead} {
		for _, s := range states {
			t.ranks = append(t.ranks, t.rank[s])
		}
	}
	slices.Sort(t.ranks)
	for i, s := range t.behind {
		t.rank[s] = t.ranks[i]
	}
	for i, s := range t.ahead {
		t.rank[s] = t.ranks[len(t.behind)+i]
	}
}

// circle is the cycle that an arc closes with the path that the search before it has found. The
// search is breadth first, so no cycle has fewer arcs.
func (t *topology) circle(a arc) []arc {
	var back []arc
	for s := a.from; s != a.to; s = t.arcs[t.by[s]].from {
		back = append(back, t.arcs[t.by[s]])
	}
	back = append(back, a)
	slices.Reverse(back)
	return back
}
