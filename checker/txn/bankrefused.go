package txn

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// A transfer that was carried out and found that the balance does not cover it is recorded as ok
// with false. This is an observation: the balance of the account was below the amount at the
// moment that the transfer saw (X10).
//
// Why the bounds are sound. At every level that excludes lost updates, the transfers of an account
// are a chain, and each adds to or subtracts from the version before it. A read and a refusal each
// saw one version. So the balances that they saw differ by the amounts of the transfers between
// these versions. If the refusal saw the later version, the balance fell by at most all
// withdrawals that may lie between; if the earlier one, it rose by at most all deposits that may.
// Where real time is kept, a transfer does not lie between a read and a later refusal if it ended
// before the read began or began after the refusal ended. The difference is the sum of the
// transfers that began before the refusal ended, less the sum of the transfers that ended before
// the read began.

// moved is a transfer as the bank's accounts see it.
type moved struct {
	call    history.Call
	from    string
	to      string
	amount  int64
	ended   bool // certainly carried out: it ended ok
	refused bool // carried out, and the balance did not cover it
}

// mostMoved bounds amounts and balances that are judged, so that sums of them fit.
const mostMoved = 1 << 36

// transfers are the transfers that may have been carried out. Their arguments are looked at only if
// some transfer was refused.
func transfers(h *history.History) (all []moved, refused bool, err error) {
	for _, c := range h.Calls() {
		op := h.Invocation(c)
		if op.Process == history.Nemesis || op.F != "transfer" || h.Kind(c) == history.Fail {
			continue
		}
		t := moved{call: c, ended: h.Kind(c) == history.Ok}
		if t.ended {
			covered, ok := coveredBy(op.Value, h.Completion(c).Value)
			if !ok {
				return nil, false,
					fmt.Errorf("#%d returned %s, want its argument again, or with true (carried out) or false "+
						"(the balance does not cover it) behind it or alone", op.Index, brief(h.Completion(c).Value))
			}
			t.refused = !covered
			refused = refused || t.refused
		}
		all = append(all, t)
	}
	if !refused {
		return nil, false, nil
	}
	for i := range all {
		t := &all[i]
		op := h.Invocation(t.call)
		var parts struct {
			From, To json.RawMessage
			Amount   int64
		}
		if json.Unmarshal(op.Value, &parts) != nil || parts.From == nil || parts.To == nil || parts.Amount <= 0 ||
			parts.Amount > mostMoved {
			return nil, false,
				fmt.Errorf(`#%d is a transfer of %s, want {"from", "to", "amount"} with a whole amount from 1`,
					op.Index, brief(op.Value))
		}
		t.from, t.to, t.amount = accountName(parts.From), accountName(parts.To), parts.Amount
	}
	return all, true, nil
}

// accountName is an account as a read of all accounts names it.
func accountName(raw json.RawMessage) string {
	var text string
	if json.Unmarshal(raw, &text) != nil {
		text = string(raw)
	}
	return text
}

// coveredBy says whether the balance covered a transfer. It is not ok for a result that a transfer
// does not have.
func coveredBy(asked, got json.RawMessage) (covered, ok bool) {
	switch string(got) {
	case "", "null", "true":
		return true, true
	case "false":
		return false, true
	}
	var pair []json.RawMessage
	if json.Unmarshal(got, &pair) == nil && len(pair) == 2 && sameJSON(asked, pair[0]) {
		return string(pair[1]) == "true", string(pair[1]) == "true" || string(pair[1]) == "false"
	}
	return true, sameJSON(asked, got)
}

func sameJSON(a, b json.RawMessage) bool {
	left, err := canonical(a)
	right, bad := canonical(b)
	return err == nil && bad == nil && bytes.Equal(left, right)
}

// sums are amounts by position in the history.
type sums struct {
	at    []int
	total []int64 // of the amounts up to each position
}

func sumsOf(moves []moved, position func(moved) (at int, ok bool)) sums {
	type amount struct {
		at int
		of int64
	}
	var all []amount
	for _, m := range moves {
		if at, ok := position(m); ok {
			all = append(all, amount{at, m.amount})
		}
	}
	slices.SortFunc(all, func(a, b amount) int { return a.at - b.at })
	var s sums
	sum := int64(0)
	for _, a := range all {
		sum += a.of
		s.at, s.total = append(s.at, a.at), append(s.total, sum)
	}
	return s
}

// before is the sum of the amounts at positions before one.
func (s sums) before(position int) int64 {
	n, _ := slices.BinarySearch(s.at, position)
	if n == 0 {
		return 0
	}
	return s.total[n-1]
}

// flow is what was moved out of an account or into it, by when the transfers began and ended.
type flow struct{ began, ended sums }

func flowOf(moves []moved) flow {
	return flow{
		began: sumsOf(moves, func(m moved) (int, bool) { return m.call.Invoke, true }),
		ended: sumsOf(moves, func(m moved) (int, bool) { return m.call.Complete, m.ended }),
	}
}

// all is the sum of all amounts.
func (f flow) all() int64 {
	if n := len(f.began.total); n > 0 {
		return f.began.total[n-1]
	}
	return 0
}

// account is what an account's refusals are judged by.
type account struct {
	out, in flow
	richest shown // the read of the highest balance
	// reads in the order of their ends; floor is the highest balance so far, less what may have
	// left since
	before []shown
	after  []shown // reads in the order of their beginnings; floor is likewise the highest of those from here on
}

// shown is a read, or the best of several, and what it shows of a balance, except a term that only
// the refusal knows.
type shown struct {
	at    int // when the read ended or began
	read  int // number of the best read
	floor int64
}

func accountOf(name string, reads []balances, out, in []moved) account {
	a := account{out: flowOf(out), in: flowOf(in), richest: shown{read: -1}}
	for n, r := range reads {
		b, has := r.of[name]
		if !has || b < -mostMoved || b > mostMoved {
			continue
		}
		if a.richest.read < 0 || b > a.richest.floor {
			a.richest = shown{read: n, floor: b}
		}
		a.before = append(a.before, shown{r.call.Complete, n, b + a.out.ended.before(r.call.Invoke)})
		a.after = append(a.after, shown{r.call.Invoke, n, b - a.in.began.before(r.call.Complete)})
	}
	byTime := func(a, b shown) int { return a.at - b.at }
	slices.SortFunc(a.before, byTime)
	slices.SortFunc(a.after, byTime)
	for i := 1; i < len(a.before); i++ {
		if last := a.before[i-1]; last.floor > a.before[i].floor {
			a.before[i].read, a.before[i].floor = last.read, last.floor
		}
	}
	for i := len(a.after) - 2; i >= 0; i-- {
		if next := a.after[i+1]; next.floor > a.after[i].floor {
			a.after[i].read, a.after[i].floor = next.read, next.floor
		}
	}
	return a
}

// always is a read that shows that the balance was never below an amount, in whatever order the
// transactions were; -1 without one.
func (a *account) always(amount int64) int {
	if a.richest.read >= 0 && a.richest.floor-max(a.out.all(), a.in.all()) >= amount {
		return a.richest.read
	}
	return -1
}

// inTime is a read that shows that the balance was not below an amount at any moment of a call, in
// an order that keeps real time; -1 if there is none.
func (a *account) inTime(c history.Call, amount int64) int {
	position := func(s shown, at int) int { return s.at - at }
	if n, _ := slices.BinarySearchFunc(a.before, c.Invoke, position); n > 0 {
		if s := a.before[n-1]; s.floor-a.out.began.before(c.Complete) >= amount {
			return s.read
		}
	}
	if n, _ := slices.BinarySearchFunc(a.after, c.Complete, position); n < len(a.after) {
		if s := a.after[n]; s.floor+a.in.ended.before(c.Invoke) >= amount {
			return s.read
		}
	}
	return -1
}

// uncovered reports transfers that were told that the balance does not cover them, although it did
// at every moment that they may have seen.
func uncovered(h *history.History, reads []balances, tell func(anomaly, summary string, why ...checker.Claim)) error {
	moves, any, err := transfers(h)
	if err != nil || !any {
		return err
	}
	out, in, accounts := map[string][]moved{}, map[string][]moved{}, map[string]*account{}
	for _, m := range moves {
		if !m.refused {
			out[m.from], in[m.to] = append(out[m.from], m), append(in[m.to], m)
		}
	}
	for _, m := range moves {
		if !m.refused {
			continue
		}
		if accounts[m.from] == nil {
			a := accountOf(m.from, reads, out[m.from], in[m.from])
			accounts[m.from] = &a
		}
		anomaly, n := "covered-transfer", accounts[m.from].always(m.amount)
		if n < 0 {
			anomaly, n = "covered-transfer-realtime", accounts[m.from].inTime(m.call, m.amount)
		}
		if n < 0 {
			continue
		}
		r, op := reads[n], h.Invocation(m.call).Index
		tell(anomaly, fmt.Sprintf("#%d was told that account %s does not cover %d, and it did", op, m.from, m.amount),
			checker.Claim{Op: r.op, Text: fmt.Sprintf("read %d on account %s", r.of[m.from], m.from)},
			checker.Claim{Op: op, Text: fmt.Sprintf("was told that account %s does not cover %d; whatever was moved "+
				"between the two leaves at least that much", m.from, m.amount)})
	}
	return nil
}
