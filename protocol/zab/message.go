package zab

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// The bodies of messages, named as in Zab 1.0. Each is sent as a pointer and never changed
// afterwards
// (protocol.P3).

// Notification is a node's vote in leader election.
type Notification struct {
	Round  uint64          `json:"r"` // logical clock of elections
	Leader protocol.NodeID `json:"l"` // the node it votes for, or has elected
	Zxid   Zxid            `json:"z"` // the last of Leader's history
	Epoch  uint64          `json:"e"` // Leader's current epoch
	State  state           `json:"s"`
}

// Channel names the connection of a message. The paper's channels are TCP connections: first in,
// first
// out, and a message sent on an old one never arrives on a new one. Here numbers ensure both.
type Channel struct {
	Link  uint64 `json:"k"` // drawn by the follower when it connects
	Epoch uint64 `json:"e"`
}

// FollowerInfo opens a channel and reports the follower's latest promise.
type FollowerInfo struct {
	Link     uint64          `json:"k"`
	Accepted uint64          `json:"a"`
	To       protocol.NodeID `json:"t,omitempty"` // the leader it promised that epoch
}

// LeaderInfo proposes the new epoch.
type LeaderInfo struct{ Channel }

// AckEpoch promises to accept no earlier epoch and reports the follower's history.
type AckEpoch struct {
	Channel
	Current uint64 `json:"c"`
	Last    Zxid   `json:"z"`
}

// Diff carries transactions that the follower lacks, in order. There can be several Diffs, and one
// can
// be empty.
type Diff struct {
	Channel
	Prev Zxid  `json:"p"` // the transaction just before Txns
	Txns []Txn `json:"x,omitempty"`
}

// Trunc tells the follower to drop everything after To, which no leader has committed.
type Trunc struct {
	Channel
	To Zxid `json:"z"`
}

// Snap carries one chunk of the leader's snapshot, in place of transactions that its log no longer
// has.
type Snap struct {
	Channel
	Index  uint64 `json:"i"` // the last transaction that the snapshot covers
	Zxid   Zxid   `json:"z"` // and its zxid
	Offset int    `json:"o"` // of Data, in bytes
	Data   []byte `json:"d,omitempty"`
	Done   bool   `json:"f,omitempty"` // no chunk follows
}

// SnapAck answers a Snap. The follower waits for the chunk at Offset or, with Done, has the whole
// snapshot on disk.
type SnapAck struct {
	Channel
	Index  uint64 `json:"i"`
	Offset int    `json:"o,omitempty"`
	Done   bool   `json:"f,omitempty"`
}

// NewLeader says that the epoch's initial history is complete, up to Last.
type NewLeader struct {
	Channel
	Last Zxid `json:"z"`
}

// Ack says that the follower has the leader's history up to Last on disk. With NewLeader it has
// also
// entered the epoch.
type Ack struct {
	Channel
	Last      Zxid `json:"z"`
	NewLeader bool `json:"n,omitempty"`
}

// UpToDate allows the follower to serve clients: the epoch is established, and everything up to
// Commit
// is committed.
type UpToDate struct {
	Channel
	Commit Zxid `json:"z"`
}

// Proposal is one transaction of the epoch.
type Proposal struct {
	Channel
	Prev Zxid `json:"p"` // the transaction just before Txn
	Txn  Txn  `json:"x"`
}

// Commit says that everything up to Zxid is committed.
type Commit struct {
	Channel
	Zxid Zxid `json:"z"`
}

// Ping keeps a channel open. The answers to a round of pings prove that the leader still leads.
type Ping struct {
	Channel
	Round  uint64 `json:"r"`
	Commit Zxid   `json:"z"`
}

// Pong answers a Ping.
type Pong struct {
	Channel
	Round uint64 `json:"r"`
	Last  Zxid   `json:"z"`           // as in Ack
	Ready bool   `json:"u,omitempty"` // UPTODATE has arrived
}

// Request forwards a client's write.
type Request struct {
	Channel
	Number  uint64 `json:"n"` // on this channel, from 1
	Command []byte `json:"c,omitempty"`
}

// Sync asks the leader how far the history is committed.
type Sync struct {
	Channel
	Number uint64 `json:"n"`
}

// Synced answers a Sync, once a quorum has confirmed that the leader led after the Sync arrived.
type Synced struct {
	Channel
	Number uint64 `json:"n"`
	Commit Zxid   `json:"z"`
}

func (m *Notification) String() string {
	b := number([]byte("vote"), " round=", m.Round)
	b = append(append(b, " for="...), m.Leader...)
	b = zxid(number(b, " epoch=", m.Epoch), " last=", m.Zxid)
	if m.State != looking {
		b = append(append(b, ' '), stateNames[m.State]...)
	}
	return string(b)
}

func (m *FollowerInfo) String() string {
	return string(number([]byte("followerinfo"), " accepted=", m.Accepted))
}

func (m *LeaderInfo) String() string { return string(m.name("leaderinfo")) }

func (m *AckEpoch) String() string {
	return string(zxid(number(m.name("ackepoch"), " current=", m.Current), " last=", m.Last))
}

func (m *Diff) String() string {
	b := zxid(m.name("diff"), " prev=", m.Prev)
	for i := range m.Txns {
		sep := ","
		if i == 0 {
			sep = " txns="
		}
		b = zxid(b, sep, m.Txns[i].Zxid)
	}
	return string(b)
}

func (m *Trunc) String() string { return string(zxid(m.name("trunc"), " to=", m.To)) }

func (m *Snap) String() string {
	b := number(zxid(m.name("snap"), " last=", m.Zxid), " offset=", uint64(m.Offset))
	return string(done(number(b, " bytes=", uint64(len(m.Data))), m.Done))
}

func (m *SnapAck) String() string {
	return string(done(number(m.name("snapack"), " offset=", uint64(m.Offset)), m.Done))
}

func (m *NewLeader) String() string { return string(zxid(m.name("newleader"), " last=", m.Last)) }

func (m *Ack) String() string {
	if m.NewLeader {
		return string(zxid(m.name("ack-newleader"), " last=", m.Last))
	}
	return string(zxid(m.name("ack"), " last=", m.Last))
}

func (m *UpToDate) String() string { return string(zxid(m.name("uptodate"), " commit=", m.Commit)) }

func (m *Proposal) String() string {
	return string(zxid(zxid(m.name("proposal"), " prev=", m.Prev), " txn=", m.Txn.Zxid))
}

func (m *Commit) String() string { return string(zxid(m.name("commit"), " zxid=", m.Zxid)) }

func (m *Ping) String() string {
	return string(zxid(number(m.name("ping"), " round=", m.Round), " commit=", m.Commit))
}

func (m *Pong) String() string {
	b := zxid(number(m.name("pong"), " round=", m.Round), " last=", m.Last)
	if m.Ready {
		b = append(b, " ready"...)
	}
	return string(b)
}

func (m *Request) String() string { return string(number(m.name("request"), " number=", m.Number)) }

func (m *Sync) String() string { return string(number(m.name("sync"), " number=", m.Number)) }

func (m *Synced) String() string {
	return string(zxid(number(m.name("synced"), " number=", m.Number), " commit=", m.Commit))
}

// name begins a message's text. Links are random, so they are omitted.
func (c Channel) name(what string) []byte { return number([]byte(what), " epoch=", c.Epoch) }

func number(b []byte, name string, n uint64) []byte {
	return strconv.AppendUint(append(b, name...), n, 10)
}

func zxid(b []byte, name string, z Zxid) []byte { return z.append(append(b, name...)) }

func done(b []byte, done bool) []byte {
	if done {
		b = append(b, " done"...)
	}
	return b
}
