package twopc

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns two-phase commit for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "twopc",
		Doc: "Two-phase commit: transactions over shards, strict two-phase locking, presumed abort (Gray 1978, " +
			"Mohan et al. 1986).",
		New: New,
		Codec: wire.New(&Prepare{}, &Vote{}, &Decision{}, &Ack{}, &Inquire{}, &Execute{}, &Result{},
			&Life{}, &Prepared{}, &Refused{}, &Resolved{}, &Executed{}, &Decided{}, &Finished{}, &Checkpoint{}),
		Invariants:   NewInvariants,
		Options:      options,
		Mutants:      protocol.Mutants(mutants),
		Points:       pointNames[1:],
		Unrepeatable: true,
		Lacks:        []string{"members", "transfer"},
		Attacks: [][2]string{
			{"one-phase=off", "kill"},
			{"checkpoint-every=10", "kill"},
			{"patience-ticks=4", "hold"},
		},
	}
}

var options = []protocol.Option{
	{
		Name: "termination", Default: "coordinator", Values: []string{"coordinator", "cooperative"},
		Draw: []string{"coordinator", "cooperative"},
		Doc: "Whom an in-doubt participant asks for the decision: only the coordinator, or the other participants " +
			"as well.",
	},
	{
		Name: "one-phase", Default: "on", Values: []string{"on", "off"}, Draw: []string{"on", "off"},
		Doc: "Whether a transaction on one shard is executed there at once, without a vote.",
	},
	{Name: "resend-ticks", Default: "2", Draw: []string{"1", "2", "4"},
		Doc: "Ticks after which a message to a silent participant is sent again."},
	{
		Name: "ask-ticks", Default: "4", Draw: []string{"2", "4", "8"},
		Doc: "Ticks without a decision after which a prepared participant asks for it; the pause then doubles, up " +
			"to four times this.",
	},
	{
		Name: "patience-ticks", Default: "14", Draw: []string{"4", "14", "40"},
		Doc: "Ticks after which a coordinator gives up a transaction that is not prepared.",
	},
	{
		Name: "checkpoint-every", Default: "200", Draw: []string{"10", "200", "1000"},
		Doc: "Records after which a node writes its whole state and drops its log.",
	},
}

// settings are the options, parsed.
type settings struct {
	cooperative     bool
	onePhase        bool
	resend          uint64 // ticks
	ask             uint64 // ticks
	timeout         uint64 // ticks
	checkpointEvery int    // records
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("twopc", options, values)
	if err != nil {
		return settings{}, err
	}
	return settings{
		cooperative:     set.Is("termination", "cooperative"),
		onePhase:        set.Is("one-phase", "on"),
		resend:          set.Number("resend-ticks"),
		ask:             set.Number("ask-ticks"),
		timeout:         set.Number("patience-ticks"),
		checkpointEvery: int(set.Number("checkpoint-every")),
	}, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointBegin
	pointVote
	pointResolve
	pointDecide
	pointCheckpoint
)

var pointNames = []string{
	pointNone:       "",
	pointBegin:      "begin",      // a coordinator began a transaction
	pointVote:       "vote",       // a participant wrote its vote, or that it executed a transaction of its own
	pointResolve:    "resolve",    // a participant wrote a decision
	pointDecide:     "decide",     // a coordinator wrote its commit, knows that it does not commit, or has a result
	pointCheckpoint: "checkpoint", // wrote its whole state and dropped its log
}
