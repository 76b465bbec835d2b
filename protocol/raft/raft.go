package raft

import (
	"errors"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns Raft for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "raft",
		Doc:  "Raft: a strong leader replicates a log, elected by majority (Ongaro and Ousterhout 2014).",
		New:  New,
		Codec: wire.New(&Vote{}, &Voted{}, &Append{}, &Appended{}, &Install{}, &Installed{}, &TimeoutNow{},
			&HardState{}, &Entries{}, &Checkpoint{}),
		Invariants: NewInvariants,
		Options:    options,
		Mutants:    protocol.Mutants(mutants),
		Points:     pointNames[1:],
		Apart: [][2]string{
			{"reads=lease", "check-quorum=off"}, // which forbids the votes that a lease relies on
			{"reads=lease", "drift"},            // a lease trusts clocks to run at nearly the same rate
		},
		Attacks: [][2]string{
			{"reads=lease", "pause"},
			{"check-quorum=off", "partition"},
			{"prevote=off", "partition"},
			{"snapshot-chunk=16", "links"},
			{"snapshot-every=10", "kill"},
		},
	}
}

var options = []protocol.Option{
	{Name: "reads", Default: "index", Values: []string{"index", "log", "lease", "local"},
		Draw: []string{"index", "log", "lease"},
		Doc: "How reads are served: index confirms leadership with a majority first, log replicates them, lease " +
			"trusts the leader's lease, local answers from any node's own state and is not linearizable."},
	{Name: "election-ticks", Default: "10", Draw: []string{"6", "10", "20"},
		Doc: "Shortest election timeout in ticks; each timeout is drawn from [n, 2n)."},
	{Name: "heartbeat-ticks", Default: "2", Draw: []string{"1", "2", "4"}, Doc: "Ticks between a leader's heartbeats."},
	{Name: "snapshot-every", Default: "1000", Draw: []string{"10", "50", "1000"},
		Doc: "Applied entries after which a node snapshots its state and drops its log."},
	{Name: "snapshot-chunk", Default: "4096", Draw: []string{"16", "64", "512", "4096"},
		Doc: "Bytes of a snapshot in one message."},
	{Name: "batch", Default: "4", Draw: []string{"1", "4", "64"},
		Doc: "Most entries in one message; a small number makes a lagging log arrive in pieces."},
	{Name: "prevote", Default: "on", Values: []string{"on", "off"}, Draw: []string{"on", "off"},
		Doc: "A node asks whether it could win an election before it enters a new term."},
	{Name: "check-quorum", Default: "on", Values: []string{"on", "off"}, Draw: []string{"on", "off"},
		Doc: "A leader that hears no majority steps down, and a node that has just heard from a leader grants no " +
			"vote."},
}

// settings are the options, parsed.
type settings struct {
	reads           readMode
	election        uint64 // ticks
	heartbeat       uint64 // ticks
	lease           uint64 // ticks; less than election, so that it ends before anyone may vote
	majorityTimeout uint64 // ticks without a majority after which a leader steps down
	snapshotEvery   uint64 // entries
	snapshotChunk   int    // bytes
	batch           int    // entries
	preVote         bool
	checkQuorum     bool
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("raft", options, values)
	if err != nil {
		return settings{}, err
	}
	s := settings{
		reads:         readMode(set.Choice("reads")),
		election:      set.Number("election-ticks"),
		heartbeat:     set.Number("heartbeat-ticks"),
		snapshotEvery: set.Number("snapshot-every"),
		snapshotChunk: int(set.Number("snapshot-chunk")),
		batch:         int(set.Number("batch")),
		preVote:       set.Is("prevote", "on"),
		checkQuorum:   set.Is("check-quorum", "on"),
	}
	s.lease, s.majorityTimeout = s.election*3/4, s.election
	switch {
	case s.heartbeat >= s.election:
		return s, errors.New("raft: option heartbeat-ticks: must be less than election-ticks")
	case s.reads == readLease && !s.checkQuorum:
		return s, errors.New("raft: option reads: lease needs check-quorum on, which forbids rival votes")
	}
	return s, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointCampaign
	pointVote
	pointCommit
	pointAppend
	pointPropose
	pointReconfigure
	pointTruncate
	pointLead
	pointSnapshot
	pointInstall
	pointStepDown
)

var pointNames = []string{
	pointNone:        "",
	pointCampaign:    "campaign",         // entered a new term as candidate
	pointVote:        "vote",             // gave its vote to another
	pointCommit:      "commit",           // learned that entries are committed, and applied them
	pointAppend:      "append",           // a follower wrote entries
	pointPropose:     "propose",          // a leader wrote an entry
	pointReconfigure: "reconfigure",      // a leader wrote a configuration
	pointTruncate:    "truncate",         // a follower replaced entries that conflict
	pointLead:        "lead",             // won an election
	pointSnapshot:    "snapshot",         // wrote a snapshot and dropped its log
	pointInstall:     "install-snapshot", // wrote the leader's snapshot
	pointStepDown:    "step-down",        // stopped being leader
}
