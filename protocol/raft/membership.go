package raft

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// Membership changes by one node at a time: thesis §4. A configuration is in force as soon as it is
// in
// the log.

// configuration is a set of members and the index of the entry that set it, 0 for the first.
type configuration struct {
	index   uint64
	members []protocol.NodeID
}

// joining is a node that catches up before it becomes a member (thesis §4.2.1).
type joining struct {
	id     uint64 // of the request
	node   protocol.NodeID
	rounds int    // of catching up so far
	goal   uint64 // the entry that ends this round
	since  uint64 // the tick at which it began
}

const maxRounds = 10 // of catching up; a round can also last this many election timeouts before the node is given up

func (n *node) members() []protocol.NodeID { return n.configs[len(n.configs)-1].members }

// truncateTo drops the log from index on, including the configurations in it.
func (n *node) truncateTo(index uint64) {
	if index > n.log.last() {
		return
	}
	n.log.truncate(index)
	had := len(n.configs)
	for len(n.configs) > 1 && n.configs[len(n.configs)-1].index >= index {
		n.configs = n.configs[:len(n.configs)-1]
	}
	if len(n.configs) != had {
		n.configured()
	}
}

// extend adds entries and their configurations to the log.
func (n *node) extend(entries []Entry) {
	first, had := n.log.last()+1, len(n.configs)
	n.log.append(entries...)
	for i := range entries {
		if entries[i].Members != nil {
			n.configs = append(n.configs, configuration{first + uint64(i), entries[i].Members})
		}
	}
	if len(n.configs) != had {
		n.configured()
	}
}

// configured derives voter and peers from the current configuration. Peers that stay keep their
// state.
func (n *node) configured() {
	n.voter = slices.Contains(n.members(), n.id)
	peers := make([]peer, 0, len(n.members())+1)
	add := func(id protocol.NodeID, voter bool) {
		p := peer{id: id, next: n.log.last() + 1, probing: true, heard: n.ticks}
		if old := n.peer(id); old != nil {
			p = *old
		}
		p.voter = voter
		peers = append(peers, p)
	}
	for _, id := range n.members() {
		if id != n.id {
			add(id, true)
		}
	}
	if n.joining != nil && !slices.Contains(n.members(), n.joining.node) {
		add(n.joining.node, false)
	}
	n.peers = peers
}

func (n *node) peer(id protocol.NodeID) *peer {
	for i := range n.peers {
		if n.peers[i].id == id {
			return &n.peers[i]
		}
	}
	return nil
}

// mayCampaign reports whether the node may start an election. It may as a member, and also while
// its
// removal is not certain, because the others may need it (thesis §4.2.2).
func (n *node) mayCampaign() bool {
	if n.voter {
		return true
	}
	i := len(n.configs) - 1
	return i > 0 && n.configs[i].index > n.commit && slices.Contains(n.configs[i-1].members, n.id)
}

// reconfigure handles a request to add or remove one node.
func (n *node) reconfigure(in protocol.Reconfigure) {
	members := n.members()
	switch {
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case n.commit < n.first && !n.bug.reconfigureBeforeOwnCommit:
		// Otherwise two leaders in turn could each write a configuration that the other does not
		// know, and
		// their majorities need not meet (raft-dev, 2015-07-10).
		n.reject(in.ID, n.id, "no entry of this term is committed yet")
	case n.joining != nil || (n.configs[len(n.configs)-1].index > n.commit && !n.bug.twoChangesAtOnce):
		n.reject(in.ID, n.id, "another change is under way")
	case n.transferring.to != "":
		n.reject(in.ID, n.transferring.to, "transferring leadership")
	case (in.Add == "") == (in.Remove == ""):
		n.reject(in.ID, n.id, "exactly one node must be added or removed")
	case in.Add != "" && slices.Contains(members, in.Add), in.Remove != "" && !slices.Contains(members, in.Remove):
		n.done(in.ID, nil)
	case in.Add != "":
		n.joining = &joining{id: in.ID, node: in.Add, goal: n.log.last(), since: n.ticks}
		n.configured()
		n.sendAppend(n.peer(in.Add), true)
	case len(members) == 1:
		n.reject(in.ID, n.id, "the last member cannot be removed")
	default:
		rest := slices.DeleteFunc(slices.Clone(members), func(m protocol.NodeID) bool { return m == in.Remove })
		n.changeTo(in.ID, rest)
	}
}

// changeTo writes a new configuration.
func (n *node) changeTo(id uint64, members []protocol.NodeID) {
	n.proposals.Push(proposal{index: n.log.last() + 1, id: id, kind: proposesMembers})
	n.replicate(Entry{Term: n.hard.Term, Members: members}, pointReconfigure)
}

// caughtUp ends a round of catching up when the joining node p has reached its goal. A round no
// longer
// than an election timeout is short enough: the node will not delay commitment for longer. caughtUp
// changes n.peers, so p is no longer valid after it.
func (n *node) caughtUp(p *peer) {
	j := n.joining
	if p.match < j.goal {
		return
	}
	j.rounds++
	if n.ticks-j.since <= n.election && n.transferring.to == "" {
		n.joining = nil
		n.changeTo(j.id, append(slices.Clone(n.members()), j.node))
		return
	}
	if j.rounds == maxRounds {
		n.dropJoining("the new node is too slow")
		return
	}
	j.goal, j.since = n.log.last(), n.ticks
}

// joinTick gives up a joining node that makes no progress.
func (n *node) joinTick() {
	if n.joining != nil && n.ticks-n.joining.since > maxRounds*n.election {
		n.dropJoining("the new node does not catch up")
	}
}

// dropJoining gives up the joining node. No configuration with it was written.
func (n *node) dropJoining(reason string) {
	if j := n.joining; j != nil {
		n.joining = nil
		n.reject(j.id, n.leader, reason)
		n.configured()
	}
}

// reconfigured follows the commitment of a configuration. A leader outside the new configuration
// has
// now finished its work (thesis §4.2.2); it still tells the others of the commitment.
func (n *node) reconfigured() {
	if n.role != leader || n.voter || n.configs[len(n.configs)-1].index > n.applied {
		return
	}
	n.newRound()
	n.follow(n.hard.Term, "")
}
