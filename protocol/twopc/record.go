package twopc

import "github.com/splitvote/splitvote/protocol"

// The records of the write-ahead log, which is the log of the participant and of the coordinator alike. Each is written as
// a pointer and never changed afterwards (protocol.P3). What they do to a node's state, when they are written and when they
// are read again, is in enact.

// Life says that the node has begun its Number-th life: numbers of transactions are never used again.
type Life struct {
	Number uint64 `json:"n"`
}

// Prepared is a participant's vote for a transaction, which it can carry out from now on whatever happens.
type Prepared struct {
	Tx           ID                `json:"t"`
	Participants []protocol.NodeID `json:"p"`
	Part         []byte            `json:"c"`
	Result       []byte            `json:"r"` // what the part reads
	Floor        Number            `json:"f"` // of the coordinator, as known then
}

// Refused is a participant's vote against a transaction, which it will never carry out.
type Refused struct {
	Tx     ID     `json:"t"`
	Result []byte `json:"r,omitempty"` // as in Vote
	Reason string `json:"w"`
	Floor  Number `json:"f"`
}

// Resolved says how a transaction ended in which the participant was prepared.
type Resolved struct {
	Tx     ID   `json:"t"`
	Commit bool `json:"c,omitempty"`
}

// Executed is a transaction that was this participant's alone, and was carried out when this was written.
type Executed struct {
	Tx    ID     `json:"t"`
	Part  []byte `json:"c"`
	Floor Number `json:"f"`
}

// Decided is the coordinator's decision to commit: the moment at which a transaction takes effect. That one is rolled back is
// never written.
type Decided struct {
	Tx           ID                `json:"t"`
	Participants []protocol.NodeID `json:"p"`
}

// Finished says that all participants have acknowledged: the coordinator forgets the transaction.
type Finished struct {
	Tx ID `json:"t"`
}

// Checkpoint is a node's whole state.
type Checkpoint struct {
	Life     uint64     `json:"l"`
	State    []byte     `json:"s"`           // of the machine
	Prepared []Prepared `json:"p,omitempty"` // and not resolved
	Decided  []Decided  `json:"d,omitempty"` // and not finished
	Past     []Past     `json:"m,omitempty"` // by coordinator, in the order of the members
}

// Past is what a participant remembers of a coordinator's transactions that are over for it.
type Past struct {
	Node  protocol.NodeID `json:"n"`
	Floor Number          `json:"f"`
	Ended []Ended         `json:"e,omitempty"` // from the floor on, sorted
}

// Ended is a transaction that is over for a participant.
type Ended struct {
	Number
	Fate   Fate   `json:"f"`
	Result []byte `json:"r,omitempty"` // of one that was executed, or that the machine did not agree to
	Reason string `json:"w,omitempty"` // of one that was refused
}

// Fate is how a transaction ended for a participant.
type Fate uint8

// The ways in which a transaction ends.
const (
	FateRefused Fate = iota + 1
	FateRolledBack
	FateCommitted
	FateExecuted
)
