// Package campaign draws plans from seeds, runs them in the simulator, keeps what it finds, goes on
// where it was stopped, and adds up shards.
package campaign

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/splitvote/splitvote/experiment"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
)

// looksAtLeads is how often a campaign tries a lead again under other luck.
const looksAtLeads = 4

var errTimeUp = errors.New("the time is up")

// Campaign is what there is to do.
type Campaign struct {
	Plan      plan.Plan              // around which plans are drawn: Base, with what the user has said
	Pinned    func(flag string) bool // what is not drawn, by the names of the plan's flags
	Seeds     int                    // all shards together; 0: 1000, or what Limit allows
	Limit     time.Duration          // interruptions aside; 0: until all seeds are done
	Jobs      int                    // seeds at a time
	Shard     string                 // i/n, or /n with i from $JOB_COMPLETION_INDEX
	KeepGoing bool                   // findings are collected
	Store     string
	Tell      io.Writer // hears how it goes on
}

// Run goes on with the campaign until its end. The summary is nil where nothing was begun.
func (c *Campaign) Run(ctx context.Context) (*Summary, error) {
	if err := c.validate(); err != nil {
		return nil, err
	}
	file, err := c.open()
	if err != nil {
		return nil, err
	}
	target, _ := bundled.Named(file.Target)
	work := harness.Campaign{
		Target: target,
		Draw:   file.swarm.Draw,
		First:  file.First,
		Shard:  file.Shard,
		Jobs:   c.Jobs,
		Looks:  looksAtLeads,
	}
	to := math.MaxInt32
	if c.Seeds > 0 {
		to = file.Shard.Size(c.Seeds)
	}
	stopped := c.drive(ctx, work, file, to)
	file.Unfinished = stopped != nil
	if err := file.save(); err != nil {
		return nil, failure.Internal(err)
	}
	sum := file.summary()
	sum.of = c.Seeds
	return &sum, stopped
}

// drive goes on with the campaign until its end.
func (c *Campaign) drive(ctx context.Context, work harness.Campaign, file *progressFile, to int) error {
	if file.Tally.Places() >= to || len(file.Tally.Findings) > 0 && !c.KeepGoing ||
		c.Limit > 0 && file.Spent >= c.Limit {
		return nil
	}
	before, began := file.Spent, time.Now()
	limited := ctx
	if c.Limit > 0 {
		var cancel context.CancelFunc
		limited, cancel = context.WithTimeoutCause(ctx, c.Limit-before, errTimeUp)
		defer cancel()
	}
	tell := progress.NewPace(c.Tell, to, c.Limit)
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
		return storing == nil && (c.KeepGoing || len(file.Tally.Findings) == 0)
	})
	tell.Done()
	switch {
	case storing != nil:
		return failure.Internal(storing)
	case err == nil || errors.Is(err, errTimeUp):
		return nil
	case errors.Is(err, context.Canceled):
		return failure.Internal(errors.New("stopped before the end"), "the same command goes on from here")
	default:
		return failure.Internal(err)
	}
}

// keep stores the run of a trial, for each of its signs.
func (c *Campaign) keep(ctx context.Context, file *progressFile, t harness.Trial, signs []harness.Sign) error {
	e, err := experiment.Resolve(ctx, t.Experiment.Plan, experiment.Options{Store: c.Store})
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

// validate says what is wrong with what was asked for.
func (c *Campaign) validate() error {
	switch {
	case c.Plan.Seed == 0:
		return failure.Usage(errors.New("--seed: want a number from 1"))
	case c.Seeds < 0:
		return failure.Usage(fmt.Errorf("--seeds: %d is below 0", c.Seeds))
	case c.Limit < 0:
		return failure.Usage(fmt.Errorf("--for: %v is below 0", c.Limit))
	case c.Jobs < 1:
		return failure.Usage(fmt.Errorf("--jobs: %d is not from 1", c.Jobs))
	}
	if c.Seeds == 0 && c.Limit == 0 {
		c.Seeds = 1000
	}
	sim, _ := experiment.BackendNamed("sim")
	return sim.Refuse(c.Plan.Faults, experiment.Bundled(c.Plan.Target))
}

// parseShard reads i/n, or /n with i from the environment. No text is the whole.
func parseShard(text string) (harness.Shard, error) {
	if text == "" {
		return harness.Whole, nil
	}
	index, of, ok := strings.Cut(text, "/")
	if ok && index == "" {
		if index, ok = os.LookupEnv("JOB_COMPLETION_INDEX"); !ok {
			return harness.Shard{}, failure.Usage(
				fmt.Errorf("--shard: %s wants JOB_COMPLETION_INDEX, which is not set", text),
			)
		}
	}
	i, errI := strconv.Atoi(index)
	n, errN := strconv.Atoi(of)
	if !ok || errI != nil || errN != nil || n < 1 || i < 0 || i >= n {
		return harness.Shard{}, failure.Usage(
			fmt.Errorf("--shard: no such shard: %q (want i/n with i from 0 to n-1)", text),
		)
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
