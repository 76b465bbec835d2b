package raft

import "github.com/splitvote/splitvote/protocol"

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards
// (protocol.P3).

// Entry is one place of the replicated log. At most one of Command and Members is set; with neither
// it
// is a no-op.
type Entry struct {
	Term    uint64            `json:"t"`
	Command []byte            `json:"c,omitempty"`
	Members []protocol.NodeID `json:"m,omitempty"` // a configuration, in force as soon as it is in the log
}

// HardState is what a node must never forget (§5.1, §5.2).
type HardState struct {
	Term uint64          `json:"t"`
	Vote protocol.NodeID `json:"v,omitempty"` // the candidate it voted for in Term
}

// Entries replaces the log from index First on.
type Entries struct {
	First   uint64  `json:"i"`
	Entries []Entry `json:"e"`
}

// Checkpoint is a node's whole state: a snapshot of its Machine and everything outside the
// snapshot.
type Checkpoint struct {
	Hard     HardState         `json:"h"`
	Index    uint64            `json:"i"` // the last entry that the snapshot covers
	Term     uint64            `json:"t"` // and its term
	Members  []protocol.NodeID `json:"m"` // the configuration as of Index
	Snapshot []byte            `json:"s"`
	Entries  []Entry           `json:"e,omitempty"` // the log after Index
}
