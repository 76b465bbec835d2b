package multipaxos_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/multipaxos"
)

// One test per rule of Paxos Made Simple (§) or Paxos Made Live (PML). The node under test is
// always n1.

// subject is the node under test and its output in the latest step.
type subject struct {
	t    *testing.T
	core protocol.Core
	out  protocol.Output
	*journal
}

// newNode makes n1 in a cluster of the given size. It stands by no leader, and its timeout is 10
// ticks
// away.
func newNode(t *testing.T, size int, options map[string]string, records ...any) *subject {
	t.Helper()
	s := &subject{t: t, journal: &journal{}}
	var members []protocol.NodeID
	for i := range size {
		members = append(members, protocol.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	var disk []protocol.Record
	for _, r := range records {
		_, whole := r.(*multipaxos.Checkpoint)
		disk = append(disk, protocol.Record{Checkpoint: whole, Data: r})
	}
	core, err := multipaxos.Protocol().New(protocol.Config{
		ID: "n1", Members: members, Options: defaults(options), Machine: s.journal,
	}, disk)
	if err != nil {
		t.Fatal(err)
	}
	s.core = core
	return s.ticks(10, 9)
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

func (s *subject) propose(id uint64, word string) *subject {
	return s.step(protocol.Propose{ID: id, Command: []byte(word)})
}

// lead makes a new node leader of its first ballot; the promises of the others report nothing.
func (s *subject) lead() *subject {
	s.t.Helper()
	s.ticks(9, 9)
	for _, id := range s.core.Status().Members[1:] {
		s.from(id, &multipaxos.Promise{Ballot: own(1), First: 1})
	}
	if got := s.core.Status().Role; got != "leader" {
		s.t.Fatalf("it is a %s with all promises", got)
	}
	return s
}

func (s *subject) accepted(slot uint64, by ...protocol.NodeID) *subject {
	for _, id := range by {
		s.from(id, &multipaxos.Accepted{Ballot: own(1), Slot: slot})
	}
	return s
}

// want compares the messages of the latest step, as in the transcripts.
func (s *subject) want(lines ...string) *subject {
	s.t.Helper()
	var said []string
	for _, m := range s.out.Send {
		said = append(said, fmt.Sprintf("%s %v", m.To, m.Body))
	}
	if diff := cmp.Diff(lines, said); diff != "" {
		s.t.Errorf("messages (-want +got):\n%s", diff)
	}
	return s
}

func (s *subject) wrote(records ...any) {
	s.t.Helper()
	var got []any
	for _, r := range s.out.Persist {
		got = append(got, r.Data)
	}
	if diff := cmp.Diff(records, got); diff != "" || s.out.Unsynced {
		s.t.Errorf("records (-want +got), unsynced %v:\n%s", s.out.Unsynced, diff)
	}
}

func (s *subject) answered(replies ...protocol.Reply) {
	s.t.Helper()
	if diff := cmp.Diff(replies, append([]protocol.Reply(nil), s.out.Reply...)); diff != "" {
		s.t.Errorf("replies (-want +got):\n%s", diff)
	}
}

func (s *subject) is(role string, chosen uint64) {
	s.t.Helper()
	if st := s.core.Status(); st.Role != role || st.Commit != chosen {
		s.t.Errorf("it is a %s that knows %d to be chosen; want a %s and %d", st.Role, st.Commit, role, chosen)
	}
}

func own(round uint64) multipaxos.Ballot { return multipaxos.Ballot{Round: round, Node: "n1"} }

func of(round uint64, node protocol.NodeID) multipaxos.Ballot {
	return multipaxos.Ballot{Round: round, Node: node}
}

func entry(b multipaxos.Ballot, word string) multipaxos.Entry {
	return multipaxos.Entry{Ballot: b, Command: []byte(word)}
}

// slots are what a disk holds of the slots from first on.
func slots(first uint64, entries ...multipaxos.Entry) *multipaxos.Slots {
	return &multipaxos.Slots{First: first, Entries: entries}
}

func TestPromiseIsGivenToAHigherBallotOnly(t *testing.T) { // §2.2, phase 1b
	for _, test := range []struct {
		asks multipaxos.Ballot
		want string
	}{
		{of(2, "n3"), "n3 promise 2.n3 chosen=0"},
		{of(3, "n1"), "n3 promise 3.n1 chosen=0"},
		{of(2, "n2"), "n3 promise 2.n2 chosen=0"}, // asked again
		{of(2, "n1"), "n3 refused 2.n1 promised=2.n2"},
		{of(1, "n3"), "n3 refused 1.n3 promised=2.n2"},
	} {
		s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(2, "n2")})
		s.from("n3", &multipaxos.Prepare{Ballot: test.asks, From: 1}).want(test.want)
	}
}

func TestPromiseReportsWhatWasAccepted(t *testing.T) { // §2.2, phase 1b; §3: for all slots from there on
	s := newNode(t, 3, nil, slots(1, entry(of(1, "n2"), "x")), slots(3, entry(of(2, "n2"), "z")))
	s.from("n3", &multipaxos.Prepare{Ballot: of(5, "n3"), From: 1})
	s.want("n3 promise 5.n3 chosen=0 accepted=1=x@1.n2,3=z@2.n2")
	s.from("n3", &multipaxos.Prepare{Ballot: of(6, "n3"), From: 2})
	s.want("n3 promise 6.n3 chosen=0 accepted=3=z@2.n2")
}

func TestPromiseLeavesOutWhatIsChosen(t *testing.T) { // §3: the proposer asks for it
	known := slots(1, entry(of(1, "n2"), "x"), entry(of(1, "n2"), "y"))
	known.Chosen = 1
	s := newNode(t, 3, nil, known).from("n3", &multipaxos.Prepare{Ballot: of(5, "n3"), From: 1})
	s.want("n3 promise 5.n3 chosen=1 accepted=2=y@1.n2")
}

func TestPromiseIsWrittenBeforeItIsGiven(t *testing.T) { // §2.5
	s := newNode(t, 3, nil).from("n3", &multipaxos.Prepare{Ballot: of(5, "n3"), From: 1})
	s.wrote(&multipaxos.Promised{Ballot: of(5, "n3")})
}

func TestAcceptorAcceptsUnlessItHasPromisedMore(t *testing.T) { // §2.2, phase 2b and P1a
	for _, test := range []struct {
		in   multipaxos.Ballot
		want string
	}{
		{of(2, "n2"), "n2 accepted 2.n2 1"},
		{of(3, "n2"), "n2 accepted 3.n2 1"}, // its Prepare was lost
		{of(1, "n2"), "n2 refused 1.n2 promised=2.n2"},
	} {
		s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(2, "n2")})
		s.from("n2", &multipaxos.Accept{Ballot: test.in, Slot: 1, Command: []byte("x")}).want(test.want)
	}
}

func TestValueIsWrittenBeforeItIsAccepted(t *testing.T) { // §2.5
	s := newNode(t, 3, nil).from("n2", &multipaxos.Accept{Ballot: of(3, "n2"), Slot: 2, Command: []byte("x")})
	s.wrote(&multipaxos.Promised{Ballot: of(3, "n2")}, slots(2, entry(of(3, "n2"), "x")))
	s.from("n2", &multipaxos.Accept{Ballot: of(3, "n2"), Slot: 2, Command: []byte("x")}).want("n2 accepted 3.n2 2")
	s.wrote() // once is enough
}

func TestProposerBeginsAfterATimeThatIsDrawn(t *testing.T) { // §2.4: randomness, so that one proposer gets through
	for draw, ticks := range map[uint64]int{0: 10, 5: 15, 9: 19, 10: 10} {
		s := newNode(t, 3, nil).from("n2", &multipaxos.Heartbeat{Ballot: of(1, "n2")})
		s.ticks(ticks-1, draw).is("acceptor", 0)
		s.ticks(1, draw).is("proposer", 0)
	}
}

func TestProposerWritesItsRoundAndNoPromise(t *testing.T) { // §2.5
	s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(4, "n2"), Round: 3}).ticks(9, 9)
	s.want("n2 prepare 5.n1 from=1", "n3 prepare 5.n1 from=1")
	s.wrote(&multipaxos.Promised{Ballot: of(4, "n2"), Round: 5})
	s = newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(4, "n2"), Round: 5}).ticks(9, 9)
	s.want("n2 prepare 6.n1 from=1", "n3 prepare 6.n1 from=1")
}

func TestPhase2NeedsPromisesOfAMajority(t *testing.T) { // §2.2, phase 2a
	for size, needed := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 7: 3} {
		s := newNode(t, size, nil).ticks(9, 9)
		for i := range size - 1 {
			if leads := s.core.Status().Role == "leader"; leads != (i >= needed) {
				t.Errorf("size %d: with %d promises of others it leads: %v", size, i, leads)
			}
			id := protocol.NodeID(fmt.Sprintf("n%d", i+2))
			s.from(id, &multipaxos.Promise{Ballot: own(1), First: 1})
			s.from(id, &multipaxos.Promise{Ballot: own(1), First: 1}) // counts once
		}
		s.is("leader", 0)
	}
}

func TestPromiseOfAnotherBallotDoesNotCount(t *testing.T) { // §2.2
	s := newNode(t, 3, nil).ticks(9, 9).ticks(19, 9) // twice in vain
	s.from("n2", &multipaxos.Promise{Ballot: own(1), First: 1}).is("proposer", 0)
	s.from("n2", &multipaxos.Promise{Ballot: own(2), First: 1}).is("leader", 0)
}

func TestValueOfTheHighestBallotIsProposed(t *testing.T) { // §2.2, P2c
	low, high := entry(of(1, "n3"), "low"), entry(of(2, "n2"), "high")
	for _, test := range []struct{ own, first, second []multipaxos.Entry }{
		{nil, []multipaxos.Entry{low}, []multipaxos.Entry{high}},
		{nil, []multipaxos.Entry{high}, []multipaxos.Entry{low}},
		{[]multipaxos.Entry{high}, []multipaxos.Entry{low}, nil},
		{[]multipaxos.Entry{low}, []multipaxos.Entry{high}, nil},
	} {
		s := newNode(t, 5, nil, &multipaxos.Promised{Ballot: of(2, "n2")}, slots(1, test.own...)).ticks(9, 9)
		s.from("n2", &multipaxos.Promise{Ballot: own(3), First: 1, Entries: test.first})
		s.from("n3", &multipaxos.Promise{Ballot: own(3), First: 1, Entries: test.second})
		if want := "accept 3.n1 1=high chosen=0"; fmt.Sprint(s.out.Send[0].Body) != want {
			t.Errorf("own %v, promised %v and %v: %v, want %s", test.own, test.first, test.second,
				s.out.Send[0].Body, want)
		}
	}
}

func TestGapsAreFilledWithNoOps(t *testing.T) { // §3
	s := newNode(t, 2, nil).ticks(9, 9)
	s.from("n2", &multipaxos.Promise{Ballot: own(1), First: 1,
		Entries: []multipaxos.Entry{{}, entry(of(1, "n2"), "y")}})
	s.want("n2 accept 1.n1 1=no-op chosen=0", "n2 accept 1.n1 2=y chosen=0", "n2 heartbeat 1.n1 chosen=0 round=1")
	s.accepted(2, "n2").is("leader", 0)
	s.accepted(1, "n2").is("leader", 2)
	if diff := cmp.Diff([]string{"y"}, s.words); diff != "" {
		t.Errorf("the machine was given (-want +got):\n%s", diff)
	}
}

func TestValueIsChosenByAMajority(t *testing.T) { // §2.3
	for size, needed := range map[int]int{1: 0, 2: 1, 3: 1, 4: 2, 5: 2, 7: 3} {
		s := newNode(t, size, nil).lead().propose(1, "x")
		for i := range size - 1 {
			if chosen := s.core.Status().Commit == 1; chosen != (i >= needed) {
				t.Errorf("size %d: chosen with %d others: %v", size, i, chosen)
			}
			id := protocol.NodeID(fmt.Sprintf("n%d", i+2))
			s.from(id, &multipaxos.Accepted{Ballot: of(9, "n9"), Slot: 1}) // of another ballot: does not count
			s.accepted(1, id, id)                                          // counts once
		}
		s.is("leader", 1)
	}
}

func TestSlotsAreAnsweredInOrder(t *testing.T) { // §3: a command is executed after all before it
	s := newNode(t, 3, nil).lead().propose(1, "x").propose(2, "y")
	s.accepted(2, "n2").answered()
	s.accepted(1, "n3").answered(
		protocol.Reply{ID: 1, Result: []byte("1"), Leader: "n1"},
		protocol.Reply{ID: 2, Result: []byte("2"), Leader: "n1"},
	)
}

func TestWindowBoundsOpenSlots(t *testing.T) { // §3, α
	s := newNode(t, 3, map[string]string{"window": "2"}).lead().propose(1, "x").propose(2, "y").propose(3, "z")
	s.want()
	s.accepted(1, "n2").want("n2 accept 1.n1 3=z chosen=1", "n3 accept 1.n1 3=z chosen=1")
}

func TestLeaderRepeatsWhatIsNotAccepted(t *testing.T) { // §2.4: a proposer that goes on succeeds
	s := newNode(t, 3, nil).lead().ticks(2, 0).propose(1, "x").ticks(2, 0)
	s.want("n2 heartbeat 1.n1 chosen=0 round=3", "n3 heartbeat 1.n1 chosen=0 round=3")
	for i := range 3 {
		s.ticks(2, 0)
		beat := fmt.Sprintf("heartbeat 1.n1 chosen=0 round=%d", i+4)
		s.want("n2 accept 1.n1 1=x chosen=0", "n3 accept 1.n1 1=x chosen=0", "n2 "+beat, "n3 "+beat)
	}
	s.accepted(1, "n3").ticks(2, 0)
	s.want("n2 heartbeat 1.n1 chosen=1 round=7", "n3 heartbeat 1.n1 chosen=1 round=7")
}

func TestAcceptorTakesNoPartInSlotsFarAhead(t *testing.T) { // it would have to keep them, and cannot apply them
	s := newNode(t, 3, map[string]string{"window": "2"})
	s.from("n2", &multipaxos.Accept{Ballot: of(1, "n2"), Slot: 17, Command: []byte("x"), Chosen: 15}).want()
	s.ticks(2, 9).want("n2 learn from=1")
	s.from("n2", &multipaxos.Accept{Ballot: of(1, "n2"), Slot: 16, Command: []byte("x"), Chosen: 15})
	s.want("n2 accepted 1.n2 16")
}

func TestChosenSlotIsNotAcceptedAnew(t *testing.T) { // §2.2, P2: its value is the same in every higher ballot
	known := slots(1, entry(of(1, "n2"), "x"))
	known.Chosen = 1
	s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(1, "n2")}, known)
	s.from("n3", &multipaxos.Accept{Ballot: of(2, "n3"), Slot: 1, Command: []byte("x")}).want("n3 accepted 2.n3 1")
	s.wrote(&multipaxos.Promised{Ballot: of(2, "n3")})
}

func TestRefusalEndsABallot(t *testing.T) { // §2.2: "it is probably a good idea to abandon a proposal"
	s := newNode(t, 3, nil).lead()
	s.from("n2", &multipaxos.Refused{Ballot: own(7), Promised: of(9, "n2")}).is("leader", 0) // of another ballot
	s.from("n2", &multipaxos.Refused{Ballot: own(1), Promised: of(9, "n2")}).is("acceptor", 0)
	s.ticks(19, 9).want("n2 prepare 10.n1 from=1", "n3 prepare 10.n1 from=1")
}

func TestDeposedLeaderAnswersAtOnce(t *testing.T) { // protocol.P4, protocol.P5
	s := newNode(t, 3, map[string]string{"window": "1"}).lead().propose(1, "x").propose(2, "y")
	s.step(protocol.Propose{ID: 3, ReadOnly: true})
	s.from("n2", &multipaxos.Heartbeat{Ballot: of(5, "n2")}).answered(
		protocol.Reply{ID: 1, Outcome: protocol.Unknown, Leader: "n2", Reason: "deposed"},
		protocol.Reply{ID: 2, Outcome: protocol.Rejected, Leader: "n2", Reason: "deposed"},
		protocol.Reply{ID: 3, Outcome: protocol.Rejected, Leader: "n2", Reason: "deposed"},
	)
	s.propose(4, "z").answered(protocol.Reply{ID: 4, Outcome: protocol.Rejected, Leader: "n2", Reason: "not leader"})
}

func TestAcceptorStandsByALeaderThatItHears(t *testing.T) { // PML §5.2
	s := newNode(t, 3, nil).from("n2", &multipaxos.Heartbeat{Ballot: of(1, "n2")})
	s.ticks(9, 9).from("n3", &multipaxos.Prepare{Ballot: of(2, "n3"), From: 1}).want()
	s.from("n3", &multipaxos.Prepare{Ballot: of(2, "n3"), From: 1, After: of(1, "n3")}).want()
	s.ticks(1, 9).from("n3", &multipaxos.Prepare{Ballot: of(2, "n3"), From: 1}).want("n3 promise 2.n3 chosen=0")

	s = newNode(t, 3, nil).from("n2", &multipaxos.Heartbeat{Ballot: of(1, "n2")})
	s.from("n3", &multipaxos.Prepare{Ballot: of(2, "n3"), From: 1, After: of(1, "n2")}) // its leader asked for it
	s.want("n3 promise 2.n3 chosen=0")
}

func TestLeaseEndsBeforeAcceptorsForget(t *testing.T) { // PML §5.2
	s := newNode(t, 3, map[string]string{"reads": "lease"}).lead()
	read := func(id uint64) *subject { return s.step(protocol.Propose{ID: id, ReadOnly: true}) }
	read(1).answered() // nobody has heard it yet
	s.from("n2", &multipaxos.Heard{Ballot: own(1), Round: 2})
	s.answered(protocol.Reply{ID: 1, Result: []byte("0"), Leader: "n1"})
	s.ticks(4, 0)
	read(2).answered(protocol.Reply{ID: 2, Result: []byte("0"), Leader: "n1"})
	s.ticks(1, 0)
	read(3).answered()
}

func TestLeaderWithoutAMajorityStepsDown(t *testing.T) { // PML §5.2: a master that cannot renew its lease
	s := newNode(t, 5, nil).lead()
	hear := func(id protocol.NodeID) { s.from(id, &multipaxos.Heard{Ballot: own(1)}) }
	for range 20 {
		s.ticks(2, 0)
		hear("n2")
		hear("n3")
	}
	s.is("leader", 0)
	for range 6 {
		s.ticks(2, 0)
		hear("n2")
	}
	s.is("acceptor", 0)
}

func TestReadIsConfirmedByAMajority(t *testing.T) { // §3: a read must see all that was chosen before it
	s := newNode(t, 5, nil).lead()
	s.step(protocol.Propose{ID: 1, ReadOnly: true})
	confirm := func(id protocol.NodeID, round uint64) { s.from(id, &multipaxos.Heard{Ballot: own(1), Round: round}) }
	confirm("n2", 2)
	confirm("n3", 1) // answers an earlier heartbeat
	s.answered()
	s.step(protocol.Propose{ID: 2, ReadOnly: true}).want() // gathers for the next heartbeat
	confirm("n4", 2)
	s.answered(protocol.Reply{ID: 1, Result: []byte("0"), Leader: "n1"})
	if len(s.out.Send) != 4 {
		t.Errorf("it sends %v, no heartbeat for the second read", s.out.Send)
	}
}

func TestReadThroughTheLogIsAnsweredInItsPlace(t *testing.T) { // §3
	s := newNode(t, 3, map[string]string{"reads": "log"}).lead().propose(1, "x")
	s.step(protocol.Propose{ID: 2, ReadOnly: true}).
		want("n2 accept 1.n1 2=no-op chosen=0", "n3 accept 1.n1 2=no-op chosen=0")
	s.propose(3, "y").accepted(3, "n2").accepted(2, "n2").answered()
	s.accepted(1, "n2").answered(
		protocol.Reply{ID: 1, Result: []byte("1"), Leader: "n1"},
		protocol.Reply{ID: 2, Result: []byte("1"), Leader: "n1"},
		protocol.Reply{ID: 3, Result: []byte("2"), Leader: "n1"},
	)
}

func TestSnapshotKeepsWhatWasAcceptedAfterIt(t *testing.T) { // PML §5.5
	s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(1, "n2")}, slots(1, entry(of(1, "n2"), "old")),
		slots(4, entry(of(1, "n2"), "d")))
	three := []multipaxos.Configuration{{From: 1, Members: s.core.Status().Members}}
	s.from("n3", &multipaxos.Snapshot{Index: 3, Configs: three, Data: []byte("a b c"), Chosen: 3}).is("acceptor", 3)
	s.wrote(&multipaxos.Checkpoint{Promised: multipaxos.Promised{Ballot: of(1, "n2")}, Index: 3, Configs: three,
		Snapshot: []byte("a b c"), Entries: []multipaxos.Entry{entry(of(1, "n2"), "d")}})
	// late
	s.from("n3", &multipaxos.Snapshot{Index: 2, Configs: three, Data: []byte("a b"), Chosen: 3}).is("acceptor", 3)
	if diff := cmp.Diff([]string{"a", "b", "c"}, s.words); diff != "" {
		t.Errorf("the machine holds (-want +got):\n%s", diff)
	}
}

func TestRestartRemembersWhatIsChosen(t *testing.T) { // PML §5.5: and asks nobody for it
	known := slots(1, entry(of(1, "n2"), "x"), entry(of(1, "n2"), "y"), entry(of(1, "n2"), "z"))
	known.Chosen = 2
	s := newNode(t, 3, nil, &multipaxos.Promised{Ballot: of(1, "n2")}, known)
	s.is("acceptor", 2)
	if diff := cmp.Diff([]string{"x", "y"}, s.words); diff != "" {
		t.Errorf("the machine was given (-want +got):\n%s", diff)
	}
}

// reconfigure asks the node to add or to remove one.
func (s *subject) reconfigure(id uint64, add, remove protocol.NodeID) *subject {
	return s.step(protocol.Reconfigure{ID: id, Add: add, Remove: remove})
}

func (s *subject) members() string { return fmt.Sprint(s.core.Status().Members) }

func TestChangeIsDecidedLikeACommandAndTakesEffectAWindowLater(t *testing.T) { // §3
	s := newNode(t, 3, map[string]string{"window": "2"}).lead().reconfigure(1, "", "n3")
	s.want("n2 accept 1.n1 1=-n3 chosen=0", "n3 accept 1.n1 1=-n3 chosen=0")
	s.accepted(1, "n2").answered(protocol.Reply{ID: 1, Leader: "n1"})
	s.want("n2 accept 1.n1 2=no-op chosen=1", "n3 accept 1.n1 2=no-op chosen=1") // hastens slot 3
	if got := s.members(); got != "[n1 n2 n3]" {
		t.Errorf("%s decide slot 2", got)
	}
	s.accepted(2, "n3")
	if got := s.members(); got != "[n1 n2]" {
		t.Errorf("%s decide slot 3", got)
	}
}

func TestNewMembersArePreparedBeforeTheyDecide(t *testing.T) { // §2.2, phase 2a, for their slots
	s := newNode(t, 3, map[string]string{"window": "1"}).lead().reconfigure(1, "", "n2").accepted(1, "n2")
	s.want("n2 heartbeat 1.n1 chosen=1 round=1", "n3 prepare 1.n1 from=2")
	s.propose(2, "y").want() // in slot 2, which n1 and n3 decide
	s.step(protocol.Propose{ID: 3, ReadOnly: true}).want()
	old := multipaxos.Entry{Ballot: of(0, "n9"), Command: []byte("x")}
	s.from("n2", &multipaxos.Promise{Ballot: own(1), Chosen: 1, First: 2}).want()
	s.from("n3", &multipaxos.Promise{Ballot: own(1), Chosen: 1, First: 2, Entries: []multipaxos.Entry{old}})
	s.want("n3 accept 1.n1 2=x chosen=1", "n3 heartbeat 1.n1 chosen=1 round=2") // found, before what is new
	s.accepted(2, "n3").want("n3 accept 1.n1 3=y chosen=2", "n3 heartbeat 1.n1 chosen=2 round=3")
}

func TestAcceptancesOfFormerMembersDoNotCount(t *testing.T) { // §2.3
	s := newNode(t, 3, map[string]string{"window": "1"}).lead().reconfigure(1, "", "n2").accepted(1, "n2")
	s.from("n3", &multipaxos.Promise{Ballot: own(1), Chosen: 1, First: 2}).propose(2, "y")
	s.accepted(2, "n2").is("leader", 1)
	s.accepted(2, "n3").is("leader", 2)
}

func TestLeaderOpensNoSlotThatOthersDecide(t *testing.T) { // §3: not before all before it are chosen
	s := newNode(t, 3, map[string]string{"window": "3"}).lead().propose(1, "x").reconfigure(2, "", "n3")
	s.accepted(1, "n2").accepted(2, "n2") // slot 5 is for n1 and n2
	s.propose(3, "y").propose(4, "z")
	s.want()
	s.accepted(3, "n2").accepted(4, "n2").want("n3 heartbeat 1.n1 chosen=4 round=1", "n2 prepare 1.n1 from=5")
}

func TestOneChangeAtATime(t *testing.T) {
	rejected := func(id uint64, why string) protocol.Reply {
		return protocol.Reply{ID: id, Outcome: protocol.Rejected, Leader: "n1", Reason: why}
	}
	s := newNode(t, 3, map[string]string{"window": "2"})
	s.reconfigure(1, "", "n3").answered(protocol.Reply{ID: 1, Outcome: protocol.Rejected, Reason: "not leader"})
	s.lead().reconfigure(2, "n4", "n3").answered(rejected(2, "exactly one node must be added or removed"))
	s.reconfigure(3, "n2", "").answered(protocol.Reply{ID: 3, Leader: "n1"}) // is a member
	s.reconfigure(4, "", "n4").answered(protocol.Reply{ID: 4, Leader: "n1"}) // is none
	s.reconfigure(5, "", "n3").answered()
	s.reconfigure(6, "n4", "").answered(rejected(6, "another change is under way")) // not chosen
	s.accepted(1, "n2")
	s.reconfigure(7, "n4", "").answered(rejected(7, "another change is under way")) // not in force
	s.accepted(2, "n2")
	s.reconfigure(8, "n4", "").answered(rejected(8, "what phase 1 found is not chosen yet"))
	s.from("n2", &multipaxos.Promise{Ballot: own(1), Chosen: 2, First: 3})
	s.reconfigure(9, "n4", "").answered()
	s.reconfigure(10, "", "n2").answered(rejected(10, "another change is under way")) // n4 is catching up
	alone := newNode(t, 1, nil).ticks(9, 9).reconfigure(1, "", "n1")
	alone.answered(rejected(1, "there must be 1 to 64 members"))
}

func TestNewNodeCatchesUpFirst(t *testing.T) {
	s := newNode(t, 3, map[string]string{"window": "2"}).lead()
	for i := range uint64(4) {
		s.propose(i, "x").accepted(i+1, "n2")
	}
	s.reconfigure(9, "n4", "").want("n2 heartbeat 1.n1 chosen=4 round=2", "n3 heartbeat 1.n1 chosen=4 round=2",
		"n4 heartbeat 1.n1 chosen=4 round=2")
	heard := func(chosen uint64) *subject {
		return s.from("n4", &multipaxos.Heard{Ballot: own(1), Round: 2, Chosen: chosen})
	}
	heard(1).want()
	heard(2).want("n2 accept 1.n1 5=+n4 chosen=4", "n3 accept 1.n1 5=+n4 chosen=4", "n4 accept 1.n1 5=+n4 chosen=4")
	s.accepted(5, "n4").is("leader", 4) // which is no member yet

	s = newNode(t, 1, nil).ticks(9, 9).reconfigure(1, "n4", "").ticks(100, 0)
	s.answered()
	s.ticks(1, 0).answered(protocol.Reply{
		ID: 1, Outcome: protocol.Rejected, Leader: "n1", Reason: "the new node does not catch up",
	})
}

func TestRemovedLeaderHandsOver(t *testing.T) {
	s := newNode(t, 3, map[string]string{"window": "2"}).lead().reconfigure(1, "", "n1").propose(2, "x")
	s.accepted(1, "n2").propose(3, "y").ticks(1, 0).accepted(2, "n3")
	// heard last
	s.want("n2 heartbeat 1.n1 chosen=2 round=1", "n3 heartbeat 1.n1 chosen=2 round=1", "n3 take-over 1.n1")
	s.answered(
		protocol.Reply{ID: 2, Result: []byte("1"), Leader: "n1"},
		protocol.Reply{ID: 3, Outcome: protocol.Rejected, Leader: "n3", Reason: "deposed"},
	)
	s.is("acceptor", 2)
	s.ticks(100, 0).want() // it is no member and begins nothing
	s.from("n2", &multipaxos.Accept{Ballot: of(2, "n2"), Slot: 3, Command: []byte("z")}).want("n2 accepted 2.n2 3")
}

func TestRemovedNodeIsTaughtInsteadOfPromised(t *testing.T) {
	s := newNode(t, 3, map[string]string{"window": "1"}).lead().reconfigure(1, "", "n3").accepted(1, "n2")
	s.ticks(100, 0) // nobody has a lease any more
	s.from("n3", &multipaxos.Prepare{Ballot: of(9, "n3"), From: 1}).want("n3 learned 1=-n3@1.n1 chosen=1")
	s.from("n3", &multipaxos.Prepare{Ballot: of(9, "n3"), From: 2}) // it knows more than n1
	s.want("n3 promise 9.n3 chosen=1")
}

func TestConfigurationSurvivesARestart(t *testing.T) {
	change := multipaxos.Entry{Ballot: of(1, "n2"), Change: multipaxos.Change{Add: "n4"}}
	known := slots(1, change, entry(of(1, "n2"), "x"), entry(of(1, "n2"), "y"))
	known.Chosen = 2
	s := newNode(t, 3, map[string]string{"window": "3", "snapshot-every": "1"}, known)
	if got := s.members(); got != "[n1 n2 n3]" {
		t.Errorf("%s decide slot 3", got)
	}
	s.from("n2", &multipaxos.Heartbeat{Ballot: of(1, "n2"), Chosen: 3})
	if got := s.members(); got != "[n1 n2 n3 n4]" {
		t.Errorf("%s decide slot 4", got)
	}
	snapshot, _ := s.out.Persist[len(s.out.Persist)-1].Data.(*multipaxos.Checkpoint)
	if snapshot == nil {
		t.Fatalf("it wrote %v, no snapshot", s.out.Persist)
	}
	if got := newNode(t, 3, nil, snapshot).members(); got != "[n1 n2 n3 n4]" {
		t.Errorf("after a snapshot %s decide slot 4", got)
	}
	s = newNode(t, 3, nil).from("n2", &multipaxos.Snapshot{
		Index: snapshot.Index, Configs: snapshot.Configs, Data: snapshot.Snapshot, Chosen: snapshot.Index,
	})
	if got := s.members(); got != "[n1 n2 n3 n4]" {
		t.Errorf("another's snapshot makes %s decide slot 4", got)
	}
}

func TestChangesOfBothLeadersTakePlace(t *testing.T) { // a change is relative: n2's +n5 does not undo n3's +n4
	change := func(b multipaxos.Ballot, c multipaxos.Change) multipaxos.Entry {
		return multipaxos.Entry{Ballot: b, Change: c}
	}
	s := newNode(t, 3, map[string]string{"window": "1"})
	s.from("n2", &multipaxos.Learned{First: 1, Chosen: 4, Entries: []multipaxos.Entry{
		change(of(2, "n3"), multipaxos.Change{Add: "n4"}), change(of(1, "n2"), multipaxos.Change{Add: "n5"}),
		change(of(1, "n2"), multipaxos.Change{Add: "n4"}), change(of(1, "n2"), multipaxos.Change{Remove: "n9"}),
	}})
	if got := s.members(); got != "[n1 n2 n3 n4 n5]" {
		t.Errorf("the members are %s", got)
	}
}

// PML §5.2: its leader may have only former members' promises
func TestHigherBallotIsNotHeardWhileALeaseIsGranted(t *testing.T) {
	for reads, want := range map[string][]string{"quorum": {"n3 heard 2.n3 round=1 chosen=0"}, "lease": nil} {
		s := newNode(t, 3, map[string]string{"reads": reads}).from("n2", &multipaxos.Heartbeat{Ballot: of(1, "n2")})
		s.ticks(9, 9).from("n3", &multipaxos.Heartbeat{Ballot: of(2, "n3"), Round: 1}).want(want...)
		s.ticks(1, 9).from("n3", &multipaxos.Heartbeat{Ballot: of(2, "n3"), Round: 1}).
			want("n3 heard 2.n3 round=1 chosen=0")
	}
}
