package raft

import "github.com/splitvote/splitvote/protocol"

// Log replication: §5.3 and §5.4.2 of the paper.

// window is how many full messages can be in flight to a peer.
const window = 64

// peer is a node's record of another member. Only a leader uses more than id, voter and ballot.
type peer struct {
	id     protocol.NodeID
	voter  bool // a member; if false, it is joining
	ballot ballot

	match uint64 // the highest entry known to be on its disk
	next  uint64 // the entry to send next; ahead of match, because appends are pipelined
	round uint64 // the latest round of heartbeats that it answered
	heard uint64 // the tick at which it was last heard
	// While probing, next is a guess. One empty Append goes out at a time, and again with each
	// heartbeat.
	probing, probed bool
	// A snapshot in flight, of which the peer has the first offset bytes; nil if none.
	snap   *Checkpoint
	offset int
}

// propose handles a client's request.
func (n *node) propose(in protocol.Propose) {
	switch {
	case in.ReadOnly && n.reads == readLocal:
		n.done(in.ID, n.machine.Query(in.Command))
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case in.ReadOnly && n.reads != readLog:
		n.read(in.ID, in.Command)
	case n.transferring.to != "":
		n.reject(in.ID, n.transferring.to, "transferring leadership")
	case in.ReadOnly:
		n.proposals.Push(proposal{index: n.log.last() + 1, id: in.ID, query: in.Command, kind: proposesRead})
		n.replicate(Entry{Term: n.hard.Term}, pointPropose)
	case len(in.Command) == 0:
		n.reject(in.ID, n.id, "empty command")
	default:
		n.proposals.Push(proposal{index: n.log.last() + 1, id: in.ID})
		n.replicate(Entry{Term: n.hard.Term, Command: in.Command}, pointPropose)
	}
}

// replicate adds one entry to the leader's log and sends it to the peers that are ready.
func (n *node) replicate(e Entry, at point) {
	n.point = max(n.point, at)
	n.write(e)
	for i := range n.peers {
		n.sendAll(&n.peers[i])
	}
	n.advance()
}

// write adds one entry to the leader's log. It counts as on the leader's disk at once: no message
// of
// this or a later Step leaves before it is durable (protocol.P2), so nobody can acknowledge it
// earlier.
func (n *node) write(e Entry) {
	first := n.log.last() + 1
	n.log.append(e)
	n.persist(&Entries{First: first, Entries: n.log.from(first, 1)})
	if e.Members != nil {
		n.configs = append(n.configs, configuration{first, e.Members})
		n.configured()
	}
}

// sendAll sends p everything that it is ready for.
func (n *node) sendAll(p *peer) {
	for n.sendAppend(p, false) {
	}
}

// sendAppend sends p the next message and reports whether it had entries. An empty Append is sent
// only
// as a heartbeat or a probe.
func (n *node) sendAppend(p *peer, heartbeat bool) bool {
	if p.snap != nil {
		if heartbeat {
			n.sendChunk(p)
		}
		return false
	}
	if p.next <= n.log.base {
		n.startSnapshot(p)
		return false
	}
	if p.probing && p.probed && !heartbeat {
		return false
	}
	room := n.batch
	if p.probing || p.next > p.match+window*uint64(n.batch) {
		room = 0
	}
	entries := n.log.from(p.next, room)
	if len(entries) == 0 && !heartbeat && !p.probing {
		return false
	}
	n.send(p.id, &Append{
		Term: n.hard.Term, Prev: p.next - 1, PrevTerm: n.log.term(p.next - 1), Entries: entries,
		Commit: n.commit, Round: n.round,
	})
	p.probed = true
	p.next += uint64(len(entries))
	return len(entries) > 0
}

// append is the follower's side. The sender is known to lead the current term.
func (n *node) append(from protocol.NodeID, a *Append) {
	prev, prevTerm, entries := a.Prev, a.PrevTerm, a.Entries
	if prev < n.log.base && n.bug.prevZeroAppends && prev == 0 {
		prev, prevTerm = n.log.last(), n.log.lastTerm()
	}
	if prev < n.log.base {
		// A snapshot covers committed entries only, so these are the same on both nodes.
		known := min(n.log.base-prev, uint64(len(entries)))
		entries = entries[known:]
		if prev += known; prev < n.log.base {
			n.send(from, &Appended{Term: n.hard.Term, Index: prev, Round: a.Round})
			return
		}
		prevTerm = n.log.baseTerm
	}
	if prev > n.log.last() || n.log.term(prev) != prevTerm {
		n.send(from, n.conflict(a))
		return
	}
	matched := prev + uint64(len(entries))
	if n.bug.appendAlwaysTruncates && prev < n.log.last() {
		n.truncateTo(prev + 1)
		n.persist(&Entries{First: prev + 1})
	}
	for i := range entries {
		index := prev + 1 + uint64(i)
		if index <= n.log.last() && n.log.term(index) == entries[i].Term {
			continue
		}
		n.point = max(n.point, pointAppend)
		if index <= n.log.last() {
			n.point = max(n.point, pointTruncate)
		}
		n.truncateTo(index)
		n.extend(entries[i:])
		n.persist(&Entries{First: index, Entries: n.log.from(index, len(entries))})
		n.out.Unsynced = n.bug.followerUnsynced
		break
	}
	commit := min(a.Commit, matched)
	if n.bug.commitBeyondMatch {
		commit = a.Commit
	}
	if n.bug.commitFalls && commit < n.commit && commit >= n.log.base {
		n.commit, n.applied = commit, commit
	}
	n.commitTo(commit)
	n.send(from, &Appended{Term: n.hard.Term, Index: matched, Round: a.Round})
}

// conflict refuses a and tells the leader how far to go back (end of §5.3).
func (n *node) conflict(a *Append) *Appended {
	no := &Appended{Term: n.hard.Term, Index: a.Prev, Round: a.Round, Reject: true}
	if a.Prev > n.log.last() {
		no.Conflict = n.log.last() + 1
	} else {
		no.Conflict, no.ConflictTerm = n.log.firstOfTerm(a.Prev), n.log.term(a.Prev)
	}
	return no
}

// appended is the leader's side.
func (n *node) appended(p *peer, a *Appended) {
	if a.Reject {
		n.backOff(p, a)
		return
	}
	if a.Index > n.log.last() {
		return
	}
	if p.snap != nil && a.Index >= p.snap.Index {
		p.snap = nil
	}
	if p.probing && p.snap == nil && a.Index+1 >= p.next {
		p.probing = false
	}
	p.next = max(p.next, a.Index+1)
	if n.bug.matchIsLastSent {
		n.matched(p, p.next-1)
		return
	}
	n.matched(p, a.Index)
}

// matched records that p has the log up to index, and continues from there.
func (n *node) matched(p *peer, index uint64) {
	further := index > p.match || n.bug.matchFalls
	if further {
		p.match = index
		n.advance()
	}
	if n.role != leader {
		return
	}
	n.sendAll(p)
	if further && p.id == n.transferring.to {
		n.handOver()
	}
	if further && n.joining != nil && p.id == n.joining.node {
		n.caughtUp(p)
	}
}

// backOff finds an earlier place to continue from, unless the refusal is stale.
func (n *node) backOff(p *peer, a *Appended) {
	if n.bug.refusalIgnored || p.snap != nil || a.Index <= p.match || (p.probing && a.Index != p.next-1) {
		return
	}
	next := a.Conflict
	if a.ConflictTerm != 0 {
		if last := n.log.lastOfTerm(a.ConflictTerm, a.Index); last != 0 {
			next = last + 1
		}
	}
	p.next = max(p.match+1, min(next, a.Index))
	p.probing, p.probed = true, false
	n.sendAll(p)
}

// advance commits what a majority holds, if it is of this term (§5.4.2). Earlier entries are
// committed
// with it.
func (n *node) advance() {
	index := n.agreed(n.log.last(), peerMatch)
	if n.bug.answersBeforeCommit {
		index = n.log.last()
	}
	if index <= n.commit || (n.log.term(index) != n.hard.Term && !n.bug.commitOldTerm) {
		return
	}
	if n.bug.commitStopsAtOlderTerm && n.log.term(n.commit+1) != n.hard.Term {
		return
	}
	n.commitTo(index)
	n.startReads()
}

// commitTo applies every entry up to index.
func (n *node) commitTo(index uint64) {
	index = min(index, n.log.last())
	if index <= n.commit {
		return
	}
	n.commit = index
	n.point = max(n.point, pointCommit)
	for n.applied < n.commit {
		n.applied++
		n.apply(n.applied)
	}
}

// apply passes one committed entry to the Machine and answers its proposer.
func (n *node) apply(index uint64) {
	e := n.log.at(index)
	var result []byte
	if len(e.Command) > 0 && !(n.bug.followerNeverApplies && n.role != leader) {
		result = n.machine.Apply(e.Command)
	}
	n.out.Apply = append(n.out.Apply, protocol.Entry{Index: index, Term: e.Term, Command: e.Command})
	if n.proposals.Len() > 0 && n.proposals.Front().index == index {
		p := n.proposals.Pop()
		if p.kind == proposesRead {
			result = n.machine.Query(p.query)
		}
		n.done(p.id, result)
	}
	if e.Members != nil {
		n.reconfigured()
	}
}

// agreed returns the highest value that a majority of the members has reached; self is this node's
// value.
func (n *node) agreed(self uint64, of func(*peer) uint64) uint64 {
	values := n.scratch[:0]
	if n.voter {
		values = append(values, self)
	}
	for i := range n.peers {
		if n.peers[i].voter || n.bug.learnerCounts {
			values = append(values, of(&n.peers[i]))
		}
	}
	n.scratch = values
	for i := 1; i < len(values); i++ { // insertion sort, highest first
		for j := i; j > 0 && values[j] > values[j-1]; j-- {
			values[j], values[j-1] = values[j-1], values[j]
		}
	}
	return values[n.quorum()-1]
}

// quorum returns the size of a majority.
func (n *node) quorum() int {
	if n.bug.halfIsAMajority {
		return (len(n.members()) + 1) / 2
	}
	return len(n.members())/2 + 1
}

func peerMatch(p *peer) uint64 { return p.match }
func peerRound(p *peer) uint64 { return p.round }
func peerHeard(p *peer) uint64 { return p.heard }
