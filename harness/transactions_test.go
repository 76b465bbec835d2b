package harness_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// A workload exists to provoke something: with a bug that allows it, some seed shows it to
// clients, under its name.
func TestEveryWorkloadOfTransactionsConvicts(t *testing.T) {
	for _, test := range []struct{ workload, target, bug, reads, anomaly string }{
		{"list-append", "raft", "raft/answers-before-commit", "", "incompatible-order"},
		{"list-append", "raft", "", "local", "G-single-realtime"},
		{"list-append", "twopc", "twopc/rolls-back-in-doubt", "", "G0"},
		{"rw-register", "raft", "raft/answers-before-commit", "", "G-single-process"},
		{"rw-register", "twopc", "twopc/first-yes-is-enough", "", "G1a"},
		{"bank", "twopc", "twopc/applies-at-prepare", "", "wrong-total"},
		{"long-fork", "twopc", "twopc/read-locks-released", "", "G-nonadjacent"},
		{"write-skew", "twopc", "twopc/read-locks-released", "", "G2-item"},
		{"write-skew", "raft", "raft/answers-before-commit", "", "lost-update"},
	} {
		t.Run(test.workload+" "+test.target+" "+test.anomaly, func(t *testing.T) {
			seen := map[string]bool{}
			for seed := uint64(1); seed <= 20 && !seen[test.anomaly]; seed++ {
				for _, e := range clientsSee(t, test.target, test.workload, test.bug, test.reads, seed) {
					seen[e.Kind] = true
				}
			}
			if !seen[test.anomaly] {
				t.Errorf("20 seeds show %v", seen)
			}
		})
	}
}

// clientsSee is what a run shows without looking into the nodes.
func clientsSee(t *testing.T, target, workload, bug, reads string, seed uint64) []checker.Evidence {
	t.Helper()
	x, out := carriedOut(t, target, workload, bug, reads, seed)
	at := slices.IndexFunc(out.Result.Parts, func(r checker.Result) bool { return r.Checker == x.Level() })
	if at < 0 {
		t.Fatalf("seed %d: nothing is judged by %s: %+v", seed, x.Level(), out.Result)
	}
	return out.Result.Parts[at].Evidence
}

// carriedOut is a short run with faults.
func carriedOut(t *testing.T, target, workload, bug, reads string, seed uint64) (harness.Experiment, harness.Outcome) {
	t.Helper()
	system := named(t, target)
	w, _ := workloads.Named(workload)
	p := plan.Default()
	p.Target, p.Workload, p.Bug, p.Seed = target, workload, bug, seed
	p.Faults, p.FaultInterval = []string{"partition", "kill", "pause", "links"}, plan.Duration(2*time.Second)
	p.TimeLimit = plan.Duration(10 * time.Second)
	p.Set = system.Protocol().Defaults()
	if reads != "" {
		p.Set["reads"] = reads
	}
	x := harness.Experiment{Plan: p, Workload: w}
	out, err := x.Simulate(context.Background(), system, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return x, out
}

// A shrunk transaction keeps what the violation needs: for a write skew, a read and a write each.
func TestMicroOperationsAreLeftOut(t *testing.T) {
	var sign harness.Sign
	var x harness.Experiment
	var out harness.Outcome
	for seed := uint64(1); sign.Evidence != "G2-item"; seed++ {
		if seed > 20 {
			t.Fatal("20 seeds show no write skew")
		}
		x, out = carriedOut(t, "twopc", "write-skew", "twopc/read-locks-released", "", seed)
		signs, _ := out.Signs()
		if at := slices.IndexFunc(signs, func(s harness.Sign) bool { return s.Evidence == "G2-item" }); at >= 0 {
			sign = signs[at]
		}
	}
	s := harness.Shrinker{Target: named(t, "twopc"), Sign: sign}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	small, _, err := s.Shrink(ctx, x, out)
	if err != nil {
		t.Fatal(err)
	}
	micros := 0
	for _, c := range small.Calls {
		micros += strings.Count(string(c.Value), "[\"")
	}
	if len(small.Calls) != 2 || micros != 4 {
		t.Errorf("%d calls with %d micro-operations are left of\n%s", len(small.Calls), micros, small)
	}
}
