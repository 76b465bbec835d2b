package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/nemesis"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
)

// judgeLimit is how long the judgement of one seed may take: a campaign has others to look at.
const judgeLimit = 5 * time.Second

// looksAtLeads is how often a campaign tries a lead again under other luck.
const looksAtLeads = 4

func campaignCommand() *cobra.Command {
	c := campaigner{runner: runner{flags: swarmBase()}}
	cmd := &cobra.Command{
		Use:   "campaign",
		Short: "many seeds in the simulator; stores what it finds",
		Long: `Campaign draws a plan from each seed (faults, rates, cluster size, workload and settings), runs it in the simulator, and
stops at the first violation, or collects them with --keep-going. A seed that breaks an invariant and that no client has noticed
is tried four times more under other luck. A flag of the plan pins what would be drawn otherwise.

The same command goes on where an earlier one was stopped. --shard i/n does every n-th seed, so that n machines divide a
campaign; "splitvote campaign merge" adds their results up. In a Kubernetes Indexed Job, --shard /n takes i from
JOB_COMPLETION_INDEX.

Exit status: 1 with a finding · 2 if no seed was valid · 255 if it was stopped · 0 otherwise`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return c.run(cmd.Context(), cmd.Flags(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	c.addFlags(cmd.Flags())
	cmd.AddCommand(mergeCommand())
	return cmd
}

// swarmBase is the plan around which a campaign draws.
func swarmBase() plan.Plan {
	p := plan.Default()
	p.Backend, p.CheckerTimeout = "sim", plan.Duration(judgeLimit)
	return p
}

// campaigner is splitvote campaign with its flags.
type campaigner struct {
	runner
	seeds     int
	limit     time.Duration
	jobs      int
	shard     string
	keepGoing bool
}

// drawn are the flags of run that pin what is drawn otherwise, each with how its default is left
// out of the help.
var drawn = map[string]string{"workload": "", "nodes": "0", "fault-interval": "0", "time-limit": "0", "rate": "0",
	"concurrency": ""}

func (c *campaigner) addFlags(f *pflag.FlagSet) {
	ofRun := pflag.NewFlagSet("run", pflag.ContinueOnError)
	c.runner.addFlags(ofRun)
	for name, none := range drawn {
		ofRun.Lookup(name).DefValue = none
		f.AddFlag(ofRun.Lookup(name))
	}
	for _, name := range []string{"target", "bug", "faults", "set", "heal-limit", "timeout", "checker-timeout", "name",
		"store", "json"} {
		f.AddFlag(ofRun.Lookup(name))
	}
	f.Lookup("name").Usage = "name of the campaign's directory (default: made of what the campaign is)"
	f.Lookup("faults").Usage = strings.TrimSuffix(f.Lookup("faults").Usage, " (default none)") + "; or none"
	f.Uint64Var(&c.flags.Seed, "seed", 1, "first seed, from 1")
	f.IntVar(&c.seeds, "seeds", 0, "how many seeds, all shards together (default 1000, or as many as --for allows)")
	f.DurationVar(&c.limit, "for", 0, "how long, interruptions aside (default: until all seeds are done)")
	f.IntVar(&c.jobs, "jobs", runtime.GOMAXPROCS(0), "seeds at a time")
	f.StringVar(&c.shard, "shard", "",
		"i/n, i from 0: every n-th seed from the i-th on; /n: i is $JOB_COMPLETION_INDEX")
	f.BoolVar(&c.keepGoing, "keep-going", false, "collect findings instead of stopping at the first")
}

// swarm is what the plans of a campaign are drawn from. It is what makes two campaigns the same.
type swarm struct {
	Base  plan.Plan  `json:"-"`
	Space plan.Space `json:"space"`
}

// newSwarm is the swarm of a target, without what flags pin.
func newSwarm(base plan.Plan, pinned func(flag string) bool) (swarm, error) {
	target, ok := bundled.Named(base.Target)
	if !ok {
		_, err := experiment.Complete(base) // which says so, and what there is
		return swarm{}, err
	}
	s := swarm{base, harness.Space(target)}
	for flag, clear := range map[string]func(){
		"workload": func() {
			s.Space.Workloads = nil
		}, "nodes": func() { s.Space.Nodes = nil }, "faults": func() { s.Space.Faults = nil },
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

// draw is the experiment of a seed.
func (s swarm) draw(seed uint64) (harness.Experiment, error) {
	p, err := experiment.Complete(plan.Draw(seed, s.Base, s.Space))
	if err != nil {
		return harness.Experiment{}, fmt.Errorf("seed %d: %w", seed, err)
	}
	x := experiment.Bundled(p.Target).Experiment(p)
	x.Drawn = len(s.Space.Faults) > 0
	return x, nil
}

var errTimeUp = errors.New("the time is up")

func (c *campaigner) run(ctx context.Context, given *pflag.FlagSet, out, errs io.Writer) error {
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // short-lived histories of a few megabytes each: memory is cheap
	base := swarmBase()
	if err := c.override(&base, given); err != nil {
		return err
	}
	if err := c.validate(base); err != nil {
		return err
	}
	file, err := c.open(base, given)
	if err != nil {
		return err
	}
	target, _ := bundled.Named(file.Target)
	work := harness.Campaign{Target: target, Draw: file.swarm.draw, First: file.First, Shard: file.Shard, Jobs: c.jobs,
		Looks: looksAtLeads}
	to := math.MaxInt32
	if c.seeds > 0 {
		to = file.Shard.Size(c.seeds)
	}
	stopped := c.drive(ctx, work, file, to, errs)
	file.Unfinished = stopped != nil
	if err := file.save(); err != nil {
		return failed(err)
	}
	sum := file.summary()
	sum.of = c.seeds
	if err := sum.print(out, c.json); err != nil {
		return failed(err)
	}
	if stopped != nil {
		return stopped
	}
	return sum.exit()
}

// drive goes on with the campaign until its end.
func (c *campaigner) drive(ctx context.Context, work harness.Campaign, file *campaignFile, to int,
	errs io.Writer) error {
	if file.Tally.Places() >= to || len(file.Tally.Findings) > 0 && !c.keepGoing ||
		c.limit > 0 && file.Spent >= c.limit {
		return nil
	}
	before, began := file.Spent, time.Now()
	limited := ctx
	if c.limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, c.limit-before, errTimeUp)
		defer cancel()
	}
	tell := progress.NewPace(errs, to, c.limit)
	tell.Say("campaign of %s in %s, %d of its seeds done", file.Target, file.dir.Path, file.Tally.Places())
	var storing error
	saved := time.Now()
	file.Unfinished = true // should nobody come to say otherwise
	err := work.Run(limited, file.Tally.Places(), to, func(t harness.Trial) bool {
		found := false
		for _, one := range append([]harness.Trial{t}, t.Looks...) {
			fresh := file.Tally.Add(one)
			for _, sign := range fresh {
				tell.Say("seed %d: %s", one.Seed, sign)
			}
			if len(fresh) > 0 {
				found = true
				storing = errors.Join(storing, c.keep(ctx, file, one, fresh))
			}
		}
		file.Spent = before + time.Since(began)
		if found || time.Since(saved) > 10*time.Second {
			storing, saved = errors.Join(storing, file.save()), time.Now()
		}
		tell.Tell(&file.Tally, file.Spent)
		return storing == nil && (c.keepGoing || len(file.Tally.Findings) == 0)
	})
	tell.Done()
	switch {
	case storing != nil:
		return failed(storing)
	case err == nil || errors.Is(err, errTimeUp):
		return nil
	case errors.Is(err, context.Canceled):
		return failed(errors.New("stopped before the end"), "the same command goes on from here")
	default:
		return failed(err)
	}
}

// keep stores the run of a trial, for each of its signs.
func (c *campaigner) keep(ctx context.Context, file *campaignFile, t harness.Trial, signs []harness.Sign) error {
	e, err := experiment.Resolve(ctx, t.Experiment.Plan, experiment.Options{Store: c.store})
	if err != nil {
		return fmt.Errorf("seed %d: %w", t.Seed, err)
	}
	run, err := e.Run(context.WithoutCancel(ctx))
	if run == nil {
		return fmt.Errorf("seed %d: %w", t.Seed, err)
	}
	if file.Runs == nil {
		file.Runs = map[string]string{}
	}
	for _, sign := range signs {
		file.Runs[sign.String()] = run.Replay
	}
	return nil
}

// validate says what is wrong with the flags.
func (c *campaigner) validate(base plan.Plan) error {
	switch {
	case c.flags.Seed == 0:
		return usage(errors.New("--seed: want a number from 1"))
	case c.seeds < 0:
		return usage(fmt.Errorf("--seeds: %d is below 0", c.seeds))
	case c.limit < 0:
		return usage(fmt.Errorf("--for: %v is below 0", c.limit))
	case c.jobs < 1:
		return usage(fmt.Errorf("--jobs: %d is not from 1", c.jobs))
	}
	if c.seeds == 0 && c.limit == 0 {
		c.seeds = 1000
	}
	sim, _ := experiment.BackendNamed("sim")
	return sim.Refuse(base.Faults, experiment.Bundled(base.Target))
}

// parseShard reads i/n, or /n with i from the environment. No text is the whole.
func parseShard(text string) (harness.Shard, error) {
	if text == "" {
		return harness.Whole, nil
	}
	index, of, ok := strings.Cut(text, "/")
	if ok && index == "" {
		if index, ok = os.LookupEnv("JOB_COMPLETION_INDEX"); !ok {
			return harness.Shard{}, usage(fmt.Errorf("--shard: %s wants JOB_COMPLETION_INDEX, which is not set", text))
		}
	}
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if !ok || errI != nil || errN != nil || n < 1 || i < 0 || i >= n {
		return harness.Shard{}, usage(fmt.Errorf("--shard: no such shard: %q (want i/n with i from 0 to n-1)", text))
	}
	return harness.Shard{Index: i, Of: n}, nil
}

// readJSON reads a file that one of our commands has written.
func readJSON(path string, into any) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}
