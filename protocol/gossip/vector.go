package gossip

import (
	"cmp"
	"slices"
	"strconv"

	"github.com/splitvote/splitvote/protocol"
)

// Mark is a node's latest number.
type Mark struct {
	Node protocol.NodeID `json:"n"`
	N    uint64          `json:"i"` // from 1
}

// Vector has at most one mark per node, in the order of their names. A node without a mark is at 0.
type Vector []Mark

func (v Vector) of(node protocol.NodeID) uint64 {
	for i := range v {
		if v[i].Node == node {
			return v[i].N
		}
	}
	return 0
}

func (v Vector) sum() uint64 {
	var sum uint64
	for i := range v {
		sum += v[i].N
	}
	return sum
}

func (v Vector) highest() uint64 {
	var most uint64
	for i := range v {
		most = max(most, v[i].N)
	}
	return most
}

// zip combines the marks of a and b by join.
func zip(a, b Vector, join func(a, b uint64) uint64) Vector {
	if len(a) == 0 {
		return b
	}
	if len(b) == 0 {
		return a
	}
	joined := make(Vector, 0, max(len(a), len(b)))
	merge(a, b, func(x, y Mark) int { return cmp.Compare(x.Node, y.Node) },
		func(m Mark) { joined = append(joined, m) },
		func(m Mark) { joined = append(joined, m) },
		func(x, y Mark) { joined = append(joined, Mark{x.Node, join(x.N, y.N)}) })
	return slices.Clip(joined)
}

func highest(a, b uint64) uint64 { return max(a, b) }

// merge walks two sorted slices in parallel and reports, in order, the elements that only one has
// and
// those that both have.
func merge[A, B any](a []A, b []B, compare func(A, B) int, onlyA func(A), onlyB func(B), both func(A, B)) {
	for len(a) > 0 || len(b) > 0 {
		var order int
		switch {
		case len(b) == 0:
			order = -1
		case len(a) == 0:
			order = 1
		default:
			order = compare(a[0], b[0])
		}
		switch {
		case order < 0:
			onlyA(a[0])
			a = a[1:]
		case order > 0:
			onlyB(b[0])
			b = b[1:]
		default:
			both(a[0], b[0])
			a, b = a[1:], b[1:]
		}
	}
}

// append writes n1:3,n2:1.
func (v Vector) append(b []byte) []byte {
	for i := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(b, v[i].Node...), ':')
		b = strconv.AppendUint(b, v[i].N, 10)
	}
	return b
}
