package multipaxos

import (
	"math/bits"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// Membership changes by a value of the log: Paxos Made Simple §3, and Lamport, Malkhi and Zhou, "Reconfiguring a State
// Machine" (2010; RSM). What is chosen in slot i takes effect in slot i+α, so whoever may open a slot knows who
// decides it.

// Change adds or removes one member; the zero Change is none.
type Change struct {
	Add    protocol.NodeID `json:"a,omitempty"`
	Remove protocol.NodeID `json:"r,omitempty"`
}

// String is +node or -node.
func (c Change) String() string {
	if c.Add != "" {
		return "+" + string(c.Add)
	}
	return "-" + string(c.Remove)
}

// of is what the change makes of some members: the same ones where it changes nothing, or where none or too many would be
// left.
func (c Change) of(members []protocol.NodeID) []protocol.NodeID {
	at := slices.Index(members, max(c.Add, c.Remove)) // the one that is not empty
	switch {
	case c.Add != "" && at < 0 && len(members) < mostMembers:
		return append(slices.Clone(members), c.Add)
	case c.Remove != "" && at >= 0 && len(members) > 1:
		return slices.Delete(slices.Clone(members), at, at+1)
	}
	return members
}

// Configuration is who decides the slots from From on.
type Configuration struct {
	From    uint64            `json:"f"`
	Members []protocol.NodeID `json:"m"`
}

// String is members@slot.
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

// membership is what a node knows of who decides.
type membership struct {
	// The first decides the next slot to be chosen; the others, if any, were decided upon for later ones. It is never
	// changed in place.
	configs []Configuration
	self    set    // this node's place among the members, empty if it is none
	peers   []peer // the other members, and whoever may become one
	entered bool   // another configuration decides the next slot, and that has not been acted upon
	leaving []protocol.NodeID
	decided []decided // in this Step, for the invariants
}

// decided is a change and the slot in which it was chosen.
type decided struct {
	slot   uint64
	change Change
}

// peer is what a leader knows of another node.
type peer struct {
	id    protocol.NodeID
	bit   set    // its place among the members, empty if it is none yet
	round uint64 // the latest heartbeat that it answered
	heard uint64 // the tick at which it was last heard
}

// set is a set of members, by their places.
type set uint64

func (s set) size() int { return bits.OnesCount64(uint64(s)) }

const mostMembers = 64

func (n *node) members() []protocol.NodeID { return n.configs[0].Members }

// latest are the members once everything decided upon is in force.
func (n *node) latest() []protocol.NodeID { return n.configs[len(n.configs)-1].Members }

// peer finds another node, nil if it is no member and is not to be one.
func (n *node) peer(id protocol.NodeID) *peer {
	for i := range n.peers {
		if n.peers[i].id == id {
			return &n.peers[i]
		}
	}
	return nil
}

// quorum is how many members are a majority.
func (n *node) quorum() int {
	if n.bug.halfIsAMajority {
		return (len(n.members()) + 1) / 2
	}
	return len(n.members())/2 + 1
}

// decidedByOthers says whether other members than the present ones decide a slot that is not chosen.
func (n *node) decidedByOthers(slot uint64) bool {
	return len(n.configs) > 1 && slot >= n.configs[1].From && !n.bug.windowIgnored
}

// configured makes self and peers follow from the configurations. Peers that stay keep what is known of them.
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

// decide takes a change that was chosen in slot n.chosen.
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

// adopt makes the first of the given configurations the one in force. What had been promised, accepted and confirmed by the
// members before counts no more: they decide nothing that is still open.
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
		n.open.All()[i].acceptors = n.self // only where a planted bug has opened slots too early
	}
	n.confirmAnew()
}

// enter acts upon a configuration that has just come into force. A leader or proposer goes on in its ballot, for it has
// proposed nothing in the slots of this configuration, but not before it has the promises of the new members.
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

// tell lets those who have left know how far slots are chosen, so that they learn that they have.
func (n *node) tell(leaving []protocol.NodeID) {
	for _, id := range leaving {
		n.send(id, &Heartbeat{Ballot: n.ballot, Chosen: n.chosen, Round: n.round})
	}
}

// retire is a leader's end that is a member no longer: it hands over to the member heard last.
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

// joining is a node that is brought up to date before it becomes a member, so that it takes part from the first slot that
// it decides.
type joining struct {
	id    uint64 // of the request
	node  protocol.NodeID
	since uint64 // the tick at which it began
}

const joinPatience = 10 // election timeouts that a new node may take to catch up

// reconfigure takes a request to add or to remove one node. One change at a time is under way: that is not needed, but
// keeps requests apart.
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

// changing says whether a change is proposed, or is waiting for a slot.
func (n *node) changing() bool {
	return slices.ContainsFunc(n.open.All(), func(s slot) bool { return s.kind == change }) ||
		slices.ContainsFunc(n.pending.All(), func(r request) bool { return r.kind == change })
}

// maybeAdd makes the joining node a member once it knows all but the slots of one window.
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

// dropJoining gives up the joining node: that it should be a member was never proposed.
func (n *node) dropJoining(reason string) {
	if j := n.joining; j != nil {
		n.joining = nil
		n.reject(j.id, n.leader, reason)
		n.configured()
	}
}
