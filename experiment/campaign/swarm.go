package campaign

import (
	"fmt"
	"time"

	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
)

// judgeLimit is how long the judgement of one seed may take: a campaign has others to look at.
const judgeLimit = 5 * time.Second

// Base is the plan around which a campaign draws.
func Base() plan.Plan {
	p := plan.Default()
	p.Backend, p.CheckerTimeout = "sim", plan.Duration(judgeLimit)
	return p
}

// Swarm is what the plans of a campaign are drawn from. It is what makes two campaigns the same.
type Swarm struct {
	Base  plan.Plan  `json:"-"`
	Space plan.Space `json:"space"`
}

// NewSwarm is the swarm of a target, without what flags pin.
func NewSwarm(base plan.Plan, pinned func(flag string) bool) (Swarm, error) {
	target, ok := bundled.Named(base.Target)
	if !ok {
		_, err := experiment.Complete(base) // which says so, and what there is
		return Swarm{}, err
	}
	s := Swarm{base, harness.Space(target)}
	for flag, clear := range map[string]func(){
		"workload": func() { s.Space.Workloads = nil }, "nodes": func() { s.Space.Nodes = nil },
		"faults":         func() { s.Space.Faults = nil },
		"fault-interval": func() { s.Space.FaultIntervals = nil }, "time-limit": func() { s.Space.TimeLimits = nil },
		"rate": func() { s.Space.Rates = nil }, "concurrency": func() { s.Space.Concurrencies = nil },
	} {
		if pinned(flag) {
			clear()
		}
	}
	if pinned("faults") {
		s.Space.Nodes = enough(s.Space.Nodes, base.Faults)
	}
	var drawn []plan.Choice
	for _, choice := range s.Space.Settings {
		if _, set := base.Set[choice.Name]; !set {
			drawn = append(drawn, choice)
		}
	}
	s.Space.Settings = drawn
	return s, nil
}

// enough are the sizes of clusters that can suffer the faults.
func enough(sizes []int, faults []string) []int {
	var some []int
	for _, n := range sizes {
		if (nemesis.Spec{Faults: faults}).Check(n) == nil {
			some = append(some, n)
		}
	}
	return some
}

// Draw is the experiment of a seed.
func (s Swarm) Draw(seed uint64) (harness.Experiment, error) {
	p, err := experiment.Complete(plan.Draw(seed, s.Base, s.Space))
	if err != nil {
		return harness.Experiment{}, fmt.Errorf("seed %d: %w", seed, err)
	}
	x := experiment.Bundled(p.Target).Experiment(p)
	x.Drawn = len(s.Space.Faults) > 0
	return x, nil
}
