package zab

import (
	"errors"
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/protocol"
)

// state is a node's state, as in ZooKeeper.
type state uint8

const (
	looking state = iota
	following
	leading
)

var stateNames = []string{"looking", "following", "leading"}

// phase is the phase of a node that follows or leads (§4).
type phase uint8

const (
	discovery phase = iota
	synchronisation
	broadcast
)

// roles are the roles in Status: leader and follower from the broadcast phase on.
var roles = [3][3]string{
	looking:   {"looking", "looking", "looking"},
	following: {"discovering", "synchronising", "follower"},
	leading:   {"prospective", "prospective", "leader"},
}

// node is one member.
type node struct {
	settings
	bug     bugs
	id      protocol.NodeID
	members []protocol.NodeID
	machine protocol.Machine
	out     protocol.Output
	point   point

	// Durable, through Output.Persist.
	epochs Epochs
	log    log
	snap   *Checkpoint // the latest; nil before the first

	// On every node. Commands are applied as soon as they are committed, so applied differs from
	// commit
	// only within a Step.
	state   state
	phase   phase
	leader  protocol.NodeID // the leader it follows; itself if it leads; "" while looking
	commit  uint64
	applied uint64
	peers   []peer // the other members, in the order of the configuration
	ticks   uint64 // since it entered its state, or its phase
	election
	learner
	primary
}

// peer is a node's record of another member.
type peer struct {
	id     protocol.NodeID
	ballot Notification // its latest vote; of Round 0 if none
	channel
}

// New makes a node from its disk: empty, or the records that survived, oldest first.
func New(c protocol.Config, records []protocol.Record) (protocol.Core, error) {
	s, err := parse(c.Options)
	if err != nil {
		return nil, err
	}
	bug, err := protocol.Plant(mutants, c.Bug)
	if err != nil {
		return nil, err
	}
	if len(c.Members) == 0 {
		return nil, errors.New("zab: members: the configuration is empty")
	}
	n := &node{settings: s, bug: bug, id: c.ID, members: slices.Clone(c.Members), machine: c.Machine}
	for _, id := range n.members {
		if id != n.id {
			n.peers = append(n.peers, peer{id: id})
		}
	}
	for i, r := range records {
		switch d := r.Data.(type) {
		case *Epochs:
			n.epochs = *d
		case *Tail:
			if d.After < n.log.base || d.After > n.log.last() {
				return nil, fmt.Errorf("zab: record %d: transactions after %d do not continue a log of %d to %d",
					i, d.After, n.log.base, n.log.last())
			}
			n.log.truncate(d.After)
			n.log.append(d.Txns...)
		case *Checkpoint:
			n.snap, n.epochs = d, d.Epochs
			n.log.reset(d.Base, d.BaseZxid)
			n.log.append(d.Txns...)
		default:
			return nil, fmt.Errorf("zab: record %d: a %T is not a record of zab", i, r.Data)
		}
	}
	if n.snap != nil {
		if err := n.machine.Restore(n.snap.Snapshot); err != nil {
			return nil, fmt.Errorf("zab: snapshot at %d: %w", n.snap.Index, err)
		}
		n.commit, n.applied = n.snap.Index, n.snap.Index
	}
	n.vote = n.own()
	return n, nil
}

// Status returns the node's view of itself.
func (n *node) Status() protocol.Status {
	return protocol.Status{
		Role: roles[n.state][n.phase], Leader: n.leader, Term: n.epochs.Current,
		Commit: n.commit, Applied: n.applied, Last: n.log.last(), Members: n.members,
	}
}

// Step processes one input.
func (n *node) Step(in protocol.Input) protocol.Output {
	n.out.Reset()
	n.point = pointNone
	switch in := in.(type) {
	case protocol.Tick:
		n.tick(in.Draw)
	case protocol.Receive:
		// Before its first tick, a node has no number to tell its channels from those of an earlier
		// life.
		if p := n.peer(in.Message.From); p != nil && n.link != 0 {
			n.receive(p, in.Message.Body)
		}
	case protocol.Propose:
		n.propose(in)
	case protocol.Transfer:
		n.reject(in.ID, n.leader, "zab hands no leadership over")
	case protocol.Reconfigure:
		n.reject(in.ID, n.leader, "membership is fixed")
	}
	n.maybeSnapshot()
	n.out.Point = pointNames[n.point]
	return n.out
}

func (n *node) tick(draw uint64) {
	if n.link == 0 {
		n.link = draw | 1
	}
	n.ticks++
	switch n.state {
	case looking:
		n.electionTick()
	case following:
		n.learnerTick()
	case leading:
		n.primaryTick()
	}
}

func (n *node) receive(p *peer, body any) {
	switch b := body.(type) {
	case *Notification:
		n.notified(p, b)

	case *LeaderInfo:
		if n.state == following && n.phase == discovery && p.id == n.leader && b.Link == n.link {
			n.leaderInfo(b)
		}
	case *Diff:
		if n.heard(p, b.Channel) {
			n.diff(b)
		}
	case *Trunc:
		if n.heard(p, b.Channel) {
			n.trunc(b)
		}
	case *Snap:
		if n.heard(p, b.Channel) {
			n.install(b)
		}
	case *NewLeader:
		if n.heard(p, b.Channel) {
			n.newLeader(b)
		}
	case *UpToDate:
		if n.heard(p, b.Channel) {
			n.upToDate(b)
		}
	case *Proposal:
		if n.heard(p, b.Channel) {
			n.proposal(b)
		}
	case *Commit:
		if n.heard(p, b.Channel) {
			n.commitUpTo(b.Zxid)
		}
	case *Ping:
		if n.heard(p, b.Channel) {
			n.pinged(b)
		}
	case *Synced:
		if n.heard(p, b.Channel) {
			n.synced(b)
		}

	case *FollowerInfo:
		if n.state == leading {
			n.followerInfo(p, b)
		}
	case *AckEpoch:
		if n.answered(p, b.Channel) {
			n.ackEpoch(p, b)
		}
	case *SnapAck:
		if n.answered(p, b.Channel) {
			n.snapAck(p, b)
		}
	case *Ack:
		if n.answered(p, b.Channel) {
			n.ack(p, b)
		}
	case *Pong:
		if n.answered(p, b.Channel) {
			n.pong(p, b)
		}
	case *Request:
		if n.answered(p, b.Channel) {
			n.forwarded(p, b)
		}
	case *Sync:
		if n.answered(p, b.Channel) {
			n.sync(p, b)
		}
	}
}

// propose handles a client's request.
func (n *node) propose(in protocol.Propose) {
	switch {
	case n.state == looking || n.phase != broadcast:
		n.reject(in.ID, n.leader, "not in broadcast phase")
	case in.ReadOnly && n.localReads && Zxid(in.Seen) > n.log.zxid(n.applied):
		n.reject(in.ID, "", "client has seen more")
	case in.ReadOnly && n.localReads:
		n.done(in.ID, n.machine.Query(in.Command))
	case in.ReadOnly && n.state == leading:
		n.read(in.ID, in.Command)
	case in.ReadOnly:
		n.askSync(in.ID, in.Command)
	case len(in.Command) == 0:
		n.reject(in.ID, n.id, "empty command")
	default:
		n.request(in.ID, in.Command)
	}
}

// commitTo applies everything up to index.
func (n *node) commitTo(index uint64) {
	index = min(index, n.log.last())
	if index <= n.commit {
		return
	}
	n.commit = index
	n.point = max(n.point, pointCommit)
	for n.applied < n.commit {
		n.applied++
		t := n.log.at(n.applied)
		result := n.machine.Apply(t.Command)
		n.out.Apply = append(n.out.Apply, protocol.Entry{Index: n.applied, Term: t.Zxid.Epoch(), Command: t.Command})
		n.answerRequest(t.Origin, result)
	}
	n.answerReads()
}

// write replaces the history after index.
func (n *node) write(after uint64, txns []Txn, at point) {
	n.point = max(n.point, at)
	if after < n.log.last() {
		n.log.truncate(after)
	}
	n.log.append(txns...)
	if n.bug.diffInMemory && at == pointDiff {
		n.unwritten = append(n.unwritten, Tail{After: after, Txns: n.log.from(after+1, len(txns))})
		return
	}
	n.persist(&Tail{After: after, Txns: n.log.from(after+1, len(txns))})
}

// setEpochs writes new epochs. Records survive a crash as a prefix, so the epochs are on disk after
// everything written before them and before everything after.
func (n *node) setEpochs(e Epochs, at point) {
	n.point = max(n.point, at)
	n.epochs = e
	if !n.bug.epochsNotPersisted {
		n.persist(&e)
	}
}

// quorum returns the size of a majority.
func (n *node) quorum() int { return len(n.members)/2 + 1 }

func (n *node) peer(id protocol.NodeID) *peer {
	for i := range n.peers {
		if n.peers[i].id == id {
			return &n.peers[i]
		}
	}
	return nil
}

func (n *node) send(to protocol.NodeID, body any) {
	n.out.Send = append(n.out.Send, protocol.Message{From: n.id, To: to, Body: body})
}

func (n *node) persist(data any) {
	n.out.Persist = append(n.out.Persist, protocol.Record{Data: data})
}

// done answers a request from the state applied now.
func (n *node) done(id uint64, result []byte) {
	position := uint64(n.log.zxid(n.applied))
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Result: result, Leader: n.leader, Position: position})
}

// reject refuses a request that has had no effect and will have none.
func (n *node) reject(id uint64, to protocol.NodeID, reason string) {
	n.out.Reply = append(n.out.Reply, protocol.Reply{ID: id, Outcome: protocol.Rejected, Leader: to, Reason: reason})
}
