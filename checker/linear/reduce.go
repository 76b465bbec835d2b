package linear

import "github.com/splitvote/splitvote/model"

// This file reduces histories before a search: calls with unknown outcome are left out where
// nothing can depend on them, and are given an end where they must have taken effect by then. Both
// leave exactly the same verdict.

// reduceRegister leaves out writes and cas with unknown outcome whose value nobody observed: in an
// order that explains the history nothing stands between such a write and the next that depends on
// it, so without it the order still explains the rest. A write of an observed value that nobody
// else writes took effect before the first observation of it ended; a cas that is known to have
// taken effect observed in its turn what it replaced.
//
// A cas that found another value may have found any. So a write or cas with unknown outcome that
// began before such a call ended stays, but what it writes may be any value that nobody names: all
// these are given the same, and are alike for a search.
func reduceRegister(calls []registerCall) []registerCall {
	observed, named := map[model.Value]bool{}, map[model.Value]bool{}
	last := -1 // the end of the last that found another value
	for i := range calls {
		switch c := &calls[i]; {
		case mismatched(c):
			named[c.in.Old] = true
			last = max(last, c.end)
		case c.in.F == model.CAS:
			observed[c.in.Old] = true
		case c.in.F == model.Read:
			observed[c.out] = true
		}
	}
	reduced := filter(calls, func(i int) bool {
		return !calls[i].pending() || observed[calls[i].in.Value] || calls[i].begin < last
	})
	for i := range reduced {
		if c := &reduced[i]; c.pending() && !observed[c.in.Value] && !named[c.in.Value] {
			c.in.Value = unnamed
		}
	}
	writer := soleWriters(reduced, func(c *registerCall) (model.Value, bool) {
		return c.in.Value, c.in.F != model.Read && !mismatched(c)
	})
	delete(writer, model.Null)
	for again := true; again; {
		again = false
		for i := range reduced {
			c := &reduced[i]
			v := observedBy(c)
			w, known := writer[v]
			if c.pending() || mismatched(c) || c.in.F == model.Write || !known || w == i {
				continue
			}
			if reduced[w].end > c.end {
				reduced[w].end, again = c.end, true
			}
		}
	}
	return reduced
}

// unnamed is a value that no history has.
const unnamed model.Value = "\xff"

// observedBy is the value that a read returned or a cas replaced.
func observedBy(c *registerCall) model.Value {
	if c.in.F == model.CAS {
		return c.in.Old
	}
	return c.out
}

// soleWriters finds, by value, the only call that puts it in.
func soleWriters[In, Out any](calls []call[In, Out],
	written func(c *call[In, Out]) (model.Value, bool)) map[model.Value]int {
	sole, several := map[model.Value]int{}, map[model.Value]bool{}
	for i := range calls {
		if v, ok := written(&calls[i]); ok {
			if _, twice := sole[v]; twice {
				several[v] = true
			}
			sole[v] = i
		}
	}
	for v := range several {
		delete(sole, v)
	}
	return sole
}

// reduceQueue leaves out enqueues and pushes with unknown outcome of values that nobody is known to
// have taken out: leaving a value out of an order that explains the history leaves one. If every
// value that remains is known to have been taken out, calls with unknown outcome that take out took
// nothing. A value that only one call put in was in when it was taken out.
func reduceQueue(calls []queueCall) []queueCall {
	in := func(c *queueCall) (model.Value, bool) {
		return c.in.Value, puts(c)
	}
	out := func(c *queueCall) (model.Value, bool) {
		_, puts := in(c)
		return c.out, !puts && !c.pending() && c.out != model.Null
	}
	taken := map[model.Value]int{}
	for i := range calls {
		if v, ok := out(&calls[i]); ok {
			taken[v]++
		}
	}
	reduced := filter(calls, func(i int) bool {
		v, puts := in(&calls[i])
		return !puts || !calls[i].pending() || taken[v] > 0
	})
	left := 0
	for i := range reduced {
		if v, puts := in(&reduced[i]); puts {
			if taken[v]--; taken[v] < 0 {
				left++
			}
		}
	}
	if left == 0 {
		reduced = filter(reduced, func(i int) bool {
			_, puts := in(&reduced[i])
			return puts || !reduced[i].pending()
		})
	}
	sole := soleWriters(reduced, in)
	for i := range reduced {
		v, ok := out(&reduced[i])
		if w, known := sole[v]; ok && known {
			reduced[w].end = min(reduced[w].end, reduced[i].end)
		}
	}
	return reduced
}

// reduceList leaves out appends with unknown outcome of values that nobody read: leaving a value
// out of an order that explains the history leaves one. A value that only one call appended was
// there when it was read.
func reduceList(calls []listCall) []listCall {
	first := map[model.Value]int{} // the earliest end of a read that has the value
	for i := range calls {
		for _, v := range calls[i].out {
			if end, read := first[v]; !read || calls[i].end < end {
				first[v] = calls[i].end
			}
		}
	}
	reduced := filter(calls, func(i int) bool {
		_, read := first[calls[i].in.Value]
		return !calls[i].pending() || read
	})
	appended := func(c *listCall) (model.Value, bool) { return c.in.Value, c.in.F == model.Append }
	for v, w := range soleWriters(reduced, appended) {
		if end, read := first[v]; read {
			reduced[w].end = min(reduced[w].end, end)
		}
	}
	return reduced
}
