package weak

import (
	"context"
	"errors"
	"sort"
)

// graph is what must come before what in one order: that of a process, or that of all. A node is an
// op, or from len(ops) on a mark that stands for what an op had read.
type graph struct {
	t      *trace
	before [][]edge // edges into a node
	sees   []bool   // reads that the order has to explain
	chain  []int    // of an op that is counted, else -1
	place  []int    // in its chain, from 1
	chains int
	whole  bool // every op stands in the order, reads too
}

// edge says why its node comes after the op from.
type edge struct {
	from int
	why  reason
	read int // of overtaken and overwritten: the read that makes it so
}

type reason uint8

const (
	session     reason = iota // the same process, in its order
	readFrom                  // a read follows the write that it reads
	carried                   // a write follows what its process had read before
	overtaken                 // a write seen before a read of another write precedes that one
	overwritten               // a read precedes the write that replaces what it reads
	inRealTime                // a write follows what had ended when it began; in no contradiction that is told
)

func newGraph(t *trace, marks int) *graph {
	g := &graph{t: t, before: make([][]edge, len(t.ops)+marks), sees: make([]bool, len(t.ops)),
		chain: make([]int, len(t.ops)), place: make([]int, len(t.ops))}
	for i := range g.chain {
		g.chain[i] = -1
	}
	return g
}

func (g *graph) link(from, to int, why reason) {
	if from >= 0 {
		g.before[to] = append(g.before[to], edge{from, why, -1})
	}
}

// count numbers an op in a chain: of ops that follow one another in the graph.
func (g *graph) count(i, chain int, length map[int]int) {
	length[chain]++
	g.chain[i], g.place[i] = chain, length[chain]
	g.chains = max(g.chains, chain+1)
}

var errMemory = errors.New("the memory limit came first")

// mostMemory bounds what the clocks of one graph take, in bytes.
const mostMemory = 512 << 20

// contradiction is why no order exists: a cycle of edges, a read of the initial value after a
// write, or exhaustion.
type contradiction struct {
	nodes []int  // of the cycle: each comes before the next, the last before the first
	edges []edge // edges[i] leads to nodes[i]
	late  int    // a write that precedes read
	read  int
	tried bool // nothing of that: all orders were tried
}

// saturate adds what follows from what is there until nothing does, and returns the contradiction
// that it meets, if any.
//
//	w1 → r, r reads w2 of the same key, w1 ≠ w2:  w1 → w2 (overtaken)
//	w1 → w2 of one key, r reads w1, r ≠ w2:       r → w2  (overwritten; where every op stands in the order)
//
// What precedes a node is a clock: how much of each chain.
func (g *graph) saturate(ctx context.Context) (*contradiction, error) {
	if 4*len(g.before)*g.chains > memoryOf(ctx) {
		return nil, errMemory
	}
	writes := g.writesByKey()
	var readers [][]int
	if g.whole {
		readers = g.t.readers()
	}
	store := make([]int32, len(g.before)*g.chains)
	clock := func(i int) []int32 { return store[i*g.chains : (i+1)*g.chains] }
	covers := func(i, of int) bool { return g.place[of] <= int(clock(i)[g.chain[of]]) }
	for grown := true; grown; {
		grown = false
		order, rest := g.order()
		if rest != nil {
			return g.cycle(rest), nil
		}
		for n, i := range order {
			if n%1024 == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			now := clock(i)
			for _, e := range g.before[i] {
				for c, v := range clock(e.from) {
					now[c] = max(now[c], v)
				}
				if e.from < len(g.t.ops) && g.chain[e.from] >= 0 {
					now[g.chain[e.from]] = max(now[g.chain[e.from]], int32(g.place[e.from]))
				}
			}
			if i >= len(g.t.ops) {
				continue
			}
			o := &g.t.ops[i]
			seen := g.sees[i] && o.reads
			if !seen && !(g.whole && o.writes) {
				continue
			}
			for _, list := range writes[o.key] {
				last := list.until(g, int(now[list.chain]))
				if last < 0 {
					continue
				}
				if seen && last != o.from {
					if o.from == initial {
						return &contradiction{late: last, read: i}, nil
					}
					if !covers(o.from, last) {
						g.before[o.from] = append(g.before[o.from], edge{last, overtaken, i})
						grown = true
					}
				}
				if g.whole && o.writes {
					for _, r := range readers[last] {
						if r != i && !covers(i, r) {
							g.before[i] = append(g.before[i], edge{r, overwritten, r})
							grown = true
						}
					}
				}
			}
		}
	}
	return nil, nil
}

// chained are the writes of one key in one chain.
type chained struct {
	chain int
	ops   []int
}

// until is the last of them within the first n of the chain, or -1.
func (c chained) until(g *graph, n int) int {
	k := sort.Search(len(c.ops), func(i int) bool { return g.place[c.ops[i]] > n })
	if k == 0 {
		return -1
	}
	return c.ops[k-1]
}

func (g *graph) writesByKey() [][]chained {
	byKey := make([][]chained, len(g.t.keys))
	at := map[[2]int]int{}
	for i := range g.t.ops {
		o := &g.t.ops[i]
		if !o.writes {
			continue
		}
		id := [2]int{o.key, g.chain[i]}
		n, known := at[id]
		if !known {
			n = len(byKey[o.key])
			at[id] = n
			byKey[o.key] = append(byKey[o.key], chained{chain: g.chain[i]})
		}
		byKey[o.key][n].ops = append(byKey[o.key][n].ops, i)
	}
	return byKey
}

// order is a topological order of all nodes, or else which nodes are not in one.
func (g *graph) order() (order []int, rest []bool) {
	open := make([]int, len(g.before))
	start := make([]int, len(g.before)+1)
	for i := range g.before {
		open[i] = len(g.before[i])
		for _, e := range g.before[i] {
			start[e.from+1]++
		}
	}
	for i := range g.before {
		start[i+1] += start[i]
	}
	after, next := make([]int, start[len(g.before)]), append([]int(nil), start...)
	for i := range g.before {
		for _, e := range g.before[i] {
			after[next[e.from]] = i
			next[e.from]++
		}
	}
	for i, n := range open {
		if n == 0 {
			order = append(order, i)
		}
	}
	for n := 0; n < len(order); n++ {
		for _, to := range after[start[order[n]]:start[order[n]+1]] {
			if open[to]--; open[to] == 0 {
				order = append(order, to)
			}
		}
	}
	if len(order) == len(g.before) {
		return order, nil
	}
	rest = make([]bool, len(g.before))
	for i, n := range open {
		rest[i] = n > 0
	}
	return nil, rest
}

// cycle finds one among nodes each of which has an edge from another of them.
func (g *graph) cycle(rest []bool) *contradiction {
	i := 0
	for !rest[i] {
		i++
	}
	at := map[int]int{}
	var nodes []int
	var edges []edge
	for {
		if first, again := at[i]; again {
			nodes, edges = nodes[first:], edges[first:]
			break
		}
		at[i] = len(nodes)
		for _, e := range g.before[i] {
			if rest[e.from] {
				nodes, edges = append(nodes, i), append(edges, e)
				i = e.from
				break
			}
		}
	}
	for a, b := 0, len(nodes)-1; a < b; a, b = a+1, b-1 { // edges were followed backwards
		nodes[a], nodes[b] = nodes[b], nodes[a]
		edges[a], edges[b] = edges[b], edges[a]
	}
	return &contradiction{nodes: nodes, edges: edges}
}
