package gossip

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns the store for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "gossip",
		Doc: "Gossip: every replica answers at once from its own state, and the states converge by anti-entropy " +
			"(Demers et al. 1987; Shapiro et al. 2011). Eventually consistent: not linearizable.",
		New:          New,
		Codec:        wire.New(&Greet{}, &Digest{}, &Delta{}, &Update{}),
		Invariants:   NewInvariants,
		Options:      options,
		Mutants:      protocol.Mutants(mutants),
		Points:       []string{pointWrite, pointMerge, pointCheckpoint},
		Objects:      []string{"counter", "register", "set"},
		Unrepeatable: true,
		Lacks:        []string{"members", "transfer"},
		Consistency:  "eventual",
		Settle:       200, // twenty exchanges by every replica, at the slowest setting that a campaign draws
		Attacks:      [][2]string{{"checkpoint-every=20", "kill"}},
	}
}

// The moments that Output.Point names.
const (
	pointWrite      = "write"      // made a client's change
	pointMerge      = "merge"      // learned something from another replica
	pointCheckpoint = "checkpoint" // wrote its whole state and dropped its log
)

var options = []protocol.Option{
	{Name: "clock", Default: "lamport", Values: []string{"lamport", "wall"},
		Doc: "What timestamps a register's writes: lamport counts past every timestamp seen; wall reads the node's " +
			"clock, and loses acknowledged writes where clocks differ."},
	{Name: "gossip-ticks", Default: "4", Draw: []string{"1", "4", "10"},
		Doc: "Ticks between a replica's exchanges with a random partner."},
	{Name: "checkpoint-every", Default: "1000", Draw: []string{"20", "1000"},
		Doc: "Log records after which a replica writes its whole state instead."},
}

// settings are the options, parsed.
type settings struct {
	wall            bool
	gossip          uint64 // ticks
	checkpointEvery int    // records
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("gossip", options, values)
	if err != nil {
		return settings{}, err
	}
	return settings{
		wall:            set.Is("clock", "wall"),
		gossip:          set.Number("gossip-ticks"),
		checkpointEvery: int(set.Number("checkpoint-every")),
	}, nil
}
