package workloads

import (
	"encoding/json"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var longFork = Workload{
	Name: "long-fork",
	Doc: "Registers written once each, and transactions that read a group of them. Two reads that each miss a write " +
		"the other saw are a long fork, which parallel snapshot isolation allows and snapshot isolation does not.",
	Object: "rw-register", Model: "rw-register",
	Calls: []string{"txn"},
	Keys:  touched,
	Generator: func(o Options) generator.Generator {
		return &source[pool]{state: newPool(o, 1, 12), next: writeOneReadAll}
	},
	Final: readTogether,
}

// group is the number of registers read together.
const group = 3

// writeOneReadAll writes the registers of a group one after the other, with a read of the whole
// group after each write, and then only reads the group. There is one group at a time, so writes
// and reads overlap.
func writeOneReadAll(ctx generator.Context, p pool, _ history.Process) (history.Op, pool) {
	thing, nth := p.use(p.draw(ctx))
	first := thing * group
	if turn := nth - 1; turn%2 == 0 && turn/2 < group {
		return transaction(micro("w", keyName(first+turn/2), number(1))), p
	}
	micros := make([]json.RawMessage, group)
	for i := range micros {
		micros[i] = reading(keyName(first + i))
	}
	return transaction(micros...), p
}
