package txn

import (
	"context"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// stage is what one level asks of the graph: no cycle in a view of it.
type stage struct {
	level  level
	kinds  mask
	apart  bool // no two rw may follow each other
	surely bool // only among transactions that certainly committed (X1)
	suffix string
	absent bool // the same as an earlier stage, without what predicate reads did not find
}

// stages lists them, the worst first. A session's order is part of real time, so the kinds of a
// variant include those of the one before it. What predicate reads did not find comes last wherever
// it rules out less than what was read by name (X12).
var stages = func() []stage {
	var all []stage
	for _, v := range []struct {
		suffix                     string
		order, ww, rw              mask
		first, second, third, last level
	}{
		{"", 0, 0, 0, readUncommitted, readCommitted, snapshotIsolation, serializable},
		{"-process", 1 << process, 1 << wwProcess, 1 << rwProcess,
			sessionReadUncommitted, sessionReadCommitted, sessionSnapshotIsolation, sessionSerializable},
		{"-realtime", 1<<process | 1<<realtime, 1<<wwProcess | 1<<wwRealtime, 1<<rwProcess | 1<<rwRealtime,
			strongReadUncommitted, strongReadCommitted, strongSnapshotIsolation, strictSerializable},
	} {
		order := v.order | 1<<pass
		items := order | 1<<ww | 1<<wr | 1<<rw | v.ww | v.rw
		both := items | 1<<rwPredicate
		all = append(all,
			stage{level: v.first, kinds: order | 1<<ww, surely: true, suffix: v.suffix},
			stage{level: v.second, kinds: order | 1<<ww | 1<<wr, suffix: v.suffix})
		if v.suffix == "" {
			all = append(all,
				stage{level: v.third, kinds: items, apart: true},
				stage{level: repeatableRead, kinds: items},
				stage{level: consistentView, kinds: both, apart: true, absent: true})
		} else {
			all = append(all,
				stage{level: v.third, kinds: both, apart: true, suffix: v.suffix},
				stage{level: v.last, kinds: items, suffix: v.suffix})
		}
		all = append(all, stage{level: v.last, kinds: both, suffix: v.suffix, absent: true})
	}
	return all
}()

// name is the anomaly that a cycle found at a stage is. Inferred ww make a G-single at least: were
// it the other way round, somebody would have read what was overwritten.
func (s *stage) name(c cycle) finding {
	writesOnly, inferred, absent, antis := true, false, false, 0
	for _, d := range c {
		switch {
		case d.kind.in(anyRW):
			antis++
			absent = absent || d.kind == rwPredicate
		case d.kind == wr:
			writesOnly = false
		case d.kind.in(inferredWW):
			inferred = true
		}
	}
	name := "G2-item"
	switch {
	case s.surely && writesOnly:
		name = "G0"
	case antis == 0 && !inferred:
		name = "G1c"
	case antis <= 1:
		name = "G-single"
	case s.apart:
		name = "G-nonadjacent"
	case absent:
		name = "G2"
	}
	return finding{anomaly: name + s.suffix, absent: absent}
}

// dependency is an edge between transactions, junctions left out.
type dependency struct {
	from, to int32
	kind     kind
	key      int32
}

// cycle is a list of dependencies, each from where the one before it led.
type cycle []dependency

// The bounds of the search for short cycles, in edges visited: of one component, and of all
// together.
const (
	cycleBudget = 1 << 20
	totalBudget = 16 << 20
)

// few is how many transactions a cycle may have before one of two that needs real time is told
// besides.
const few = 4

// cycleSearch looks for cycles in a whole graph.
type cycleSearch struct {
	ctx      context.Context
	graph    *graph
	found    *findings
	budget   int  // of edges that may still be visited
	unsearch bool // a component was too large to say whether it has a cycle with one rw
}

// cycles finds and names the graph's cycles. It looks for a component of the whole graph first, for
// where there is none there is no cycle of any kind.
func cycles(ctx context.Context, g *graph, found *findings) (unsearched bool, err error) {
	h := &cycleSearch{ctx: ctx, graph: g, found: found, budget: totalBudget}
	txns := int32(len(g.txns))
	whole := view{newAdjacency(g.nodes, txns, g.edges), every, false}
	local := make([]int32, g.nodes) // number within its component, from 1
	for _, component := range whole.components() {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		h.component(&whole, component, local)
		for _, state := range component {
			local[state/2] = 0
		}
	}
	return h.unsearch, nil
}

// component looks at one component by itself, from the worst anomaly to the mildest.
func (h *cycleSearch) component(whole *view, component, local []int32) {
	nodes := make([]int32, 0, len(component))
	for _, state := range component {
		nodes = append(nodes, state/2)
	}
	slices.Sort(nodes) // transactions first
	txns := int32(0)
	for i, n := range nodes {
		local[n] = int32(i) + 1
		if n < whole.txns {
			txns++
		}
	}
	var inner []edge
	for _, n := range nodes {
		for _, e := range whole.edges[whole.first[n]:whole.first[n+1]] {
			if local[e.to] != 0 {
				inner = append(inner, edge{local[n] - 1, local[e.to] - 1, e.kind, e.key})
			}
		}
	}
	all := newAdjacency(int32(len(nodes)), txns, inner)
	search := newSearch(all.nodes())
	var certain *adjacency
	named := make([]level, len(nodes)) // levels ruled out by what is already named and goes through a node
	long := make([]bool, len(nodes))   // whether that takes many transactions
	absent := slices.ContainsFunc(inner, func(e edge) bool { return e.kind == rwPredicate })
	for i := range stages {
		s := &stages[i]
		if s.absent && !absent {
			continue
		}
		v := view{all, s.kinds, s.apart}
		if s.surely {
			if certain == nil {
				certain = h.certain(all, nodes)
			}
			v.adjacency = certain
		}
		for _, part := range v.components() {
			if h.ctx.Err() != nil {
				return
			}
			known := slices.ContainsFunc(part, func(state int32) bool { return named[state/2]&s.level != 0 })
			if known && (s.level != strongSnapshotIsolation || !slices.ContainsFunc(part, func(state int32) bool {
				return long[state/2]
			})) {
				continue
			}
			c, what := h.cycle(search, &v, s, part, nodes)
			if known && len(c) > few/2 { // as long-winded
				continue
			}
			if s.level == consistentView && slices.ContainsFunc(part, func(state int32) bool {
				return what.rulesOut()&^named[state/2] == 0
			}) {
				continue // a G-nonadjacent, which the stage of items has named
			}
			h.found.cycle(what, c)
			for _, state := range part {
				named[state/2] |= what.rulesOut()
				long[state/2] = len(c) > few
			}
		}
	}
}

// certain is a graph without the transactions that ended info.
func (h *cycleSearch) certain(all *adjacency, nodes []int32) *adjacency {
	unsure := func(n int32) bool { return n < all.txns && h.graph.txns[nodes[n]].kind != history.Ok }
	kept := slices.DeleteFunc(slices.Clone(all.edges), func(e edge) bool { return unsure(e.from) || unsure(e.to) })
	return newAdjacency(all.nodes(), all.txns, kept)
}

// cycle is a short cycle of a component and what it is called.
func (h *cycleSearch) cycle(search *search, v *view, s *stage, part, nodes []int32) (cycle, finding) {
	search.enter(v, part)
	budget := min(cycleBudget, h.budget)
	left := budget / 2
	best := search.shortest(&left)
	left = max(left, 0) + budget - budget/2
	c := best.cycle(v.adjacency, nodes)
	if slices.ContainsFunc(c, func(d dependency) bool { return d.kind.in(inferredWW) }) {
		some := min(left, cycleBudget/16) // a cycle without these is easier to follow
		left -= some
		if p := search.shortestOver(v.kinds&^inferredWW, int32(len(c)), &some); p != nil {
			c = p.cycle(v.adjacency, nodes)
		}
	}
	what := s.name(c)
	if s.apart && s.suffix == "" && what.anomaly != "G-single" {
		single, complete := search.single(&left)
		if single != nil {
			c = single.cycle(v.adjacency, nodes)
			what = s.name(c)
		}
		h.unsearch = h.unsearch || single == nil && !complete
	}
	h.budget -= budget - max(left, 0)
	return c, what
}
