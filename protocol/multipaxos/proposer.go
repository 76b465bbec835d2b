package multipaxos

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// Phase 1 of the proposer: Paxos Made Simple §2.2 and §3. One Prepare covers every slot that is not
// known to be chosen.

// phase1 is a proposer's state in phase 1. The proposer asks its own acceptor last: if it finds no
// majority, it leaves no promise that could hinder a leader.
type phase1 struct {
	asked    *Prepare
	promises set
	found    log    // for each slot after asked.From-1, the value of the highest ballot reported
	floor    uint64 // every slot up to this one is chosen, according to the promises
	source   protocol.NodeID
}

// prepare is phase 1a, in a new ballot.
func (n *node) prepare(after Ballot) {
	n.seen = max(n.seen, n.hard.Round, n.hard.Ballot.Round)
	if n.bug.ballotReused && n.ballot == (Ballot{}) && n.hard.Ballot.Node == n.id {
		n.seen = n.hard.Ballot.Round - 1
	}
	n.ballot = Ballot{n.seen + 1, n.id}
	n.hard.Round = n.ballot.Round
	n.role, n.leader = proposer, ""
	n.resetTimer()
	n.point = max(n.point, pointPrepare)
	n.askFor(after)
}

// askFor asks for promises in this node's ballot, from the next open slot on.
func (n *node) askFor(after Ballot) {
	n.phase1 = phase1{
		asked: &Prepare{Ballot: n.ballot, From: n.chosen + 1, After: after},
		found: log{base: n.chosen}, floor: n.chosen,
	}
	n.sendAll(n.asked)
	n.tally()
}

// askAgain repeats unanswered requests.
func (n *node) askAgain() {
	for i := range n.peers {
		if p := &n.peers[i]; p.bit != 0 && n.promises&p.bit == 0 {
			n.send(p.id, n.asked)
		}
	}
}

// promise handles one answer to phase 1.
func (n *node) promise(from protocol.NodeID, m *Promise) {
	p := n.peer(from)
	if p == nil || n.role == acceptor || n.ready || m.Ballot != n.ballot || n.promises.size() >= n.quorum() {
		return
	}
	n.promises |= p.bit
	n.gather(from, m.Chosen, m.First, m.Entries)
	n.tally()
}

// gather keeps, for each slot, the value of the highest ballot (P2c).
func (n *node) gather(from protocol.NodeID, chosen, first uint64, entries []Entry) {
	if chosen > n.floor {
		n.floor, n.source = chosen, from
	}
	if n.bug.promiseMisplaced {
		first = n.asked.From
	}
	if n.bug.promisesIgnored && from != n.id {
		return
	}
	for i, e := range entries {
		slot := first + uint64(i)
		if e.empty() || slot <= n.found.base {
			continue
		}
		if have := n.found.at(slot); have.Ballot.less(e.Ballot) != n.bug.lowestPromisedValue || have.empty() {
			n.found.put(slot, e)
		}
	}
}

// tally continues once a majority has promised, its own acceptor last.
func (n *node) tally() {
	if n.promises&n.self == 0 && n.promises.size() >= n.quorum()-1 {
		n.hard.Ballot = n.ballot
		n.promises |= n.self
		first := max(n.asked.From, n.log.base+1)
		n.gather(n.id, n.chosen, first, n.log.copy(first, n.log.last()))
	}
	n.maybeLead()
}

// maybeLead begins phase 2 once a majority has promised and every slot they know to be chosen has
// been
// learned. Those slots are decided, and may be gone from the logs of the nodes that reported them.
func (n *node) maybeLead() {
	switch {
	case n.role == acceptor || n.ready || n.promises.size() < n.quorum():
	case n.chosen < n.floor:
		n.known, n.teacher = max(n.known, n.floor), n.source
		n.ask()
	case n.role == leader:
		n.goAhead()
	default:
		n.lead()
	}
}

// refused yields to a higher ballot.
func (n *node) refused(m *Refused) {
	n.seen = max(n.seen, m.Promised.Round)
	if n.role != acceptor && m.Ballot == n.ballot && n.ballot.less(m.Promised) {
		n.resign("")
		n.resetTimer()
	}
}

// transfer asks another node to take over. From then on the leader has no lease for the rest of the
// ballot, because the other node's Prepare can come at any time.
func (n *node) transfer(in protocol.Transfer) {
	switch {
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case in.To == n.id:
		n.done(in.ID, nil)
	case !slices.Contains(n.members(), in.To):
		n.reject(in.ID, n.id, "not a member")
	default:
		n.leaseLost = true
		n.done(in.ID, nil)
		n.send(in.To, &TakeOver{Ballot: n.ballot})
	}
}
