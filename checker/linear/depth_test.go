package linear_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"sync/atomic"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// A descent finds an order of a small history if there is one, and only then.
func TestEnginesAgreeWithDescents(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			count := map[bool]int{}
			for seed := range rounds(t, usual) {
				r := rand.New(rand.NewPCG(uint64(seed), 10))
				h := randomHistory(r, randomShape(r), subject.copy)
				want := subject.brute(h)
				count[want]++
				got := linear.Descends(subject.name, h)
				if got && check(t, subject.name, linear.Options{}, h).Cause == checker.Ambiguous {
					continue // an order within a drain that its values leave open counts for nothing
				}
				if got != want {
					t.Fatalf("seed %d: an order is found: %v, there is one: %v:\n%s", seed, got, want, lines(t, h))
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%d valid and %d invalid histories, want both", count[true], count[false])
			}
		})
	}
}

// S6: with a descent beside it the frontier says what it says alone.
func TestEnginesAgreeWhereFrontiersAreWide(t *testing.T) {
	for _, subject := range subjects() {
		t.Run(subject.name, func(t *testing.T) {
			t.Parallel()
			for seed := range rounds(t, 12) {
				r := rand.New(rand.NewPCG(uint64(seed), 11))
				s := shape{processes: 10, calls: 40, domain: 2 + r.IntN(4), pending: 0.2 * r.Float64(),
					mutations: r.IntN(3)}
				h := randomHistory(r, s, subject.copy)
				alone := linear.FrontierAlone(subject.name, h, 1<<19) // less than what is left to it beside a descent
				together := check(t, subject.name, linear.Options{Engine: linear.Search, Memory: 1 << 20}, h)
				if together.Verdict != alone && alone != checker.Unknown && together.Cause != checker.Ambiguous {
					t.Fatalf("seed %d: %v, %v with a descent (%s):\n%s", seed, alone, together.Verdict, together.Reason,
						lines(t, h))
				}
			}
		})
	}
}

// forgetful is a register of Porcupine's users that may lose a write, and have lost some before.
func forgetful() porcupine.NondeterministicModel {
	return porcupine.NondeterministicModel{
		Init: func() []any { return []any{0, 1} },
		Step: func(state, input, output any) []any {
			if in := input.(put); in.write {
				return []any{state, in.value}
			}
			if output.(int) == state.(int) {
				return []any{state}
			}
			return nil
		},
	}
}

// Descents agree with Porcupine on models written for it, with a Hash and without.
func TestDescentsOnPorcupineModels(t *testing.T) {
	lossy := forgetful()
	hashed := forgetful()
	hashed.Hash = func(state any) uint64 { return uint64(state.(int)) }
	for name, m := range map[string]porcupine.Model{"register": porcupineRegister(),
		"states of states": lossy.ToModel(), "with a hash": hashed.ToModel()} {
		t.Run(name, func(t *testing.T) {
			count := map[bool]int{}
			for seed := range rounds(t, 500) {
				r := rand.New(rand.NewPCG(uint64(seed), 12))
				operations := operations(r, 2+r.IntN(4), 3+r.IntN(12), false)
				if r.IntN(2) == 0 {
					operations[r.IntN(len(operations))].Output = 1 + r.IntN(4)
				}
				want := porcupine.CheckOperations(m, operations)
				count[want]++
				if got := linear.DescendsPorcupine(m, operations); got != want {
					t.Fatalf("seed %d: an order is found: %v, Porcupine: %v", seed, got, want)
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%d valid and %d invalid histories, want both", count[true], count[false])
			}
		})
	}
}

// ambiguous is a history of many clients that write few values, some without an answer. An invalid
// one ends with a read of a value that nobody wrote.
func ambiguous(clients, calls int, invalid bool) *history.History {
	s := shape{processes: clients, calls: calls, domain: 5, pending: 0.05}
	h := randomHistory(rand.New(rand.NewPCG(7, 7)), s, func() object { return &register{} })
	if !invalid {
		return h
	}
	ops := h.Ops
	last := history.Op{Process: 1 << 20, F: "read", Time: ops[len(ops)-1].Time}
	ops = append(ops, last)
	last.Kind, last.Value = history.Ok, raw(99)
	h, err := history.New(append(ops, last))
	if err != nil {
		panic(err)
	}
	return h
}

// A descent finds an order where the frontier alone reaches its limit.
func TestDescentsDecideWhereFrontiersAreTooWide(t *testing.T) {
	h := ambiguous(20, 2_000, false)
	got := check(t, "register", linear.Options{Engine: linear.Search, Memory: 8 << 20}, h)
	if got.Verdict != checker.Valid || got.Method != "search" {
		t.Errorf("%v by %s (%s), want valid by search", got.Verdict, got.Method, got.Reason)
	}
}

// S6: whoever comes first, what is said is the same.
func TestResultsDoNotDependOnSpeed(t *testing.T) {
	for _, invalid := range []bool{false, true} {
		h := ambiguous(12, 100, invalid)
		var first checker.Result
		for i := range 10 {
			got := check(t, "register", linear.Options{Engine: linear.Search}, h)
			if got.Took = 0; i == 0 {
				first = got
			}
			if !reflect.DeepEqual(got, first) {
				t.Fatalf("invalid %v: one time\n%+v\nanother\n%+v", invalid, first, got)
			}
		}
		if want := map[bool]checker.Verdict{false: checker.Valid,
			true: checker.Invalid}[invalid]; first.Verdict != want {
			t.Errorf("%v, want %v", first.Verdict, want)
		}
	}
}

// patient is a register that does something at a certain step, and behind it.
type patient struct {
	model.Register
	steps *atomic.Int64
	limit int64
	then  func()
}

func (m patient) Step(next []model.Value, s model.Value, in model.RegisterCall, out *model.Value) []model.Value {
	if m.steps.Add(1) >= m.limit {
		m.then()
	}
	return m.Register.Step(next, s, in, out)
}

// However a search with a descent beside it ends, both end (see TestMain), and no panic leaves
// them.
func TestDescentsEnd(t *testing.T) {
	h := hard()
	ctx, cancel := context.WithCancel(context.Background())
	for _, c := range []struct {
		what string
		then func()
		want checker.Cause
	}{
		{"stopped", cancel, checker.Cancelled},
		{"a panic", func() { panic("enough") }, checker.Panicked},
	} {
		m := patient{model.Register{CAS: true}, &atomic.Int64{}, 1 << 20, c.then}
		got := linear.Check(ctx, m, h, linear.Options{Engine: linear.Search})
		if got.Verdict != checker.Unknown || got.Cause != c.want {
			t.Errorf("%s: %v %s (%s), want %s", c.what, got.Verdict, got.Cause, got.Reason, c.want)
		}
		ctx = context.Background()
	}
}

// BenchmarkAmbiguous is of valid histories that many orders explain: the search, and its frontier
// without a descent beside it. A history that takes more than ten seconds is reported as
// undecided.
func BenchmarkAmbiguous(b *testing.B) {
	for _, c := range []struct {
		cell
		copy func() object
	}{
		{cell{model: "register", domain: 5}, func() object { return &register{} }},
		{cell{model: "register", domain: 5, pending: 0.05}, func() object { return &register{} }},
		{cell{model: "cas-register", domain: 5}, func() object { return &register{cas: true} }},
		{cell{model: "counter", domain: 10}, func() object { return &counter{} }},
		{cell{model: "set", domain: 20}, func() object { return &set{} }},
		{cell{model: "set", pending: 0.05}, func() object { return &set{} }},
	} {
		for _, c.calls = range []int{1_000, 10_000, 100_000} {
			if c.model == "set" && c.domain == 0 && c.calls > 10_000 {
				continue // every read is as long as the set
			}
			c.clients = 20
			h := c.history(c.copy)
			for _, engine := range []string{"search", "frontier alone"} {
				b.Run(fmt.Sprintf("%s/values=%d/pending=%.0f%%/calls=%.0e/%s", c.model, c.domain, 100*c.pending,
					float64(c.calls), engine), func(b *testing.B) {
					for b.Loop() {
						if !judgeAmbiguous(b, c.model, engine, h) {
							b.ReportMetric(1, "undecided")
						}
					}
				})
			}
		}
	}
}

// judgeAmbiguous says whether h is decided.
func judgeAmbiguous(b *testing.B, modelName, engine string, h *history.History) bool {
	var verdict checker.Verdict
	if engine == "search" {
		c, err := linear.New(modelName, linear.Options{Timeout: 10 * time.Second})
		if err != nil {
			b.Fatal(err)
		}
		verdict = c.Check(context.Background(), h).Verdict
	} else {
		verdict = linear.FrontierAlone(modelName, h, 4<<30)
	}
	if verdict == checker.Invalid {
		b.Fatal("a correct copy is accused")
	}
	return verdict == checker.Valid
}
