package twopc

import "slices"

// past is what a participant remembers of one coordinator's finished transactions, so that a late
// message about one is not mistaken for a new transaction. The coordinator announces a floor, below
// which nothing is in progress. Anything below the floor is late and need not be remembered.
//
// A crash can lose the latest floor, but no transaction that matters. Every record of a refusal or
// an
// execution contains the floor of its time, and records survive as a prefix. So anything below the
// recovered floor is late, and whatever ended at or above it is in surviving records.
type past struct {
	floor Number
	ended []Ended // from the floor on, sorted
}

// raise records a floor.
func (p *past) raise(floor Number) {
	if !p.floor.less(floor) {
		return
	}
	p.floor = floor
	i, _ := p.find(floor)
	p.ended = slices.Delete(p.ended, 0, i)
}

// end records that a transaction is over. A coordinator numbers transactions in the order in which
// it
// begins them, so most of them are appended at the end.
func (p *past) end(e Ended) {
	if i, known := p.find(e.Number); !known && !e.less(p.floor) {
		p.ended = slices.Insert(p.ended, i, e)
	}
}

// find returns the position of a finished transaction, or where it would be.
func (p *past) find(n Number) (int, bool) {
	return slices.BinarySearchFunc(p.ended, n, func(e Ended, n Number) int { return e.compare(n) })
}
