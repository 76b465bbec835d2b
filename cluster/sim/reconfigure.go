package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/cluster"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/protocol"
)

// What a nemesis asks of the protocol itself, as an operator would.
var _ interface {
	cluster.Reconfigurer
	cluster.Transferrer
} = (*Cluster)(nil)

// membership is what the cluster is asked to be.
type membership struct {
	unwanted []bool    // by place; nil before the first change is asked for
	absences []absence // likewise
	heir     *node     // who was last asked to lead, and
	term     uint64    // the latest term at that time
}

// absence follows a removal: the configuration without the node is in force in a leader's log as
// soon as it is written, but certain only when that leader has committed it.
type absence struct {
	term, last uint64 // of the leader in whose log it was first seen, and the end of that log then
	proved     bool
}

// Reconfigure wants a node in the membership or out of it. Whoever believes that it leads is asked
// for one change at every tick until its membership is as wanted; a leader begins with the node
// after itself, so that rivals ask for different changes.
func (c *Cluster) Reconfigure(_ context.Context, add, remove history.NodeID) (cluster.Proof, error) {
	if (add == "") == (remove == "") {
		return cluster.Proof{}, errors.New("sim: exactly one node must be added or removed")
	}
	n, err := c.node(max(add, remove)) // the one that is not empty
	if err != nil {
		return cluster.Proof{}, err
	}
	m := &c.membership
	if m.unwanted == nil {
		m.unwanted, m.absences = make([]bool, len(c.nodes)), make([]absence, len(c.nodes))
		c.queue.push(event{at: c.now, kind: urged})
	}
	m.unwanted[n.index] = remove != ""
	if remove != "" {
		m.absences[n.index] = absence{}
		return cluster.Proof{Text: fmt.Sprintf("%s is to leave", n.id)}, nil
	}
	if !m.absences[n.index].proved {
		return cluster.Proof{Text: fmt.Sprintf("%s is not known to have left", n.id)}, nil
	}
	return cluster.Proof{Bit: true, Text: fmt.Sprintf("%s had left, and is to be a member again", n.id)}, nil
}

// urge asks whoever leads for the membership that is wanted. It goes on for ever: what was in force
// may be undone, with its leader, until it is committed.
func (c *Cluster) urge() {
	c.queue.push(event{at: c.now + c.cfg.Tick, kind: urged})
	for i := range c.nodes {
		n := &c.nodes[i]
		s, leads := c.leads(n)
		if !leads {
			continue
		}
		c.membership.observe(c.members, &s)
		for k := range c.nodes {
			other := &c.nodes[(i+1+k)%len(c.nodes)]
			member, unwanted := slices.Contains(s.Members, other.pid), c.membership.unwanted[other.index]
			if member != unwanted {
				continue
			}
			in := protocol.Reconfigure{ID: c.nobody(), Add: other.pid}
			if unwanted {
				in = protocol.Reconfigure{ID: in.ID, Remove: other.pid}
			}
			c.step(n, in)
			break
		}
	}
}

// observe notes whose absence a leader's status shows, and proves.
func (m *membership) observe(all []protocol.NodeID, s *protocol.Status) {
	for i, id := range all {
		switch a := &m.absences[i]; {
		case a.proved:
		case slices.Contains(s.Members, id):
			if a.term == s.Term {
				*a = absence{}
			}
		case a.term < s.Term:
			*a = absence{term: s.Term, last: s.Last, proved: s.Commit >= s.Last}
		case a.term == s.Term:
			a.proved = s.Commit >= a.last
		}
	}
}

// Transfer asks whoever believes that it leads to hand over to a node. The empty node asks nobody,
// and the proof says whether leadership has gone to the one named before.
func (c *Cluster) Transfer(_ context.Context, to history.NodeID) (cluster.Proof, error) {
	m := &c.membership
	if to == "" {
		if m.heir == nil {
			return cluster.Proof{Text: "nobody was asked to lead"}, nil
		}
		s, leads := c.leads(m.heir)
		if heir := m.heir.id; !leads || s.Term <= m.term {
			return cluster.Proof{Text: fmt.Sprintf("%s does not lead", heir)}, nil
		}
		return cluster.Proof{Bit: true, Text: fmt.Sprintf("%s leads term %d", m.heir.id, s.Term)}, nil
	}
	n, err := c.node(to)
	if err != nil {
		return cluster.Proof{}, err
	}
	m.heir, m.term = n, 0
	var asked []history.NodeID
	for i := range c.nodes {
		if core := c.nodes[i].core; core != nil {
			m.term = max(m.term, core.Status().Term)
		}
	}
	for i := range c.nodes {
		if leader := &c.nodes[i]; leader != n {
			if _, leads := c.leads(leader); leads {
				asked = append(asked, leader.id)
				c.step(leader, protocol.Transfer{ID: c.nobody(), To: n.pid})
			}
		}
	}
	if len(asked) == 0 {
		return cluster.Proof{Text: "nobody leads who could be asked"}, nil
	}
	return cluster.Proof{Text: fmt.Sprintf("%s asked to hand over to %s", asked, to)}, nil
}

// leads says whether a node can be asked and believes that it leads.
func (c *Cluster) leads(n *node) (protocol.Status, bool) {
	if n.core == nil || n.paused {
		return protocol.Status{}, false
	}
	s := n.core.Status()
	return s, s.Leader == n.pid
}

// nobody is the ID of a request whose reply goes to no client.
func (c *Cluster) nobody() uint64 {
	c.attempts++
	return c.attempts<<places | (1<<places - 1)
}

// Points are those of the target's protocol.
func (c *Cluster) Points() []string { return c.protocol.Points }
