package bundledtest

import (
	"time"

	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
)

// weather is what befalls a cluster in a short storm.
var weather = [][]string{
	{"partition", "kill", "pause", "links"},
	{"partition", "crash", "hold", "links"},
	{"partition", "clock", "disk", "kill"},
}

// ShortStorm is 15 s of partitions and three other faults. The seed decides which, and the size,
// the workload and every option that a campaign may draw.
func ShortStorm(p protocol.Protocol, seed uint64, workloads ...string) plan.Plan {
	s := storm(p, seed, 15*time.Second, workloads)
	s.Nodes, s.Faults = []int{3, 5, 4}[seed%3], weather[seed%3]
	for _, o := range p.Options {
		if len(o.Draw) > 0 {
			s.Set[o.Name] = o.Draw[seed%uint64(len(o.Draw))]
		}
	}
	return s
}

// LongStorm is 25 s of nearly all faults at once. The seed decides the size and the workload;
// options have their defaults.
func LongStorm(p protocol.Protocol, seed uint64, workloads ...string) plan.Plan {
	s := storm(p, seed, 25*time.Second, workloads)
	s.Nodes = []int{5, 3, 4, 5, 3, 7}[seed%6]
	s.Faults = []string{"partition", "kill", "pause", "links", "hold", "crash", "disk", "drift"}
	return s
}

func storm(p protocol.Protocol, seed uint64, limit time.Duration, workloads []string) plan.Plan {
	s := plan.Default()
	s.Target, s.Backend, s.Seed, s.Set = p.Name, "sim", seed+1, p.Defaults()
	s.Workload = workloads[seed%uint64(len(workloads))]
	s.TimeLimit, s.FaultInterval = plan.Duration(limit), plan.Duration(2*time.Second)
	return s
}
