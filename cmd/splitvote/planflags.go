package main

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"

	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/workloads"
)

func (r *runner) addFlags(f *pflag.FlagSet) {
	p := &r.flags
	f.StringVar(&p.Name, "name", p.Name, "name of the run's directory (default workload-target)")
	f.StringVar(&p.Target, "target", p.Target,
		"system under test: "+strings.Join(bundled.Names(), ", ")+", or the YAML file of a service")
	f.IntVar(&p.Nodes, "nodes", p.Nodes, "members, from 1 to 9")
	f.StringVar(&p.Backend, "backend", p.Backend,
		strings.Join(experiment.BackendNames(), ", ")+"; auto is docker where an engine answers, else local")
	f.StringVar(&p.Workload, "workload", p.Workload, "what the clients do: "+strings.Join(workloads.Names(), ", "))
	f.StringSliceVar(&r.faults, "faults", nil, "what breaks: "+strings.Join(nemesis.Names(), ",")+" (default none)")
	f.Var(&p.FaultInterval, "fault-interval", "mean time between two faults of a kind")
	f.Var(&p.TimeLimit, "time-limit", "length of the main phase, before healing")
	f.Var(&p.HealLimit, "heal-limit", "how long the healed cluster may take to answer")
	f.Float64Var(&p.Rate, "rate", p.Rate, "calls a second, of all clients together")
	f.StringVar((*string)(&p.Concurrency), "concurrency", string(p.Concurrency),
		"clients: a number, or a multiple of the nodes as 2n")
	f.Var(&p.Timeout, "timeout", "of one call, attempts at other nodes included")
	f.Uint64Var(&p.Seed, "seed", 0, "decides whatever is drawn (default: drawn, and printed)")
	f.StringVar(&p.Control, "control", "",
		"kind of lie that the harness tells, so that the run must be invalid; splitvote list controls names them")
	f.StringVar(&p.Bug, "bug", "", "planted bug to switch on; splitvote list bugs names them")
	f.StringSliceVar(&r.set, "set", nil,
		"key=value: a setting of the target or the workload; splitvote list names them")
	f.StringVar(&p.Consistency, "consistency", "",
		"what the calls are judged by: "+strings.Join(levels.All(), ", ")+" (default: what the target promises)")
	f.Var(&p.CheckerTimeout, "checker-timeout", "of the judgement; after it the verdict is unknown")
	f.Var(&p.CheckerMemory, "checker-memory",
		"that searching may hold, as 2GiB; beyond it the verdict is unknown (default 4GiB)")
	f.BoolVar(&p.FailFast, "fail-fast", false, "judge while it runs, and stop at the first violation")
	f.StringVar(&r.store, "store", "runs", "directory of the runs")
	f.StringVar(&r.attach, "attach", "",
		"test the running containers of this Compose file or project, which hold no data yet, instead of starting any")
	f.IntVar(&r.count, "test-count", 1, "repeat with the next seeds; stops at the first invalid run")
	f.BoolVar(&r.printPlan, "print-plan", false, "print the plan with every default and drawn option, and stop")
	f.BoolVar(&r.json, "json", false, "print the result as JSON")
}

// override puts what was said on the command line into p.
func (r *runner) override(p *plan.Plan, given *pflag.FlagSet) error {
	from := r.flags
	for name, set := range map[string]func(){
		"name": func() {
			p.Name = from.Name
		}, "target": func() { p.Target = from.Target }, "nodes": func() { p.Nodes = from.Nodes },
		"backend": func() { p.Backend = from.Backend }, "workload": func() { p.Workload = from.Workload },
		"faults": func() { p.Faults = r.faults }, "fault-interval": func() { p.FaultInterval = from.FaultInterval },
		"time-limit": func() { p.TimeLimit = from.TimeLimit }, "heal-limit": func() { p.HealLimit = from.HealLimit },
		"rate": func() { p.Rate = from.Rate }, "concurrency": func() { p.Concurrency = from.Concurrency },
		"timeout": func() {
			p.Timeout = from.Timeout
		}, "seed": func() { p.Seed = from.Seed }, "bug": func() { p.Bug = from.Bug },
		"control": func() { p.Control = from.Control },
		"consistency": func() {
			p.Consistency = from.Consistency
		}, "checker-timeout": func() { p.CheckerTimeout = from.CheckerTimeout },
		"checker-memory": func() {
			p.CheckerMemory = from.CheckerMemory
		}, "fail-fast": func() { p.FailFast = from.FailFast },
	} {
		if given.Changed(name) {
			set()
		}
	}
	if len(p.Faults) == 1 && p.Faults[0] == "none" {
		p.Faults = []string{}
	}
	for _, s := range r.set {
		key, value, ok := strings.Cut(s, "=")
		if !ok {
			return usage(fmt.Errorf("--set: %q is not key=value", s))
		}
		if p.Set == nil {
			p.Set = map[string]string{}
		}
		p.Set[key] = value
	}
	return nil
}
