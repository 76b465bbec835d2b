package raft

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Reads: §8 of the paper, thesis §6.4.
//
// An index read is answered once a majority has confirmed that this leader still led after the read
// arrived. It sees every entry that was committed by then, for two reasons: commands are applied as
// soon as they are committed, and a leader knows what is committed once it has committed an entry
// of
// its own term.

type readMode uint8

const (
	readIndex readMode = iota
	readLog
	readLease
	readLocal
)

// reading is a leader's state for its reads, with the heartbeat rounds that confirm them.
type reading struct {
	round     uint64            // the latest round of heartbeats; every Append and Install carries it
	confirmed uint64            // the latest round that a majority has answered
	beaten    uint64            // the tick of the latest round
	waiting   fifo.Queue[query] // oldest first
	rounds    fifo.Queue[beat]  // unconfirmed, oldest first; used for the lease only
	leased    uint64            // the tick from which the lease runs
	leaseLost bool              // an election was requested that no lease forbids
}

// query is a read that waits for its round to be confirmed; round 0 means a round has yet to start.
type query struct {
	id      uint64
	command []byte
	round   uint64
}

// beat is a round of heartbeats and the tick at which it was sent.
type beat struct{ round, tick uint64 }

// read handles a read that does not go through the log.
func (n *node) read(id uint64, command []byte) {
	if (n.reads == readLease && n.leaseHolds()) || n.bug.leaderLocalRead {
		n.done(id, n.machine.Query(command))
		return
	}
	n.waiting.Push(query{id: id, command: command})
	n.startReads()
}

// leaseHolds reports whether no other leader can have been elected. A majority heard this leader
// less
// than a lease ago. The lease is shorter than any election timeout, and the majority refuses votes
// until then. Clocks must run at nearly the same rate.
func (n *node) leaseHolds() bool {
	return n.knowsCommit() && !n.leaseLost && n.confirmed > 0 && n.ticks-n.leased < n.lease
}

// knowsCommit reports whether the leader knows everything that is committed, which it does once it
// has
// committed an entry of its own term.
func (n *node) knowsCommit() bool { return n.commit >= n.first || n.bug.readBeforeOwnCommit }

// startReads starts a round for the waiting reads. While an earlier round is unconfirmed, new reads
// gather, so that one round serves many.
func (n *node) startReads() {
	if n.waiting.Len() > 0 && n.waiting.Front().round == 0 && n.knowsCommit() && n.role == leader {
		n.newRound()
	}
}

// newRound sends every peer a heartbeat, with any entries that are due.
func (n *node) newRound() {
	n.round++
	n.beaten = n.ticks
	if n.reads == readLease {
		n.rounds.Push(beat{n.round, n.ticks})
	}
	if n.knowsCommit() {
		for i := len(n.waiting.All()) - 1; i >= 0 && n.waiting.All()[i].round == 0; i-- {
			n.waiting.All()[i].round = n.round
		}
	}
	for i := range n.peers {
		n.sendAppend(&n.peers[i], true)
		if n.bug.readUnconfirmed {
			n.peers[i].round, n.peers[i].heard = n.round, n.ticks
		}
	}
	n.confirm()
}

// confirm answers the reads whose round a majority has answered, and extends the lease.
func (n *node) confirm() {
	round := n.agreed(n.round, peerRound)
	if round <= n.confirmed {
		return
	}
	n.confirmed = round
	for n.rounds.Len() > 0 && n.rounds.Front().round <= round {
		n.leased = n.rounds.Pop().tick
	}
	for n.waiting.Len() > 0 && n.waiting.Front().round != 0 && n.waiting.Front().round <= round {
		q := n.waiting.Pop()
		n.done(q.id, n.machine.Query(q.command))
	}
	n.startReads()
}

// dropReads redirects the waiting reads.
func (n *node) dropReads(to protocol.NodeID) {
	for n.waiting.Len() > 0 {
		n.reject(n.waiting.Pop().id, to, "deposed")
	}
	n.rounds = fifo.Queue[beat]{}
}
