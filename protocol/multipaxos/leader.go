package multipaxos

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Phase 2 of the proposer: Paxos Made Simple §2.2 and §3. Slots are proposed as commands arrive,
// without waiting for one another. They become chosen, and are answered, in order.

// leading is a leader's state. All of it ends with its ballot.
type leading struct {
	ticks     uint64           // since it became leader
	ready     bool             // phase 1 is done with the members that decide the next slot
	recovered uint64           // the last slot that phase 1 found in use
	open      fifo.Queue[slot] // slots proposed and not known to be chosen; the first is chosen+1
	old       uint64           // the last slot that was open at the latest repetition
	pending   fifo.Queue[request]
	joining   *joining
	reading
}

// slot is an open slot.
type slot struct {
	request
	acceptors set
}

// request is a client's request; the zero request has no client.
type request struct {
	id      uint64
	kind    requestKind
	command []byte
	change  Change
}

type requestKind uint8

const (
	nobodys requestKind = iota
	update
	query  // a read that takes a slot, as a no-op
	change // of the membership
)

// lead makes a proposer with a majority the leader.
func (n *node) lead() {
	n.role, n.leader = leader, n.id
	n.point = max(n.point, pointLead)
	n.leading = leading{}
	for i := range n.peers {
		n.peers[i].round, n.peers[i].heard = 0, 0
	}
	n.goAhead()
}

// goAhead begins phase 2 once phase 1 is done.
func (n *node) goAhead() {
	n.ready, n.recovered = true, max(n.found.last(), n.chosen)
	n.fill()
	if n.role == leader {
		n.newRound()
	}
}

// request handles a client's request.
func (n *node) request(in protocol.Propose) {
	switch {
	case in.ReadOnly && n.reads == readLocal:
		n.done(in.ID, n.machine.Query(in.Command))
	case n.role != leader:
		n.reject(in.ID, n.leader, "not leader")
	case in.ReadOnly && n.reads != readLog:
		n.read(in.ID, in.Command)
	case in.ReadOnly:
		n.enqueue(request{id: in.ID, kind: query, command: in.Command})
	case len(in.Command) == 0:
		n.reject(in.ID, n.id, "empty command")
	default:
		n.enqueue(request{id: in.ID, kind: update, command: in.Command})
	}
}

func (n *node) enqueue(r request) {
	n.pending.Push(r)
	n.fill()
}

// fill opens slots while the window allows it and the present members decide them. Slots found by
// phase 1 come first: they keep their values, and the gaps between them get no-ops, so that later
// slots can be chosen in order. Waiting requests follow, then no-ops while a new configuration
// waits
// for its first slot.
func (n *node) fill() {
	for n.ready && uint64(n.open.Len()) < n.mostOpen() {
		at := n.chosen + uint64(n.open.Len()) + 1
		switch {
		case n.decidedByOthers(at):
			return
		case at <= n.recovered && n.bug.openSlotsSkipped:
			n.open.Push(slot{})
		case at <= n.recovered:
			n.propose(n.found.at(at), request{})
		case n.pending.Len() > 0:
			r := n.pending.Pop()
			n.point = max(n.point, pointPropose)
			n.propose(r.value(), r)
		case len(n.configs) > 1:
			n.propose(Entry{}, request{})
		default:
			return
		}
	}
}

// mostOpen returns how many slots can be open at once. A change chosen in a slot takes effect that
// many slots later.
func (n *node) mostOpen() uint64 {
	if n.bug.windowIgnored {
		return 2 * n.window
	}
	return n.window
}

// value returns the value to propose for a request.
func (r *request) value() Entry {
	if r.kind == query {
		return Entry{}
	}
	return Entry{Command: r.command, Change: r.change}
}

// propose is phase 2a for the next slot. The leader's own acceptor accepts and counts at once: no
// message of this or a later Step leaves before the acceptance is on disk (protocol.P2), so no
// other
// node can have accepted earlier.
func (n *node) propose(e Entry, r request) {
	at := n.chosen + uint64(n.open.Len()) + 1
	e.Ballot = n.ballot
	n.log.put(at, e)
	n.persist(&Slots{First: at, Entries: []Entry{e}, Chosen: n.chosen})
	n.open.Push(slot{request: r, acceptors: n.self})
	n.sendAll(&Accept{Ballot: n.ballot, Slot: at, Command: e.Command, Change: e.Change, Chosen: n.chosen})
	n.advance()
}

// accepted handles one answer to phase 2.
func (n *node) accepted(from protocol.NodeID, m *Accepted) {
	p := n.peer(from)
	if p == nil || n.role != leader || m.Ballot != n.ballot {
		return
	}
	p.heard = n.ticks
	if m.Slot <= n.chosen || m.Slot > n.chosen+uint64(n.open.Len()) {
		return
	}
	n.open.All()[m.Slot-n.chosen-1].acceptors |= p.bit
	n.advance()
}

// advance takes slots accepted by a majority as chosen, in order.
func (n *node) advance() {
	for n.open.Len() > 0 && (n.open.Front().acceptors.size() >= n.quorum() || n.bug.chosenByOne) {
		s := n.open.Pop()
		result := n.choose()
		switch s.kind {
		case update:
			n.done(s.id, result)
		case query:
			n.done(s.id, n.machine.Query(s.command))
		case change:
			n.done(s.id, nil)
		}
	}
	n.fill()
	n.startReads()
}

// leaderTick sends heartbeats, repeats unanswered proposals, and gives up if it hears no majority.
func (n *node) leaderTick() {
	n.ticks++
	heard := 1
	for i := range n.peers {
		if p := &n.peers[i]; p.bit != 0 && n.ticks-p.heard <= n.majorityTimeout {
			heard++
		}
	}
	if heard < n.quorum() {
		n.resign("")
		n.resetTimer()
		return
	}
	n.joinTick()
	if n.ticks%n.heartbeat == 0 {
		n.repeat()
	}
	if n.ticks-n.beaten >= n.heartbeat {
		n.newRound()
	}
}

// repeat proposes again the slots that were already open the last time, to members that have not
// accepted them.
func (n *node) repeat() {
	if !n.ready {
		n.askAgain()
	}
	for i, s := range n.open.All() {
		at := n.chosen + uint64(i) + 1
		if at > n.old {
			break
		}
		if s.acceptors == 0 && n.bug.openSlotsSkipped {
			continue
		}
		e := n.log.at(at)
		m := &Accept{Ballot: n.ballot, Slot: at, Command: e.Command, Change: e.Change, Chosen: n.chosen}
		for j := range n.peers {
			if p := &n.peers[j]; p.bit != 0 && s.acceptors&p.bit == 0 {
				n.send(p.id, m)
			}
		}
	}
	n.old = n.chosen + uint64(n.open.Len())
}

// resign ends this node's ballot, if it has one. A proposed value may still be chosen; others never
// will.
func (n *node) resign(to protocol.NodeID) {
	was := n.role
	n.role, n.leader = acceptor, to
	if was != leader {
		return
	}
	n.point = max(n.point, pointStepDown)
	for n.open.Len() > 0 {
		s := n.open.Pop()
		switch {
		case s.kind == query, s.kind == update && n.bug.rejectsWhatItProposed:
			n.reject(s.id, to, "deposed")
		case s.kind != nobodys:
			n.out.Reply = append(n.out.Reply, protocol.Reply{
				ID: s.id, Outcome: protocol.Unknown, Leader: to, Reason: "deposed",
			})
		}
	}
	for n.pending.Len() > 0 {
		n.reject(n.pending.Pop().id, to, "deposed")
	}
	for n.waiting.Len() > 0 {
		n.reject(n.waiting.Pop().id, to, "deposed")
	}
	n.dropJoining("deposed")
	n.leading = leading{}
	n.configured()
}
