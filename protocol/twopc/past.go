package twopc

import "slices"

// past is what a participant remembers of one coordinator's transactions that are over for it, so that no message of theirs,
// however late, is taken for a new one. The coordinator says below which number nothing is under way any more: what is below
// is late, and need not be remembered.
//
// The floor may be forgotten in a crash, but no transaction is that matters: every record of a refusal or an execution holds
// the floor as it was, and records survive as a prefix. So what is below the recovered floor is late, and what ended at or
// above it is in records that survived.
type past struct {
	floor Number
	ended []Ended // from the floor on, sorted
}

// raise learns of a floor.
func (p *past) raise(floor Number) {
	if !p.floor.less(floor) {
		return
	}
	p.floor = floor
	i, _ := p.find(floor)
	p.ended = slices.Delete(p.ended, 0, i)
}

// end takes note that a transaction is over. A coordinator numbers them in the order in which it begins them: most come last.
func (p *past) end(e Ended) {
	if i, known := p.find(e.Number); !known && !e.less(p.floor) {
		p.ended = slices.Insert(p.ended, i, e)
	}
}

// find says where a transaction is that is over, or would be.
func (p *past) find(n Number) (int, bool) {
	return slices.BinarySearchFunc(p.ended, n, func(e Ended, n Number) int { return e.compare(n) })
}
