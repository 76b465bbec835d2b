package paxos

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/kv"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns Paxos for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name: "paxos",
		Doc: "Paxos: single-decree Paxos for each key, whose value changes from ballot to ballot, without a leader " +
			"(Lamport 2001, Rystsov 2018).",
		New: New,
		Codec: wire.New(&Prepare{}, &Promise{}, &Accept{}, &Accepted{}, &Refusal{},
			&Promised{}, &Took{}, &Checkpoint{}),
		Invariants: NewInvariants,
		Options:    options,
		Mutants:    protocol.Mutants(mutants),
		Points:     pointNames[1:],
		Lacks:      []string{"members", "transfer"},
		Objects:    kv.Keyed(),
		Attacks:    [][2]string{{"checkpoint-every=10", "kill"}, {"patience-ticks=4", "hold"}},
	}
}

var options = []protocol.Option{
	{Name: "resend-ticks", Default: "2", Draw: []string{"1", "2", "4"},
		Doc: "Ticks after which a silent acceptor is asked again."},
	{
		Name: "backoff-ticks", Default: "8", Draw: []string{"1", "4", "8"},
		Doc: "Longest backoff of a proposer that lost to a higher ballot; it is drawn from 1 to 2, then to 4, and " +
			"so on up to this.",
	},
	{
		Name: "patience-ticks", Default: "14", Draw: []string{"4", "14", "40"},
		Doc: "Ticks after which a node gives up a request that has not been chosen.",
	},
	{
		Name: "checkpoint-every", Default: "200", Draw: []string{"10", "200", "1000"},
		Doc: "Records after which a node writes its whole state and drops its log; no less than the number of keys.",
	},
}

// settings are the options, parsed.
type settings struct {
	resend          uint64 // ticks
	backoff         uint64 // ticks
	timeout         uint64 // ticks
	checkpointEvery int    // records
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("paxos", options, values)
	if err != nil {
		return settings{}, err
	}
	return settings{
		resend:          set.Number("resend-ticks"),
		backoff:         set.Number("backoff-ticks"),
		timeout:         set.Number("patience-ticks"),
		checkpointEvery: int(set.Number("checkpoint-every")),
	}, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointPromise
	pointPrepare
	pointAccept
	pointPropose
	pointOutbid
	pointLearn
	pointCheckpoint
)

var pointNames = []string{
	pointNone:       "",
	pointPromise:    "promise",    // an acceptor wrote a promise
	pointPrepare:    "prepare",    // a proposer began a ballot
	pointAccept:     "accept",     // an acceptor wrote another's value
	pointPropose:    "propose",    // a proposer sent a value to be accepted
	pointOutbid:     "outbid",     // a proposer gave up its ballot to a higher one
	pointLearn:      "learn",      // a learner found a value to be chosen
	pointCheckpoint: "checkpoint", // wrote its whole state and dropped its log
}
