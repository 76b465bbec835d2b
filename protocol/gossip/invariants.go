package gossip

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
)

// invariants checks G1 to G4 of the package's documentation, for the objects that a Step concerns.
type invariants struct {
	views map[protocol.NodeID]*view
	// the value, by stamp, of writes that another replica has heard of; no others are sure to last
	writes map[wrote][]byte
	calls  map[wrote][]byte // the command behind each register write
}

// wrote identifies a write of a register.
type wrote struct {
	key string
	at  Stamp
}

// view is a replica's state after its previous Step.
type view struct {
	node   *node
	states map[Name]State
	root   uint64
}

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{views: map[protocol.NodeID]*view{}, writes: map[wrote][]byte{}, calls: map[wrote][]byte{}}
}

// Restarted checks that the node's disk returned everything that others have heard from it.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	s := &view{node: n, states: make(map[Name]State, len(n.names)), root: n.root}
	v.views[id] = s
	for _, name := range n.names {
		s.states[name] = n.objects[name].state
	}
	for _, other := range n.members {
		o := v.views[other]
		if o == nil || other == id {
			continue
		}
		for _, name := range o.node.names {
			if err := v.own(id, o.states[name]); err != nil {
				return err
			}
		}
	}
	return nil
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n := core.(*node)
	s := v.views[id]
	if s == nil || s.node != n {
		s = &view{node: n, states: map[Name]State{}}
		v.views[id] = s
	}
	var err error
	switch in := in.(type) {
	case protocol.Propose:
		if c, bad := decode(in.Command); bad == nil {
			if err = proposed(s, c, out); err != nil {
				err = protocol.About(err, protocol.Concerning(in.Command, "is what %s was asked", id))
			}
			if r := s.states[Name{c.Object, c.Key}].Register; r != nil && c.F == "write" {
				v.calls[wrote{c.Key, r.Stamp}] = in.Command
			}
		}
	case protocol.Receive:
		if d, ok := in.Message.Body.(*Delta); ok && len(out.Persist) > 0 {
			err = v.received(s, d)
		}
	}
	if err == nil && s.root != n.root {
		err = fmt.Errorf("G1: %s changed what the step was not about", id)
	}
	if err != nil {
		*s = view{node: n, states: map[Name]State{}, root: n.root} // told once
	}
	return err
}

// take updates the object's state to the current one and returns both.
func (s *view) take(name Name) (before, now State) {
	before = s.states[name]
	o := s.node.objects[name]
	if o == nil {
		return before, before
	}
	now = o.state
	s.root ^= sumOf(before) ^ o.sum
	s.states[name] = now
	return before, now
}

func sumOf(s State) uint64 {
	if s.Object == "" {
		return 0
	}
	sum, _ := s.sum(nil)
	return sum
}

// proposed checks G1 and G2 for a client's call.
func proposed(s *view, c kv.Command, out *protocol.Output) error {
	name := Name{c.Object, c.Key}
	before, now := s.take(name)
	if sumOf(before) != 0 && sumOf(Join(before, now)) != sumOf(now) {
		return fmt.Errorf("G1: %s of %v at %s left %v of %v", c.F, name, s.node.id, now, before)
	}
	if len(out.Reply) == 0 || out.Reply[0].Outcome != protocol.Done || s.node.settings.wall {
		return nil
	}
	if r, err := kv.DecodeResult(out.Reply[0].Result); err != nil || !r.OK {
		return nil
	}
	seen := true
	switch c.Object + " " + c.F {
	case "register write":
		seen = now.Register != nil && now.Register.Node == s.node.id && bytes.Equal(now.Register.Value, c.Value)
	case "counter add":
		by, _ := strconv.ParseInt(string(c.Value), 10, 64) // it was added, so it is a number
		seen = now.Counter.value() == before.Counter.value()+by
	case "set add":
		seen = now.Set.contains(c.Value)
	case "set remove":
		seen = !now.Set.contains(c.Value)
	}
	if !seen {
		return fmt.Errorf("G2: %s has answered %s %s of %v and holds %v", s.node.id, c.F, c.Value, name, now)
	}
	return nil
}

// received checks G1, G3 and G4 for what another replica has told.
func (v *invariants) received(s *view, d *Delta) error {
	for _, heard := range d.States {
		before, now := s.take(heard.Name)
		want := heard
		if sumOf(before) != 0 {
			want = Join(before, heard)
		}
		if sumOf(want) != sumOf(now) {
			about := append(v.call(before, "is what %s held", s.node.id), v.call(heard, "is what it heard of")...)
			return protocol.About(fmt.Errorf("G1: %s held %v, heard %v and now holds %v", s.node.id, before, heard,
				now), about...)
		}
		if heard.Register != nil && !s.node.settings.wall {
			if err := v.named(heard); err != nil {
				return err
			}
		}
		for _, other := range s.node.members {
			if err := v.own(other, heard); err != nil {
				return err
			}
		}
	}
	return nil
}

// named checks G4 for the write that is a register's state.
func (v *invariants) named(s State) error {
	w := wrote{s.Key, s.Register.Stamp}
	value, known := v.writes[w]
	if !known {
		v.writes[w] = s.Register.Value
		return nil
	}
	if !bytes.Equal(value, s.Register.Value) {
		return protocol.About(fmt.Errorf("G4: %v was %s before", s, value), v.call(s, "is the write of this name")...)
	}
	return nil
}

// own checks G3: id itself knows its own part of what others know about an object.
func (v *invariants) own(id protocol.NodeID, known State) error {
	s := v.views[id]
	if s == nil {
		return nil
	}
	self := s.states[known.Name]
	behind := false
	switch {
	case known.Register != nil && !s.node.settings.wall:
		behind = known.Register.Node == id && (self.Register == nil || self.Register.compare(known.Register.Stamp) < 0)
	case known.Counter != nil:
		behind = self.Counter == nil && known.Counter.Up.of(id)+known.Counter.Down.of(id) > 0 || self.Counter != nil &&
			(self.Counter.Up.of(id) < known.Counter.Up.of(id) || self.Counter.Down.of(id) < known.Counter.Down.of(id))
	}
	for i := range known.Set {
		e := &known.Set[i]
		at, has := self.Set.find(e.Value)
		behind = behind || e.Added.of(id) > 0 && (!has || self.Set[at].Added.of(id) < e.Added.of(id))
	}
	if behind {
		about := append(v.call(known, "is what others know"), v.call(self, "is what %s itself knows", id)...)
		return protocol.About(fmt.Errorf("G3: others know %v, and %s itself %v", known, id, self), about...)
	}
	return nil
}

// call returns the command that wrote a register's state, if known.
func (v *invariants) call(s State, role string, args ...any) []protocol.Concern {
	if s.Register == nil {
		return nil
	}
	command, known := v.calls[wrote{s.Key, s.Register.Stamp}]
	if !known {
		return nil
	}
	return []protocol.Concern{protocol.Concerning(command, role, args...)}
}
