package raft_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/raft"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// One test per rule of the paper (§) or the thesis. The node under test is always n1.

// subject is the node under test and its output in the latest step.
type subject struct {
	t    *testing.T
	core protocol.Core
	out  protocol.Output
	*bundledtest.Journal
}

// newNode makes n1 in a cluster of the given size. Its log has one entry for each of the terms, and
// it
// is in the last of them.
func newNode(t *testing.T, size int, options map[string]string, terms ...uint64) *subject {
	t.Helper()
	s := &subject{t: t, Journal: &bundledtest.Journal{}}
	var members []protocol.NodeID
	for i := range size {
		members = append(members, protocol.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	var records []protocol.Record
	if len(terms) > 0 {
		records = []protocol.Record{
			{Data: &raft.HardState{Term: terms[len(terms)-1]}},
			{Data: &raft.Entries{First: 1, Entries: entriesOf(1, terms...)}},
		}
	}
	core, err := raft.Protocol().New(protocol.Config{
		ID: "n1", Members: members, Options: defaults(options), Machine: s.Journal,
	}, records)
	if err != nil {
		t.Fatal(err)
	}
	s.core = core
	return s
}

// entriesOf makes entries of the given terms from index first on, each with a command of its own.
func entriesOf(first int, terms ...uint64) []raft.Entry {
	var es []raft.Entry
	for i, term := range terms {
		es = append(es, raft.Entry{Term: term, Command: fmt.Appendf(nil, "%4d@%3d", first+i, term)})
	}
	return es
}

func (s *subject) step(in protocol.Input) *subject { s.out = s.core.Step(in); return s }

func (s *subject) from(id protocol.NodeID, body any) *subject {
	return s.step(protocol.Receive{Message: protocol.Message{From: id, To: "n1", Body: body}})
}

func (s *subject) ticks(n int, draw uint64) *subject {
	for range n {
		s.step(protocol.Tick{Draw: draw})
	}
	return s
}

// lead makes the node leader of the next term, with everyone's votes. Its no-op is not committed.
func (s *subject) lead() *subject {
	s.t.Helper()
	term := s.core.Status().Term
	s.from("n2", &raft.TimeoutNow{Term: term})
	for _, id := range s.core.Status().Members[1:] {
		s.from(id, &raft.Voted{Term: term + 1, Granted: true})
	}
	if got := s.core.Status().Role; got != "leader" {
		s.t.Fatalf("it is a %s with all votes", got)
	}
	return s
}

// acked makes followers acknowledge the log up to index.
func (s *subject) acked(index uint64, by ...protocol.NodeID) *subject {
	for _, id := range by {
		s.from(id, &raft.Appended{Term: s.core.Status().Term, Index: index})
	}
	return s
}

// said returns the messages of the latest step, as in the transcripts.
func (s *subject) said() []string {
	var lines []string
	for _, m := range s.out.Send {
		lines = append(lines, fmt.Sprintf("%s %v", m.To, m.Body))
	}
	return lines
}

func (s *subject) want(lines ...string) {
	s.t.Helper()
	if diff := cmp.Diff(lines, s.said()); diff != "" {
		s.t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func (s *subject) is(role string, term, commit uint64) {
	s.t.Helper()
	if st := s.core.Status(); st.Role != role || st.Term != term || st.Commit != commit {
		s.t.Errorf("it is a %s of term %d, commit %d; want a %s of term %d, commit %d",
			st.Role, st.Term, st.Commit, role, term, commit)
	}
}

var (
	plain   = map[string]string{"prevote": "off", "check-quorum": "off"}
	members = []protocol.NodeID{"n1", "n2", "n3"}
)

func TestHigherTermMakesAFollower(t *testing.T) { // §5.1
	for _, body := range []any{
		&raft.Vote{Term: 9}, &raft.Voted{Term: 9}, &raft.Append{Term: 9}, &raft.Appended{Term: 9},
		&raft.Install{Term: 9, Index: 5, Members: members}, &raft.Installed{Term: 9},
	} {
		newNode(t, 3, plain, 1).lead().from("n2", body).is("follower", 9, 0)
	}
}

func TestStaleTermIsRefused(t *testing.T) { // §5.1
	s := newNode(t, 3, plain, 1, 4)
	// A refusal confirms no round: n2 may lead again by the time that it arrives, and count rounds
	// anew.
	s.from("n2", &raft.Append{Term: 3, Prev: 2, PrevTerm: 4, Entries: entriesOf(3, 3), Round: 7})
	s.want("n2 rejected term=4 index=2 conflict=0@0 round=0")
	s.from("n2", &raft.Vote{Term: 3, Last: 9, LastTerm: 9})
	s.want("n2 refused term=4")
	s.from("n2", &raft.Install{Term: 3, Index: 9, Members: members, Round: 7})
	s.want("n2 installed term=4 index=9 offset=0 round=0")
	if last := s.core.Status().Last; last != 2 {
		t.Errorf("the log goes to %d", last)
	}
}

func TestNodesStartAsFollowers(t *testing.T) { // §5.2
	newNode(t, 3, nil).is("follower", 0, 0)
	newNode(t, 3, nil, 1, 1, 2).is("follower", 2, 0)
}

func TestLeaderSendsHeartbeats(t *testing.T) { // §5.2
	s := newNode(t, 3, map[string]string{"heartbeat-ticks": "3"}).lead().acked(1, "n2", "n3")
	s.ticks(2, 0)
	s.want()
	s.ticks(1, 0)
	s.want("n2 append term=1 prev=1@1 commit=1 round=2", "n3 append term=1 prev=1@1 commit=1 round=2")
}

func TestFollowerCampaignsWhenItHearsNothing(t *testing.T) { // §5.2
	s := newNode(t, 3, plain, 1).ticks(9, 0)
	s.is("follower", 1, 0)
	s.ticks(1, 0).is("candidate", 2, 0)
	s.want("n2 vote term=2 last=1@1", "n3 vote term=2 last=1@1")
	if diff := cmp.Diff([]protocol.Record{{Data: &raft.HardState{Term: 2, Vote: "n1"}}}, s.out.Persist); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestElectionTimeoutIsDrawn(t *testing.T) { // §5.2
	for draw, want := range map[uint64]int{0: 10, 5: 15, 9: 19, 10: 10, 123: 13} {
		s := newNode(t, 3, plain).ticks(want-1, draw)
		s.is("follower", 0, 0)
		s.ticks(1, draw).is("candidate", 1, 0)
	}
}

func TestHeartbeatHoldsOffElection(t *testing.T) { // §5.2
	s := newNode(t, 3, plain, 1)
	for range 5 {
		s.ticks(9, 0).from("n2", &raft.Append{Term: 1, Prev: 1, PrevTerm: 1})
	}
	s.is("follower", 1, 0)
}

func TestMajorityOfVotesElects(t *testing.T) { // §5.2
	for _, test := range []struct {
		size     int
		granted  int
		refused  int
		wantRole string
	}{
		{1, 0, 0, "leader"},
		{2, 0, 0, "candidate"},
		{2, 1, 0, "leader"},
		{3, 0, 1, "candidate"},
		{3, 1, 1, "leader"},
		{3, 0, 2, "follower"},
		{4, 1, 0, "candidate"},
		{4, 2, 1, "leader"},
		{5, 1, 2, "candidate"},
		{5, 2, 0, "leader"},
		{5, 0, 3, "follower"},
	} {
		s := newNode(t, test.size, plain).ticks(10, 0)
		for i := range test.granted + test.refused {
			vote := &raft.Voted{Term: 1, Granted: i < test.granted}
			s.from(protocol.NodeID(fmt.Sprintf("n%d", i+2)), vote)
			s.from(protocol.NodeID(fmt.Sprintf("n%d", i+2)), vote) // counts once
		}
		if got := s.core.Status().Role; got != test.wantRole {
			t.Errorf("%d granted, %d refused of %d: a %s, want a %s",
				test.granted, test.refused, test.size, got, test.wantRole)
		}
	}
}

func TestVoteIsGivenOnceATerm(t *testing.T) { // §5.2
	s := newNode(t, 3, plain)
	s.from("n2", &raft.Vote{Term: 1}).want("n2 granted term=1")
	if diff := cmp.Diff([]protocol.Record{{Data: &raft.HardState{Term: 1, Vote: "n2"}}}, s.out.Persist); diff != "" {
		t.Errorf("records with the vote (-want +got):\n%s", diff)
	}
	s.from("n3", &raft.Vote{Term: 1}).want("n3 refused term=1")
	s.from("n2", &raft.Vote{Term: 1}).want("n2 granted term=1")
	s.from("n3", &raft.Vote{Term: 2}).want("n3 granted term=2")
}

func TestCandidateYieldsToALeader(t *testing.T) { // §5.2
	for _, term := range []uint64{1, 2} {
		s := newNode(t, 3, plain).ticks(10, 0)
		s.from("n2", &raft.Append{Term: term}).is("follower", term, 0)
		if got := s.core.Status().Leader; got != "n2" {
			t.Errorf("its leader is %q", got)
		}
	}
}

func TestLeaderWritesBeforeItSends(t *testing.T) { // §5.3
	s := newNode(t, 3, nil).lead().acked(1, "n2", "n3")
	s.step(protocol.Propose{ID: 1, Command: []byte("x")})
	s.want("n2 append term=1 prev=1@1 entries=2@1 commit=1 round=1",
		"n3 append term=1 prev=1@1 entries=2@1 commit=1 round=1")
	want := []protocol.Record{{Data: &raft.Entries{First: 2, Entries: []raft.Entry{{Term: 1, Command: []byte("x")}}}}}
	if diff := cmp.Diff(want, s.out.Persist); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if s.out.Unsynced || len(s.out.Reply) > 0 {
		t.Errorf("it answers %v, unsynced %v, before anyone else has the entry", s.out.Reply, s.out.Unsynced)
	}
}

func TestMajorityCommits(t *testing.T) { // §5.3
	for size, needed := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 7: 3} {
		s := newNode(t, size, nil).lead()
		for i := range size - 1 {
			if commit := s.core.Status().Commit; (commit == 1) != (i >= needed) {
				t.Errorf("size %d: commit is %d with %d acknowledgements", size, commit, i)
			}
			s.acked(1, protocol.NodeID(fmt.Sprintf("n%d", i+2)))
		}
		s.is("leader", 1, 1)
	}
}

func TestCommitmentCarriesEarlierEntries(t *testing.T) { // §5.3
	s := newNode(t, 3, nil, 1, 1, 2).lead().acked(4, "n2")
	s.is("leader", 3, 4)
	if len(s.Commands) != 3 || len(s.out.Apply) != 4 {
		t.Errorf("the machine has %d commands, of %d entries", len(s.Commands), len(s.out.Apply))
	}
}

func TestReplyComesWithCommitment(t *testing.T) { // §5.3
	s := newNode(t, 3, nil).lead().acked(1, "n2")
	s.step(protocol.Propose{ID: 7, Command: []byte("x")}).acked(2, "n3")
	want := []protocol.Reply{{ID: 7, Result: []byte{7: 1}, Leader: "n1"}}
	if diff := cmp.Diff(want, s.out.Reply); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	s.acked(2, "n2")
	if len(s.out.Reply) > 0 {
		t.Errorf("it answers again: %v", s.out.Reply)
	}
}

func TestFollowerChecksThePreviousEntry(t *testing.T) { // §5.3
	for _, test := range []struct {
		prev, prevTerm uint64
		want           string
	}{
		{3, 2, "n2 appended term=5 index=3 round=0"},
		{0, 0, "n2 appended term=5 index=0 round=0"},
		{4, 2, "n2 rejected term=5 index=4 conflict=4@0 round=0"},
		{9, 2, "n2 rejected term=5 index=9 conflict=4@0 round=0"},
		{3, 3, "n2 rejected term=5 index=3 conflict=2@2 round=0"},
	} {
		s := newNode(t, 3, nil, 1, 2, 2)
		s.from("n2", &raft.Append{Term: 5, Prev: test.prev, PrevTerm: test.prevTerm}).want(test.want)
	}
}

func TestFollowerKeepsWhatMatchesAndReplacesWhatConflicts(t *testing.T) { // §5.3
	for _, test := range []struct {
		prev, prevTerm uint64
		terms          []uint64 // of the entries sent
		want           []uint64 // of the log, whose terms are 1 2 2 before
		wantFirst      uint64   // index from which it was written, 0 for nothing
	}{
		{3, 2, []uint64{3}, []uint64{1, 2, 2, 3}, 4},
		{1, 1, []uint64{2}, []uint64{1, 2, 2}, 0},
		{1, 1, []uint64{2, 2, 3}, []uint64{1, 2, 2, 3}, 4},
		{1, 1, []uint64{3}, []uint64{1, 3}, 2},
		{0, 0, []uint64{1, 3, 3, 3}, []uint64{1, 3, 3, 3}, 2},
		{0, 0, nil, []uint64{1, 2, 2}, 0},
	} {
		s := newNode(t, 3, nil, 1, 2, 2)
		s.from("n2", &raft.Append{
			Term: 3, Prev: test.prev, PrevTerm: test.prevTerm, Entries: entriesOf(int(test.prev)+1, test.terms...),
		})
		var first uint64
		for _, r := range s.out.Persist {
			if e, ok := r.Data.(*raft.Entries); ok {
				first = e.First
			}
		}
		last := s.core.Status().Last
		if first != test.wantFirst || last != uint64(len(test.want)) {
			t.Errorf("after %d@%d %v it wrote from %d, and its log goes to %d; want %d and %d",
				test.prev, test.prevTerm, test.terms, first, last, test.wantFirst, len(test.want))
		}
		s.from("n2", &raft.Append{Term: 3, Prev: last, PrevTerm: test.want[last-1], Commit: last})
		for i, e := range s.out.Apply {
			if e.Term != test.want[i] {
				t.Errorf("after %d@%d %v entry %d is of term %d", test.prev, test.prevTerm, test.terms, e.Index, e.Term)
			}
		}
	}
}

func TestFollowerCommitsNoMoreThanItKnowsToMatch(t *testing.T) { // §5.3
	for _, test := range []struct{ prev, prevTerm, leaderCommit, want uint64 }{
		{3, 2, 2, 2},
		{3, 2, 9, 3},
		{1, 1, 3, 1}, // what follows in its log may be another leader's
		{9, 2, 3, 0},
	} {
		s := newNode(t, 3, nil, 1, 2, 2)
		s.from("n2", &raft.Append{Term: 3, Prev: test.prev, PrevTerm: test.prevTerm, Commit: test.leaderCommit})
		s.is("follower", 3, test.want)
	}
}

func TestCommitIndexDoesNotFall(t *testing.T) { // §5.3
	s := newNode(t, 3, nil, 1, 1).from("n2", &raft.Append{Term: 1, Prev: 2, PrevTerm: 1, Commit: 2})
	s.from("n2", &raft.Append{Term: 1, Prev: 2, PrevTerm: 1, Commit: 1}).is("follower", 1, 2)
}

func TestLeaderRetriesForEver(t *testing.T) { // §5.3, §5.5
	s := newNode(t, 3, plain).lead()
	for i := range 30 {
		s.ticks(2, 0)
		probe := fmt.Sprintf("append term=1 prev=0@0 commit=0 round=%d", i+2)
		s.want("n2 "+probe, "n3 "+probe)
	}
}

func TestReorderedAcknowledgementsTakeNothingBack(t *testing.T) { // §5.3, §5.5
	s := newNode(t, 5, nil).lead()
	s.step(protocol.Propose{ID: 1, Command: []byte("x")}).step(protocol.Propose{ID: 2, Command: []byte("y")})
	s.acked(3, "n2").acked(2, "n2").acked(1, "n2").acked(3, "n3")
	s.is("leader", 1, 3)
}

func TestVoterRefusesAnOlderLog(t *testing.T) { // §5.4.1
	for _, test := range []struct {
		last, lastTerm uint64
		want           string
	}{
		{2, 3, "n2 granted term=4"},
		{3, 3, "n2 granted term=4"},
		{1, 4, "n2 granted term=4"},
		{1, 3, "n2 refused term=4"},
		{9, 2, "n2 refused term=4"},
	} {
		newNode(t, 3, plain, 1, 3).from("n2", &raft.Vote{Term: 4, Last: test.last, LastTerm: test.lastTerm}).
			want(test.want)
	}
}

func TestEntryOfAnEarlierTermIsNotCommittedByCounting(t *testing.T) { // §5.4.2
	s := newNode(t, 3, nil, 1, 2).lead().acked(2, "n2", "n3")
	s.is("leader", 3, 0)
	s.acked(3, "n2").is("leader", 3, 3)
}

func TestPreVoteChangesNothing(t *testing.T) { // thesis §9.6
	s := newNode(t, 3, nil, 1).ticks(10, 0)
	s.is("pre-candidate", 1, 0)
	s.want("n2 pre-vote term=2 last=1@1", "n3 pre-vote term=2 last=1@1")
	if len(s.out.Persist) > 0 {
		t.Errorf("it wrote %v", s.out.Persist)
	}
	s.from("n2", &raft.Voted{Term: 2, Pre: true, Granted: true}).is("candidate", 2, 0)

	s = newNode(t, 3, nil, 1, 2).ticks(10, 9)
	s.from("n2", &raft.Vote{Term: 7, Pre: true, Last: 9, LastTerm: 2}).want("n2 pre-granted term=7")
	s.from("n3", &raft.Vote{Term: 7, Pre: true, Last: 1, LastTerm: 2}).want("n3 pre-refused term=2")
	s.is("follower", 2, 0)
}

func TestVotesAreRefusedWhileALeaderIsHeard(t *testing.T) { // thesis §4.2.3
	s := newNode(t, 3, nil, 1).ticks(10, 9).from("n2", &raft.Append{Term: 1, Prev: 1, PrevTerm: 1})
	s.from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1}).want()
	s.from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1, Pre: true}).want("n3 pre-refused term=1")
	s.ticks(9, 9).from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1}).want()
	s.ticks(1, 9).from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1}).want("n3 granted term=2")

	s = newNode(t, 3, nil, 1).from("n2", &raft.Append{Term: 1, Prev: 1, PrevTerm: 1})
	s.from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1, Transfer: true}).want("n3 granted term=2")
}

func TestRestartedNodeIsQuiet(t *testing.T) { // thesis §4.2.3, §6.4.1
	s := newNode(t, 3, nil, 1)
	s.from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1}).want()
	s.ticks(10, 9).from("n3", &raft.Vote{Term: 2, Last: 1, LastTerm: 1}).want("n3 granted term=2")
}

func TestLeaderWithoutAMajorityStepsDown(t *testing.T) { // thesis §6.2
	s := newNode(t, 5, nil).lead()
	for range 20 {
		s.ticks(2, 0).acked(0, "n2", "n3")
	}
	s.is("leader", 1, 0)
	s.step(protocol.Propose{ID: 1, Command: []byte("x")})
	for range 6 {
		s.ticks(2, 0).acked(0, "n2")
	}
	s.is("follower", 1, 0)
}

func TestDeposedLeaderAnswersAtOnce(t *testing.T) { // protocol.P4, protocol.P5
	s := newNode(t, 3, nil).lead()
	s.step(protocol.Propose{ID: 1, Command: []byte("x")}).step(protocol.Propose{ID: 2, ReadOnly: true})
	s.from("n2", &raft.Append{Term: 5})
	want := []protocol.Reply{
		{ID: 1, Outcome: protocol.Unknown, Leader: "n2", Reason: "deposed"},
		{ID: 2, Outcome: protocol.Rejected, Leader: "n2", Reason: "deposed"},
	}
	if diff := cmp.Diff(want, s.out.Reply); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
	s.step(protocol.Propose{ID: 3, Command: []byte("y")})
	want = []protocol.Reply{{ID: 3, Outcome: protocol.Rejected, Leader: "n2", Reason: "not leader"}}
	if diff := cmp.Diff(want, s.out.Reply); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
}

func TestLeaderBeginsWithANoOp(t *testing.T) { // §8
	s := newNode(t, 3, nil, 1).from("n2", &raft.TimeoutNow{Term: 1}).from("n2", &raft.Voted{Term: 2, Granted: true})
	want := []protocol.Record{{Data: &raft.Entries{First: 2, Entries: []raft.Entry{{Term: 2}}}}}
	if diff := cmp.Diff(want, s.out.Persist); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	s.acked(2, "n2").is("leader", 2, 2)
}

func TestReadWaitsForOwnTermAndForAMajority(t *testing.T) { // §8
	s := newNode(t, 5, nil, 1).lead()
	s.step(protocol.Propose{ID: 1, ReadOnly: true})
	s.want()
	s.acked(2, "n2", "n3").is("leader", 2, 2)
	round := func(r uint64, from protocol.NodeID) { s.from(from, &raft.Appended{Term: 2, Index: 2, Round: r}) }
	round(2, "n2")
	round(1, "n3") // answers an earlier heartbeat
	if len(s.out.Reply) > 0 {
		t.Errorf("it answers %v with one confirmation of five", s.out.Reply)
	}
	round(2, "n4")
	want := []protocol.Reply{{ID: 1, Result: []byte{7: 1}, Leader: "n1"}}
	if diff := cmp.Diff(want, s.out.Reply); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
}

func TestReadThroughTheLogIsAnsweredInItsPlace(t *testing.T) { // §8
	s := newNode(t, 3, map[string]string{"reads": "log"}, 1).lead().acked(2, "n2", "n3")
	s.step(protocol.Propose{ID: 1, ReadOnly: true, Command: []byte("q")}).
		step(protocol.Propose{ID: 2, Command: []byte("x")})
	s.acked(4, "n2")
	want := []protocol.Reply{{ID: 1, Result: []byte{7: 1}, Leader: "n1"}, {ID: 2, Result: []byte{7: 2}, Leader: "n1"}}
	if diff := cmp.Diff(want, s.out.Reply); diff != "" {
		t.Errorf("replies (-want +got):\n%s", diff)
	}
}

func TestSnapshotReplacesTheLog(t *testing.T) { // §7
	s := newNode(t, 3, map[string]string{"snapshot-every": "3"}, 1, 1, 1, 1)
	s.from("n2", &raft.Append{Term: 1, Prev: 4, PrevTerm: 1, Commit: 3})
	want := []protocol.Record{{Checkpoint: true, Data: &raft.Checkpoint{
		Hard: raft.HardState{Term: 1}, Index: 3, Term: 1, Members: members, Snapshot: s.Snapshot(),
		Entries: entriesOf(4, 1),
	}}}
	if diff := cmp.Diff(want, s.out.Persist); diff != "" {
		t.Fatalf("records (-want +got):\n%s", diff)
	}
	again := &bundledtest.Journal{}
	core, err := raft.Protocol().New(protocol.Config{
		ID: "n1", Members: members, Options: defaults(nil), Machine: again,
	}, s.out.Persist)
	if err != nil {
		t.Fatal(err)
	}
	if st := core.Status(); st.Commit != 3 || st.Last != 4 || len(again.Commands) != 3 {
		t.Errorf("restarted with commit %d, last %d, %d commands", st.Commit, st.Last, len(again.Commands))
	}
}

func TestSnapshotKeepsOnlyALogThatContinuesIt(t *testing.T) { // §7
	for _, test := range []struct {
		index, term uint64
		wantLast    uint64
		wantCommit  uint64
	}{
		{3, 2, 4, 3}, // the entry at 3 is the same: what follows stays
		{3, 3, 3, 3}, // it is another: all goes
		{9, 3, 9, 9}, // beyond the log
	} {
		s := newNode(t, 3, nil, 1, 2, 2, 2)
		s.from("n2", &raft.Install{
			Term: 3, Index: test.index, LastTerm: test.term, Members: members, Data: make([]byte, 24), Done: true,
		})
		s.is("follower", 3, test.wantCommit)
		if last := s.core.Status().Last; last != test.wantLast || len(s.Commands) != 3 {
			t.Errorf("%d@%d: last %d, %d commands", test.index, test.term, last, len(s.Commands))
		}
		s.want(fmt.Sprintf("n2 installed term=3 index=%d done round=0", test.index))
	}
}

func TestOldSnapshotIsIgnored(t *testing.T) { // §7
	s := newNode(t, 3, nil, 1, 1).from("n2", &raft.Append{Term: 1, Prev: 2, PrevTerm: 1, Commit: 2})
	s.from("n2", &raft.Install{Term: 1, Index: 1, LastTerm: 1, Members: members, Data: make([]byte, 8), Done: true})
	s.is("follower", 1, 2)
	if len(s.Commands) != 2 || len(s.out.Persist) > 0 {
		t.Errorf("it has %d commands and wrote %v", len(s.Commands), s.out.Persist)
	}
}

func TestConfigurationIsInForceOnceWritten(t *testing.T) { // thesis §4.1
	s := newNode(t, 4, nil).lead().acked(1, "n2", "n3")
	s.step(protocol.Reconfigure{ID: 1, Remove: "n4"})
	if got := len(s.core.Status().Members); got != 3 {
		t.Errorf("there are %d members", got)
	}
	s.acked(2, "n4").is("leader", 1, 1) // does not count any more
	s.acked(2, "n2").is("leader", 1, 2) // two of three
	if len(s.out.Reply) != 1 || s.out.Reply[0].ID != 1 || s.out.Reply[0].Outcome != protocol.Done {
		t.Errorf("it answers %v", s.out.Reply)
	}
}

func TestOneChangeAtATime(t *testing.T) { // thesis §4.1
	s := newNode(t, 5, nil).lead()
	refused := func(in protocol.Input, why string) {
		t.Helper()
		s.step(in)
		if len(s.out.Reply) != 1 || s.out.Reply[0].Outcome != protocol.Rejected || s.out.Reply[0].Reason != why {
			t.Errorf("it answers %v, want: rejected, %s", s.out.Reply, why)
		}
	}
	refused(protocol.Reconfigure{ID: 1, Remove: "n5"}, "no entry of this term is committed yet")
	s.acked(1, "n2", "n3").step(protocol.Reconfigure{ID: 2, Remove: "n5"})
	refused(protocol.Reconfigure{ID: 3, Remove: "n4"}, "another change is under way")
	s.acked(2, "n2", "n3")
	refused(protocol.Reconfigure{ID: 4}, "exactly one node must be added or removed")
	s.step(protocol.Reconfigure{ID: 5, Add: "n6"})
	refused(protocol.Reconfigure{ID: 6, Remove: "n4"}, "another change is under way")
}

func TestSuccessorCampaignsAtOnce(t *testing.T) { // thesis §3.10
	s := newNode(t, 3, nil).lead().acked(1, "n2", "n3")
	s.step(protocol.Transfer{ID: 1, To: "n3"}).want("n3 timeout-now term=1")

	s = newNode(t, 3, nil, 1).from("n2", &raft.TimeoutNow{Term: 1})
	s.want("n2 vote term=2 last=1@1 transfer", "n3 vote term=2 last=1@1 transfer")
}
