package abd

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards
// (protocol.P3).

// Life says that the node has started its Number-th life, so that numbers of operations are never
// used
// again.
type Life struct {
	Number uint64 `json:"n"`
}

// Value is the replica's new value of a key.
type Value struct {
	Key   string `json:"k"`
	Tag   Tag    `json:"t"`
	Value []byte `json:"v,omitempty"`
}

// Checkpoint is a node's whole state.
type Checkpoint struct {
	Life   uint64  `json:"l"`
	Values []Value `json:"v,omitempty"` // sorted by key
}
