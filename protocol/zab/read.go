package zab

import "github.com/splitvote/splitvote/protocol/fifo"

// Synced reads. A leader answers a read once a quorum has answered a round of pings that began
// after
// the read arrived. None of them had promised a later epoch by then, so nothing was committed
// elsewhere
// before. A follower sends SYNC to its leader, which determines in the same way how far the history
// is
// committed. The follower answers when it has applied that much.

// syncing is a follower's state for its reads.
type syncing struct {
	number  uint64            // of the latest Sync
	pending bool              // whether its answer is outstanding
	gather  fifo.Queue[query] // reads that the next Sync will cover
	sent    fifo.Queue[query] // reads that the latest Sync covers
	known   fifo.Queue[query] // reads that wait for their zxid to be applied
}

// query is a waiting read.
type query struct {
	id      uint64
	command []byte
	upTo    Zxid // on a follower: the zxid to apply first
	round   uint64
	// On a leader: the follower whose Sync this is.
	of     *peer
	link   uint64
	number uint64
}

// reading is a leader's state for its own and its followers' reads, with the rounds of pings that
// confirm them.
type reading struct {
	pings     uint64            // the latest round
	confirmed uint64            // the latest round that a quorum has answered
	waiting   fifo.Queue[query] // oldest first; round 0 means a round has yet to begin
	scratch   []uint64
}

// askSync handles a follower's read.
func (n *node) askSync(id uint64, command []byte) {
	n.gather.Push(query{id: id, command: command})
	n.nextSync()
}

// nextSync sends one Sync for all reads that came since the last one.
func (n *node) nextSync() {
	if n.pending || n.gather.Len() == 0 {
		return
	}
	n.gather, n.sent = n.sent, n.gather
	n.number++
	n.pending = true
	n.repeatSync()
}

func (n *node) repeatSync() {
	if n.pending {
		n.send(n.leader, &Sync{n.channel(), n.number})
	}
}

func (n *node) synced(b *Synced) {
	if !n.pending || b.Number != n.number {
		return
	}
	n.pending = false
	for n.sent.Len() > 0 {
		q := n.sent.Pop()
		q.upTo = b.Commit
		n.known.Push(q)
	}
	n.commitUpTo(b.Commit)
	n.answerReads()
	n.nextSync()
}

// answerReads answers a follower's reads whose zxid has been applied.
func (n *node) answerReads() {
	for n.known.Len() > 0 && (n.known.Front().upTo <= n.log.zxid(n.applied) || n.bug.syncNotAwaited) {
		q := n.known.Pop()
		n.done(q.id, n.machine.Query(q.command))
	}
}

// dropReads answers the reads of a follower that has lost its leader.
func (n *node) dropReads() {
	for _, reads := range []*fifo.Queue[query]{&n.known, &n.sent, &n.gather} {
		for reads.Len() > 0 {
			n.reject(reads.Pop().id, "", "lost the leader")
		}
	}
	n.pending = false
}

// read handles a leader's read.
func (n *node) read(id uint64, command []byte) {
	n.ask(query{id: id, command: command})
}

// sync handles a follower's Sync.
func (n *node) sync(p *peer, b *Sync) {
	if n.phase != broadcast || p.stage != entered || p.syncing == b.Number {
		return
	}
	p.syncing = b.Number
	n.ask(query{of: p, link: p.link, number: b.Number})
}

func (n *node) ask(q query) {
	if n.bug.syncUnconfirmed {
		n.answer(q)
		return
	}
	n.waiting.Push(q)
	n.startReads()
}

// startReads begins a round of pings for the waiting reads. While an earlier round is unconfirmed,
// new
// reads gather, so that one round serves many.
func (n *node) startReads() {
	if n.waiting.Len() > 0 && n.waiting.Front().round == 0 {
		n.pingAll()
	}
}

// pingAll begins a round of pings.
func (n *node) pingAll() {
	n.pings++
	waiting := n.waiting.All()
	for i := len(waiting) - 1; i >= 0 && waiting[i].round == 0; i-- {
		waiting[i].round = n.pings
	}
	for i := range n.peers {
		if p := &n.peers[i]; p.link != 0 && p.stage >= promised {
			n.send(p.id, &Ping{n.channelTo(p), n.pings, n.log.zxid(n.commit)})
		}
	}
	n.confirm()
}

// confirm answers the reads whose round a quorum has answered.
func (n *node) confirm() {
	round := n.reachedBy(n.pings, func(p *peer) uint64 { return p.round })
	if n.phase != broadcast || round <= n.confirmed {
		return
	}
	n.confirmed = round
	for n.waiting.Len() > 0 && n.waiting.Front().round != 0 && n.waiting.Front().round <= round {
		n.answer(n.waiting.Pop())
	}
	n.startReads()
}

// answer answers a read that is confirmed.
func (n *node) answer(q query) {
	switch {
	case q.of == nil:
		n.done(q.id, n.machine.Query(q.command))
	case q.of.link == q.link:
		q.of.syncing = 0
		n.send(q.of.id, &Synced{n.channelTo(q.of), q.number, n.log.zxid(n.commit)})
	}
}

// dropQueries answers the reads of a leader that abandons its epoch.
func (n *node) dropQueries() {
	for n.waiting.Len() > 0 {
		if q := n.waiting.Pop(); q.of == nil {
			n.reject(q.id, "", "no quorum")
		}
	}
}
