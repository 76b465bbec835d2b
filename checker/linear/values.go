package linear

import "github.com/splitvote/splitvote/model"

// numbering gives values numbers from 0 in order of first appearance, so that what is known of a value is an element of a
// slice. Small whole numbers, the usual values of a workload, are looked up in a slice as well.
type numbering struct {
	small  []int32 // number+1 by value
	others map[model.Value]int32
	count  int32
}

// newNumbering expects about n values.
func newNumbering(n int) *numbering {
	return &numbering{small: make([]int32, 4*n+16), others: map[model.Value]int32{}}
}

// of is v's number.
func (n *numbering) of(v model.Value) int32 {
	if i, ok := smallInt(v); ok && i < len(n.small) {
		if n.small[i] == 0 {
			n.count++
			n.small[i] = n.count
		}
		return n.small[i] - 1
	}
	number, known := n.others[v]
	if !known {
		number = n.count
		n.others[v] = number
		n.count++
	}
	return number
}

// smallInt reads a whole number of at most nine digits.
func smallInt(v model.Value) (int, bool) {
	if len(v) == 0 || len(v) > 9 {
		return 0, false
	}
	n := 0
	for i := range len(v) {
		c := v[i]
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}
