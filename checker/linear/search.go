package linear

import (
	"context"
	"math/bits"
	"reflect"
	"slices"
	"sync"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// bySearch decides any model. It reads the events in order and keeps every configuration in which
// the object may be: a state, and which of the calls under way have already taken effect (Wing and
// Gong, Testing and Verifying Concurrent Objects, JPDC 1993; just-in-time: Lowe, Testing for
// Linearizability, CCPE 2017, section 4). When a call ends, those configurations survive that can
// be led, by letting some calls under way take effect, to one in which it has. If none survives
// the history is not linearizable, and this completion is the first that makes it so.
//
// Why it is exact, and what keeps it small:
//
//	S1  A call takes effect while it is under way, so whichever took effect and is not under way
//	    any more is behind all that follow: the calls under way and the state say all that matters
//	    of the past. Memory is the frontier's, not the history's.
//	S2  A call that is possible now and read-only takes effect at once: wherever it stands in an
//	    order of what follows, at the front it is possible too and changes nothing (M4). There is
//	    no need to ever try otherwise.
//	S3  Of two configurations with the same state, one in which the same calls took effect, and of
//	    those with unknown outcome fewer, makes the other superfluous: whatever follows the other
//	    follows it, as such calls need not happen.
//	S4  Of calls under way that ask and return the same, the one that must end first takes effect
//	    first: if another did, the two could be exchanged.
//	S5  Calls with unknown outcome that are left at the end never happened.
//	S6  Where many orders explain a history the frontier may grow wide. Then a descent looks for
//	    one of them beside it, on another processor. An order that it finds is valid; only the
//	    frontier can prove that no order exists. So the answer does not depend on their speed.
//	    Limits leave it open only if both reach them. A panic of the model in either leaves none.
func bySearch[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out],
	memory int64) outcome {
	for i := range calls {
		if c := &calls[i]; c.end < c.begin { // a reduction found that it took effect before it began
			return outcome{verdict: checker.Invalid, method: string(Search), through: c.end}
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := newSearch(ctx, m, calls, memory)
	var beside sync.WaitGroup
	found := false
	var failed *outcome // of the descent
	s.widened = func() {
		s.memory -= s.memory / 4
		d := newDescent(ctx, m, calls, s.events, s.alike, memory/4)
		beside.Go(func() {
			returned := false
			defer func() { failed = crash(returned, recover()) }()
			if found = d.find(); found {
				cancel()
			}
			returned = true
		})
	}
	o := s.run()
	if o.verdict != checker.Unknown {
		cancel()
	}
	beside.Wait()
	switch {
	case o.cause == checker.Panicked: // no order that the descent found makes up for it
	case failed != nil:
		o = *failed
	case found && o.verdict == checker.Unknown:
		o = outcome{verdict: checker.Valid}
	}
	o.method = string(Search)
	return o
}

// run goes through the events with a frontier.
func (s *search[S, In, Out]) run() (o outcome) {
	defer func() {
		if p := recover(); p != nil {
			o = panicked(p)
		}
	}()
	for _, e := range s.events {
		switch {
		case !e.end:
			s.begin(e.call)
		case s.calls[e.call].pending():
			return outcome{verdict: checker.Valid}
		case !s.end(e.call) && s.stopped != nil:
			s.stopped.through = s.calls[e.call].end
			return *s.stopped
		case len(s.frontier.states) == 0:
			return outcome{verdict: checker.Invalid, through: s.calls[e.call].end}
		}
	}
	return outcome{verdict: checker.Valid}
}

// search is the state of bySearch. Calls under way have slots, which are bits of masks.
type search[S, In, Out any] struct {
	ctx      context.Context
	m        model.Model[S, In, Out]
	calls    []call[In, Out]
	events   []event
	slots    []int32  // by slot: its call, or nobody
	slotOf   []int32  // by call
	alike    []int32  // by call: which calls ask and return the same; nil if all differ
	live     []uint64 // slots in use
	pending  []uint64 // those of calls with unknown outcome
	readOnly []uint64 // those of read-only calls
	frontier *configs[S]
	work     *configs[S] // configurations in which the call that ends has not yet taken effect
	next     *configs[S]
	steps    []S      // scratch
	mask     []uint64 // scratch
	memory   int64    // bytes that configurations may take
	mostHeld int      // how many there may be, 0 for as many as memory allows
	widened  func()   // called once, when there are more than narrow configurations; may be nil
	count    int      // steps since ctx was looked at
	stopped  *outcome
}

// narrow is how many configurations are sooner followed one after the other than a descent is
// begun.
const narrow = 256

// newSearch counts how many calls are under way at once, which is how wide masks must be.
func newSearch[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], calls []call[In, Out],
	memory int64) *search[S, In, Out] {
	events := eventsOf(calls)
	under, most := 0, 0
	for _, e := range events {
		switch {
		case !e.end:
			under++
			most = max(most, under)
		case !calls[e.call].pending():
			under--
		}
	}
	words := max(1, (most+63)/64)
	size := model.SizeOf(m)
	s := &search[S, In, Out]{
		ctx: ctx, m: m, calls: calls, events: events,
		slots: make([]int32, words*64), slotOf: make([]int32, len(calls)), alike: classes(calls),
		live: make([]uint64, words), pending: make([]uint64, words), readOnly: make([]uint64, words),
		mask:     make([]uint64, words),
		frontier: newConfigs(words, size), work: newConfigs(words, size), next: newConfigs(words, size),
		memory: max(memory, int64(leastHeld*configSize(words))),
	}
	for i := range s.slots {
		s.slots[i] = nobody
	}
	s.frontier.append(s.mask, m.Init(), 0)
	return s
}

// classes numbers calls so that two have the same number only if they ask and return the same. It
// is nil if all differ, or cannot be compared.
func classes[In, Out any](calls []call[In, Out]) (class []int32) {
	type same struct {
		in, out any
		pending bool
	}
	of, returned := reflect.TypeFor[In](), reflect.TypeFor[Out]()
	if !of.Comparable() || !returned.Comparable() || of.Kind() == reflect.Interface ||
		returned.Kind() == reflect.Interface {
		return nil
	}
	defer func() {
		if recover() != nil { // an interface inside a call or a result holds what cannot be compared
			class = nil
		}
	}()
	class = make([]int32, len(calls))
	known := map[same]int32{}
	for i := range calls {
		k := same{in: calls[i].in, pending: calls[i].pending()}
		if !k.pending {
			k.out = calls[i].out
		}
		first, again := known[k]
		if !again {
			first = int32(i)
			known[k] = first
		}
		class[i] = first
	}
	if len(known) == len(calls) {
		return nil
	}
	return class
}

// begin gives a call a free slot.
func (s *search[S, In, Out]) begin(c int) {
	for w := range s.live {
		free := ^s.live[w]
		if free == 0 {
			continue
		}
		bit := bits.TrailingZeros64(free)
		slot := w*64 + bit
		s.slots[slot], s.slotOf[c] = int32(c), int32(slot)
		s.live[w] |= 1 << bit
		if s.calls[c].pending() {
			s.pending[w] |= 1 << bit
		}
		if s.m.ReadOnly(s.calls[c].in, s.calls[c].result()) {
			s.readOnly[w] |= 1 << bit
		}
		return
	}
	panic("more calls under way than were counted")
}

// end makes the call that ends take effect in every configuration, and frees its slot. It says
// whether any is left.
func (s *search[S, In, Out]) end(c int) bool {
	slot := int(s.slotOf[c])
	w, bit := slot/64, uint64(1)<<(slot%64)
	s.work.reset()
	s.next.reset()
	for i := range s.frontier.states {
		copy(s.mask, s.frontier.mask(i))
		s.settle(s.mask, s.frontier.states[i])
		s.keep(s.mask, s.frontier.states[i], w, bit)
	}
	for i := 0; i < len(s.work.states) && s.stopped == nil; i++ {
		s.extend(i, w, bit)
	}
	s.live[w] &^= bit
	s.readOnly[w] &^= bit
	s.slots[slot] = nobody
	s.frontier, s.next = s.next, s.frontier
	return len(s.frontier.states) > 0 && s.stopped == nil
}

// settle lets read-only calls that are possible take effect (S2).
func (s *search[S, In, Out]) settle(mask []uint64, state S) {
	for w := range mask {
		for open := s.readOnly[w] &^ mask[w]; open != 0; open &= open - 1 {
			bit := bits.TrailingZeros64(open)
			c := &s.calls[s.slots[w*64+bit]]
			s.steps = s.m.Step(s.steps[:0], state, c.in, c.result())
			if len(s.steps) > 0 {
				mask[w] |= 1 << bit
			}
		}
	}
}

// extend tries every call under way from configuration i of work.
func (s *search[S, In, Out]) extend(i, w int, bit uint64) {
	state := s.work.states[i]
	for v := range s.live {
		for open := s.live[v] &^ s.work.mask(i)[v]; open != 0; open &= open - 1 {
			b := bits.TrailingZeros64(open)
			c := s.slots[v*64+b]
			if s.waits(c, s.work.mask(i)) {
				continue
			}
			s.steps = s.m.Step(s.steps[:0], state, s.calls[c].in, s.calls[c].result())
			// settle uses the scratch too.
			for n := range len(s.steps) {
				after := s.steps[n]
				copy(s.mask, s.work.mask(i))
				s.mask[v] |= 1 << b
				if n == len(s.steps)-1 {
					s.settle(s.mask, after)
					s.keep(s.mask, after, w, bit)
					break
				}
				rest := s.steps
				s.steps = nil
				s.settle(s.mask, after)
				s.keep(s.mask, after, w, bit)
				s.steps = rest
			}
			if s.count++; s.count&1023 == 0 && s.ctx.Err() != nil {
				o := interrupted(s.ctx)
				s.stopped = &o
			}
			if s.stopped != nil {
				return
			}
		}
	}
}

// waits says whether a call under way that asks and returns the same must end before c, and has not
// taken effect (S4).
func (s *search[S, In, Out]) waits(c int32, mask []uint64) bool {
	if s.alike == nil {
		return false
	}
	for v := range s.live {
		for open := s.live[v] &^ mask[v]; open != 0; open &= open - 1 {
			o := s.slots[v*64+bits.TrailingZeros64(open)]
			if o != c && s.alike[o] == s.alike[c] && (s.calls[o].end < s.calls[c].end ||
				s.calls[o].end == s.calls[c].end && o < c) {
				return true
			}
		}
	}
	return false
}

// keep adds a configuration to next, without the slot that becomes free, if the call that ends has
// taken effect in it, else to work. It changes mask.
func (s *search[S, In, Out]) keep(mask []uint64, state S, w int, bit uint64) {
	to := s.work
	if mask[w]&bit != 0 {
		to = s.next
		mask[w] &^= bit
	}
	hash := s.m.Hash(state)
	for v, word := range mask {
		hash = (hash ^ word&^s.pending[v]) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	if !to.covers(hash, mask, s.pending, func(other S) bool { return s.m.Equal(state, other) }) {
		to.append(mask, state, hash)
		held := len(s.work.states) + len(s.next.states)
		if held > narrow && s.widened != nil {
			s.widened()
			s.widened = nil
		}
		if s.work.bytes+s.next.bytes > s.memory || s.mostHeld > 0 && held > s.mostHeld {
			o := outOfMemory()
			s.stopped = &o
		}
	}
}

// leastHeld is how many configurations a search may hold whatever its limit, if their states are
// small.
const leastHeld = 16

// configSize is what a configuration takes, beside what its state holds: in configs, with what is
// left free in slices.
func configSize(words int) int { return words*8 + 96 }

// configs is a set of configurations, kept in flat slices that are used again and again.
type configs[S any] struct {
	words  int
	size   func(S) int // what a state holds
	bytes  int64       // of all configurations
	masks  []uint64
	states []S
	hashes []uint64
	chain  []int32 // the next with the same place in the table
	table  []int32 // by hash: the last with that place
}

func newConfigs[S any](words int, size func(S) int) *configs[S] {
	return &configs[S]{words: words, size: size}
}

func (c *configs[S]) clone() *configs[S] {
	return &configs[S]{words: c.words, size: c.size, bytes: c.bytes, masks: slices.Clone(c.masks),
		states: slices.Clone(c.states), hashes: slices.Clone(c.hashes), chain: slices.Clone(c.chain),
		table: slices.Clone(c.table)}
}

func (c *configs[S]) mask(i int) []uint64 { return c.masks[i*c.words : (i+1)*c.words] }

func (c *configs[S]) reset() {
	if len(c.table) > 64 && len(c.table) > 8*len(c.states) {
		c.table = c.table[:0] // do not clear for ever what was once needed
	}
	clear(c.table)
	clear(c.states)
	c.masks, c.states, c.hashes, c.chain = c.masks[:0], c.states[:0], c.hashes[:0], c.chain[:0]
	c.bytes = 0
}

// covers says whether a configuration is there already, or one that makes it superfluous (S3).
func (c *configs[S]) covers(hash uint64, mask, pending []uint64, equal func(S) bool) bool {
	if len(c.table) == 0 {
		return false
	}
	for i := c.table[hash&uint64(len(c.table)-1)] - 1; i >= 0; i = c.chain[i] - 1 {
		if c.hashes[i] == hash && within(c.mask(int(i)), mask, pending) && equal(c.states[i]) {
			return true
		}
	}
	return false
}

// within says whether a is b, except for calls with unknown outcome that took effect in b only.
func within(a, b, pending []uint64) bool {
	for w := range a {
		if a[w]&^b[w] != 0 || (b[w]&^a[w])&^pending[w] != 0 {
			return false
		}
	}
	return true
}

func (c *configs[S]) append(mask []uint64, state S, hash uint64) {
	c.masks = append(c.masks, mask...)
	c.states = append(c.states, state)
	c.hashes = append(c.hashes, hash)
	c.chain = append(c.chain, 0)
	c.bytes += int64(configSize(c.words) + c.size(state))
	if len(c.states)*2 > len(c.table) {
		c.grow()
		return
	}
	c.link(len(c.states) - 1)
}

func (c *configs[S]) link(i int) {
	at := c.hashes[i] & uint64(len(c.table)-1)
	c.chain[i] = c.table[at]
	c.table[at] = int32(i + 1)
}

func (c *configs[S]) grow() {
	size := max(16, 2*len(c.table))
	if cap(c.table) >= size {
		c.table = c.table[:size]
		clear(c.table)
	} else {
		c.table = make([]int32, size)
	}
	for i := range c.states {
		c.link(i)
	}
}
