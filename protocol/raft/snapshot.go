package raft

import "github.com/splitvote/splitvote/protocol"

// Log compaction: §7 of the paper.

// maxLag limits, in multiples of snapshot-every, how far a leader lets its log grow while it sends
// a
// follower the previous snapshot. A new snapshot in that time would drop the entries after the
// previous one, and the follower would never catch up.
const maxLag = 8

// maybeSnapshot takes a snapshot and drops the log once enough entries have been applied.
func (n *node) maybeSnapshot() {
	since := n.applied - n.log.base
	if n.applied < n.log.base || since < n.snapshotEvery || n.applied > n.log.last() ||
		(since < maxLag*n.snapshotEvery && n.installing()) {
		return
	}
	members := 0
	for members+1 < len(n.configs) && n.configs[members+1].index <= n.applied {
		members++
	}
	n.configs = append(n.configs[:0], n.configs[members:]...)
	n.log.compact(n.applied)
	n.checkpoint(&Checkpoint{Index: n.applied, Members: n.configs[0].members, Snapshot: n.machine.Snapshot()})
	n.point = max(n.point, pointSnapshot)
}

// checkpoint writes c, completed with the hard state and the log after it.
func (n *node) checkpoint(c *Checkpoint) {
	c.Hard, c.Term = n.hard, n.log.baseTerm
	c.Entries = n.log.from(n.log.base+1, len(n.log.entries))
	n.snap = c
	if n.bug.snapshotWithoutHardState {
		c.Hard = HardState{}
	}
	if n.bug.snapshotWithoutData {
		early := *c
		early.Snapshot = nil
		n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: &early})
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: c})
}

// installing reports whether a snapshot is being sent to a follower that still responds.
func (n *node) installing() bool {
	if n.role != leader {
		return false
	}
	for i := range n.peers {
		if p := &n.peers[i]; p.snap != nil && n.ticks-p.heard <= n.election {
			return true
		}
	}
	return false
}

// startSnapshot sends p the first chunk of the latest snapshot, because the entries it needs are
// gone.
func (n *node) startSnapshot(p *peer) {
	p.snap, p.offset = n.snap, 0
	n.sendChunk(p)
}

func (n *node) sendChunk(p *peer) {
	s := p.snap
	end := min(len(s.Snapshot), p.offset+n.snapshotChunk)
	n.send(p.id, &Install{
		Term: n.hard.Term, Index: s.Index, LastTerm: s.Term, Members: s.Members, Round: n.round,
		Offset: p.offset, Data: s.Snapshot[p.offset:end:end], Done: end == len(s.Snapshot),
	})
}

// install is the follower's side. It gathers the chunks in order and restores the state once it has
// all of them.
func (n *node) install(from protocol.NodeID, c *Install) {
	if c.Index <= n.commit {
		n.send(from, &Installed{Term: n.hard.Term, Index: c.Index, Done: true, Round: c.Round})
		return
	}
	got := n.arrived
	if got == nil || got.Index != c.Index || got.Term != c.Term {
		got = &Install{Index: c.Index, Term: c.Term}
		n.arrived = got
	}
	if c.Offset == len(got.Data) || n.bug.chunkOutOfPlace {
		got.Data = append(got.Data, c.Data...)
		if c.Done && n.restore(c, got.Data) {
			n.send(from, &Installed{Term: n.hard.Term, Index: c.Index, Done: true, Round: c.Round})
			return
		}
	}
	n.send(from, &Installed{Term: n.hard.Term, Index: c.Index, Offset: len(n.arrived.Data), Round: c.Round})
}

// restore replaces the node's state by the snapshot. The log after the snapshot stays if it is
// known
// to continue it; otherwise all of it is dropped. restore reports false if the Machine cannot read
// the
// snapshot, which is then fetched again.
func (n *node) restore(c *Install, snapshot []byte) bool {
	n.arrived = &Install{Index: c.Index, Term: c.Term}
	if err := n.machine.Restore(snapshot); err != nil {
		return false
	}
	n.arrived = nil
	var rest []Entry
	if c.Index <= n.log.last() && (n.log.term(c.Index) == c.LastTerm || n.bug.installKeepsLog) {
		rest = n.log.from(c.Index+1, len(n.log.entries))
	}
	members := c.Members
	if n.bug.snapshotKeepsConfiguration {
		members = n.members()
	}
	if n.bug.snapshotLowersTerm {
		n.hard = HardState{Term: c.LastTerm}
	}
	n.adopt(&Checkpoint{Index: c.Index, Term: c.LastTerm, Members: members, Snapshot: snapshot, Entries: rest})
	n.configured()
	n.commit, n.applied = c.Index, c.Index
	n.checkpoint(n.snap)
	n.point = max(n.point, pointInstall)
	return true
}

// installed is the leader's side.
func (n *node) installed(p *peer, a *Installed) {
	if p.snap == nil || a.Index != p.snap.Index {
		return
	}
	if !a.Done {
		if a.Offset > p.offset && a.Offset <= len(p.snap.Snapshot) || a.Offset == 0 {
			p.offset = a.Offset
			n.sendChunk(p)
		}
		return
	}
	p.snap = nil
	p.next = max(p.match, a.Index) + 1
	p.probing = false
	n.matched(p, a.Index)
}
