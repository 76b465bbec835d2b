package experiment

import (
	"context"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/live"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/judge"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/store"
	"github.com/splitvote/splitvote/targets/bundled"
	"github.com/splitvote/splitvote/targets/service"
	"github.com/splitvote/splitvote/workloads"
)

// Options are what a plan does not say.
type Options struct {
	Store  string // directory of the runs
	Attach string // Compose project to test, "" to start a cluster
	// AnyWorkload says that nobody has asked for the plan's workload: a service that cannot serve
	// it has another.
	AnyWorkload bool
	// Executable is the splitvote command, of which bundled targets are made on local and docker;
	// "" is the program that runs.
	Executable string
	// Reaper starts the process that removes what a killed run leaves. It is nil where there is
	// none.
	Reaper func(dir string) (*live.Reaper, error)
	// Progress listens to a run whose main phase takes total; nil: nobody does.
	Progress func(total time.Duration) Progress
	Errs     io.Writer // for what went wrong beside a run; nil: nobody reads it
}

// Progress hears how a run goes on. A backend writes lines of text to it.
type Progress interface {
	io.Writer
	Event(op *history.Op)
	Status(at time.Duration, node history.NodeID, s cluster.Status)
	Done() // the cluster is closed
}

// Experiment is one run of a complete plan, from the empty directory to the saved report.
type Experiment struct {
	Plan plan.Plan // complete

	harness harness.Experiment
	target  Target
	backend Backend
	why     string // why this backend, where nobody asked for it
	options Options
}

// Resolve loads the plan's target, completes the plan, chooses the backend, and refuses what they
// cannot do. Nothing is started.
func Resolve(ctx context.Context, p plan.Plan, o Options) (*Experiment, error) {
	t, err := Load(p.Target)
	if err != nil {
		return nil, err
	}
	if o.AnyWorkload {
		p.Workload = t.usualWorkload(p.Workload)
	}
	if p, err = t.Complete(p); err != nil {
		return nil, err
	}
	if o.Attach != "" && (p.Backend != "auto" && p.Backend != "docker") {
		return nil, failure.Usage(fmt.Errorf("--attach: containers cannot be attached to by backend %s", p.Backend))
	}
	if o.Attach != "" {
		p.Backend = "docker"
	}
	chosen, why := choose(ctx, p.Backend, t)
	p.Backend = chosen.Name
	if o.Attach == "" {
		if err := t.runsOn(chosen.Name); err != nil {
			return nil, err
		}
	}
	if t.service != nil {
		if err := t.service.Lookup(); err != nil {
			return nil, failure.Usage(fmt.Errorf("%s: %w", p.Target, err))
		}
	}
	if err := chosen.Refuse(p.Faults, t); err != nil {
		return nil, err
	}
	if o.Errs == nil {
		o.Errs = io.Discard
	}
	if o.Progress == nil {
		o.Progress = func(time.Duration) Progress { return unheard{io.Discard} }
	}
	return &Experiment{Plan: p, harness: t.Experiment(p), target: t, backend: chosen, why: why, options: o}, nil
}

// unheard is a progress to which nobody listens.
type unheard struct{ io.Writer }

func (unheard) Event(*history.Op)                                    {}
func (unheard) Status(time.Duration, history.NodeID, cluster.Status) {}
func (unheard) Done()                                                {}

// Again is the same experiment with a seed that is larger by n.
func (e *Experiment) Again(n uint64) *Experiment {
	again := *e
	again.Plan.Seed += n
	again.harness = e.harness.With(again.Plan)
	return &again
}

// Complete loads the plan's target and completes the plan for it.
func Complete(p plan.Plan) (plan.Plan, error) {
	t, err := Load(p.Target)
	if err != nil {
		return p, err
	}
	return t.Complete(p)
}

// Complete validates a plan and writes out what it leaves open: the name, the seed, and every
// setting's default.
func (t Target) Complete(p plan.Plan) (plan.Plan, error) {
	known := t.known(p)
	if err := p.Validate(known); err != nil {
		return p, failure.Usage(err, bugHints(p.Bug, known.Bugs)...)
	}
	if err := t.can(p); err != nil {
		return p, err
	}
	workload, _ := workloads.Named(p.Workload)
	if err := judge.CheckLevel("consistency", workload.Model, p.Consistency); err != nil {
		return p, err
	}
	if p.FailFast {
		if err := t.Experiment(p).CanWatch(); err != nil {
			return p, failure.Usage(err)
		}
	}
	p.Nodes = len(t.nodes(p.Nodes))
	if err := (nemesis.Spec{Faults: p.Faults, Interval: time.Duration(p.FaultInterval)}).Check(p.Nodes); err != nil {
		return p, failure.Usage(fmt.Errorf("faults: %w", err))
	}
	if err := harness.CheckScript(p); err != nil {
		return p, failure.Usage(err)
	}
	set := map[string]string{}
	for _, s := range known.Settings {
		if s.Default != "" {
			set[s.Name] = s.Default
		}
	}
	maps.Copy(set, p.Set)
	p.Set = set
	if p.Name == "" {
		p.Name = p.Workload + "-" + t.Name()
	}
	if p.Seed == 0 {
		p.Seed = 1 + rand.Uint64N(999_999) // short enough to be typed
	}
	return p, nil
}

// bugHints help with a bug that the target does not have.
func bugHints(bug string, known []string) []string {
	if bug == "" || slices.Contains(known, bug) {
		return nil
	}
	for _, t := range bundled.All() {
		if slices.ContainsFunc(t.Protocol().Mutants, func(m protocol.Mutant) bool { return m.Name == bug }) {
			return []string{fmt.Sprintf("it is a bug of %s: --target %[1]s", t.Name())}
		}
	}
	return []string{"splitvote list bugs names them"}
}

// ReadPlan reads a plan file over base.
func ReadPlan(name string, base plan.Plan) (plan.Plan, error) {
	f, err := os.Open(name)
	if err != nil {
		return base, failure.Usage(failure.File(name, err))
	}
	defer f.Close()
	p, err := plan.Parse(f, base)
	if err != nil {
		return base, failure.Usage(
			fmt.Errorf("%s: %w", name, err),
			"splitvote run --print-plan prints a plan with every key",
		)
	}
	return p, nil
}

// PlanOf is the plan of a run. The file of a service is the one that was kept with the run,
// wherever the original is now.
func PlanOf(dir *store.Dir) (plan.Plan, error) {
	p, err := ReadPlan(dir.File(store.Plan), plan.Default())
	if err == nil && IsFile(p.Target) {
		if kept, ok := service.Copied(dir.File(store.Target), p.Target); ok {
			p.Target = kept
		}
	}
	return p, err
}
