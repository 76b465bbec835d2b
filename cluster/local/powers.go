package local

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// hold locks a node for a power's use.
func (c *Cluster) hold(id history.NodeID) (*node, error) {
	n, ok := c.nodes[id]
	if !ok {
		return nil, fmt.Errorf("no node %s", id)
	}
	n.mu.Lock()
	return n, nil
}

// Kill ends a node's process with SIGKILL.
func (c *Cluster) Kill(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.hold(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.mu.Unlock()
	if n.down() {
		return cluster.Proof{Text: string(id) + " was down already"}, nil
	}
	if err := n.child.kill(); err != nil {
		return cluster.Proof{}, err
	}
	status, ok := n.child.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return cluster.Proof{
		Bit:  ok && status.Signaled() && status.Signal() == syscall.SIGKILL,
		Text: fmt.Sprintf("pid %d is gone, %s", n.child.pid(), n.child.how()),
	}, nil
}

// Start starts a node that is down, on what its directory kept, and returns once it serves, or
// after a while if it runs.
func (c *Cluster) Start(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.hold(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.mu.Unlock()
	if !n.down() {
		return cluster.Proof{Text: string(id) + " was up already"}, nil
	}
	before := n.child.pid()
	serves, err := c.start(ctx, n, startWait{limit: min(restartLimit, c.config.Ready)})
	if err != nil {
		return cluster.Proof{}, err
	}
	proof := cluster.Proof{Bit: true, Text: fmt.Sprintf("was down since pid %d; pid %d ", before, n.child.pid())}
	switch child := n.child; {
	case serves:
		proof.Text += "serves"
		return proof, c.KeepClock(ctx, id)
	case child.ended():
		proof.Text += "ended again, " + child.how()
	default:
		proof.Text += "runs, but does not serve yet"
		c.work.Go(func() { c.keepClockLater(ctx, n, child) })
	}
	return proof, nil
}

// keepClockLater sets the clocks of a node once it serves, if it does so in its time.
func (c *Cluster) keepClockLater(ctx context.Context, n *node, child *child) {
	serves := func(ctx context.Context) error { return c.answers(ctx, c.Addr(n.id), c.common.Ready) }
	if c.ready(ctx, child, c.config.Ready, serves) != nil || child.ended() {
		return // it died, is cut off, or the run is over
	}
	if err := c.KeepClock(ctx, n.id); err != nil && ctx.Err() == nil && !child.ended() {
		c.logf("%v", err)
	}
}

// Pause stops all threads of a node with SIGSTOP.
func (c *Cluster) Pause(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.hold(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.mu.Unlock()
	switch {
	case n.down():
		return cluster.Proof{Text: string(id) + " is down"}, nil
	case n.paused:
		return cluster.Proof{Text: string(id) + " was paused already"}, nil
	}
	if err := n.child.signal(syscall.SIGSTOP); err != nil {
		return cluster.Proof{}, fmt.Errorf("pause %s: %w", id, err)
	}
	n.paused = true
	threads, err := n.child.await(ctx, true)
	if err != nil {
		return cluster.Proof{}, fmt.Errorf("pause %s: %w", id, err)
	}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("all %d threads of pid %d stand still", threads,
		n.child.pid())}, nil
}

// Resume lets a paused node go on with SIGCONT.
func (c *Cluster) Resume(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.hold(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.mu.Unlock()
	switch {
	case n.down():
		return cluster.Proof{Text: string(id) + " is down"}, nil
	case !n.paused:
		return cluster.Proof{Text: string(id) + " was not paused"}, nil
	}
	still, threads, err := stopped(n.child.pid())
	if err != nil {
		return cluster.Proof{}, fmt.Errorf("resume %s: %w", id, err)
	}
	if err := n.child.signal(syscall.SIGCONT); err != nil {
		return cluster.Proof{}, fmt.Errorf("resume %s: %w", id, err)
	}
	n.paused = false
	if _, err := n.child.await(ctx, false); err != nil {
		return cluster.Proof{}, fmt.Errorf("resume %s: %w", id, err)
	}
	if err := c.KeepClock(ctx, id); err != nil {
		return cluster.Proof{}, err
	}
	return cluster.Proof{Bit: still, Text: fmt.Sprintf("all %d threads of pid %d stood still till now, and go on",
		threads, n.child.pid())}, nil
}

// Skew asks a node to take its clocks for wrong; the machine's stay as they are.
func (c *Cluster) Skew(ctx context.Context, id history.NodeID, s cluster.Skew) (cluster.Proof, error) {
	n, err := c.hold(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	defer n.mu.Unlock()
	bit, what, err := c.SetClock(ctx, id, cluster.Clock{Offset: s.Offset, Drift: s.Drift}, !n.down() && !n.paused)
	return cluster.Proof{Bit: bit, Text: what}, err
}

// await waits until the child stands still, or does not.
func (c *child) await(ctx context.Context, still bool) (threads int, err error) {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		all, threads, err := stopped(c.pid())
		if err != nil || all == still {
			return threads, err
		}
		select {
		case <-tick.C:
		case <-c.done:
			return 0, fmt.Errorf("pid %d has ended, %s", c.pid(), c.how())
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// Partition cuts links in their proxies.
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

// Hold stalls links in their proxies.
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
		return cluster.Proof{Bit: l != did.Link, Text: "every link between nodes set"}, nil
	}
	return cluster.Proof{Bit: did.Bit(), Text: did.String()}, nil
}
