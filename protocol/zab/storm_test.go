package zab_test

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/zab"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

var seeds = flag.Uint64("seeds", 12, "storms to endure")

// storm puts a cluster through everything at once. Its size, workload and options depend on the seed.
func storm(t *testing.T, seed uint64, reads, bug string) checker.Result {
	t.Helper()
	p := plan.Default()
	p.Target, p.Seed, p.Bug, p.TimeLimit = "zab", seed+1, bug, plan.Duration(25*time.Second)
	p.FaultInterval = plan.Duration(2 * time.Second)
	p.Faults = []string{"partition", "kill", "pause", "links", "hold", "crash", "disk", "drift"}
	p.Nodes = []int{5, 3, 4, 5, 3, 7}[seed%6]
	p.Workload = []string{"register", "append", "set", "queue"}[seed%4]
	p.Set = defaults(map[string]string{"reads": reads})
	if seed%2 == 1 {
		p.Set["snapshot-every"], p.Set["diff-window"], p.Set["snapshot-chunk"], p.Set["batch"] = "20", "5", "200", "1"
	}
	w, ok := workloads.Named(p.Workload)
	if !ok {
		t.Fatalf("no workload %s", p.Workload)
	}
	x := harness.Experiment{Plan: p, Workload: w}
	out, err := x.Simulate(t.Context(), bundled.New(zab.Protocol()), sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return out.Result
}

// TestStorm lets everything happen. After each step Z1 to Z10 hold, the clients see one copy of the data, and when the storm is
// over the cluster makes progress.
func TestStorm(t *testing.T) {
	t.Parallel()
	valid := uint64(0)
	for seed := range *seeds {
		switch r := storm(t, seed, "sync", ""); r.Verdict {
		case checker.Invalid:
			t.Errorf("seed %d: %v: %s", seed, r.Verdict, r.Reason)
		case checker.Valid:
			valid++
		}
	}
	if valid < *seeds*2/3 {
		t.Errorf("%d of %d storms say anything", valid, *seeds)
	}
}

// TestLocalReadsAreNotLinearizable is the control: reads=local is convicted by the history alone.
func TestLocalReadsAreNotLinearizable(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		if r := storm(t, 4*seed, "local", ""); r.Verdict == checker.Invalid {
			if len(r.Evidence) == 0 {
				t.Errorf("convicted without evidence: %s", r.Reason)
			}
			return
		}
	}
	t.Error("stale reads went unseen")
}

// TestMutantsAreConvicted looks for each planted bug, until a transcript or a storm shows it.
func TestMutantsAreConvicted(t *testing.T) {
	t.Parallel()
	for _, m := range zab.Protocol().Mutants {
		t.Run(strings.TrimPrefix(m.Name, "zab/"), func(t *testing.T) {
			if m.Doc == "" || m.Source == "" || m.Class == "" {
				t.Errorf("it does not say enough of itself: %+v", m)
			}
			how := convictedByTranscript(t, m.Name)
			for seed := uint64(0); how == "" && seed < 12**seeds; seed++ {
				if r := storm(t, seed, "sync", m.Name); r.Verdict == checker.Invalid {
					how = fmt.Sprintf("seed %d: %s", seed, r.Reason)
				}
			}
			if how == "" {
				t.Fatal("nothing shows it")
			}
			t.Log(how)
		})
	}
}
