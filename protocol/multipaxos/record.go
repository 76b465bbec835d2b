package multipaxos

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards
// (protocol.P3).

// Promised is what an acceptor and a proposer must never forget.
type Promised struct {
	Ballot Ballot `json:"b"` // nothing below it is accepted
	Round  uint64 `json:"r"` // the last round in which this node has begun phase 1
}

// Slots fills the log from slot First on, with what the acceptor accepts or with what it learned to
// be
// chosen. A zero Entry leaves its slot unchanged.
type Slots struct {
	First   uint64  `json:"i"`
	Entries []Entry `json:"e"`
	// every slot up to this one is known to be chosen, so a restarted node need not ask again
	Chosen uint64 `json:"c"`
}

// Checkpoint is a node's whole state: a snapshot of its Machine and everything outside the
// snapshot.
type Checkpoint struct {
	Promised Promised `json:"p"`
	Index    uint64   `json:"i"` // the last slot that the snapshot covers
	// The configuration of the slot after Index, and those chosen for later slots.
	Configs  []Configuration `json:"m"`
	Snapshot []byte          `json:"s"`
	Entries  []Entry         `json:"e,omitempty"` // the log after Index, including gaps
}
