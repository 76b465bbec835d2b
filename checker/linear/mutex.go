package linear

import (
	"cmp"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

type mutexCall = call[model.MutexCall, model.MutexResult]

// byHolds decides a mutex in O(n log n), fenced or not.
//
// Why it is exact. An acquire whose outcome is unknown may be left out: its process calls no more
// (H4), so nobody would ever release it, and it helps nobody. What remains of a process are
// completed acquires, each followed by its release, by a release with unknown outcome (which may as
// well take effect, at any time after it began), or by none. A completed release without an acquire
// before it is a violation. So the history is a set of holds, each of which lasts at least from the
// end of its acquire to the begin of its release, or for ever. Hold a must come before hold b if
// some call of a ends before some call of b begins, and as every hold begins to be released after
// it was acquired, that is if a's acquire ends before b's release begins. Two holds stand in both
// orders if and only if what they last at least overlaps; a relation of this form has no cycle that
// is longer (see byZones).
//
// An acquire that returned false only looked: the lock was held at some moment of it. The holds
// follow each other in one order, and no hold loses by lasting as long as it can: to the end of its
// release, and from the begin of its acquire, where the two of neighbours leave time between them;
// where they overlap there need be none. So the lock was certainly free only between the end of a
// release and the begin of the next acquire, before the first acquire, and after the last release;
// there an acquire with unknown outcome may have taken it for good. With tokens the order is known,
// and must agree with time.
func byHolds(fenced bool) func(calls []mutexCall) (outcome, bool) {
	return func(calls []mutexCall) (outcome, bool) {
		holds, w := holdsOf(calls)
		switch {
		case w != nil:
		case fenced:
			w = fencedConflict(calls, holds)
		default:
			w = holdConflict(calls, holds)
		}
		if w == nil {
			w = falseBusy(calls, holds)
		}
		o := outcome{verdict: checker.Valid, method: "holds", witness: w}
		if w != nil {
			o.verdict = checker.Invalid
		}
		return o, true
	}
}

// hold is an acquire and its release, nobody if it has none.
type hold struct {
	acquire, release int32
	from, to         int // the lock was certainly held between these events
}

// holdsOf pairs acquires and releases by process, leaving out acquires with unknown outcome. The
// witness is a release of what was not held, or with a token of another hold.
func holdsOf(calls []mutexCall) ([]hold, *witness) {
	var holds []hold
	open := map[history.Process]int{} // process to its last hold, if not released
	for i := range calls {
		c := &calls[i]
		p := c.in.Process
		if c.in.F == model.Acquire {
			if !c.pending() && !c.out.Busy {
				open[p] = len(holds)
				holds = append(holds, hold{acquire: int32(i), release: nobody, from: c.end, to: never})
			}
			continue
		}
		h, held := open[p]
		wrong := held && c.in.HasToken && c.in.Token != calls[holds[h].acquire].out.Token
		switch {
		case held && !wrong:
			holds[h].release, holds[h].to = int32(i), c.begin
			delete(open, p)
		case c.pending():
		case wrong:
			w := &witness{kind: "wrong-token"}
			w.include(holds[h].acquire)
			w.say(int32(i), "#%d released token %d, but its process held token %d since #%d", c.op, c.in.Token,
				calls[holds[h].acquire].out.Token, calls[holds[h].acquire].op)
			return nil, w
		default:
			w := &witness{kind: "release-without-hold"}
			w.say(int32(i), "#%d released the lock, which process %d did not hold", c.op, p)
			return nil, w
		}
	}
	return holds, nil
}

// holdConflict finds two holds that overlap for certain.
func holdConflict(calls []mutexCall, holds []hold) *witness {
	slices.SortFunc(holds, func(a, b hold) int { return cmp.Compare(a.from, b.from) })
	for i := 1; i < len(holds); i++ {
		if holds[i].from < holds[i-1].to {
			return bothHeld(calls, holds[i-1], holds[i])
		}
	}
	return nil
}

// falseBusy finds an acquire that returned false while the lock was certainly free.
func falseBusy(calls []mutexCall, holds []hold) *witness {
	slices.SortFunc(holds, func(a, b hold) int { return cmp.Compare(a.from, b.from) })
	lost := never // begin of the first acquire with unknown outcome
	for i := range calls {
		if c := &calls[i]; c.in.F == model.Acquire && c.pending() {
			lost = min(lost, c.begin)
		}
	}
	begins := make([]int, len(holds)) // the earliest that each can begin
	for i, h := range holds {
		if begins[i] = calls[h.acquire].begin; i > 0 {
			begins[i] = max(begins[i], holds[i-1].to)
		}
	}
	for i := range calls {
		c := &calls[i]
		if c.in.F != model.Acquire || c.pending() || !c.out.Busy {
			continue
		}
		next, _ := slices.BinarySearch(begins, c.end) // the first that begins only after c ended
		last := int32(nobody)                         // the release of the hold before
		if next > 0 {
			if last = holds[next-1].release; last == nobody || calls[last].end > c.begin {
				continue
			}
		}
		if next == len(holds) && lost < c.end {
			continue
		}
		w := &witness{kind: "false-held"}
		if next > 0 {
			w.include(holds[next-1].acquire)
			w.say(last, "#%d released the lock, and ended before #%d began", calls[last].op, c.op)
		}
		w.say(int32(i), "#%d found the lock held, but nobody can have acquired it by then", c.op)
		return w
	}
	return nil
}

// bothHeld says how b was acquired while a was held.
func bothHeld(calls []mutexCall, a, b hold) *witness {
	w := &witness{kind: "mutual-exclusion"}
	first := &calls[a.acquire]
	w.include(a.acquire, a.release, b.release)
	if a.release == nobody {
		w.say(a.acquire, "#%d acquired the lock, and process %d never released it", first.op, first.in.Process)
	} else {
		w.say(a.acquire, "#%d acquired the lock, and process %d held it until #%d at least", first.op, first.in.Process,
			calls[a.release].op)
	}
	w.say(b.acquire, "#%d acquired it too, and ended before that", calls[b.acquire].op)
	return w
}

// fencedConflict finds a token that was handed out twice, or two holds whose tokens run against
// time.
func fencedConflict(calls []mutexCall, holds []hold) *witness {
	if w := holdConflict(calls, holds); w != nil {
		return w
	}
	items := make([]ranked, len(holds))
	slices.SortFunc(holds, func(a, b hold) int {
		return cmp.Compare(calls[a.acquire].out.Token, calls[b.acquire].out.Token)
	})
	for i, h := range holds {
		if i > 0 && calls[holds[i-1].acquire].out.Token == calls[h.acquire].out.Token {
			w := &witness{kind: "duplicate-token"}
			w.include(holds[i-1].acquire)
			w.say(h.acquire, "#%d and #%d both returned token %d", calls[holds[i-1].acquire].op, calls[h.acquire].op,
				calls[h.acquire].out.Token)
			w.include(holds[i-1].release, h.release)
			return w
		}
		items[i] = ranked{call: int32(i), rank: i, begin: h.to, end: h.from}
	}
	late, before, found := backwards(items)
	if !found {
		return nil
	}
	a, b := holds[before.call], holds[late.call]
	w := &witness{kind: "token-order"}
	w.include(a.acquire, a.release, b.release)
	w.say(a.acquire, "#%d returned token %d", calls[a.acquire].op, calls[a.acquire].out.Token)
	w.say(b.acquire, "#%d held the lock after it with token %d, which is not greater", calls[b.acquire].op,
		calls[b.acquire].out.Token)
	return w
}

// projectMutex leaves out whole holds: without an acquire its release would be one of nothing, and
// without a release its acquire would last. With a hold it leaves out whoever may have found the
// lock held by it.
func projectMutex(calls []mutexCall, keep func(i int) bool) []mutexCall {
	partner := make([]int, len(calls))
	open := map[history.Process]int{}
	busy := func(i int) bool { return !calls[i].pending() && calls[i].out.Busy }
	for i := range calls {
		partner[i] = i
		p := calls[i].in.Process
		if busy(i) {
			continue
		}
		if calls[i].in.F == model.Acquire {
			open[p] = i
		} else if a, held := open[p]; held {
			partner[a], partner[i] = i, a
			delete(open, p)
		}
	}
	var dropped []span // when the holds that are left out may have lasted, or one that began before
	for i := range calls {
		if calls[i].in.F == model.Acquire && !busy(i) && !(keep(i) && keep(partner[i])) {
			end := never
			if partner[i] != i {
				end = calls[partner[i]].end
			}
			if n := len(dropped); n > 0 {
				end = max(end, dropped[n-1].end)
			}
			dropped = append(dropped, span{calls[i].begin, end})
		}
	}
	explained := func(c *mutexCall) bool {
		at, _ := slices.BinarySearchFunc(dropped, c.end, func(d span, end int) int { return cmp.Compare(d.begin, end) })
		return at > 0 && dropped[at-1].end > c.begin
	}
	return filter(calls, func(i int) bool { return keep(i) && keep(partner[i]) && !(busy(i) && explained(&calls[i])) })
}
