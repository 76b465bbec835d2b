package linear

import (
	"fmt"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

type listCall = call[model.ListCall, []model.Value]

// byPositions decides an append list in time linear in what was read, and a sort, if nobody reads
// a value that was appended more than once.
//
// Why it is exact. A read of the whole list reveals its history. All reads must be prefixes of the
// longest; the element at position i was then appended as the i-th, and a read of n elements
// stands between the n-th and the next append. Values that were appended but never read come after
// the last read, in any order; an append with unknown outcome can be left out, because nothing
// depends on it. So every call has a rank, and an order exists if and only if the ranks agree with
// time.
func byPositions(calls []listCall) (outcome, bool) {
	l := lists{calls: calls, by: make(map[model.Value]int32, len(calls)), longest: nobody}
	w, decided := l.find()
	o := outcome{verdict: checker.Valid, method: "positions", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o, decided
}

type lists struct {
	calls   []listCall
	by      map[model.Value]int32 // who appended a value
	longest int32                 // the longest read
}

const several = -2

func (l *lists) find() (*witness, bool) {
	for i := range l.calls {
		switch c := &l.calls[i]; {
		case c.in.F == model.Append:
			if _, twice := l.by[c.in.Value]; twice {
				l.by[c.in.Value] = several
			} else {
				l.by[c.in.Value] = int32(i)
			}
		case l.longest == nobody || len(c.out) > len(l.calls[l.longest].out):
			l.longest = int32(i)
		}
	}
	if l.longest == nobody {
		return nil, true
	}
	for i := range l.calls {
		if l.calls[i].in.F == model.Read {
			if w := l.disagree(int32(i)); w != nil {
				return w, true
			}
		}
	}
	position := make(map[model.Value]int, len(l.calls[l.longest].out))
	for i, v := range l.calls[l.longest].out {
		before, twice := position[v]
		switch by, known := l.by[v]; {
		case !known:
			return l.fromNowhere(l.longest, v), true
		case by == several:
			return nil, false
		case twice:
			return l.twice(v, before, i), true
		}
		position[v] = i
	}
	return l.order(position), true
}

// order ranks the calls, appends odd and reads even, and looks for two that stand against time.
func (l *lists) order(position map[model.Value]int) *witness {
	items := make([]ranked, 0, len(l.calls))
	for i := range l.calls {
		c := &l.calls[i]
		rank := 2 * len(c.out)
		if c.in.F == model.Append {
			at, read := position[c.in.Value]
			if !read && c.pending() {
				continue
			}
			if rank = 2*at + 1; !read {
				rank = 2*len(position) + 1
			}
		}
		items = append(items, ranked{int32(i), rank, c.begin, c.end})
	}
	late, before, found := backwards(items)
	if !found {
		return nil
	}
	return l.against(late.call, before.call)
}

// disagree compares a read with the longest.
func (l *lists) disagree(i int32) *witness {
	short, long := l.calls[i].out, l.calls[l.longest].out
	at := 0
	for at < len(short) && short[at] == long[at] {
		at++
	}
	if at == len(short) {
		return nil
	}
	w := &witness{kind: "incompatible-order"}
	for _, v := range []model.Value{short[at], long[at]} {
		by, known := l.by[v]
		switch {
		case !known && v == short[at]:
			return l.fromNowhere(i, v)
		case !known:
			return l.fromNowhere(l.longest, v)
		case by >= 0:
			w.include(by)
		}
	}
	w.say(i, "#%d read %s at position %d", l.calls[i].op, short[at], at+1)
	w.say(l.longest, "#%d read %s there: no list has both", l.calls[l.longest].op, long[at])
	return w
}

func (l *lists) fromNowhere(i int32, v model.Value) *witness {
	w := &witness{kind: "value-from-nowhere"}
	w.say(i, "#%d read %s, which nobody appended", l.calls[i].op, v)
	return w
}

func (l *lists) twice(v model.Value, a, b int) *witness {
	w := &witness{kind: "duplicate-element"}
	w.include(l.by[v])
	w.say(l.longest, "#%d read %s twice, at positions %d and %d, but only #%d appended it", l.calls[l.longest].op, v,
		a+1, b+1, l.calls[l.by[v]].op)
	return w
}

// against says why late, which began after before ended, cannot come first in the list's history.
func (l *lists) against(late, before int32) *witness {
	a, b := &l.calls[late], &l.calls[before]
	w := &witness{kind: "stale-read"}
	w.include(before)
	since := fmt.Sprintf("#%d began after #%d ended", a.op, b.op)
	long := l.calls[l.longest].out
	switch {
	case a.in.F == model.Read && b.in.F == model.Append:
		if !slices.Contains(long, b.in.Value) {
			w.kind = "lost-append"
		}
		w.say(late, "%s, so it must have %s", since, b.in.Value)
	case a.in.F == model.Read:
		missing := b.out[len(a.out)]
		w.include(l.by[missing])
		w.say(late, "%s, which read %s, so it must have it too", since, missing)
	case b.in.F == model.Read:
		w.kind = "read-from-future"
		w.include(late)
		w.say(before, "#%d read %s and ended before #%d, the only one to append it, began", b.op, a.in.Value, a.op)
	default:
		w.kind = "reordered"
		w.say(late, "%s, so %s comes after %s", since, a.in.Value, b.in.Value)
		if slices.Contains(long, b.in.Value) {
			w.say(l.longest, "#%d read %s before %s", l.calls[l.longest].op, a.in.Value, b.in.Value)
		} else {
			w.kind = "lost-append"
			w.say(l.longest, "#%d read %s without %s", l.calls[l.longest].op, a.in.Value, b.in.Value)
		}
	}
	return w
}

// projectList leaves out reads at will. Values are left out of appends and reads alike: an order
// that explains the whole explains the lists without them.
func projectList(calls []listCall, keep func(i int) bool) []listCall {
	missing := map[model.Value]bool{}
	for i := range calls {
		if c := &calls[i]; c.in.F == model.Append && !keep(i) {
			missing[c.in.Value] = true
		}
	}
	var kept []listCall
	for i := range calls {
		c := calls[i]
		if c.in.F == model.Append && missing[c.in.Value] || c.in.F == model.Read && !keep(i) {
			continue
		}
		if len(missing) > 0 && c.in.F == model.Read {
			c.out = slices.DeleteFunc(slices.Clone(c.out), func(v model.Value) bool { return missing[v] })
		}
		kept = append(kept, c)
	}
	return kept
}
