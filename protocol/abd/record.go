package abd

// The records of the write-ahead log. Each is written as a pointer and never changed afterwards (protocol.P3).

// Life says that the node has begun its Number-th life: numbers of operations are never used again.
type Life struct {
	Number uint64 `json:"n"`
}

// Value is what the replica holds of a key from now on.
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
