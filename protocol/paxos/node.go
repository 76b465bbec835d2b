package paxos

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// node is one member. It has an instance of Paxos per key, and all three roles in each.
type node struct {
	settings
	bug      bugs
	id       protocol.NodeID
	members  []protocol.NodeID
	self     int // its place among the members, -1 if it is not a member
	majority int
	silent   bool             // a planted bug
	machine  protocol.Machine // holds the key that was changed last
	out      protocol.Output
	point    point

	instances map[string]*instance
	active    []*instance // those whose proposer is not idle, in the order of their start
	records   int         // since the last checkpoint
	learned   uint64      // values found to be chosen since the last restart
	events    []event     // of this Step, for the invariants
}

// instance is Paxos for one key.
type instance struct {
	key      string
	acceptor acceptor
	proposer proposer
	learner  learner
}

// event is an action of a proposer or a learner, as the invariants see it.
type event struct {
	kind     eventKind
	key      string
	ballot   Ballot
	base     Ballot   // of a proposal: the ballot whose value it changes
	value    []byte   // of a proposal
	commands [][]byte // that a proposal carries out
}

type eventKind uint8

const (
	began eventKind = iota
	proposed
	learned
)

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
		return nil, errors.New("paxos: members: there are none")
	case len(c.Members) > mostMembers:
		return nil, fmt.Errorf("paxos: members: %d are too many, want at most %d", len(c.Members), mostMembers)
	}
	n := &node{
		settings: s, bug: bug, id: c.ID, members: slices.Clone(c.Members), self: slices.Index(c.Members, c.ID),
		majority: len(c.Members)/2 + 1, machine: c.Machine, instances: map[string]*instance{},
	}
	n.silent = bug.staysSilent && len(records) > 0
	if bug.restartsEmpty {
		records = nil
	}
	for i, r := range records {
		if err := n.recover(r.Data); err != nil {
			return nil, fmt.Errorf("paxos: record %d: %w", i, err)
		}
	}
	return n, nil
}

func (n *node) recover(data any) error {
	switch d := data.(type) {
	case *Promised:
		n.instance(d.Key).acceptor.promised = d.Ballot
		n.records++
	case *Took:
		a := &n.instance(d.Key).acceptor
		a.accepted, a.value = d.Ballot, d.Value
		if !n.bug.acceptIsNoPromise {
			a.promised = d.Ballot
		}
		n.records++
	case *Checkpoint:
		clear(n.instances)
		for _, s := range d.Acceptors {
			a := &n.instance(s.Key).acceptor
			a.promised, a.accepted, a.value = s.Promised, s.Accepted, s.Value
		}
		n.records = 0
	default:
		return fmt.Errorf("a %T is not a record of paxos", data)
	}
	return nil
}

// instance returns the instance of the key, creating it if needed.
func (n *node) instance(key string) *instance {
	i := n.instances[key]
	if i == nil {
		i = &instance{
			key: key, acceptor: acceptor{bug: &n.bug}, proposer: proposer{bug: &n.bug}, learner: learner{bug: &n.bug},
		}
		n.instances[key] = i
	}
	return i
}

// Status returns the node's view of itself. There is no leader and no log; Applied counts the
// values
// that it has found to be chosen.
func (n *node) Status() protocol.Status {
	role := "acceptor"
	if n.self < 0 {
		role = "outsider"
	}
	return protocol.Status{Role: role, Applied: n.learned, Commit: n.learned, Last: n.learned, Members: n.members}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point = pointNone
	n.events = n.events[:0]
	switch in := in.(type) {
	case protocol.Tick:
		n.tick(in.Draw)
	case protocol.Receive:
		n.receive(&in.Message)
	case protocol.Propose:
		n.request(in)
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
	member := slices.Index(n.members, m.From)
	if member < 0 {
		return
	}
	switch b := m.Body.(type) {
	case *Prepare:
		if n.silent {
			return
		}
		i := n.instance(b.Key)
		if !n.promise(i, b.Ballot) {
			n.send(m.From, &Refusal{Key: b.Key, Ballot: b.Ballot, Promised: i.acceptor.promised})
			return
		}
		n.point = max(n.point, pointPromise)
		n.send(m.From, &Promise{Key: b.Key, Ballot: b.Ballot, Accepted: i.acceptor.accepted, Value: i.acceptor.value})
	case *Accept:
		i := n.instance(b.Key)
		if !n.accept(i, b.Ballot, b.Value) {
			n.send(m.From, &Refusal{Key: b.Key, Ballot: b.Ballot, Promised: i.acceptor.promised})
			return
		}
		n.point = max(n.point, pointAccept)
		n.out.Unsynced = n.bug.unsynced
		n.send(m.From, &Accepted{Key: b.Key, Ballot: b.Ballot})
	case *Promise:
		i := n.instance(b.Key)
		if i.proposer.phase == preparing {
			n.promised(i, member, b)
		}
	case *Accepted:
		i := n.instance(b.Key)
		if i.proposer.phase == accepting {
			n.accepted(i, member, b.Ballot)
		}
	case *Refusal:
		i := n.instance(b.Key)
		if p := &i.proposer; b.Ballot == p.ballot && (p.phase == preparing || p.phase == accepting) {
			n.yield(i, b.Promised)
		}
	}
}

// promise makes the node's acceptor promise b, and records the promise if it is new.
func (n *node) promise(i *instance, b Ballot) bool {
	before := i.acceptor.promised
	if !i.acceptor.prepare(b) {
		return false
	}
	if i.acceptor.promised != before && !n.bug.promiseNotPersisted {
		n.write(&Promised{Key: i.key, Ballot: b})
	}
	return true
}

// accept makes the node's acceptor accept a value, and records the acceptance if it is new.
func (n *node) accept(i *instance, b Ballot, value []byte) bool {
	before := i.acceptor.accepted
	switch {
	case !i.acceptor.accept(b, value):
		return false
	case n.bug.valueNotPersisted:
		n.write(&Promised{Key: i.key, Ballot: b})
	case before != b:
		n.write(&Took{Key: i.key, Ballot: b, Value: value})
	}
	return true
}

func (n *node) write(data any) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: data})
	n.records++
}

// maybeCheckpoint replaces a log that has grown longer than the state it produces.
func (n *node) maybeCheckpoint() {
	if n.records < max(n.checkpointEvery, len(n.instances)) {
		return
	}
	c := &Checkpoint{Acceptors: make([]State, 0, len(n.instances))}
	for _, key := range slices.Sorted(maps.Keys(n.instances)) {
		a := &n.instances[key].acceptor
		s := State{Key: key, Promised: a.promised, Accepted: a.accepted, Value: a.value}
		if n.bug.checkpointForgetsPromises {
			s.Promised = s.Accepted
		}
		c.Acceptors = append(c.Acceptors, s)
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: c})
	n.records = 0
	n.point = max(n.point, pointCheckpoint)
}

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) done(id uint64, result []byte) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: result})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Reason: reason})
}

// giveUp answers a request that this node will no longer carry out.
func (n *node) giveUp(r *request, reason string) {
	if !r.sent || r.readOnly || n.bug.rejectsWhatItSent {
		n.reject(r.id, reason)
		return
	}
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: r.id, Outcome: protocol.Unknown, Reason: reason})
}

// refuse answers a request that makes no sense.
func (n *node) refuse(id uint64, err error) { n.done(id, kv.Result{Err: err.Error()}.Encode()) }
