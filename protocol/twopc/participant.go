package twopc

import (
	"fmt"
	"hash/fnv"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// branch is a participant's part of a transaction for which it has voted and whose outcome it does
// not
// know. It locks all keys that the part touches, shared on those it only reads. There is no
// separate
// lock table: a branch in the list holds its locks.
type branch struct {
	tx           ID
	participants []protocol.NodeID
	part         []byte
	locks        []protocol.Access
	result       []byte // as of the vote
	silent       uint64 // ticks since the coordinator was last heard about this transaction
	due, pause   uint64 // ticks of silence before the next inquiry, and between later ones
}

// heard records a sign of the coordinator.
func (b *branch) heard(ask uint64) { b.silent, b.due, b.pause = 0, ask, ask }

// inDoubt reports whether the coordinator was asked and has not answered.
func (b *branch) inDoubt(ask uint64) bool { return b.silent > ask }

// shard returns the member that holds a key.
func (n *node) shard(key string) int {
	h := fnv.New32a()
	h.Write([]byte(key))
	return int(h.Sum32() % uint32(len(n.members)))
}

// prepare votes on a part of a transaction. It votes yes if no other transaction has locked what
// the
// part touches and the machine agrees. Either vote is on disk before it is sent and does not change
// (AC2). Nobody waits for a lock: a participant that cannot lock at once votes no, so there is no
// deadlock, within a shard or across shards.
func (n *node) prepare(m *Prepare) {
	past := n.past(m.Tx)
	past.raise(m.Floor)
	if m.Tx.less(past.floor) {
		return // late: the coordinator no longer waits for this vote
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

// execute carries out a transaction on this shard only, unless its keys are locked. If it changes
// anything, both execution and refusal are recorded and remembered, so that it is not carried out
// twice or after a refusal.
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

// locked returns a no vote if another transaction has locked what this one touches, with the reason
// that the client will read; otherwise nil.
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

// conflict returns a key that both touch and at least one writes. With writersOnly, both must write
// it.
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

// decided applies a decision. Only a prepared participant has anything to do.
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

// resolve ends a branch with its outcome.
func (n *node) resolve(b *branch, commit bool) {
	n.write(&Resolved{Tx: b.tx, Commit: commit})
	e := event{kind: undone, tx: b.tx}
	if commit {
		e = event{kind: carriedOut, tx: b.tx, same: n.bug.appliesAtPrepare || string(n.result) == string(b.result)}
	}
	n.events = append(n.events, e)
	n.reach(pointResolve)
}

// waits advances the branches that wait for a decision by one tick, and asks when it is time. The
// node
// is never in doubt about its own transactions.
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

// inquire asks the coordinator for its decision. With termination=cooperative it also asks the
// other
// participants.
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

// inquired answers a participant in doubt. If the coordinator does not know the transaction, it
// presumes a rollback, because it forgets a committed one only after all have acknowledged. Another
// participant tells what it knows. If it has not voted yet, it can still vote no, and then nobody
// will
// ever commit (BHG §7.4). A participant that is also in doubt does not answer.
func (n *node) inquired(from protocol.NodeID, m *Inquire) {
	if m.Tx.Node == n.id {
		t := n.transaction(m.Tx)
		switch {
		case t == nil:
			n.send(from, &Decision{Tx: m.Tx, Commit: n.bug.presumesCommit})
		case t.phase == committing:
			n.send(from, &Decision{Tx: m.Tx, Commit: true})
		case t.phase == preparing:
			n.sendPhase(t, n.place(t, from)) // undecided; but the coordinator is alive
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
