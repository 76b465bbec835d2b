package linear

import (
	"context"
	"math/bits"

	"github.com/splitvote/splitvote/model"
)

// descent looks for one order that explains calls, depth first: the search of Wing and Gong with a
// memory of what was tried (Lowe, Testing for Linearizability, CCPE 2017, section 3). It goes from
// completion to completion as bySearch does (S1), but follows a single configuration, lets one
// call under way take effect where the next completion asks for one, and goes back to the last
// choice where none can. Where many orders explain a history the first that it tries is often one
// of them, while the frontier of bySearch holds all; where none does it has to try all.
//
// It only ever answers that there is an order, namely the one that it stands in. So it may miss an
// order, but it never invents one:
//
//	D1  What was tried is remembered by a fingerprint of 64 bits: position, calls that have taken
//	    effect, state. Whatever the number of calls under way, a configuration costs eight bytes.
//	    A collision of fingerprints hides an order; a weak Hash of the model makes such misses
//	    more likely.
//	D2  Calls are tried in the order of their ends, those with unknown outcome last, so that they
//	    are held back until nothing else helps. Of configurations that differ in nothing but such
//	    calls (see S3: fewer are better) only the first few are followed; when that leaves no
//	    order, more are, from the beginning.
//	D3  Only the last mostBack choices can be taken back, and of these only as many as memory has
//	    room for their states.
//
// S2 and S4 hold here as they do there.
type descent[S, In, Out any] struct {
	ctx         context.Context
	m           model.Model[S, In, Out]
	fingerprint func(S) uint64
	calls       []call[In, Out]
	events      []event
	readOnly    []bool
	elder       []int32   // by call: the one alike that ends before it, or nobody; nil if all differ
	lost        [][]int32 // calls with unknown outcome: those alike together, in the order of their invocations
	lostOf      []int32   // by call with unknown outcome: its place in lost
	width       int       // how many configurations are followed that differ in calls with unknown outcome only

	at       int // in events
	state    S
	done     []bool  // calls that have taken effect
	taken    []int   // how many of each of lost have
	under    byEnd   // calls under way that end
	path     []int32 // calls that have taken effect, in this order
	digest   uint64  // of those under way that have taken effect and end
	pended   uint64  // of those with unknown outcome that have taken effect
	choices  []choice[S]
	floor    int // choices that cannot be taken back
	size     func(S) int
	held     int64 // bytes of the states of choices that can be taken back
	most     int64 // to be held
	tried    fingerprints
	narrowed bool // whether width left something out
	steps    []S  // scratch
	count    int  // steps
}

// mostBack is how many choices can be taken back.
const mostBack = 1 << 12

// choice is a place where some call has to take effect.
type choice[S any] struct {
	state S
	size  int   // of state
	at    int32 // descent.at
	path  int32 // the length of descent.path
	call  int32 // the one tried last, or nobody
	step  int32 // the successor state tried last
}

// newDescent is given the events of calls, and which calls are alike (see classes).
func newDescent[S, In, Out any](
	ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out], events []event, alike []int32, memory int64,
) *descent[S, In, Out] {
	d := &descent[S, In, Out]{
		ctx: ctx, m: m, fingerprint: m.Hash, calls: calls, events: events,
		readOnly: make([]bool, len(calls)), lostOf: make([]int32, len(calls)), done: make([]bool, len(calls)),
		under: newByEnd(len(calls)), tried: fingerprints{most: memory / 16}, size: model.SizeOf(m), most: memory,
	}
	if f, ok := any(m).(interface{ fingerprint(S) uint64 }); ok {
		d.fingerprint = f.fingerprint
	}
	if alike != nil {
		d.elder = make([]int32, len(calls))
	}
	last := map[int32]int32{} // by class: the call alike that ended last
	for _, e := range events {
		if !e.end {
			continue
		}
		c := int32(e.call)
		d.readOnly[c] = m.ReadOnly(calls[c].in, calls[c].result())
		before := int32(nobody)
		if alike != nil {
			if l, known := last[alike[c]]; known {
				before = l
			}
			d.elder[c], last[alike[c]] = before, c
		}
		if !calls[c].pending() {
			continue
		}
		if before == nobody {
			d.lost = append(d.lost, nil)
			d.lostOf[c] = int32(len(d.lost) - 1)
		} else {
			d.lostOf[c] = d.lostOf[before]
		}
		d.lost[d.lostOf[c]] = append(d.lost[d.lostOf[c]], c)
	}
	d.taken = make([]int, len(d.lost))
	return d
}

// find says whether it found an order.
func (d *descent[S, In, Out]) find() bool {
	for d.width = 1; ; d.width *= 4 {
		d.restart()
		if d.descend() {
			return true
		}
		if !d.narrowed || len(d.lost) == 0 || d.over() {
			return false
		}
	}
}

func (d *descent[S, In, Out]) over() bool { return d.tried.full || d.ctx.Err() != nil }

func (d *descent[S, In, Out]) restart() {
	clear(d.done)
	clear(d.taken)
	clear(d.choices)
	d.under.clear()
	d.tried.clear()
	d.path, d.choices = d.path[:0], d.choices[:0]
	d.held = 0
	d.at, d.floor, d.digest, d.pended, d.state, d.narrowed = 0, 0, 0, 0, d.m.Init(), false
}

// descend goes forth and back until it is through, or nothing is left to be tried.
func (d *descent[S, In, Out]) descend() bool {
	for !d.forth() {
		if d.count++; d.count&1023 == 0 && d.over() {
			return false
		}
		if d.fresh() {
			at := choice[S]{d.state, d.size(d.state), int32(d.at), int32(len(d.path)), nobody, 0}
			d.choices, d.held = append(d.choices, at), d.held+int64(at.size)
			for len(d.choices)-d.floor > mostBack || d.held > d.most && len(d.choices)-d.floor > 1 {
				var none S
				first := &d.choices[d.floor]
				d.held -= int64(first.size)
				first.state = none
				d.floor++
			}
		}
		if !d.choose() {
			return false
		}
	}
	return true
}

// forth passes events until one asks for a choice. It says whether none does any more (S5).
func (d *descent[S, In, Out]) forth() bool {
	for ; d.at < len(d.events); d.at++ {
		e := d.events[d.at]
		c := int32(e.call)
		switch {
		case d.calls[c].pending():
			if e.end {
				return true
			}
		case !e.end:
			d.under.insert(c, func(a int32) bool { return d.calls[a].end < d.calls[c].end })
		case d.done[c] || d.settle(c):
			d.under.remove(c)
			d.digest ^= spread(c)
		default:
			return false
		}
	}
	return true
}

// settle lets read-only calls that are possible take effect (S2), and says whether c is one of
// them.
func (d *descent[S, In, Out]) settle(c int32) bool {
	for r := d.under.first(); r != nobody; r = d.under.after(r) {
		if !d.readOnly[r] || d.done[r] {
			continue
		}
		d.steps = d.m.Step(d.steps[:0], d.state, d.calls[r].in, d.calls[r].result())
		if len(d.steps) > 0 {
			d.take(r)
		}
	}
	return d.done[c]
}

func (d *descent[S, In, Out]) take(c int32) {
	d.done[c] = true
	d.path = append(d.path, c)
	if d.calls[c].pending() {
		d.taken[d.lostOf[c]]++
		d.pended ^= spread(c)
	} else {
		d.digest ^= spread(c)
	}
}

// fresh says whether the configuration is worth following, and remembers it.
func (d *descent[S, In, Out]) fresh() bool {
	place := mix(d.digest^spread(int32(d.at)), d.fingerprint(d.state))
	if d.width > 1 && !d.tried.add(mix(place, d.pended)) {
		return false
	}
	for i := range d.width {
		if d.tried.add(place + uint64(i)) {
			return true
		}
	}
	d.narrowed = true
	return false
}

// choose lets the next call take effect that was not tried at the last choice where one is left.
func (d *descent[S, In, Out]) choose() bool {
	var none S
	for len(d.choices) > d.floor {
		last := &d.choices[len(d.choices)-1]
		d.back(last)
		if d.try(last) {
			return true
		}
		d.held -= int64(last.size)
		last.state = none
		d.choices = d.choices[:len(d.choices)-1]
	}
	return false
}

// back undoes what was done since a choice.
func (d *descent[S, In, Out]) back(to *choice[S]) {
	for d.at > int(to.at) {
		d.at--
		e := d.events[d.at]
		c := int32(e.call)
		switch {
		case d.calls[c].pending():
		case e.end:
			d.under.restore(c)
			d.digest ^= spread(c)
		default:
			d.under.remove(c)
		}
	}
	for len(d.path) > int(to.path) {
		c := d.path[len(d.path)-1]
		d.path = d.path[:len(d.path)-1]
		d.done[c] = false
		if d.calls[c].pending() {
			d.taken[d.lostOf[c]]--
			d.pended ^= spread(c)
		} else {
			d.digest ^= spread(c)
		}
	}
}

// try lets the next call under way take effect, or the same with the next of its states.
func (d *descent[S, In, Out]) try(at *choice[S]) bool {
	now := d.calls[d.events[d.at].call].end
	if at.call == nobody {
		at.call = d.next(nobody, now)
	} else {
		at.step++
	}
	for ; at.call != nobody; at.call, at.step = d.next(at.call, now), 0 {
		c := &d.calls[at.call]
		d.steps = d.m.Step(d.steps[:0], at.state, c.in, c.result())
		if int(at.step) < len(d.steps) {
			d.state = d.steps[at.step]
			d.take(at.call)
			return true
		}
	}
	return false
}

// next is the call under way to be tried after c, or first, where c is nobody. Read-only calls are
// settled.
func (d *descent[S, In, Out]) next(c int32, now int) int32 {
	group := 0
	switch {
	case c == nobody:
		c = d.under.first()
	case d.calls[c].pending():
		group, c = int(d.lostOf[c])+1, nobody
	default:
		c = d.under.after(c)
	}
	for ; c != nobody; c = d.under.after(c) {
		if !d.done[c] && !d.readOnly[c] && !d.waits(c, now) {
			return c
		}
	}
	for ; group < len(d.lost) && d.calls[d.lost[group][0]].begin < now; group++ {
		if n := d.taken[group]; n < len(d.lost[group]) && d.calls[d.lost[group][n]].begin < now {
			return d.lost[group][n]
		}
	}
	return nobody
}

// waits says whether a call under way alike must end before c, and has not taken effect (S4).
func (d *descent[S, In, Out]) waits(c int32, now int) bool {
	if d.elder == nil {
		return false
	}
	for e := d.elder[c]; e != nobody && d.calls[e].end >= now; e = d.elder[e] {
		if !d.done[e] && d.calls[e].begin < now {
			return true
		}
	}
	return false
}

// byEnd is a list of calls in the order of their ends. A call that was removed knows still where it
// stood, so that what was done last can be undone.
type byEnd struct{ next, prev []int32 }

func newByEnd(calls int) byEnd {
	b := byEnd{make([]int32, calls+1), make([]int32, calls+1)}
	b.clear()
	return b
}

// end stands before the first call and after the last.
func (b *byEnd) end() int32 { return int32(len(b.next) - 1) }

func (b *byEnd) clear() { b.next[b.end()], b.prev[b.end()] = b.end(), b.end() }

func (b *byEnd) first() int32 { return b.after(b.end()) }

func (b *byEnd) after(c int32) int32 {
	if n := b.next[c]; n != b.end() {
		return n
	}
	return nobody
}

// insert puts c behind the last call that ends before it.
func (b *byEnd) insert(c int32, before func(int32) bool) {
	at := b.prev[b.end()]
	for at != b.end() && !before(at) {
		at = b.prev[at]
	}
	b.next[c], b.prev[c] = b.next[at], at
	b.restore(c)
}

func (b *byEnd) remove(c int32) { b.next[b.prev[c]], b.prev[b.next[c]] = b.next[c], b.prev[c] }

func (b *byEnd) restore(c int32) { b.next[b.prev[c]], b.prev[b.next[c]] = c, c }

// fingerprints is a set of numbers, at most as many as most, in a table that is half empty.
type fingerprints struct {
	table []uint64 // 0 where there is none
	used  int
	most  int64
	full  bool
}

func (f *fingerprints) clear() {
	clear(f.table)
	f.used = 0
}

// add says whether n is new.
func (f *fingerprints) add(n uint64) bool {
	n = max(n, 1)
	if 2*f.used >= len(f.table) {
		if int64(f.used) >= f.most {
			f.full = true
			return false
		}
		old := f.table
		f.table = make([]uint64, max(1<<10, 2*len(old)))
		for _, o := range old {
			if o != 0 {
				f.table[f.place(o)] = o
			}
		}
	}
	at := f.place(n)
	if f.table[at] == n {
		return false
	}
	f.table[at] = n
	f.used++
	return true
}

// place is where n stands, or may be put.
func (f *fingerprints) place(n uint64) int {
	mask := uint64(len(f.table) - 1)
	at := n >> 32 & mask
	for f.table[at] != 0 && f.table[at] != n {
		at = (at + 1) & mask
	}
	return int(at)
}

// spread turns a number into bits that look random.
func spread(c int32) uint64 { return mix(uint64(c), 0x9e3779b97f4a7c15) }

// mix is a hash of two numbers.
func mix(a, b uint64) uint64 {
	high, low := bits.Mul64(a^0xa0761d6478bd642f, b^0xe7037ed1a0b428db)
	high, low = bits.Mul64(high^a, low^b^0x8ebc6af09c88c6e3)
	return high ^ low
}
