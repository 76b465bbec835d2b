package txn

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// balances is what one read of the whole bank returned.
type balances struct {
	op    int
	of    map[string]int64
	total int64
}

// bank compares the reads of all accounts with each other (X10). The total is taken to be the one that most reads returned.
func (j judge) bank(h *history.History) checker.Result {
	reads, err := bankReads(h)
	if err != nil {
		return undecided(err)
	}
	found := &findings{trace: &trace{history: h}, model: Bank, counts: map[string]int{}}
	total, totals := usual(reads, func(r balances) int64 { return r.total })
	accounts, having := usual(reads, func(r balances) string { return names(r.of) })
	for _, r := range reads {
		tell := func(anomaly, summary, text string) {
			if found.find(anomaly) {
				found.evidence = append(found.evidence, checker.Evidence{Kind: anomaly, Summary: anomaly + ": " + summary, Ops: []int{r.op},
					Why: []checker.Claim{{Op: r.op, Text: text}}})
			}
		}
		if got := names(r.of); got != accounts {
			tell("unexpected-account", fmt.Sprintf("#%d read other accounts than there are", r.op),
				fmt.Sprintf("read the accounts %s; %d of %d reads have %s", got, having, len(reads), accounts))
			continue
		}
		if r.total != total {
			tell("wrong-total", fmt.Sprintf("#%d read %d in all where there is %d", r.op, r.total, total),
				fmt.Sprintf("read %d in all; %d of %d reads have %d, and transfers neither make money nor lose it", r.total,
					totals, len(reads), total))
		}
		for _, account := range slices.Sorted(maps.Keys(r.of)) {
			if b := r.of[account]; b < 0 {
				tell("negative-balance", fmt.Sprintf("#%d read %d on account %s", r.op, b, account),
					fmt.Sprintf("read %d on account %s; a transfer that the balance does not cover fails", b, account))
			}
		}
	}
	return j.result(found, 0, map[string]any{"reads": len(reads), "total": total})
}

// bankReads are the reads of all accounts that succeeded. A read that lists the accounts that it wants is passed over.
func bankReads(h *history.History) ([]balances, error) {
	var reads []balances
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis {
			continue
		}
		if op.F != "read" && op.F != "transfer" {
			return nil, fmt.Errorf("#%d is %s, want transfer or read", op.Index, op.F)
		}
		if op.F != "read" || h.Kind(c) != history.Ok || len(op.Value) > 0 && op.Value[0] == '[' {
			continue
		}
		r := balances{op: op.Index}
		if err := json.Unmarshal(h.Completion(c).Value, &r.of); err != nil || r.of == nil {
			return nil, fmt.Errorf("#%d read %s, want {account: balance}", op.Index, brief(h.Completion(c).Value))
		}
		for _, b := range r.of {
			r.total += b
		}
		reads = append(reads, r)
	}
	return reads, nil
}

// names lists accounts in a line.
func names(of map[string]int64) string { return strings.Join(slices.Sorted(maps.Keys(of)), " ") }

// usual is what most of the reads have, of several the first, and how many have it.
func usual[T comparable](reads []balances, what func(balances) T) (most T, times int) {
	counts := map[T]int{}
	for _, r := range reads {
		counts[what(r)]++
	}
	for _, r := range reads {
		if w := what(r); counts[w] > times {
			most, times = w, counts[w]
		}
	}
	return most, times
}
