package zab

import "github.com/splitvote/splitvote/protocol"

// maybeSnapshot takes a snapshot and shortens the log once enough transactions have been applied.
func (n *node) maybeSnapshot() {
	covered := uint64(0)
	if n.snap != nil {
		covered = n.snap.Index
	}
	if n.applied < covered+n.snapshotEvery || n.applied > n.log.last() {
		return
	}
	if n.applied > n.log.base+n.diffWindow {
		n.log.compact(n.applied - n.diffWindow)
	}
	n.checkpoint(n.applied, n.log.zxid(n.applied), n.machine.Snapshot())
	n.point = max(n.point, pointSnapshot)
}

// checkpoint writes the node's whole state.
func (n *node) checkpoint(index uint64, zxid Zxid, snapshot []byte) {
	n.snap = &Checkpoint{
		Epochs: n.epochs, Index: index, Zxid: zxid, Snapshot: snapshot,
		Base: n.log.base, BaseZxid: n.log.baseZxid, Txns: n.log.from(n.log.base+1, len(n.log.txns)),
	}
	if n.bug.snapshotWithoutEpochs {
		n.snap.Epochs = Epochs{}
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: n.snap})
}

// restore replaces the node's state by a received snapshot. It reports false if the Machine cannot
// read
// the snapshot, which is then fetched again.
func (n *node) restore(s *Snap) bool {
	n.arrived = &Snap{Index: s.Index, Zxid: s.Zxid}
	if err := n.machine.Restore(s.Data); err != nil {
		return false
	}
	n.arrived = nil
	n.log.reset(s.Index, s.Zxid)
	n.commit, n.applied = s.Index, s.Index
	n.checkpoint(s.Index, s.Zxid, s.Data)
	n.point = max(n.point, pointInstall)
	return true
}
