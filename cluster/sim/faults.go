package sim

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
)

// The powers that only a simulated cluster has.
var _ interface {
	cluster.Holder
	cluster.Skewer
	cluster.DiskSlower
	cluster.DiskBreaker
	cluster.Crasher
} = (*Cluster)(nil)

// Hold stalls links: messages about to arrive over them wait.
func (c *Cluster) Hold(_ context.Context, stalled history.Grudge) (cluster.Proof, error) {
	marks, count, err := c.marked(stalled)
	if err != nil {
		return cluster.Proof{}, err
	}
	for i, mark := range marks {
		l := &c.network.links[i]
		if l.held && !mark {
			c.release(l)
		}
		l.held = mark
	}
	return cluster.Proof{Bit: count > 0, Text: fmt.Sprintf("%d links held", count)}, nil
}

// Release ends Hold: waiting messages arrive now, link by link.
func (c *Cluster) Release(context.Context) (cluster.Proof, error) {
	waited := 0
	for i := range c.network.links {
		l := &c.network.links[i]
		l.held = false
		waited += c.release(l)
	}
	return cluster.Proof{Bit: waited > 0, Text: fmt.Sprintf("%d messages waited and arrive at once", waited)}, nil
}

// Skew sets a node's clocks wrong, or right again.
func (c *Cluster) Skew(_ context.Context, id history.NodeID, s cluster.Skew) (cluster.Proof, error) {
	n, err := c.node(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	if s.Drift <= -million || s.Drift > million {
		return cluster.Proof{}, fmt.Errorf("sim: a drift of %d parts per million: want more than -%d, at most %[2]d",
			s.Drift, million)
	}
	was, drift := n.clock.ahead(c.now), n.clock.drift
	n.clock.set(c.now, s.Offset, s.Drift)
	if s == (cluster.Skew{}) {
		return cluster.Proof{
			Bit: was != 0 || drift != 0,
			Text: fmt.Sprintf("the wall clock of %s was off by %v and ran fast by %d parts per million", id, was,
				drift),
		}, nil
	}
	return cluster.Proof{
		Bit: true,
		Text: fmt.Sprintf("the wall clock of %s is off by %v and runs fast by %d parts per million", id, s.Offset,
			s.Drift),
	}, nil
}

// SlowDisk makes a node's syncs take longer from the next one on.
func (c *Cluster) SlowDisk(_ context.Context, id history.NodeID, by time.Duration) (cluster.Proof, error) {
	n, err := c.node(id)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case by < 0:
		return cluster.Proof{}, fmt.Errorf("sim: a disk slower by %v: want no less than 0", by)
	}
	d := &n.disk
	was, syncs := d.slower, d.syncs-d.syncsBefore
	d.slower, d.syncsBefore = by, d.syncs
	if by > 0 {
		return cluster.Proof{Bit: true, Text: fmt.Sprintf("every sync of %s takes %v longer", id, by)}, nil
	}
	return cluster.Proof{Bit: was > 0 && syncs > 0,
		Text: fmt.Sprintf("%d syncs of %s took %v longer", syncs, id, was)}, nil
}

// Wipe empties the disk of a node that is down.
func (c *Cluster) Wipe(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.downNode(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	lost := len(n.disk.records)
	n.disk.wipe()
	return cluster.Proof{Bit: lost > 0, Text: fmt.Sprintf("the %d records of %s are gone", lost, id)}, nil
}

// Rot damages a record on the disk of a node that is down.
func (c *Cluster) Rot(_ context.Context, id history.NodeID) (cluster.Proof, error) {
	n, err := c.downNode(id)
	if err != nil {
		return cluster.Proof{}, err
	}
	if len(n.disk.records) == 0 {
		return cluster.Proof{Text: "the disk of " + string(id) + " is empty"}, nil
	}
	n.disk.rotten = n.disk.start + 1 + n.disk.below(uint64(len(n.disk.records)))
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("record %d of %s is damaged", n.disk.rotten, id)}, nil
}

func (c *Cluster) downNode(id history.NodeID) (*node, error) {
	n, err := c.node(id)
	if err == nil && n.core != nil {
		err = fmt.Errorf("sim: %s is up: only the disk of a node that is down can be harmed", id)
	}
	return n, err
}

// trap is where a node will crash.
type trap struct {
	point  string // "" for none
	moment cluster.Moment
	sprung string // where it crashed, for the proof of Start
}

// CrashAt arms a node to crash at the next Output with the given point.
func (c *Cluster) CrashAt(_ context.Context, id history.NodeID, point string, m cluster.Moment) (cluster.Proof, error) {
	n, err := c.node(id)
	switch {
	case err != nil:
		return cluster.Proof{}, err
	case !slices.Contains(c.protocol.Points, point):
		return cluster.Proof{}, fmt.Errorf("sim: %s has no point %q: it has %q", c.protocol.Name, point,
			c.protocol.Points)
	case m != cluster.BeforePersist && m != cluster.MidPersist && m != cluster.BeforeSend && m != cluster.AfterSend:
		return cluster.Proof{}, fmt.Errorf("sim: no moment %q", m)
	case n.core == nil:
		return cluster.Proof{Text: string(id) + " is down"}, nil
	}
	n.trap = trap{point: point, moment: m}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("%s will crash at %s, %s", id, point, m)}, nil
}

// spring crashes a node in its trap.
func (c *Cluster) spring(n *node) {
	n.trap.sprung = n.trap.point + ", " + string(n.trap.moment)
	n.trap.point = ""
	c.crash(n)
}
