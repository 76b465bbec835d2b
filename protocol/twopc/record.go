package twopc

import "github.com/splitvote/splitvote/protocol"

// The records of the write-ahead log, which participant and coordinator share. Each is written as a
// pointer and never changed afterwards (protocol.P3). enact applies their effect, both when they
// are
// written and when they are read again.

// Life says that the node has started its Number-th life, so that numbers of transactions are never
// used again.
type Life struct {
	Number uint64 `json:"n"`
}

// Prepared is a participant's yes vote: it can carry the transaction out from now on, whatever
// happens.
type Prepared struct {
	Tx           ID                `json:"t"`
	Participants []protocol.NodeID `json:"p"`
	Part         []byte            `json:"c"`
	Result       []byte            `json:"r"` // what the part reads
	Floor        Number            `json:"f"` // of the coordinator, as known at that time
}

// Refused is a participant's no vote: it will never carry the transaction out.
type Refused struct {
	Tx     ID     `json:"t"`
	Result []byte `json:"r,omitempty"` // as in Vote
	Reason string `json:"w"`
	Floor  Number `json:"f"`
}

// Resolved is the outcome of a transaction in which the participant was prepared.
type Resolved struct {
	Tx     ID   `json:"t"`
	Commit bool `json:"c,omitempty"`
}

// Executed is a transaction of this participant alone, carried out when the record was written.
type Executed struct {
	Tx    ID     `json:"t"`
	Part  []byte `json:"c"`
	Floor Number `json:"f"`
}

// Decided is the coordinator's decision to commit, at which a transaction takes effect. Rollbacks
// are
// never written.
type Decided struct {
	Tx           ID                `json:"t"`
	Participants []protocol.NodeID `json:"p"`
}

// Finished says that all participants have acknowledged, and the coordinator forgets the
// transaction.
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

// Past is what a participant remembers of a coordinator's finished transactions.
type Past struct {
	Node  protocol.NodeID `json:"n"`
	Floor Number          `json:"f"`
	Ended []Ended         `json:"e,omitempty"` // from the floor on, sorted
}

// Ended is a finished transaction of a participant.
type Ended struct {
	Number
	Fate   Fate   `json:"f"`
	Result []byte `json:"r,omitempty"` // of one that was executed, or that the machine refused
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
