package multipaxos

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// Ballot numbers an attempt to lead. Ballots are ordered by round, then by node, so no two nodes
// share
// one. A node never uses one twice: it records the ballot's round before anybody hears of it.
type Ballot struct {
	Round uint64          `json:"r"`
	Node  protocol.NodeID `json:"n"` // the node whose ballot it is
}

// less orders ballots. The zero Ballot comes first.
func (b Ballot) less(o Ballot) bool {
	return b.Round < o.Round || (b.Round == o.Round && b.Node < o.Node)
}

// String returns round.node, or 0 for the zero Ballot.
func (b Ballot) String() string { return string(b.append(nil)) }

func (b Ballot) append(to []byte) []byte {
	to = strconv.AppendUint(to, b.Round, 10)
	if b.Node == "" {
		return to
	}
	return append(append(to, '.'), b.Node...)
}
