package twopc_test

import (
	"context"
	"flag"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol/twopc"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

var storms = flag.Uint64("storms", 6, "seeds that are tried")

// weather is what befalls a cluster; a seed decides the rest.
var weather = [][]string{
	{"partition", "kill", "pause", "links"},
	{"partition", "crash", "hold", "links"},
	{"partition", "clock", "disk", "kill"},
}

// loads are what its clients do meanwhile.
var loads = []string{"list-append", "register", "bank", "rw-register"}

// storm lets everything happen to a cluster for 15 s and judges what its clients saw, and its invariants.
func storm(t *testing.T, seed uint64, bug string) (checker.Result, *history.History) {
	t.Helper()
	p := plan.Default()
	p.Target, p.Workload, p.Backend, p.Bug, p.Seed = "twopc", loads[seed%4], "sim", bug, seed+1
	p.Nodes, p.Faults, p.FaultInterval = []int{3, 5, 4}[seed%3], weather[seed%3], plan.Duration(2*time.Second)
	p.TimeLimit = plan.Duration(15 * time.Second)
	for _, o := range twopc.Protocol().Options {
		p.Set[o.Name] = o.Default
		if len(o.Draw) > 0 {
			p.Set[o.Name] = o.Draw[seed%uint64(len(o.Draw))]
		}
	}
	w, _ := workloads.Named(p.Workload)
	x := harness.Experiment{Plan: p, Workload: w}
	var nodes []history.NodeID
	for i := range p.Nodes {
		nodes = append(nodes, history.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	cfg := x.Config(bundled.New(twopc.Protocol()), nodes)
	cfg.Log = io.Discard
	c, err := sim.Open(cfg, sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	recorder := history.NewRecorder(nil)
	if _, err := x.Run(context.Background(), c, recorder, nil); err != nil {
		t.Fatal(err)
	}
	h, err := recorder.History()
	if err != nil {
		t.Fatal(err)
	}
	all, err := x.Checker()
	if err != nil {
		t.Fatal(err)
	}
	r := checker.Safe(context.Background(), all, h)
	if broken, ok := harness.BrokenInvariants(c); ok {
		r = checker.Merge([]checker.Result{broken, r})
	}
	return r, h
}

// TestStorm lets everything happen to clusters: T1 to T6 hold after each step, and what the clients saw is strictly serializable.
func TestStorm(t *testing.T) {
	for seed := range *storms {
		if r, _ := storm(t, seed, ""); r.Verdict == checker.Invalid {
			t.Errorf("seed %d: %s", seed, r.Reason)
		}
	}
}

// TestSameSeedSameRun compares two runs operation by operation (protocol.P1).
func TestSameSeedSameRun(t *testing.T) {
	for seed := range uint64(3) {
		_, a := storm(t, seed, "")
		_, b := storm(t, seed, "")
		if diff := cmp.Diff(a.Ops, b.Ops); diff != "" {
			t.Errorf("seed %d: two runs differ:\n%s", seed, diff)
		}
	}
}

// TestMutantsAreConvicted looks for each planted bug, until a storm or a transcript shows it.
func TestMutantsAreConvicted(t *testing.T) {
	for _, m := range twopc.Protocol().Mutants {
		t.Run(m.Name, func(t *testing.T) {
			if m.Doc == "" || m.Source == "" || m.Class == "" {
				t.Errorf("it does not say enough of itself: %+v", m)
			}
			how := convictedByTranscript(t, m.Name)
			for seed := range 6 * *storms {
				if how != "" {
					break
				}
				if r, _ := storm(t, seed, m.Name); r.Verdict == checker.Invalid {
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
