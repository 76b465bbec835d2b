package txn

// adjacency is a graph as one slice of edges sorted by their origin.
type adjacency struct {
	first []int32 // of each node, the index of its first edge; one more at the end
	edges []edge
	txns  int32 // nodes from here on are junctions
}

func newAdjacency(nodes, txns int32, edges []edge) *adjacency {
	a := &adjacency{first: make([]int32, nodes+1), edges: make([]edge, len(edges)), txns: txns}
	for i := range edges {
		a.first[edges[i].from+1]++
	}
	for i := range nodes {
		a.first[i+1] += a.first[i]
	}
	next := append([]int32(nil), a.first[:nodes]...)
	for _, e := range edges {
		a.edges[next[e.from]] = e
		next[e.from]++
	}
	return a
}

func (a *adjacency) nodes() int32 { return int32(len(a.first) - 1) }

// view is the part of a graph that a level looks at. Its states are twice the nodes: 2n, and 2n+1
// for having come to n by an rw where no two rw may follow each other; elsewhere only even states
// are met.
type view struct {
	*adjacency
	kinds mask
	apart bool // no two rw may follow each other
}

// step is the state to which an edge leads from a state, if it may be taken.
func (v *view) step(state int32, e *edge) (next int32, ok bool) {
	if !e.kind.in(v.kinds) {
		return 0, false
	}
	if !v.apart {
		return 2 * e.to, true
	}
	switch odd := state & 1; {
	case e.kind == pass:
		return 2*e.to + odd, true
	case !e.kind.in(anyRW):
		return 2 * e.to, true
	default:
		return 2*e.to + 1, odd == 0
	}
}

// components are the strongly connected components of more than one state, each in no particular
// order (Tarjan, Depth-First Search and Linear Graph Algorithms, 1972, without recursion).
func (v *view) components() [][]int32 {
	states := 2 * v.nodes()
	index := make([]int32, states) // order of discovery from 1, 0 for undiscovered
	low := make([]int32, states)
	onStack := make([]bool, states)
	type frame struct{ state, edge int32 }
	var stack []int32
	var path []frame
	var found [][]int32
	var count int32
	discover := func(s int32) {
		count++
		index[s], low[s], onStack[s] = count, count, true
		stack = append(stack, s)
		path = append(path, frame{s, v.first[s/2]})
	}
	for root := int32(0); root < states; root += 2 {
		if index[root] != 0 {
			continue
		}
		discover(root)
		for len(path) > 0 {
			f := &path[len(path)-1]
			s := f.state
			if f.edge < v.first[s/2+1] {
				e := &v.edges[f.edge]
				f.edge++
				next, ok := v.step(s, e)
				switch {
				case !ok:
				case index[next] == 0:
					discover(next)
				case onStack[next]:
					low[s] = min(low[s], index[next])
				}
				continue
			}
			path = path[:len(path)-1]
			if len(path) > 0 {
				up := path[len(path)-1].state
				low[up] = min(low[up], low[s])
			}
			if low[s] != index[s] {
				continue
			}
			at := len(stack) - 1
			for ; stack[at] != s; at-- {
				onStack[stack[at]] = false
			}
			onStack[s] = false
			if len(stack)-at > 1 {
				found = append(found, append([]int32(nil), stack[at:]...))
			}
			stack = stack[:at]
		}
	}
	return found
}
