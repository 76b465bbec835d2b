package raft

import (
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

type role uint8

const (
	follower role = iota
	preCandidate
	candidate
	leader
)

var roleNames = []string{"follower", "pre-candidate", "candidate", "leader"}

// node is one member. Its fields are grouped as in Figure 2 of the paper.
type node struct {
	settings
	bug     bugs
	id      protocol.NodeID
	machine protocol.Machine
	out     protocol.Output
	point   point

	// Durable, through Output.Persist.
	hard HardState
	log  log
	snap *Checkpoint // the latest; nil before the first

	// On every node. Commands are applied as soon as they are committed, so applied differs from
	// commit
	// only within a Step.
	role    role
	leader  protocol.NodeID // "" if unknown
	commit  uint64
	applied uint64
	saved   HardState       // the hard state last persisted
	configs []configuration // those in the log, oldest first, preceded by that of the snapshot or the start
	voter   bool            // whether this node is in the current configuration
	peers   []peer          // the other members, and on a leader possibly a node that is joining
	elapsed uint64          // ticks since the node heard a leader, gave a vote or started an election
	timeout uint64          // ticks until the next election; 0: not drawn yet
	quiet   uint64          // ticks during which no vote is given, because a leader was heard (thesis §4.2.3)
	arrived *Install        // the snapshot chunks received so far, joined

	// On a leader.
	ticks     uint64 // since it became leader
	first     uint64 // index of its term's first entry, a no-op
	proposals fifo.Queue[proposal]
	reading
	transferring
	joining *joining
	scratch []uint64
}

// proposal is a request whose entry is in the leader's log but not committed.
type proposal struct {
	index uint64
	id    uint64
	query []byte // a read that goes through the log
	kind  proposalKind
}

type proposalKind uint8

const (
	proposesCommand proposalKind = iota
	proposesRead
	proposesMembers
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
	if bug.longLease {
		s.reads, s.lease, s.majorityTimeout = readLease, 3*s.election, 3*s.election
	}
	if len(c.Members) == 0 {
		return nil, errors.New("raft: members: the initial configuration is empty")
	}
	n := &node{settings: s, bug: bug, id: c.ID, machine: c.Machine}
	n.configs = []configuration{{members: slices.Clone(c.Members)}}
	for i, r := range records {
		switch d := r.Data.(type) {
		case *HardState:
			n.hard = *d
		case *Entries:
			if d.First <= n.log.base || d.First > n.log.last()+1 {
				return nil, fmt.Errorf("raft: record %d: entries from %d do not continue a log of %d to %d",
					i, d.First, n.log.base, n.log.last())
			}
			var tail []Entry
			if end := d.First + uint64(len(d.Entries)); bug.truncationForgotten && end <= n.log.last() {
				tail = n.log.from(end, len(n.log.entries))
			}
			n.truncateTo(d.First)
			n.extend(d.Entries)
			n.extend(tail)
		case *Checkpoint:
			n.hard = d.Hard
			n.adopt(d)
		default:
			return nil, fmt.Errorf("raft: record %d: a %T is not a record of raft", i, r.Data)
		}
	}
	if n.snap != nil {
		if err := n.machine.Restore(n.snap.Snapshot); err != nil {
			return nil, fmt.Errorf("raft: snapshot at %d: %w", n.snap.Index, err)
		}
	}
	if bug.configurationForgotten {
		n.configs = n.configs[:1]
	}
	n.saved = n.hard
	n.commit, n.applied = n.log.base, n.log.base
	n.configured()
	// The node has forgotten which leader it heard before the restart. That leader may still rely
	// on the
	// node's promise not to vote.
	n.quiet = n.election
	return n, nil
}

// adopt makes d the start of the log.
func (n *node) adopt(d *Checkpoint) {
	n.snap = d
	n.log.reset(d.Index, d.Term)
	n.configs = append(n.configs[:0], configuration{d.Index, d.Members})
	n.extend(d.Entries)
}

// Status returns the node's view of itself.
func (n *node) Status() protocol.Status {
	return protocol.Status{
		Role: roleNames[n.role], Leader: n.leader, Term: n.hard.Term,
		Commit: n.commit, Applied: n.applied, Last: n.log.last(), Members: n.members(),
	}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point = pointNone
	switch in := in.(type) {
	case protocol.Tick:
		n.tick(in.Draw)
	case protocol.Receive:
		n.receive(&in.Message)
	case protocol.Propose:
		n.propose(in)
	case protocol.Transfer:
		n.transfer(in)
	case protocol.Reconfigure:
		n.reconfigure(in)
	}
	n.maybeSnapshot()
	if n.hard != n.saved && !n.bug.termNotPersisted {
		// Before the entries: the term on disk is never older than the entries written in it.
		hard := n.hard
		if n.bug.voteNotPersisted {
			hard.Vote = ""
		}
		n.out.Persist = slices.Insert(n.out.Persist, 0, protocol.Record{Data: &hard})
		n.saved = n.hard
	}
	if n.bug.leaderUnsynced && n.role == leader {
		n.out.Unsynced = true
	}
	n.out.Point = pointNames[n.point]
	return n.out
}

func (n *node) tick(draw uint64) {
	if n.quiet > 0 {
		n.quiet--
	}
	if n.role == leader {
		n.leaderTick()
		return
	}
	if n.timeout == 0 {
		n.timeout = n.election + draw%n.election
	}
	n.elapsed++
	if n.elapsed >= n.timeout && n.mayCampaign() {
		if n.preVote {
			n.preCampaign()
		} else {
			n.campaign(false)
		}
	}
}

func (n *node) receive(m *protocol.Message) {
	switch b := m.Body.(type) {
	case *Vote:
		n.vote(m.From, b)
	case *Voted:
		n.voted(m.From, b)
	case *Append:
		if n.hear(m.From, b.Term) {
			n.append(m.From, b)
		} else {
			// No Round: the sender may lead again by now, and has not started that round in its
			// present term.
			n.send(m.From, &Appended{Term: n.hard.Term, Index: b.Prev, Reject: true})
		}
	case *Install:
		if n.hear(m.From, b.Term) {
			n.install(m.From, b)
		} else {
			n.send(m.From, &Installed{Term: n.hard.Term, Index: b.Index}) // likewise
		}
	case *Appended:
		if p := n.answered(m.From, b.Term, b.Round); p != nil {
			n.appended(p, b)
		}
	case *Installed:
		if p := n.answered(m.From, b.Term, b.Round); p != nil {
			n.installed(p, b)
		}
	case *TimeoutNow:
		if b.Term == n.hard.Term && n.role != leader && n.mayCampaign() {
			n.campaign(true)
		}
	}
}

// hear records that a leader of term spoke. It reports false if that leader is deposed.
func (n *node) hear(from protocol.NodeID, term uint64) bool {
	if term < n.hard.Term || (n.role == leader && term == n.hard.Term) {
		return false
	}
	n.follow(term, from)
	n.quiet = n.election
	return true
}

// answered returns the peer that answered this leader in its term, or nil if the answer is stale.
func (n *node) answered(from protocol.NodeID, term, round uint64) *peer {
	if term > n.hard.Term {
		n.follow(term, "")
		return nil
	}
	if n.role != leader || (term != n.hard.Term && !n.bug.staleAckCounts) {
		return nil
	}
	p := n.peer(from)
	if p != nil {
		p.heard = n.ticks
		p.round = max(p.round, round)
		n.confirm()
	}
	return p
}

// follow makes the node a follower in term; the leader may be unknown.
func (n *node) follow(term uint64, of protocol.NodeID) {
	if n.role == leader {
		n.stepDown(of)
		n.resetTimer()
	}
	if of != "" {
		n.resetTimer()
	}
	if term > n.hard.Term {
		n.hard = HardState{Term: term}
	}
	n.role, n.leader = follower, of
}

// stepDown answers the requests whose outcome can no longer be known. The caller sets the new role.
func (n *node) stepDown(to protocol.NodeID) {
	n.point = max(n.point, pointStepDown)
	for n.proposals.Len() > 0 {
		p := n.proposals.Pop()
		if p.kind == proposesRead || n.bug.rejectsWhatItWrote {
			n.reject(p.id, to, "deposed")
		} else {
			n.out.Reply = append(n.out.Reply, protocol.Reply{
				ID: p.id, Outcome: protocol.Unknown, Leader: to, Reason: "deposed",
			})
		}
	}
	n.dropReads(to)
	n.dropJoining("deposed")
	n.transferring = transferring{}
}

// resetTimer restarts the election timer; the next Tick draws its length.
func (n *node) resetTimer() { n.elapsed, n.timeout = 0, 0 }

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) persist(data any) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: data})
}

func (n *node) done(id uint64, result []byte) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: result, Leader: n.leader})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, to protocol.NodeID, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Leader: to, Reason: reason})
}
