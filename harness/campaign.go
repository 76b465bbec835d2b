package harness

import (
	"context"
	"crypto/sha256"
	"slices"
	"sync"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/plan"
)

// Campaign runs seeds in the simulator, several at a time. Its findings do not depend on how many:
// seeds are reported in order, whichever ends first (N5).
type Campaign struct {
	Target cluster.Target
	Draw   func(seed uint64) (Experiment, error) // returns the complete plan of a seed
	First  uint64                                // first seed of the whole campaign
	Shard  Shard
	Jobs   int // seeds run at a time, from 1
	// Seeds, if not empty, replaces the seeds from First on.
	Seeds []uint64
	// Looks is how often a lead is run again, each time with different luck.
	Looks int
}

// Shard selects the seeds of a campaign that are run here: of every Of seeds, the one at Index,
// from 0.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"` // from 1
}

// Whole is the shard that contains the whole campaign.
var Whole = Shard{0, 1}

// Size returns how many of the campaign's first n seeds belong to the shard.
func (s Shard) Size(n int) int { return (n - s.Index + s.Of - 1) / s.Of }

// Trial is one seed of a campaign and its outcome.
type Trial struct {
	Seed       uint64
	Experiment Experiment
	Outcome    Outcome
	Digest     [sha256.Size]byte // of the outcome
	Looks      []Trial           // of a lead: the same plan with different luck
}

// Lead reports whether the trial broke something that no client noticed (an invariant, liveness).
// Its plan has what a bug needs, so it is worth another run with different luck. Such a second run
// is not itself a lead.
func (t Trial) Lead() bool {
	signs, _ := t.Outcome.Signs()
	return plan.Again(t.Seed, 0) == t.Seed && len(signs) > 0 && !slices.ContainsFunc(signs, Sign.SeenByClients)
}

// Seed returns the shard's n-th seed, from 0.
func (c Campaign) Seed(n int) uint64 {
	place := uint64(c.Shard.Index) + uint64(n)*uint64(c.Shard.Of)
	if len(c.Seeds) > 0 {
		return c.Seeds[place]
	}
	return c.First + place
}

// Run tries the shard's seeds at places from (included) to to (excluded). It hands each trial to
// take in the order of the seeds until take returns false. An error is that of the first seed, in
// that order, that could not be tried.
func (c Campaign) Run(ctx context.Context, from, to int, take func(Trial) (more bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()

	type tried struct {
		trial Trial
		err   error
	}
	// A place in the queue is a promised trial. The queue is bounded, so a slow seed holds up the
	// others before they fill the memory.
	queue := make(chan chan tried, 4*c.Jobs)
	places := make(chan func())
	workers.Add(1 + c.Jobs)
	go func() {
		defer workers.Done()
		defer close(queue)
		defer close(places)
		for n := from; n < to; n++ {
			promise := make(chan tried, 1)
			try := func() {
				trial, err := c.try(ctx, c.Seed(n))
				promise <- tried{trial, err}
			}
			select {
			case queue <- promise:
			case <-ctx.Done():
				return
			}
			select {
			case places <- try:
			case <-ctx.Done():
				promise <- tried{err: context.Cause(ctx)}
				return
			}
		}
	}()
	for range c.Jobs {
		go func() {
			defer workers.Done()
			for try := range places {
				try()
			}
		}()
	}
	for promise := range queue {
		t := <-promise
		if t.err != nil {
			return t.err
		}
		if !take(t.trial) {
			return nil
		}
	}
	return context.Cause(ctx)
}

// try tries a seed and, if it is a lead, looks at it again. The result of a seed depends on no
// other seed, so shards and interruptions do not change the sum.
func (c Campaign) try(ctx context.Context, seed uint64) (Trial, error) {
	t, err := c.one(ctx, seed)
	if err != nil || !t.Lead() {
		return t, err
	}
	for luck := range c.Looks {
		look, err := c.one(ctx, plan.Again(seed, uint64(luck)+1))
		if err != nil {
			return Trial{}, err
		}
		t.Looks = append(t.Looks, look)
	}
	return t, nil
}

func (c Campaign) one(ctx context.Context, seed uint64) (Trial, error) {
	x, err := c.Draw(seed)
	if err != nil {
		return Trial{}, err
	}
	x.Terse = true // a report that is kept says more
	out, err := x.Simulate(ctx, c.Target, sim.Options{})
	if err != nil {
		return Trial{}, err
	}
	return Trial{Seed: seed, Experiment: x, Outcome: out, Digest: out.Digest()}, nil
}
