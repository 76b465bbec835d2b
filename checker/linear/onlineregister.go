package linear

import (
	"slices"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// liveZones is byZones fed event by event.
//
// What it may forget. The f of a chain is set by the first of its calls to end and stays, but where
// chains join; its s grows as calls end that began later. So a violation appears only when the s of
// a chain grows or chains join, and always at the begin of a call that has just ended, which is in
// the window. A chain x is dead once some chain y that must come behind it (s(y) > f(x)) has f(y)
// before the window: whatever call of x ends from now on stands against y. Then its values are
// forgotten, and whoever observes one observes what nobody can have written; if it is written
// again, that is a new value. Whatever x would have stood against dies with it, or earlier: let
// f(b) < s(x). If f(x) is before the window, x is a y for b. If it is not, then s(x) <= f(y), or x
// and y would stand in both orders, and f(b) < f(y) < s(y): y is one for b too.
type liveZones struct {
	finding[model.RegisterCall, model.Value]
	values map[model.Value][]*liveBlock // who may have written a value that can still be observed
	of     map[*registerCall]*liveBlock // by writer
	chains []*liveChain
	open   window[model.RegisterCall, model.Value]

	mismatched bool // some cas found another value than the old one
	places     bool // such cas are given places, see liveRegister
	guessed    bool // one was given a place that is not certain

	fresh int // blocks since the last sweep
	kept  int // blocks after it
}

// liveBlock is a write with the calls that observed it.
type liveBlock struct {
	write       *registerCall // nil for the initial value
	seen        bool
	follows     bool       // a cas put it behind another
	next        *liveBlock // the block that a cas put behind this one
	chain       *liveChain
	f, s        int
	first, last *registerCall // the calls with that f and s
}

// liveChain is blocks linked by cas: the latest, from the first that can still be observed.
type liveChain struct {
	blocks []*liveBlock
	f, s   int
}

func newLiveZones() *liveZones {
	z := &liveZones{values: map[model.Value][]*liveBlock{}, of: map[*registerCall]*liveBlock{}}
	z.method = "zones"
	initial := z.block(model.Null, nil)
	initial.f, initial.s = -1, -1
	z.attach(initial)
	initial.chain.f = -1
	return z
}

// block makes a block for a value, which can be observed from now on.
func (z *liveZones) block(v model.Value, write *registerCall) *liveBlock {
	b := &liveBlock{write: write, f: never, s: -1}
	z.values[v] = append(z.values[v], b)
	if write != nil {
		z.of[write] = b
	}
	return b
}

// attach gives a block a chain of its own, from when it is known to have been written.
func (z *liveZones) attach(b *liveBlock) {
	if b.chain == nil {
		b.chain = &liveChain{blocks: []*liveBlock{b}, f: never, s: -1}
		z.chains = append(z.chains, b.chain)
		z.fresh++
	}
}

// changes says whether a call writes, if it takes effect. A cas that changes nothing is a read, and
// one that found another value writes nothing.
func changes(c *registerCall) bool {
	return c.in.F == model.Write || c.in.F == model.CAS && c.in.Old != c.in.Value && !mismatched(c)
}

func (z *liveZones) begin(c *registerCall) {
	z.open.add(c)
	if c.op < 0 { // it leads to another initial value than null
		z.values, z.chains = map[model.Value][]*liveBlock{}, nil
	}
	if changes(c) {
		z.block(c.in.Value, c)
	}
}

func (z *liveZones) end(c *registerCall, how history.Kind, at int) {
	switch {
	case how == history.Ok && mismatched(c):
		z.mismatched = true
		if b := z.of[c]; b != nil {
			z.unwrite(b, c)
		}
		if z.places && !z.over() && !z.place(c) {
			z.gaveUp = untold
		}
	case how == history.Ok && !changes(c):
		v := c.out
		if c.in.F == model.CAS {
			v = c.in.Old
		}
		if b := z.observe(v, c); b != nil {
			z.include(b, c)
		}
	case how == history.Ok:
		b := z.of[c]
		z.attach(b)
		z.link(b, c)
		if !z.over() {
			z.include(b, c)
		}
	case how == history.Fail && changes(c):
		z.unwrite(z.of[c], c)
	}
	z.open.remove(c)
	if z.fresh > z.kept+32 {
		z.sweep(z.open.since(at + 1))
	}
}

// unwrite takes back the block of a call that certainly wrote nothing.
func (z *liveZones) unwrite(b *liveBlock, c *registerCall) {
	if b.chain != nil { // somebody saw what was never written
		seen := slices.DeleteFunc(b.chain.calls(), func(other *registerCall) bool { return other == c })
		z.accuse(seen[0], seen...)
		return
	}
	z.forget(b)
}

// close leaves it to others whether there was room for the cas that found another value than the
// old one.
func (z *liveZones) close() {
	if z.mismatched && !z.places && !z.over() {
		z.gaveUp = untold
	}
}

// accuse notes a violation, unless it may be one of a guess.
func (z *liveZones) accuse(c *registerCall, with ...*registerCall) {
	if z.guessed && !z.over() {
		z.gaveUp = untold
	}
	z.finding.accuse(c, with...)
}

const untold = "a cas found another value than the old one, and which it was is not told"

// observe is the block of a value that c saw, nil if that is a violation or may be one of several.
// An observed value was written, so a cas under way or with unknown outcome took effect.
func (z *liveZones) observe(v model.Value, c *registerCall) *liveBlock {
	candidates := z.values[v]
	switch len(candidates) {
	case 0:
		z.accuse(c)
		return nil
	case 1:
	default:
		z.gaveUp = "a value was written again while it could still be read, and then read"
		return nil
	}
	b := candidates[0]
	if b.seen {
		return b
	}
	b.seen = true
	z.attach(b)
	if b.write != nil {
		z.link(b, b.write)
		z.grow(b, b.write.begin, b.write)
	}
	if z.over() {
		return nil
	}
	return b
}

// link puts the block of a cas that took effect behind the one that it replaced.
func (z *liveZones) link(b *liveBlock, c *registerCall) {
	if c.in.F != model.CAS || b.follows {
		return
	}
	b.follows = true
	a := z.observe(c.in.Old, c)
	switch {
	case a == nil:
		return
	case a.next != nil, a.chain == b.chain, b.chain.f < a.chain.s: // a branch, a ring, a chain against time
		z.accuse(c, slices.Concat(a.chain.calls(), b.chain.calls())...)
		return
	}
	a.next = b
	x, y := a.chain, b.chain
	for _, moved := range y.blocks {
		moved.chain = x
	}
	x.blocks = append(x.blocks, y.blocks...)
	x.f, x.s = min(x.f, y.f), max(x.s, y.s)
	z.chains = slices.DeleteFunc(z.chains, func(other *liveChain) bool { return other == y })
	z.judge(x)
}

// include adds a call that ended to a block.
func (z *liveZones) include(b *liveBlock, c *registerCall) {
	if b.f == never {
		b.f, b.first = c.end, c
		b.chain.f = min(b.chain.f, c.end)
	}
	z.grow(b, c.begin, c)
}

// grow notes that a call of a block began at s.
func (z *liveZones) grow(b *liveBlock, s int, c *registerCall) {
	if s <= b.s {
		return
	}
	b.s, b.last = s, c
	x := b.chain
	for i := slices.Index(x.blocks, b) + 1; i < len(x.blocks); i++ {
		if x.blocks[i].f < s {
			z.accuse(c, x.calls()...)
			return
		}
	}
	if s > x.s {
		x.s = s
		z.judge(x)
	}
}

// judge looks for a chain that stands both before and behind x.
func (z *liveZones) judge(x *liveChain) {
	if x.f == never {
		return
	}
	for _, y := range z.chains {
		if y != x && y.f < x.s && x.f < y.s {
			z.accuse(x.latest(), slices.Concat(x.calls(), y.calls())...)
			return
		}
	}
}

// sweep forgets what is dead: no call that ends from now on began before window.
func (z *liveZones) sweep(window int) {
	dead := map[*liveChain]bool{}
	for _, x := range z.chains {
		dead[x] = x.f != never && slices.ContainsFunc(z.chains, func(y *liveChain) bool {
			return y != x && y.s > x.f && y.f < window
		})
	}
	z.chains = slices.DeleteFunc(z.chains, func(x *liveChain) bool { return dead[x] })
	for x := range dead {
		if !dead[x] {
			continue
		}
		for _, b := range x.blocks {
			z.forget(b)
		}
	}
	z.fresh, z.kept = 0, 0
	for _, x := range z.chains {
		x.trim(z, window)
		z.kept += len(x.blocks)
	}
}

// trim forgets the blocks of a living chain behind which another ended before the window.
func (x *liveChain) trim(z *liveZones, window int) {
	for i := len(x.blocks) - 1; i > 0; i-- {
		if x.blocks[i].f < window {
			for _, b := range x.blocks[:i] {
				z.forget(b)
			}
			x.blocks = slices.Clone(x.blocks[i:])
			return
		}
	}
}

// forget makes a value impossible to observe.
func (z *liveZones) forget(b *liveBlock) {
	v := model.Null
	if b.write != nil {
		v = b.write.in.Value
		delete(z.of, b.write)
	}
	rest := slices.DeleteFunc(z.values[v], func(other *liveBlock) bool { return other == b })
	if len(rest) == 0 {
		delete(z.values, v)
	} else {
		z.values[v] = rest
	}
}

// calls are what is remembered of a block.
func (b *liveBlock) calls() []*registerCall {
	var calls []*registerCall
	for _, c := range []*registerCall{b.write, b.first, b.last} {
		if c != nil && !slices.Contains(calls, c) {
			calls = append(calls, c)
		}
	}
	return calls
}

func (x *liveChain) calls() []*registerCall {
	var calls []*registerCall
	for _, b := range x.blocks {
		calls = append(calls, b.calls()...)
	}
	return calls
}

// latest is the call of the chain that began last.
func (x *liveChain) latest() *registerCall {
	var last *registerCall
	for _, b := range x.blocks {
		if b.last != nil && (last == nil || b.last.begin > last.begin) {
			last = b.last
		}
	}
	return last
}
