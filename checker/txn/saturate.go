package txn

import "slices"

// mostNodes bounds saturation, which holds for every node which others come after it: a bit for each pair.
const mostNodes = 20_000

// saturated are further dependencies that every order has which respects those of a set: of two transactions that wrote a key, the other
// comes before the write that somebody read or after the reader, so that once one of the two is out of the question the
// other holds (the polygraphs of Papadimitriou, The Serializability of Concurrent Database Updates, JACM 1979, as far as
// they leave no choice). None are looked for in a graph that is too large or has a cycle.
func (r *registers) saturated(of mask) []edge {
	if r.nodes > mostNodes {
		return nil
	}
	var more []edge
	for {
		after, ok := r.closure(of, more)
		if !ok {
			return nil
		}
		before := len(more)
		for key := range r.of {
			more = r.forced(int32(key), after, more)
		}
		if len(more) == before {
			return more
		}
	}
}

// forced appends the dependencies of one key that follow from which node comes after which.
func (r *registers) forced(key int32, after []members, more []edge) []edge {
	of := &r.of[key]
	for i := 1; i < len(of.versions); i++ {
		v := &of.versions[i]
		for _, other := range of.writers {
			if v.writer == none || other == v.writer {
				continue
			}
			for _, reader := range v.readers {
				if reader == other {
					continue
				}
				if after[v.writer].has(other) && !after[reader].has(other) {
					more = append(more, edge{reader, other, rw, key})
					after[reader].set(other)
				}
				if after[other].has(reader) && !after[other].has(v.writer) {
					more = append(more, edge{other, v.writer, ww, key})
					after[other].set(v.writer)
				}
			}
		}
	}
	return more
}

// closure says of each node which come after it; not ok if the dependencies go in a circle.
func (r *registers) closure(of mask, more []edge) (after []members, ok bool) {
	next, degree := make([][]int32, r.nodes), make([]int32, r.nodes)
	for _, edges := range [][]edge{r.edges, more} {
		for _, e := range edges {
			if e.kind.in(of) {
				next[e.from] = append(next[e.from], e.to)
				degree[e.to]++
			}
		}
	}
	var order []int32
	for node := range r.nodes {
		if degree[node] == 0 {
			order = append(order, node)
		}
	}
	for i := 0; i < len(order); i++ {
		for _, to := range next[order[i]] {
			if degree[to]--; degree[to] == 0 {
				order = append(order, to)
			}
		}
	}
	if len(order) < int(r.nodes) {
		return nil, false
	}
	after = make([]members, r.nodes)
	words := (int(r.nodes) + 63) / 64
	all := make(members, words*int(r.nodes))
	for _, node := range slices.Backward(order) {
		after[node] = all[words*int(node) : words*int(node+1)]
		for _, to := range next[node] {
			after[node].add(after[to])
			after[node].set(to)
		}
	}
	return after, true
}

// members is a set of nodes, a bit each.
type members []uint64

func (b members) has(i int32) bool { return b[i/64]&(1<<(i%64)) != 0 }
func (b members) set(i int32)      { b[i/64] |= 1 << (i % 64) }

func (b members) add(other members) {
	for i := range b {
		b[i] |= other[i]
	}
}
