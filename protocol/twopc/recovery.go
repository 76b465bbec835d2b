package twopc

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// enact applies a record to the state, both when it is written and when it is read again after a
// crash. So a restarted node has the state of its last surviving record.
func (n *node) enact(data any) {
	switch d := data.(type) {
	case *Prepared:
		n.past(d.Tx).raise(d.Floor)
		b := &branch{
			tx: d.Tx, participants: d.Participants, part: d.Part, locks: n.machine.Accesses(d.Part), result: d.Result,
		}
		if n.bug.readLocksReleased {
			b.locks = slices.DeleteFunc(b.locks, func(a protocol.Access) bool { return !a.Write })
		}
		b.heard(n.ask)
		n.prepared = append(n.prepared, b)
	case *Refused:
		p := n.past(d.Tx)
		p.raise(d.Floor)
		p.end(Ended{Number: d.Tx.Number, Fate: FateRefused, Result: d.Result, Reason: d.Reason})
	case *Resolved:
		n.enactResolved(d)
	case *Executed:
		p := n.past(d.Tx)
		p.raise(d.Floor)
		n.apply(d.Part)
		p.end(Ended{Number: d.Tx.Number, Fate: FateExecuted, Result: n.result})
	case *Decided:
		t := n.transaction(d.Tx)
		if t == nil {
			t = n.decidedBefore(d)
			n.transactions = append(n.transactions, t)
		}
		t.phase, t.request, t.waiting = committing, nil, 1<<len(t.parts)-1
	case *Finished:
		if t := n.transaction(d.Tx); t != nil {
			n.drop(t)
		}
	case *Life:
		n.life = d.Number
	}
}

func (n *node) enactResolved(d *Resolved) {
	b := n.branch(d.Tx)
	if b == nil {
		return
	}
	n.prepared = slices.DeleteFunc(n.prepared, func(c *branch) bool { return c == b })
	e := Ended{Number: d.Tx.Number, Fate: FateRolledBack}
	if d.Commit {
		e.Fate = FateCommitted
		if !n.bug.appliesAtPrepare {
			n.apply(b.part)
		}
		if n.bug.decisionAppliedTwice {
			n.carried[d.Tx] = b.part
		}
	}
	if !n.bug.latePrepareCounts {
		n.past(d.Tx).end(e)
	}
}

// decidedBefore returns a transaction of which only the decision is known.
func (n *node) decidedBefore(d *Decided) *transaction {
	t := &transaction{number: d.Tx.Number}
	for _, id := range d.Participants {
		t.parts = append(t.parts, part{member: slices.Index(n.members, id)})
	}
	if n.bug.forgetsParticipant {
		t.parts = t.parts[:1]
	}
	return t
}

// recover applies a record that survived.
func (n *node) recover(data any) error {
	switch d := data.(type) {
	case *Prepared, *Refused, *Resolved, *Executed, *Decided, *Finished, *Life:
		n.records++
		n.enact(d)
	case *Checkpoint:
		if err := n.restore(d); err != nil {
			return err
		}
	default:
		return fmt.Errorf("a %T is not a record of twopc", data)
	}
	return nil
}

// maybeCheckpoint replaces a log that has grown too long by a checkpoint.
func (n *node) maybeCheckpoint() {
	if n.records < n.checkpointEvery+len(n.prepared)+len(n.transactions) {
		return
	}
	c := &Checkpoint{Life: n.life, State: n.machine.Snapshot()}
	for _, b := range n.prepared {
		c.Prepared = append(c.Prepared, Prepared{
			Tx: b.tx, Participants: b.participants, Part: b.part, Result: b.result, Floor: n.past(b.tx).floor,
		})
	}
	for _, t := range n.transactions {
		if t.phase == committing {
			c.Decided = append(c.Decided, Decided{Tx: n.tx(t), Participants: n.participants(t)})
		}
	}
	for i := range n.memory {
		c.Past = append(c.Past, Past{Node: n.members[i], Floor: n.memory[i].floor,
			Ended: slices.Clone(n.memory[i].ended)})
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: c})
	n.records = 0
	n.reach(pointCheckpoint)
}

// restore replaces the whole state by a checkpoint.
func (n *node) restore(c *Checkpoint) error {
	if err := n.machine.Restore(c.State); err != nil {
		return err
	}
	n.life, n.records, n.prepared, n.transactions = c.Life, 0, nil, nil
	for _, p := range c.Past {
		n.memory[slices.Index(n.members, p.Node)] = past{floor: p.Floor, ended: slices.Clone(p.Ended)}
	}
	for i := range c.Prepared {
		n.enact(&c.Prepared[i])
	}
	for i := range c.Decided {
		n.enact(&c.Decided[i])
	}
	return nil
}
