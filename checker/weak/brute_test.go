package weak_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// called is a register call of a random history.
type called struct {
	process, key    int
	read, write     bool
	pending, failed bool
	value, written  int // 0 is the initial value
	begin, end      int

	mismatch bool // a read that tells only that the value was not avoids
	avoids   int
}

// randomRegisters draws a history of a few calls: writes have values of their own, reads return
// what anybody writes.
func randomRegisters(r *rand.Rand, most int) []called {
	processes, keys := 1+r.IntN(3), 1+r.IntN(2)
	calls := make([]called, 1+r.IntN(most))
	cas, infos := r.IntN(3) == 0, r.IntN(2) == 0
	values := 0
	for i := range calls {
		c := &calls[i]
		c.process, c.key = r.IntN(processes), r.IntN(keys)
		switch n := r.IntN(10); {
		case n < 5:
			c.read = true
		case cas && n < 8:
			c.read, c.write = true, true
		default:
			c.write = true
		}
		if c.write {
			values++
			c.written = values
		}
		c.pending = infos && r.IntN(4) == 0
		c.failed = r.IntN(20) == 0
	}
	for i := range calls {
		c := &calls[i]
		if !c.read {
			continue
		}
		var of []int
		for _, w := range calls {
			if w.write && w.key == c.key && w.written != c.written {
				of = append(of, w.written)
			}
		}
		if len(of) > 0 && r.IntN(5) > 0 {
			c.value = of[r.IntN(len(of))]
		} else if r.IntN(30) == 0 {
			c.value = 99
		}
	}
	return calls
}

// build lays calls out in time, each overlapping some of the next, and gives a process a new number
// after an unknown outcome.
func build(r *rand.Rand, calls []called) *history.History {
	type event struct {
		call  int
		ended bool
	}
	var order []event
	open := map[int]int{}
	finish := func(process int) {
		if i, busy := open[process]; busy {
			order = append(order, event{i, true})
			delete(open, process)
		}
	}
	number := map[int]int{}
	for i := range calls {
		finish(calls[i].process)
		for _, p := range []int{0, 1, 2} {
			if r.IntN(2) == 0 {
				finish(p)
			}
		}
		order = append(order, event{i, false})
		open[calls[i].process] = i
	}
	for p := range 3 {
		finish(p)
	}
	var ops []history.Op
	at := make([]int, len(calls))
	for n, e := range order {
		c := &calls[e.call]
		if !e.ended {
			at[e.call] = c.process + 3*number[c.process]
			c.begin = n
		} else if c.end = n; c.pending {
			number[c.process]++
			c.end = 1 << 30
		}
		op := history.Op{Process: history.Process(at[e.call]), Key: fmt.Sprint("k", c.key), F: "read",
			Time: time.Duration(n)}
		switch {
		case c.mismatch:
			op.F, op.Value = "cas", raw([]any{value(c.avoids), 1000 + n})
			if e.ended {
				op.Value = raw([]any{value(c.avoids), 1000 + c.begin, false})
			}
		case c.read && c.write:
			op.F, op.Value = "cas", raw([]any{value(c.value), value(c.written)})
		case c.write:
			op.F, op.Value = "write", raw(c.written)
		}
		switch {
		case !e.ended:
		case c.failed:
			op.Kind = history.Fail
		case c.pending:
			op.Kind = history.Info
		default:
			op.Kind = history.Ok
			if !c.write && !c.mismatch {
				op.Value = raw(value(c.value))
			}
		}
		ops = append(ops, op)
	}
	for i := range calls {
		calls[i].process = at[i]
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

// beginningAt is h with registers that hold initially something else than null.
func beginningAt(t *testing.T, h *history.History, initial string) *history.History {
	ops := slices.Clone(h.Ops)
	for i := range ops {
		if op := &ops[i]; op.F == "cas" || op.F == "read" && op.Kind == history.Ok {
			op.Value = json.RawMessage(strings.ReplaceAll(string(op.Value), "null", initial))
		}
	}
	begun, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	begun.Initial.All = json.RawMessage(initial)
	return begun
}

func value(v int) any {
	if v == 0 {
		return nil
	}
	return v
}

func raw(v any) json.RawMessage {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return text
}

// effects are all ways in which calls of unknown outcome may have ended.
func effects(calls []called) [][]called {
	all := [][]called{nil}
	for _, c := range calls {
		switch {
		case c.failed, c.pending && !c.write:
		case c.pending:
			n := len(all)
			for _, before := range all[:n] {
				all = append(all, append(slices.Clone(before), c))
			}
		default:
			for i := range all {
				all[i] = append(all[i], c)
			}
		}
	}
	return all
}

// legal tries every order of calls that puts i before j wherever before says so; sees says which
// reads have to return what they did.
func legal(calls []called, before func(i, j int) bool, sees func(i int) bool) bool {
	var place func(done uint, current map[int]int) bool
	place = func(done uint, current map[int]int) bool {
		if done == 1<<len(calls)-1 {
			return true
		}
		for i, c := range calls {
			if done>>i&1 == 1 || c.read && sees(i) && current[c.key] != c.value {
				continue
			}
			ready := true
			for j := range calls {
				ready = ready && (done>>j&1 == 1 || j != i && !before(j, i) || j == i && !before(i, i))
			}
			if !ready {
				continue
			}
			next := map[int]int{}
			for k, v := range current {
				next[k] = v
			}
			if c.write {
				next[c.key] = c.written
			}
			if place(done|1<<i, next) {
				return true
			}
		}
		return false
	}
	return place(0, map[int]int{})
}

// bruteLevel decides a level by its definition in doc.go: W1 to W6.
func bruteLevel(level string, calls []called) bool {
	return slices.ContainsFunc(effects(calls), func(calls []called) bool {
		po := func(i, j int) bool { return i < j && calls[i].process == calls[j].process }
		rf := func(i, j int) bool {
			return i != j && calls[i].write && calls[j].read && calls[i].key == calls[j].key &&
				calls[i].written == calls[j].value
		}
		if level == weak.Sequential {
			return legal(calls, po, func(int) bool { return true })
		}
		co := make([][]bool, len(calls))
		for i := range co {
			co[i] = make([]bool, len(calls))
			for j := range co {
				co[i][j] = po(i, j) || rf(i, j)
			}
		}
		for k := range co {
			for i := range co {
				for j := range co {
					co[i][j] = co[i][j] || co[i][k] && co[k][j]
				}
			}
		}
		carried := func(i, j int) bool { // j is a write whose process had read i
			for k := range calls {
				if calls[j].write && rf(i, k) && (k == j || po(k, j)) {
					return true
				}
			}
			return false
		}
		for p := range 30 {
			var in []int
			for i, c := range calls {
				if c.write || c.process == p {
					in = append(in, i)
				}
			}
			part := make([]called, len(in))
			for n, i := range in {
				part[n] = calls[i]
			}
			own := func(i int) bool { return calls[i].process == p }
			pairs := map[string]func(i, j int) bool{
				weak.ReadYourWrites: func(i, j int) bool {
					return own(i) && po(i, j) && calls[i].write && calls[j].read
				},
				weak.MonotonicReads: func(i, j int) bool {
					return own(i) && po(i, j) && calls[i].read && calls[j].read
				},
				weak.MonotonicWrites: func(i, j int) bool {
					return po(i, j) && (calls[i].write && calls[j].write || own(i) && calls[i].read && calls[j].read)
				},
				weak.WritesFollowReads: func(i, j int) bool {
					return own(i) && po(i, j) && calls[i].read && calls[j].read || carried(i, j)
				},
				weak.PRAM:   func(i, j int) bool { return po(i, j) && (own(i) || calls[i].write && calls[j].write) },
				weak.Causal: func(i, j int) bool { return co[i][j] },
			}[level]
			version := func(i, j int) bool {
				return po(i, j) && calls[i].write && calls[j].write && calls[i].key == calls[j].key
			}
			reads := slices.ContainsFunc(part, func(c called) bool { return c.process == p && c.read })
			if reads && !legal(part, func(a, b int) bool {
				return pairs(in[a], in[b]) || version(in[a], in[b])
			}, func(n int) bool { return part[n].process == p }) {
				return false
			}
		}
		return true
	})
}

func rounds(short int) int {
	if n, err := strconv.Atoi(os.Getenv("SPLITVOTE_ROUNDS")); err == nil {
		return n
	}
	return short
}

func verdict(t *testing.T, level, model string, h *history.History) checker.Result {
	t.Helper()
	c, err := weak.New(level, model)
	if err != nil {
		t.Fatal(err)
	}
	return c.Check(context.Background(), h)
}

func lines(h *history.History) string {
	text := ""
	for _, op := range h.Ops {
		text += fmt.Sprintf("%d: p%v %v %s %s %s\n", op.Index, op.Process, op.Kind, op.F, op.Key, op.Value)
	}
	return text
}

// Every level agrees with its definition on random small histories.
func TestLevelsAgreeWithBruteForce(t *testing.T) {
	for _, level := range []string{weak.Sequential, weak.Causal, weak.PRAM, weak.WritesFollowReads,
		weak.MonotonicWrites, weak.MonotonicReads, weak.ReadYourWrites} {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			count := map[bool]int{}
			for seed := range rounds(4000) {
				r := rand.New(rand.NewPCG(uint64(seed), 0))
				calls := randomRegisters(r, 8)
				h := build(r, calls)
				if seed%3 == 0 {
					h = beginningAt(t, h, "77")
				}
				holds := bruteLevel(level, calls)
				count[holds]++
				want := checker.Invalid
				if holds {
					want = checker.Valid
				}
				got := verdict(t, level, "cas-register", h)
				if got.Verdict != want {
					t.Fatalf("seed %d: %v (%s), want %v:\n%s%v", seed, got.Verdict, got.Reason, want, lines(h),
						got.Evidence)
				}
				if !holds {
					minimal(t, level, calls, h, got)
				}
			}
			if count[true] < 100 || count[false] < 100 {
				t.Errorf("%d histories hold and %d do not, want enough of both", count[true], count[false])
			}
		})
	}
}

// minimal demands that the calls named by the evidence are a violation by themselves, and that none
// can be left out along with those that read it.
func minimal(t *testing.T, level string, calls []called, h *history.History, got checker.Result) {
	t.Helper()
	if len(got.Evidence) != 1 || len(got.Evidence[0].Ops) == 0 || len(got.Evidence[0].Why) == 0 {
		t.Fatalf("invalid without evidence: %v\n%s", got.Evidence, lines(h))
	}
	if got.Evidence[0].Kind == "value-from-nowhere" {
		return
	}
	var named []called
	for _, i := range got.Evidence[0].Ops {
		at := slices.IndexFunc(calls, func(c called) bool { return c.begin == i })
		if at < 0 {
			t.Fatalf("evidence names #%d, which is no invocation:\n%s", i, lines(h))
		}
		named = append(named, calls[at])
	}
	for left := -1; left < len(named); left++ {
		gone := map[[2]int]bool{}
		var rest []called
		for i, c := range named {
			if i != left {
				rest = append(rest, c)
			} else if c.write {
				gone[[2]int{c.key, c.written}] = true
			}
		}
		for before := -1; before != len(rest); {
			before = len(rest)
			rest = slices.DeleteFunc(rest, func(c called) bool {
				lost := c.read && gone[[2]int{c.key, c.value}]
				if lost && c.write {
					gone[[2]int{c.key, c.written}] = true
				}
				return lost
			})
		}
		if holds := bruteLevel(level, rest); holds != (left >= 0) {
			t.Fatalf("%s: without #%d of %v the rest holds: %v\n%s", level, left, got.Evidence, holds, lines(h))
		}
	}
}

// linearizable ⇒ sequential ⇒ causal ⇒ PRAM ⇒ the session guarantees, and linearizable ⇒ regular ⇒
// safe.
func TestLevelsImplyOneAnother(t *testing.T) {
	order := [][2]string{{weak.Sequential, weak.Causal}, {weak.Causal, weak.PRAM},
		{weak.Causal, weak.WritesFollowReads}, {weak.PRAM, weak.MonotonicWrites}, {weak.PRAM, weak.ReadYourWrites},
		{weak.MonotonicWrites, weak.MonotonicReads}, {weak.WritesFollowReads, weak.MonotonicReads},
		{weak.Regular, weak.Safe},
		{"linearizable", weak.Sequential}, {"linearizable", weak.Regular}}
	strictly := map[[2]string]bool{}
	for seed := range rounds(6000) {
		r := rand.New(rand.NewPCG(uint64(seed), 1))
		calls := randomRegisters(r, 9)
		h := build(r, calls)
		holds := map[string]bool{}
		for _, level := range weak.All() {
			holds[level] = verdict(t, level, "cas-register", h).Verdict == checker.Valid
		}
		holds["linearizable"] = slices.ContainsFunc(effects(calls), func(calls []called) bool {
			return legal(calls, func(i, j int) bool {
				return calls[i].end < calls[j].begin
			}, func(int) bool { return true })
		})
		for _, pair := range order {
			if holds[pair[0]] && !holds[pair[1]] {
				t.Fatalf("seed %d: %s but not %s:\n%s", seed, pair[0], pair[1], lines(h))
			}
			strictly[pair] = strictly[pair] || holds[pair[1]] && !holds[pair[0]]
		}
	}
	for _, pair := range order {
		if !strictly[pair] {
			t.Errorf("no history is %s and not %s", pair[1], pair[0])
		}
	}
}
