package multipaxos

import (
	"errors"

	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns Multi-Paxos for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "multipaxos",
		Doc:  "Multi-Paxos: a distinguished proposer fills the slots of a replicated log (Lamport 2001, §3).",
		New:  New,
		Codec: wire.New(&Prepare{}, &Promise{}, &Accept{}, &Accepted{}, &Heartbeat{}, &Heard{}, &Refused{},
			&Learn{}, &Learned{}, &Snapshot{}, &TakeOver{}, &Promised{}, &Slots{}, &Checkpoint{}),
		Invariants: NewInvariants,
		Options:    options,
		Mutants:    protocol.Mutants(mutants),
		Points:     pointNames[1:],
		Attacks: [][2]string{
			{"reads=lease", "drift"},
			{"reads=lease", "pause"},
			{"window=2", "members"},
			{"snapshot-every=10", "kill"},
		},
	}
}

var options = []protocol.Option{
	{Name: "reads", Default: "quorum", Values: []string{"quorum", "log", "lease", "local"},
		Draw: []string{"quorum", "log", "lease"},
		Doc: "How reads are served: quorum has a majority confirm the leader's ballot first, log gives each a slot, " +
			"lease trusts the master lease, local answers from any node's own state and is not linearizable."},
	{Name: "election-ticks", Default: "10",
		Doc: "Ticks for which acceptors stay loyal to a leader that they heard; a node campaigns after a time drawn " +
			"from [n, 2n)."},
	{Name: "heartbeat-ticks", Default: "2", Doc: "Ticks between a leader's heartbeats."},
	{Name: "window", Default: "32", Draw: []string{"2", "32"},
		Doc: "Slots that a leader can have open at once, and after which a membership change takes effect (α in " +
			"Paxos Made Simple §3)."},
	{Name: "snapshot-every", Default: "1000", Draw: []string{"10", "50", "1000"},
		Doc: "Chosen slots after which a node snapshots its state and drops its log."},
	{Name: "batch", Default: "16", Draw: []string{"1", "16"}, Doc: "Most slots in one answer to a learner."},
}

// settings are the options, parsed.
type settings struct {
	reads     readMode
	election  uint64 // ticks
	heartbeat uint64 // ticks
	// ticks; half of what acceptors grant, so that their clocks can run twice as fast as the
	// leader's
	lease           uint64
	majorityTimeout uint64 // ticks without a majority after which a leader steps down
	window          uint64 // slots
	snapshotEvery   uint64 // slots
	batch           uint64 // slots
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("multipaxos", options, values)
	if err != nil {
		return settings{}, err
	}
	s := settings{
		reads:         readMode(set.Choice("reads")),
		election:      set.Number("election-ticks"),
		heartbeat:     set.Number("heartbeat-ticks"),
		window:        set.Number("window"),
		snapshotEvery: set.Number("snapshot-every"),
		batch:         set.Number("batch"),
	}
	s.lease, s.majorityTimeout = s.election/2, s.election
	if s.heartbeat >= s.election {
		return s, errors.New("multipaxos: option heartbeat-ticks: must be less than election-ticks")
	}
	return s, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointPromise
	pointChoose
	pointAccept
	pointPropose
	pointLearn
	pointPrepare
	pointLead
	pointSnapshot
	pointInstall
	pointStepDown
)

var pointNames = []string{
	pointNone:     "",
	pointPromise:  "promise",          // promised a ballot to another
	pointChoose:   "choose",           // learned that values are chosen, and applied them
	pointAccept:   "accept",           // accepted a value that another proposed
	pointPropose:  "propose",          // proposed a value, and accepted it
	pointLearn:    "learn",            // wrote values that it had missed
	pointPrepare:  "prepare",          // began phase 1
	pointLead:     "lead",             // finished phase 1
	pointSnapshot: "snapshot",         // wrote a snapshot and dropped its log
	pointInstall:  "install-snapshot", // wrote another's snapshot
	pointStepDown: "step-down",        // stopped being leader
}
