package txn

import (
	"context"

	"github.com/splitvote/splitvote/history"
)

// Ordered is the strictest level that an order of transactions proves of an rw-register history,
// without what the pairs of writers tell, of the levels that no anomaly rules out; "" if none was
// found. It is not asked where the history has an anomaly of its own kind.
func Ordered(h *history.History) (level string, asked bool) {
	ctx := context.Background()
	t, err := read(ctx, RWRegister, h)
	if err != nil {
		return "", false
	}
	found := newFindings(t, RWRegister)
	g := newGraph(t)
	writesAndReads(g, found)
	g.absences(found)
	if found.direct() > 0 {
		return "", false
	}
	g.orders()
	if _, err := cycles(ctx, g, found); err != nil {
		return "", false
	}
	shown, err := found.registers.proveByOrder(ctx, everyLevel, found.ruledOut(), g.manySteps(), nil)
	if err != nil || shown == 0 {
		return "", true
	}
	return maximal(shown).names()[0], true
}

// Reach returns which of a graph's nodes come after which, in rows with the given total of bits;
// nil if there is a cycle. Whole says that all are in sight.
func Reach(nodes int, arcs [][2]int32, bits int) (comes func(first, after int32) bool, whole bool) {
	var r reach
	r.draw(nodes, func(visit func(from, to int32)) {
		for _, a := range arcs {
			visit(a[0], a[1])
		}
	})
	if !r.sort(int32(nodes)) {
		return nil, false
	}
	r.fill(bits)
	return r.comes, r.whole()
}
