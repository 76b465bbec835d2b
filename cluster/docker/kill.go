package docker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// killed is the exit status of a process that SIGKILL ended.
const killed = 137

// Kill ends a node's container with SIGKILL. The container, and with it the node's data, stays.
func (c *Cluster) Kill(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	before, err := c.engine.state(ctx, n)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case !before.Running:
		return cluster.Proof{Text: fmt.Sprintf("%s was %s already", n.id, before.Status)}, nil
	}
	if err := c.noteHarm(n); err != nil {
		return cluster.Proof{}, err
	}
	n.deaths.Add(1)
	if _, err := c.engine.api.ContainerKill(ctx, n.container,
		client.ContainerKillOptions{Signal: "SIGKILL"}); err != nil {
		n.countOff() // it ended just now, by itself
		return cluster.Proof{}, fmt.Errorf("docker: kill %s: %w", n.name, cause(err))
	}
	if err := c.engine.awaitEnd(ctx, n); err != nil {
		return cluster.Proof{}, err
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return cluster.Proof{}, err
	}
	c.cutting.Lock()
	defer c.cutting.Unlock()
	return cluster.Proof{
		Bit:  state.Status == container.StateExited && state.ExitCode == killed,
		Text: fmt.Sprintf("%s, pid %d, %s with status %d", n.id, before.Pid, state.Status, state.ExitCode),
	}, c.refresh(ctx, n)
}

// restartLimit is how long a node that was started again is waited for. It may need the others to
// serve, and be cut off.
const restartLimit = 5 * time.Second

// Start starts a node's container again and returns once it serves, or after restartLimit if it
// runs.
func (c *Cluster) Start(ctx context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	before, err := c.engine.state(ctx, n)
	if err != nil {
		return cluster.Proof{}, err
	}
	if before.Running {
		return cluster.Proof{Text: fmt.Sprintf("%s was %s already", n.id, before.Status)}, nil
	}
	asked := time.Now()
	if _, err := c.engine.api.ContainerStart(ctx, n.container, client.ContainerStartOptions{}); err != nil {
		return cluster.Proof{}, fmt.Errorf("docker: start %s: %w", n.name, cause(err))
	}
	state, err := c.engine.state(ctx, n)
	if err != nil {
		return cluster.Proof{}, err
	}
	c.follow(n, logSince(before.FinishedAt)) // a node may speak before it counts as started
	cut, err := c.cutAgain(ctx, n, asked)
	if err != nil {
		return cluster.Proof{}, err
	}
	proof := cluster.Proof{Bit: cut.Bit}
	says := func(what string) {
		proof.Text = fmt.Sprintf("%s %s as pid %d after %v%s", n.id, what, state.Pid,
			time.Since(asked).Round(time.Millisecond), cut.Text)
	}
	err = c.awaitReady(ctx, n, min(restartLimit, c.readyTimeout))
	var late *notReady
	switch {
	case err == nil:
		says("serves")
		if err := c.KeepClock(ctx, id); err != nil {
			return cluster.Proof{}, fmt.Errorf("docker: %w", err)
		}
	case !errors.As(err, &late):
		return cluster.Proof{}, err
	case late.ended:
		says("ended again") // which the engine tells as well, and that is a finding
	default:
		says("runs, but does not serve yet,")
		c.work.Go(func() { c.keepClockLater(n) })
	}
	return proof, nil
}

// keepClockLater sets the clocks of a node once it serves, if it does so in its time.
func (c *Cluster) keepClockLater(n *node) {
	if c.awaitReady(c.ctx, n, c.readyTimeout) != nil {
		return // it died, is cut off, or the run is over
	}
	if err := c.KeepClock(c.ctx, n.id); err != nil && !c.closing.Load() {
		c.say("%v", err)
	}
}

// awaitEnd waits until a node's container has ended: the engine answers a kill when the signal is
// sent.
func (e *engine) awaitEnd(ctx context.Context, n *node) error {
	w := e.api.ContainerWait(ctx, n.container,
		client.ContainerWaitOptions{Condition: container.WaitConditionNotRunning})
	select {
	case <-w.Result:
		return nil
	case err := <-w.Error:
		if gone(err) == nil {
			return nil
		}
		return fmt.Errorf("docker: wait for the end of %s: %w", n.name, cause(err))
	}
}

// logSince is a moment as the engine's log wants it; "" is the beginning. It is a moment by the
// engine's clock: where the engine runs in a virtual machine, ours is another.
func logSince(at string) string {
	t, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("%d.%09d", t.Unix(), t.Nanosecond())
}
