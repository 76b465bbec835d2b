package workloads

import (
	"fmt"
	"strconv"

	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
)

var bank = Workload{
	Name: "bank",
	Doc: "Transfers between accounts, and reads of all of them: money is neither created nor lost, and no " +
		"account is overdrawn.",
	Object: "bank", Model: "bank",
	Calls: []string{"transfer", "read"},
	Generator: func(Options) generator.Generator {
		return &source[struct{}]{next: transferOrRead}
	},
	Final: func(o Options, _ []string) generator.Generator {
		return generator.Ops(everywhere(o, history.Op{F: "read", Value: null})...)
	},
}

// A bank has this many accounts, named by their numbers from 0, and a transfer moves at most this
// amount.
const (
	accounts = 8
	most     = 5
)

func transferOrRead(ctx generator.Context, s struct{}, _ history.Process) (history.Op, struct{}) {
	if ctx.Rand.IntN(3) == 0 {
		return history.Op{F: "read", Value: null}, s
	}
	from := ctx.Rand.IntN(accounts)
	to := (from + 1 + ctx.Rand.IntN(accounts-1)) % accounts
	amount := 1 + ctx.Rand.IntN(most)
	value := fmt.Sprintf(`{"from":%s,"to":%s,"amount":%d}`, account(from), account(to), amount)
	return history.Op{F: "transfer", Value: []byte(value)}, s
}

func account(i int) string { return strconv.Quote(strconv.Itoa(i)) }
