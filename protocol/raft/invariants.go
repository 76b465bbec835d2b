package raft

import (
	"bytes"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// invariants checks R1 to R12 of the package's documentation. The cost of a check is proportional
// to
// what the Step changed.
type invariants struct {
	leaders   map[uint64]protocol.NodeID // by term
	votes     map[uint64][]vote          // by term
	newest    *node                      // leader of the highest term so far, nil once it has restarted
	newestOf  uint64                     // that term
	places    []place                    // by index-1: every entry that any log has held there
	committed []committed                // by index-1
	led       uint64                     // the last index that any leader has committed
	snapshots []*Checkpoint              // the latest few, one per index
	views     map[protocol.NodeID]*view
}

// vote is a vote that was given, or at least recorded.
type vote struct{ from, to protocol.NodeID }

// place holds what logs have contained at one index; rarely more than one entry.
type place struct {
	held
	others []held
}

// held is an entry of a log and the term of the entry before it. If two logs agree on both wherever
// they hold an entry of the same index and term, then by induction they agree on everything before
// it,
// which is Log Matching.
type held struct {
	entry    Entry
	prevTerm uint64
}

// committed is an entry that some node has applied; Term 0 means none yet.
type committed struct {
	term    uint64
	command []byte
	by      uint64 // the term in which it was committed; later leaders must hold it
}

// view is a node's state after its previous Step.
type view struct {
	node                  *node
	hard                  HardState
	role                  role
	commit, applied, last uint64
	matches               []match   // as a leader: what each other member was known to hold ...
	configured            uint64    // ... since this configuration
	told                  HardState // the latest that another node has heard from it, which was durable by then
}

// match is a peer and the last entry that it is known to hold.
type match struct {
	peer  protocol.NodeID
	index uint64
}

const snapshotsKept = 16

// NewInvariants returns a checker that watches one cluster from its start.
func NewInvariants() protocol.Invariants {
	return &invariants{
		leaders: map[uint64]protocol.NodeID{}, votes: map[uint64][]vote{}, views: map[protocol.NodeID]*view{},
	}
}

// Restarted checks everything that the node's disk returned.
func (v *invariants) Restarted(id protocol.NodeID, core protocol.Core) error {
	n := core.(*node)
	s := v.views[id]
	if s == nil {
		s = &view{}
		v.views[id] = s
	}
	before := s.node
	t := s.told
	if n.hard.Term < t.Term || (n.hard.Term == t.Term && t.Vote != "" && n.hard.Vote != t.Vote) {
		return fmt.Errorf("R6: %s came back in term %d, vote %q, and has told others of term %d, vote %q",
			n.id, n.hard.Term, n.hard.Vote, t.Term, t.Vote)
	}
	*s = view{
		node: n, hard: n.hard, role: n.role, commit: n.commit, applied: n.applied, last: n.log.last(), told: s.told,
	}
	if v.newest != nil && v.newest.id == id {
		v.newest = nil
	}
	if n.alone() || before != nil && before.alone() {
		// A lone member commits what it writes, and nobody else has seen entries that were not yet
		// on its
		// disk. The configuration that made it the only member can be one of them.
		lost := func(c *Checkpoint) bool { return c.Index > n.log.last() }
		v.snapshots = slices.DeleteFunc(v.snapshots, lost)
		v.committed = v.committed[:min(uint64(len(v.committed)), n.log.last())]
		v.places = v.places[:min(uint64(len(v.places)), n.log.last())]
	}
	if n.snap != nil {
		if err := v.snapshot(n, n.snap); err != nil {
			return err
		}
	}
	return v.matching(n, n.log.base+1)
}

// alone reports whether the node is the only member.
func (n *node) alone() bool { return n.voter && len(n.members()) == 1 }

// After checks what one Step has changed.
func (v *invariants) After(id protocol.NodeID, core protocol.Core, in protocol.Input, out *protocol.Output) error {
	n := core.(*node)
	s := v.views[id]
	if s == nil || s.node != n {
		// A node not seen before is at its start and has not done anything yet.
		s = &view{node: n, last: n.log.base, commit: n.log.base, applied: n.log.base}
		v.views[id] = s
	}
	if err := v.step(s, n, in, out); err != nil {
		return err
	}
	s.hard, s.role, s.commit, s.applied, s.last = n.hard, n.role, n.commit, n.applied, n.log.last()
	return nil
}

func (v *invariants) step(s *view, n *node, in protocol.Input, out *protocol.Output) error {
	if n.hard.Term < s.hard.Term || (n.hard.Term == s.hard.Term && s.hard.Vote != "" && n.hard.Vote != s.hard.Vote) {
		return fmt.Errorf("R6: %s went from term %d, vote %q to term %d, vote %q",
			n.id, s.hard.Term, s.hard.Vote, n.hard.Term, n.hard.Vote)
	}
	if n.hard.Vote != "" && n.hard != s.hard {
		v.votes[n.hard.Term] = append(v.votes[n.hard.Term], vote{n.id, n.hard.Vote})
	}
	if n.commit < s.commit || n.applied < s.applied || n.applied != n.commit || n.commit > n.log.last() {
		return protocol.About(fmt.Errorf("R7: %s went from commit %d, applied %d to commit %d, applied %d with a "+
			"log to %d",
			n.id, s.commit, s.applied, n.commit, n.applied, n.log.last()),
			v.decided(min(n.commit, n.applied, n.log.last()), max(s.commit, s.applied),
				"is what %s had committed, and no longer has", n.id)...)
	}
	for _, r := range out.Persist {
		if err := v.record(s, n, r.Data, out); err != nil {
			return err
		}
	}
	if n.role == leader && (s.role != leader || s.hard.Term != n.hard.Term) {
		s.matches = s.matches[:0]
		if err := v.elected(n); err != nil {
			return err
		}
	}
	if n.role == leader && n.commit > s.commit {
		if err := v.majority(n); err != nil {
			return err
		}
	}
	for i := range out.Apply {
		if err := v.apply(s, n, &out.Apply[i]); err != nil {
			return err
		}
	}
	if err := v.leadersFirst(s, n); err != nil {
		return err
	}
	if r, received := in.(protocol.Receive); received {
		from := v.views[r.Message.From]
		if from == nil {
			return nil
		}
		from.tell(&r.Message)
		if n.role == leader {
			return v.acknowledged(s, n, from.node)
		}
	}
	return nil
}

// tell records the term and the vote that a message reveals.
func (s *view) tell(m *protocol.Message) {
	var term uint64
	var vote protocol.NodeID
	switch b := m.Body.(type) {
	case *Appended:
		term = b.Term
	case *Append:
		term, vote = b.Term, m.From
	case *Installed:
		term = b.Term
	case *Voted:
		if b.Pre {
			return // it may repeat the term that was asked about
		}
		if term = b.Term; b.Granted {
			vote = m.To
		}
	}
	if term > s.told.Term {
		s.told = HardState{Term: term}
	}
	if term == s.told.Term && vote != "" {
		s.told.Vote = vote
	}
}

// record checks one record that the node wrote in this Step.
func (v *invariants) record(s *view, n *node, data any, out *protocol.Output) error {
	switch r := data.(type) {
	case *Entries:
		if s.role == leader && n.role == leader && s.hard.Term == n.hard.Term && r.First != s.last+1 {
			return protocol.About(fmt.Errorf("R2: %s, leader of term %d, replaced its log from %d on", n.id,
				n.hard.Term, r.First), protocol.Concerning(r.Entries[0].Command, "is what %s wrote at %d@%d", n.id,
				r.First, r.Entries[0].Term))
		}
		if r.First <= s.commit {
			return protocol.About(fmt.Errorf("R4: %s replaced its log from %d on, which is committed up to %d", n.id,
				r.First, s.commit), append(v.decided(r.First-1, s.commit, "is committed, and %s replaced it", n.id),
				protocol.Concerning(r.Entries[0].Command, "is what %s wrote at %d@%d", n.id, r.First,
					r.Entries[0].Term))...)
		}
		if n.role == leader && len(r.Entries) == 1 && r.Entries[0].Members != nil {
			if err := v.reconfigures(s, n, r.First); err != nil {
				return err
			}
		}
		s.last = r.First + uint64(len(r.Entries)) - 1
		return v.matching(n, r.First)
	case *Checkpoint:
		// installed in place of entries; a node takes its own snapshot only after applying entries
		if len(out.Apply) == 0 {
			s.applied = max(s.applied, r.Index)
		}
		if err := v.snapshot(n, r); err != nil {
			return err
		}
		return v.matching(n, r.Index+1)
	}
	return nil
}

// matching compares the node's log, from index on, with what any other log has held there: Log
// Matching.
func (v *invariants) matching(n *node, from uint64) error {
	for i := max(from, n.log.base+1); i <= n.log.last(); i++ {
		for uint64(len(v.places)) < i {
			v.places = append(v.places, place{})
		}
		e, p := n.log.at(i), &v.places[i-1]
		h := p.find(e.Term)
		if h == nil {
			p.add(held{*e, n.log.term(i - 1)})
			continue
		}
		if h.prevTerm != n.log.term(i-1) || !bytes.Equal(h.entry.Command, e.Command) ||
			!slices.Equal(h.entry.Members, e.Members) {
			return protocol.About(fmt.Errorf("R3: %s and another log hold different entries at %d@%d, after a %d@%d",
				n.id, i, e.Term, i-1, n.log.term(i-1)),
				protocol.Concerning(e.Command, "is what %s holds at %d@%d, after a %d@%d", n.id, i, e.Term, i-1,
					n.log.term(i-1)),
				protocol.Concerning(h.entry.Command, "is what another log holds at %d@%d, after a %d@%d", i, e.Term,
					i-1, h.prevTerm))
		}
	}
	return nil
}

func (p *place) find(term uint64) *held {
	if p.entry.Term == term {
		return &p.held
	}
	for i := range p.others {
		if p.others[i].entry.Term == term {
			return &p.others[i]
		}
	}
	return nil
}

func (p *place) add(h held) {
	if p.entry.Term == 0 {
		p.held = h
	} else {
		p.others = append(p.others, h)
	}
}

// elected checks a node that has just become leader: Election Safety and Leader Completeness.
func (v *invariants) elected(n *node) error {
	if other, taken := v.leaders[n.hard.Term]; taken && other != n.id {
		return fmt.Errorf("R1: %s and %s both lead term %d", other, n.id, n.hard.Term)
	}
	v.leaders[n.hard.Term] = n.id
	votes := 0
	for _, id := range n.members() {
		if slices.Contains(v.votes[n.hard.Term], vote{id, n.id}) {
			votes++
		}
	}
	if votes <= len(n.members())/2 {
		return fmt.Errorf("R1: %s leads term %d with the votes of %d of %d members",
			n.id, n.hard.Term, votes, len(n.members()))
	}
	if n.hard.Term >= v.newestOf {
		v.newest, v.newestOf = n, n.hard.Term
	}
	// A leader whose votes were delayed can appear after one of a later term. It need not hold what
	// that
	// later leader committed.
	for i := n.log.base + 1; i <= uint64(len(v.committed)); i++ {
		c := v.committed[i-1]
		switch {
		case c.term == 0 || c.by >= n.hard.Term:
		case i > n.log.last():
			return protocol.About(fmt.Errorf("R4: %s leads term %d with a log to %d, but %d@%d is committed",
				n.id, n.hard.Term, n.log.last(), i, c.term),
				protocol.Concerning(c.command, "is committed at %d@%d, and not in the log of %s, which leads term %d",
					i, c.term, n.id, n.hard.Term))
		case c.term != n.log.term(i):
			return protocol.About(fmt.Errorf("R4: %s leads term %d with %d@%d, but %d@%d is committed",
				n.id, n.hard.Term, i, n.log.term(i), i, c.term),
				protocol.Concerning(c.command, "is committed at %d@%d", i, c.term),
				protocol.Concerning(n.log.at(i).Command, "is what %s, which leads term %d, holds there: %d@%d", n.id,
					n.hard.Term, i, n.log.term(i)))
		}
	}
	return nil
}

// apply compares one applied entry with what other nodes applied at its index: State Machine
// Safety.
func (v *invariants) apply(s *view, n *node, e *protocol.Entry) error {
	if e.Index != s.applied+1 {
		return protocol.About(fmt.Errorf("R5: %s applied %d after %d", n.id, e.Index, s.applied),
			protocol.Concerning(e.Command, "is what %s applied at %d, after %d", n.id, e.Index, s.applied))
	}
	s.applied = e.Index
	for uint64(len(v.committed)) < e.Index {
		v.committed = append(v.committed, committed{})
	}
	c := &v.committed[e.Index-1]
	if c.term != 0 {
		if c.term != e.Term || !bytes.Equal(c.command, e.Command) {
			return protocol.About(fmt.Errorf("R5: %s applied %d@%d, another node something else at %d@%d",
				n.id, e.Index, e.Term, e.Index, c.term),
				protocol.Concerning(e.Command, "is what %s applied at %d@%d", n.id, e.Index, e.Term),
				protocol.Concerning(c.command, "is what another node applied at %d@%d", e.Index, c.term))
		}
		return nil
	}
	*c = committed{e.Term, e.Command, n.hard.Term}
	l := v.newest
	if l != nil && l.role == leader && l.hard.Term == v.newestOf && e.Index > l.log.base &&
		l.log.term(e.Index) != e.Term {
		about := []protocol.Concern{protocol.Concerning(e.Command, "is what %s applied at %d@%d", n.id, e.Index,
			e.Term)}
		if e.Index <= l.log.last() {
			about = append(about, protocol.Concerning(l.log.at(e.Index).Command, "is what %s holds there: %d@%d", l.id,
				e.Index, l.log.term(e.Index)))
		}
		return protocol.About(fmt.Errorf("R4: %s applied %d@%d, which %s, leader of term %d, does not hold",
			n.id, e.Index, e.Term, l.id, v.newestOf), about...)
	}
	return nil
}

// snapshot checks a snapshot that the node took, received, or found on its disk.
func (v *invariants) snapshot(n *node, c *Checkpoint) error {
	if i := c.Index; i <= uint64(len(v.committed)) && v.committed[i-1].term != 0 && v.committed[i-1].term != c.Term {
		return protocol.About(fmt.Errorf("R8: %s has a snapshot at %d@%d, but %d@%d is committed",
			n.id, i, c.Term, i, v.committed[i-1].term),
			v.decided(i-1, i, "is committed, and not what the snapshot of %s covers", n.id)...)
	}
	for _, k := range v.snapshots {
		if k.Index != c.Index {
			continue
		}
		if !bytes.Equal(k.Snapshot, c.Snapshot) || !slices.Equal(k.Members, c.Members) {
			return protocol.About(fmt.Errorf("R8: %s has a snapshot at %d that differs from another node's", n.id,
				c.Index), v.decided(c.Index-1, c.Index,
				"is the last that the snapshots cover, that of %s and the other", n.id)...)
		}
		return nil
	}
	if len(v.snapshots) == snapshotsKept {
		v.snapshots = slices.Delete(v.snapshots, 0, 1)
	}
	v.snapshots = append(v.snapshots, c)
	return nil
}

// reconfigures checks a configuration that a leader has written at index.
func (v *invariants) reconfigures(s *view, n *node, index uint64) error {
	if s.commit < n.first {
		return fmt.Errorf("R11: %s changes the configuration at %d, before its first entry at %d is committed", n.id,
			index, n.first)
	}
	for _, c := range n.configs {
		if c.index > s.commit && c.index < index {
			return fmt.Errorf("R11: %s changes the configuration at %d, before that at %d is committed", n.id, index,
				c.index)
		}
	}
	return nil
}

// majority counts the members that hold what a leader has just committed. A member that
// acknowledged
// an entry does not vote for a leader without it.
func (v *invariants) majority(n *node) error {
	if term := n.log.term(n.commit); term != n.hard.Term {
		return protocol.About(fmt.Errorf("R10: %s, leader of term %d, committed %d@%d by counting", n.id, n.hard.Term,
			n.commit, term), n.holds(n.commit, "is what %s committed, an entry of an earlier term", n.id)...)
	}
	holders := 0
	for _, id := range n.members() {
		s := v.views[id]
		if s != nil && (n.commit <= s.node.log.base || s.node.log.term(n.commit) == n.log.term(n.commit)) {
			holders++
		}
	}
	if holders <= len(n.members())/2 {
		return protocol.About(fmt.Errorf("R10: %s committed %d, which %d of %d members hold", n.id, n.commit, holders,
			len(n.members())), n.holds(n.commit, "is what %s committed", n.id)...)
	}
	return nil
}

// leadersFirst checks R12 for what a node has just applied. It compares indexes only, so it does
// not
// matter whether the entries are still in the log; R5 checks that they are the same. A leader that
// commits in a Step and steps down in the same Step has still committed.
func (v *invariants) leadersFirst(s *view, n *node) error {
	if n.role == leader || s.role == leader {
		v.led = max(v.led, n.commit)
	}
	if n.commit > v.led {
		return protocol.About(fmt.Errorf("R12: %s applied its log up to %d, and no leader has committed more than "+
			"%d of it", n.id, n.commit, v.led),
			v.decided(v.led, n.commit, "was applied by %s before any leader committed it", n.id)...)
	}
	return nil
}

// acknowledged compares what a leader believes a follower to hold with what it holds.
func (v *invariants) acknowledged(s *view, n, f *node) error {
	p := n.peer(f.id)
	if p == nil || !p.voter {
		return nil
	}
	if c := n.configs[len(n.configs)-1].index; c != s.configured {
		s.matches, s.configured = s.matches[:0], c
	}
	known := slices.IndexFunc(s.matches, func(m match) bool { return m.peer == f.id })
	if known < 0 {
		known = len(s.matches)
		s.matches = append(s.matches, match{peer: f.id})
	}
	if p.match < s.matches[known].index {
		return protocol.About(fmt.Errorf("R9: %s knew that %s holds its log up to %d, and now up to %d only",
			n.id, f.id, s.matches[known].index, p.match),
			n.holds(s.matches[known].index, "is the last that %s knew %s to hold", n.id, f.id)...)
	}
	s.matches[known].index = p.match
	if p.round > n.round {
		return fmt.Errorf("R9: %s believes that %s has answered its round %d, of which there were %d", n.id, f.id,
			p.round, n.round)
	}
	if f.hard.Term != n.hard.Term {
		return nil
	}
	both := p.match > f.log.base && p.match > n.log.base // neither has compacted it
	if p.match > f.log.last() || (both && f.log.term(p.match) != n.log.term(p.match)) {
		about := n.holds(p.match, "is what %s believes %s to hold", n.id, f.id)
		return protocol.About(fmt.Errorf("R9: %s believes that %s holds its log up to %d, but that one ends at %d@%d",
			n.id, f.id, p.match, f.log.last(), f.log.lastTerm()),
			append(about, f.holds(p.match, "is what %s holds in its place", f.id)...)...)
	}
	return nil
}

// decided returns the commands that were applied after one index, up to another.
func (v *invariants) decided(after, to uint64, role string, args ...any) (about []protocol.Concern) {
	for i := after; i < min(to, uint64(len(v.committed))); i++ {
		about = append(about, protocol.Concerning(v.committed[i].command, role, args...))
	}
	return about
}

// holds returns the command in the node's log at an index, if there is one.
func (n *node) holds(index uint64, role string, args ...any) []protocol.Concern {
	if index <= n.log.base || index > n.log.last() {
		return nil
	}
	return []protocol.Concern{protocol.Concerning(n.log.at(index).Command, role, args...)}
}
