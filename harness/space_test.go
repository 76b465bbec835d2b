package harness_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

// The simulator accepts every plan that can be drawn for a bundled target, can carry all of it
// out, and finds nothing unsafe in it.
func TestSpacesHoldWhatCanRun(t *testing.T) {
	for _, target := range bundled.All() {
		space := harness.Space(target)
		for _, pair := range space.Attacks {
			name, value, _ := strings.Cut(pair[0], "=")
			drawn := func(c plan.Choice) bool { return c.Name == name && slices.Contains(c.Values, value) }
			suffered := func(f plan.Fault) bool { return f.Name == pair[1] }
			if !slices.ContainsFunc(space.Settings, drawn) || !slices.ContainsFunc(space.Faults, suffered) {
				t.Errorf("%s: %s attacks %s, and one of them is never drawn", target.Name(), pair[1], pair[0])
			}
		}
		seen := map[string]bool{}
		for seed := range uint64(300) {
			base := plan.Default()
			base.Set = target.Protocol().Defaults()
			p := plan.Draw(seed, base, space)
			for _, f := range p.Faults {
				if kind, _ := nemesis.Named(f); !kind.Ordinary {
					t.Fatalf("%s, seed %d: %s is not survived by every correct protocol", target.Name(), seed, f)
				}
				seen[f] = true
			}
			if err := nemesis.Missing(p.Faults, (*sim.Cluster)(nil)); err != nil {
				t.Fatalf("%s, seed %d: the simulator %v", target.Name(), seed, err)
			}
			if err := (nemesis.Spec{Faults: p.Faults}).Check(p.Nodes); err != nil {
				t.Fatalf("%s, seed %d: %v", target.Name(), seed, err)
			}
			w, ok := workloads.Named(p.Workload)
			if !ok || !slices.Contains(target.Objects(), w.Object) {
				t.Fatalf("%s, seed %d: %s cannot be served", target.Name(), seed, p.Workload)
			}
			seen[p.Workload] = true
			c, err := sim.Open(harness.Experiment{Plan: p, Workload: w}.Config(target, nodes(p.Nodes)), sim.Options{})
			if err != nil {
				t.Fatalf("%s, seed %d: %v\n%s", target.Name(), seed, err, p)
			}
			c.Close()
		}
		for _, name := range nemesis.Ordinary() {
			if seen[name] == slices.Contains(target.Protocol().Lacks, name) {
				t.Errorf("%s: some plan has %s: %v", target.Name(), name, seen[name])
			}
		}
		for _, name := range space.Workloads {
			if !seen[name] {
				t.Errorf("%s: no plan has %s", target.Name(), name)
			}
		}
	}
}

func nodes(n int) []history.NodeID {
	return []history.NodeID{"n1", "n2", "n3", "n4", "n5", "n6", "n7"}[:n]
}
