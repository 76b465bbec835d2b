package docker

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/nemesis"
)

var _ nemesis.Skewer = (*Cluster)(nil)

// Skew asks a node to take its clocks for wrong; the machine's, which all containers share, stay
// as they are.
func (c *Cluster) Skew(ctx context.Context, id history.NodeID, s nemesis.Skew) (nemesis.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return nemesis.Proof{}, err
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return nemesis.Proof{}, err
	}
	clock := cluster.Clock{Offset: s.Offset, Drift: s.Drift}
	bit, what, err := c.SetClock(ctx, id, clock, state.Status == container.StateRunning)
	if err != nil {
		return nemesis.Proof{}, fmt.Errorf("docker: %w", err)
	}
	return nemesis.Proof{Bit: bit, Text: what}, nil
}
