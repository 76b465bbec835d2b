package txn

import "github.com/splitvote/splitvote/history"

// kind is a kind of dependency (X5).
type kind uint8

const (
	ww kind = iota
	wr
	rw
	process
	realtime
	wwProcess   // a ww that only holds if versions follow the sessions' order (X4)
	rwProcess   // likewise
	wwRealtime  // a ww that only holds if versions follow real time
	rwRealtime  // likewise
	rwPredicate // an rw from a predicate read that did not find the key (X12)
	wwForced    // a ww without which a level could not hold (X13)
	rwForced    // likewise
	wwCausal    // a ww that holds if what was read is at least as new as what was visible (X15)
	pass        // from a junction on: part of the dependency that leads to it
)

// kindNames are those of Adya.
var kindNames = [...]string{ww: "ww", wr: "wr", rw: "rw", process: "process", realtime: "realtime",
	wwProcess: "ww", rwProcess: "rw", wwRealtime: "ww", rwRealtime: "rw", rwPredicate: "rwp",
	wwForced: "ww", rwForced: "rw", wwCausal: "ww"}

// mask is a set of kinds.
type mask uint16

func (k kind) in(m mask) bool { return m&(1<<k) != 0 }

const (
	inferredWW mask = 1<<wwProcess | 1<<wwRealtime
	anyRW      mask = 1<<rw | 1<<rwProcess | 1<<rwRealtime | 1<<rwPredicate | 1<<rwForced
	every      mask = 1<<(pass+1) - 1
)

// edge is a dependency between transactions. Nodes beyond the transactions are junctions:
// dependencies of many on many share them, so that n transactions have about n edges.
type edge struct {
	from, to int32
	kind     kind
	key      int32 // over which the transactions met, or none
}

// graph collects the dependencies of a trace.
type graph struct {
	*trace
	nodes   int32 // transactions and junctions
	edges   []edge
	initial []initial // of each key, if there are predicate reads
}

func newGraph(t *trace) *graph {
	g := &graph{trace: t, nodes: int32(len(t.txns)), edges: make([]edge, 0, 4*len(t.txns))}
	if len(t.predicates) > 0 {
		g.initial = make([]initial, len(t.keys))
	}
	return g
}

// junction is a new one.
func (g *graph) junction() int32 {
	g.nodes++
	return g.nodes - 1
}

// add draws an edge, but never from a transaction to itself.
func (g *graph) add(from, to int32, k kind, key int32) {
	if from != to {
		g.edges = append(g.edges, edge{from, to, k, key})
	}
}

// overwritten draws an edge from every reader of a version to everyone who is known to have written
// a later one. The rivals are those among the readers that wrote the key too; of these none is
// drawn to another, for that they are rivals is an anomaly of its own, and of course none to
// itself.
func (g *graph) overwritten(readers, writers, rivals []int32, k kind, key int32) {
	if len(readers) == 0 || len(writers) == 0 {
		return
	}
	rival := func(x int32) bool { return contains(rivals, x) }
	if len(readers)*len(writers) <= 4*(len(readers)+len(writers)) {
		for _, r := range readers {
			for _, w := range writers {
				if !(rival(r) && rival(w)) {
					g.add(r, w, k, key)
				}
			}
		}
		return
	}
	toAll, toOthers := g.junction(), g.junction()
	g.add(toAll, toOthers, pass, key)
	for _, w := range writers {
		if rival(w) {
			g.add(toAll, w, pass, key)
		} else {
			g.add(toOthers, w, pass, key)
		}
	}
	for _, r := range readers {
		if rival(r) {
			g.add(r, toOthers, k, key)
		} else {
			g.add(r, toAll, k, key)
		}
	}
}

// contains looks x up in an ascending slice.
func contains(ascending []int32, x int32) bool {
	lo, hi := 0, len(ascending)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if ascending[mid] < x {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(ascending) && ascending[lo] == x
}

// orders draws the orders of sessions and of real time among the committed transactions: in each
// session from one to the next; in real time over a chain of barriers, one behind every row of
// completions, each of which has an edge from the transactions that ended in its row, from the
// barrier before it, and to the transactions that began after it and before the next. A path along
// the chain leads from one transaction to another if and only if the first ended before the second
// began.
func (g *graph) orders() {
	events := len(g.history.Ops)
	at := make([]int32, events) // what happens at an event: x+1 begins, -x-1 ends
	for i := range g.txns {
		x := &g.txns[i]
		if !x.committed {
			continue
		}
		at[x.begin] = int32(i) + 1
		if x.end != none {
			at[x.end] = -int32(i) - 1
		}
	}
	before := map[history.Process]int32{}
	var ended []int32
	barrier := none
	for _, event := range at {
		switch {
		case event < 0:
			ended = append(ended, -event-1)
		case event > 0:
			x := event - 1
			p := g.txns[x].process
			if last, ok := before[p]; ok {
				g.add(last, x, process, none)
			}
			before[p] = x
			if len(ended) > 0 {
				next := g.junction()
				if barrier != none {
					g.add(barrier, next, pass, none)
				}
				for _, e := range ended {
					g.add(e, next, realtime, none)
				}
				barrier, ended = next, ended[:0]
			}
			if barrier != none {
				g.add(barrier, x, pass, none)
			}
		}
	}
}
