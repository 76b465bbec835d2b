package multipaxos

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

type role uint8

const (
	acceptor role = iota
	proposer      // phase 1 is in progress
	leader
)

var roleNames = []string{"acceptor", "proposer", "leader"}

// node is one member: always an acceptor and a learner, and a proposer when it hears no leader.
type node struct {
	settings
	bug     bugs
	id      protocol.NodeID
	machine protocol.Machine
	out     protocol.Output
	point   point

	// The acceptor; durable, through Output.Persist.
	hard  Promised
	saved Promised // the last persisted
	log   log
	snap  *Checkpoint // the latest; nil before the first

	// The learner. Values are applied in order, as soon as they are known to be chosen.
	chosen  uint64          // every slot up to this one is chosen and applied
	known   uint64          // every slot up to this one is chosen, according to teacher
	teacher protocol.NodeID // the node that said so
	stalled uint64          // chosen, as of the previous tick
	membership

	// The proposer.
	role    role
	ballot  Ballot          // its latest
	leader  protocol.NodeID // "" if unknown
	seen    uint64          // the highest round heard of
	elapsed uint64          // ticks since the node heard a leader, gave a promise or began phase 1
	timeout uint64          // ticks until it begins phase 1; 0: not drawn yet
	quiet   uint64          // ticks during which nothing is promised, because a leader was heard
	phase1

	leading
}

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
	if bug.leaseTooLong {
		s.reads, s.lease, s.majorityTimeout = readLease, 3*s.election, 3*s.election
	}
	if len(c.Members) == 0 || len(c.Members) > mostMembers {
		return nil, fmt.Errorf("multipaxos: members: want 1 to %d, have %d", mostMembers, len(c.Members))
	}
	n := &node{settings: s, bug: bug, id: c.ID, machine: c.Machine}
	n.configs = []Configuration{{From: 1, Members: slices.Clone(c.Members)}}
	n.configured()
	if err := n.recover(records); err != nil {
		return nil, err
	}
	// The node has forgotten which leader it heard before the restart. That leader may still rely
	// on the
	// lease.
	n.quiet = n.election
	return n, nil
}

// recover reads the node's log.
func (n *node) recover(records []protocol.Record) error {
	var chosen uint64
	first := n.configs
	for i, r := range records {
		switch d := r.Data.(type) {
		case *Promised:
			n.hard = *d
		case *Slots:
			if d.First <= n.log.base {
				return fmt.Errorf("multipaxos: record %d: slots from %d are before the checkpoint at %d", i, d.First,
					n.log.base)
			}
			for i, e := range d.Entries {
				if !e.empty() {
					n.log.put(d.First+uint64(i), e)
				}
			}
			chosen = max(chosen, d.Chosen)
		case *Checkpoint:
			if len(d.Configs) == 0 {
				return fmt.Errorf("multipaxos: record %d: a checkpoint without a configuration", i)
			}
			n.hard, n.snap, n.configs = d.Promised, d, d.Configs
			n.log = log{base: d.Index, entries: slices.Clone(d.Entries)}
		default:
			return fmt.Errorf("multipaxos: record %d: a %T is not a record of multipaxos", i, r.Data)
		}
	}
	n.saved = n.hard
	n.chosen = n.log.base
	if n.snap != nil {
		if err := n.machine.Restore(n.snap.Snapshot); err != nil {
			return fmt.Errorf("multipaxos: snapshot at %d: %w", n.snap.Index, err)
		}
	}
	for n.chosen < min(chosen, n.log.last()) {
		n.choose()
	}
	if n.bug.configurationForgotten {
		n.configs = first
	}
	n.configured()
	n.known, n.stalled, n.entered, n.leaving = n.chosen, n.chosen, false, nil
	n.out = protocol.Output{} // nobody waits for the results of a replay
	return nil
}

// Status returns the node's view of itself.
func (n *node) Status() protocol.Status {
	return protocol.Status{
		Role: roleNames[n.role], Leader: n.leader, Term: n.hard.Ballot.Round,
		Commit: n.chosen, Applied: n.chosen, Last: n.log.last(), Members: n.members(),
	}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point, n.decided = pointNone, n.decided[:0]
	switch in := in.(type) {
	case protocol.Tick:
		n.tick(in.Draw)
	case protocol.Receive:
		n.receive(&in.Message)
	case protocol.Propose:
		n.request(in)
	case protocol.Transfer:
		n.transfer(in)
	case protocol.Reconfigure:
		n.reconfigure(in)
	}
	for n.entered {
		n.entered = false
		n.enter()
	}
	n.maybeSnapshot()
	if n.hard != n.saved {
		// Before the slots: the promise on disk is never older than what was accepted under it.
		hard := n.hard
		if n.bug.promiseNotPersisted && hard.Ballot.Node != n.id {
			hard.Ballot = Ballot{}
		}
		n.out.Persist = slices.Insert(n.out.Persist, 0, protocol.Record{Data: &hard})
		n.saved = n.hard
	}
	n.out.Point = pointNames[n.point]
	return n.out
}

func (n *node) tick(draw uint64) {
	if n.quiet > 0 {
		n.quiet--
	}
	n.learnTick()
	if n.role == leader {
		n.leaderTick()
		return
	}
	if n.self == 0 {
		return // it has been removed, or is not a member yet
	}
	if n.timeout == 0 {
		n.timeout = n.election + draw%n.election
	}
	n.elapsed++
	switch {
	case n.elapsed >= n.timeout:
		n.prepare(Ballot{})
	case n.role == proposer && n.elapsed%n.heartbeat == 0:
		n.askAgain()
	}
}

func (n *node) receive(m *protocol.Message) {
	switch b := m.Body.(type) {
	case *Prepare:
		n.prepared(m.From, b)
	case *Promise:
		n.promise(m.From, b)
	case *Accept:
		if n.hear(m.From, b.Ballot) {
			n.accept(m.From, b)
		}
	case *Heartbeat:
		if n.hear(m.From, b.Ballot) {
			n.learnTo(b.Chosen, b.Ballot)
			n.send(m.From, &Heard{Ballot: b.Ballot, Round: b.Round, Chosen: n.chosen})
		}
	case *Accepted:
		n.accepted(m.From, b)
	case *Heard:
		n.heard(m.From, b)
	case *Refused:
		n.refused(b)
	case *Learn:
		n.teach(m.From, b)
	case *Learned:
		n.learned(m.From, b)
	case *Snapshot:
		n.install(m.From, b)
	case *TakeOver:
		if b.Ballot == n.hard.Ballot && n.role == acceptor && n.self != 0 {
			n.prepare(b.Ballot)
		}
	}
}

// resetTimer restarts the timeout; the next Tick draws its length.
func (n *node) resetTimer() { n.elapsed, n.timeout = 0, 0 }

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) sendAll(body any) {
	for i := range n.peers {
		n.send(n.peers[i].id, body)
	}
}

func (n *node) persist(r *Slots) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: r})
}

func (n *node) done(id uint64, result []byte) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: result, Leader: n.leader})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, to protocol.NodeID, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Leader: to, Reason: reason})
}
