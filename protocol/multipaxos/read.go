package multipaxos

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Reads that take no slot.
//
// A quorum read is answered once a majority has confirmed, after the read arrived, that it has
// promised
// nothing above the leader's ballot. Any value answered to a client before then was chosen in this
// ballot, and is applied, or in a lower one, and was found in phase 1. Hence no read is answered
// before
// every slot that phase 1 found is chosen.

type readMode uint8

const (
	readQuorum readMode = iota
	readLog
	readLease
	readLocal
)

// reading is a leader's state for its reads, with the heartbeats that confirm its ballot.
type reading struct {
	round     uint64             // of the latest heartbeat
	confirmed uint64             // the latest that a majority has answered
	beaten    uint64             // the tick of the latest heartbeat
	waiting   fifo.Queue[reader] // oldest first
	rounds    fifo.Queue[beat]   // unconfirmed, oldest first; used for the lease only
	leased    uint64             // the tick from which the lease runs, if granted
	granted   bool               // a majority has confirmed a heartbeat
	leaseLost bool               // another node was asked to lead, which no lease forbids
}

// reader is a read that waits for its heartbeat to be confirmed; round 0 means the heartbeat has
// yet to
// be sent.
type reader struct {
	id      uint64
	command []byte
	round   uint64
}

// beat is a heartbeat and the tick at which it was sent.
type beat struct{ round, tick uint64 }

// read handles a read that needs no slot.
func (n *node) read(id uint64, command []byte) {
	if (n.reads == readLease && n.leaseHolds()) || n.bug.readUnconfirmed {
		n.done(id, n.machine.Query(command))
		return
	}
	n.waiting.Push(reader{id: id, command: command})
	n.startReads()
}

// leaseHolds reports whether no other node can have the promises of a majority (PML §5.2): a
// majority
// heard this leader less than a lease ago and grants it longer than that.
func (n *node) leaseHolds() bool {
	return n.caughtUp() && !n.leaseLost && n.granted && n.ticks-n.leased < n.lease
}

// caughtUp reports whether phase 1 is done and every slot that it found is chosen.
func (n *node) caughtUp() bool { return n.ready && n.chosen >= n.recovered || n.bug.readBeforeRecovery }

// startReads sends a heartbeat for the waiting reads. While an earlier heartbeat is unconfirmed,
// new
// reads gather, so that one heartbeat serves many.
func (n *node) startReads() {
	if n.role == leader && n.waiting.Len() > 0 && n.waiting.Front().round == 0 && n.caughtUp() {
		n.newRound()
	}
}

// newRound sends a heartbeat to everyone.
func (n *node) newRound() {
	n.round++
	n.beaten = n.ticks
	if n.reads == readLease {
		n.rounds.Push(beat{n.round, n.ticks})
	}
	if n.caughtUp() {
		for i := len(n.waiting.All()) - 1; i >= 0 && n.waiting.All()[i].round == 0; i-- {
			n.waiting.All()[i].round = n.round
		}
	}
	n.sendAll(&Heartbeat{Ballot: n.ballot, Chosen: n.chosen, Round: n.round})
	n.confirm()
}

// heard handles one answer to a heartbeat.
func (n *node) heard(from protocol.NodeID, m *Heard) {
	p := n.peer(from)
	if p == nil || n.role != leader || m.Ballot != n.ballot {
		return
	}
	p.heard = n.ticks
	if m.Round > p.round {
		p.round = m.Round
		n.confirm()
	}
	n.maybeAdd(from, m.Chosen)
}

// confirm answers the reads whose heartbeat a majority has answered, and extends the lease.
func (n *node) confirm() {
	round := n.confirmed
	for i := -1; i < len(n.peers); i++ {
		candidate := n.round
		if i >= 0 {
			candidate = n.peers[i].round
		}
		if candidate > round && n.answered(candidate) >= n.quorum() {
			round = candidate
		}
	}
	if round == n.confirmed {
		return
	}
	n.confirmed = round
	for n.rounds.Len() > 0 && n.rounds.Front().round <= round {
		n.leased, n.granted = n.rounds.Pop().tick, true
	}
	for n.waiting.Len() > 0 && n.waiting.Front().round != 0 && n.waiting.Front().round <= round {
		r := n.waiting.Pop()
		n.done(r.id, n.machine.Query(r.command))
	}
	n.startReads()
}

// confirmAnew discards all confirmations, because other members confirm from now on.
func (n *node) confirmAnew() {
	n.confirmed, n.granted, n.rounds = n.round, false, fifo.Queue[beat]{}
	for i := range n.waiting.All() {
		n.waiting.All()[i].round = 0
	}
}

// answered returns how many members have heard this leader at the given heartbeat or later,
// including
// itself.
func (n *node) answered(round uint64) int {
	count := 1
	for i := range n.peers {
		if p := &n.peers[i]; p.bit != 0 && p.round >= round {
			count++
		}
	}
	return count
}
