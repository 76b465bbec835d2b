package linear

import (
	"container/heap"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// byTally decides a counter in O(n log n) if all adds count the same amount, except those that
// ended before the first sum was asked for: their sum is what every other sum begins from. Of
// other counters it refutes what is out of all bounds.
//
// Why it is exact. Say how many adds have taken effect at each moment: N never falls. A read of
// value v is possible if and only if N is at most v when it begins and at least v when it ends, as
// N passes every number between. So it is best if as few adds as possible have taken effect,
// beyond what a completed read must have seen. Going through the events in order, an add takes
// effect only when it ends, or when a read that ends needs it; then, of those under way, the one
// that ends first, since it is the one that would be counted next in any case. That keeps N as
// small as it can be at every moment: of two adds under way that are exchanged in an order, the
// order still explains the reads. Adds with unknown outcome end last, and count only if they are
// needed.
//
// An add that returned the sum says which one it is: the k-th of all. Nothing else may be the
// k-th, so N passes k only by this add, and only once it has begun. When it ends N must have come
// to k. The other adds are exchanged as before.
//
// Bounds. What a read returns is at least all positive adds that ended before it began and all
// negative ones that began before it ended, and at most the same with the signs exchanged. An add
// that returns the sum has counted itself.
func byTally(calls []counterCall) (outcome, bool) {
	first := never
	if len(calls) > mostAdds {
		return outcome{}, false
	}
	for i := range calls {
		c := &calls[i]
		if c.in.N > mostAdded || c.in.N < -mostAdded || c.out.Sum > mostCounted || c.out.Sum < -mostCounted {
			return outcome{}, false // sums might not fit their type
		}
		if tells(c) {
			first = min(first, c.begin)
		}
	}
	t := tally{calls: calls, unit: 0, placed: make([]bool, len(calls))}
	uniform := true
	for i := range calls {
		c := &calls[i]
		switch {
		case c.in.F != model.Add || c.in.N == 0:
		case c.end < first:
			t.base += c.in.N
			t.placed[i] = true
		case t.unit == 0:
			t.unit = c.in.N
		default:
			uniform = uniform && t.unit == c.in.N
		}
	}
	if !uniform {
		return t.bounds()
	}
	return t.count(), true
}

// Sums of mostAdds adds up to mostAdded, and a difference of such to mostCounted, fit their type.
const (
	mostAdded   = 1 << 40
	mostCounted = 1 << 61
	mostAdds    = 1 << 21
)

// tally is the state of byTally.
type tally struct {
	calls  []counterCall
	base   int64  // the sum of the adds that ended before any read began
	unit   int64  // what every other add counts, 0 if there is none
	placed []bool // adds that have taken effect
	n      int64  // how many adds count unit
	open   []int32
	nth    map[int64]int32 // adds that returned the sum, by which one they are
	begun  []bool          // of these
}

// Len, Less, Swap, Push and Pop order the adds under way by their ends, for package heap.
func (t *tally) Len() int           { return len(t.open) }
func (t *tally) Less(i, j int) bool { return t.calls[t.open[i]].end < t.calls[t.open[j]].end }
func (t *tally) Swap(i, j int)      { t.open[i], t.open[j] = t.open[j], t.open[i] }
func (t *tally) Push(i any)         { t.open = append(t.open, i.(int32)) }
func (t *tally) Pop() any {
	last := t.open[len(t.open)-1]
	t.open = t.open[:len(t.open)-1]
	return last
}

// count goes through the events with as few adds as possible.
func (t *tally) count() outcome {
	impossible := func(through int) outcome {
		return outcome{verdict: checker.Invalid, method: "tally", through: through}
	}
	if end, ok := t.number(); !ok {
		return impossible(end)
	}
	counted := make([]int64, len(t.calls)) // by read: N when it began
	for _, e := range eventsOf(t.calls) {
		c := &t.calls[e.call]
		possible := true
		switch {
		case t.placed[e.call] || c.in.N == 0 && !tells(c):
		case c.in.N != 0 && !e.end && tells(c):
			t.begun[e.call] = true
		case c.in.N != 0 && !e.end:
			heap.Push(t, int32(e.call))
		case c.pending():
			return outcome{verdict: checker.Valid, method: "tally"}
		case c.in.N != 0 && tells(c):
			possible = t.reach((c.out.Sum - t.base) / t.unit)
		case c.in.N != 0:
			possible = t.add(int32(e.call))
		case !e.end:
			counted[e.call] = t.n
		default:
			possible = t.read(c.out.Sum, counted[e.call])
		}
		if !possible {
			return impossible(c.end)
		}
	}
	return outcome{verdict: checker.Valid, method: "tally"}
}

// number finds out which one every add is that returned the sum. It says false, and where, if one
// can be none, or two are the same.
func (t *tally) number() (end int, ok bool) {
	t.nth, t.begun = map[int64]int32{}, make([]bool, len(t.calls))
	for i := range t.calls {
		c := &t.calls[i]
		if !tells(c) || c.in.N == 0 {
			continue
		}
		n := (c.out.Sum - t.base) / t.unit
		if other, taken := t.nth[n]; taken {
			return max(c.end, t.calls[other].end), false
		}
		if n < 1 || n*t.unit+t.base != c.out.Sum {
			return c.end, false
		}
		t.nth[n] = int32(i)
	}
	return 0, true
}

// read lets adds under way take effect until a read that ends can have seen value. It began when
// counted had.
func (t *tally) read(value, counted int64) bool {
	value -= t.base
	if t.unit == 0 {
		return value == 0
	}
	return value%t.unit == 0 && value/t.unit >= counted && t.reach(value/t.unit)
}

// reach lets adds under way take effect until n have.
func (t *tally) reach(n int64) bool {
	for t.n < n {
		if i, known := t.nth[t.n+1]; known {
			if !t.begun[i] {
				return false
			}
			t.placed[i] = true
			t.n++
			continue
		}
		for len(t.open) > 0 && t.placed[t.open[0]] {
			heap.Pop(t)
		}
		if len(t.open) == 0 {
			return false
		}
		t.placed[heap.Pop(t).(int32)] = true
		t.n++
	}
	return true
}

// add lets an add take effect that ends now, behind those that are known to be next.
func (t *tally) add(i int32) bool {
	for {
		next, known := t.nth[t.n+1]
		switch {
		case !known:
			t.placed[i] = true
			t.n++
			return true
		case !t.begun[next]:
			return false
		}
		t.placed[next] = true
		t.n++
	}
}

// bounds refutes a read of a value that no choice among the adds can make.
func (t *tally) bounds() (outcome, bool) {
	var least, most int64 // now
	// by read: least and most of what was certain when it began
	began := make([][2]int64, len(t.calls))
	certain := [2]int64{}                                       // sums of the adds that ended: negative, positive
	possible := [2]int64{}                                      // sums of the adds that began
	sign := func(n int64) int { return int(1 - uint64(n)>>63) } // 0 negative, 1 positive
	for _, e := range eventsOf(t.calls) {
		c := &t.calls[e.call]
		switch {
		case !e.end:
			possible[sign(c.in.N)] += c.in.N
			began[e.call] = certain
		case c.pending():
			return outcome{}, false
		default:
			certain[sign(c.in.N)] += c.in.N
			before := began[e.call]
			before[sign(c.in.N)] += c.in.N
			least, most = before[1]+possible[0], before[0]+possible[1]
			if tells(c) && (c.out.Sum < least || c.out.Sum > most) {
				return outcome{verdict: checker.Invalid, method: "tally", through: c.end}, true
			}
		}
	}
	return outcome{}, false
}
