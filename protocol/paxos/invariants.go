package paxos

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks S1 to S5 of the package's documentation. The cost of a check is proportional to
// what the Step changed.
type invariants struct {
	nodes map[protocol.NodeID]*node
	views map[protocol.NodeID]map[string]view
	keys  map[string]*chronicle
}

// view is an acceptor's state after its node's previous Step, and what it has told others.
type view struct {
	promised, accepted         Ballot
	toldPromised, toldAccepted Ballot
}

// chronicle is everything proposed and learned for a key, by ballot.
type chronicle struct {
	proposals []proposal
	learned   []Ballot
}

// proposal is a ballot that was begun and, once its base is known, what was proposed under it.
type proposal struct {
	ballot   Ballot
	made     bool
	base     Ballot
	value    []byte
	commands [][]byte // that it carries out
}

func (b Ballot) compare(c Ballot) int {
	return cmp.Or(cmp.Compare(b.Round, c.Round), cmp.Compare(b.Node, c.Node))
}

func (p proposal) compare(b Ballot) int { return p.ballot.compare(b) }

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{
		nodes: map[protocol.NodeID]*node{}, views: map[protocol.NodeID]map[string]view{}, keys: map[string]*chronicle{},
	}
}

func (v *invariants) view(id protocol.NodeID) map[string]view {
	if v.views[id] == nil {
		v.views[id] = map[string]view{}
	}
	return v.views[id]
}

func (v *invariants) key(name string) *chronicle {
	if v.keys[name] == nil {
		v.keys[name] = &chronicle{}
	}
	return v.keys[name]
}

// Restarted checks everything that the node's disk returned.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	v.nodes[id] = n
	known := v.view(id)
	for _, key := range slices.Sorted(maps.Keys(known)) {
		now, told := n.state(key), known[key]
		if now.promised.less(told.toldPromised) || now.accepted.less(told.toldAccepted) {
			err := fmt.Errorf("S1: %s comes back with %s promised at %v and accepted at %v; it had told %v and %v",
				id, key, now.promised, now.accepted, told.toldPromised, told.toldAccepted)
			if !now.accepted.less(told.toldAccepted) {
				return err
			}
			return protocol.About(err, v.key(key).commands(told.toldAccepted, "is part of what %s had accepted at %v",
				id, told.toldAccepted)...)
		}
		known[key] = view{now.promised, now.accepted, told.toldPromised, told.toldAccepted}
	}
	for _, name := range slices.Sorted(maps.Keys(v.keys)) {
		c, now := v.keys[name], n.state(name)
		// Nobody has heard of the promises that were not yet on the node's disk; it may begin those
		// ballots
		// again.
		c.proposals = slices.DeleteFunc(c.proposals, func(p proposal) bool {
			return p.ballot.Node == id && now.promised.less(p.ballot)
		})
		if len(n.members) == 1 { // likewise what it accepted alone
			c.learned = slices.DeleteFunc(c.learned, now.accepted.less)
		}
		if len(c.learned) > 0 {
			if err := v.majority(n, name, c.learned[len(c.learned)-1]); err != nil {
				return err
			}
		}
	}
	return nil
}

// state returns the acceptor of the key, without creating one.
func (n *node) state(key string) acceptor {
	if i := n.instances[key]; i != nil {
		return i.acceptor
	}
	return acceptor{}
}

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n := core.(*node)
	v.nodes[id] = n
	if r, ok := in.(protocol.Receive); ok {
		if err := v.received(n, &r.Message, out); err != nil {
			return err
		}
	}
	for _, e := range n.events {
		if err := v.happened(n, e); err != nil {
			return err
		}
	}
	for _, r := range out.Persist {
		if err := v.wrote(n, r.Data); err != nil {
			return err
		}
	}
	return nil
}

// received records what the sender reports of its acceptor, and checks how the receiver's acceptor
// responds.
func (v *invariants) received(n *node, m *protocol.Message, out *protocol.Output) error {
	switch b := m.Body.(type) {
	case *Promise:
		v.told(m.From, b.Key, b.Ballot, b.Accepted)
	case *Accepted:
		v.told(m.From, b.Key, b.Ballot, b.Ballot)
	case *Prepare:
		return v.acceptor(n, b.Key)
	case *Accept:
		if v.view(n.id)[b.Key].promised.compare(b.Ballot) <= 0 && !slices.ContainsFunc(out.Send, isAccepted) {
			return protocol.About(fmt.Errorf("S5: %s, which had promised no more than %v, did not accept %s at %v",
				n.id, v.view(n.id)[b.Key].promised, b.Key, b.Ballot),
				v.key(b.Key).commands(b.Ballot, "is part of what was proposed at %v, and not accepted by %s", b.Ballot,
					n.id)...)
		}
		return v.acceptor(n, b.Key)
	}
	return nil
}

func isAccepted(m protocol.Message) bool {
	_, ok := m.Body.(*Accepted)
	return ok
}

func (v *invariants) told(id protocol.NodeID, key string, promised, accepted Ballot) {
	w := v.view(id)[key]
	if w.toldPromised.less(promised) {
		w.toldPromised = promised
	}
	if w.toldAccepted.less(accepted) {
		w.toldAccepted = accepted
	}
	v.view(id)[key] = w
}

// acceptor compares an acceptor with its previous state: P1a.
func (v *invariants) acceptor(n *node, key string) error {
	now, w := n.state(key), v.view(n.id)[key]
	switch {
	case now.promised.less(w.promised):
		return fmt.Errorf("S1: %s went back from its promise of %v for %s to %v", n.id, w.promised, key, now.promised)
	case now.accepted != w.accepted && now.accepted.less(w.promised):
		return protocol.About(fmt.Errorf("S1: %s accepted %s at %v, and had promised %v", n.id, key, now.accepted,
			w.promised), v.key(key).commands(now.accepted, "is part of what %s accepted at %v", n.id, now.accepted)...)
	case now.promised.less(now.accepted):
		return protocol.About(fmt.Errorf("S1: %s accepted %s at %v, and has promised %v only", n.id, key, now.accepted,
			now.promised), v.key(key).commands(now.accepted, "is part of what %s accepted at %v", n.id,
			now.accepted)...)
	}
	w.promised, w.accepted = now.promised, now.accepted
	v.view(n.id)[key] = w
	return nil
}

// happened checks an action of a proposer or a learner.
func (v *invariants) happened(n *node, e event) error {
	c := v.key(e.key)
	at, known := slices.BinarySearchFunc(c.proposals, e.ballot, proposal.compare)
	switch e.kind {
	case began:
		if known {
			return fmt.Errorf("S2: %s begins ballot %v of %s, which was begun before", n.id, e.ballot, e.key)
		}
		c.proposals = slices.Insert(c.proposals, at, proposal{ballot: e.ballot})
	case proposed:
		if !known {
			return protocol.About(fmt.Errorf("S2: %s proposes under ballot %v of %s, which was never begun", n.id,
				e.ballot, e.key), concerning(e.commands, "is part of what %s proposes at %v", n.id, e.ballot)...)
		}
		c.proposals[at] = proposal{e.ballot, true, e.base, e.value, e.commands}
		if i, _ := slices.BinarySearchFunc(c.learned, e.ballot, Ballot.compare); i > 0 && e.base.less(c.learned[i-1]) {
			return protocol.About(fmt.Errorf("S3: %s proposes for %s, under ballot %v, a change of ballot %v, but "+
				"%v was chosen",
				n.id, e.key, e.ballot, e.base, c.learned[i-1]),
				append(c.commands(c.learned[i-1], "is part of what was chosen at %v", c.learned[i-1]),
					concerning(e.commands, "is part of what %s proposes at %v, as a change of %v", n.id, e.ballot,
						e.base)...)...)
		}
	case learned:
		for _, p := range c.proposals[min(at+1, len(c.proposals)):] {
			if p.made && p.base.less(e.ballot) {
				return protocol.About(fmt.Errorf("S3: %s learns that %v is chosen for %s, but %v was proposed as a "+
					"change of %v",
					n.id, e.ballot, e.key, p.ballot, p.base),
					append(c.commands(e.ballot, "is part of what %s learns to be chosen at %v", n.id, e.ballot),
						concerning(p.commands, "is part of what was proposed at %v, as a change of %v", p.ballot,
							p.base)...)...)
			}
		}
		i, again := slices.BinarySearchFunc(c.learned, e.ballot, Ballot.compare)
		if !again {
			c.learned = slices.Insert(c.learned, i, e.ballot)
		}
		return v.majority(n, e.key, e.ballot)
	}
	return v.acceptor(n, e.key)
}

// wrote checks that an acceptor's new value is the one that was proposed.
func (v *invariants) wrote(n *node, data any) error {
	d, ok := data.(*Took)
	if !ok {
		return nil
	}
	c := v.key(d.Key)
	at, known := slices.BinarySearchFunc(c.proposals, d.Ballot, proposal.compare)
	if !known || !c.proposals[at].made || !bytes.Equal(c.proposals[at].value, d.Value) {
		return protocol.About(fmt.Errorf("S2: %s accepted something for %s that nobody has proposed under ballot %v",
			n.id, d.Key, d.Ballot), c.commands(d.Ballot, "is part of what was proposed at %v", d.Ballot)...)
	}
	return nil
}

// majority counts the acceptors that hold a learned value, or a later one.
func (v *invariants) majority(n *node, key string, b Ballot) error {
	holders := 0
	for _, id := range n.members {
		if m := v.nodes[id]; m != nil && !m.state(key).accepted.less(b) {
			holders++
		}
	}
	if holders <= len(n.members)/2 {
		return protocol.About(fmt.Errorf("S4: %v was found to be chosen for %s, and %d of %d acceptors have "+
			"accepted it or a later one",
			b, key, holders, len(n.members)), v.key(key).
			commands(b, "is part of what was found to be chosen at %v", b)...)
	}
	return nil
}

// commands returns the commands proposed under a ballot, none if unknown.
func (c *chronicle) commands(b Ballot, role string, args ...any) []protocol.Concern {
	at, known := slices.BinarySearchFunc(c.proposals, b, proposal.compare)
	if !known {
		return nil
	}
	return concerning(c.proposals[at].commands, role, args...)
}

// concerning attaches the same role to each command.
func concerning(commands [][]byte, role string, args ...any) (about []protocol.Concern) {
	for _, c := range commands {
		about = append(about, protocol.Concerning(c, role, args...))
	}
	return about
}
