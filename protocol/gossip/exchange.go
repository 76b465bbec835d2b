package gossip

import "github.com/splitvote/splitvote/protocol"

// receive continues an exchange: greet, digest, delta and, if objects were requested, one more
// delta. A
// lost answer does no harm, because the next exchange starts anew.
func (n *node) receive(m *protocol.Message) {
	switch b := m.Body.(type) {
	case *Greet:
		if b.Sum != n.root {
			n.send(m.From, &Digest{n.held()})
		}
	case *Digest:
		if d := n.compare(b.Objects); len(d.States)+len(d.Want) > 0 {
			n.send(m.From, d)
		}
	case *Delta:
		n.receiveDelta(m.From, b)
	}
}

// recently is how many ticks a replica looks back under the planted bug that ignores older changes.
const recently = 40

// held lists the objects to compare.
func (n *node) held() []Held {
	all := make([]Held, 0, len(n.names))
	for _, name := range n.names {
		o := n.objects[name]
		if n.bug.recentOnly && o.changed+recently < n.ticks {
			continue
		}
		all = append(all, Held{name, o.sum})
	}
	return all
}

// compare returns the objects that the other lacks or holds in another state. It requests those
// that
// this replica lacks or holds in another state: of two states that differ, each can contain
// something
// that the other does not.
func (n *node) compare(theirs []Held) *Delta {
	var d Delta
	give := func(h Held) { d.States = append(d.States, n.objects[h.Name].state) }
	want := func(h Held) { d.Want = append(d.Want, h.Name) }
	merge(n.held(), theirs, func(a, b Held) int { return a.Name.compare(b.Name) }, give, want, func(a, b Held) {
		if a.Sum != b.Sum {
			give(a)
			want(b)
		}
	})
	return &d
}

func (n *node) receiveDelta(from protocol.NodeID, d *Delta) {
	var news []State
	for _, s := range d.States {
		if n.learn(s) {
			news = append(news, s)
		}
	}
	if len(news) > 0 {
		n.keep(pointMerge, news...)
	}
	var answer Delta
	for _, name := range d.Want {
		if o := n.objects[name]; o != nil {
			answer.States = append(answer.States, o.state)
		}
	}
	if len(answer.States) > 0 {
		n.send(from, &answer)
	}
}
