package twopc

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// branch is a participant's part of a transaction for which it has voted and whose end it does not know. It holds locks on
// all keys that the part touches, shared on those it only reads: they are nothing else than that it is in the list.
type branch struct {
	tx           ID
	participants []protocol.NodeID
	part         []byte
	locks        []protocol.Access
	result       []byte // as voted
	silent       uint64 // ticks since the coordinator was last heard of in this matter
	due, pause   uint64 // ticks of silence at which it will be asked, and from there to the next time
}

// heard takes note of a sign of the coordinator.
func (b *branch) heard(ask uint64) { b.silent, b.due, b.pause = 0, ask, ask }

// inDoubt says that the coordinator was asked and has not answered.
func (b *branch) inDoubt(ask uint64) bool { return b.silent > ask }

// shard is the member that holds a key.
func (n *node) shard(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32() % uint32(len(n.members)))
}

// prepare votes on a part of a transaction: yes if nobody else has locked what it touches and the machine agrees to it. A vote
// is on disk before it is sent, be it yes or no, and is not changed (AC2). A lock is never waited for: a participant that
// cannot have it at once votes no, so that there is no deadlock, within a shard or across them.
func (n *node) prepare(m *Prepare) {
	past := n.past(m.Tx)
	past.raise(m.Floor)
	if m.Tx.less(past.floor) {
		return // late: the coordinator waits for no vote of it
	}
	if b := n.branch(m.Tx); b != nil {
		b.heard(n.ask)
		n.tell(m.Tx.Node, &Vote{Tx: m.Tx, Yes: true, Result: b.result})
		return
	}
	if i, over := past.find(m.Tx.Number); over {
		if e := &past.ended[i]; e.Fate == FateRefused {
			n.tell(m.Tx.Node, &Vote{Tx: m.Tx, Result: e.Result, Reason: e.Reason})
		}
		return
	}
	accesses := n.machine.Accesses(m.Part)
	if no := n.locked(m.Tx, accesses); no != nil {
		n.refuse(no)
		return
	}
	result := n.machine.Query(m.Part)
	if !n.machine.Agreed(result) {
		n.refuse(&Vote{Tx: m.Tx, Result: result, Reason: "its part cannot be carried out"})
		return
	}
	n.write(&Prepared{Tx: m.Tx, Participants: m.Participants, Part: m.Part, Result: result, Floor: past.floor})
	if n.bug.appliesAtPrepare {
		n.apply(m.Part)
	}
	n.events = append(n.events, event{kind: voted, tx: m.Tx, accesses: accesses})
	n.reach(pointVote)
	n.out.Unsynced = n.bug.voteUnsynced && m.Tx.Node != n.id
	n.tell(m.Tx.Node, &Vote{Tx: m.Tx, Yes: true, Result: result})
}

// refuse votes no.
func (n *node) refuse(no *Vote) {
	n.write(&Refused{Tx: no.Tx, Result: no.Result, Reason: no.Reason, Floor: n.past(no.Tx).floor})
	n.events = append(n.events, event{kind: refused, tx: no.Tx})
	n.reach(pointVote)
	n.tell(no.Tx.Node, no)
}

// execute carries out a transaction that concerns no other shard, unless somebody has locked what it touches. Where it changes
// something, both are written and remembered, for it must not be carried out twice, nor after it was refused.
func (n *node) execute(m *Execute) {
	past := n.past(m.Tx)
	past.raise(m.Floor)
	if m.Tx.less(past.floor) {
		return
	}
	if i, over := past.find(m.Tx.Number); over {
		if e := &past.ended[i]; e.Fate == FateExecuted {
			n.tell(m.Tx.Node, &Result{Tx: m.Tx, Result: e.Result})
		} else {
			n.tell(m.Tx.Node, &Vote{Tx: m.Tx, Result: e.Result, Reason: e.Reason})
		}
		return
	}
	accesses := n.machine.Accesses(m.Part)
	reads := !slices.ContainsFunc(accesses, writes)
	no := n.locked(m.Tx, accesses)
	switch {
	case reads && no == nil:
		n.events = append(n.events, event{kind: read, tx: m.Tx, accesses: accesses})
		n.tell(m.Tx.Node, &Result{Tx: m.Tx, Result: n.machine.Query(m.Part)})
	case reads:
		n.tell(m.Tx.Node, no)
	case no != nil && n.bug.refusalForgotten:
		n.events = append(n.events, event{kind: refused, tx: m.Tx})
		n.tell(m.Tx.Node, no)
	case no != nil:
		n.refuse(no)
	default:
		n.write(&Executed{Tx: m.Tx, Part: m.Part, Floor: past.floor})
		n.events = append(n.events, event{kind: executed, tx: m.Tx, accesses: accesses})
		n.reach(pointVote)
		n.tell(m.Tx.Node, &Result{Tx: m.Tx, Result: n.result})
	}
}

func writes(a protocol.Access) bool { return a.Write }

// locked is the vote against a transaction that touches what another has locked, in the words that its client will read; nil if
// nothing stands against it.
func (n *node) locked(tx ID, accesses []protocol.Access) *Vote {
	if n.bug.readsPastLocks && !slices.ContainsFunc(accesses, writes) {
		return nil
	}
	for _, b := range n.prepared {
		key, clash := conflict(b.locks, accesses, n.bug.noReadLocks)
		if !clash || b.tx == tx {
			continue
		}
		reason := fmt.Sprintf("key %s is locked by transaction %v", key, b.tx)
		if b.inDoubt(n.ask) {
			reason += fmt.Sprintf(", in doubt: its coordinator %s has not answered for %d ticks", b.tx.Node, b.silent)
		}
		return &Vote{Tx: tx, Reason: reason, Doubt: b.inDoubt(n.ask)}
	}
	return nil
}

// conflict is a key that both touch and at least one of them writes; or both, where only writers lock.
func conflict(held, wanted []protocol.Access, writersOnly bool) (key string, found bool) {
	for _, w := range wanted {
		for _, h := range held {
			if h.Key == w.Key && (h.Write && w.Write || !writersOnly && (h.Write || w.Write)) {
				return w.Key, true
			}
		}
	}
	return "", false
}

// decided takes the decision to its end. Only who is prepared has anything to do; the others have done it.
func (n *node) decided(m *Decision) {
	b := n.branch(m.Tx)
	if b == nil {
		if n.bug.decisionAppliedTwice && m.Commit && n.carried[m.Tx] != nil {
			n.apply(n.carried[m.Tx])
			n.events = append(n.events, event{kind: carriedOut, tx: m.Tx})
		}
		if m.Commit {
			n.tell(m.Tx.Node, &Ack{Tx: m.Tx})
		}
		return
	}
	n.resolve(b, m.Commit)
	if m.Commit {
		n.tell(m.Tx.Node, &Ack{Tx: m.Tx})
	}
}

// resolve ends the doubt about a branch.
func (n *node) resolve(b *branch, commit bool) {
	n.write(&Resolved{Tx: b.tx, Commit: commit})
	e := event{kind: undone, tx: b.tx}
	if commit {
		e = event{kind: carriedOut, tx: b.tx, same: n.bug.appliesAtPrepare || string(n.result) == string(b.result)}
	}
	n.events = append(n.events, e)
	n.reach(pointResolve)
}

// waits lets a tick pass for the branches that wait for a decision, and asks where it is time to. This node itself is never in
// doubt about what it coordinates.
func (n *node) waits() {
	for _, b := range slices.Clone(n.prepared) {
		if b.tx.Node == n.id {
			continue
		}
		b.silent++
		switch {
		case b.silent < b.due:
		case n.bug.rollsBackInDoubt || n.bug.commitsInDoubt:
			if b.silent >= 2*n.ask {
				n.resolve(b, n.bug.commitsInDoubt)
			}
		default:
			n.inquire(b)
		}
	}
}

// inquire asks the coordinator for its decision; with termination=cooperative also the others, who may have heard it.
func (n *node) inquire(b *branch) {
	b.due = b.silent + b.pause
	b.pause = min(2*b.pause, 4*n.ask)
	if n.bug.neverAsks {
		return
	}
	m := &Inquire{Tx: b.tx}
	n.send(b.tx.Node, m)
	for _, id := range b.participants {
		if n.cooperative && id != n.id && id != b.tx.Node {
			n.send(id, m)
		}
	}
}

// inquired answers a participant in doubt. The coordinator presumes of a transaction that it does not know that it was rolled
// back: it forgets no other before all have acknowledged. Another participant tells what it knows; if it has not voted yet, it
// can still vote no, and then nobody will ever commit (Bernstein et al. 1987, §7.4). Who is in doubt too has nothing to say.
func (n *node) inquired(from protocol.NodeID, m *Inquire) {
	if m.Tx.Node == n.id {
		t := n.transaction(m.Tx)
		switch {
		case t == nil:
			n.send(from, &Decision{Tx: m.Tx, Commit: n.bug.presumesCommit})
		case t.phase == committing:
			n.send(from, &Decision{Tx: m.Tx, Commit: true})
		case t.phase == preparing:
			n.urge(t, n.place(t, from)) // it is not decided yet; there is a coordinator, though
		}
		return
	}
	past := n.past(m.Tx)
	if n.branch(m.Tx) != nil || m.Tx.less(past.floor) {
		return
	}
	i, over := past.find(m.Tx.Number)
	if !over {
		n.refuse(&Vote{Tx: m.Tx, Reason: fmt.Sprintf("%s was in doubt first", from)})
	}
	n.send(from, &Decision{Tx: m.Tx, Commit: over && past.ended[i].Fate == FateCommitted})
}
