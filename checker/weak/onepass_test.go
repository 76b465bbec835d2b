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

// What one pass refutes, and what it leaves open.
func TestOnePass(t *testing.T) {
	fromMonotonicReads := "causal monotonic-reads monotonic-writes pram sequential writes-follow-reads"
	for _, c := range []struct{ name, calls, want string }{
		{"nothing wrong", "0 write x 1\n1 read x null 1", ""},
		{"nobody wrote it", "0 write x 1\n1 read x null 9",
			"causal monotonic-reads monotonic-writes pram read-your-writes sequential writes-follow-reads"},
		{"a writer reads the initial value", "0 write x 1\n0 read x null null",
			"causal pram read-your-writes sequential"},
		{"a writer reads its older write", "0 write x 1\n0 write x 2\n0 read x null 1",
			"causal pram read-your-writes sequential"},
		{"a writer reads another's write", "1 write x 1\n0 write x 2\n0 read x null 1", ""},
		{"a reader goes back", "0 write x 1\n0 write x 2\n1 read x null 2\n1 read x null 1", fromMonotonicReads},
		{"a reader goes back to the initial value", "0 write x 1\n1 read x null 1\n1 read x null null",
			fromMonotonicReads},
		{"a reader goes on to another's write", "0 write x 1\n2 write x 2\n1 read x null 2\n1 read x null 1", ""},
		{"another key", "0 write x 1\n0 read y null null", ""},
		{"a write of unknown outcome", "0 write x 1 info\n1 read x null null", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := weak.RefutedInOnePass("register", story(t, c.calls))
			if err != nil || strings.Join(got, " ") != c.want {
				t.Errorf("%v refutes %q, want %q", err, got, c.want)
			}
		})
	}
}

// Whatever one pass refutes, the level's own algorithm refutes.
func TestOnePassAgrees(t *testing.T) {
	count := 0
	for seed := range rounds(4000) {
		r := rand.New(rand.NewPCG(uint64(seed), 21))
		h := build(r, randomRegisters(r, 8))
		got, err := weak.RefutedInOnePass("cas-register", h)
		if err != nil {
			continue // a value is written twice
		}
		for _, level := range got {
			count++
			if v := verdict(t, level, "cas-register", h); v.Verdict != checker.Invalid {
				t.Fatalf("seed %d: one pass refutes %s, which is %v:\n%s", seed, level, v.Verdict, lines(h))
			}
		}
	}
	if count < 1000 {
		t.Errorf("%d levels refuted, want more", count)
	}
}

// A long history is graded too: a value that nobody wrote leaves no level open.
func TestLongHistoriesWithAValueFromNowhere(t *testing.T) {
	var ops []history.Op
	for i := range 100_001 {
		op := history.Op{Process: history.Process(i % 5), F: "write", Value: raw(i + 1)}
		done := op
		done.Kind = history.Ok
		if i == 50_000 {
			op.F, op.Value, done.F, done.Value = "read", raw(nil), "read", []byte(`"from nowhere"`)
		}
		ops = append(ops, op, done)
	}
	h, err := history.New(ops)
	if err != nil {
		t.Fatal(err)
	}
	got, err := weak.Strongest(t.Context(), "register", h)
	if err != nil {
		t.Fatal(err)
	}
	if open := slices.DeleteFunc(got.Undecided, func(level string) bool {
		return level == weak.Eventual
	}); len(open) > 0 || len(got.Holds) > 0 {
		t.Errorf("open %v, holds %v, want neither", open, got.Holds)
	}
}
