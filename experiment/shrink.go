package experiment

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/targets/bundled"
)

// Shrink makes a failing plan of the simulator small, for as long as limit allows, with the same
// sort of violation. It says to errs how it goes on.
func Shrink(ctx context.Context, p plan.Plan, limit time.Duration, errs io.Writer) (plan.Plan, error) {
	target, _ := bundled.Named(p.Target)
	x := Bundled(p.Target).Experiment(p)
	x.Terse = true
	before, err := x.Simulate(ctx, target, sim.Options{})
	if err != nil {
		return p, failure.Internal(err)
	}
	sign, ok := chosen(before)
	if !ok {
		return p, failure.Usage(fmt.Errorf("the run is %s: there is nothing to shrink", before.Result.Verdict))
	}
	tell := progress.New(errs, 0)
	tell.Say("%s on %s, %s, from %s", p.Workload, p.Target, sign, measures(p, before))
	told := time.Now()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	work := harness.Shrinker{Target: target, Sign: sign, OnTry: func(best plan.Plan, tries int) {
		if now := time.Now(); now.Sub(told) >= tell.Every {
			told = now
			tell.Draw(fmt.Sprintf(
				"%d tries: %d faults, %d calls before healing, %d nodes, %v",
				tries,
				len(
					best.Schedule,
				),
				len(best.Calls),
				best.Nodes,
				time.Duration(best.TimeLimit).Round(time.Millisecond),
			))
		}
	}}
	began := time.Now()
	small, after, err := work.Shrink(limited, x, before)
	tell.Done()
	if err != nil {
		return p, failure.Internal(err)
	}
	tell.Say("to %s, in %d tries and %.1f s", measures(small, after), work.Tries, time.Since(began).Seconds())
	if ctx.Err() != nil {
		return p, failure.Internal(errors.New("stopped before the end"))
	}
	small.Name = strings.TrimSuffix(p.Name, "-shrunk") + "-shrunk"
	return small, nil
}

// chosen is the violation to keep: what clients saw, if they saw one, because it needs no
// knowledge of the protocol.
func chosen(o harness.Outcome) (harness.Sign, bool) {
	signs, _ := o.Signs()
	if len(signs) == 0 {
		return harness.Sign{}, false
	}
	if i := slices.IndexFunc(signs, harness.Sign.SeenByClients); i >= 0 {
		return signs[i], true
	}
	return signs[0], true
}

// measures says how large a run is.
func measures(p plan.Plan, o harness.Outcome) string {
	calls := 0
	for _, c := range o.History.Calls() {
		if o.History.Invocation(c).Process != history.Nemesis {
			calls++
		}
	}
	clients := p.Concurrency.Of(p.Nodes)
	return fmt.Sprintf(
		"%s, %s of %s, %s, %.1f s",
		counted(len(o.History.Windows()), "fault"),
		counted(calls, "call"),
		counted(clients, "client"),
		counted(p.Nodes, "node"),
		o.Virtual.Seconds(),
	)
}

// counted is a number of things: 1 call, 2 calls.
func counted(n int, one string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %ss", n, one)
}
