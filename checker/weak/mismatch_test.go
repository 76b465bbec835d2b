package weak_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/weak"
	"github.com/splitvote/splitvote/history"
)

// withMismatches makes some reads of a random history cas that found another value than some old
// one.
func withMismatches(r *rand.Rand, calls []called) []called {
	calls = slices.Clone(calls)
	for i := range calls {
		if c := &calls[i]; c.read && !c.write && !c.failed && !c.pending && r.IntN(2) == 0 {
			c.mismatch, c.avoids = true, 0
			if of := calls[r.IntN(len(calls))]; of.write {
				c.avoids = of.written
			}
		}
	}
	return calls
}

// bruteMismatches tries every value that each mismatch can have found.
func bruteMismatches(level string, calls []called, from int) bool {
	for i := from; i < len(calls); i++ {
		if !calls[i].mismatch {
			continue
		}
		values := []int{0}
		for _, c := range calls {
			if c.write {
				values = append(values, c.written)
			}
		}
		return slices.ContainsFunc(values, func(v int) bool {
			if v == calls[i].avoids {
				return false
			}
			calls[i].value = v
			return bruteMismatches(level, calls, i+1)
		})
	}
	return bruteLevel(level, calls)
}

// Where a level is decided, a cas that found another value is judged by the definition: as a read
// of any other.
func TestLevelsJudgeMismatches(t *testing.T) {
	levels := []string{weak.Sequential, weak.Causal, weak.PRAM, weak.WritesFollowReads, weak.MonotonicWrites,
		weak.MonotonicReads, weak.ReadYourWrites}
	for _, level := range levels {
		t.Run(level, func(t *testing.T) {
			t.Parallel()
			count := map[checker.Verdict]int{}
			for seed := range rounds(2000) {
				r := rand.New(rand.NewPCG(uint64(seed), 5))
				calls := withMismatches(r, randomRegisters(r, 6))
				h := build(r, calls)
				want := checker.Invalid
				if bruteMismatches(level, slices.Clone(calls), 0) {
					want = checker.Valid
				}
				got := verdict(t, level, "cas-register", h)
				if count[got.Verdict]++; got.Verdict != want && got.Verdict != checker.Unknown {
					t.Fatalf("seed %d: %v (%s), want %v:\n%s%v", seed, got.Verdict, got.Reason, want, lines(h),
						got.Evidence)
				}
			}
			if count[checker.Valid] < 100 || count[checker.Invalid] < 100 || count[checker.Unknown] > 20 {
				t.Errorf("%v, want many of both and few undecided", count)
			}
		})
	}
}

// A cas that found another value changed nothing, and real time says whether there was another.
func TestRealTimeJudgesMismatches(t *testing.T) {
	const wrote = `{"process":0,"type":"invoke","f":"write","value":1}
{"process":0,"type":"ok","f":"write","value":1}
`
	const missed = `{"process":1,"type":"invoke","f":"cas","value":[1,2]}
{"process":1,"type":"ok","f":"cas","value":[1,2,false]}
`
	const read = `{"process":1,"type":"invoke","f":"read"}
{"process":1,"type":"ok","f":"read","value":1}
`
	for _, test := range []struct {
		level, text string
		want        checker.Verdict
	}{
		{weak.Regular, wrote + missed, checker.Invalid},
		{weak.Safe, wrote + missed, checker.Invalid},
		{weak.Regular, missed + wrote, checker.Valid},
		{weak.Eventual, wrote + missed + read, checker.Valid},
		{weak.ReadYourWrites, wrote + missed, checker.Valid},
	} {
		h, err := history.Decode(strings.NewReader(test.text), history.JSONL)
		if err != nil {
			t.Fatal(err)
		}
		if got := verdict(t, test.level, "cas-register", h); got.Verdict != test.want {
			t.Errorf("%s: %v (%s), want %v:\n%s", test.level, got.Verdict, got.Reason, test.want, lines(h))
		}
	}
}
