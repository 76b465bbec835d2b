package multipaxos

import (
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// Ballot numbers an attempt to lead. Ballots are ordered by round, then by node, so that no two nodes ever have the same
// one, and a node never uses one twice: it writes the ballot down as its own promise before anybody hears of it.
type Ballot struct {
	Round uint64          `json:"r"`
	Node  protocol.NodeID `json:"n"` // whose ballot it is
}

// less is the order of ballots. The zero Ballot comes before all.
func (b Ballot) less(o Ballot) bool {
	return b.Round < o.Round || (b.Round == o.Round && b.Node < o.Node)
}

// String is round.node, 0 for the zero Ballot.
func (b Ballot) String() string { return string(b.append(nil)) }

func (b Ballot) append(to []byte) []byte {
	to = strconv.AppendUint(to, b.Round, 10)
	if b.Node == "" {
		return to
	}
	return append(append(to, '.'), b.Node...)
}
