package linear

import (
	"slices"

	"github.com/splitvote/splitvote/model"
)

// liveRegister watches a register. A cas has two watchers, because a cas that found another value
// than the old one does not tell which. The first passes over them, as they change nothing: what
// it accuses is a violation without them. The second gives each a place, as a read of some other
// value. Where it sees no violation there is an order that explains all calls. After a place that
// is not certain, what it sees may be the fault of that choice; then it gives up.
func liveRegister(cas bool) []watcher[model.RegisterCall, model.Value] {
	watchers := []watcher[model.RegisterCall, model.Value]{newLiveZones()}
	if cas {
		placing := newLiveZones()
		placing.places = true
		watchers = append(watchers, placing)
	}
	return watchers
}

// place finds a place for c, which found another value than the old one. It says false if it finds
// none.
func (z *liveZones) place(c *registerCall) bool {
	room := true // in any order
	for _, a := range z.values[c.in.Old] {
		room = room && z.avoids(c, a)
	}
	if room {
		return true
	}
	var best *liveBlock // the one that moves least
	least := never
	for _, y := range z.chains {
		b := y.blocks[len(y.blocks)-1]
		moved := max(0, c.begin-b.s) + max(0, b.f-c.end)
		if b.value() != c.in.Old && moved < least && z.fits(y, b, c) {
			best, least = b, moved
		}
	}
	if best != nil {
		if least > 0 {
			z.hang(best, c)
		}
		return true
	}
	for _, w := range z.open.calls { // a write under way that nobody has observed
		b := z.of[w]
		if b == nil || b.chain != nil || w.in.F != model.Write || w.in.Value == c.in.Old {
			continue
		}
		alone := &liveChain{f: never, s: w.begin}
		if !z.fits(alone, b, c) {
			continue
		}
		b.seen = true
		z.attach(b)
		b.s, b.last, b.chain.s = w.begin, w, w.begin
		z.hang(b, c)
		return true
	}
	return false
}

// avoids says whether there is a moment in c at which the register does not hold the value of a,
// in any order: a was replaced before c began, or is written only later. If a is not part of a
// chain, the call that writes it is still under way.
func (z *liveZones) avoids(c *registerCall, a *liveBlock) bool {
	if a.chain == nil || a.write != nil && a.write.begin > c.begin {
		return true
	}
	own := a.chain.blocks
	later := func(b *liveBlock) bool { return b.f < c.begin }
	return slices.ContainsFunc(own[slices.Index(own, a)+1:], later) ||
		slices.ContainsFunc(z.chains, func(y *liveChain) bool {
			return y != a.chain && y.s > a.chain.f && y.f < c.begin
		})
}

// fits says whether c can be a read of b, the last block of chain y, without a contradiction to
// what is known.
func (z *liveZones) fits(y *liveChain, b *liveBlock, c *registerCall) bool {
	f, s := min(y.f, c.end), max(y.s, c.begin)
	for _, before := range y.blocks {
		if before != b && before.s > min(b.f, c.end) {
			return false
		}
	}
	return !slices.ContainsFunc(z.chains, func(x *liveChain) bool { return x != y && x.f < s && f < x.s })
}

// hang makes c a read of b.
func (z *liveZones) hang(b *liveBlock, c *registerCall) {
	z.guessed = true
	if c.end < b.f {
		b.f, b.first = c.end, c
	}
	if c.begin > b.s {
		b.s, b.last = c.begin, c
	}
	b.chain.f, b.chain.s = min(b.chain.f, b.f), max(b.chain.s, b.s)
}

// value is the value of a block.
func (b *liveBlock) value() model.Value {
	if b.write == nil {
		return model.Null
	}
	return b.write.in.Value
}
