package zab

// The follower's side of discovery, synchronisation and broadcast (§4.1 to §4.3).

// learner is a follower's state towards its leader.
type learner struct {
	link    uint64 // of the channel to its leader; drawn at the first tick of a life, increased by two per channel
	silent  uint64 // ticks since the leader was heard on it
	arrived *Snap  // the snapshot chunks received so far, joined
	syncing
	requests

	unwritten []Tail // for a planted bug: from DIFF, and not on disk
}

// follow opens a channel to the leader.
func (n *node) follow() {
	link := n.link + 2 // odd, so it never becomes 0
	n.learner = learner{link: link}
	n.sendFollowerInfo()
}

// leave closes the channel.
func (n *node) leave() {
	n.writeDiff()
	n.dropRequests("lost the leader", n.bug.forwardRejected)
	n.dropReads()
	n.arrived = nil
}

// writeDiff writes what a planted bug has kept in memory.
func (n *node) writeDiff() {
	for i := range n.unwritten {
		n.persist(&n.unwritten[i])
	}
	n.unwritten = nil
}

func (n *node) sendFollowerInfo() {
	n.send(n.leader, &FollowerInfo{Link: n.link, Accepted: n.epochs.Accepted, To: n.epochs.To})
}

func (n *node) channel() Channel { return Channel{n.link, n.epochs.Accepted} }

func (n *node) learnerTick() {
	limit := n.syncLimit
	if n.phase == discovery {
		limit = n.initLimit
	}
	n.silent++
	switch {
	case n.silent > limit:
		n.look()
	case n.ticks%n.ping == 0 && n.phase == discovery:
		n.sendFollowerInfo()
	case n.ticks%n.ping == 0:
		n.repeatRequests()
		n.repeatSync()
	}
}

// heard reports whether a message on that channel is the leader's, and if so records that it was
// heard.
// A node listens only to the leader to which it promised its latest epoch.
func (n *node) heard(p *peer, c Channel) bool {
	if n.state != following || p.id != n.leader || c != n.channel() || n.epochs.To != n.leader {
		return false
	}
	n.silent = 0
	return true
}

// leaderInfo promises the new epoch, once (step f.1.1 of Phase 1). The promise names the leader, so
// that it can be repeated to that leader and to no other.
func (n *node) leaderInfo(b *LeaderInfo) {
	switch {
	case b.Epoch > n.epochs.Accepted:
		n.setEpochs(Epochs{Accepted: b.Epoch, To: n.leader, Current: n.epochs.Current}, pointAcceptEpoch)
	case b.Epoch < n.epochs.Accepted, n.epochs.To != n.leader:
		n.look()
		return
	}
	n.silent = 0
	n.send(n.leader, &AckEpoch{Channel: n.channel(), Current: n.epochs.Current, Last: n.log.lastZxid()})
}

// begin records the start of synchronisation and reports whether it is the first on this channel. A
// late TRUNC would otherwise take back what was acknowledged since.
func (n *node) begin() bool {
	if n.phase != discovery {
		return n.bug.truncAnyTime
	}
	n.phase = synchronisation
	if n.bug.epochBeforeTxns {
		n.enter()
	}
	return true
}

// diff appends what this node has missed.
func (n *node) diff(b *Diff) {
	n.begin()
	n.extend(b.Prev, b.Txns, pointDiff)
	n.out.Unsynced = n.bug.newLeaderUnsynced
	n.acknowledge(false)
}

// proposal appends a transaction of the epoch.
func (n *node) proposal(b *Proposal) {
	n.extend(b.Prev, []Txn{b.Txn}, pointLog)
	n.out.Unsynced = n.bug.proposalUnsynced
	n.acknowledge(false)
	if n.bug.commitsOnProposal && n.phase == broadcast {
		n.commitTo(n.log.last())
	}
}

// extend appends those transactions after prev that are new. If there is a gap it appends nothing;
// the
// leader resends what is missing.
func (n *node) extend(prev Zxid, txns []Txn, at point) {
	last := n.log.lastZxid()
	for len(txns) > 0 && prev < last {
		prev, txns = txns[0].Zxid, txns[1:]
	}
	if len(txns) > 0 && (prev == last || n.bug.gapUnnoticed) {
		n.write(n.log.last(), txns, at)
	}
}

// trunc drops what the leader does not have.
func (n *node) trunc(b *Trunc) {
	if n.begin() {
		if i, ok := n.log.position(b.To); ok && i < n.log.last() {
			n.write(i, nil, pointTruncate)
		}
	}
	n.acknowledge(false)
}

// install gathers the chunks of a snapshot in order and restores the state once it has all of them.
func (n *node) install(b *Snap) {
	n.begin()
	if n.snap != nil && b.Index <= n.snap.Index {
		n.send(n.leader, &SnapAck{Channel: n.channel(), Index: b.Index, Done: true})
		return
	}
	got := n.arrived
	if got == nil || got.Index != b.Index || got.Zxid != b.Zxid {
		got = &Snap{Index: b.Index, Zxid: b.Zxid}
		n.arrived = got
	}
	if b.Offset == len(got.Data) {
		got.Data = append(got.Data, b.Data...)
		if b.Done && n.restore(got) {
			n.send(n.leader, &SnapAck{Channel: n.channel(), Index: b.Index, Done: true})
			return
		}
	}
	n.send(n.leader, &SnapAck{Channel: n.channel(), Index: b.Index, Offset: len(n.arrived.Data)})
}

// newLeader enters the epoch once its whole initial history is on disk (step f.2.2 of Phase 2).
// Until
// then the node's current epoch is the previous one, because it must not win an election with half
// a
// history.
func (n *node) newLeader(b *NewLeader) {
	n.begin()
	complete := b.Last == n.log.lastZxid() || n.bug.newLeaderIncomplete
	if complete && n.epochs.Current != n.epochs.Accepted {
		n.enter()
		n.out.Unsynced = n.bug.newLeaderUnsynced
	}
	n.acknowledge(complete)
}

// enter makes the accepted epoch the current one.
func (n *node) enter() {
	e := n.epochs
	e.Current = e.Accepted
	n.setEpochs(e, pointEnterEpoch)
}

func (n *node) acknowledge(newLeader bool) {
	n.send(n.leader, &Ack{Channel: n.channel(), Last: n.log.lastZxid(), NewLeader: newLeader})
}

// upToDate allows the node to serve clients.
func (n *node) upToDate(b *UpToDate) {
	if n.epochs.Current != n.epochs.Accepted {
		return
	}
	n.writeDiff()
	n.phase = broadcast
	n.commitUpTo(b.Commit)
}

// commitUpTo commits the part of its leader's committed history that this node has.
func (n *node) commitUpTo(z Zxid) {
	if n.phase != broadcast {
		return
	}
	if i, ok := n.log.position(z); ok {
		n.commitTo(i)
	}
}

func (n *node) pinged(b *Ping) {
	n.commitUpTo(b.Commit)
	n.send(n.leader, &Pong{Channel: n.channel(), Round: b.Round, Last: n.log.lastZxid(), Ready: n.phase == broadcast})
}
