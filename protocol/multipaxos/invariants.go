package multipaxos

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks M1 to M8 of the package's documentation. What it costs is proportional to what a Step changed.
type invariants struct {
	promised  map[Ballot]set // who has promised it
	begun     map[Ballot]int // in which life of its node phase 1 was begun
	heard     map[Ballot]int // in which life phase 1 was begun that somebody was asked to join
	places    []place        // by slot-1
	snapshots []*Checkpoint  // the latest few, one an index
	views     map[protocol.NodeID]*view
}

// place is what has happened in one slot.
type place struct {
	proposals []proposal // one a ballot; few slots have more than two
	chosen    bool       // somebody has learned its value,
	command   []byte     // which is this one,
	ballot    Ballot     // and a majority accepted it in this ballot
}

// proposal is a value that was proposed in some ballot.
type proposal struct {
	ballot  Ballot
	command []byte
	by      set // who has accepted it
	known   set // of those, whose acceptance somebody has heard of: it must be on their disks
}

// view is a node as it was after its previous Step.
type view struct {
	life    int
	hard    Promised
	role    role
	ballot  Ballot
	chosen  uint64
	applied uint64
	given   Ballot // the highest promise of its that somebody has heard of: it must be on its disk
}

const snapshotsKept = 16

// NewInvariants watches one cluster from its beginning.
func NewInvariants() protocol.Invariants {
	return &invariants{
		promised: map[Ballot]set{}, begun: map[Ballot]int{}, heard: map[Ballot]int{},
		views: map[protocol.NodeID]*view{},
	}
}

// Restarted looks at what the node's disk gave back.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	if len(n.members) == 1 {
		// A lone member chooses what it accepts, and nobody has seen what it had not yet on its disk.
		*v = *NewInvariants().(*invariants)
	}
	s := v.view(id)
	s.life++
	s.hard, s.role, s.ballot, s.chosen, s.applied = n.hard, n.role, n.ballot, n.chosen, n.chosen
	if n.hard.Ballot.less(s.given) {
		return fmt.Errorf("M3: %s came back with a promise of %v, but it had given one of %v", id, n.hard.Ballot, s.given)
	}
	if err := v.kept(n); err != nil {
		return err
	}
	if n.snap != nil {
		return v.snapshot(n, n.snap)
	}
	return nil
}

func (n *node) bit() set { return 1 << n.self }

func (v *invariants) view(id protocol.NodeID) *view {
	s := v.views[id]
	if s == nil {
		s = &view{}
		v.views[id] = s
	}
	return s
}

// After looks at what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n, s := core.(*node), v.view(id)
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
	if n.hard.Ballot != s.hard.Ballot {
		v.promised[n.hard.Ballot] |= n.bit()
	}
	if n.ballot != s.ballot {
		if life, before := v.heard[n.ballot]; before {
			return fmt.Errorf("M1: %s, in its life %d, begins ballot %v, which it has begun in life %d",
				n.id, s.life, n.ballot, life)
		}
		v.begun[n.ballot] = s.life
	}
	if n.role == leader && s.role != leader {
		if by := v.promised[n.ballot].size(); by <= len(n.members)/2 {
			return fmt.Errorf("M4: %s leads ballot %v, which %d of %d have promised", n.id, n.ballot, by, len(n.members))
		}
	}
	for _, r := range out.Persist {
		if err := v.record(s, n, in, r.Data); err != nil {
			return err
		}
	}
	if n.chosen < s.chosen {
		return fmt.Errorf("M6: %s knew all up to %d to be chosen, and now up to %d only", n.id, s.chosen, n.chosen)
	}
	for i := range out.Apply {
		if err := v.apply(s, n, &out.Apply[i]); err != nil {
			return err
		}
	}
	if s.applied != n.chosen {
		return fmt.Errorf("M6: %s has applied %d of %d that it knows to be chosen", n.id, s.applied, n.chosen)
	}
	return nil
}

// told notes what a message proves to be on its sender's disk (protocol.P2).
func (v *invariants) told(n *node, m *protocol.Message) {
	s := v.view(m.From)
	switch b := m.Body.(type) {
	case *Prepare:
		v.heard[b.Ballot] = v.begun[b.Ballot]
	case *Promise:
		if s.given.less(b.Ballot) {
			s.given = b.Ballot
		}
	case *Accepted:
		if b.Slot > uint64(len(v.places)) {
			return
		}
		if p := v.places[b.Slot-1].find(b.Ballot); p != nil {
			p.known |= p.by & (1 << slices.Index(n.members, m.From))
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
		if p.proposals[i].ballot == b {
			return &p.proposals[i]
		}
	}
	return nil
}

// record looks at one record that the node wrote in this Step.
func (v *invariants) record(s *view, n *node, in protocol.Input, data any) error {
	switch r := data.(type) {
	case *Slots:
		_, learned := body(in).(*Learned)
		for i, e := range r.Entries {
			if learned && (n.role != leader || e.Ballot != n.ballot) {
				continue // not accepted but chosen; unless that was what it waited for to begin phase 2
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

// body is that of the message received, nil if the input is none.
func body(in protocol.Input) any {
	r, _ := in.(protocol.Receive)
	return r.Message.Body
}

// accepted looks at a value that the node has accepted, or proposed and accepted.
func (v *invariants) accepted(s *view, n *node, slot uint64, e *Entry) error {
	if e.Ballot.less(s.hard.Ballot) {
		return fmt.Errorf("M3: %s accepted slot %d in %v, but had promised %v", n.id, slot, e.Ballot, s.hard.Ballot)
	}
	place := v.place(slot)
	p := place.find(e.Ballot)
	switch {
	case p != nil && !bytes.Equal(p.command, e.Command):
		return fmt.Errorf("M2: in slot %d and ballot %v two values were proposed", slot, e.Ballot)
	case place.chosen && place.ballot.less(e.Ballot) && !bytes.Equal(place.command, e.Command):
		return fmt.Errorf("M5: %s accepted in slot %d and ballot %v something else than was chosen", n.id, slot, e.Ballot)
	case p == nil:
		place.proposals = append(place.proposals, proposal{ballot: e.Ballot, command: e.Command})
		p = &place.proposals[len(place.proposals)-1]
	}
	p.by |= n.bit()
	return nil
}

// apply compares a value that the node has learned with what was accepted, and with what others have learned.
func (v *invariants) apply(s *view, n *node, e *protocol.Entry) error {
	if e.Index != s.applied+1 {
		return fmt.Errorf("M6: %s applied %d after %d", n.id, e.Index, s.applied)
	}
	s.applied = e.Index
	place := v.place(e.Index)
	if place.chosen {
		if !bytes.Equal(place.command, e.Command) {
			return fmt.Errorf("M6: %s learned another value of slot %d than others", n.id, e.Index)
		}
		return nil
	}
	for i := range place.proposals {
		p := &place.proposals[i]
		if p.by.size() > len(n.members)/2 && bytes.Equal(p.command, e.Command) &&
			(!place.chosen || p.ballot.less(place.ballot)) {
			place.chosen, place.command, place.ballot = true, e.Command, p.ballot
		}
	}
	if !place.chosen {
		return fmt.Errorf("M7: %s takes for chosen in slot %d what no majority has accepted", n.id, e.Index)
	}
	return nil
}

// kept compares the log that a node has come back with, or has kept after a snapshot, with what it has said to be in it.
func (v *invariants) kept(n *node) error {
	for i := n.chosen; i < uint64(len(v.places)); i++ {
		for _, p := range v.places[i].proposals {
			if p.known&n.bit() != 0 && n.log.at(i+1).Ballot.less(p.ballot) {
				return fmt.Errorf("M3: %s has forgotten that it accepted slot %d in %v", n.id, i+1, p.ballot)
			}
		}
	}
	return nil
}

// snapshot looks at a snapshot that the node took, was given, or found on its disk.
func (v *invariants) snapshot(n *node, c *Checkpoint) error {
	for _, k := range v.snapshots {
		if k.Index != c.Index {
			continue
		}
		if !bytes.Equal(k.Snapshot, c.Snapshot) {
			return fmt.Errorf("M8: %s has a snapshot at %d that differs from another node's", n.id, c.Index)
		}
		return nil
	}
	if len(v.snapshots) == snapshotsKept {
		v.snapshots = slices.Delete(v.snapshots, 0, 1)
	}
	v.snapshots = append(v.snapshots, c)
	return nil
}
