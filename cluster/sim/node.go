package sim

import (
	"fmt"
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// node hosts a core: its clock, its disk, and what waits for either.
type node struct {
	stream
	id     history.NodeID
	pid    protocol.NodeID
	index  int16
	core   protocol.Core // nil while the node is down
	life   uint64        // how often the node was started: events for an earlier life are ignored
	clock  clock
	disk   disk
	effect fifo[effect]           // outputs that may not leave yet, in order
	send   fifo[protocol.Message] // of those outputs
	reply  fifo[protocol.Reply]

	paused bool
	since  time.Duration // when the pause began
	missed int           // ticks that fell into the pause
	inbox  fifo[event]   // what arrived in the pause
	seen   cluster.Status
	trap   trap

	journal journal
}

// effect is an output whose messages and replies wait for the disk.
type effect struct {
	durable        uint64 // they may leave once the records before this position are durable
	sends, replies int
	trapped        bool // the node crashes once they have left
}

// boot starts a core on what the disk holds.
func (c *Cluster) boot(n *node) error {
	records, err := n.disk.recover()
	if err != nil {
		return fmt.Errorf("node %s: %w", n.id, err)
	}
	c.inCore = n.id // until it returns
	core, err := c.protocol.New(protocol.Config{
		ID: n.pid, Members: c.members, Options: c.cfg.Options, Bug: c.cfg.Bug, Machine: c.target.Machine(),
	}, records)
	c.inCore = ""
	if err != nil {
		return fmt.Errorf("node %s: %w", n.id, err)
	}
	n.core = core
	n.life++
	n.paused, n.missed = false, 0
	phase := time.Duration(n.below(uint64(c.cfg.Tick)))
	c.queue.push(event{at: c.now + phase, kind: ticked, node: n.index, tag: n.life})
	return nil
}

// tick lets a tick of the node's clock pass and sets the next.
func (c *Cluster) tick(n *node) {
	c.queue.push(event{at: c.now + n.clock.span(c.cfg.Tick), kind: ticked, node: n.index, tag: n.life})
	if n.paused {
		n.missed++
		return
	}
	c.step(n, protocol.Tick{Wall: n.clock.wall(c.now), Draw: n.draw()})
}

// step gives a core an input and carries out its output.
func (c *Cluster) step(n *node, in protocol.Input) {
	c.inCore = n.id // until it returns
	c.out = n.core.Step(in)
	c.inCore = ""
	c.stats.Steps++
	if c.invariants != nil && len(c.violations) < violationsKept {
		if err := c.invariants.After(n.pid, n.core, in, &c.out); err != nil {
			c.violate(n, err)
		}
	}
	c.carryOut(n, &c.out)
	if c.watched {
		c.observe(n)
	}
}

// carryOut keeps the order of effects: write, then send messages and replies once everything
// before is durable (S2).
func (c *Cluster) carryOut(n *node, out *protocol.Output) {
	trapped := n.trap.point != "" && n.trap.point == out.Point
	if trapped && n.trap.moment == cluster.BeforePersist {
		c.spring(n)
		return
	}
	durable := n.disk.end() // position that must be durable before anything leaves
	if len(out.Persist) > 0 {
		n.disk.write(out.Persist)
		if !out.Unsynced {
			durable = n.disk.end()
			n.disk.wanted = durable
			c.sync(n)
		}
	}
	if trapped && n.trap.moment == cluster.MidPersist {
		c.spring(n)
		return
	}
	if trapped && n.trap.moment == cluster.BeforeSend {
		n.disk.settle(n.disk.end())
		c.spring(n)
		return
	}
	if out.Unsynced || len(out.Persist) == 0 {
		durable = min(durable, n.disk.wanted) // nothing has to wait for records that were left unsynced before
	}
	if n.effect.len() == 0 && durable <= n.disk.durable {
		for i := range out.Send {
			c.send(n, &out.Send[i])
		}
		for i := range out.Reply {
			c.answer(n, &out.Reply[i])
		}
		if trapped {
			c.spring(n)
		}
		return
	}
	if len(out.Send)+len(out.Reply) == 0 && !trapped {
		return
	}
	n.effect.push(effect{durable, len(out.Send), len(out.Reply), trapped})
	for i := range out.Send {
		n.send.push(out.Send[i])
	}
	for i := range out.Reply {
		n.reply.push(out.Reply[i])
	}
}

// sync begins to make the requested records durable, unless a sync is under way: the next one
// includes all that came meanwhile.
func (c *Cluster) sync(n *node) {
	d := &n.disk
	if d.syncing || d.wanted <= d.durable {
		return
	}
	d.syncing, d.target = true, d.end()
	c.queue.push(event{at: c.now + d.of(d.delay) + d.slower, kind: synced, node: n.index, tag: n.life})
}

// finishSync ends a sync.
func (c *Cluster) finishSync(n *node) {
	c.stats.Syncs++
	n.disk.syncs++
	n.disk.syncing = false
	n.disk.settle(n.disk.target)
	c.sync(n)
	if !n.paused {
		c.letLeave(n)
	}
}

// letLeave sends, in order, the effects that need not wait any longer.
func (c *Cluster) letLeave(n *node) {
	for n.effect.len() > 0 && n.effect.first().durable <= n.disk.durable {
		e := n.effect.pop()
		for range e.sends {
			m := n.send.pop()
			c.send(n, &m)
		}
		for range e.replies {
			r := n.reply.pop()
			c.answer(n, &r)
		}
		if e.trapped && n.trap.point != "" {
			c.spring(n)
		}
	}
}

// crash takes a node down: its memory is lost, and its disk keeps what S3 says.
func (c *Cluster) crash(n *node) (lost uint64) {
	n.core, n.paused = nil, false
	n.life++
	n.effect.clear()
	n.send.clear()
	n.reply.clear()
	c.hangUp(n)
	lost = n.disk.crash()
	c.stats.Crashes++
	c.stats.Forgotten += lost
	c.note(Crashed, n)
	return lost
}

// pause stops a node in mid-step; what arrives waits.
func (c *Cluster) pause(n *node) {
	n.paused, n.since = true, c.now
	c.note(Paused, n)
}

// resume continues a node: first its interrupted step, then the ticks that it missed (S5), then
// waiting messages.
func (c *Cluster) resume(n *node) {
	n.paused = false
	c.note(Resumed, n)
	c.letLeave(n)
	life := n.life
	for missed := n.missed; missed > 0 && n.life == life; missed-- {
		c.step(n, protocol.Tick{Wall: n.clock.wall(c.now), Draw: n.draw()})
	}
	n.missed = 0
	for n.inbox.len() > 0 && n.life == life {
		if e := n.inbox.pop(); e.kind == asked {
			c.ask(e)
		} else { // it had arrived, whatever has happened to the link since
			f := c.network.flights.take(e.ref)
			c.deliver(n, c.link(f.from, f.to), f)
		}
	}
}

// note records an event of a single node, and shows its status.
func (c *Cluster) note(what What, n *node) {
	c.log(n, "%s", what)
	if c.trace != nil {
		c.trace(Event{At: c.now, What: what, From: n.id})
	}
	if c.watched {
		c.observe(n)
	}
}

// observe reports a change of a node's status.
func (c *Cluster) observe(n *node) {
	s := c.status(n)
	if s.Up != n.seen.Up || s.Term != n.seen.Term || s.Role != n.seen.Role || s.Leader != n.seen.Leader {
		n.seen = s
		c.logStatus(n, s)
		if c.cfg.OnStatus != nil {
			c.cfg.OnStatus(c.now, n.id, s)
		}
	}
}

func (c *Cluster) status(n *node) cluster.Status {
	if n.core == nil || n.paused {
		return cluster.Status{}
	}
	s := n.core.Status()
	return cluster.Status{
		Up: true, Role: s.Role, Leader: history.NodeID(s.Leader), Term: s.Term, Commit: s.Commit, Applied: s.Applied,
	}
}
