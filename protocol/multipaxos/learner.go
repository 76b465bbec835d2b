package multipaxos

import (
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// The learner: Paxos Made Simple §2.3. A leader counts acceptances and says in every message how
// far
// slots are chosen. Other nodes know the value if they have accepted it in the leader's ballot, and
// otherwise ask for it.

// learnTo records that the leader of a ballot knows every slot up to chosen to be chosen. A value
// accepted in that very ballot is the chosen one; a value of an earlier ballot may not be.
func (n *node) learnTo(chosen uint64, by Ballot) {
	if chosen > n.known || n.teacher == "" {
		n.known, n.teacher = max(n.known, chosen), by.Node
	}
	for n.chosen < min(chosen, n.log.last()) {
		if e := n.log.at(n.chosen + 1); e.Ballot != by && (!n.bug.ballotUnchecked || e.empty()) {
			return
		}
		n.choose()
	}
}

// choose applies the next slot, whose value is known to be chosen.
func (n *node) choose() (result []byte) {
	n.chosen++
	n.point = max(n.point, pointChoose)
	e := n.log.at(n.chosen)
	switch {
	case len(e.Command) > 0:
		result = n.machine.Apply(e.Command)
	case e.Change != Change{}:
		n.decide(e.Change)
	}
	n.out.Apply = append(n.out.Apply, protocol.Entry{Index: n.chosen, Term: e.Ballot.Round, Command: e.Command})
	n.proceed()
	return result
}

// learnTick asks for missing values if a whole tick has brought none.
func (n *node) learnTick() {
	if n.chosen < n.known && n.chosen == n.stalled && !n.ready {
		if n.leader != "" && n.role != leader {
			n.teacher = n.leader
		}
		n.ask()
	}
	n.stalled = n.chosen
}

func (n *node) ask() {
	if !n.bug.gapNeverAsked {
		n.send(n.teacher, &Learn{From: n.chosen + 1})
	}
}

// teach sends chosen values, or a snapshot if they are gone from the log.
func (n *node) teach(to protocol.NodeID, m *Learn) {
	switch last := min(n.chosen, m.From+n.batch-1); {
	case m.From > n.chosen:
	case m.From <= n.log.base:
		n.send(to, &Snapshot{Index: n.snap.Index, Configs: n.snap.Configs, Data: n.snap.Snapshot, Chosen: n.chosen})
	default:
		n.send(to, &Learned{First: m.From, Entries: n.log.copy(m.From, last), Chosen: n.chosen})
	}
}

// learned handles chosen values. A leader after phase 1 ignores them, because it learns by
// counting.
func (n *node) learned(from protocol.NodeID, m *Learned) {
	if n.ready {
		return
	}
	first := n.chosen + 1
	for i, e := range m.Entries {
		if m.First+uint64(i) != n.chosen+1 {
			continue
		}
		if n.log.at(n.chosen + 1).Ballot.less(e.Ballot) {
			n.log.put(n.chosen+1, e)
		}
		n.choose()
	}
	if first > n.chosen {
		return
	}
	n.point = max(n.point, pointLearn)
	n.persist(&Slots{First: first, Entries: n.log.copy(first, n.chosen), Chosen: n.chosen})
	n.goOn(from, m.Chosen)
}

// goOn asks for more values if there are more, and resumes what waited for them.
func (n *node) goOn(from protocol.NodeID, chosen uint64) {
	n.known = max(n.known, chosen)
	if n.role != acceptor && n.chosen >= n.floor {
		n.maybeLead()
	} else if n.chosen < chosen {
		n.teacher = from
		n.ask()
	}
}

// install replaces the node's chosen prefix by a snapshot. What it has accepted after that stays.
func (n *node) install(from protocol.NodeID, m *Snapshot) {
	if n.ready || m.Index <= n.chosen || n.machine.Restore(m.Data) != nil {
		return
	}
	n.chosen = m.Index
	if !n.bug.snapshotKeepsConfiguration {
		n.adopt(m.Configs)
	}
	n.log.compact(m.Index)
	if n.bug.installForgetsAccepted {
		n.log.entries = nil
	}
	n.point = max(n.point, pointInstall)
	n.checkpoint(m.Data)
	n.goOn(from, m.Chosen)
}

// maybeSnapshot takes a snapshot and drops the log before it, once the log is long enough.
func (n *node) maybeSnapshot() {
	if n.chosen-n.log.base < n.snapshotEvery {
		return
	}
	n.log.compact(n.chosen)
	n.point = max(n.point, pointSnapshot)
	n.checkpoint(n.machine.Snapshot())
}

// checkpoint writes the node's whole state. The snapshot covers every chosen slot.
func (n *node) checkpoint(snapshot []byte) {
	n.snap = &Checkpoint{
		Promised: n.hard, Index: n.chosen, Configs: slices.Clone(n.configs), Snapshot: snapshot,
		Entries: n.log.copy(n.chosen+1, n.log.last()),
	}
	if n.bug.checkpointForgetsPromise {
		n.snap.Promised = Promised{}
	}
	if n.bug.checkpointForgetsAccepted {
		n.snap.Entries = nil
	}
	n.out.Persist = append(n.out.Persist, protocol.Record{Checkpoint: true, Data: n.snap})
}
