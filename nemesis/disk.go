package nemesis

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// slowDisks are the shapes of disks whose syncs take longer.
var slowDisks = among(func(r *rand.Rand) history.Settings {
	return history.Settings{"delay": quoted(spread(r, 2*time.Millisecond, 500*time.Millisecond).String())}
}, "one", "leader", "minority", "majority", "all")

// losses are the shapes of disks that fail.
var losses = among(func(r *rand.Rand) history.Settings {
	return history.Settings{"harm": quoted([]string{"wipe", "rot"}[r.IntN(2)])}
}, "one", "leader", "minority")

func (n *Nemesis) slowDisks(ctx context.Context, f *history.Fault) error {
	by, err := duration(f.Set["delay"])
	if err != nil {
		return refused(fmt.Sprintf("setting delay of disk: %v", err))
	}
	return strike(f, n.slow, func(id history.NodeID) (cluster.Proof, error) {
		return n.cluster.(cluster.DiskSlower).SlowDisk(ctx, id, by)
	})
}

func (n *Nemesis) mendDisks(ctx context.Context, f *history.Fault) error {
	return n.mend(f, n.slow, func(id history.NodeID) (cluster.Proof, error) {
		return n.cluster.(cluster.DiskSlower).SlowDisk(ctx, id, 0)
	})
}

// loseDisks kills nodes and harms their disks.
func (n *Nemesis) loseDisks(ctx context.Context, f *history.Fault) error {
	breaker := n.cluster.(cluster.DiskBreaker)
	var how string
	if err := json.Unmarshal(f.Set["harm"], &how); err != nil {
		return refused(fmt.Sprintf("setting harm of disk-loss: %v", err))
	}
	harm, ok := map[string]func(context.Context, history.NodeID) (cluster.Proof, error){"wipe": breaker.Wipe,
		"rot": breaker.Rot}[how]
	if !ok {
		return refused("setting harm of disk-loss: want wipe or rot")
	}
	f.Nodes = n.choose(f.Nodes)
	if len(f.Nodes) == 0 {
		return refused("disk-loss: no node is up")
	}
	killer := n.cluster.(cluster.Killer)
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		n.down[id] = true
		proof, err := killer.Kill(ctx, id)
		sum.add(string(id), proof, err)
		if err == nil {
			proof, err = harm(ctx, id)
			sum.add(string(id), proof, err)
		}
	}
	return sum.conclude(f)
}

// replaceDisks starts the nodes again. A node that refuses its damaged disk gets an empty one, as
// an operator would give it.
func (n *Nemesis) replaceDisks(ctx context.Context, f *history.Fault) error {
	killer, breaker := n.cluster.(cluster.Killer), n.cluster.(cluster.DiskBreaker)
	sum := tally{bit: f.Bit}
	for _, id := range f.Nodes {
		if !n.down[id] {
			continue
		}
		proof, err := killer.Start(ctx, id)
		if err != nil {
			sum.add(string(id), cluster.Proof{Bit: true, Text: fmt.Sprintf("%s refused to start (%v)", id, err)}, nil)
			if proof, err = breaker.Wipe(ctx, id); err == nil {
				sum.add(string(id), cluster.Proof{Bit: true, Text: proof.Text}, nil)
				proof, err = killer.Start(ctx, id)
			}
		}
		if err == nil {
			delete(n.down, id)
		}
		sum.add(string(id), cluster.Proof{Bit: true, Text: proof.Text}, err) // the harm to its disk is proved already
	}
	return sum.conclude(f)
}
