package txn

import (
	"context"

	"github.com/splitvote/splitvote/history"
)

// Ordered is the strictest level that an order of transactions proves of an rw-register history, without what the pairs of writers
// tell, of the levels that no anomaly rules out; "" if none was found. It is not asked where the history has an anomaly of its own kind.
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
	shown, err := found.registers.proveByOrder(ctx, nil, everyLevel, found.ruledOut())
	if err != nil || shown == 0 {
		return "", true
	}
	return maximal(shown).names()[0], true
}
