package docker

import (
	"context"
	"fmt"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// Pause freezes a node's container. Its kernel goes on acknowledging what its peers send.
func (c *Cluster) Pause(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	return c.freeze(ctx, id, container.StateRunning, container.StatePaused, func(id string) error {
		_, err := c.engine.api.ContainerPause(ctx, id, client.ContainerPauseOptions{})
		return err
	})
}

// Resume thaws it. The proof is that it was frozen until now.
func (c *Cluster) Resume(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	proof, err := c.freeze(ctx, id, container.StatePaused, container.StateRunning, func(id string) error {
		_, err := c.engine.api.ContainerUnpause(ctx, id, client.ContainerUnpauseOptions{})
		return err
	})
	if err == nil && proof.Bit {
		err = c.KeepClock(ctx, id)
	}
	return proof, err
}

// freeze takes a node's container from one state to another.
func (c *Cluster) freeze(ctx context.Context, id history.NodeID, from, to container.ContainerState,
	do func(id string) error) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	before, err := c.engine.state(ctx, n)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case before.Status != from:
		return cluster.Proof{Text: fmt.Sprintf("%s was %s, not %s", n.id, before.Status, from)}, nil
	}
	if to == container.StatePaused {
		if err := c.noteHarm(n); err != nil {
			return cluster.Proof{}, err
		}
	}
	if err := do(n.container); err != nil {
		return cluster.Proof{}, fmt.Errorf("docker: %s to be %s: %w", n.name, to, cause(err))
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return cluster.Proof{}, err
	}
	return cluster.Proof{
		Bit:  state.Status == to,
		Text: fmt.Sprintf("%s, pid %d, was %s and is %s", n.id, before.Pid, before.Status, state.Status),
	}, nil
}
