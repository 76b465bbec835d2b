package linear

import (
	"cmp"
	"slices"
	"sync"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

type registerCall = call[model.RegisterCall, model.Value]

// byZones decides a register, with cas or without, in O(n log n) if nobody observes a value that
// several calls may have written (Gibbons and Korach, Testing Shared Memories, SIAM J. Comput.
// 1997, section 4; chains for cas are added here). A read observes what it returned, a completed
// cas what it replaced; what a cas tells that found another value is judged when the rest has an
// order (see gaps). Where it cannot decide it says so.
//
// Why it is exact. A value that is never observed need not be unique. A call with unknown outcome
// matters only if its value is observed: between any other and the next write no call can stand
// that depends on it, so removing it from an order that explains the history leaves one. A value
// observed but not written, or observed before its write began, is a violation at once. Otherwise
// the write of a value and its reads are a block: contiguous in every order, the write first.
// Block a must come before block b if some call of a ends before some call of b begins, that is if
// f(a) < s(b), where f is the least end and s the greatest begin in the block. A cas from a to b
// puts block b directly behind block a; so blocks form chains, which must not branch or close into
// a ring, and within which no later block's f may be below an earlier block's s. Chains move as
// one, with the least f and the greatest s of their blocks; the initial value is a block whose
// write ended before everything.
//
// What is left is whether the relation f < s on chains has a cycle. If it has one it has one of
// length two: let c have the least f on a cycle, p stand before it and q before p; then f(p) <
// s(c), and f(c) <= f(q) < s(p), so c and p stand in both orders. Two chains stand in both orders
// if and only if both are forward (f < s) and [f, s] overlap, or one is forward and contains the
// other's [s, f]. Sorting the forward ones finds either.
func byZones(calls []registerCall) (outcome, bool) {
	z := zonesRoom.Get().(*zones)
	z.calls = calls
	w, decided := z.gather()
	if decided && w == nil {
		w = z.chain()
	}
	if decided && w == nil {
		w = z.conflict()
	}
	if decided && w == nil {
		w, decided = z.gaps()
	}
	o := outcome{verdict: checker.Valid, method: "zones", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	z.calls = nil
	zonesRoom.Put(z)
	return o, decided
}

// zonesRoom is memory that was used before: a history of many keys needs no more than its largest.
var zonesRoom = sync.Pool{New: func() any { return &zones{values: &numbering{}} }}

// roomFor is room for n elements of whatever content, in the memory of s if they fit. New memory is
// not touched before it is used, so that asking for more than is needed costs nothing.
func roomFor[T any](n int, s []T) []T {
	if n > cap(s) {
		return make([]T, n)
	}
	return s[:n]
}

// zones is the state of byZones. Calls and blocks are named by their positions in the slices.
type zones struct {
	calls     []registerCall
	values    *numbering
	target    []int32 // by call: the block that it writes or reads
	source    []int32 // by call: the block that it replaces, or nobody
	blocks    []block // by number of the value; behind them, blocks for writes of values that nobody observed
	chains    []chain
	observers []int32 // the calls that observe a value
	places    []int32 // by time: the chain that begins there
	ordered   []int32 // the forward chains

	mismatches []int32 // cas that found another value; their source is the block of the old one
}

// block is a value with the calls that wrote and read it.
type block struct {
	write   int32 // who wrote it last, or nobody
	writes  int32 // how many did
	seen    int32 // somebody who observed it, or nobody
	next    int32 // the block that a cas put behind this one, or nobody
	first   int32 // the call with the least end, nobody in the initial block until it is read
	last    int32 // the call with the greatest begin
	chain   int32
	follows bool // a cas put it behind another
	f, s    int
}

// chain is a maximal sequence of blocks linked by cas.
type chain struct {
	f, s        int
	first, last int32 // the blocks with that f and s
}

const nobody = -1

// gather makes the blocks. It returns a witness if a value comes from nowhere or from the future,
// and false if an observed value may have been written by several calls.
func (z *zones) gather() (*witness, bool) {
	n := len(z.calls)
	z.values.reset(n)
	z.target, z.source = roomFor(n, z.target), roomFor(n, z.source)
	z.blocks, z.observers = roomFor(n+1, z.blocks)[:0], roomFor(n, z.observers)[:0]
	z.mismatches = z.mismatches[:0]
	null := z.block(model.Null)
	if n == 0 || z.calls[0].op >= 0 { // no lead writes another initial value
		z.blocks[null].f, z.blocks[null].writes = -1, 1 // the initial value is written before everything
	}
	for i := range z.calls {
		c := &z.calls[i]
		z.source[i] = nobody
		if mismatched(c) {
			z.target[i], z.source[i] = nobody, z.block(c.in.Old)
			z.mismatches = append(z.mismatches, int32(i))
			continue
		}
		switch c.in.F {
		case model.Read:
			z.target[i] = z.block(c.out)
		case model.CAS:
			if z.target[i] = z.block(c.in.Value); c.in.Old != c.in.Value {
				z.source[i] = z.block(c.in.Old)
			}
		case model.Write:
			z.target[i] = z.block(c.in.Value)
		}
		writes := z.writes(i)
		if writes {
			b := &z.blocks[z.target[i]]
			b.write = int32(i)
			b.writes++
		}
		if !c.pending() && (!writes || z.source[i] != nobody) {
			z.observers = append(z.observers, int32(i))
		}
	}
	return z.observe(z.observers)
}

// block is the number of a value's block, which is made when the value is first met.
func (z *zones) block(v model.Value) int32 {
	i := z.values.of(v)
	if int(i) == len(z.blocks) {
		z.blocks = append(z.blocks, newBlock())
	}
	return i
}

// writes says whether call i writes. A cas that changes nothing is a read.
func (z *zones) writes(i int) bool { return changes(&z.calls[i]) }

// observe notes which values are observed. A cas with unknown outcome took effect, and so observed
// what it replaced, if its own value was observed and nobody else wrote it.
func (z *zones) observe(observers []int32) (*witness, bool) {
	var late *witness
	unique := true
	for len(observers) > 0 {
		i := observers[len(observers)-1]
		observers = observers[:len(observers)-1]
		v := z.target[i]
		if z.source[i] != nobody {
			v = z.source[i]
		}
		b := &z.blocks[v]
		switch w := b.write; {
		case b.writes == 0:
			return z.fromNowhere(i), true
		case b.writes > 1:
			unique = false
			continue
		case w != nobody && late == nil && z.calls[i].end < z.calls[w].begin:
			late = z.fromFuture(i, w)
		case w != nobody && b.seen == nobody && z.source[w] != nobody && z.calls[w].pending():
			observers = append(observers, w)
		}
		// the first, so that following who saw whom leads to a call that was answered, not in a
		// ring
		if b.seen == nobody {
			b.seen = i
		}
	}
	if late != nil || !unique {
		return late, late != nil
	}
	return nil, true
}

// effective says whether call i belongs to a block: all do except cas that found another value, and
// those with unknown outcome whose value nobody observed.
func (z *zones) effective(i int) bool {
	return z.target[i] != nobody && (!z.calls[i].pending() || z.writes(i) && z.blocks[z.target[i]].seen != nobody)
}

// chain puts the calls into their blocks and the blocks into chains. It returns a witness if two
// cas replace the same value, if values replace each other in a ring, or if a chain runs against
// time.
func (z *zones) chain() *witness {
	for i := range z.calls {
		if !z.effective(i) {
			continue
		}
		v := z.target[i]
		b := &z.blocks[v]
		if b.writes > 1 && z.writes(i) {
			// Nobody observed the value, so each of its writes is a separate cluster.
			z.blocks = append(z.blocks, newBlock())
			v = int32(len(z.blocks) - 1)
			z.target[i], b = v, &z.blocks[v]
			b.write, b.writes = int32(i), 1
		}
		b.include(int32(i), z.calls[i].begin, z.calls[i].end)
	}
	for i := range z.calls {
		if z.source[i] == nobody || !z.effective(i) {
			continue
		}
		a := &z.blocks[z.source[i]]
		if a.next != nobody {
			return z.branch(int(z.blocks[a.next].write), i)
		}
		a.next = z.target[i]
		z.blocks[z.target[i]].follows = true
	}
	return z.walk()
}

// newBlock is a block without calls.
func newBlock() block {
	return block{write: nobody, seen: nobody, next: nobody, first: nobody, last: nobody, chain: nobody, f: never, s: -1}
}

// empty says that nothing that took effect wrote or read the value.
func (b *block) empty() bool { return b.first == nobody && b.f == never }

// include adds a call to a block.
func (b *block) include(i int32, begin, end int) {
	if end < b.f || b.empty() {
		b.f, b.first = end, i
	}
	if begin > b.s {
		b.s, b.last = begin, i
	}
}

// walk follows the chains from their heads. Blocks that no head leads to form a ring.
func (z *zones) walk() *witness {
	z.chains = roomFor(len(z.blocks), z.chains)[:0]
	for head := range z.blocks {
		if b := &z.blocks[head]; b.follows || b.empty() {
			continue
		}
		c := chain{f: never, s: -2, first: int32(head)}
		for i := int32(head); i != nobody; i = z.blocks[i].next {
			b := &z.blocks[i]
			if b.f < c.s {
				return z.backwards(int32(head), i)
			}
			b.chain = int32(len(z.chains))
			if b.f < c.f {
				c.f, c.first = b.f, i
			}
			if b.s > c.s {
				c.s, c.last = b.s, i
			}
		}
		z.chains = append(z.chains, c)
	}
	for i := range z.blocks {
		if b := &z.blocks[i]; b.chain == nobody && !b.empty() {
			return z.ring(int32(i))
		}
	}
	return nil
}

// conflict finds two chains that stand in both orders.
func (z *zones) conflict() *witness {
	forward := z.forward()
	for i := 1; i < len(forward); i++ {
		if a, b := forward[i-1], forward[i]; z.chains[b].f < z.chains[a].s {
			return z.bothOrders(a, b)
		}
	}
	// The forward chains lie one behind the other, so only the last that begins before a backward
	// one can contain it.
	for i, c := range z.chains {
		if c.f < c.s {
			continue
		}
		at, _ := slices.BinarySearchFunc(forward, c.s, func(a int32, s int) int {
			return cmp.Compare(z.chains[a].f, s)
		})
		if at > 0 && z.chains[forward[at-1]].s > c.f {
			return z.bothOrders(forward[at-1], int32(i))
		}
	}
	return nil
}

// forward lists the forward chains in the order of their f. As f is the position of an event, and
// no two chains share one, they are put in their places where there are not many more events than
// calls; else they are sorted.
func (z *zones) forward() []int32 {
	z.ordered = roomFor(len(z.chains), z.ordered)
	forward := z.ordered[:0]
	latest := 0
	for i, c := range z.chains {
		if c.f < c.s {
			forward = append(forward, int32(i))
			latest = max(latest, c.f)
		}
	}
	if latest > 8*len(z.calls) {
		slices.SortFunc(forward, func(a, b int32) int { return cmp.Compare(z.chains[a].f, z.chains[b].f) })
		return forward
	}
	z.places = cleared(z.places, latest+2) // chain+1 by f+1: the initial value's f is -1
	places := z.places
	for _, i := range forward {
		places[z.chains[i].f+1] = i + 1
	}
	forward = forward[:0]
	for _, i := range places {
		if i > 0 {
			forward = append(forward, i-1)
		}
	}
	return forward
}
