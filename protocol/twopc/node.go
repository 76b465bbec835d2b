package twopc

import (
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// node is one member: a shard, which participates in transactions on its keys, and the coordinator
// for
// its clients' commands.
type node struct {
	settings
	bug     bugs
	id      protocol.NodeID
	members []protocol.NodeID
	self    int // its place among the members, -1 if it is not a member
	machine protocol.Divisible
	out     protocol.Output
	point   point
	events  []event // of this Step, for the invariants

	life    uint64
	awake   bool   // the record of this life has been written
	calls   uint64 // transactions begun in this life
	records int    // since the last checkpoint
	applied uint64 // parts carried out in this life
	result  []byte // of the latest part

	// As a participant.
	prepared []*branch     // oldest first
	memory   []past        // by the coordinator's place among the members
	carried  map[ID][]byte // parts carried out, for a planted bug

	// As a coordinator.
	requests     []*request     // not answered, oldest first
	transactions []*transaction // in progress, by number
}

// most is the maximum number of members, because a bit set records who has answered.
const most = 63

// New makes a node from its disk: empty, or the records that survived, oldest first.
func New(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
	s, err := parse(c.Options)
	if err != nil {
		return nil, err
	}
	bug, err := protocol.Plant(mutants, c.Bug)
	if err != nil {
		return nil, fmt.Errorf("twopc: %w", err)
	}
	machine, divisible := c.Machine.(protocol.Divisible)
	switch {
	case len(c.Members) == 0:
		return nil, errors.New("twopc: members: there are none")
	case len(c.Members) > most:
		return nil, fmt.Errorf("twopc: members: %d are too many, want at most %d", len(c.Members), most)
	case !divisible:
		return nil, errors.New("twopc: machine: its commands cannot be taken apart")
	}
	n := &node{
		settings: s, bug: bug, id: c.ID, members: slices.Clone(c.Members), self: slices.Index(c.Members, c.ID),
		machine: machine, memory: make([]past, len(c.Members)), carried: map[ID][]byte{},
	}
	for i, r := range records {
		if err := n.recover(r.Data); err != nil {
			return nil, fmt.Errorf("twopc: record %d: %w", i, err)
		}
	}
	if bug.locksForgotten {
		for _, b := range n.prepared {
			b.locks = nil
		}
	}
	slices.SortFunc(n.transactions, func(a, b *transaction) int { return a.number.compare(b.number) })
	return n, nil
}

// Status returns the node's view of itself. There is no leader and no common log, so it counts the
// parts carried out.
func (n *node) Status() protocol.Status {
	role := "shard"
	switch {
	case n.self < 0:
		role = "outsider"
	case slices.ContainsFunc(n.prepared, func(b *branch) bool { return b.inDoubt(n.ask) }):
		role = "in doubt"
	}
	return protocol.Status{Role: role, Applied: n.applied, Commit: n.applied, Last: n.applied, Members: n.members}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point = pointNone
	n.events = n.events[:0]
	if !n.awake {
		n.wake()
	}
	switch in := in.(type) {
	case protocol.Tick:
		n.waits()
		n.tries(in.Draw)
	case protocol.Receive:
		n.receive(in.Message.From, in.Message.Body)
	case protocol.Propose:
		n.propose(in)
	case protocol.Transfer:
		n.reject(in.ID, "nobody leads")
	case protocol.Reconfigure:
		n.reject(in.ID, "the membership is fixed")
	}
	n.maybeCheckpoint()
	n.out.Point = pointNames[n.point]
	return n.out
}

// wake starts a life and continues what the last one left. Decided transactions are announced
// again.
// Undecided transactions of this node were lost, so they are rolled back: here at once, and
// elsewhere
// when participants ask. For its other branches the node asks the coordinators.
func (n *node) wake() {
	n.awake = true
	if n.life++; n.bug.livesAreOne {
		n.life = 1
	}
	n.write(&Life{Number: n.life})
	for _, t := range slices.Clone(n.transactions) {
		n.sendPhaseAll(t)
	}
	for _, b := range slices.Clone(n.prepared) {
		switch {
		case b.tx.Node != n.id:
			n.inquire(b)
		case !n.bug.neverAsks:
			n.resolve(b, n.bug.presumesCommit)
		}
	}
}

func (n *node) receive(from protocol.NodeID, body any) {
	if !slices.Contains(n.members, from) {
		return
	}
	switch b := body.(type) {
	case *Prepare:
		n.prepare(b)
	case *Execute:
		n.execute(b)
	case *Decision:
		n.decided(b)
	case *Inquire:
		n.inquired(from, b)
	case *Vote:
		n.voted(from, b)
	case *Result:
		n.resulted(b)
	case *Ack:
		n.acknowledged(from, b)
	}
}

// tell sends a message, or handles it at once if it is for this node.
func (n *node) tell(to protocol.NodeID, body any) {
	if to == n.id {
		n.receive(n.id, body)
		return
	}
	n.send(to, body)
}

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) reach(p point) { n.point = max(n.point, p) }

// write persists a record and applies its effect.
func (n *node) write(data any) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: data})
	n.records++
	n.enact(data)
}

// apply carries out a part on the machine.
func (n *node) apply(part []byte) {
	n.applied++
	n.result = n.machine.Apply(part)
	n.out.Apply = append(n.out.Apply, protocol.Entry{Index: n.applied, Command: part})
}

func (n *node) done(id uint64, result []byte) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: result})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Reason: reason})
}

// past returns what is remembered of a transaction's coordinator, which is a member.
func (n *node) past(tx ID) *past { return &n.memory[slices.Index(n.members, tx.Node)] }

// branch returns the node's part of a transaction in which it is prepared, or nil.
func (n *node) branch(tx ID) *branch {
	for _, b := range n.prepared {
		if b.tx == tx {
			return b
		}
	}
	return nil
}
