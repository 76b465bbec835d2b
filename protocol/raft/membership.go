package raft

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// Membership changes by one node at a time: thesis §4. A configuration is in force from the moment it is in the log.

// configuration is a set of members and the entry that set it, 0 for the first.
type configuration struct {
	index   uint64
	members []protocol.NodeID
}

// joining is a node that is brought up to date before it becomes a member (thesis §4.2.1).
type joining struct {
	id     uint64 // of the request
	node   protocol.NodeID
	rounds int    // of catching up, so far
	goal   uint64 // the entry that ends this round
	since  uint64 // the tick at which it began
}

const maxRounds = 10 // of catching up; and a round may last as many election timeouts before the node is given up

func (n *node) members() []protocol.NodeID { return n.configs[len(n.configs)-1].members }

// truncateTo drops the log from index on, and with it the configurations it held.
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

// extend adds entries to the log, and their configurations.
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

// configured makes voter and peers follow from the current configuration. Peers that stay keep what is known of them.
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

// mayCampaign says whether the node may start an election: as a member, or while it is not certain that it is none any
// more, for then the others may need it (thesis §4.2.2).
func (n *node) mayCampaign() bool {
	if n.voter {
		return true
	}
	i := len(n.configs) - 1
	return i > 0 && n.configs[i].index > n.commit && slices.Contains(n.configs[i-1].members, n.id)
}

// reconfigure takes a request to add or to remove one node.
func (n *node) reconfigure(in protocol.Reconfigure) {
	members := n.members()
	switch {
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case n.commit < n.first && !n.bug.reconfigureBeforeOwnCommit:
		// Without this two leaders in turn could each change a configuration that the other does not know of, and their
		// majorities need not meet (raft-dev, 2015-07-10).
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

// caughtUp ends a round of catching up when p, the joining node, has reached its goal. A round as short as an election
// timeout is good enough: the node will not hold up commitment for longer. It changes n.peers, and p is no more.
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

// dropJoining gives up the joining node: no configuration with it was ever written.
func (n *node) dropJoining(reason string) {
	if j := n.joining; j != nil {
		n.joining = nil
		n.reject(j.id, n.leader, reason)
		n.configured()
	}
}

// reconfigured follows the commitment of a configuration. A leader that is not in it has led it as far as needed (thesis
// §4.2.2); it still tells the others that it is committed.
func (n *node) reconfigured() {
	if n.role != leader || n.voter || n.configs[len(n.configs)-1].index > n.applied {
		return
	}
	n.newRound()
	n.follow(n.hard.Term, "")
}
