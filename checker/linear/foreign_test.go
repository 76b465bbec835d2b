package linear_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/anishathalye/porcupine"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/linear"
)

// put is the input of a register of Porcupine's users; reads have write false.
type put struct {
	write bool
	value int
}

func porcupineRegister() porcupine.Model {
	return porcupine.Model{
		Init: func() any { return 0 },
		Step: func(state, input, output any) (bool, any) {
			if in := input.(put); in.write {
				return true, in.value
			}
			return output.(int) == state.(int), state
		},
	}
}

// operations runs clients against a register, at times that often tie.
func operations(r *rand.Rand, clients, n int, unique bool) []porcupine.Operation {
	var done []porcupine.Operation
	value := 0
	under := make([]*porcupine.Operation, clients)
	applied := make([]bool, clients)
	for now, issued := int64(0), 0; len(done) < n; now += int64(r.IntN(2)) {
		c := r.IntN(clients)
		switch o := under[c]; {
		case o == nil && issued < n:
			issued++
			in := put{r.IntN(2) == 0, 1 + r.IntN(3)}
			if unique {
				in.value = issued
			}
			under[c], applied[c] = &porcupine.Operation{ClientId: c, Input: in, Call: now}, false
		case o == nil:
		case !applied[c]:
			applied[c] = true
			if in := o.Input.(put); in.write {
				value = in.value
			}
			o.Output = value
		default:
			o.Return = now
			done = append(done, *o)
			under[c] = nil
		}
	}
	return done
}

// Models written for Porcupine get Porcupine's verdicts.
func TestPorcupineModels(t *testing.T) {
	nondeterministic := porcupine.NondeterministicModel{
		Init: func() []any { return []any{0, 1} },
		Step: func(state, input, output any) []any {
			if in := input.(put); in.write {
				return []any{in.value, in.value + 1}
			}
			if output.(int) == state.(int) {
				return []any{state}
			}
			return nil
		},
	}
	split := porcupineRegister()
	split.Partition = func(history []porcupine.Operation) [][]porcupine.Operation {
		parts := make([][]porcupine.Operation, 2)
		for _, o := range history {
			parts[o.ClientId%2] = append(parts[o.ClientId%2], o)
		}
		return parts
	}
	for name, m := range map[string]porcupine.Model{"register": porcupineRegister(),
		"states of states": nondeterministic.ToModel(), "partitions": split} {
		t.Run(name, func(t *testing.T) {
			count := map[bool]int{}
			for seed := range rounds(t, 500) {
				r := rand.New(rand.NewPCG(uint64(seed), 9))
				history := operations(r, 2+r.IntN(4), 3+r.IntN(20), false)
				if r.IntN(2) == 0 {
					i := r.IntN(len(history))
					history[i].Output = 1 + r.IntN(4)
				}
				legal := porcupine.CheckOperations(m, history)
				count[legal]++
				got := linear.CheckPorcupine(context.Background(), m, history, linear.Options{})
				if (got.Verdict == checker.Valid) != legal || got.Verdict == checker.Unknown {
					t.Fatalf("seed %d: %v by %s (%s), Porcupine says %v", seed, got.Verdict, got.Method, got.Reason,
						legal)
				}
			}
			if count[true] == 0 || count[false] == 0 {
				t.Errorf("%d legal and %d illegal histories, want both", count[true], count[false])
			}
		})
	}
	if got := linear.CheckPorcupine(context.Background(), porcupine.Model{}, nil,
		linear.Options{}); got.Cause != checker.Malformed {
		t.Errorf("a model without Step: %v %s", got.Verdict, got.Cause)
	}
}

// BenchmarkPorcupineModel compares a user's unchanged model here and there: 1e5 operations of 5
// clients on one register.
func BenchmarkPorcupineModel(b *testing.B) {
	history := operations(rand.New(rand.NewPCG(1, 1)), 5, 100_000, true)
	b.Run("here", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := linear.CheckPorcupine(context.Background(), porcupineRegister(), history,
				linear.Options{}); got.Verdict != checker.Valid {
				b.Fatal(got.Verdict, got.Reason)
			}
		}
	})
	b.Run("porcupine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if got := porcupine.CheckOperationsTimeout(porcupineRegister(), history, time.Minute); got != porcupine.Ok {
				b.Fatal(got)
			}
		}
	})
}
