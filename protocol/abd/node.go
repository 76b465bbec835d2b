package abd

import (
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// node is one member: a replica of every register, and the coordinator of its clients' operations.
type node struct {
	settings
	bug      bugs
	id       protocol.NodeID
	members  []protocol.NodeID
	self     int // its place among the members, -1 if it is not a member
	majority int
	out      protocol.Output
	point    point
	wall     int64 // of the latest tick; only planted bugs use wall and silent
	silent   bool

	replica

	life       uint64
	born       bool // the record of this life has been written
	calls      uint64
	operations []*operation // in progress, oldest first
	moved      []*operation // those that entered a phase in this Step, for the invariants
}

// most is the maximum number of members, because a bit set records who has answered.
const most = 64

// New makes a node from its disk: empty, or the records that survived, oldest first.
func New(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
	s, err := parse(c.Options)
	if err != nil {
		return nil, err
	}
	bug, err := protocol.Plant(mutants, c.Bug)
	if err != nil {
		return nil, err
	}
	switch {
	case len(c.Members) == 0:
		return nil, errors.New("abd: members: there are none")
	case len(c.Members) > most:
		return nil, fmt.Errorf("abd: members: %d are too many, want at most %d", len(c.Members), most)
	}
	n := &node{
		settings: s, bug: bug, id: c.ID, members: slices.Clone(c.Members), self: slices.Index(c.Members, c.ID),
		majority: len(c.Members)/2 + 1, replica: replica{held: map[string]held{}},
	}
	if bug.halfIsEnough {
		n.majority = max(1, len(c.Members)/2)
	}
	for i, r := range records {
		if err := n.recover(r.Data); err != nil {
			return nil, fmt.Errorf("abd: record %d: %w", i, err)
		}
	}
	n.silent = bug.staysSilent && len(records) > 0
	if bug.restartsEmpty {
		clear(n.held)
	}
	if n.life++; bug.livesAreOne {
		n.life = 1
	}
	return n, nil
}

func (n *node) recover(data any) error {
	switch d := data.(type) {
	case *Life:
		n.life = d.Number
	case *Value:
		n.held[d.Key] = held{d.Tag, d.Value}
		n.records++
	case *Checkpoint:
		n.life, n.records = d.Life, 0
		clear(n.held)
		for _, v := range d.Values {
			n.held[v.Key] = held{v.Tag, v.Value}
		}
	default:
		return fmt.Errorf("a %T is not a record of abd", data)
	}
	return nil
}

// Status returns the node's view of itself. There is no leader and no log; Applied counts the
// values
// stored.
func (n *node) Status() protocol.Status {
	role := "replica"
	if n.self < 0 {
		role = "outsider"
	}
	return protocol.Status{Role: role, Applied: n.stored, Commit: n.stored, Last: n.stored, Members: n.members}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point = pointNone
	n.moved = n.moved[:0]
	if !n.born {
		n.born = true
		n.persist(&Life{Number: n.life})
	}
	switch in := in.(type) {
	case protocol.Tick:
		n.wall = in.Wall
		n.tick()
	case protocol.Receive:
		n.receive(&in.Message)
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

func (n *node) receive(m *protocol.Message) {
	switch b := m.Body.(type) {
	case *Query:
		if n.silent {
			return
		}
		h := n.held[b.Key]
		n.send(m.From, &Held{Op: b.Op, Tag: h.tag, Value: h.value})
	case *Held:
		n.heard(m.From, b)
	case *Store:
		n.store(b)
		n.send(m.From, &Stored{Op: b.Op})
	case *Stored:
		n.acknowledged(m.From, b)
	}
}

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) persist(data any) {
	_, checkpoint := data.(*Checkpoint)
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: checkpoint, Data: data})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Reason: reason})
}
