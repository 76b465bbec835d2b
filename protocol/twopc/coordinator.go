package twopc

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/protocol"
)

// request is a client's command until it is answered. If a lock is refused, the transaction is
// rolled
// back. The request then tries again with a new transaction, with probability one half at every
// tick,
// until its timeout.
type request struct {
	id      uint64 // the host's
	command []byte
	parts   []part
	reads   bool         // it only reads
	attempt *transaction // nil between two attempts
	age     uint64       // ticks
	why     string       // why the latest attempt was refused
}

// part is what one member carries out of a command.
type part struct {
	member  int // its place among the members
	command []byte
}

// transaction is one attempt at a request. Once decided, it holds what is left to do.
type transaction struct {
	number  Number
	request *request // nil once it is answered
	parts   []part   // without their commands if only the decision was recovered from the disk
	results [][]byte // of the parts
	phase   phase
	waiting uint64 // the parts whose participants have not answered in this phase, as a bit set
	idle    uint64 // ticks since they were asked
	age     uint64 // ticks since it was decided
}

type phase uint8

const (
	executing  phase = iota // the only participant was asked to carry it out
	preparing               // votes are awaited
	committing              // decided; acknowledgements are awaited
	over
)

// propose handles a client's command. A command that touches no key gives the same result
// everywhere.
func (n *node) propose(p protocol.Propose) {
	if n.self < 0 {
		n.reject(p.ID, "not a member")
		return
	}
	accesses := n.machine.Accesses(p.Command)
	if len(accesses) == 0 {
		n.done(p.ID, n.machine.Query(p.Command))
		return
	}
	r := &request{id: p.ID, command: p.Command, reads: !slices.ContainsFunc(accesses, writes)}
	for i := range n.members {
		here := func(key string) bool { return n.shard(key) == i }
		if slices.ContainsFunc(accesses, func(a protocol.Access) bool { return here(a.Key) }) {
			r.parts = append(r.parts, part{i, n.machine.Part(p.Command, here)})
		}
	}
	n.requests = append(n.requests, r)
	n.begin(r)
}

// begin starts an attempt at a request.
func (n *node) begin(r *request) {
	n.calls++
	t := &transaction{
		number: Number{n.life, n.calls}, request: r, parts: r.parts, results: make([][]byte, len(r.parts)),
		phase: preparing,
	}
	if len(r.parts) == 1 && n.onePhase {
		t.phase = executing
	}
	t.waiting = 1<<len(t.parts) - 1
	r.attempt = t
	n.transactions = append(n.transactions, t)
	n.events = append(n.events, event{kind: begun, tx: n.tx(t), command: r.command})
	n.reach(pointBegin)
	n.sendPhaseAll(t)
}

// sendPhaseAll sends the current phase's message to participants that have not answered. The
// node's own shard comes first, because its answer can end the phase.
func (n *node) sendPhaseAll(t *transaction) {
	t.idle = 0
	phase := t.phase
	for i, p := range t.parts {
		if p.member == n.self && t.waiting&(1<<i) != 0 {
			n.sendPhase(t, i)
		}
	}
	for i, p := range t.parts {
		if p.member != n.self && t.waiting&(1<<i) != 0 && t.phase == phase {
			n.sendPhase(t, i)
		}
	}
}

// sendPhase sends it to the participant of the i-th part.
func (n *node) sendPhase(t *transaction, i int) {
	to := n.members[t.parts[i].member]
	switch t.phase {
	case executing:
		n.tell(to, &Execute{Tx: n.tx(t), Part: t.parts[i].command, Floor: n.floor()})
	case preparing:
		n.tell(to, &Prepare{Tx: n.tx(t), Participants: n.participants(t), Part: t.parts[i].command, Floor: n.floor()})
	case committing:
		n.tell(to, &Decision{Tx: n.tx(t), Commit: true})
	case over:
	}
}

// voted counts a vote. A vote for an unknown transaction comes from a participant that has not
// heard
// of its rollback: a prepare can arrive late, and nobody else would tell the participant.
func (n *node) voted(from protocol.NodeID, m *Vote) {
	t := n.transaction(m.Tx)
	switch {
	case t == nil && m.Yes:
		n.tell(from, &Decision{Tx: m.Tx, Commit: n.bug.presumesCommit})
	case t == nil:
	case t.phase == committing && m.Yes:
		n.tell(from, &Decision{Tx: m.Tx, Commit: true})
	case t.phase == committing:
	case !m.Yes:
		n.refusedBy(t, from, m)
	default:
		if !n.count(t, from) {
			return
		}
		t.results[n.place(t, from)] = m.Result
		yes := len(t.parts) - bits.OnesCount64(t.waiting)
		if t.waiting == 0 || n.bug.firstYesIsEnough || n.bug.majorityIsEnough && yes > len(t.parts)/2 {
			n.decide(t)
		}
	}
}

// refusedBy ends an attempt that a participant has voted against. The refusal is final if the part
// cannot be carried out, or if it is unknown when the conflicting lock will be released. Otherwise
// the
// request tries again at a later tick.
func (n *node) refusedBy(t *transaction, by protocol.NodeID, m *Vote) {
	r := t.request
	n.rollBack(t, by)
	switch {
	case len(m.Result) > 0:
		n.answer(r, [][]byte{m.Result})
	case m.Doubt:
		n.forget(r)
		n.reject(r.id, m.Reason)
	default:
		r.attempt, r.why = nil, m.Reason
	}
}

// resulted handles the result of a transaction that a single participant has carried out.
func (n *node) resulted(m *Result) {
	if t := n.transaction(m.Tx); t != nil && t.phase == executing {
		n.drop(t)
		n.reach(pointDecide)
		n.answer(t.request, [][]byte{m.Result})
	}
}

// decide commits a transaction after all have voted yes. The decision is on disk before anybody
// hears
// of it, and from then on the commit is certain. A transaction that writes nothing needs no
// decision:
// it has read everything while all locks were held, and they are released as in a rollback.
func (n *node) decide(t *transaction) {
	r, results := t.request, t.results
	if r.reads {
		n.rollBack(t, "")
		n.answer(r, results)
		return
	}
	d := &Decided{Tx: n.tx(t), Participants: n.participants(t)}
	if n.bug.decisionNotPersisted {
		n.enact(d)
	} else {
		n.write(d)
	}
	n.events = append(n.events, event{kind: decided, tx: d.Tx, participants: d.Participants})
	n.reach(pointDecide)
	n.out.Unsynced = n.bug.decisionUnsynced
	n.answer(r, results)
	n.sendPhaseAll(t)
}

// acknowledged records that a participant has committed.
func (n *node) acknowledged(from protocol.NodeID, m *Ack) {
	if t := n.transaction(m.Tx); t != nil && t.phase == committing && n.count(t, from) && t.waiting == 0 {
		n.finish(t)
	}
}

// finish forgets a transaction that all participants have committed.
func (n *node) finish(t *transaction) {
	n.events = append(n.events, event{kind: finished, tx: n.tx(t)})
	n.write(&Finished{Tx: n.tx(t)})
}

// rollBack gives a transaction up and tells its participants, except one that already knows. A
// participant that misses the message will ask.
func (n *node) rollBack(t *transaction, but protocol.NodeID) {
	asked := t.phase == preparing
	n.drop(t)
	if !asked {
		return
	}
	n.reach(pointDecide)
	for _, p := range t.parts {
		if id := n.members[p.member]; id != but {
			n.tell(id, &Decision{Tx: n.tx(t)})
		}
	}
}

// drop forgets a transaction.
func (n *node) drop(t *transaction) {
	t.phase = over
	n.transactions = slices.DeleteFunc(n.transactions, func(u *transaction) bool { return u == t })
}

// count records a participant's answer. It reports false if the sender is not a participant or has
// already answered.
func (n *node) count(t *transaction, from protocol.NodeID) bool {
	i := n.place(t, from)
	if i < 0 || t.waiting&(1<<i) == 0 {
		return false
	}
	t.waiting &^= 1 << i
	return true
}

// tries advances requests and transactions by one tick.
func (n *node) tries(draw uint64) {
	for i, r := range slices.Clone(n.requests) {
		r.age++
		switch {
		case r.age >= n.timeout:
			n.giveUp(r)
		case r.attempt == nil && draw>>(i%64)&1 == 1:
			n.begin(r)
		}
	}
	for _, t := range slices.Clone(n.transactions) {
		if t.phase == committing {
			t.age++
		}
		if t.idle++; t.idle >= n.resend {
			n.sendPhaseAll(t)
		}
		if n.bug.forgetsBeforeAcks && t.phase == committing && t.age >= n.timeout {
			n.finish(t)
		}
	}
}

// giveUp answers a request that has timed out. Nothing was decided, so its transaction is rolled
// back.
// But a sole participant that does not answer may have carried it out.
func (n *node) giveUp(r *request) {
	t := r.attempt
	switch {
	case t == nil:
		n.forget(r)
		n.reject(r.id, r.why)
	case n.bug.silenceIsYes && t.phase == preparing:
		n.decide(t)
	case t.phase == executing && !r.reads && !n.bug.rejectsWhatItSent:
		n.forget(r)
		n.drop(t)
		n.out.Reply = append(n.out.Reply, protocol.Reply{ID: r.id, Outcome: protocol.Unknown, Reason: n.missing(t)})
	default:
		n.forget(r)
		n.rollBack(t, "")
		n.reject(r.id, cmp.Or(r.why, n.missing(t)))
	}
}

// missing names the participants that have not answered.
func (n *node) missing(t *transaction) string {
	var silent []string
	for i, p := range t.parts {
		if t.waiting&(1<<i) != 0 {
			silent = append(silent, string(n.members[p.member]))
		}
	}
	if len(silent) == 1 {
		return silent[0] + " does not answer"
	}
	return strings.Join(silent, ", ") + " do not answer"
}

// answer answers a request that was carried out or cannot be. With one part, that part's result is
// the
// command's.
func (n *node) answer(r *request, results [][]byte) {
	n.forget(r)
	if len(r.parts) == 1 {
		n.done(r.id, results[0])
		return
	}
	n.done(r.id, n.machine.Join(r.command, slices.DeleteFunc(slices.Clone(results), func(b []byte) bool {
		return b == nil
	})))
}

func (n *node) forget(r *request) {
	r.attempt = nil
	n.requests = slices.DeleteFunc(n.requests, func(s *request) bool { return s == r })
}

// transaction returns a transaction that this node coordinates, nil if it is unknown or forgotten.
func (n *node) transaction(tx ID) *transaction {
	if tx.Node != n.id {
		return nil
	}
	for _, t := range n.transactions {
		if t.number == tx.Number {
			return t
		}
	}
	return nil
}

func (n *node) tx(t *transaction) ID { return ID{n.id, t.number} }

// floor returns the lowest number that can still be in progress at this coordinator.
func (n *node) floor() Number {
	if len(n.transactions) == 0 {
		return Number{n.life, n.calls + 1}
	}
	return n.transactions[0].number
}

// place returns the index of a participant's part, or -1.
func (n *node) place(t *transaction, id protocol.NodeID) int {
	return slices.IndexFunc(t.parts, func(p part) bool { return n.members[p.member] == id })
}

func (n *node) participants(t *transaction) []protocol.NodeID {
	ids := make([]protocol.NodeID, len(t.parts))
	for i, p := range t.parts {
		ids[i] = n.members[p.member]
	}
	return ids
}
