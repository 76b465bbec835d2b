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

// Campaign goes through seeds in the simulator, several at a time. What it finds does not depend on
// how many: seeds are taken in their order, however they end (N5).
type Campaign struct {
	Target cluster.Target
	Draw   func(seed uint64) (Experiment, error) // the complete plan of a seed
	First  uint64                                // seed of the whole campaign
	Shard  Shard
	Jobs   int // seeds at a time, from 1
	// Seeds, if there are any, are the seeds of the whole campaign, in place of those from First
	// on.
	Seeds []uint64
	// Looks is how often a lead is tried again, each time under other luck.
	Looks int
}

// Shard says which seeds of a campaign are done here: of every Of seeds, the one at place Index,
// from 0.
type Shard struct {
	Index int `json:"index"`
	Of    int `json:"of"` // from 1
}

// Whole is the shard that is all of a campaign.
var Whole = Shard{0, 1}

// Size is how many of the first n seeds of the campaign are the shard's.
func (s Shard) Size(n int) int { return (n - s.Index + s.Of - 1) / s.Of }

// Trial is one seed of a campaign and what came of it.
type Trial struct {
	Seed       uint64
	Experiment Experiment
	Outcome    Outcome
	Digest     [sha256.Size]byte // of the outcome
	Looks      []Trial           // of a lead: the same plan under other luck
}

// Lead says that the trial broke something (an invariant, liveness) that no client has noticed: its
// plan has what a bug needs, and is worth another look under other luck. A trial under other luck
// is none itself.
func (t Trial) Lead() bool {
	signs, _ := t.Outcome.Signs()
	return plan.Again(t.Seed, 0) == t.Seed && len(signs) > 0 && !slices.ContainsFunc(signs, Sign.SeenByClients)
}

// Seed is the shard's seed at the place n, from 0.
func (c Campaign) Seed(n int) uint64 {
	place := uint64(c.Shard.Index) + uint64(n)*uint64(c.Shard.Of)
	if len(c.Seeds) > 0 {
		return c.Seeds[place]
	}
	return c.First + place
}

// Run tries the shard's seeds from the place from up to, and without, the place to, and hands each
// trial to take in the order of the seeds, until take wants no more. An error is that of the first
// seed, in that order, which could not be tried.
func (c Campaign) Run(ctx context.Context, from, to int, take func(Trial) (more bool)) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()

	type tried struct {
		trial Trial
		err   error
	}
	// A place is a promise of a trial. As many promises as the queue holds may be open: a slow seed
	// holds up the others before they fill the memory.
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

// try tries a seed and, if it is a lead, looks at it again. What comes of a seed depends on no
// other seed, so that neither shards nor interruptions change the sum.
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
