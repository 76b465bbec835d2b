package linear

import "github.com/splitvote/splitvote/model"

// numbering gives values numbers from 0 in order of first appearance, so that what is known of a
// value is an element of a slice. Whole numbers, the usual values of a workload, are looked up in
// slices as well: small ones directly, others by hash.
type numbering struct {
	small  []int32 // number+1 by value
	keys   []int32 // whole numbers by hash, 0 where there is none
	hashed []int32 // their numbers
	used   int     // of keys
	others map[model.Value]int32
	count  int32
}

// newNumbering expects about n values.
func newNumbering(n int) *numbering {
	var empty numbering
	empty.reset(n)
	return &empty
}

// reset forgets all values and expects about n others.
func (n *numbering) reset(expected int) {
	n.small = cleared(n.small, 4*expected+16)
	if len(n.keys) > 64+16*expected { // to clear what served many values must not be the price of few
		n.keys, n.hashed = nil, nil
	}
	clear(n.keys)
	n.others = map[model.Value]int32{}
	n.used, n.count = 0, 0
}

// cleared is n zeros, in the memory of s if they fit.
func cleared(s []int32, n int) []int32 {
	if n > cap(s) {
		return make([]int32, n)
	}
	s = s[:n]
	clear(s)
	return s
}

// of is v's number.
func (n *numbering) of(v model.Value) int32 {
	if i, ok := smallInt(v); ok && i < len(n.small) {
		if n.small[i] == 0 {
			n.count++
			n.small[i] = n.count
		}
		return n.small[i] - 1
	} else if ok {
		return n.ofInt(int32(i))
	}
	number, known := n.others[v]
	if !known {
		number = n.count
		n.others[v] = number
		n.count++
	}
	return number
}

// ofInt is the number of a whole number that is not small, and so not 0: linear probing in a table
// that is half empty.
func (n *numbering) ofInt(i int32) int32 {
	if 2*n.used >= len(n.keys) {
		n.grow()
	}
	at := n.place(i)
	if n.keys[at] == 0 {
		n.keys[at], n.hashed[at] = i, n.count
		n.used++
		n.count++
	}
	return n.hashed[at]
}

// place is where i stands, or where it may be put.
func (n *numbering) place(i int32) int {
	mask := len(n.keys) - 1
	at := int(uint32(i)*0x9e3779b1>>7) & mask
	for n.keys[at] != 0 && n.keys[at] != i {
		at = (at + 1) & mask
	}
	return at
}

func (n *numbering) grow() {
	keys, hashed := n.keys, n.hashed
	size := max(64, 2*len(keys))
	n.keys, n.hashed = make([]int32, size), make([]int32, size)
	for from, i := range keys {
		if i != 0 {
			at := n.place(i)
			n.keys[at], n.hashed[at] = i, hashed[from]
		}
	}
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
