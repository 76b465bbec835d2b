package weak

import (
	"context"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// This file judges cas that found another value than the old one. Each is a read of some other
// value of its key, and does not tell which. So a trace leaves them out, and what it refutes
// without them is refuted. If it refutes nothing, they are read as reads of the values that they
// most likely found: what holds of these reads holds of the history. Else all values that they can
// have found are tried, if these are few; then none that fits is a refutation. Otherwise the level
// stays undecided.

// mismatch is a cas that found another value than old.
type mismatch struct {
	index  int // of its invocation
	key    string
	old    model.Value
	likely model.Value // what it found, by all that is known
}

// seen says what each of the mismatches is taken to have found, by the indices of their
// invocations.
type seen map[int]model.Value

// mostTried is how many ways of reading all mismatches of a history are tried.
const mostTried = 256

// withMismatches judges a history whose trace without the mismatches holds.
func withMismatches(h *history.History, m model.Register, judge func(*trace) checker.Result) checker.Result {
	all, values, err := mismatches(h, m)
	if err != nil {
		return undecided(err)
	}
	try := func(guess seen) checker.Result {
		t, err := seeing(h, m, guess)
		if err != nil {
			return undecided(err)
		}
		return judge(t)
	}
	guess := seen{}
	tries := 1
	for _, c := range all {
		guess[c.index] = c.likely
		// less one, as all values of a key have the old one among them, or more to try
		tries = min(tries*(len(values[c.key])-1), mostTried+1)
	}
	if r := try(guess); r.Verdict == checker.Valid {
		return r
	}
	if tries <= mostTried {
		if r, decided := tryAll(all, values, guess, try); decided {
			return r
		}
	}
	return undecided(&ambiguous{fmt.Sprintf("event %d: a cas found another value than %s, and does not tell which",
		all[0].index, all[0].old)})
}

// tryAll tries every way of reading the mismatches. It says false if a limit left one of them
// undecided, and none holds.
func tryAll(all []mismatch, values map[string][]model.Value, guess seen, try func(seen) checker.Result) (checker.Result,
	bool) {
	if len(all) == 0 {
		r := try(guess)
		return r, r.Verdict != checker.Unknown
	}
	c := all[0]
	decided := true
	var last checker.Result
	for _, v := range values[c.key] {
		if v == c.old {
			continue
		}
		guess[c.index] = v
		r, known := tryAll(all[1:], values, guess, try)
		if r.Verdict == checker.Valid {
			return r, true
		}
		last, decided = r, decided && known
	}
	if last.Verdict == checker.Valid { // nothing to try
		text := fmt.Sprintf("found another value than %s, but the register never held another", c.old)
		last = checker.Result{Verdict: checker.Invalid, Method: "values", Reason: "no other value was ever there",
			Evidence: []checker.Evidence{{Kind: "false-mismatch", Key: c.key, Ops: []int{c.index},
				Summary: "a cas found what was never there", Why: []checker.Claim{{Op: c.index, Text: text}}}}}
	}
	return last, decided
}

// mismatches are the cas that found another value, and the values of each key: the initial one, and
// all that may have been written. Most likely is what the client itself has last written or read,
// then what was last written before the cas ended.
func mismatches(h *history.History, m model.Register) ([]mismatch, map[string][]model.Value, error) {
	type view struct {
		process history.Process
		key     string
	}
	var all []mismatch
	values, own := map[string][]model.Value{}, map[view]model.Value{}
	latest := map[string][2]model.Value{} // the last two values that were written
	calls := slices.Clone(h.Calls())
	ended := func(c history.Call) int {
		if h.Kind(c) == history.Ok {
			return c.Complete
		}
		return c.Invoke // of no use before, and may have taken effect at once
	}
	slices.SortFunc(calls, func(a, b history.Call) int { return ended(a) - ended(b) })
	for _, c := range calls {
		op := h.Invocation(c)
		if op.Process == history.Nemesis || h.Kind(c) == history.Fail {
			continue
		}
		var completion *history.Op
		if h.Kind(c) == history.Ok {
			completion = h.Completion(c)
		}
		in, out, err := m.Call(op, completion)
		if err != nil {
			return nil, nil, err
		}
		if values[op.Key] == nil {
			first, err := model.InitialState(m, h.Initial.Of(op.Key))
			if err != nil {
				return nil, nil, err
			}
			values[op.Key] = []model.Value{first}
			latest[op.Key] = [2]model.Value{first, first}
		}
		at := view{op.Process, op.Key}
		switch {
		case completion != nil && in.Mismatched(&out):
			found := latest[op.Key][0]
			if found == in.Old {
				found = latest[op.Key][1]
			}
			if found == in.Old {
				found = "" // from nowhere
			}
			if v, known := own[at]; known && v != in.Old {
				found = v
			}
			all = append(all, mismatch{op.Index, op.Key, in.Old, found})
		case in.F != model.Read:
			values[op.Key] = append(values[op.Key], in.Value)
			latest[op.Key] = [2]model.Value{in.Value, latest[op.Key][0]}
			own[at] = in.Value
		case completion != nil:
			own[at] = out
		}
	}
	return all, values, nil
}

// sequentialMismatches judges sequential consistency of a history that has an order without its
// mismatches. It looks for an order of the ops that took effect, in which each mismatch stands
// where its key does not have the old value. If there is none, calls with unknown outcome that
// nobody observed may make room, and all calls are searched.
func sequentialMismatches(ctx context.Context, h *history.History, m model.Register) checker.Result {
	if t, err := seeing(h, m, seen{}); err == nil {
		g := global(t.effective())
		if found, err := g.promptly(ctx); found && err == nil {
			return checker.Result{Verdict: checker.Valid, Method: "order, search"}
		}
	}
	return bySearch(ctx, m, h)
}
