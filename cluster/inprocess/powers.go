package inprocess

import (
	"context"
	"fmt"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// locked finds a member and locks it for a power's use.
func (c *Cluster) locked(id history.NodeID) (*node, error) {
	n, ok := c.nodes[id]
	if !ok {
		return nil, fmt.Errorf("no node %s", id)
	}
	n.power.Lock()
	return n, nil
}

// Kill cuts a member off and abandons it (I2).
func (c *Cluster) Kill(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.locked(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.power.Unlock()
	i := n.current()
	if i.down() {
		return cluster.Proof{Text: string(id) + " was down already"}, nil
	}
	text, err := c.kill(i)
	return cluster.Proof{Bit: err == nil, Text: text}, err
}

// Start makes a new incarnation of a member that is down, on a copy of its directory. A Start that
// fails there is a finding.
func (c *Cluster) Start(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.locked(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.power.Unlock()
	if !n.current().down() {
		return cluster.Proof{Text: string(id) + " was up already"}, nil
	}
	if err := c.start(ctx, n); err != nil {
		if ctx.Err() == nil {
			c.Exited(cluster.Exit{Node: id, How: "it does not start again: " + err.Error()})
		}
		return cluster.Proof{}, err
	}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("incarnation %d of %s runs", n.count, id)}, nil
}

// Pause stands a member's network still (I3).
func (c *Cluster) Pause(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.locked(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.power.Unlock()
	switch {
	case n.current().down():
		return cluster.Proof{Text: string(id) + " is down"}, nil
	case !c.network.Pause(id):
		return cluster.Proof{Text: string(id) + " was paused already"}, nil
	}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("the network of %s stands still; its goroutines go on", id)}, nil
}

// Resume ends a pause. Its proof says how much had waited.
func (c *Cluster) Resume(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.locked(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.power.Unlock()
	waited, was := c.network.Resume(id)
	if !was {
		return cluster.Proof{Text: string(id) + " was not paused"}, nil
	}
	return cluster.Proof{Bit: waited > 0, Text: fmt.Sprintf("%d messages and calls of %s had waited", waited, id)}, nil
}

// Partition cuts links.
func (c *Cluster) Partition(_ context.Context, cut history.Grudge) (cluster.Proof, error) {
	links, err := c.network.Cut(cut)
	if err != nil {
		return cluster.Proof{}, err
	}
	return cluster.Proof{Bit: links > 0, Text: fmt.Sprintf("%d links cut", links)}, nil
}

// Heal ends the partition.
func (c *Cluster) Heal(context.Context) (cluster.Proof, error) {
	l := c.network.Heal()
	return cluster.Proof{Bit: l.Messages > 0, Text: l.String()}, nil
}

// Hold stalls links.
func (c *Cluster) Hold(_ context.Context, stalled history.Grudge) (cluster.Proof, error) {
	links, err := c.network.Hold(stalled)
	if err != nil {
		return cluster.Proof{}, err
	}
	return cluster.Proof{Bit: links > 0, Text: fmt.Sprintf("%d links held", links)}, nil
}

// Release lets everything that was held arrive.
func (c *Cluster) Release(context.Context) (cluster.Proof, error) {
	l := c.network.Release()
	return cluster.Proof{Bit: l.Messages > 0, Text: l.String()}, nil
}

// SetLinks changes how all links behave. Its proof says what the links did since the call before.
func (c *Cluster) SetLinks(_ context.Context, l cluster.Link) (cluster.Proof, error) {
	did, err := c.network.Behave(l)
	if err != nil {
		return cluster.Proof{}, err
	}
	if did.Link == (cluster.Link{}) {
		return cluster.Proof{Bit: l != did.Link, Text: "every link between members set"}, nil
	}
	return cluster.Proof{Bit: did.Bit(), Text: did.String()}, nil
}
