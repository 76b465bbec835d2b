package multipaxos

import "github.com/splitvote/splitvote/protocol"

// The acceptor: Paxos Made Simple §2.2, for all slots at once (§3).

// prepared is phase 1b.
func (n *node) prepared(from protocol.NodeID, m *Prepare) {
	asked := m.After != Ballot{} && m.After == n.hard.Ballot
	switch {
	case m.From <= n.chosen && n.peer(from) == nil:
		n.teach(from, &Learn{From: m.From}) // it does not know that it has been removed
		return
	case n.below(m.Ballot, n.hard.Ballot):
		n.send(from, &Refused{Ballot: m.Ballot, Promised: n.hard.Ballot})
		return
	case n.role == proposer && m.Ballot.less(n.ballot):
		// of two duelling proposers, the higher ballot continues
		n.send(from, &Refused{Ballot: m.Ballot, Promised: n.ballot})
		return
	case m.Ballot == n.hard.Ballot: // repeated
	case (n.quiet > 0 || n.role == leader) && !asked:
		return // this node stands by a leader that it hears
	default:
		n.promiseTo(m.Ballot, "")
		n.resetTimer()
		n.point = max(n.point, pointPromise)
	}
	first := max(m.From, n.chosen+1)
	n.send(from, &Promise{
		Ballot: m.Ballot, Chosen: n.chosen, First: first, Entries: n.log.copy(first, n.log.last()),
	})
}

// below reports whether a ballot is too low to be accepted.
func (n *node) below(b, promised Ballot) bool {
	if n.bug.roundsTie {
		return b.Round < promised.Round
	}
	return b.less(promised)
}

// promiseTo raises the promise to another node's ballot and gives up this node's own.
func (n *node) promiseTo(b Ballot, of protocol.NodeID) {
	n.resign(of)
	n.hard.Ballot = b
	n.seen = max(n.seen, b.Round)
}

// hear records that the leader of a ballot spoke. If a higher ballot has been promised, it refuses
// and
// reports false. It does not matter whether this node took part in the ballot's phase 1.
func (n *node) hear(from protocol.NodeID, b Ballot) bool {
	if n.below(b, n.hard.Ballot) && !n.bug.lowerBallotAccepted {
		n.send(from, &Refused{Ballot: b, Promised: n.hard.Ballot})
		return false
	}
	if b != n.hard.Ballot {
		if n.quiet > 0 && n.reads == readLease {
			return false // a leader elected by former members may ask for something that it must not get yet
		}
		n.promiseTo(b, from)
	}
	if n.role == proposer && b == n.asked.After {
		return true // the sender asks for promises on behalf of this leader
	}
	n.role, n.leader = acceptor, from
	n.resetTimer()
	n.quiet = n.election
	return true
}

// maxAhead is how many windows an acceptor's log can extend beyond the slots it knows to be chosen.
// The
// acceptor ignores more distant slots until it has caught up. No proposer opens such a slot before
// a
// majority has caught up.
const maxAhead = 8

// accept is phase 2b. Its ballot is the highest promised. A slot already chosen needs no write,
// because
// its value is the same.
func (n *node) accept(from protocol.NodeID, m *Accept) {
	n.learnTo(m.Chosen, m.Ballot)
	if m.Slot > n.chosen+maxAhead*n.window {
		return
	}
	if m.Slot > n.chosen && n.log.at(m.Slot).Ballot != m.Ballot {
		e := Entry{Ballot: m.Ballot, Command: m.Command, Change: m.Change}
		n.log.put(m.Slot, e)
		n.point = max(n.point, pointAccept)
		if !n.bug.valueNotPersisted {
			n.persist(&Slots{First: m.Slot, Entries: []Entry{e}, Chosen: n.chosen})
			n.out.Unsynced = n.bug.acceptorUnsynced
		}
		n.learnTo(m.Chosen, m.Ballot)
	}
	n.send(from, &Accepted{Ballot: m.Ballot, Slot: m.Slot})
}
