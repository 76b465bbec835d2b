package gossip

import (
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// node is one replica.
type node struct {
	settings
	bug      bugs
	id       protocol.NodeID
	members  []protocol.NodeID
	partners []protocol.NodeID // the other members
	out      protocol.Output

	// Durable, through Output.Persist.
	objects map[Name]*object
	names   []Name // of objects, sorted
	clock   uint64 // Lamport clock: not lower than any time or number in objects

	root    uint64 // the exclusive or of the sums of all objects
	wall    uint64 // the wall clock in ns, plus 1 per write since it was read; 0 before the first Tick
	ticks   uint64
	records int // in the log
	scratch []byte
}

// object is a state, its sum, and the tick of its last change.
type object struct {
	state   State
	sum     uint64
	changed uint64
}

// New makes a replica from its disk.
func New(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
	s, err := parse(c.Options)
	if err != nil {
		return nil, err
	}
	bug, err := protocol.Plant(mutants, c.Bug)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(c.Members, c.ID) {
		return nil, errors.New("gossip: members: this node is not among them, and they never change")
	}
	n := &node{settings: s, bug: bug, id: c.ID, members: slices.Clone(c.Members), objects: map[Name]*object{}}
	known := n.members
	if bug.memberLeftOut {
		known = known[:max(1, len(known)-1)]
	}
	for _, m := range known {
		if m != n.id {
			n.partners = append(n.partners, m)
		}
	}
	for i, r := range records {
		u, ok := r.Data.(*Update)
		if !ok {
			return nil, fmt.Errorf("gossip: record %d: a %T is not a record of gossip", i, r.Data)
		}
		for _, s := range u.States {
			n.learn(s)
		}
		n.records++
		if r.Checkpoint {
			n.records = 0
		}
	}
	return n, nil
}

// Status returns the replica's view of itself. There is no leader; Last is its Lamport clock.
func (n *node) Status() protocol.Status {
	return protocol.Status{Role: "replica", Last: n.clock, Members: n.members}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	switch in := in.(type) {
	case protocol.Tick:
		n.tick(in)
	case protocol.Receive:
		if slices.Contains(n.partners, in.Message.From) {
			n.receive(&in.Message)
		}
	case protocol.Propose:
		n.propose(in)
	case protocol.Transfer:
		n.reject(in.ID, "nobody leads")
	case protocol.Reconfigure:
		n.reject(in.ID, "the members never change")
	}
	n.maybeCheckpoint()
	n.out.Unsynced = n.bug.unsynced
	return n.out
}

func (n *node) tick(t protocol.Tick) {
	n.ticks++
	n.wall = max(1, uint64(max(0, t.Wall)))
	if n.ticks%n.gossip == 0 && len(n.partners) > 0 {
		n.send(n.partners[t.Draw%uint64(len(n.partners))], &Greet{n.root})
	}
}

// learn joins s to the held state and reports whether it contained anything new.
func (n *node) learn(s State) bool {
	o := n.objects[s.Name]
	if o == nil {
		o = &object{}
		n.objects[s.Name] = o
		at, _ := slices.BinarySearchFunc(n.names, s.Name, Name.compare)
		n.names = slices.Insert(n.names, at, s.Name)
	}
	return n.set(o, join(o.state, s, &n.bug))
}

// set makes s the state of o and reports whether that changed it.
func (n *node) set(o *object, s State) bool {
	var sum uint64
	if sum, n.scratch = s.sum(n.scratch); sum == o.sum {
		return false
	}
	n.root ^= o.sum ^ sum
	*o = object{s, sum, n.ticks}
	if !n.bug.clockStandsStill {
		n.clock = max(n.clock, s.latest())
	}
	return true
}

// keep writes down what was learned.
func (n *node) keep(point string, news ...State) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: &Update{news}})
	n.out.Point = point
	n.records++
}

func (n *node) maybeCheckpoint() {
	if n.records < n.checkpointEvery {
		return
	}
	all := make([]State, len(n.names))
	for i, name := range n.names {
		all[i] = n.objects[name].state
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: &Update{all}})
	n.out.Point = pointCheckpoint
	n.records = 0
}

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) reject(id uint64, why string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Reason: why})
}
