package workloads

import (
	"encoding/json"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var listAppend = Workload{
	Name:   "list-append",
	Doc:    "Transactions that append to lists and read them whole: a list shows the order of its writes.",
	Object: "list-append", Model: "list-append",
	Calls:     []string{"txn"},
	Keys:      touched,
	Generator: func(o Options) generator.Generator { return mixed(o, "append") },
	Final:     readTogether,
}

var rwRegister = Workload{
	Name:   "rw-register",
	Doc:    "Transactions that read and write registers.",
	Object: "rw-register", Model: "rw-register",
	Calls:     []string{"txn"},
	Keys:      touched,
	Generator: func(o Options) generator.Generator { return mixed(o, "w") },
	Final:     readTogether,
}

// mixed makes transactions of one to four micro-operations, half of them writes, like Elle's
// generators. A key is written 30 times unless o says otherwise.
func mixed(o Options, write string) generator.Generator {
	next := func(ctx generator.Context, p pool, _ history.Process) (history.Op, pool) {
		micros := make([]json.RawMessage, 1+ctx.Rand.IntN(4))
		for i := range micros {
			at := p.draw(ctx)
			if ctx.Rand.IntN(2) == 0 {
				micros[i] = reading(keyName(p.places[at].thing))
				continue
			}
			thing, nth := p.use(at)
			micros[i] = micro(write, keyName(thing), number(nth))
		}
		return transaction(micros...), p
	}
	return &source[pool]{state: newPool(o, 4, 30), next: next}
}
