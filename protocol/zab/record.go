package zab

import "github.com/splitvote/splitvote/protocol"

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards
// (protocol.P3).

// Txn is one transaction of the history.
type Txn struct {
	Zxid    Zxid   `json:"z"`
	Command []byte `json:"c,omitempty"`
	Origin
}

// Origin identifies the request behind a transaction. No two requests of any node share one.
type Origin struct {
	Node   protocol.NodeID `json:"o"`
	Link   uint64          `json:"k"` // of the node's channel to its leader, or its own if it led
	Number uint64          `json:"n"` // on that channel, from 1
}

// Epochs is what a node must never forget (§3.2; acceptedEpoch and currentEpoch of Zab 1.0).
type Epochs struct {
	// the latest epoch that it has promised to enter; it accepts no earlier one
	Accepted uint64          `json:"a"`
	To       protocol.NodeID `json:"t,omitempty"` // the leader to which it promised Accepted
	Current  uint64          `json:"c"`           // the latest epoch whose initial history it has
}

// Tail replaces the history after index After.
type Tail struct {
	After uint64 `json:"i"`
	Txns  []Txn  `json:"x,omitempty"`
}

// Checkpoint is a node's whole state: a snapshot of its Machine and everything outside the
// snapshot.
type Checkpoint struct {
	Epochs   Epochs `json:"e"`
	Index    uint64 `json:"i"` // the last transaction that the snapshot covers
	Zxid     Zxid   `json:"z"` // and its zxid
	Snapshot []byte `json:"s"`
	Base     uint64 `json:"b"`           // at most Index: the log keeps older transactions, for DIFF
	BaseZxid Zxid   `json:"bz"`          // of the transaction at Base
	Txns     []Txn  `json:"x,omitempty"` // the log after Base
}
