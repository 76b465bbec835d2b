package sim

import (
	"context"
	"fmt"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

var _ interface {
	cluster.Cluster
	cluster.Observer
	cluster.Killer
	cluster.Pauser
	cluster.Partitioner
	cluster.LinkBreaker
} = (*Cluster)(nil)

func (c *Cluster) node(id history.NodeID) (*node, error) {
	i := c.indexOf(protocol.NodeID(id))
	if i < 0 {
		return nil, fmt.Errorf("sim: no node %s", id)
	}
	return &c.nodes[i], nil
}

// Status returns a node's status, without cost in time.
func (c *Cluster) Status(_ context.Context, id history.NodeID) (cluster.Status, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Status{}, err
	}
	return c.status(n), nil
}

// Kill crashes a node: it loses its memory and a random part of what its disk has not made
// durable.
func (c *Cluster) Kill(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	if n.core == nil {
		return cluster.Proof{Text: string(id) + " was down already"}, nil
	}
	n.trap = trap{}
	unsynced := n.disk.end() - n.disk.durable
	lost := c.crash(n)
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("%s crashed and lost %d of %d un-synced records", id, lost,
		unsynced)}, nil
}

// Start boots a node that is down, on what its disk kept.
func (c *Cluster) Start(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	ended := n.trap
	n.trap = trap{}
	switch {
	case n.core != nil && ended.point != "":
		return cluster.Proof{Text: fmt.Sprintf("%s never came to %s", id, ended.point)}, nil
	case n.core != nil:
		return cluster.Proof{Text: string(id) + " was up already"}, nil
	}
	if err := c.boot(n); err != nil {
		return cluster.Proof{}, fmt.Errorf("sim: %w", err)
	}
	if c.invariants != nil {
		if err := c.invariants.Restarted(n.pid, n.core); err != nil {
			c.violate(n, err)
		}
	}
	c.note(Restarted, n)
	text := fmt.Sprintf("%s recovered %d records", id, len(n.disk.records))
	if ended.sprung != "" {
		text = fmt.Sprintf("%s had crashed at %s; it recovered %d records", id, ended.sprung, len(n.disk.records))
	}
	return cluster.Proof{Bit: true, Text: text}, nil
}

// Pause stops a node in mid-step; its disk finishes what it was given.
func (c *Cluster) Pause(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case n.core == nil:
		return cluster.Proof{Text: string(id) + " is down"}, nil
	case n.paused:
		return cluster.Proof{Text: string(id) + " was paused already"}, nil
	}
	c.pause(n)
	return cluster.Proof{Bit: true, Text: string(id) + " paused"}, nil
}

// Resume lets a paused node go on.
func (c *Cluster) Resume(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.node(id)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case !n.paused:
		return cluster.Proof{Text: string(id) + " was not paused"}, nil
	}
	lasted, missed, waited := c.now-n.since, n.missed, n.inbox.len()
	c.resume(n)
	return cluster.Proof{
		Bit: lasted > 0,
		Text: fmt.Sprintf("%s stood still for %v: %d ticks missed, %d messages and requests waited", id, lasted, missed,
			waited),
	}, nil
}

// marked maps each link to whether cut names it.
func (c *Cluster) marked(cut history.Grudge) ([]bool, int, error) {
	marks, count := make([]bool, len(c.network.links)), 0
	for to, froms := range cut { // in any order: marks do not depend on it
		t, err := c.node(to)
		if err != nil {
			return nil, 0, err
		}
		for _, from := range froms {
			f, err := c.node(from)
			if err != nil {
				return nil, 0, err
			}
			if mark := &marks[int(f.index)*len(c.nodes)+int(t.index)]; !*mark {
				*mark = true
				count++
			}
		}
	}
	return marks, count, nil
}

// Partition cuts links: messages sent over them or about to arrive are dropped.
func (c *Cluster) Partition(_ context.Context, grudge history.Grudge) (cluster.Proof, error) {
	marks, count, err := c.marked(grudge)
	if err != nil {
		return cluster.Proof{}, err
	}
	for i, mark := range marks {
		c.network.links[i].cut = mark
	}
	c.network.cutBefore = c.stats.Cut
	return cluster.Proof{Bit: count > 0, Text: fmt.Sprintf("%d links cut", count)}, nil
}

// Heal ends the partition.
func (c *Cluster) Heal(context.Context) (cluster.Proof, error) {
	for i := range c.network.links {
		c.network.links[i].cut = false
	}
	dropped := c.stats.Cut - c.network.cutBefore
	c.network.cutBefore = c.stats.Cut
	return cluster.Proof{Bit: dropped > 0, Text: fmt.Sprintf("%d messages dropped", dropped)}, nil
}

// SetLinks changes how all links behave. Its proof says what the links did since the previous
// call.
func (c *Cluster) SetLinks(_ context.Context, l cluster.Link) (cluster.Proof, error) {
	for _, ratio := range []float64{l.Loss, l.Duplicate, l.Reorder} {
		if !(ratio >= 0 && ratio <= 1) {
			return cluster.Proof{}, fmt.Errorf("sim: a ratio of %v is not from 0 to 1", ratio)
		}
	}
	if l.Delay < 0 || l.Jitter < 0 {
		return cluster.Proof{}, fmt.Errorf("sim: a delay of %v and a jitter of %v: want none below 0", l.Delay,
			l.Jitter)
	}
	w, s := &c.network.weather, c.stats
	ended := w.Link
	sent, lost := s.Sent-w.before.Sent, s.Lost-w.before.Lost
	duplicated, overtaken := s.Duplicated-w.before.Duplicated, s.Overtaken-w.before.Overtaken
	*w = weather{
		Link: l, before: s,
		loss: newChance(l.Loss), duplicate: newChance(l.Duplicate), reorder: newChance(l.Reorder),
	}
	if ended == (cluster.Link{}) {
		return cluster.Proof{Bit: l != ended, Text: "every link between nodes set"}, nil
	}
	slow := ended.Delay+ended.Jitter > 0 && sent > 0
	return cluster.Proof{
		Bit: lost+duplicated+overtaken > 0 || slow,
		Text: fmt.Sprintf("of %d messages %d lost, %d repeated, %d overtaken%s", sent, lost, duplicated, overtaken,
			slowed(ended)),
	}, nil
}

func slowed(l cluster.Link) string {
	if l.Delay+l.Jitter == 0 {
		return ""
	}
	return fmt.Sprintf(", all delayed by %v to %v", l.Delay, (l.Delay + l.Jitter).Round(time.Microsecond))
}
