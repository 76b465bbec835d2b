package sim

import (
	"time"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// call is a client's call under way.
type call struct {
	state    cluster.Call
	op       history.Op
	id       uint64 // of the attempt under way, as in protocol.Propose; its low bits are the call's slot
	command  []byte
	readOnly bool
	seen     *uint64 // by the process: the greatest position that it has seen
	start    time.Duration
	node     int16 // that the attempt asks
	stage    stage
	reply    protocol.Reply
}

// process is the state of a client's process between calls.
type process struct {
	sequence uint64 // of its latest call
	seen     uint64 // the greatest position that it has seen
}

// stage is how far an attempt has come.
type stage uint8

const (
	free    stage = iota // the slot is free
	waiting              // between two attempts
	asking               // on its way to the node
	held                 // with the node
	refused              // no longer waiting at the node: the answer is on its way back
	broken               // the node went down with the request: the answer is on its way back
	replied              // the node has replied: the answer is on its way back
)

// places is how many bits of an attempt's ID name its call's slot.
const places = 20

// request is an attempt on its way to a node. It may arrive long after its client has given up.
type request struct {
	id       uint64
	command  []byte
	readOnly bool
	seen     uint64
}

// Invoke starts a client's call.
func (c *Cluster) Invoke(op history.Op) {
	if c.closed {
		c.complete(op, history.Fail, "cluster is closed")
		return
	}
	p := c.processes[op.Process]
	if p == nil {
		p = &process{}
		c.processes[op.Process] = p
	}
	p.sequence++
	session := cluster.Session{Process: op.Process, Object: c.cfg.Object, Run: c.cfg.Run, Seen: &p.seen}
	command, readOnly := c.target.Request(op, session, p.sequence)
	if c.invariants != nil {
		c.invoked = append(c.invoked, invoked{command, op.Index})
	}
	place := c.calls.put(call{
		state: cluster.NewCall(op, c.ids, c.now), op: op, command: command, readOnly: readOnly, seen: &p.seen,
		start: c.now,
	})
	c.attempt(place)
}

// attempt asks the node whose turn it is.
func (c *Cluster) attempt(place int32) {
	k := &c.calls.at[place]
	c.attempts++
	k.id = c.attempts<<places | uint64(place)
	k.node = max(0, c.indexOf(protocol.NodeID(k.state.Node)))
	k.stage = asking
	ref := c.requests.put(request{k.id, k.command, k.readOnly, *k.seen})
	c.queue.push(event{at: c.now + c.clients.of(c.clientDelay), kind: asked, node: k.node, ref: ref})
	c.queue.push(event{
		at: min(c.now+c.cfg.Retry.Attempt, k.start+c.cfg.Retry.Timeout), kind: expired, ref: place, tag: k.id,
	})
}

// ask brings a request to its node.
func (c *Cluster) ask(e event) {
	n, r := &c.nodes[e.node], &c.requests.at[e.ref]
	k := c.attemptOf(r.id) // nil: the client has given up, but the request is under way nevertheless
	switch {
	case n.core == nil:
		c.requests.take(e.ref)
		if k != nil {
			c.returns(k, refused)
		}
	case n.paused:
		if k != nil {
			k.stage = held
		}
		n.inbox.push(e)
	default:
		if k != nil {
			k.stage = held
		}
		r := c.requests.take(e.ref)
		c.step(n, protocol.Propose{ID: r.id, Command: r.command, ReadOnly: r.readOnly, Seen: r.seen})
	}
}

// answer takes a core's reply towards its client.
func (c *Cluster) answer(n *node, r *protocol.Reply) {
	k := c.attemptOf(r.ID)
	switch {
	case k == nil: // too late: no client waits
	case k.stage != held:
		c.violate(n, errRepeated)
	default:
		k.reply = *r
		c.returns(k, replied)
	}
}

// returns reports an attempt's end to its client.
func (c *Cluster) returns(k *call, s stage) {
	k.stage = s
	c.queue.push(event{
		at: c.now + c.clients.of(c.clientDelay), kind: answered, ref: int32(k.id & (1<<places - 1)), tag: k.id,
	})
}

// hangUp breaks the connections of a node that went down: the outcome of its requests is unknown.
func (c *Cluster) hangUp(n *node) {
	for n.inbox.len() > 0 {
		if e := n.inbox.pop(); e.kind == asked {
			c.requests.take(e.ref)
		} else {
			f := c.network.flights.take(e.ref)
			c.drop(&f, &c.stats.Down, "down")
		}
	}
	for i := range c.calls.at {
		if k := &c.calls.at[i]; k.stage == held && k.node == n.index {
			c.returns(k, broken)
		}
	}
}

// attemptOf returns the call of an attempt that still has a client waiting, nil if there is none.
func (c *Cluster) attemptOf(id uint64) *call {
	place := id & (1<<places - 1)
	if place >= uint64(len(c.calls.at)) {
		return nil
	}
	if k := &c.calls.at[place]; k.id == id && k.stage > waiting {
		return k
	}
	return nil
}

// conclude ends an attempt, with the node's answer or without.
func (c *Cluster) conclude(e event) {
	k := c.attemptOf(e.tag)
	if k == nil {
		return
	}
	op := k.op
	op.Node = c.nodes[k.node].id
	a := cluster.Answer{Op: op, Again: true}
	switch {
	case e.kind == expired:
		a.Op.Kind, a.Op.Err, a.Again = history.Info, "timeout", !c.protocol.Unrepeatable
	case k.stage == refused:
		a.Op.Kind, a.Op.Err = history.Fail, "connection refused"
	case k.stage == broken:
		a.Op.Kind, a.Op.Err, a.Again = history.Info, "connection reset", !c.protocol.Unrepeatable
	default:
		*k.seen = max(*k.seen, k.reply.Position)
		a = c.target.Complete(op, k.reply)
	}
	done, over, wait := k.state.After(a, c.cfg.Retry, c.now)
	if over {
		c.calls.take(e.ref)
		done.Time = c.now
		c.ready.push(done)
		return
	}
	if c.trace != nil {
		c.trace(Event{At: c.now, What: Retried, From: op.Node, To: k.state.Node, Why: a.Op.Err, Client: op.Process,
			Wait: wait})
	}
	k.stage, k.reply = waiting, protocol.Reply{}
	c.queue.push(event{at: c.now + wait, kind: retried, ref: e.ref, tag: k.id})
}

// complete ends op without an answer.
func (c *Cluster) complete(op history.Op, kind history.Kind, err string) {
	op.Kind, op.Err, op.Time = kind, err, c.now
	c.ready.push(op)
}
