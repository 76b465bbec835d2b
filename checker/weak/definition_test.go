package weak_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// bruteRegular decides W6 by its definition: every read alone, with all writes, has an order that
// respects real time.
func bruteRegular(calls []called, safe bool) bool {
	return slices.ContainsFunc(effects(calls), func(calls []called) bool {
		for r, c := range calls {
			if !c.read || c.pending {
				continue
			}
			overlapped := slices.ContainsFunc(calls, func(w called) bool {
				return w.write && w.key == c.key && w.written != c.written && w.begin < c.end && c.begin < w.end
			})
			if safe && overlapped {
				continue
			}
			var part []called
			for i, w := range calls {
				if i == r || w.write && w.key == c.key {
					part = append(part, w)
				}
			}
			if !legal(part, func(i, j int) bool {
				return part[i].end < part[j].begin
			}, func(i int) bool { return part[i].begin == c.begin }) {
				return false
			}
		}
		return true
	})
}

func TestRegularAndSafeAgreeWithBruteForce(t *testing.T) {
	for _, level := range []string{weak.Regular, weak.Safe} {
		count := map[bool]int{}
		for seed := range rounds(4000) {
			r := rand.New(rand.NewPCG(uint64(seed), 2))
			calls := randomRegisters(r, 8)
			h := build(r, calls)
			if seed%3 == 0 {
				h = beginningAt(t, h, "77")
			}
			if slices.ContainsFunc(calls, func(c called) bool { return c.read && c.write }) {
				continue // of registers without cas, as in the papers
			}
			holds := bruteRegular(calls, level == weak.Safe)
			count[holds]++
			want := checker.Invalid
			if holds {
				want = checker.Valid
			}
			if got := verdict(t, level, "register", h); got.Verdict != want {
				t.Fatalf("seed %d: %s is %v, want %v:\n%s%v", seed, level, got.Verdict, want, lines(h), got.Evidence)
			}
		}
		if count[true] < 100 || count[false] < 100 {
			t.Errorf("%s: %d histories hold and %d do not, want enough of both", level, count[true], count[false])
		}
	}
}

// bruteSequential tries every order of the calls of a history that respects its sessions, with
// every way in which those of unknown outcome may have ended. It shares no code with the checkers.
func bruteSequential[S, In, Out any](m model.Model[S, In, Out], h *history.History) bool {
	type known struct {
		in  In
		out *Out
		key string
	}
	sessions := map[history.Process][]known{}
	for _, c := range h.Calls() {
		var completion *history.Op
		switch h.Kind(c) {
		case history.Fail:
			continue
		case history.Ok:
			completion = h.Completion(c)
		}
		in, out, err := m.Call(h.Invocation(c), completion)
		if err != nil {
			panic(err)
		}
		k := known{in: in, key: h.Invocation(c).Key}
		if completion != nil {
			k.out = &out
		}
		p := h.Invocation(c).Process
		series, ok := any(m).(model.Drainer[In, Out])
		if !ok {
			sessions[p] = append(sessions[p], k)
			continue
		}
		results, drain := series.Drained(in, k.out)
		switch {
		case !drain:
			sessions[p] = append(sessions[p], k)
		case k.out == nil:
			for range h.Ops {
				sessions[p] = append(sessions[p], k)
			}
		}
		for i := range results {
			part := k
			part.out = &results[i]
			sessions[p] = append(sessions[p], part)
		}
	}
	states := map[string]S{}
	for _, key := range h.Keys() {
		s, err := model.StateOf(m, key, h.Initial)
		if err != nil {
			panic(err)
		}
		states[key] = s
	}
	var place func() bool
	place = func() bool {
		done := true
		for p, calls := range sessions {
			if len(calls) == 0 {
				continue
			}
			done = done && calls[0].out == nil
			sessions[p] = calls[1:]
			was := states[calls[0].key]
			for _, after := range m.Step(nil, was, calls[0].in, calls[0].out) {
				states[calls[0].key] = after
				if place() {
					return true
				}
			}
			states[calls[0].key], sessions[p] = was, calls
		}
		return done
	}
	return place()
}

// randomCalls draws calls of any model that somebody might have answered so: results are drawn,
// not computed.
func randomCalls(r *rand.Rand, draw func(r *rand.Rand, values int) (f string, asked, got any)) *history.History {
	var ops []history.Op
	processes, keys, unknown := 1+r.IntN(3), 1+r.IntN(2), r.IntN(3)
	ids := []int{0, 1, 2}
	for n := range 1 + r.IntN(6) {
		lane := r.IntN(processes)
		f, asked, got := draw(r, n)
		op := history.Op{Time: time.Duration(n), Process: history.Process(ids[lane]), F: f,
			Key: fmt.Sprint("k", r.IntN(keys)), Value: raw(asked)}
		done := op
		done.Kind, done.Value = history.Ok, raw(got)
		if r.IntN(8) < unknown {
			done.Kind = history.Info
			ids[lane] += 3
		}
		ops = append(ops, op, done)
	}
	h, err := history.New(ops)
	if err != nil {
		panic(err)
	}
	return h
}

func prefix(r *rand.Rand) []int {
	list := r.Perm(3)[:r.IntN(4)]
	for i := range list {
		list[i]++
	}
	if r.IntN(2) == 0 {
		slices.Sort(list)
	}
	return list
}

// Sequential consistency of every kind of model agrees with its definition; values repeat now and
// then.
func TestSequentialAgreesWithBruteForce(t *testing.T) {
	for _, c := range []struct {
		model string
		brute func(*history.History) bool
		draw  func(r *rand.Rand, values int) (string, any, any)
		first []string // what the objects may hold initially
	}{
		{"append-list", func(h *history.History) bool {
			return bruteSequential(model.AppendList{}, h)
		}, func(r *rand.Rand, n int) (string, any, any) {
			if r.IntN(2) == 0 {
				v := n + 1
				if r.IntN(10) == 0 {
					v = 1 + r.IntN(3)
				}
				return "append", v, v
			}
			return "read", nil, prefix(r)
		}, []string{"[2]", "[2,1]", "[1,1]", "[]"}},
		{"register", func(h *history.History) bool {
			return bruteSequential(model.Register{}, h)
		}, func(r *rand.Rand, _ int) (string, any, any) {
			if v := r.IntN(3); r.IntN(2) == 0 {
				return "write", v, v
			} else {
				return "read", nil, value(v)
			}
		}, []string{"0", "2", "7"}},
		{"fifo-queue", func(h *history.History) bool {
			return bruteSequential(model.Queue{}, h)
		}, func(r *rand.Rand, _ int) (string, any, any) {
			if v := 1 + r.IntN(3); r.IntN(2) == 0 {
				return "enqueue", v, v
			} else {
				return "dequeue", nil, v
			}
		}, []string{"[1]", "[3,1]", "[2,2]"}},
		{"unordered-queue", func(h *history.History) bool {
			return bruteSequential(model.Bag{}, h)
		}, func(r *rand.Rand, _ int) (string, any, any) {
			switch v := 1 + r.IntN(3); r.IntN(6) {
			case 0:
				return "drain", nil, prefix(r)
			case 1, 2:
				return "dequeue", nil, v
			default:
				return "enqueue", v, v
			}
		}, []string{"[1]", "[3,1]", "[2,2]"}},
		{"counter", func(h *history.History) bool {
			return bruteSequential(model.Counter{}, h)
		}, func(r *rand.Rand, _ int) (string, any, any) {
			if v := r.IntN(3); r.IntN(2) == 0 {
				return "add", v, v
			} else {
				return "read", nil, v
			}
		}, []string{"2", "-1"}},
		{"set", func(h *history.History) bool {
			return bruteSequential(model.Set{}, h)
		}, func(r *rand.Rand, _ int) (string, any, any) {
			switch v := 1 + r.IntN(3); r.IntN(4) {
			case 0:
				return "remove", v, v
			case 1:
				return "read", nil, prefix(r)
			default:
				return "add", v, v
			}
		}, []string{"[1]", "[2,3]"}},
	} {
		t.Run(c.model, func(t *testing.T) {
			t.Parallel()
			count := map[bool]int{}
			for seed := range rounds(3000) {
				h := randomCalls(rand.New(rand.NewPCG(uint64(seed), 3)), c.draw)
				if seed%2 == 0 {
					h.Initial.Keys = map[string]json.RawMessage{"k0": json.RawMessage(c.first[seed/2%len(c.first)])}
				}
				holds := c.brute(h)
				count[holds]++
				want := checker.Invalid
				if holds {
					want = checker.Valid
				}
				got := verdict(t, weak.Sequential, c.model, h)
				if got.Verdict != want {
					t.Fatalf("seed %d: %v by %s (%s), want %v:\n%s%v", seed, got.Verdict, got.Method, got.Reason, want,
						lines(h), got.Evidence)
				}
				if !holds && (len(got.Evidence) == 0 || len(got.Evidence[0].Ops) == 0 ||
					len(got.Evidence[0].Why) == 0) {
					t.Fatalf("seed %d: invalid without evidence: %v\n%s", seed, got.Evidence, lines(h))
				}
			}
			if count[true] < 100 || count[false] < 100 {
				t.Errorf("%d histories hold and %d do not, want enough of both", count[true], count[false])
			}
		})
	}
}
