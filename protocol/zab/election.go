package zab

import "github.com/splitvote/splitvote/protocol"

// Fast leader election, as in ZooKeeper; the paper leaves the oracle open (§4). Only progress
// depends
// on it. Discovery checks that the elected node has the most recent history of a quorum.

// election is a node's state while it looks for a leader.
type election struct {
	round   uint64 // logical clock of elections
	vote    vote
	agreed  uint64 // ticks for which a quorum has agreed with vote
	said    bool   // the node has sent its vote since the latest tick
	voteDue bool   // and has a newer vote to send at the next
}

// vote names a node and describes its history.
type vote struct {
	leader protocol.NodeID
	epoch  uint64 // its current epoch
	zxid   Zxid   // the last of its history
}

// over reports whether v is better than w. It is a total order, so nodes that hear each other end
// with
// the same vote.
func (v vote) over(w vote) bool {
	switch {
	case v.epoch != w.epoch:
		return v.epoch > w.epoch
	case v.zxid != w.zxid:
		return v.zxid > w.zxid
	}
	return v.leader > w.leader
}

// better compares votes, subject to planted bugs.
func (n *node) better(v, w vote) bool {
	switch {
	case n.bug.votesNotOrdered:
		return v.epoch > w.epoch || v.epoch == w.epoch && v.zxid > w.zxid
	case n.bug.votesByName || n.bug.historyIgnored:
		return v.leader > w.leader
	}
	return v.over(w)
}

func (n *node) own() vote {
	return vote{n.id, n.epochs.Current, n.log.lastZxid()}
}

// look ends whatever the node was doing and begins an election.
func (n *node) look() {
	switch n.state {
	case leading:
		n.abandon()
	case following:
		n.leave()
	}
	n.state, n.phase, n.leader, n.ticks = looking, discovery, "", 0
	n.enterRound(n.round+1, n.own())
}

// enterRound enters a round and casts a vote.
func (n *node) enterRound(round uint64, v vote) {
	n.round, n.vote, n.agreed = round, v, 0
	for i := range n.peers {
		n.peers[i].ballot = Notification{}
	}
	n.broadcastVote()
}

// broadcastVote sends this node's vote to everybody: at once, or at the next tick if it has
// already done so since the latest one.
func (n *node) broadcastVote() {
	if n.voteDue = n.said; n.voteDue {
		return
	}
	n.said = true
	m := n.notification()
	for i := range n.peers {
		n.send(n.peers[i].id, m)
	}
}

func (n *node) notification() *Notification {
	return &Notification{Round: n.round, Leader: n.vote.leader, Zxid: n.vote.zxid, Epoch: n.vote.epoch, State: n.state}
}

func (n *node) electionTick() {
	n.said = false
	switch {
	case n.round == 0 || n.ticks%(4*n.initLimit) == 0:
		// At the start, and occasionally later, because the favourite may be gone.
		n.look()
		return
	case n.voteDue || n.ticks%n.ping == 0:
		n.broadcastVote()
	}
	if n.votesFor(n.vote.leader) < n.quorum() {
		n.agreed = 0
		return
	}
	if n.agreed++; n.agreed >= n.finalize {
		n.elect(n.vote.leader)
	}
}

// votesFor counts the votes for a node in this round, including this node's.
func (n *node) votesFor(leader protocol.NodeID) int {
	votes := 1
	for i := range n.peers {
		if b := &n.peers[i].ballot; b.Leader == leader && b.Round == n.round {
			votes++
		}
	}
	return votes
}

// notified handles another node's vote.
func (n *node) notified(p *peer, b *Notification) {
	if n.state != looking {
		if b.State == looking {
			n.send(p.id, n.notification())
		}
		return
	}
	v := vote{b.Leader, b.Epoch, b.Zxid}
	switch {
	case b.State != looking:
		p.ballot = *b
		n.joinElected(b)
		return
	case b.Round < n.round:
		n.send(p.id, n.notification()) // so that it enters this round
		return
	case b.Round > n.round:
		if own := n.own(); !n.better(v, own) {
			v = own
		}
		n.enterRound(b.Round, v)
	case n.better(v, n.vote):
		n.vote, n.agreed = v, 0
		n.broadcastVote()
	}
	p.ballot = *b
}

// joinElected follows a leader that others have elected. The leader says that it leads, and with
// this
// node it has a quorum.
func (n *node) joinElected(b *Notification) {
	l := n.peer(b.Leader)
	if l == nil || l.ballot.State != leading {
		return
	}
	with := 1
	for i := range n.peers {
		if v := &n.peers[i].ballot; v.Leader == b.Leader && v.State != looking {
			with++
		}
	}
	if with >= n.quorum() {
		n.round, n.vote = l.ballot.Round, vote{b.Leader, l.ballot.Epoch, l.ballot.Zxid}
		n.elect(b.Leader)
	}
}

// elect ends the election.
func (n *node) elect(leader protocol.NodeID) {
	n.point = max(n.point, pointElect)
	n.leader, n.phase, n.ticks = leader, discovery, 0
	if leader == n.id {
		n.state = leading
		n.lead()
	} else {
		n.state = following
		n.follow()
	}
}
