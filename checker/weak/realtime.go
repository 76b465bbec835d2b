package weak

import (
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/splitvote/splitvote/checker"
)

// clockwork is what a key's writes say about real time.
type clockwork struct {
	ended []int // completed writes in the order of their ends
	begun []int // begun[i] is the one of ended[:i+1] that began last
}

func newClockwork(t *trace) []clockwork {
	keys := make([]clockwork, len(t.keys))
	for i := range t.ops {
		if o := &t.ops[i]; o.writes && o.end != never {
			keys[o.key].ended = append(keys[o.key].ended, i)
		}
	}
	for k := range keys {
		c := &keys[k]
		slices.SortFunc(c.ended, func(a, b int) int { return t.ops[a].end - t.ops[b].end })
		last := -1
		c.begun = make([]int, 0, len(c.ended))
		for _, i := range c.ended {
			if last < 0 || t.ops[i].begin > t.ops[last].begin {
				last = i
			}
			c.begun = append(c.begun, last)
		}
	}
	return keys
}

// before counts the writes of ended that had ended at position at.
func (c clockwork) before(t *trace, at int) int {
	return sort.Search(len(c.ended), func(i int) bool { return t.ops[c.ended[i]].end > at })
}

// fresher is a write that began after what r read had been written, and ended before r began; -1 if
// there is none.
func (c clockwork) fresher(t *trace, r int) int {
	o := &t.ops[r]
	n := c.before(t, o.begin)
	if n == 0 {
		return -1
	}
	w := c.begun[n-1]
	if o.from == initial || t.ops[w].begin > t.ops[o.from].end {
		return w
	}
	return -1
}

// realTime judges regular and safe registers.
func realTime(t *trace, level string) checker.Result {
	keys := newClockwork(t)
	concurrent := func(int) bool { return false }
	if level == Safe {
		concurrent = concurrentWrites(t)
	}
	for i := range t.ops {
		o := &t.ops[i]
		if !o.reads || o.end == never || concurrent(i) {
			continue
		}
		e := checker.Evidence{Kind: level, Key: t.keys[o.key], Ops: []int{o.index}}
		switch {
		case o.from == nowhere:
			e.Kind, e.Why = checker.ValueFromNowhere, []checker.Claim{{Op: o.index, Text: "nobody wrote that value"}}
		case o.from >= 0 && t.ops[o.from].begin > o.end:
			e.Ops = append(e.Ops, t.ops[o.from].index)
			e.Why = []checker.Claim{{Op: o.index, Text: fmt.Sprintf("ended before #%d began to write that value",
				t.ops[o.from].index)}}
		default:
			w := keys[o.key].fresher(t, i)
			if w < 0 {
				continue
			}
			e.Ops = append(e.Ops, t.ops[w].index)
			text := fmt.Sprintf("began after #%d had written another value", t.ops[w].index)
			if o.from >= 0 {
				e.Ops = append(e.Ops, t.ops[o.from].index)
				text += fmt.Sprintf(", which began after #%d had written this one", t.ops[o.from].index)
			}
			e.Why = []checker.Claim{{Op: o.index, Text: text}}
		}
		slices.Sort(e.Ops)
		e.Summary = fmt.Sprintf("the register is not %s: a read returned what it could not have", level)
		if e.Key != "" {
			e.Summary = "key " + e.Key + ": " + e.Summary
		}
		return checker.Result{Verdict: checker.Invalid, Method: "intervals", Reason: "the history is not " + level,
			Evidence: []checker.Evidence{e}}
	}
	return checker.Result{Verdict: checker.Valid, Method: "intervals"}
}

// concurrentWrites says of a read whether some write of its key, other than itself, was under way
// at the same time.
func concurrentWrites(t *trace) func(read int) bool {
	type writes struct{ begins, ends []int }
	keys := make([]writes, len(t.keys))
	for i := range t.ops {
		if o := &t.ops[i]; o.writes {
			k := &keys[o.key]
			k.begins, k.ends = append(k.begins, o.begin), append(k.ends, o.end)
		}
	}
	for _, k := range keys {
		slices.Sort(k.ends)
	}
	return func(read int) bool {
		o, k := &t.ops[read], keys[t.ops[read].key]
		under := sort.SearchInts(k.begins, o.end) - sort.SearchInts(k.ends, o.begin)
		if o.writes {
			under--
		}
		return under > 0
	}
}

// Staleness is how far reads of registers lagged behind, by real time alone: lower bounds, whatever
// order the writes took.
type Staleness struct {
	Reads    int           `json:"reads"`    // reads that returned what had certainly been replaced before they began
	Time     time.Duration `json:"time"`     // at most this long before they began, in nanoseconds
	Versions int           `json:"versions"` // at most this many writes lay wholly between what was read and the read
	Op       int           `json:"op"`       // index of the invocation of the read that lagged longest
}

func (s Staleness) String() string {
	versions := "versions"
	if s.Versions == 1 {
		versions = "version"
	}
	lag := fmt.Sprintf("by at least %v and %d %s", brief(s.Time), s.Versions, versions)
	if s.Reads == 1 {
		return "1 read lagged, " + lag
	}
	return fmt.Sprintf("%d reads lagged, the worst %s", s.Reads, lag)
}

// mostSteps bounds the writes that staleness walks over, all reads together. Beyond it a lag is
// said to be less than it is, which "at least" allows for.
const mostSteps = 1 << 22

// staleness measures all reads of a trace. Reads of what nobody wrote, or had not yet begun to
// write, have no age.
func staleness(t *trace) Staleness {
	var s Staleness
	steps := mostSteps
	keys := newClockwork(t)
	for i := range t.ops {
		o := &t.ops[i]
		if !o.reads || o.end == never || o.from == nowhere {
			continue
		}
		c := keys[o.key]
		if c.fresher(t, i) < 0 {
			continue
		}
		s.Reads++
		written := -1
		if o.from >= 0 {
			written = t.ops[o.from].end
		}
		versions, since := 0, time.Duration(0)
		for n := c.before(t, o.begin) - 1; n >= 0 && steps > 0; n-- { // as far back as the end of what was read
			steps--
			w := &t.ops[c.ended[n]]
			if w.end < written {
				break
			}
			if w.begin > written {
				versions, since = versions+1, w.stop
			}
		}
		s.Versions = max(s.Versions, versions)
		if lag := o.start - since; lag >= s.Time {
			s.Time, s.Op = lag, o.index
		}
	}
	return s
}

// brief is a duration to two or three digits.
func brief(d time.Duration) time.Duration {
	unit := time.Microsecond
	for d >= 100*unit {
		unit *= 10
	}
	return d.Round(unit)
}
