package harness_test

import (
	"context"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/controls"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// Every workload notices the lies that its table says, in every seed, and accuses no honest run.
func TestWorkloadsNoticeLies(t *testing.T) {
	for _, w := range workloads.All() {
		t.Run(w.Name, func(t *testing.T) {
			t.Parallel()
			notices := controls.Notices(w.Name)
			if len(notices) == 0 {
				t.Fatal("it notices no lie: a run of it cannot fail")
			}
			for seed := range rounds(1) {
				for _, lie := range append([]string{""}, notices...) {
					x := control(t, "raft", w.Name, seed+1, nil)
					x.Plan.Control, x.Plan.TimeLimit = lie, plan.Duration(15*time.Second)
					out, err := x.Simulate(context.Background(), named(t, "raft"), sim.Options{})
					if err != nil {
						t.Fatal(err)
					}
					want := checker.Invalid
					if lie == "" {
						want = checker.Valid
					}
					if out.Result.Verdict != want {
						t.Errorf("seed %d with control %q, which lied %d times: %v (%s)", seed+1, lie, len(out.Lies),
							out.Result.Verdict, out.Result.Reason)
					}
				}
			}
		})
	}
}

// A lie that nobody notices, or for which there is no occasion, never makes a run valid.
func TestUnnoticedLiesAreUnknown(t *testing.T) {
	for workload, lie := range map[string]string{"set": "doubled-update", "unique-ids": "stale-read"} {
		x := control(t, "raft", workload, 1, nil)
		x.Plan.Control, x.Plan.TimeLimit = lie, plan.Duration(5*time.Second)
		out, err := x.Simulate(context.Background(), named(t, "raft"), sim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if out.Result.Verdict != checker.Unknown {
			t.Errorf("%s with control %s: %v (%s)", workload, lie, out.Result.Verdict, out.Result.Reason)
		}
	}
}
