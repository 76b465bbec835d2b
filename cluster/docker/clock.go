package docker

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

var _ cluster.Skewer = (*Cluster)(nil)

// Skew asks a node to take its clocks for wrong; the machine's, which all containers share, stay
// as they are.
func (c *Cluster) Skew(ctx context.Context, id history.NodeID, s cluster.Skew) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return cluster.Proof{}, err
	}
	clock := cluster.Clock{Offset: s.Offset, Drift: s.Drift}
	bit, what, err := c.SetClock(ctx, id, clock, state.Status == container.StateRunning)
	if err != nil {
		return cluster.Proof{}, fmt.Errorf("docker: %w", err)
	}
	return cluster.Proof{Bit: bit, Text: what}, nil
}
