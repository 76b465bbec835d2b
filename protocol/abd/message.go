package abd

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// The bodies of messages. Each is sent as a pointer and never changed afterwards (protocol.P3).

// Tag is a value's place in the order of all values of its key. No two writes have the same.
type Tag struct {
	Counter uint64          `json:"c"` // 0: the initial value
	Node    protocol.NodeID `json:"n,omitempty"`
}

// less orders tags by counter, then by writer's name.
func (t Tag) less(u Tag) bool {
	return t.Counter < u.Counter || t.Counter == u.Counter && t.Node < u.Node
}

// Number names an operation of a node: the number of the node's life, and of the operation within
// it.
type Number struct {
	Life uint64 `json:"l"`
	Call uint64 `json:"c"`
}

// Query asks what a replica holds.
type Query struct {
	Op  Number `json:"o"`
	Key string `json:"k"`
}

// Held answers a Query.
type Held struct {
	Op    Number `json:"o"`
	Tag   Tag    `json:"t"`
	Value []byte `json:"v,omitempty"`
}

// Store gives a replica a value to hold, unless it holds one of a higher tag.
type Store struct {
	Op    Number `json:"o"`
	Key   string `json:"k"`
	Tag   Tag    `json:"t"`
	Value []byte `json:"v,omitempty"`
}

// Stored answers a Store: the replica's disk holds that value or one of a higher tag.
type Stored struct {
	Op Number `json:"o"`
}

func (t Tag) String() string {
	if t.Counter == 0 {
		return "0"
	}
	return strconv.FormatUint(t.Counter, 10) + "." + string(t.Node)
}

func (n Number) String() string {
	return strconv.FormatUint(n.Life, 10) + "." + strconv.FormatUint(n.Call, 10)
}

func (m *Query) String() string { return "query op=" + m.Op.String() + " " + m.Key }

func (m *Held) String() string { return "held op=" + m.Op.String() + " " + tagged(m.Tag, m.Value) }

func (m *Store) String() string {
	return "store op=" + m.Op.String() + " " + m.Key + "=" + tagged(m.Tag, m.Value)
}

func (m *Stored) String() string { return "stored op=" + m.Op.String() }

// tagged formats a value as in transcripts: 7@3.n1.
func tagged(t Tag, value []byte) string {
	if t.Counter == 0 {
		return "null@0"
	}
	return string(value) + "@" + t.String()
}
