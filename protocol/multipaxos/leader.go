package multipaxos

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/fifo"
)

// Phase 2 of the proposer: Paxos Made Simple §2.2 and §3. Slots are proposed as commands come, without waiting for one
// another; they are known to be chosen, and answered, in order.

// leading is what a leader keeps. All of it ends with its ballot.
type leading struct {
	ticks     uint64           // since it began
	ready     bool             // phase 1 is done with the members who decide the next slot
	recovered uint64           // the last slot that phase 1 found in use
	open      fifo.Queue[slot] // the slots proposed and not known to be chosen; the first is chosen+1
	old       uint64           // the last slot that was open when they were last repeated
	pending   fifo.Queue[request]
	joining   *joining
	reading
}

// slot is one that is open.
type slot struct {
	request
	acceptors set
}

// request is a client's; the zero request is nobody's.
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

// lead makes the proposer whom a majority follows the leader.
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

// request takes a client's request.
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

// fill opens slots while the window allows it, none of them beyond those that the present members decide. A slot in use
// keeps the value that phase 1 found, and the gaps between them are filled with no-ops, so that what comes later can be
// chosen in order; then come the requests that wait, and no-ops as long as a new configuration waits for its first slot.
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

// mostOpen is how many slots may be open at once. What is chosen in a slot decides who is a member as many slots later.
func (n *node) mostOpen() uint64 {
	if n.bug.windowIgnored {
		return 2 * n.window
	}
	return n.window
}

// value is what a request would have chosen.
func (r *request) value() Entry {
	if r.kind == query {
		return Entry{}
	}
	return Entry{Command: r.command, Change: r.change}
}

// propose is phase 2a for the next slot. The leader's own acceptor accepts at once, and counts at once: no message of this
// or a later Step leaves before that is on its disk (protocol.P2), so nobody else can have accepted earlier.
func (n *node) propose(e Entry, r request) {
	at := n.chosen + uint64(n.open.Len()) + 1
	e.Ballot = n.ballot
	n.log.put(at, e)
	n.persist(&Slots{First: at, Entries: []Entry{e}, Chosen: n.chosen})
	n.open.Push(slot{request: r, acceptors: n.self})
	n.sendAll(&Accept{Ballot: n.ballot, Slot: at, Command: e.Command, Change: e.Change, Chosen: n.chosen})
	n.advance()
}

// accepted takes one answer to phase 2.
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

// advance takes, in order, what a majority has accepted as chosen.
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

// leaderTick sends heartbeats, repeats what was not answered, and gives up if no majority is heard.
func (n *node) leaderTick() {
	n.ticks++
	heard := 1
	for i := range n.peers {
		if p := &n.peers[i]; p.bit != 0 && n.ticks-p.heard <= n.patience {
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

// repeat proposes again, to those who have not accepted it, what was open the last time as well.
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

// resign ends this node's ballot, if it has one. What was proposed may yet be chosen; what was not will never be.
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
