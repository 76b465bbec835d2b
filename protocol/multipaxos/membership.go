package multipaxos

import (
	"math/bits"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// Membership changes by a value of the log: Paxos Made Simple §3, and Lamport, Malkhi and Zhou,
// "Reconfiguring a State Machine" (2010; RSM). A change chosen in slot i takes effect in slot i+α,
// so
// a node that can open a slot knows which members decide it.

// Change adds or removes one member; the zero Change does nothing.
type Change struct {
	Add    protocol.NodeID `json:"a,omitempty"`
	Remove protocol.NodeID `json:"r,omitempty"`
}

// String returns +node or -node.
func (c Change) String() string {
	if c.Add != "" {
		return "+" + string(c.Add)
	}
	return "-" + string(c.Remove)
}

// of returns the members after the change. They stay the same if the change has no effect, or would
// leave no members or too many.
func (c Change) of(members []protocol.NodeID) []protocol.NodeID {
	at := slices.Index(members, max(c.Add, c.Remove)) // the one that is set
	switch {
	case c.Add != "" && at < 0 && len(members) < mostMembers:
		return append(slices.Clone(members), c.Add)
	case c.Remove != "" && at >= 0 && len(members) > 1:
		return slices.Delete(slices.Clone(members), at, at+1)
	}
	return members
}

// Configuration lists the members that decide the slots from From on.
type Configuration struct {
	From    uint64            `json:"f"`
	Members []protocol.NodeID `json:"m"`
}

// String returns members@slot.
func (c Configuration) String() string {
	var b []byte
	for i, id := range c.Members {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, id...)
	}
	return string(number(b, "@", c.From))
}

// membership is a node's knowledge of the configurations.
type membership struct {
	// The first decides the next slot to be chosen. The others, if any, are chosen for later slots.
	// The
	// slice is never changed in place.
	configs []Configuration
	self    set    // this node's place among the members, empty if it is not a member
	peers   []peer // the other members, and nodes that may become members
	entered bool   // a new configuration decides the next slot and has not been acted upon
	leaving []protocol.NodeID
	decided []decided // in this Step, for the invariants
}

// decided is a change and the slot in which it was chosen.
type decided struct {
	slot   uint64
	change Change
}

// peer is a leader's record of another node.
type peer struct {
	id    protocol.NodeID
	bit   set    // its place among the members, empty if it is not a member yet
	round uint64 // the latest heartbeat that it answered
	heard uint64 // the tick at which it was last heard
}

// set is a set of members, as bits by place.
type set uint64

func (s set) size() int { return bits.OnesCount64(uint64(s)) }

const mostMembers = 64

func (n *node) members() []protocol.NodeID { return n.configs[0].Members }

// latest returns the members once every chosen change is in force.
func (n *node) latest() []protocol.NodeID { return n.configs[len(n.configs)-1].Members }

// peer returns another node, or nil if it neither is nor will be a member.
func (n *node) peer(id protocol.NodeID) *peer {
	for i := range n.peers {
		if n.peers[i].id == id {
			return &n.peers[i]
		}
	}
	return nil
}

// quorum returns the size of a majority.
func (n *node) quorum() int {
	if n.bug.halfIsAMajority {
		return (len(n.members()) + 1) / 2
	}
	return len(n.members())/2 + 1
}

// decidedByOthers reports whether an unchosen slot belongs to a later configuration.
func (n *node) decidedByOthers(slot uint64) bool {
	return len(n.configs) > 1 && slot >= n.configs[1].From && !n.bug.windowIgnored
}

// configured derives self and peers from the configurations. Peers that stay keep their state.
func (n *node) configured() {
	was := n.self
	n.self = 0
	var peers []peer
	add := func(id protocol.NodeID, bit set) {
		switch {
		case id == n.id:
			n.self |= bit
		case !slices.ContainsFunc(peers, func(p peer) bool { return p.id == id }):
			p := peer{id: id, heard: n.ticks}
			if old := n.peer(id); old != nil {
				p = *old
			}
			p.bit = bit
			peers = append(peers, p)
		}
	}
	for i, id := range n.members() {
		add(id, 1<<i)
	}
	for _, c := range n.configs[1:] {
		for _, id := range c.Members {
			add(id, 0)
		}
	}
	if n.joining != nil {
		add(n.joining.node, 0)
	}
	n.peers = peers
	if n.bug.removedNodeStays && was != 0 && n.self == 0 {
		n.self = 1 << (mostMembers - 1)
	}
}

// decide handles a change that was chosen in slot n.chosen.
func (n *node) decide(c Change) {
	n.decided = append(n.decided, decided{n.chosen, c})
	members := c.of(n.latest())
	if len(members) == len(n.latest()) {
		return
	}
	from := n.chosen + n.window
	if n.bug.newMembersAtOnce {
		from = n.chosen + 1
	}
	n.configs = append(slices.Clone(n.configs), Configuration{from, members})
	n.configured()
}

// proceed enters the next configuration if it decides the next slot.
func (n *node) proceed() {
	if len(n.configs) > 1 && n.configs[1].From <= n.chosen+1 {
		n.adopt(n.configs[1:])
	}
}

// adopt puts the first of the given configurations in force. Earlier promises, acceptances and
// confirmations no longer count, because the members that gave them decide no open slot.
func (n *node) adopt(configs []Configuration) {
	if configs[0].From == n.configs[0].From {
		n.configs = configs
		n.configured()
		return
	}
	for _, id := range n.members() {
		if id != n.id && !slices.Contains(configs[0].Members, id) {
			n.leaving = append(n.leaving, id)
		}
	}
	n.configs, n.entered = configs, true
	n.configured()
	n.promises = 0
	n.ready = n.ready && (n.bug.newMembersAtOnce || n.bug.newMembersNotAsked)
	for i := range n.open.All() {
		n.open.All()[i].acceptors = n.self // happens only if a planted bug has opened slots too early
	}
	n.confirmAnew()
}

// enter acts on a configuration that has just come into force. A leader or proposer keeps its
// ballot,
// because it has proposed nothing in this configuration's slots. It first needs promises from the
// new
// members.
func (n *node) enter() {
	leaving := n.leaving
	n.leaving = nil
	switch {
	case n.role == leader && n.self == 0:
		n.retire(leaving)
	case n.role == proposer && n.self == 0:
		n.resign("")
	case n.role == leader:
		n.tell(leaving)
		if !n.ready {
			n.askFor(Ballot{})
		}
	case n.role == proposer:
		n.askFor(n.asked.After)
	}
}

// tell tells nodes that have left how far slots are chosen, so that they learn of their removal.
func (n *node) tell(leaving []protocol.NodeID) {
	for _, id := range leaving {
		n.send(id, &Heartbeat{Ballot: n.ballot, Chosen: n.chosen, Round: n.round})
	}
}

// retire ends the leadership of a removed member. It hands over to the member heard last.
func (n *node) retire(leaving []protocol.NodeID) {
	n.tell(leaving)
	n.sendAll(&Heartbeat{Ballot: n.ballot, Chosen: n.chosen, Round: n.round})
	var heir *peer
	for i := range n.peers {
		if p := &n.peers[i]; p.bit != 0 && (heir == nil || p.heard > heir.heard) {
			heir = p
		}
	}
	n.send(heir.id, &TakeOver{Ballot: n.ballot})
	n.resign(heir.id)
	n.resetTimer()
}

// joining is a node that catches up before it becomes a member, so that it can take part from its
// first slot on.
type joining struct {
	id    uint64 // of the request
	node  protocol.NodeID
	since uint64 // the tick at which it began
}

const joinPatience = 10 // election timeouts in which a new node must catch up

// reconfigure handles a request to add or remove one node. Only one change runs at a time; safety
// does
// not need that, but it keeps requests apart.
func (n *node) reconfigure(in protocol.Reconfigure) {
	c := Change{Add: in.Add, Remove: in.Remove}
	members := n.latest()
	switch {
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case !n.ready || n.chosen < n.recovered:
		n.reject(in.ID, n.id, "what phase 1 found is not chosen yet")
	case n.joining != nil || len(n.configs) > 1 || n.changing():
		n.reject(in.ID, n.id, "another change is under way")
	case (in.Add == "") == (in.Remove == ""):
		n.reject(in.ID, n.id, "exactly one node must be added or removed")
	case slices.Contains(members, in.Add), in.Remove != "" && !slices.Contains(members, in.Remove):
		n.done(in.ID, nil)
	case len(c.of(members)) == len(members):
		n.reject(in.ID, n.id, "there must be 1 to 64 members")
	case in.Add != "":
		n.joining = &joining{id: in.ID, node: in.Add, since: n.ticks}
		n.configured()
		n.newRound()
	default:
		n.enqueue(request{id: in.ID, kind: change, change: c})
	}
}

// changing reports whether a change is proposed or waits for a slot.
func (n *node) changing() bool {
	return slices.ContainsFunc(n.open.All(), func(s slot) bool { return s.kind == change }) ||
		slices.ContainsFunc(n.pending.All(), func(r request) bool { return r.kind == change })
}

// maybeAdd makes the joining node a member once it lacks at most one window of slots.
func (n *node) maybeAdd(id protocol.NodeID, chosen uint64) {
	if j := n.joining; j != nil && j.node == id && chosen+n.window >= n.chosen {
		n.joining = nil
		n.enqueue(request{id: j.id, kind: change, change: Change{Add: id}})
	}
}

// joinTick gives up a node that does not catch up.
func (n *node) joinTick() {
	if n.joining != nil && n.ticks-n.joining.since > joinPatience*n.election {
		n.dropJoining("the new node does not catch up")
	}
}

// dropJoining gives up the joining node. Its addition was never proposed.
func (n *node) dropJoining(reason string) {
	if j := n.joining; j != nil {
		n.joining = nil
		n.reject(j.id, n.leader, reason)
		n.configured()
	}
}
