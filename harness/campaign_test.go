package harness_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/workloads"
)

// campaign tries short runs of three nodes with the given planted bug.
func campaign(t *testing.T, bug string, set map[string]string) harness.Campaign {
	target := named(t, "raft")
	return harness.Campaign{Target: target, First: 100, Shard: harness.Whole, Jobs: 1,
		Draw: func(seed uint64) (harness.Experiment, error) {
			p := plan.Default()
			p.Nodes, p.Seed, p.Bug, p.TimeLimit, p.HealLimit = 3, seed, bug, plan.Duration(4*time.Second),
				plan.Duration(3*time.Second)
			p.Faults, p.FaultInterval = []string{"partition", "kill"}, plan.Duration(time.Second)
			p.Set = target.Protocol().Defaults()
			maps.Copy(p.Set, set)
			workload, _ := workloads.Named("register")
			return harness.Experiment{Plan: p, Workload: workload}, nil
		}}
}

func tally(t *testing.T, c harness.Campaign, from, to int) harness.Tally {
	t.Helper()
	var sum harness.Tally
	if err := c.Run(context.Background(), from, to, func(trial harness.Trial) bool {
		sum.Add(trial)
		for _, look := range trial.Looks {
			sum.Add(look)
		}
		return true
	}); err != nil {
		t.Fatal(err)
	}
	return sum
}

// N5: the sum does not depend on how many seeds are tried at a time or how they are divided.
func TestACampaignIsTheSumOfItsSeeds(t *testing.T) {
	c := campaign(t, "", map[string]string{"reads": "local"})
	const seeds = 12
	whole := tally(t, c, 0, seeds)
	if whole.Invalid == 0 || whole.Seeds != seeds || len(whole.Findings) == 0 {
		t.Fatalf("the campaign finds nothing, so the test shows nothing: %+v", whole)
	}
	want, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	same := func(what string, got harness.Tally) {
		t.Helper()
		if text, err := json.Marshal(got); err != nil || string(text) != string(want) {
			t.Errorf("%s (%v):\n%s\n%s", what, err, text, want)
		}
	}
	c.Jobs = 3
	same("three at a time", tally(t, c, 0, seeds))
	continued := tally(t, c, 0, 5)
	if err := continued.Merge(tally(t, c, 5, seeds)); err != nil {
		t.Fatal(err)
	}
	same("interrupted and resumed", continued)
	var divided harness.Tally
	for i := range 5 {
		c.Shard = harness.Shard{Index: i, Of: 5}
		if err := divided.Merge(tally(t, c, 0, c.Shard.Size(seeds))); err != nil {
			t.Fatal(err)
		}
	}
	same("in five shards", divided)
}

// A seed that breaks an invariant unseen by clients is tried again with different luck, and the
// sum still depends on the seeds alone.
func TestLeadsAreTriedAgain(t *testing.T) {
	c := campaign(t, "raft/follower-unsynced", nil)
	c.Looks = 3
	const seeds = 12
	whole := tally(t, c, 0, seeds)
	if whole.Looks == 0 || whole.Looks%c.Looks != 0 || whole.Places() != seeds {
		t.Fatalf("want looks at leads, three each: %+v", whole)
	}
	c.Jobs = 2
	divided := tally(t, c, 0, 1)
	if err := divided.Merge(tally(t, c, 1, seeds)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(whole, divided); diff != "" {
		t.Errorf("in two parts, two at a time:\n%s", diff)
	}
}

// A campaign that stops at a finding has tried the same seeds whatever the number of jobs.
func TestACampaignStopsAtTheFirstSeedThatIsFound(t *testing.T) {
	var stopped []uint64
	for _, jobs := range []int{1, 2, 4} {
		c := campaign(t, "", map[string]string{"reads": "local"})
		c.Jobs = jobs
		var last uint64
		err := c.Run(context.Background(), 0, 1000, func(trial harness.Trial) bool {
			last = trial.Seed
			return trial.Outcome.Result.Verdict != checker.Invalid
		})
		if err != nil {
			t.Fatal(err)
		}
		stopped = append(stopped, last)
	}
	if stopped[0] != stopped[1] || stopped[0] != stopped[2] {
		t.Errorf("1, 2 and 4 jobs stop at the seeds %v", stopped)
	}
}

func TestACampaignEndsWithItsContextOrAnError(t *testing.T) {
	c := campaign(t, "", nil)
	c.Jobs = 2
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(context.Background())
	seen := 0
	err := c.Run(ctx, 0, 1000, func(harness.Trial) bool { seen++; cancel(reason); return true })
	if !errors.Is(err, reason) || seen > 20 {
		t.Errorf("after %d trials: %v", seen, err)
	}
	draw := c.Draw
	c.Draw = func(seed uint64) (harness.Experiment, error) {
		if seed == 103 {
			return harness.Experiment{}, errors.New("no plan")
		}
		return draw(seed)
	}
	seen = 0
	if err := c.Run(context.Background(), 0, 1000, func(harness.Trial) bool {
		seen++
		return true
	}); err == nil || err.Error() != "no plan" || seen != 3 {
		t.Errorf("after %d trials: %v", seen, err)
	}
}

func TestShardsDivideTheSeeds(t *testing.T) {
	for n := range 20 {
		for of := 1; of < 7; of++ {
			sum := 0
			for i := range of {
				sum += harness.Shard{Index: i, Of: of}.Size(n)
			}
			if sum != n {
				t.Errorf("%d seeds in %d shards are %d", n, of, sum)
			}
		}
	}
}

// A broken invariant and a violation that clients saw are distinguished.
func TestWhoConvictsIsTold(t *testing.T) {
	c := campaign(t, "raft/answers-before-commit", nil)
	sum := tally(t, c, 0, 8)
	by := map[string]bool{}
	for _, f := range sum.Findings {
		by[f.Checker] = true
		if f.Summary == "" || f.Evidence == "" || f.Seeds == 0 {
			t.Errorf("a finding says too little: %+v", f)
		}
	}
	if diff := cmp.Diff(map[string]bool{"invariants": true, "linearizable": true}, by); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestASimulationWritesNothingAndIsRepeatable(t *testing.T) {
	c := campaign(t, "", nil)
	x, err := c.Draw(7)
	if err != nil {
		t.Fatal(err)
	}
	a, errA := x.Simulate(context.Background(), c.Target, sim.Options{})
	b, errB := x.Simulate(context.Background(), c.Target, sim.Options{})
	if errA != nil || errB != nil {
		t.Fatal(errA, errB)
	}
	if a.Digest() != b.Digest() || a.Virtual != b.Virtual || a.Virtual < 4*time.Second {
		t.Errorf("%v of %x, then %v of %x", a.Virtual, a.Digest(), b.Virtual, b.Digest())
	}
	if a.Result.Verdict != checker.Valid {
		t.Errorf("%v: %s", a.Result.Verdict, a.Result.Reason)
	}
}

// A search re-runs its leads with different luck: the plans of seeds that broke an invariant,
// unseen by clients.
func TestASearchFollowsItsLeads(t *testing.T) {
	c := campaign(t, "raft/snapshot-without-data", map[string]string{"snapshot-every": "10"})
	var tried []uint64
	draw := c.Draw
	c.Draw = func(seed uint64) (harness.Experiment, error) {
		tried = append(tried, seed)
		x, err := draw(seed)
		x.Plan.Faults = nil // without a crash no client can notice the bug
		return x, err
	}
	h := harness.BugSearch{Bug: "raft/snapshot-without-data", Class: "client-visible"}
	for range 2 {
		if err := h.Run(context.Background(), c, 4, 1); err != nil {
			t.Fatal(err)
		}
	}
	want := []uint64{100, 101, 102, 103, 104, 105, plan.Again(100, 1), plan.Again(101, 1)}
	if diff := cmp.Diff(want, tried); diff != "" {
		t.Errorf("seeds tried (-want +got):\n%s", diff)
	}
	if !h.Found() || h.AsItsClass() || h.Tally.Seeds != len(want) {
		t.Errorf("found %v, as its class %v, in %d seeds", h.Found(), h.AsItsClass(), h.Tally.Seeds)
	}
}
