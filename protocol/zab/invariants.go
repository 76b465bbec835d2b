package zab

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks Z1 to Z13 of the package's documentation. The cost of a check is proportional
// to
// what the Step changed.
type invariants struct {
	leaders   map[uint64]protocol.NodeID // the leader that established each epoch
	promises  map[uint64][]promise       // by epoch; the latest few only
	initial   map[uint64]place           // the end of each epoch's initial history
	newest    *node                      // leader of the highest epoch established so far, nil once it has restarted
	newestOf  uint64                     // its epoch
	txns      map[Zxid]held              // every transaction that any history has held
	origins   map[Origin]Zxid            // the transaction that each request became
	committed []committed                // by index-1
	led       uint64                     // the last index that any leader has committed
	snapshots []*Checkpoint              // the latest few, one per index
	views     map[protocol.NodeID]*view
}

// promise is a promise that was given, or at least recorded.
type promise struct{ from, to protocol.NodeID }

// epochsKept is the number of epochs for which promises are remembered. No older epoch is
// established.
const epochsKept = 64

// place is the position of a transaction in the history.
type place struct {
	index uint64
	zxid  Zxid
}

// held is a transaction's place, predecessor and content. If histories agree on these wherever they
// hold the same zxid, then by induction they agree on everything before it.
type held struct {
	index   uint64
	prev    Zxid
	command []byte
}

type committed struct {
	zxid    Zxid
	command []byte
}

// snapshotsKept is how many snapshots are remembered for comparison.
const snapshotsKept = 16

// view is a node's state after its previous Step.
type view struct {
	node    *node
	epochs  Epochs
	state   state
	phase   phase
	commit  uint64
	applied uint64
}

// NewInvariants returns a checker that watches one cluster.
func NewInvariants() protocol.Invariants {
	return &invariants{
		leaders: map[uint64]protocol.NodeID{}, promises: map[uint64][]promise{}, initial: map[uint64]place{},
		txns: map[Zxid]held{}, origins: map[Origin]Zxid{}, views: map[protocol.NodeID]*view{},
	}
}

// Restarted records what a node's disk has kept.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	v.views[id] = &view{node: n, epochs: n.epochs, state: n.state, phase: n.phase, commit: n.commit, applied: n.applied}
	if v.newest != nil && v.newest.id == id {
		v.newest = nil
	}
	if len(n.members) == 1 {
		// A lone member commits what it writes, and nobody else has seen what was not yet on its
		// disk.
		v.snapshots = slices.DeleteFunc(v.snapshots, func(c *Checkpoint) bool { return c.Index > n.log.last() })
		v.committed = v.committed[:min(uint64(len(v.committed)), n.log.last())]
		clear(v.txns)
		clear(v.origins)
	}
	if n.snap != nil {
		if err := v.snapshot(n, n.snap); err != nil {
			return err
		}
	}
	return v.history(n, n.log.base+1)
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n := core.(*node)
	s := v.views[id]
	if s == nil || s.node != n {
		// A node not seen before is at its start and has not done anything yet.
		s = &view{node: n}
		v.views[id] = s
	}
	if err := v.step(s, n, in, out); err != nil {
		return err
	}
	s.epochs, s.state, s.phase, s.commit, s.applied = n.epochs, n.state, n.phase, n.commit, n.applied
	return nil
}

func (v *invariants) step(s *view, n *node, in protocol.Input, out *protocol.Output) error {
	if n.commit < s.commit || n.applied != n.commit || n.commit > n.log.last() {
		return protocol.About(fmt.Errorf("Z6: %s went from commit %d to commit %d, applied %d with a history to %d",
			n.id, s.commit, n.commit, n.applied, n.log.last()),
			v.decided(min(n.commit, n.applied, n.log.last()), max(s.commit, n.commit),
				"is committed, and %s no longer has it", n.id)...)
	}
	for _, r := range out.Persist {
		if err := v.record(s, n, r.Data, out); err != nil {
			return err
		}
	}
	if n.epochs != s.epochs {
		if err := v.epochs(s, n); err != nil {
			return err
		}
	}
	if n.state == leading && n.phase == broadcast && (s.state != leading || s.phase != broadcast) {
		if err := v.established(n); err != nil {
			return err
		}
	}
	for i := range out.Apply {
		if err := v.apply(s, n, &out.Apply[i]); err != nil {
			return err
		}
	}
	if err := v.leadersFirst(s, n); err != nil {
		return err
	}
	if n.state == leading && n.commit > s.commit {
		if err := v.quorum(n); err != nil {
			return err
		}
	}
	switch in := in.(type) {
	case protocol.Receive:
		if n.state == leading {
			return v.acknowledged(n, in.Message.From)
		}
	case protocol.Propose:
		return answered(n, in, out)
	}
	return nil
}

// answered checks what a client is told at once: Z12.
func answered(n *node, in protocol.Propose, out *protocol.Output) error {
	for _, r := range out.Reply {
		if r.ID == in.ID && r.Outcome == protocol.Done && r.Position < in.Seen {
			return protocol.About(fmt.Errorf("Z12: %s answers from its state at %v, and the client has seen %v", n.id,
				Zxid(r.Position), Zxid(in.Seen)), protocol.Concerning(in.Command,
				"was answered as of %v by %s, and its client had seen %v", Zxid(r.Position), n.id, Zxid(in.Seen)))
		}
	}
	return nil
}

// epochs checks what a node has promised or entered: Z2, and Z10.
func (v *invariants) epochs(s *view, n *node) error {
	e := n.epochs
	if e.Accepted < s.epochs.Accepted || e.Current < s.epochs.Current || e.Current > e.Accepted ||
		e.Accepted == s.epochs.Accepted && s.epochs.To != "" && e.To != s.epochs.To {
		return fmt.Errorf("Z2: %s went from accepted %d to %q, current %d to accepted %d to %q, current %d", n.id,
			s.epochs.Accepted, s.epochs.To, s.epochs.Current, e.Accepted, e.To, e.Current)
	}
	if e.Accepted > s.epochs.Accepted {
		v.promises[e.Accepted] = append(v.promises[e.Accepted], promise{n.id, e.To})
		delete(v.promises, e.Accepted-epochsKept)
	}
	if e.Current == s.epochs.Current {
		return nil
	}
	if n.state == leading {
		v.initial[e.Current] = place{n.log.last(), n.log.lastZxid()}
		return nil
	}
	i, known := v.initial[e.Current]
	if known && i.index > n.log.base && n.log.zxid(i.index) != i.zxid {
		about := n.holds(i.index, "is what %s has at %d", n.id, i.index)
		return protocol.About(fmt.Errorf("Z10: %s entered epoch %d with a history to %d at %v, without %v at %d",
			n.id, e.Current, n.log.last(), n.log.lastZxid(), i.zxid, i.index), append(about,
			protocol.Concerning(v.txns[i.zxid].command,
				"is %v, the last of the initial history of epoch %d, and %s lacks it", i.zxid, e.Current, n.id))...)
	}
	return nil
}

// record checks one record that the node wrote in this Step.
func (v *invariants) record(s *view, n *node, data any, out *protocol.Output) error {
	switch r := data.(type) {
	case *Tail:
		if r.After < s.commit {
			return protocol.About(fmt.Errorf("Z6: %s replaced its history after %d, which is committed up to %d", n.id,
				r.After, s.commit), v.decided(r.After, s.commit, "is committed, and %s replaced it", n.id)...)
		}
		return v.history(n, r.After+1)
	case *Checkpoint:
		// installed in place of transactions; a node takes its own snapshot only after applying
		// some
		if len(out.Apply) == 0 {
			s.applied = max(s.applied, r.Index)
		}
		return v.snapshot(n, r)
	}
	return nil
}

// history compares the node's history, from index on, with what any other has held: Z3.
func (v *invariants) history(n *node, from uint64) error {
	for i := max(from, n.log.base+1); i <= n.log.last(); i++ {
		t, prev := n.log.at(i), n.log.zxid(i-1)
		if t.Zxid <= prev {
			return protocol.About(fmt.Errorf("Z3: %s holds %v at %d, after %v", n.id, t.Zxid, i, prev),
				protocol.Concerning(t.Command, "is %v, which %s holds after %v", t.Zxid, n.id, prev))
		}
		h, known := v.txns[t.Zxid]
		if !known {
			v.txns[t.Zxid] = held{i, prev, t.Command}
			if other, twice := v.origins[t.Origin]; twice {
				return protocol.About(fmt.Errorf("Z11: %s holds %v and %v of one request, number %d of %s", n.id, other,
					t.Zxid, t.Number, t.Node), protocol.Concerning(t.Command, "is both %v and %v", other, t.Zxid))
			}
			v.origins[t.Origin] = t.Zxid
			continue
		}
		if h.index != i || h.prev != prev || !bytes.Equal(h.command, t.Command) {
			return protocol.About(fmt.Errorf("Z3: %s holds %v at %d after %v; another history holds it, or "+
				"something else under its name, at %d after %v",
				n.id, t.Zxid, i, prev, h.index, h.prev),
				protocol.Concerning(t.Command, "is what %s holds as %v", n.id, t.Zxid),
				protocol.Concerning(h.command, "is what another history holds as %v", t.Zxid))
		}
	}
	return nil
}

// established checks a leader that begins to broadcast: Z1 and Z4.
func (v *invariants) established(n *node) error {
	if other, taken := v.leaders[n.epoch]; taken && other != n.id {
		return fmt.Errorf("Z1: %s and %s have both established epoch %d", other, n.id, n.epoch)
	}
	v.leaders[n.epoch] = n.id
	promises := 0
	for _, id := range n.members {
		if slices.Contains(v.promises[n.epoch], promise{id, n.id}) {
			promises++
		}
	}
	if promises <= len(n.members)/2 {
		return fmt.Errorf("Z1: %s established epoch %d with the promises of %d of %d members", n.id, n.epoch, promises,
			len(n.members))
	}
	if n.epoch >= v.newestOf {
		v.newest, v.newestOf = n, n.epoch
	}
	if n.log.last() < uint64(len(v.committed)) {
		return protocol.About(fmt.Errorf("Z4: %s established epoch %d with a history to %d, but %d is committed",
			n.id, n.epoch, n.log.last(), len(v.committed)),
			v.decided(n.log.last(), uint64(len(v.committed)),
				"is committed, and not in the history of %s, which leads epoch %d", n.id, n.epoch)...)
	}
	for i := n.log.base + 1; i <= uint64(len(v.committed)); i++ {
		if c := v.committed[i-1]; c.zxid != 0 && c.zxid != n.log.zxid(i) {
			return protocol.About(fmt.Errorf("Z4: %s established epoch %d with %v at %d, where %v is committed", n.id,
				n.epoch, n.log.zxid(i), i, c.zxid), protocol.Concerning(n.log.at(i).Command,
				"is %v, which %s has at %d", n.log.zxid(i), n.id, i),
				protocol.Concerning(c.command, "is %v, which is committed there", c.zxid))
		}
	}
	return nil
}

// apply compares one applied transaction with what other nodes applied at its place: Z5, and Z4 for
// transactions that come late.
func (v *invariants) apply(s *view, n *node, e *protocol.Entry) error {
	if e.Index != s.applied+1 {
		return protocol.About(fmt.Errorf("Z5: %s applied %d after %d", n.id, e.Index, s.applied),
			protocol.Concerning(e.Command, "is what %s applied at %d, after %d", n.id, e.Index, s.applied))
	}
	s.applied = e.Index
	for uint64(len(v.committed)) < e.Index {
		v.committed = append(v.committed, committed{})
	}
	zxid := n.log.zxid(e.Index)
	c := &v.committed[e.Index-1]
	switch {
	case zxid == 0: // applied and dropped in one Step: the DIFF window is smaller than a message
	case c.zxid == 0:
		*c = committed{zxid, e.Command}
		if l := v.newest; l != nil && l.state == leading && l.phase == broadcast && l.epoch == v.newestOf &&
			e.Index > l.log.base && l.log.zxid(e.Index) != zxid {
			about := l.holds(e.Index, "is what %s holds there", l.id)
			return protocol.About(fmt.Errorf("Z4: %s applied %v at %d, which %s, leader of epoch %d, does not hold",
				n.id, zxid, e.Index, l.id, v.newestOf), append(about,
				protocol.Concerning(e.Command, "is %v, which %s applied", zxid, n.id))...)
		}
	case c.zxid != zxid || !bytes.Equal(c.command, e.Command):
		return protocol.About(fmt.Errorf("Z5: %s applied %v at %d, another node %v", n.id, zxid, e.Index, c.zxid),
			protocol.Concerning(e.Command, "is %v, which %s applied at %d", zxid, n.id, e.Index),
			protocol.Concerning(c.command, "is %v, which another node applied at %d", c.zxid, e.Index))
	}
	return nil
}

// snapshot checks a snapshot that the node took, received, or found on its disk: Z8.
func (v *invariants) snapshot(n *node, c *Checkpoint) error {
	if i := c.Index; i <= uint64(len(v.committed)) && v.committed[i-1].zxid != 0 && v.committed[i-1].zxid != c.Zxid {
		return protocol.About(fmt.Errorf("Z8: %s has a snapshot at %v, but at %d %v is committed", n.id, c.Zxid, i,
			v.committed[i-1].zxid), v.decided(i-1, i, "is committed, and not what the snapshot of %s covers", n.id)...)
	}
	for _, k := range v.snapshots {
		if k.Index != c.Index {
			continue
		}
		if k.Zxid != c.Zxid || !bytes.Equal(k.Snapshot, c.Snapshot) {
			return protocol.About(fmt.Errorf("Z8: %s has a snapshot at %d that differs from another node's", n.id,
				c.Index), v.decided(c.Index-1, c.Index,
				"is the last that the snapshots cover, that of %s and the other", n.id)...)
		}
		return nil
	}
	if len(v.snapshots) == snapshotsKept {
		v.snapshots = slices.Delete(v.snapshots, 0, 1)
	}
	v.snapshots = append(v.snapshots, c)
	return nil
}

// leadersFirst checks Z13 for what a node has just applied. It compares places only, so it does not
// matter whether the transactions are still kept; Z5 checks that they are the same. A leader that
// commits in a Step and gives up in the same Step has still committed.
func (v *invariants) leadersFirst(s *view, n *node) error {
	if n.state == leading || s.state == leading {
		v.led = max(v.led, n.commit)
	}
	if n.commit > v.led {
		return protocol.About(fmt.Errorf("Z13: %s applied its history up to %d, and no leader has committed more "+
			"than %d of it", n.id, n.commit, v.led),
			v.decided(v.led, n.commit, "was applied by %s before any leader committed it", n.id)...)
	}
	return nil
}

// quorum counts the members that hold what a leader has just committed: Z7.
func (v *invariants) quorum(n *node) error {
	holders := 0
	for _, id := range n.members {
		if s := v.views[id]; s != nil && (n.commit <= s.node.log.base ||
			s.node.log.zxid(n.commit) == n.log.zxid(n.commit)) {
			holders++
		}
	}
	if holders <= len(n.members)/2 {
		return protocol.About(fmt.Errorf("Z7: %s committed %v, which %d of %d members hold", n.id, n.log.zxid(n.commit),
			holders, len(n.members)), n.holds(n.commit, "is what %s committed", n.id)...)
	}
	return nil
}

// acknowledged compares what a leader believes a follower to hold with what it holds: Z9.
func (v *invariants) acknowledged(n *node, from protocol.NodeID) error {
	p, other := n.peer(from), v.views[from]
	if p == nil || p.link == 0 || p.stage != entered || other == nil || other.node.epochs.Accepted != n.epoch {
		return nil
	}
	if f := other.node; p.match > f.log.last() ||
		p.match > f.log.base && p.match > n.log.base && f.log.zxid(p.match) != n.log.zxid(p.match) {
		about := n.holds(p.match, "is what %s believes %s to hold", n.id, from)
		return protocol.About(fmt.Errorf("Z9: %s believes that %s holds its history up to %d, but that one ends at "+
			"%d with %v",
			n.id, from, p.match, f.log.last(), f.log.lastZxid()),
			append(about, f.holds(p.match, "is what %s holds in its place", from)...)...)
	}
	return nil
}

// decided returns the commands that were applied after one index, up to another.
func (v *invariants) decided(after, to uint64, role string, args ...any) (about []protocol.Concern) {
	for i := after; i < min(to, uint64(len(v.committed))); i++ {
		about = append(about, protocol.Concerning(v.committed[i].command, role, args...))
	}
	return about
}

// holds returns the command in the node's history at an index, if there is one.
func (n *node) holds(index uint64, role string, args ...any) []protocol.Concern {
	if index <= n.log.base || index > n.log.last() {
		return nil
	}
	return []protocol.Concern{protocol.Concerning(n.log.at(index).Command, role, args...)}
}
