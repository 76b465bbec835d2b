package zab

// How a leader brings a follower's history in line with its own (§4.2; DIFF, TRUNC and SNAP of Zab
// 1.0), and keeps it so.

// teach finds where the follower's history, which ends with last, diverges from the leader's.
//
// A quorum established the epoch of last, so the epoch's initial history is a prefix of both
// histories.
// Each also has a prefix of the epoch itself. So both histories are the same up to the leader's
// latest
// transaction that is not after last.
func (n *node) teach(p *peer, last Zxid) {
	if n.bug.truncToSnapshot && n.snap != nil && last > n.snap.Zxid {
		p.match, p.next, p.trunc = n.snap.Index, n.snap.Index+1, true
		return
	}
	index, kept := n.log.position(last)
	if !kept {
		n.startSnap(p)
		return
	}
	p.match, p.next = index, index+1
	p.trunc = n.log.zxid(index) != last
}

// feed sends p everything that it is ready for.
func (n *node) feed(p *peer) {
	if p.link == 0 || p.stage < promised || n.phase == discovery {
		return
	}
	if p.stage == promised {
		p.stage = learning
		n.open(p)
	}
	if p.snap != nil || p.trunc {
		return // what follows waits for its acknowledgement
	}
	if p.next <= n.log.base {
		n.fallBehind(p)
		return
	}
	end := n.log.last()
	if n.bug.diffOfCommittedOnly && p.stage == learning {
		end = max(n.commit, p.match)
	}
	for p.next <= end && p.next <= p.match+window {
		prev := n.log.zxid(p.next - 1)
		if p.stage == entered {
			n.send(p.id, &Proposal{n.channelTo(p), prev, *n.log.at(p.next)})
			p.next++
			continue
		}
		txns := n.log.from(p.next, min(n.batch, int(end-p.next+1)))
		n.send(p.id, &Diff{n.channelTo(p), prev, txns})
		p.next += uint64(len(txns))
	}
	if p.stage == learning && p.next > end && p.told != p.next {
		p.told = p.next
		n.send(p.id, &NewLeader{n.channelTo(p), n.log.zxid(end)})
	}
}

// open sends the first message of synchronisation.
func (n *node) open(p *peer) {
	switch {
	case p.snap != nil:
		n.sendChunk(p)
	case p.trunc:
		n.send(p.id, &Trunc{n.channelTo(p), n.log.zxid(p.match)})
	case p.next > n.log.last():
		n.send(p.id, &Diff{Channel: n.channelTo(p), Prev: n.log.lastZxid()})
	}
}

// fallBehind handles a follower that needs transactions older than the log. If it is learning, it
// is
// sent a snapshot. If it had entered the epoch, the leader stops talking to it, and it will
// reconnect.
func (n *node) fallBehind(p *peer) {
	if p.stage == entered {
		p.channel = channel{}
		return
	}
	n.startSnap(p)
	n.sendChunk(p)
}

// repeat resends, with each round of pings, what p has not acknowledged since the previous round.
func (n *node) repeat(p *peer) {
	switch {
	case p.link == 0 || p.stage < learning:
	case p.snap != nil:
		n.sendChunk(p)
	case p.trunc:
		n.open(p)
	case p.match == p.beat && (p.next > p.match+1 || p.stage == learning):
		n.rewind(p)
	}
	p.beat = p.match
}

func (n *node) rewind(p *peer) {
	p.next, p.told = p.match+1, 0
	n.feed(p)
}

// matched records that p has the history up to last, and continues from there. If an
// acknowledgement
// brings nothing new, p has missed something, and everything after it is sent again, once.
func (n *node) matched(p *peer, last Zxid, acknowledged bool) {
	index, found := n.log.find(last)
	switch {
	case !found || p.snap != nil || p.stage < learning:
		return
	case p.trunc && index != p.match:
		return
	case p.trunc:
		p.trunc = false
	case index > p.match:
		p.match = index
		p.next = max(p.next, index+1)
		if p.stage == entered {
			n.advance()
		}
	case acknowledged && index == p.match && p.next > p.match+1 && p.back <= p.match:
		p.back = p.match + 1
		n.rewind(p)
		return
	}
	n.feed(p)
}

// startSnap begins to send p the latest snapshot.
func (n *node) startSnap(p *peer) {
	p.snap, p.off, p.trunc = n.snap, 0, false
}

func (n *node) sendChunk(p *peer) {
	s := p.snap
	end := min(len(s.Snapshot), p.off+n.snapshotChunk)
	n.send(p.id, &Snap{
		Channel: n.channelTo(p), Index: s.Index, Zxid: s.Zxid,
		Offset: p.off, Data: s.Snapshot[p.off:end:end], Done: end == len(s.Snapshot),
	})
}

func (n *node) snapAck(p *peer, b *SnapAck) {
	if p.snap == nil || b.Index != p.snap.Index {
		return
	}
	if b.Done {
		p.match, p.next = b.Index, b.Index+1
		p.snap = nil
		n.feed(p)
		return
	}
	if b.Offset != p.off && b.Offset <= len(p.snap.Snapshot) {
		p.off = b.Offset
		n.sendChunk(p)
	}
}

// reachedBy returns the highest value that a quorum has reached, counting the leader and the
// followers
// that have entered its epoch; self is the leader's value.
func (n *node) reachedBy(self uint64, of func(*peer) uint64) uint64 {
	values := append(n.scratch[:0], self)
	for i := range n.peers {
		v := uint64(0)
		if p := &n.peers[i]; p.link != 0 && p.stage == entered {
			v = of(p)
		}
		values = append(values, v)
	}
	n.scratch = values
	for i := 1; i < len(values); i++ { // insertion sort, highest first
		for j := i; j > 0 && values[j] > values[j-1]; j-- {
			values[j], values[j-1] = values[j-1], values[j]
		}
	}
	if n.bug.minorityCommits && len(values) > 2 {
		return values[n.quorum()-2]
	}
	return values[n.quorum()-1]
}
