package gossip

import (
	"bytes"
	"cmp"
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// Stamp is the time of a write. Stamps are ordered by time, then by node.
type Stamp struct {
	Time uint64          `json:"t"` // of a Lamport clock, or nanoseconds of a wall clock
	Node protocol.NodeID `json:"n"`
}

func (s Stamp) compare(t Stamp) int {
	return cmp.Or(cmp.Compare(s.Time, t.Time), cmp.Compare(s.Node, t.Node))
}

// Register is its latest write; the last writer wins.
type Register struct {
	Stamp
	Value []byte `json:"v"`
}

// join takes the later write. A wall clock that was set back can give one stamp twice. Then the
// values
// decide, so that all replicas choose the same write.
func (r *Register) join(s *Register, bug *bugs) *Register {
	order := cmp.Or(r.compare(s.Stamp), bytes.Compare(r.Value, s.Value))
	if bug.tieNotBroken {
		order = cmp.Compare(r.Time, s.Time)
	}
	if order < 0 {
		return s
	}
	return r
}

func (r *Register) value() []byte {
	if r == nil {
		return null
	}
	return r.Value
}

// append writes 7@3.n1.
func (r *Register) append(b []byte) []byte {
	b = append(append(b, r.Value...), '@')
	b = strconv.AppendUint(b, r.Time, 10)
	return append(append(b, '.'), r.Node...)
}
