package nemesis

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// If all clocks were wrong by the same amount they would agree, so no shape names every node.

// wrongClocks are the shapes of wall clocks that jump.
var wrongClocks = among(func(r *rand.Rand) history.Settings {
	offset := spread(r, time.Millisecond, 10*time.Second)
	if r.IntN(2) == 0 {
		offset = -offset
	}
	return history.Settings{"offset": quoted(offset.String())}
}, "one", "leader", "minority", "majority")

// drifts are the shapes of clocks that run fast or slow: a ratio, below 0 for slow.
var drifts = among(func(r *rand.Rand) history.Settings {
	drift := percent(r, 1, 20)
	if r.IntN(2) == 0 {
		drift = -drift
	}
	return history.Settings{"drift": json.RawMessage(strconv.FormatFloat(drift, 'g', -1, 64))}
}, "one", "leader", "minority", "majority")

func (n *Nemesis) missetClocks(ctx context.Context, f *history.Fault) error {
	offset, err := duration(f.Set["offset"])
	if err != nil {
		return refused(fmt.Sprintf("setting offset of clock: %v", err))
	}
	return n.skewEach(ctx, f, func(s *cluster.Skew) { s.Offset = offset })
}

func (n *Nemesis) setClocks(ctx context.Context, f *history.Fault) error {
	return n.skewEach(ctx, f, func(s *cluster.Skew) { s.Offset = 0 })
}

func (n *Nemesis) driftClocks(ctx context.Context, f *history.Fault) error {
	var ratio float64
	if err := json.Unmarshal(f.Set["drift"], &ratio); err != nil {
		return refused(fmt.Sprintf("setting drift of drift: %v", err))
	}
	return n.skewEach(ctx, f, func(s *cluster.Skew) { s.Drift = int64(math.Round(ratio * 1e6)) })
}

func (n *Nemesis) steadyClocks(ctx context.Context, f *history.Fault) error {
	return n.skewEach(ctx, f, func(s *cluster.Skew) { s.Drift = 0 })
}

// skewEach changes the skew of each clock of the fault's nodes. Skew from another fault stays.
func (n *Nemesis) skewEach(ctx context.Context, f *history.Fault, change func(*cluster.Skew)) error {
	skewer := n.cluster.(cluster.Skewer)
	sum := tally{bit: true}
	for _, id := range f.Nodes {
		s := n.skew[id]
		change(&s)
		if s == n.skew[id] {
			continue
		}
		proof, err := skewer.Skew(ctx, id, s)
		if err == nil || f.Phase == history.Start {
			n.skew[id] = s
		}
		sum.add(string(id), proof, err)
	}
	return sum.conclude(f)
}
