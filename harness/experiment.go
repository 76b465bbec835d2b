package harness

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/generator"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// Tick is the length of a bundled core's tick. With the default settings an election takes a
// quarter to half a second.
const Tick = 25 * time.Millisecond

// Experiment is a complete plan with its workload.
type Experiment struct {
	Plan     plan.Plan
	Workload workloads.Workload
	Settle   time.Duration // pause between healing and the next question to the cluster
	// Drawn says that nobody asked for the plan's faults by name: a fault without an eligible node
	// does not make the run vacuous.
	Drawn bool
	// Terse leaves out which weaker levels an invalid history still satisfies. Grading can cost
	// more than the verdict.
	Terse bool
	// Consistency is what the target promises, as in protocol.Protocol; empty means
	// linearizability. See Level.
	Consistency string

	untilBroken bool // end the run when an invariant is broken, and judge nothing else
}

// With returns the same workload under another plan.
func (x Experiment) With(p plan.Plan) Experiment {
	x.Plan = p
	return x
}

// Settings returns the workload settings that --set accepts.
func Settings() []plan.Setting {
	return []plan.Setting{
		{Name: "ops-per-key", Doc: "calls (or writes, for transactions) before a key gives way to the next, within " +
			"a tenth; each workload has its own default"},
		{Name: "processes-per-key", Default: "5", Doc: "clients that work on one key at a time"},
		{Name: "values", Doc: "draw values from N instead of making them unique (registers only); checking is then " +
			"much harder"},
	}
}

// Config returns what a backend needs to know of the plan. The caller fills in Dir, Log, Run and
// OnStatus.
func (x Experiment) Config(target cluster.Target, nodes []history.NodeID) cluster.Config {
	options := map[string]string{}
	for name, value := range x.Plan.Set {
		options[name] = value
	}
	for _, s := range Settings() {
		delete(options, s.Name)
	}
	retry := cluster.DefaultRetry
	if t := time.Duration(x.Plan.Timeout); t != retry.Timeout {
		retry.Attempt = t * retry.Attempt / retry.Timeout
		retry.Timeout = t
	}
	return cluster.Config{Target: target, Nodes: nodes, Object: x.Workload.Object, Options: options, Bug: x.Plan.Bug,
		Seed: x.Plan.Seed, Retry: retry, Tick: Tick}
}

// Run carries the plan out on a cluster.
func (x Experiment) Run(ctx context.Context, c cluster.Cluster, recorder *history.Recorder,
	onEvent func(*history.Op)) (Times, error) {
	keys := keys{of: x.Workload.Keys}
	liar, err := x.liar(c)
	if err != nil {
		return Times{}, err
	}
	test := Test{
		Cluster: c, Generator: x.generator(c.Nodes(), &keys), Fault: nemesis.New(c, c.Nodes()).Apply,
		Processes: x.Plan.Concurrency.Of(len(c.Nodes())), Seed: x.Plan.Seed, Recorder: recorder,
		OnEvent: func(op *history.Op) {
			keys.see(op)
			if onEvent != nil {
				onEvent(op)
			}
		},
	}
	if err := x.watch(&test); err != nil {
		return Times{}, err
	}
	if liar == nil {
		return Run(ctx, test)
	}
	test.Clients = liar
	times, err := Run(ctx, test)
	times.Lies = liar.Told()
	return times, err
}

// watch adds a judge to a test if the plan asks for one. In sim the judge never looks ahead: the
// end of a run depends on its seed alone.
func (x Experiment) watch(t *Test) error {
	watched, simulated := t.Cluster.(*sim.Cluster)
	if simulated && x.untilBroken {
		t.Watch = func(*history.Op) bool { return watched.Err() == nil }
		return nil
	}
	if !x.Plan.FailFast {
		return nil
	}
	judge, err := x.online()
	if err != nil {
		return err
	}
	if t.Watch = judge.Event; simulated {
		return nil
	}
	var pace linear.Pace
	t.Watch = func(op *history.Op) bool {
		pace.Event()
		return judge.Event(op)
	}
	t.Look = func() (goOn bool, again time.Duration) {
		wait, fresh := pace.Due()
		if !fresh {
			return true, 0
		}
		if wait <= 0 {
			return pace.Look(judge), 0
		}
		return true, wait
	}
	return nil
}

// CanWatch returns the reason why the run cannot be judged while it goes on, nil if it can.
func (x Experiment) CanWatch() error {
	_, err := x.online()
	return err
}

func (x Experiment) online() (linear.Online, error) {
	if x.Workload.Model == "" {
		return nil, fmt.Errorf("fail-fast: %s has its own checker, which judges only complete runs", x.Plan.Workload)
	}
	judge, err := levels.Online(x.Workload.Model, x.Level(), history.Initial{})
	if err != nil {
		return nil, fmt.Errorf("fail-fast: %w", err)
	}
	return judge, nil
}

// keys are the keys that a run has used, in order of first use.
type keys struct {
	of    func(*history.Op) []string // workloads.Workload.Keys
	names []string
	seen  map[string]bool
}

func (k *keys) see(op *history.Op) {
	switch {
	case op.Process == history.Nemesis || op.Kind != history.Invoke:
	case k.of == nil:
		k.add(op.Key)
	default:
		for _, key := range k.of(op) {
			k.add(key)
		}
	}
}

func (k *keys) add(key string) {
	if k.seen[key] {
		return
	}
	if k.seen == nil {
		k.seen = map[string]bool{}
	}
	k.seen[key] = true
	k.names = append(k.names, key)
}

// pause is the time between two questions to a cluster that was just healed.
const pause = 50 * time.Millisecond

// generator generates the whole run: clients beside faults, healing, the first answer after it,
// and the final calls. Fault times depend on the plan's seed alone, so they come as drawn whatever
// the clients do.
func (x Experiment) generator(nodes []history.NodeID, used *keys) generator.Generator {
	o := x.options(nodes)
	marked := func(op history.Op) history.Op { op.Final = true; return op }
	final := func(names []string) generator.Generator { return generator.Map(marked, x.Workload.Final(o, names)) }
	last := func(names []string) []string { return names[max(0, len(names)-1):] }
	return generator.Phases(
		generator.TimeLimit(time.Duration(x.Plan.TimeLimit), generator.Together(x.calls(nodes), x.faults())),
		generator.Faults(generator.Once(nemesis.Heal())),
		generator.Sleep(x.Settle),
		generator.Lazy(func(generator.Context) generator.Generator {
			ask := generator.UntilOk(generator.Cycle(final(last(used.names))))
			return generator.TimeLimit(time.Duration(x.Plan.HealLimit), generator.Clients(generator.Delay(pause, ask)))
		}),
		generator.Lazy(func(generator.Context) generator.Generator {
			return generator.TimeLimit(time.Duration(x.Plan.HealLimit),
				generator.Clients(generator.Rate(10*x.Plan.Rate, final(used.names))))
		}),
	)
}

// calls generates the calls before healing.
func (x Experiment) calls(nodes []history.NodeID) generator.Generator {
	if len(x.Plan.Calls) > 0 {
		return writtenCalls(x.Plan.Calls, x.Plan.Concurrency.Of(len(nodes)))
	}
	return generator.Rate(x.Plan.Rate, x.Workload.Generator(x.options(nodes)))
}

func (x Experiment) faults() generator.Generator {
	if len(x.Plan.Schedule) > 0 {
		return written(x.Plan.Schedule)
	}
	return nemesis.Schedule(nemesis.Spec{Faults: x.Plan.Faults, Interval: time.Duration(x.Plan.FaultInterval),
		Seed: x.Plan.Seed})
}

func (x Experiment) options(nodes []history.NodeID) workloads.Options {
	number := func(name string) int {
		n, _ := strconv.Atoi(x.Plan.Set[name]) // validated with the plan; absent is 0, the default
		return n
	}
	return workloads.Options{Nodes: nodes, OpsPerKey: number("ops-per-key"), PerKey: number("processes-per-key"),
		Values: number("values")}
}

// Checker judges a run of this plan: the workload's model at its level, the workload's own checks,
// liveness after healing, the gate against vacuous passes, and the figures.
func (x Experiment) Checker() (checker.Checker, error) {
	var parts []checker.Checker
	if x.Workload.Model != "" {
		c, err := levels.Judge(x.Workload.Model, x.Level(), linear.Options{Memory: int64(x.Plan.CheckerMemory)},
			x.Terse)
		if err != nil {
			return nil, err
		}
		parts = append(parts, c)
	}
	if x.Workload.Check != nil {
		parts = append(parts, x.Workload.Check(x.options(nil))...)
	}
	gate := checker.Coverage{Calls: x.Workload.Calls, MinOk: x.enough()}
	if !x.Drawn {
		gate.Faults = x.Plan.Faults
	}
	return checker.All(x.Plan.Workload, append(parts, checker.Liveness{}, gate, checker.Stats{},
		checker.Availability{})...), nil
}

// enough returns how many successes of each call a run must have: one in two hundred of the
// planned calls, from 1 to 10.
func (x Experiment) enough() int {
	planned := x.Plan.Rate * time.Duration(x.Plan.TimeLimit).Seconds()
	return max(1, min(10, int(planned/200)))
}

// Level returns the consistency level by which the experiment is judged.
func (x Experiment) Level() string {
	level := x.Plan.Consistency
	if level == "" {
		level = levels.Promised(x.Workload.Model, x.Consistency)
	}
	if level == "" {
		level = levels.Of(x.Workload.Model)[0]
	}
	return level
}

// BrokenInvariants reports the first protocol invariant that was broken in a cluster that watches
// them. It names the calls whose commands the invariant concerns.
func BrokenInvariants(c cluster.Cluster) (checker.Result, bool) {
	watched, ok := c.(interface{ Err() error })
	if !ok || watched.Err() == nil {
		return checker.Result{}, false
	}
	first, _, _ := strings.Cut(watched.Err().Error(), "\n")
	e := checker.Evidence{Kind: strings.TrimSuffix("invariant-"+invariant.FindString(first), "-"),
		Summary: "a protocol invariant is broken: " + first}
	var violation sim.Violation
	if errors.As(watched.Err(), &violation) {
		for _, concern := range violation.About {
			e.Ops = append(e.Ops, concern.Op)
			e.Why = append(e.Why, checker.Claim{Op: concern.Op, Text: concern.Role})
		}
	}
	if len(e.Ops) == 0 {
		e.Summary += " (it names no client call)"
	}
	return checker.Result{Checker: invariants, Verdict: checker.Invalid, Reason: e.Summary,
		Evidence: []checker.Evidence{e}}, true
}

// invariant matches an invariant's number, as in the protocols' package comments.
var invariant = regexp.MustCompile(`\b[A-Z][0-9]+\b`)
