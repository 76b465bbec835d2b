package zab

import (
	"errors"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns Zab for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "zab",
		Doc: "Zab: ZooKeeper's atomic broadcast, a primary's changes in order, epoch by epoch (Junqueira, Reed, " +
			"Serafini 2011).",
		New: New,
		Codec: wire.New(&Notification{}, &FollowerInfo{}, &LeaderInfo{}, &AckEpoch{}, &Diff{}, &Trunc{}, &Snap{},
			&SnapAck{}, &NewLeader{}, &Ack{}, &UpToDate{}, &Proposal{}, &Commit{}, &Ping{}, &Pong{}, &Request{},
			&Sync{}, &Synced{},
			&Epochs{}, &Tail{}, &Checkpoint{}),
		Invariants: NewInvariants,
		Options:    options,
		Mutants:    protocol.Mutants(mutants),
		Points:     pointNames[1:],
		Lacks:      []string{"members", "transfer"},
		Attacks: [][2]string{
			{"diff-window=1", "partition"},
			{"snapshot-chunk=64", "links"},
			{"snapshot-every=10", "kill"},
			{"sync-limit=6", "pause"},
		},
	}
}

var options = []protocol.Option{
	{Name: "reads", Default: "local", Values: []string{"local", "sync"}, Draw: []string{"sync"},
		Promises: map[string]string{"local": "sequential"},
		Doc: "How reads are served: local answers from any node's own state, as ZooKeeper does, and is sequentially " +
			"consistent; sync goes through the leader, which asks a quorum, and is linearizable."},
	{Name: "ping-ticks", Default: "2", Draw: []string{"1", "2", "4"},
		Doc: "Ticks between a leader's pings, and between retransmissions."},
	{Name: "sync-limit", Default: "10", Draw: []string{"6", "10", "20"},
		Doc: "Ticks of silence after which a follower abandons its leader, or a leader without a quorum steps down."},
	{Name: "init-limit", Default: "20", Doc: "Most ticks that discovery can take."},
	{Name: "finalize-ticks", Default: "3",
		Doc: "Ticks for which a node waits for a better vote once a quorum agrees on one."},
	{Name: "snapshot-every", Default: "250", Draw: []string{"10", "50", "250"},
		Doc: "Applied transactions after which a node snapshots its state and shortens its log."},
	{Name: "diff-window", Default: "50", Draw: []string{"1", "10", "50"},
		Doc: "Transactions kept in the log before a snapshot, so that a lagging follower is sent a DIFF."},
	{Name: "snapshot-chunk", Default: "16384", Draw: []string{"64", "16384"},
		Doc: "Bytes of a snapshot in one message."},
	{Name: "batch", Default: "4", Draw: []string{"1", "4"},
		Doc: "Most transactions in one DIFF message; a small number makes a history arrive in pieces."},
}

// settings are the options, parsed.
type settings struct {
	localReads    bool
	ping          uint64 // ticks
	syncLimit     uint64 // ticks
	initLimit     uint64 // ticks
	finalize      uint64 // ticks
	snapshotEvery uint64 // transactions
	diffWindow    uint64 // transactions
	snapshotChunk int    // bytes
	batch         int    // transactions
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("zab", options, values)
	if err != nil {
		return settings{}, err
	}
	s := settings{
		localReads:    set.Is("reads", "local"),
		ping:          set.Number("ping-ticks"),
		syncLimit:     set.Number("sync-limit"),
		initLimit:     set.Number("init-limit"),
		finalize:      set.Number("finalize-ticks"),
		snapshotEvery: set.Number("snapshot-every"),
		diffWindow:    set.Number("diff-window"),
		snapshotChunk: int(set.Number("snapshot-chunk")),
		batch:         int(set.Number("batch")),
	}
	if s.ping >= s.syncLimit || s.ping >= s.initLimit {
		return s, errors.New("zab: option ping-ticks: must be less than sync-limit and init-limit")
	}
	return s, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointElect
	pointCommit
	pointLog
	pointPropose
	pointAcceptEpoch
	pointDiff
	pointTruncate
	pointEnterEpoch
	pointSnapshot
	pointInstall
	pointEstablish
	pointAbandon
)

var pointNames = []string{
	pointNone:        "",
	pointElect:       "elect",            // ended an election: follows, or is about to lead
	pointCommit:      "commit",           // learned that transactions are committed, and applied them
	pointLog:         "log",              // a follower wrote a proposal
	pointPropose:     "propose",          // a leader wrote a proposal
	pointAcceptEpoch: "accept-epoch",     // promised a new epoch
	pointDiff:        "diff",             // a follower wrote transactions that it had missed
	pointTruncate:    "truncate",         // a follower dropped transactions that no leader has
	pointEnterEpoch:  "enter-epoch",      // has the epoch's initial history: its current epoch is the new one
	pointSnapshot:    "snapshot",         // wrote a snapshot and shortened its log
	pointInstall:     "install-snapshot", // wrote the leader's snapshot
	pointEstablish:   "establish",        // a leader's epoch has a quorum: it begins to broadcast
	pointAbandon:     "abandon",          // a leader gave up
}
