package abd

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks A1 to A5 of the package's documentation. The cost of a check is proportional to
// what the Step changed.
type invariants struct {
	nodes    map[protocol.NodeID]*node
	written  map[place]writing           // every tag ever chosen
	answered map[string]Tag              // by key: the highest tag of an answered operation
	floors   map[*operation]Tag          // of operations in progress: answered, as of their start
	replicas map[protocol.NodeID]tallies // what each replica held after its previous Step
	lives    map[protocol.NodeID]uint64  // the latest life of each node that another has heard of
}

type tallies map[string]Tag // by key

// place is a tag of a key.
type place struct {
	key string
	tag Tag
}

// writing is the origin of a tag.
type writing struct {
	by    *operation
	value []byte
}

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{
		nodes: map[protocol.NodeID]*node{}, written: map[place]writing{}, answered: map[string]Tag{},
		floors: map[*operation]Tag{}, replicas: map[protocol.NodeID]tallies{}, lives: map[protocol.NodeID]uint64{},
	}
}

// Restarted checks everything that the node's disk returned.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	v.nodes[id] = n
	if n.life <= v.lives[id] {
		return fmt.Errorf("A5: %s begins life %d, and others have heard of its life %d", id, n.life, v.lives[id])
	}
	t := tallies{}
	for key, h := range n.held {
		t[key] = h.tag
	}
	v.replicas[id] = t
	// Nobody has seen the tags that were not yet on the node's disk; it may choose them again.
	maps.DeleteFunc(v.written, func(at place, _ writing) bool { return at.tag.Node == id && t[at.key].less(at.tag) })
	if len(n.members) == 1 {
		// A lone member answers what it writes, and nobody has seen the answers that waited for its
		// disk.
		v.answered = maps.Clone(t)
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(v.answered)) {
		if err := v.majority(n, key, v.answered[key]); err != nil {
			return err
		}
	}
	return nil
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n := core.(*node)
	v.nodes[id] = n
	if r, ok := in.(protocol.Receive); ok {
		v.heard(&r.Message)
	}
	for i, o := range n.moved {
		if slices.Contains(n.moved[:i], o) {
			continue
		}
		if err := v.moved(n, o); err != nil {
			return err
		}
	}
	for _, r := range out.Persist {
		if d, ok := r.Data.(*Value); ok {
			if err := v.stores(n, d); err != nil {
				return err
			}
		}
	}
	return nil
}

// heard records the sender's life.
func (v *invariants) heard(m *protocol.Message) {
	switch b := m.Body.(type) {
	case *Query:
		v.lives[m.From] = max(v.lives[m.From], b.Op.Life)
	case *Store:
		v.lives[m.From] = max(v.lives[m.From], b.Op.Life)
	}
}

// moved checks an operation that has begun, has entered its store phase, or has been answered.
func (v *invariants) moved(n *node, o *operation) error {
	floor, known := v.floors[o]
	if !known {
		floor = v.answered[o.key]
		v.floors[o] = floor
	}
	if o.phase == querying {
		return nil
	}
	if o.write {
		at := place{o.key, o.tag}
		switch w, taken := v.written[at]; {
		case taken && w.by != o:
			return protocol.About(fmt.Errorf("A1: %s writes %s=%s, but another write has that tag", n.id, o.key,
				tagged(o.tag, o.value)), protocol.Concerning(o.command, "is what %s writes at tag %v", n.id, o.tag),
				protocol.Concerning(w.by.command, "has tag %v too", o.tag))
		case !taken:
			v.written[at] = writing{o, o.value}
		}
	}
	if o.phase != done {
		return nil
	}
	delete(v.floors, o)
	if o.tag.less(floor) || (o.write && o.tag == floor) {
		about := v.writer(o.key, floor, "was answered at tag %v before", floor)
		return protocol.About(fmt.Errorf("A4: %s answered an operation on %s at tag %v, but %v had been answered "+
			"when it began",
			n.id, o.key, o.tag, floor), append(about, protocol.Concerning(o.command, "is what %s answered at tag %v",
			n.id, o.tag))...)
	}
	if v.answered[o.key].less(o.tag) {
		v.answered[o.key] = o.tag
	}
	return v.majority(n, o.key, o.tag, protocol.Concerning(o.command, "was answered at tag %v by %s", o.tag, n.id))
}

// stores checks a value that a replica has stored: it was written, and is newer than the old value.
func (v *invariants) stores(n *node, d *Value) error {
	w, known := v.written[place{d.Key, d.Tag}]
	if !known || !bytes.Equal(w.value, d.Value) {
		return protocol.About(fmt.Errorf("A1: %s holds %s=%s, which nobody wrote", n.id, d.Key, tagged(d.Tag, d.Value)),
			v.writer(d.Key, d.Tag, "is what was written at tag %v", d.Tag)...)
	}
	t := v.replicas[n.id]
	if t == nil {
		t = tallies{}
		v.replicas[n.id] = t
	}
	if !t[d.Key].less(d.Tag) {
		about := v.writer(d.Key, t[d.Key], "is what %s held, at tag %v", n.id, t[d.Key])
		return protocol.About(fmt.Errorf("A2: %s replaced tag %v of %s by %v", n.id, t[d.Key], d.Key, d.Tag),
			append(about, v.writer(d.Key, d.Tag, "is what took its place, at tag %v", d.Tag)...)...)
	}
	t[d.Key] = d.Tag
	return nil
}

// majority counts the replicas that hold an answered value, or a newer one. The answers can concern
// other commands than the value's writer.
func (v *invariants) majority(n *node, key string, tag Tag, answers ...protocol.Concern) error {
	holders := 0
	for _, id := range n.members {
		if m := v.nodes[id]; m != nil && !m.held[key].tag.less(tag) {
			holders++
		}
	}
	if holders <= len(n.members)/2 {
		return protocol.About(fmt.Errorf("A3: tag %v of %s was answered, and %d of %d members hold it or a newer one",
			tag, key, holders, len(n.members)), append(v.writer(key, tag, "wrote what has tag %v", tag), answers...)...)
	}
	return nil
}

// writer returns the command that chose a tag, if known.
func (v *invariants) writer(key string, tag Tag, role string, args ...any) []protocol.Concern {
	w, known := v.written[place{key, tag}]
	if !known {
		return nil
	}
	return []protocol.Concern{protocol.Concerning(w.by.command, role, args...)}
}
