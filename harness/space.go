package harness

import (
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// Space is what a campaign draws its plans from: every workload that the target can serve, every
// fault that a correct protocol survives and that has something to act on, and the option values
// that the protocol allows to be drawn.
func Space(target cluster.Simulable) plan.Space {
	protocol := target.Protocol()
	s := plan.Space{
		Nodes:          []int{1, 2, 3, 3, 3, 4, 5, 5, 5, 6, 7},
		FaultIntervals: seconds(0.2, 0.3, 0.5, 1, 2, 5, 10),
		TimeLimits:     seconds(5, 10, 20),
		Rates:          []float64{5, 10, 20, 50, 100, 200, 500},
		Concurrencies:  []plan.Concurrency{"1n", "2n", "4n"},
		Settings: []plan.Choice{
			{Name: "ops-per-key", Values: []string{"", "20", "60"}},
			{Name: "processes-per-key", Values: []string{"2", "5", "10"}},
			// rarely, because repeated values can be slow to judge
			{Name: "values", Values: []string{"", "", "", "", "", "2", "5"}},
		},
		Apart:   protocol.Apart,
		Attacks: protocol.Attacks,
	}
	for _, w := range workloads.All() {
		if slices.Contains(target.Objects(), w.Object) {
			s.Workloads = append(s.Workloads, w.Name)
		}
	}
	for _, k := range nemesis.Kinds() {
		if k.Ordinary && !slices.Contains(protocol.Lacks, k.Name) {
			s.Faults = append(s.Faults, plan.Fault{Name: k.Name, Nodes: k.Least()})
		}
	}
	for _, o := range protocol.Options {
		if len(o.Draw) > 0 {
			s.Settings = append(s.Settings, plan.Choice{Name: o.Name, Values: o.Draw})
		}
	}
	return s
}

func seconds(counts ...float64) []plan.Duration {
	lengths := make([]plan.Duration, len(counts))
	for i, n := range counts {
		lengths[i] = plan.Duration(n * float64(time.Second))
	}
	return lengths
}
