package txn_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/txn"
	"github.com/splitvote/splitvote/history"
)

// online feeds a history to a judge and says after how many events it accuses, none if it does not.
func online(t testing.TB, model, level string, h *history.History) (events int, r checker.Result) {
	t.Helper()
	o, err := txn.NewOnline(model, level, h.Initial)
	if err != nil {
		t.Fatal(err)
	}
	events = len(h.Ops) + 1
	for i := range h.Ops {
		if !o.Event(&h.Ops[i]) {
			events = i + 1
			break
		}
	}
	if r = o.End(); strings.Contains(r.Reason, "runtime error") {
		t.Fatalf("%s\n%s", r.Reason, show(t, h))
	}
	return events, r
}

// prefix is a history's first n events.
func prefix(t testing.TB, h *history.History, n int) *history.History {
	t.Helper()
	cut, err := history.New(slices.Clone(h.Ops[:n]))
	if err != nil {
		t.Fatal(err)
	}
	cut.Initial = h.Initial
	return cut
}

// inferred reports that no anomaly and no cycle is known without an inference about version
// orders.
func inferred(r checker.Result) bool {
	return !slices.ContainsFunc(r.Evidence, func(e checker.Evidence) bool {
		return !strings.Contains(e.Summary, "whichever way")
	})
}

// An online judge accuses of nothing but what Check says of the events until then and of the
// whole, whatever the level. For lists it accuses as soon as Check would, except for what is
// judged only at the end: predicate reads, cycles with one rw, inferred version orders, where
// nothing depends on time values that may yet be written, and at read-uncommitted what comes
// behind reads that contradict each other.
func TestOnlineAgreesWithCheck(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(9, 9))
		accused, held, open, missed := 0, 0, 0, 0
		for range rounds(t, 800) {
			o := draw(r, register)
			h := o.history(t)
			levels := txn.Levels()
			level := levels[r.IntN(len(levels))]
			if r.IntN(3) == 0 { // where a read may contradict its own transaction
				level = "read-committed"
			}
			at, got := online(t, o.model(), level, h)
			if at <= len(h.Ops) {
				accused++
				if r := check(t, o.model(), level, prefix(t, h, at)); r.Verdict != checker.Invalid {
					t.Fatalf("%s is accused after %d events: %s; Check says %v of them, %v\n%s",
						level, at, got.Reason, r.Verdict, txn.Anomalies(r), show(t, prefix(t, h, at)))
				}
				whole := check(t, o.model(), level, h)
				if whole.Verdict == checker.Valid || whole.Verdict != checker.Invalid &&
					!strings.HasSuffix(level, "uncommitted") {
					t.Fatalf("%s is accused after %d events: %s; Check says %v of the whole\n%s", level, at, got.Reason,
						whole.Verdict, show(t, h))
				}
				if got.Verdict != checker.Invalid || len(got.Evidence) == 0 ||
					!slices.Contains(txn.RulesOut(got.Evidence[0].Kind), level) && level != "repeatable-read" {
					t.Fatalf("%s is accused: %v, %+v", level, got.Verdict, got.Evidence)
				}
			} else if got.Verdict != checker.Unknown {
				t.Fatalf("nothing is accused, and the verdict is %v", got.Verdict)
			}
			late := register || level == "consistent-view" || level == "causal" ||
				strings.Contains(show(t, h), `"rp"`) || strings.HasSuffix(level, "uncommitted") &&
				strings.Contains(got.Reason, "contradict each other")
			for n := 1; n < min(at, len(h.Ops)+1); n++ {
				r := check(t, o.model(), level, prefix(t, h, n))
				switch {
				case r.Verdict != checker.Invalid:
					held++
				case late, inferred(r), !slices.Contains(txn.Implies(level), "strong-read-committed") &&
					slices.ContainsFunc(txn.Anomalies(r), func(name string) bool { return beyond[name] }),
					!slices.Contains(txn.Implies(level), "strong-read-committed") && doubtful(t, prefix(t, h, n)):
					if open++; n == len(h.Ops) {
						missed++
					}
				default:
					t.Fatalf("%s: Check says after %d events that %s, online after %d (%s)\n%s",
						level, n, r.Reason, at, got.Reason, show(t, prefix(t, h, n)))
				}
			}
		}
		t.Logf("register %v: accused %d, after %d events that did not, %d events late; %d only in the end", register,
			accused, held, open, missed)
		if accused == 0 || held == 0 {
			t.Error("the histories are all alike")
		}
	}
}

// doubtful says whether a history has a read of a value whose write failed or has not ended, so
// that another transaction may yet turn out to have written it.
func doubtful(t testing.TB, h *history.History) bool {
	t.Helper()
	type of struct{ key, value string }
	open, read := map[of]bool{}, map[of]bool{}
	note := func(to map[of]bool, text json.RawMessage, writes bool) {
		var micros [][]json.RawMessage
		if err := json.Unmarshal(text, &micros); err != nil {
			t.Fatal(err)
		}
		for _, m := range micros {
			var values []json.RawMessage
			if json.Unmarshal(m[2], &values) != nil {
				values = m[2:]
			}
			for _, v := range values {
				if (string(m[0]) != `"r"`) == writes {
					to[of{string(m[1]), string(v)}] = true
				}
			}
		}
	}
	for _, c := range h.Calls() {
		switch {
		case c.Complete < 0 || h.Kind(c) == history.Fail:
			note(open, h.Invocation(c).Value, true)
		case h.Kind(c) == history.Ok:
			note(read, h.Completion(c).Value, false)
		}
	}
	for v := range read {
		if open[v] {
			return true
		}
	}
	return false
}

// again gives a write that began after a transaction failed the value of one of that transaction's
// writes, as a client that tries again does. It reports whether the history has such a pair.
func again(r *rand.Rand, o *oracle) bool {
	type pair struct{ key, failed, retry int }
	var pairs []pair
	for _, f := range o.txns {
		for _, x := range o.txns {
			if f.kind != history.Fail || x.kind == history.Fail || x.begin < f.end {
				continue
			}
			for _, a := range f.ops {
				for _, b := range x.ops {
					if a.write && b.write && a.key == b.key {
						pairs = append(pairs, pair{a.key, a.value, b.value})
					}
				}
			}
		}
	}
	if len(pairs) == 0 {
		return false
	}
	p := pairs[r.IntN(len(pairs))]
	for i := range o.txns {
		for j := range o.txns[i].ops {
			op := &o.txns[i].ops[j]
			if op.write && op.value == p.retry {
				op.value = p.failed
			}
			for k, v := range op.list {
				if v == p.retry {
					op.list[k] = p.failed
				}
			}
		}
	}
	return true
}

// A value whose write failed may be written again. A read that came before the second write may
// have seen that one where nothing depends on time, so that it is no G1a. An online judge does not
// accuse what Check, which knows the whole history, finds valid.
func TestOnlineWaitsForRetries(t *testing.T) {
	for _, register := range []bool{false, true} {
		r := rand.New(rand.NewPCG(17, 4))
		accused, valid := 0, 0
		for range rounds(t, 3000) {
			o := draw(r, register)
			if !again(r, o) {
				continue
			}
			h := o.history(t)
			for _, level := range txn.Levels() {
				at, got := online(t, o.model(), level, h)
				whole := check(t, o.model(), level, h)
				if whole.Verdict == checker.Valid {
					valid++
				}
				if at > len(h.Ops) {
					continue
				}
				if accused++; whole.Verdict != checker.Invalid &&
					(whole.Verdict == checker.Valid || !strings.HasSuffix(level, "uncommitted")) {
					t.Fatalf("%s is accused after %d events: %s; Check says %v of the whole: %s\n%s", level, at,
						got.Reason, whole.Verdict, whole.Reason, show(t, h))
				}
			}
		}
		t.Logf("register %v: %d accused, %d valid", register, accused, valid)
		if accused == 0 || valid == 0 {
			t.Error("the histories are all alike")
		}
	}
}

// One read gone stale among thousands of transactions is noticed as its transaction ends.
func TestOnlineNoticesAtOnce(t *testing.T) {
	for _, model := range []string{txn.ListAppend, txn.RWRegister} {
		for seed := range uint64(5) {
			h := strict(3000, model == txn.RWRegister)
			if at, r := online(t, model, "", h); at <= len(h.Ops) {
				t.Fatalf("%s: %s, after %d events of a history that is valid", model, r.Reason, at)
			}
			spoiled := spoil(h, rand.New(rand.NewPCG(seed, 1)))
			at, r := online(t, model, "", h)
			if at > len(h.Ops) || h.Ops[at-1].Kind != history.Ok || !slices.Contains(r.Evidence[0].Ops, spoiled) {
				t.Errorf("%s: the read of #%d is stale; after %d events %s %v", model, spoiled, at, r.Reason,
					r.Evidence)
			}
		}
	}
}

// BenchmarkOnline feeds transactions of 20 sessions.
func BenchmarkOnline(b *testing.B) {
	for _, level := range []string{txn.Strictest, "serializable", "snapshot-isolation"} {
		for _, model := range []string{txn.ListAppend, txn.RWRegister} {
			for _, n := range []int{10_000, 100_000} {
				b.Run(fmt.Sprintf("%s/%s/%d", level, model, n), func(b *testing.B) {
					h := strict(n, model == txn.RWRegister)
					b.ReportAllocs()
					for b.Loop() {
						if at, r := online(b, model, level, h); at <= len(h.Ops) {
							b.Fatal(r.Reason)
						}
					}
					b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/txn")
				})
			}
		}
	}
}
