package weak

import (
	"maps"
	"slices"
)

// This file refutes levels in one pass over the trace, so that a grade of a long history says more
// than "undecided". It finds only contradictions that a single read shows:
//
//	value-from-nowhere  A call that took effect read a value that nobody wrote. In every order a
//	                    read returns a write or the initial value, so no level from sequential to
//	                    read-your-writes holds. (A safe register may invent the value under a
//	                    concurrent write: realTime judges safe and regular.)
//	own-write           A process wrote w, and then read the initial value or an older write of
//	                    its own to the key. In the view of that process its older write precedes
//	                    w (W4: writes of one session to one key keep their order), and w precedes
//	                    the read. So read-your-writes does not hold.
//	older-read          A process read w, and then the initial value or a write that w's session
//	                    made to the key before w. In the view of that process the older write
//	                    precedes w, w precedes the first read, and the first read precedes the
//	                    second. So monotonic-reads does not hold.
//
// A level that implies a refuted one is refuted too. What the pass does not refute stays open: it
// proves nothing.

// refuted lists the levels that single reads refute.
func refuted(t *trace) map[string]bool {
	type place struct{ session, key int }
	type last struct{ wrote, read int } // the last write of the session to the key, and what its last read saw
	of := map[place]last{}
	levels := map[string]bool{}
	for i := range t.ops {
		o := &t.ops[i]
		if o.end == never {
			continue // it may not have taken effect
		}
		at := place{o.session, o.key}
		was, known := of[at]
		if !known {
			was = last{initial, initial}
		}
		if o.reads {
			if o.from == nowhere {
				for _, level := range implies[Sequential] {
					levels[level] = true
				}
				continue
			}
			if was.wrote != initial && t.older(o.from, was.wrote) {
				levels[ReadYourWrites] = true
			}
			if was.read != initial && t.older(o.from, was.read) {
				levels[MonotonicReads] = true
			}
			was.read = o.from
		}
		if o.writes {
			was.wrote = i
		}
		of[at] = was
	}
	for _, level := range slices.Collect(maps.Keys(levels)) {
		for stronger, weaker := range implies {
			if slices.Contains(weaker, level) {
				levels[stronger] = true
			}
		}
	}
	return levels
}

// older says whether every order of the writes of one key has a before b: a is the initial value,
// or the session that wrote b wrote a first.
func (t *trace) older(a, b int) bool {
	return a == initial || a < b && t.ops[a].session == t.ops[b].session
}
