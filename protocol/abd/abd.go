package abd

import (
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/protocol/wire"
)

// Protocol returns the quorum register for a host to run.
func Protocol() protocol.Protocol {
	return protocol.Protocol{
		Name:         "abd",
		Doc:          "ABD: registers read and written by majorities, without consensus (Attiya, Bar-Noy, Dolev 1995).",
		New:          New,
		Codec:        wire.New(&Query{}, &Held{}, &Store{}, &Stored{}, &Life{}, &Value{}, &Checkpoint{}),
		Invariants:   NewInvariants,
		Options:      options,
		Mutants:      protocol.Mutants(mutants),
		Points:       pointNames[1:],
		Objects:      []string{object},
		Unrepeatable: true,
		Lacks:        []string{"members", "transfer"},
		Attacks: [][2]string{
			{"write-back=needed", "partition"},
			{"checkpoint-every=10", "kill"},
			{"patience-ticks=6", "hold"},
		},
	}
}

// object is the only object served. A register cannot compare and set: that requires consensus.
const object = "register"

var options = []protocol.Option{
	{
		Name: "write-back", Default: "always", Values: []string{"always", "needed"}, Draw: []string{"always", "needed"},
		Doc: "When a read writes back the value it returns: always, or only if the majority it asked disagreed.",
	},
	{Name: "resend-ticks", Default: "2", Draw: []string{"1", "2", "4"},
		Doc: "Ticks after which a silent replica is asked again."},
	{
		Name: "patience-ticks", Default: "12", Draw: []string{"6", "12", "40"},
		Doc: "Ticks after which a node gives up an operation that has no majority.",
	},
	{
		Name: "checkpoint-every", Default: "100", Draw: []string{"10", "100", "1000"},
		Doc: "Records after which a node writes its whole state and drops its log; no less than the number of keys.",
	},
}

// settings are the options, parsed.
type settings struct {
	writeBackAlways bool
	resend          uint64 // ticks
	timeout         uint64 // ticks
	checkpointEvery int    // records
}

func parse(values map[string]string) (settings, error) {
	set, err := protocol.ReadSettings("abd", options, values)
	if err != nil {
		return settings{}, err
	}
	return settings{
		writeBackAlways: set.Is("write-back", "always"),
		resend:          set.Number("resend-ticks"),
		timeout:         set.Number("patience-ticks"),
		checkpointEvery: int(set.Number("checkpoint-every")),
	}, nil
}

// The moments that Output.Point names, from the least to the most significant. An Output that is
// several of them is the last one.
type point uint8

const (
	pointNone point = iota
	pointQuery
	pointStore
	pointWriteBack
	pointWrite
	pointCheckpoint
)

var pointNames = []string{
	pointNone:       "",
	pointQuery:      "query",      // a coordinator asked what replicas hold
	pointStore:      "store",      // a replica wrote another's value
	pointWriteBack:  "write-back", // a coordinator began to store the value that a read will return
	pointWrite:      "write",      // a coordinator chose a tag and began to store a new value
	pointCheckpoint: "checkpoint", // wrote its whole state and dropped its log
}
