package paxos

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards
// (protocol.P3).

// Promised is a promise that the node's acceptor has made.
type Promised struct {
	Key    string `json:"k"`
	Ballot Ballot `json:"b"`
}

// Took is a value that the node's acceptor has accepted, which includes the promise of its ballot.
type Took struct {
	Key    string `json:"k"`
	Ballot Ballot `json:"b"`
	Value  []byte `json:"v,omitempty"`
}

// Checkpoint is what a node's acceptors must not forget.
type Checkpoint struct {
	Acceptors []State `json:"a,omitempty"` // sorted by key
}

// State is what one acceptor must not forget.
type State struct {
	Key      string `json:"k"`
	Promised Ballot `json:"p"`
	Accepted Ballot `json:"a"`
	Value    []byte `json:"v,omitempty"`
}
