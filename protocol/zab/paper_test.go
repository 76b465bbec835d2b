package zab_test

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/zab"
	"github.com/splitvote/splitvote/targets/bundled/bundledtest"
)

// One test a rule of the paper (§) or of Zab 1.0. The node under test is always n1.

// subject is the node under test and what it has said in its latest step.
type subject struct {
	t     *testing.T
	core  protocol.Core
	out   protocol.Output
	vote  zab.Notification // its latest
	links map[protocol.NodeID]uint64
	*bundledtest.Journal
}

// newNode makes n1 of a cluster of the given size, with these epochs and a history of these zxids,
// and lets it begin to look.
func newNode(t *testing.T, size int, epochs zab.Epochs, zxids ...string) *subject {
	t.Helper()
	return newNodeWith(t, "sync", size, epochs, zxids...)
}

// newNodeWith does so with other reads.
func newNodeWith(t *testing.T, reads string, size int, epochs zab.Epochs, zxids ...string) *subject {
	t.Helper()
	s := &subject{t: t, Journal: &bundledtest.Journal{}, links: map[protocol.NodeID]uint64{}}
	var members []protocol.NodeID
	for i := range size {
		members = append(members, protocol.NodeID(fmt.Sprintf("n%d", i+1)))
	}
	var txns []zab.Txn
	for _, z := range zxids {
		txns = append(txns, txn(z))
	}
	records := []protocol.Record{{Data: &zab.Tail{Txns: txns}}, {Data: &epochs}}
	core, err := zab.New(protocol.Config{ID: "n1", Members: members,
		Options: defaults(map[string]string{"reads": reads}), Machine: s.Journal}, records)
	if err != nil {
		t.Fatal(err)
	}
	s.core = core
	return s.ticks(1)
}

func (s *subject) step(in protocol.Input) *subject {
	s.out = s.core.Step(in)
	for _, m := range s.out.Send {
		switch b := m.Body.(type) {
		case *zab.Notification:
			s.vote = *b
		case *zab.FollowerInfo:
			s.links["n1"] = b.Link
		}
	}
	return s
}

func (s *subject) from(id protocol.NodeID, body any) *subject {
	return s.step(protocol.Receive{Message: protocol.Message{From: id, To: "n1", Body: body}})
}

func (s *subject) ticks(n int) *subject {
	for range n {
		s.step(protocol.Tick{Draw: 7})
	}
	return s
}

// elect makes n2 agree with a vote, and n1 end its election with it.
func (s *subject) elect(leader protocol.NodeID, epoch uint64, last string) *subject {
	s.t.Helper()
	s.from("n2", &zab.Notification{Round: s.vote.Round, Leader: leader, Epoch: epoch, Zxid: txn(last).Zxid})
	for range 10 {
		if s.core.Status().Role != "looking" {
			break
		}
		s.ticks(1)
	}
	if got := s.core.Status().Leader; got != leader {
		s.t.Fatalf("it has elected %q, want %s", got, leader)
	}
	return s
}

// connect lets followers open channels, which have promised accepted.
func (s *subject) connect(accepted uint64, by ...protocol.NodeID) *subject {
	for i, id := range by {
		s.links[id] = uint64(i + 1)
		s.from(id, &zab.FollowerInfo{Link: uint64(i + 1), Accepted: accepted})
	}
	return s
}

// channel is n1's own, as a follower, with the epoch.
func (s *subject) channel(epoch uint64) zab.Channel {
	return zab.Channel{Link: s.links["n1"], Epoch: epoch}
}

// to is n1's channel with one of its followers.
func (s *subject) to(id protocol.NodeID, epoch uint64) zab.Channel {
	return zab.Channel{Link: s.links[id], Epoch: epoch}
}

// said are the messages of the latest step, as in the transcripts.
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

// answers are those of the latest step.
func (s *subject) answers(want ...protocol.Reply) {
	s.t.Helper()
	if diff := cmp.Diff(want, s.out.Reply, cmpopts.EquateEmpty()); diff != "" {
		s.t.Errorf("answers (-want +got):\n%s", diff)
	}
}

func (s *subject) is(role string, epoch, commit uint64) {
	s.t.Helper()
	if st := s.core.Status(); st.Role != role || st.Term != epoch || st.Commit != commit {
		s.t.Errorf("it is %s in epoch %d, commit %d; want %s in epoch %d, commit %d", st.Role, st.Term, st.Commit, role,
			epoch, commit)
	}
}

func (s *subject) wrote(records ...any) {
	s.t.Helper()
	var got []any
	for _, r := range s.out.Persist {
		got = append(got, r.Data)
	}
	if diff := cmp.Diff(records, got); diff != "" {
		s.t.Errorf("records (-want +got):\n%s", diff)
	}
}

// established makes n1, of three, the leader of epoch 1, with n2 as its follower.
func established(t *testing.T) *subject {
	t.Helper()
	s := newNode(t, 3, zab.Epochs{}).elect("n1", 0, "0:0").connect(0, "n2")
	s.from("n2", &zab.AckEpoch{Channel: s.to("n2", 1)})
	s.from("n2", &zab.Ack{Channel: s.to("n2", 1), NewLeader: true})
	s.is("leader", 1, 0)
	return s
}

// following makes n1, of three, a follower of n2 that has promised epoch 2.
func following(t *testing.T, zxids ...string) *subject {
	t.Helper()
	s := newNode(t, 3, zab.Epochs{Accepted: 1, Current: 1}, zxids...).elect("n2", 1, "1:9")
	s.from("n2", &zab.LeaderInfo{Channel: s.channel(2)})
	return s
}

func TestNodesStartByLooking(t *testing.T) { // §4
	newNode(t, 3, zab.Epochs{}).is("looking", 0, 0)
	newNode(t, 3, zab.Epochs{Accepted: 3, Current: 2}, "1:1", "2:1").is("looking", 2, 0)
}

func TestNobodyIsHeardBeforeTheFirstTick(t *testing.T) { // §3.1: a channel of an earlier life never turns up again
	s := newNode(t, 3, zab.Epochs{})
	var err error
	s.core, err = zab.New(protocol.Config{ID: "n1", Members: []protocol.NodeID{"n1", "n2", "n3"},
		Options: defaults(nil), Machine: s.Journal}, nil)
	if err != nil {
		t.Fatal(err)
	}
	// n2 leads, n3 follows it: whoever hears of both would follow too.
	for range 2 {
		s.from("n2", &zab.Notification{Round: 1, Leader: "n2", State: 2}).want()
		s.from("n3", &zab.Notification{Round: 1, Leader: "n2", State: 1})
		if role := s.core.Status().Role; role != "looking" {
			t.Fatalf("it is %s before its first tick", role)
		}
	}
	s.ticks(1).from("n2", &zab.Notification{Round: 1, Leader: "n2", State: 2})
	s.from("n3", &zab.Notification{Round: 1, Leader: "n2", State: 1}).is("discovering", 0, 0)
}

func TestVotesAreTotallyOrdered(t *testing.T) { // fast leader election
	for _, test := range []struct {
		leader protocol.NodeID
		epoch  uint64
		last   string
		moves  bool
	}{
		{"n2", 2, "1:5", true},  // equal except for the name
		{"n0", 2, "1:5", false}, // likewise
		{"n0", 2, "1:6", true},
		{"n2", 2, "1:4", false},
		{"n0", 3, "0:0", true},
		{"n2", 1, "1:5", false}, // ZOOKEEPER-1419: an earlier epoch, whatever the name
		{"n2", 1, "1:9", false},
	} {
		s := newNode(t, 3, zab.Epochs{Accepted: 2, Current: 2}, "1:5")
		s.from("n3", &zab.Notification{Round: 1, Leader: test.leader, Epoch: test.epoch, Zxid: txn(test.last).Zxid}).
			ticks(2)
		if got := s.vote.Leader == test.leader; got != test.moves {
			t.Errorf("epoch %d, last %s, %s: it votes for %s", test.epoch, test.last, test.leader, s.vote.Leader)
		}
	}
}

func TestVotesOfAnEarlierRoundDoNotCount(t *testing.T) { // fast leader election
	s := newNode(t, 3, zab.Epochs{}).from("n2", &zab.Notification{Round: 5, Leader: "n2"})
	if s.vote.Round != 0 && s.vote.Round != 1 {
		t.Errorf("it told of round %d before the next tick", s.vote.Round)
	}
	s.ticks(1)
	if s.vote.Round != 5 || s.vote.Leader != "n2" {
		t.Errorf("it votes for %s in round %d", s.vote.Leader, s.vote.Round)
	}
	s.from("n3", &zab.Notification{Round: 4, Leader: "n3"})
	s.want("n3 vote round=5 for=n2 epoch=0 last=0:0")
}

func TestNewEpochIsLaterThanAnyAccepted(t *testing.T) { // §4.1, step l.1.1
	s := newNode(t, 5, zab.Epochs{Accepted: 2, Current: 1})
	s.from("n3", &zab.Notification{Round: 1, Leader: "n1", Epoch: 1}).elect("n1", 1, "0:0").connect(7, "n2")
	s.want() // two of five are no quorum
	s.connect(4, "n3")
	s.want("n2 leaderinfo epoch=8", "n3 leaderinfo epoch=8")
	s.wrote(&zab.Epochs{Accepted: 8, To: "n1", Current: 1})
}

func TestFollowerPromisesLaterEpochsOnly(t *testing.T) { // §4.1, step f.1.1
	s := newNode(t, 3, zab.Epochs{Accepted: 3, Current: 1}, "1:1").elect("n2", 1, "1:9")
	s.from("n2", &zab.LeaderInfo{Channel: s.channel(4)})
	s.wrote(&zab.Epochs{Accepted: 4, To: "n2", Current: 1})
	s.want("n2 ackepoch epoch=4 current=1 last=1:1")
	s.from("n2", &zab.LeaderInfo{Channel: s.channel(4)}) // it asks again: the promise was lost
	s.wrote()
	s.want("n2 ackepoch epoch=4 current=1 last=1:1")
	for _, epoch := range []uint64{2, 3} {
		s := newNode(t, 3, zab.Epochs{Accepted: 3, To: "n3", Current: 1}, "1:1").elect("n2", 1, "1:9")
		s.from("n2", &zab.LeaderInfo{Channel: s.channel(epoch)}).wrote()
		s.is("looking", 1, 0)
	}
}

func TestLeaderNeedsTheMostRecentHistory(t *testing.T) { // §4.1; Zab 1.0, Phase 1
	for _, test := range []struct {
		current uint64
		last    string
		role    string
	}{{1, "1:2", "prospective"}, {1, "1:1", "prospective"}, {0, "1:9", "prospective"}, {1, "1:3", "looking"},
		{2, "1:1", "looking"}} {
		s := newNode(t, 3, zab.Epochs{Accepted: 1, Current: 1}, "1:1", "1:2").elect("n1", 1, "1:2").connect(1, "n2")
		s.from("n2", &zab.AckEpoch{Channel: s.to("n2", 2), Current: test.current, Last: txn(test.last).Zxid})
		if got := s.core.Status().Role; got != test.role {
			t.Errorf("against %d, %s it is %s, want %s", test.current, test.last, got, test.role)
		}
	}
}

func TestSynchronisationFitsTheFollower(t *testing.T) { // §4.2; Zab 1.0, Phase 2
	for last, want := range map[string]string{
		"2:2": "n2 diff epoch=3 prev=2:2",
		"1:2": "n2 diff epoch=3 prev=1:2 txns=2:1,2:2",
		"0:0": "n2 diff epoch=3 prev=0:0 txns=1:1,1:2,2:1,2:2",
		"1:7": "n2 trunc epoch=3 to=1:2",
		"2:1": "n2 diff epoch=3 prev=2:1 txns=2:2",
	} {
		s := newNode(t, 3, zab.Epochs{Accepted: 2, Current: 2}, "1:1", "1:2", "2:1", "2:2").elect("n1", 2, "2:2").
			connect(2, "n2")
		s.from("n2", &zab.AckEpoch{Channel: s.to("n2", 3), Current: 1, Last: txn(last).Zxid})
		if got := s.said()[0]; got != want {
			t.Errorf("a follower at %s is sent %q, want %q", last, got, want)
		}
	}
}

func TestFollowerEntersWithTheWholeHistory(t *testing.T) { // §4.2, step f.2.1
	s := following(t, "1:1")
	s.from("n2", &zab.NewLeader{Channel: s.channel(2), Last: txn("1:2").Zxid})
	s.wrote()
	s.want("n2 ack epoch=2 last=1:1")
	s.from("n2", &zab.Diff{Channel: s.channel(2), Prev: txn("1:1").Zxid, Txns: []zab.Txn{txn("1:2")}})
	s.wrote(&zab.Tail{After: 1, Txns: []zab.Txn{txn("1:2")}})
	s.from("n2", &zab.NewLeader{Channel: s.channel(2), Last: txn("1:2").Zxid})
	s.wrote(&zab.Epochs{Accepted: 2, To: "n2", Current: 2})
	s.want("n2 ack-newleader epoch=2 last=1:2")
	if s.out.Unsynced {
		t.Error("it acknowledges before that is on its disk")
	}
	s.is("synchronising", 2, 0)
	s.from("n2", &zab.UpToDate{Channel: s.channel(2), Commit: txn("1:2").Zxid}).is("follower", 2, 2)
}

func TestInitialHistoryIsCommittedByAQuorum(t *testing.T) { // §4.2, step l.2.2
	s := newNode(t, 3, zab.Epochs{Accepted: 1, Current: 1}, "1:1").elect("n1", 1, "1:1").connect(1, "n2")
	s.from("n2", &zab.AckEpoch{Channel: s.to("n2", 2), Current: 1, Last: txn("1:1").Zxid}).is("prospective", 2, 0)
	s.from("n2", &zab.Ack{Channel: s.to("n2", 2), Last: txn("1:1").Zxid}).is("prospective", 2, 0)
	s.from("n2", &zab.Ack{Channel: s.to("n2", 2), Last: txn("1:1").Zxid, NewLeader: true}).is("leader", 2, 1)
	s.want("n2 uptodate epoch=2 commit=1:1")
}

func TestLeaderProposesInOrder(t *testing.T) { // §4.3, step l.3.1
	s := established(t)
	const self = 9 // n1's channel to itself: the first after the draw of 7
	for i, name := range []string{"x", "y"} {
		s.step(protocol.Propose{ID: uint64(i), Command: []byte(name)})
		origin := zab.Origin{Node: "n1", Link: self, Number: uint64(i + 1)}
		s.wrote(&zab.Tail{After: uint64(i), Txns: []zab.Txn{{txn(fmt.Sprintf("1:%d", i+1)).Zxid, []byte(name),
			origin}}})
		s.want(fmt.Sprintf("n2 proposal epoch=1 prev=%s txn=1:%d", []string{"0:0", "1:1"}[i], i+1))
		if s.out.Unsynced || len(s.out.Reply) > 0 {
			t.Errorf("it answers %v, unsynced %v, before anyone else has it", s.out.Reply, s.out.Unsynced)
		}
	}
}

func TestQuorumCommits(t *testing.T) { // §4.3, step l.3.2
	s := established(t)
	s.step(protocol.Propose{ID: 1, Command: []byte("x")})
	s.step(protocol.Propose{ID: 2, Command: []byte("y")})
	s.from("n2", &zab.Ack{Channel: s.to("n2", 1), Last: txn("1:2").Zxid}).is("leader", 1, 2)
	s.want("n2 commit epoch=1 zxid=1:2")
	if len(s.out.Reply) != 2 || s.out.Reply[0].ID != 1 || s.out.Reply[1].ID != 2 {
		t.Errorf("answers %v", s.out.Reply)
	}
}

func TestFollowerKeepsTheOrder(t *testing.T) { // §3.1; §4.3, step f.3.2
	s := following(t, "1:1")
	s.from("n2", &zab.NewLeader{Channel: s.channel(2), Last: txn("1:1").Zxid})
	s.from("n2", &zab.UpToDate{Channel: s.channel(2), Commit: txn("1:1").Zxid})
	s.from("n2", &zab.Proposal{Channel: s.channel(2), Prev: txn("2:1").Zxid, Txn: txn("2:2")}) // 2:1 was lost
	s.wrote()
	s.want("n2 ack epoch=2 last=1:1")
	s.from("n2", &zab.Proposal{Channel: s.channel(2), Prev: txn("1:1").Zxid, Txn: txn("2:1")})
	s.wrote(&zab.Tail{After: 1, Txns: []zab.Txn{txn("2:1")}})
	s.from("n2", &zab.Proposal{Channel: s.channel(2), Prev: txn("1:1").Zxid, Txn: txn("2:1")}) // and came twice
	s.wrote()
	s.want("n2 ack epoch=2 last=2:1")
	s.is("follower", 2, 1)
	s.from("n2", &zab.Commit{Channel: s.channel(2), Zxid: txn("2:9").Zxid}).is("follower", 2, 2) // no more than it has
}

func TestOtherChannelsAreNotHeard(t *testing.T) { // §3.1: channels
	s := following(t, "1:1")
	for _, c := range []zab.Channel{{Link: s.links["n1"] + 1, Epoch: 2}, {Link: s.links["n1"], Epoch: 1},
		{Link: s.links["n1"], Epoch: 3}} {
		s.from("n2", &zab.Trunc{Channel: c}).wrote()
		s.want()
	}
	s.from("n3", &zab.Trunc{Channel: s.channel(2)}).wrote()
}

// §4: a follower or leader that perceives a failure goes back to the election
func TestSilenceEndsAnEpoch(t *testing.T) {
	s := following(t, "1:1")
	s.from("n2", &zab.NewLeader{Channel: s.channel(2), Last: txn("1:1").Zxid})
	s.ticks(10).is("synchronising", 2, 0)
	s.ticks(1).is("looking", 2, 0)
	l := established(t).ticks(10)
	l.is("leader", 1, 0)
	l.ticks(10).is("looking", 1, 0)
}

func TestSyncedReadWaitsForAQuorum(t *testing.T) { // ZOOKEEPER-1675
	s := established(t)
	s.step(protocol.Propose{ID: 1, ReadOnly: true})
	s.want("n2 ping epoch=1 round=1 commit=0:0")
	if len(s.out.Reply) > 0 {
		t.Errorf("it answers %v at once", s.out.Reply)
	}
	s.from("n2", &zab.Pong{Channel: s.to("n2", 1), Round: 0, Ready: true})
	if len(s.out.Reply) > 0 {
		t.Errorf("it answers %v for an earlier round", s.out.Reply)
	}
	s.from("n2", &zab.Pong{Channel: s.to("n2", 1), Round: 1, Ready: true})
	if len(s.out.Reply) != 1 || s.out.Reply[0].Outcome != protocol.Done {
		t.Errorf("it answers %v", s.out.Reply)
	}
}

func TestOnlyBroadcastServes(t *testing.T) { // §4.3
	s := following(t, "1:1")
	for id, in := range []protocol.Propose{{Command: []byte("x")}, {ReadOnly: true}} {
		in.ID = uint64(id)
		s.step(in)
		if len(s.out.Reply) != 1 || s.out.Reply[0].Outcome != protocol.Rejected || s.out.Reply[0].Leader != "n2" {
			t.Errorf("it answers %v", s.out.Reply)
		}
	}
}

func TestOneNodeIsAQuorumOfOne(t *testing.T) { // §2: any quorum system will do
	s := newNode(t, 1, zab.Epochs{}).ticks(3)
	s.is("leader", 1, 0)
	s.step(protocol.Propose{ID: 1, Command: []byte("x")})
	s.is("leader", 1, 1)
	s.step(protocol.Propose{ID: 2, ReadOnly: true})
	if len(s.out.Reply) != 1 || s.out.Reply[0].Outcome != protocol.Done {
		t.Errorf("it answers %v", s.out.Reply)
	}
}

// serving makes n1, of three, a follower of n2 that serves clients in epoch 2, and has applied 1:1.
func serving(t *testing.T) *subject {
	t.Helper()
	s := following(t, "1:1")
	s.from("n2", &zab.NewLeader{Channel: s.channel(2), Last: txn("1:1").Zxid})
	s.from("n2", &zab.UpToDate{Channel: s.channel(2), Commit: txn("1:1").Zxid})
	s.is("follower", 2, 1)
	return s
}

func TestFollowerForwardsWrites(t *testing.T) { // ZooKeeper: REQUEST
	s := serving(t)
	s.step(protocol.Propose{ID: 41, Command: []byte("x")})
	s.want("n2 request epoch=2 number=1")
	s.ticks(2)
	s.want("n2 request epoch=2 number=1") // it may have been lost
	others, own := txn("2:1"), txn("2:2")
	own.Origin = zab.Origin{Node: "n1", Link: s.links["n1"], Number: 1}
	s.from("n2", &zab.Proposal{Channel: s.channel(2), Prev: txn("1:1").Zxid, Txn: others})
	s.from("n2", &zab.Proposal{Channel: s.channel(2), Prev: others.Zxid, Txn: own})
	s.from("n2", &zab.Commit{Channel: s.channel(2), Zxid: others.Zxid}).answers()
	s.from("n2", &zab.Commit{Channel: s.channel(2), Zxid: own.Zxid}).answers(
		protocol.Reply{ID: 41, Result: s.Query(nil), Leader: "n2", Position: uint64(own.Zxid)})
	s.step(protocol.Propose{ID: 42, Command: []byte("y")}).ticks(11).answers(
		protocol.Reply{ID: 42, Outcome: protocol.Unknown, Reason: "lost the leader"})
}

func TestLeaderProposesARequestOnce(t *testing.T) { // ZooKeeper's channels are TCP's
	s := established(t)
	for _, test := range []struct {
		number uint64
		last   uint64 // of the leader's history then
	}{{2, 0}, {1, 1}, {1, 1}, {2, 2}, {1, 2}, {4, 2}} {
		s.from("n2", &zab.Request{Channel: s.to("n2", 1), Number: test.number, Command: []byte("x")})
		if got := s.core.Status().Last; got != test.last {
			t.Errorf("after request %d it has proposed %d, want %d", test.number, got, test.last)
		}
	}
}

// ZooKeeper refuses a client whose last zxid is later than the server's
func TestWhoHasSeenMoreIsNotServed(t *testing.T) {
	s := newNodeWith(t, "local", 1, zab.Epochs{Accepted: 1, Current: 1}, "1:1").ticks(3)
	s.is("leader", 2, 1)
	for _, test := range []struct {
		seen string
		want protocol.Reply
	}{
		{"0:0", protocol.Reply{Result: s.Query(nil), Leader: "n1", Position: uint64(txn("1:1").Zxid)}},
		{"1:1", protocol.Reply{Result: s.Query(nil), Leader: "n1", Position: uint64(txn("1:1").Zxid)}},
		{"1:2", protocol.Reply{Outcome: protocol.Rejected, Reason: "client has seen more"}},
	} {
		s.step(protocol.Propose{ReadOnly: true, Seen: uint64(txn(test.seen).Zxid)}).answers(test.want)
	}
}
