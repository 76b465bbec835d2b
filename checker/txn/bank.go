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
	call  history.Call
	of    map[string]int64
	total int64
}

// bank compares the reads of all accounts with each other (X10). The total is taken to be the one
// that most reads returned; the proof is the first of these beside the read that differs.
func (j judge) bank(h *history.History) checker.Result {
	reads, err := bankReads(h)
	if err != nil {
		return undecided(err)
	}
	found := newFindings(&trace{history: h}, Bank)
	total, totals := usual(reads, func(r balances) int64 { return r.total })
	accounts, having := usual(reads, func(r balances) string { return names(r.of) })
	tell := func(anomaly, summary string, why ...checker.Claim) {
		what := finding{anomaly: anomaly}
		if !found.find(what) {
			return
		}
		slices.SortFunc(why, func(a, b checker.Claim) int { return a.Op - b.Op })
		e := checker.Evidence{Kind: anomaly, Summary: anomaly + ": " + summary, Why: why}
		for _, claim := range why {
			e.Ops = append(e.Ops, claim.Op)
		}
		found.evidence = append(found.evidence, proof{e, what})
	}
	for _, r := range reads {
		if got, want := names(r.of), names(accounts.of); got != want {
			tell("unexpected-account", fmt.Sprintf("#%d read other accounts than there are", r.op),
				checker.Claim{Op: accounts.op, Text: fmt.Sprintf("read the accounts %s, as did %d of %d reads", want,
					having, len(reads))},
				checker.Claim{Op: r.op, Text: "read the accounts " + got})
			continue
		}
		if r.total != total.total {
			tell("wrong-total", fmt.Sprintf("#%d read %d in all where #%d read %d", r.op, r.total, total.op,
				total.total), checker.Claim{Op: total.op, Text: fmt.Sprintf("read %d in all, as did %d of %d reads",
				total.total, totals, len(reads))},
				checker.Claim{Op: r.op,
					Text: fmt.Sprintf("read %d in all, and transfers neither make money nor lose it", r.total)})
		}
		for _, account := range slices.Sorted(maps.Keys(r.of)) {
			if b := r.of[account]; b < 0 {
				tell("negative-balance", fmt.Sprintf("#%d read %d on account %s", r.op, b, account),
					checker.Claim{Op: r.op, Text: fmt.Sprintf("read %d on account %s; a transfer that the balance "+
						"does not cover fails", b, account)})
			}
		}
	}
	if err := uncovered(h, reads, tell); err != nil {
		return undecided(err)
	}
	return j.result(&opinion{findings: found, stats: map[string]any{"reads": len(reads), "total": total.total}})
}

// bankReads are the reads of all accounts that succeeded. A read that lists the accounts that it
// wants is passed over.
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
		r := balances{op: op.Index, call: c}
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

// usual is the first of the reads that agree with most others in what, of several the earliest, and
// how many these are.
func usual[T comparable](reads []balances, what func(balances) T) (first balances, times int) {
	counts := map[T]int{}
	for _, r := range reads {
		counts[what(r)]++
	}
	for _, r := range reads {
		if n := counts[what(r)]; n > times {
			first, times = r, n
		}
	}
	return first, times
}
