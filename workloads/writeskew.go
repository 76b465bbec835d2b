package workloads

import (
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var writeSkew = Workload{
	Name: "write-skew",
	Doc: "Transactions that read two registers and write one of them. Two that each miss the other's write are a " +
		"write skew, which snapshot isolation allows and serializability does not.",
	Object: "rw-register", Model: "rw-register",
	Calls: []string{"txn"},
	Keys:  touched,
	Generator: func(o Options) generator.Generator {
		return &source[pool]{state: newPool(o, 4, 8), next: readTwoWriteOne}
	},
	Final: readTogether,
}

// readTwoWriteOne reads every register before it writes one, so the history shows the order of each
// register's values. One in five transactions only reads.
func readTwoWriteOne(ctx generator.Context, p pool, _ history.Process) (history.Op, pool) {
	pair, nth := p.use(p.draw(ctx))
	a, b := keyName(2*pair), keyName(2*pair+1)
	written := a
	if ctx.Rand.IntN(2) == 0 {
		written = b
	}
	if ctx.Rand.IntN(5) == 0 {
		return transaction(reading(a), reading(b)), p
	}
	return transaction(reading(a), reading(b), micro("w", written, number(nth))), p
}
