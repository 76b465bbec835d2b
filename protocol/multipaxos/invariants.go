package multipaxos

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks M1 to M10 of the package's documentation. The cost of a check is proportional
// to
// what the Step changed.
type invariants struct {
	ids       []protocol.NodeID // all nodes seen; a set refers to their places here
	configs   []Configuration   // all configurations ever chosen
	promised  map[Ballot]set    // the nodes whose promises the proposer has, including its own
	begun     map[Ballot]int    // the life of the node in which it began phase 1
	heard     map[Ballot]int    // the same, for ballots that some node was asked to join
	places    []place           // by slot-1
	snapshots []*Checkpoint     // the latest few, one per index
	views     map[protocol.NodeID]*view
}

// place is the history of one slot.
type place struct {
	proposals []proposal // one per ballot; few slots have more than two
	chosen    bool       // somebody has learned the value,
	value     Entry      // which is this one, accepted by a majority in this ballot
}

// proposal is a value that was proposed in a ballot.
type proposal struct {
	value Entry
	by    set // the nodes that have accepted it
	known set // those whose acceptance another node has heard of, so it must be on their disks
}

// view is a node's state after its previous Step.
type view struct {
	life    int
	hard    Promised
	role    role
	ballot  Ballot
	chosen  uint64
	applied uint64
	given   Ballot // its highest promise that another node has heard of, so it must be on its disk
}

const snapshotsKept = 16

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{
		promised: map[Ballot]set{}, begun: map[Ballot]int{}, heard: map[Ballot]int{},
		views: map[protocol.NodeID]*view{},
	}
}

// Restarted checks what the node's disk returned.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	s := v.view(id)
	s.life++
	v.begin(n)
	v.forget(n)
	s.hard, s.role, s.ballot, s.chosen, s.applied = n.hard, n.role, n.ballot, n.chosen, n.chosen
	if n.hard.Ballot.less(s.given) {
		return fmt.Errorf("M3: %s came back with a promise of %v, but it had given one of %v", id, n.hard.Ballot,
			s.given)
	}
	if err := v.kept(n); err != nil {
		return err
	}
	if err := v.configured(n); err != nil {
		return err
	}
	if n.snap != nil {
		return v.snapshot(n, n.snap)
	}
	return nil
}

// begin takes the first configuration from the first node seen.
func (v *invariants) begin(n *node) {
	if v.configs == nil {
		v.configs = n.configs[:1:1]
	}
}

// forget drops what only n knew and lost in a crash. A lone member chooses what it accepts, and
// nobody
// else has seen what was not yet on its disk, or what it did alone after that.
func (v *invariants) forget(n *node) {
	for slot := n.log.last() + 1; slot <= uint64(len(v.places)); slot++ {
		if members := v.members(slot); len(members) != 1 || members[0] != n.id {
			continue
		}
		v.places = v.places[:slot-1]
		v.snapshots = slices.DeleteFunc(v.snapshots, func(c *Checkpoint) bool { return c.Index >= slot })
		v.configs = slices.DeleteFunc(v.configs, func(c Configuration) bool { return c.From >= slot+n.window })
	}
}

// members returns the members that decide a slot.
func (v *invariants) members(slot uint64) []protocol.NodeID {
	i := len(v.configs) - 1
	for v.configs[i].From > slot {
		i--
	}
	return v.configs[i].Members
}

// majority reports whether nodes include a majority of the members that decide a slot.
func (v *invariants) majority(nodes set, slot uint64) bool {
	members := v.members(slot)
	among := 0
	for _, id := range members {
		if nodes&v.bit(id) != 0 {
			among++
		}
	}
	return among > len(members)/2
}

// bit returns a node's place as a set.
func (v *invariants) bit(id protocol.NodeID) set {
	i := slices.Index(v.ids, id)
	if i < 0 {
		i = len(v.ids)
		v.ids = append(v.ids, id)
	}
	return 1 << i
}

func (v *invariants) view(id protocol.NodeID) *view {
	s := v.views[id]
	if s == nil {
		s = &view{}
		v.views[id] = s
	}
	return s
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n, s := core.(*node), v.view(id)
	v.begin(n)
	if err := v.step(s, n, in, out); err != nil {
		return err
	}
	s.hard, s.role, s.ballot, s.chosen = n.hard, n.role, n.ballot, n.chosen
	return nil
}

func (v *invariants) step(s *view, n *node, in protocol.Input, out *protocol.Output) error {
	if r, received := in.(protocol.Receive); received {
		v.told(n, &r.Message)
	}
	if n.hard.Ballot.less(s.hard.Ballot) {
		return fmt.Errorf("M3: %s went from a promise of %v back to %v", n.id, s.hard.Ballot, n.hard.Ballot)
	}
	if n.hard.Ballot != s.hard.Ballot && n.hard.Ballot == n.ballot {
		v.promised[n.ballot] |= v.bit(n.id)
	}
	if n.ballot != s.ballot {
		if life, before := v.heard[n.ballot]; before {
			return fmt.Errorf("M1: %s, in its life %d, begins ballot %v, which it has begun in life %d",
				n.id, s.life, n.ballot, life)
		}
		v.begun[n.ballot] = s.life
	}
	if n.role == leader && s.role != leader && n.ready && !v.majority(v.promised[n.ballot], n.asked.From) {
		return fmt.Errorf("M4: %s leads ballot %v, which no majority has promised", n.id, n.ballot)
	}
	for _, r := range out.Persist {
		if err := v.record(s, n, in, r.Data); err != nil {
			return err
		}
	}
	if n.chosen < s.chosen {
		return protocol.About(fmt.Errorf("M6: %s knew all up to %d to be chosen, and now up to %d only", n.id, s.chosen,
			n.chosen), v.decided(n.chosen, s.chosen, "is chosen, and %s knows it no longer", n.id)...)
	}
	for i := range out.Apply {
		if err := v.apply(s, n, &out.Apply[i]); err != nil {
			return err
		}
	}
	if s.applied != n.chosen {
		return fmt.Errorf("M6: %s has applied %d of %d that it knows to be chosen", n.id, s.applied, n.chosen)
	}
	if n.chosen != s.chosen {
		return v.configured(n)
	}
	return nil
}

// configured compares the node's members for the next slot with those that were chosen.
func (v *invariants) configured(n *node) error {
	if want := v.members(n.chosen + 1); !slices.Equal(n.members(), want) {
		return fmt.Errorf("M9: %s lets %v decide slot %d, which is for %v to decide", n.id, n.members(),
			n.chosen+1, want)
	}
	return nil
}

// told records what a message proves to be on its sender's disk (protocol.P2).
func (v *invariants) told(n *node, m *protocol.Message) {
	s := v.view(m.From)
	switch b := m.Body.(type) {
	case *Prepare:
		v.heard[b.Ballot] = v.begun[b.Ballot]
	case *Promise:
		if s.given.less(b.Ballot) {
			s.given = b.Ballot
		}
		v.promised[b.Ballot] |= v.bit(m.From)
	case *Accepted:
		if b.Slot > uint64(len(v.places)) {
			return
		}
		if p := v.places[b.Slot-1].find(b.Ballot); p != nil {
			p.known |= p.by & v.bit(m.From)
		}
	}
}

func (v *invariants) place(slot uint64) *place {
	for uint64(len(v.places)) < slot {
		v.places = append(v.places, place{})
	}
	return &v.places[slot-1]
}

func (p *place) find(b Ballot) *proposal {
	for i := range p.proposals {
		if p.proposals[i].value.Ballot == b {
			return &p.proposals[i]
		}
	}
	return nil
}

// record checks one record that the node wrote in this Step.
func (v *invariants) record(s *view, n *node, in protocol.Input, data any) error {
	switch r := data.(type) {
	case *Slots:
		_, learned := body(in).(*Learned)
		for i, e := range r.Entries {
			if learned && (n.role != leader || e.Ballot != n.ballot) {
				continue // chosen, not accepted, unless the node waited for it to begin phase 2
			}
			if err := v.accepted(s, n, r.First+uint64(i), &e); err != nil {
				return err
			}
		}
	case *Checkpoint:
		if r.Promised.Ballot.less(s.given) {
			return fmt.Errorf("M3: %s writes a checkpoint with a promise of %v, but it has given one of %v",
				n.id, r.Promised.Ballot, s.given)
		}
		if m, ok := body(in).(*Snapshot); ok && m.Index == r.Index {
			s.applied = max(s.applied, r.Index)
			if err := v.kept(n); err != nil {
				return err
			}
		}
		return v.snapshot(n, r)
	}
	return nil
}

// body returns the body of a received message, or nil for any other input.
func body(in protocol.Input) any {
	r, _ := in.(protocol.Receive)
	return r.Message.Body
}

// accepted checks a value that the node has accepted, or proposed and accepted.
func (v *invariants) accepted(s *view, n *node, slot uint64, e *Entry) error {
	if e.Ballot.less(s.hard.Ballot) {
		return protocol.About(fmt.Errorf("M3: %s accepted slot %d in %v, but had promised %v", n.id, slot, e.Ballot,
			s.hard.Ballot), protocol.Concerning(e.Command, "is what %s accepted in ballot %v", n.id, e.Ballot))
	}
	place := v.place(slot)
	p := place.find(e.Ballot)
	switch {
	case p != nil && !p.value.same(e):
		return protocol.About(fmt.Errorf("M2: in slot %d and ballot %v two values were proposed", slot, e.Ballot),
			protocol.Concerning(e.Command, "is what %s accepted in slot %d and ballot %v", n.id, slot, e.Ballot),
			protocol.Concerning(p.value.Command, "is what was accepted there before, in the same ballot"))
	case place.chosen && place.value.Ballot.less(e.Ballot) && !place.value.same(e):
		return protocol.About(fmt.Errorf("M5: %s accepted in slot %d and ballot %v something else than was chosen",
			n.id, slot, e.Ballot), protocol.Concerning(e.Command, "is what %s accepted in slot %d and ballot %v", n.id,
			slot, e.Ballot),
			protocol.Concerning(place.value.Command, "was chosen in slot %d and ballot %v", slot, place.value.Ballot))
	case p == nil:
		if err := v.proposed(n, slot, e); err != nil {
			return err
		}
		place.proposals = append(place.proposals, proposal{value: *e})
		p = &place.proposals[len(place.proposals)-1]
	}
	p.by |= v.bit(n.id)
	return nil
}

// proposed checks a value accepted for the first time in its ballot. By protocol.P2 the first
// acceptor
// is the proposer.
func (v *invariants) proposed(n *node, slot uint64, e *Entry) error {
	if n.ballot != e.Ballot || n.role != leader {
		return nil
	}
	if known := n.chosen + n.window; slot > known {
		return protocol.About(fmt.Errorf("M10: %s proposed in slot %d, and cannot know who decides slots after %d",
			n.id, slot, known), protocol.Concerning(e.Command, "is what %s proposed in slot %d", n.id, slot))
	}
	if !v.majority(v.promised[e.Ballot], slot) {
		return protocol.About(fmt.Errorf("M4: %s proposed in slot %d and ballot %v, without the promises of a "+
			"majority of %v",
			n.id, slot, e.Ballot, v.members(slot)), protocol.Concerning(e.Command, "is what %s proposed in slot %d",
			n.id, slot))
	}
	return nil
}

// apply compares a value that the node has learned with what was accepted and with what others have
// learned.
func (v *invariants) apply(s *view, n *node, e *protocol.Entry) error {
	if e.Index != s.applied+1 {
		return protocol.About(fmt.Errorf("M6: %s applied %d after %d", n.id, e.Index, s.applied),
			protocol.Concerning(e.Command, "is what %s applied of slot %d, after slot %d", n.id, e.Index, s.applied))
	}
	s.applied = e.Index
	place := v.place(e.Index)
	value := Entry{Command: e.Command, Change: changed(n, e.Index)}
	if place.chosen {
		if !place.value.same(&value) {
			return protocol.About(fmt.Errorf("M6: %s learned another value of slot %d than others", n.id, e.Index),
				protocol.Concerning(e.Command, "is what %s learned of slot %d", n.id, e.Index),
				protocol.Concerning(place.value.Command, "is what others learned of slot %d", e.Index))
		}
		return nil
	}
	for i := range place.proposals {
		p := &place.proposals[i]
		if v.majority(p.by, e.Index) && p.value.same(&value) &&
			(!place.chosen || p.value.Ballot.less(place.value.Ballot)) {
			place.chosen, place.value = true, p.value
		}
	}
	if !place.chosen {
		return protocol.About(fmt.Errorf("M7: %s takes for chosen in slot %d what no majority has accepted", n.id,
			e.Index), protocol.Concerning(e.Command, "is what %s takes for chosen in slot %d", n.id, e.Index))
	}
	latest := v.configs[len(v.configs)-1].Members
	if members := value.Change.of(latest); value.Change != (Change{}) && len(members) != len(latest) {
		v.configs = append(v.configs, Configuration{e.Index + n.window, members})
	}
	return nil
}

// changed returns the change in a slot that a node has just applied, the zero Change for any other
// value.
func changed(n *node, slot uint64) Change {
	for _, d := range n.decided {
		if d.slot == slot {
			return d.change
		}
	}
	return Change{}
}

// kept compares the log after a restart or a snapshot with what the node has told others.
func (v *invariants) kept(n *node) error {
	for i := n.chosen; i < uint64(len(v.places)); i++ {
		for _, p := range v.places[i].proposals {
			if p.known&v.bit(n.id) != 0 && n.log.at(i+1).Ballot.less(p.value.Ballot) {
				return protocol.About(fmt.Errorf("M3: %s has forgotten that it accepted slot %d in %v", n.id, i+1,
					p.value.Ballot), protocol.Concerning(p.value.Command,
					"is what %s accepted in slot %d and ballot %v", n.id, i+1, p.value.Ballot))
			}
		}
	}
	return nil
}

// snapshot checks a snapshot that the node took, received, or found on its disk.
func (v *invariants) snapshot(n *node, c *Checkpoint) error {
	for _, k := range v.snapshots {
		if k.Index != c.Index {
			continue
		}
		same := func(a, b Configuration) bool { return a.From == b.From && slices.Equal(a.Members, b.Members) }
		if !bytes.Equal(k.Snapshot, c.Snapshot) || !slices.EqualFunc(k.Configs, c.Configs, same) {
			return protocol.About(fmt.Errorf("M8: %s has a snapshot at %d that differs from another node's", n.id,
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

// decided returns the commands chosen after one slot, up to another.
func (v *invariants) decided(after, to uint64, role string, args ...any) (about []protocol.Concern) {
	for i := after; i < min(to, uint64(len(v.places))); i++ {
		about = append(about, protocol.Concerning(v.places[i].value.Command, role, args...))
	}
	return about
}
