package zab

// The leader's side of discovery, synchronisation and broadcast (§4.1 to §4.3).

// window is how many transactions can be in flight to a follower.
const window = 256

// primary is a leader's state.
type primary struct {
	epoch   uint64 // that it leads; 0 before a quorum has reported its accepted epochs
	counter uint64 // of its latest proposal
	reading
}

// channel is a leader's record of a connected follower.
type channel struct {
	link      uint64 // 0: not connected
	accepted  uint64 // epoch that it had promised when it connected
	stage     stage
	heard     uint64 // the tick at which it was last heard
	round     uint64 // the latest round of pings that it answered
	syncing   uint64 // the Sync that is not answered yet
	requested uint64 // the latest Request that was proposed

	match uint64 // the last index known to be on its disk
	next  uint64 // the index to send next; ahead of match, because proposals are pipelined
	told  uint64 // next, as of the last NEWLEADER sent
	beat  uint64 // match, as of the latest round of pings
	back  uint64 // the index from which everything was last sent again
	trunc bool   // it must still drop what is after match
	snap  *Checkpoint
	off   int // of the next chunk of snap
}

// stage is a follower's progress on its channel.
type stage uint8

const (
	connected stage = iota // FOLLOWERINFO
	promised               // ACKEPOCH
	learning               // DIFF, TRUNC or SNAP in progress, then NEWLEADER
	entered                // has acknowledged NEWLEADER, and counts
)

// lead begins discovery.
func (n *node) lead() {
	n.primary = primary{}
	n.learner = learner{link: n.link + 2} // of its own requests
	if n.bug.recoverySkipped && n.log.last() > n.commit {
		n.write(n.commit, nil, pointTruncate)
	}
	for i := range n.peers {
		n.peers[i].channel = channel{}
	}
	n.discover()
}

// abandon ends the epoch.
func (n *node) abandon() {
	n.point = max(n.point, pointAbandon)
	n.dropRequests("no quorum", n.bug.rejectsWhatItWrote)
	n.dropQueries()
}

func (n *node) primaryTick() {
	if n.phase == discovery {
		if n.ticks > n.initLimit {
			n.look()
		}
		return
	}
	limit := n.syncLimit
	if n.bug.syncUnconfirmed {
		limit *= 3
	}
	alive := 1
	for i := range n.peers {
		if c := &n.peers[i].channel; c.stage >= promised && n.ticks-c.heard <= limit {
			alive++
		}
	}
	if alive < n.quorum() {
		n.look()
		return
	}
	if n.ticks%n.ping == 0 {
		n.pingAll()
		for i := range n.peers {
			n.repeat(&n.peers[i])
		}
	}
}

// answered reports whether a message belongs to this leader's channel with p, and if so records
// that p
// was heard.
func (n *node) answered(p *peer, c Channel) bool {
	if n.state != leading || n.epoch == 0 || c.Epoch != n.epoch || p.link != c.Link {
		return false
	}
	p.heard = n.ticks
	return true
}

// followerInfo handles a follower's connection. A follower that has promised a later epoch, or this
// one
// to another leader, cannot follow this leader. The leader then abandons its epoch, because
// otherwise
// it would lack that follower as long as it leads.
func (n *node) followerInfo(p *peer, b *FollowerInfo) {
	if p.link != b.Link {
		p.channel = channel{link: b.Link, accepted: b.Accepted, heard: n.ticks}
	}
	switch {
	case p.stage != connected:
	case n.epoch == 0:
		n.discover()
	case b.Accepted > n.epoch || b.Accepted == n.epoch && b.To != n.id:
		n.look()
	default:
		n.send(p.id, &LeaderInfo{Channel{p.link, n.epoch}})
	}
}

// discover proposes an epoch later than any that a quorum has accepted (step l.1.1 of Phase 1).
func (n *node) discover() {
	accepted, have := n.epochs.Accepted, 1
	for i := range n.peers {
		if p := &n.peers[i]; p.link != 0 {
			accepted = max(accepted, p.accepted)
			have++
		}
	}
	if have < n.quorum() {
		return
	}
	n.epoch = accepted + 1
	if n.bug.epochReused && accepted > 0 {
		n.epoch = accepted
	}
	n.setEpochs(Epochs{Accepted: n.epoch, To: n.id, Current: n.epochs.Current}, pointAcceptEpoch)
	for i := range n.peers {
		if p := &n.peers[i]; p.link != 0 {
			n.send(p.id, &LeaderInfo{Channel{p.link, n.epoch}})
		}
	}
	n.synchronise()
}

// ackEpoch handles a promise. The first quorum of promises shows whether this node's history is the
// most recent. If not, the node abandons the epoch, and the election finds the node that has it
// (Zab
// 1.0; the paper's leader fetches that history, step l.1.2).
func (n *node) ackEpoch(p *peer, b *AckEpoch) {
	if p.stage != connected {
		return
	}
	if n.phase == discovery && !n.bug.historyIgnored &&
		(b.Current > n.epochs.Current || b.Current == n.epochs.Current && b.Last > n.log.lastZxid()) {
		n.look()
		return
	}
	p.stage = promised
	n.teach(p, b.Last)
	if n.phase == discovery {
		n.synchronise()
	} else {
		n.feed(p)
	}
}

// synchronise ends discovery when a quorum has promised the epoch (§4.2).
func (n *node) synchronise() {
	if n.reached(promised) < n.quorum() {
		return
	}
	n.phase, n.ticks = synchronisation, 0
	n.enter()
	for i := range n.peers {
		p := &n.peers[i]
		p.heard = 0
		n.feed(p)
	}
	n.establish()
}

// reached counts the members at stage s or later, including the leader.
func (n *node) reached(s stage) int {
	count := 1
	for i := range n.peers {
		if p := &n.peers[i]; p.link != 0 && p.stage >= s {
			count++
		}
	}
	return count
}

// establish begins to broadcast once a quorum has entered the epoch (§4.3), which commits the
// initial
// history.
func (n *node) establish() {
	if n.phase != synchronisation || n.reached(entered) < n.quorum() && !n.bug.establishedAtOnce {
		return
	}
	n.phase = broadcast
	n.point = max(n.point, pointEstablish)
	n.commitTo(n.log.last())
	for i := range n.peers {
		if p := &n.peers[i]; p.stage == entered {
			n.sendUpToDate(p)
		}
	}
}

func (n *node) sendUpToDate(p *peer) {
	n.send(p.id, &UpToDate{n.channelTo(p), n.log.zxid(n.commit)})
}

func (n *node) channelTo(p *peer) Channel { return Channel{p.link, n.epoch} }

// full reports that the epoch's zxids are used up; a new epoch has new ones (ZOOKEEPER-1277).
func (n *node) full() bool { return n.counter == 1<<counterBits-1 }

// broadcast proposes a command. It counts as on the leader's disk at once: no message of this or a
// later Step leaves before it is durable (protocol.P2), so nobody can acknowledge it earlier.
func (n *node) broadcast(of Origin, command []byte) {
	n.counter++
	n.write(n.log.last(), []Txn{{makeZxid(n.epoch, n.counter), command, of}}, pointPropose)
	n.out.Unsynced = n.bug.leaderUnsynced
	for i := range n.peers {
		n.feed(&n.peers[i])
	}
	n.advance()
}

// ack records what p has, and that it has entered the epoch.
func (n *node) ack(p *peer, b *Ack) {
	n.matched(p, b.Last, true)
	if !b.NewLeader || p.stage != learning || p.trunc || p.snap != nil {
		return
	}
	p.stage = entered
	switch n.phase {
	case synchronisation:
		n.establish()
	case broadcast:
		n.sendUpToDate(p)
		n.advance()
		n.feed(p)
	}
}

func (n *node) pong(p *peer, b *Pong) {
	p.round = max(p.round, b.Round)
	n.matched(p, b.Last, false)
	if n.phase == broadcast && p.stage == entered && !b.Ready {
		n.sendUpToDate(p)
	}
	n.confirm()
}

// advance commits what a quorum has (step l.3.2).
func (n *node) advance() {
	if n.phase != broadcast {
		return
	}
	index := n.reachedBy(n.log.last(), func(p *peer) uint64 { return p.match })
	if n.bug.answersBeforeCommit {
		index = n.log.last()
	}
	if index <= n.commit {
		return
	}
	n.commitTo(index)
	for i := range n.peers {
		if p := &n.peers[i]; p.stage == entered && p.link != 0 {
			n.send(p.id, &Commit{n.channelTo(p), n.log.zxid(index)})
		}
	}
}
