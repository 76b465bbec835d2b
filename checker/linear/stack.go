package linear

import (
	"cmp"
	"slices"
	"sort"

	"github.com/splitvote/splitvote/checker"
)

// byNesting decides a stack if no value that was popped was pushed more than once, and if no pop
// with unknown outcome might matter. It takes O(n log n), and n for each level of nesting that it
// must open (after Lee and Mathur, Efficient Decrease-and-Conquer Linearizability Monitoring,
// OOPSLA 2025).
//
// Why it is exact. A value is certainly on the stack from the end of its push to the begin of its
// pop: call that its core. In an order that explains the history the lives of any two values, from
// push to pop, are disjoint or nested. Values that were never popped are popped in some order at
// the very end.
//
//   - A value whose pop begins before its push ends has no core: it can be pushed and popped at
//     one moment, and matters no more.
//   - A value whose push begins before every other push ends, and whose pop ends after every other
//     pop begins, can always be the outermost: take any order, move its push to the front and its
//     pop to the back, and bring forward or put off what lay outside, which the condition allows.
//     So it can be taken out.
//   - At a moment that lies in no core the values can always be divided: those whose pop began
//     earlier live before it, those whose push ends later live after it. Take any order, and put
//     off to that moment the pushes of the latter, bring forward to it the pops of the former. So
//     both sides can be decided for themselves.
//   - If neither helps, all cores hang together and there is no outermost value, but in any order
//     there would have to be one: lives whose cores overlap are nested.
//
// A pop that found nothing needs a moment that lies in no core, and any will do, as the stack can
// be divided there.
//
// Pops with unknown outcome may have taken what nobody else took. If the history is fine without
// them, or with one way of handing them out, it is valid; if what others took cannot nest even
// without the rest, it is not; else it stays open.
func byNesting(calls []queueCall) (outcome, bool) {
	s := stacks{calls: calls}
	w, decided := s.gather()
	if !decided || w != nil {
		return s.outcome(w), decided
	}
	if w = s.judge(s.items); w == nil || len(s.lost) == 0 {
		return s.outcome(w), true
	}
	if s.judge(s.guess()) == nil {
		return s.outcome(nil), true
	}
	known := slices.DeleteFunc(slices.Clone(s.items), func(it item) bool { return it.dequeue == nobody })
	if w = s.judge(known); w != nil {
		return s.outcome(w), true
	}
	return outcome{}, false
}

func (s *stacks) outcome(w *witness) outcome {
	o := outcome{verdict: checker.Valid, method: "nesting", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o
}

// stacks shares with queues how pushes and pops are paired.
type stacks struct {
	calls   []queueCall
	items   []item
	lost    []int32 // pops with unknown outcome
	empties []int32 // pops that found nothing
}

func (s *stacks) gather() (*witness, bool) {
	q := queues{calls: s.calls}
	w, decided := q.gather()
	s.items, s.lost, s.empties = q.items, q.lost, q.empties
	if !slices.ContainsFunc(s.items, func(it item) bool { return it.dequeue == nobody }) {
		s.lost = nil // there is nothing that they might have taken
	}
	return w, decided
}

// judge looks for a violation, given who popped what.
func (s *stacks) judge(items []item) *witness {
	q := queues{calls: s.calls, items: items, empties: s.empties}
	if w := q.neverEmpty(); w != nil {
		return w
	}
	return s.nested(items)
}

// guess hands out pops with unknown outcome. A value must have been popped by its deadline: the end
// of the first pop of a value that was certainly below it, and there when it came; or of the first
// pop that found nothing. Values in the order of their deadlines get the pops in the order of their
// begins.
func (s *stacks) guess() []item {
	items := slices.Clone(s.items)
	missing := s.deadlines(items)
	slices.SortFunc(missing, func(a, b deadline) int { return cmp.Compare(a.at, b.at) })
	for n, d := range missing[:min(len(missing), len(s.lost))] {
		it, pop := &items[d.item], s.lost[n]
		it.dequeue, it.out, it.end = pop, s.calls[pop].begin, never-1 // it is gone before the very end
	}
	return items
}

// deadlines lists the values that nobody is known to have popped and that must be gone at some
// time.
func (s *stacks) deadlines(items []item) []deadline {
	byIn := make([]int32, len(items)) // from the last push on
	for i := range byIn {
		byIn[i] = int32(i)
	}
	byOut := slices.Clone(byIn)
	slices.SortFunc(byIn, func(a, b int32) int { return cmp.Compare(items[b].in, items[a].in) })
	slices.SortFunc(byOut, func(a, b int32) int { return cmp.Compare(items[b].out, items[a].out) })
	ends := newPrefixMin(len(items)) // by rank of in: the earliest end of a pop that began after a moment
	rank := make([]int, len(items))
	for r, i := range byIn {
		rank[i] = len(items) - 1 - r
	}
	firstEmpty := never // the earliest end of one that began after a moment
	empties := slices.Clone(s.empties)
	slices.SortFunc(empties, func(a, b int32) int { return cmp.Compare(s.calls[b].begin, s.calls[a].begin) })
	var missing []deadline
	for _, a := range byIn {
		it := &items[a]
		for ; len(byOut) > 0 && items[byOut[0]].out > it.in; byOut = byOut[1:] {
			ends.lower(rank[byOut[0]], items[byOut[0]].end)
		}
		for ; len(empties) > 0 && s.calls[empties[0]].begin > it.in; empties = empties[1:] {
			firstEmpty = min(firstEmpty, s.calls[empties[0]].end)
		}
		if it.dequeue != nobody {
			continue
		}
		below := len(items) - sort.Search(len(items), func(n int) bool { return items[byIn[n]].in < it.begin })
		if at := min(firstEmpty, ends.upTo(below)); at != never {
			missing = append(missing, deadline{item: a, at: at})
		}
	}
	return missing
}

// prefixMin finds the least of the first values of a list (Fenwick, A New Data Structure for
// Cumulative Frequency Tables, Software: Practice and Experience 1994).
type prefixMin []int

func newPrefixMin(n int) prefixMin {
	m := make(prefixMin, n+1)
	for i := range m {
		m[i] = never
	}
	return m
}

// lower puts a value at position i if it is less than the one that is there.
func (m prefixMin) lower(i, value int) {
	for i++; i < len(m); i += i & -i {
		m[i] = min(m[i], value)
	}
}

// upTo is the least of the first n values.
func (m prefixMin) upTo(n int) int {
	least := never
	for ; n > 0; n -= n & -n {
		least = min(least, m[n])
	}
	return least
}

// nested decides whether the lives of items can be disjoint or nested.
func (s *stacks) nested(items []item) *witness {
	n := nesting{items: items, gone: make([]bool, len(items)), pushable: make([]bool, len(items)),
		poppable: make([]bool, len(items))}
	var all layer
	for i := range items {
		if items[i].in < items[i].out {
			all.byIn = append(all.byIn, int32(i))
		}
	}
	all.byBegin, all.byOut, all.byEnd = slices.Clone(all.byIn), slices.Clone(all.byIn), slices.Clone(all.byIn)
	ascending := func(of func(*item) int) func(a, b int32) int {
		return func(a, b int32) int { return cmp.Compare(of(&items[a]), of(&items[b])) }
	}
	slices.SortFunc(all.byIn, ascending(func(it *item) int { return it.in }))
	slices.SortFunc(all.byBegin, ascending(func(it *item) int { return it.begin }))
	slices.SortFunc(all.byOut, ascending(func(it *item) int { return -it.out }))
	slices.SortFunc(all.byEnd, ascending(func(it *item) int { return -it.end }))
	for open := []layer{all}; len(open) > 0; {
		l := n.peel(open[len(open)-1])
		open = open[:len(open)-1]
		if len(l.byIn) == 0 {
			continue
		}
		parts := n.divide(l)
		if len(parts) == 1 {
			w := &witness{kind: "not-last-in-first-out"}
			for _, i := range l.byIn {
				w.calls = append(w.calls, int(items[i].enqueue))
				if d := items[i].dequeue; d != nobody {
					w.calls = append(w.calls, int(d))
				}
			}
			return w
		}
		open = append(open, parts...)
	}
	return nil
}

// layer is a set of items in the orders of the four events that matter: ends and begins of pushes,
// from the first on, and begins and ends of pops, from the last on.
type layer struct{ byIn, byBegin, byOut, byEnd []int32 }

type nesting struct {
	items              []item
	gone               []bool
	pushable, poppable []bool // before all other pushes end; after all other pops begin
}

// peel takes out outermost items until there is none. Taking one out can make others outermost,
// never fewer.
func (n *nesting) peel(l layer) layer {
	var in, begin, out, end int
	for again := true; again; {
		again = false
		for in < len(l.byIn) && n.gone[l.byIn[in]] {
			in++
		}
		for out < len(l.byOut) && n.gone[l.byOut[out]] {
			out++
		}
		if in == len(l.byIn) {
			break
		}
		first, last := n.items[l.byIn[in]].in, n.items[l.byOut[out]].out
		for ; begin < len(l.byBegin) && n.items[l.byBegin[begin]].begin < first; begin++ {
			i := l.byBegin[begin]
			n.pushable[i] = true
			n.gone[i] = n.poppable[i]
			again = again || n.gone[i]
		}
		// A value that is still there counts as popped at the very end, where all ends are behind
		// all begins.
		for ; end < len(l.byEnd) && (n.items[l.byEnd[end]].end > last || n.items[l.byEnd[end]].end == never); end++ {
			i := l.byEnd[end]
			n.poppable[i] = true
			n.gone[i] = n.gone[i] || n.pushable[i]
			again = again || n.gone[i]
		}
	}
	left := func(i int32) bool { return !n.gone[i] }
	rest := n.choose(l, left)
	for _, i := range rest.byIn {
		n.pushable[i], n.poppable[i] = false, false
	}
	return rest
}

// choose is the part of a layer that which accepts.
func (n *nesting) choose(l layer, which func(i int32) bool) layer {
	pick := func(from []int32) []int32 {
		var to []int32
		for _, i := range from {
			if which(i) {
				to = append(to, i)
			}
		}
		return to
	}
	return layer{pick(l.byIn), pick(l.byBegin), pick(l.byOut), pick(l.byEnd)}
}

// divide splits a layer at every moment that lies in no core.
func (n *nesting) divide(l layer) []layer {
	part := make(map[int32]int, len(l.byIn))
	parts, covered := 0, -1
	for _, i := range l.byIn {
		if it := &n.items[i]; parts == 0 || it.in > covered {
			parts++
		}
		covered = max(covered, n.items[i].out)
		part[i] = parts - 1
	}
	if parts == 1 {
		return []layer{l}
	}
	divided := make([]layer, parts)
	for _, i := range l.byIn {
		divided[part[i]].byIn = append(divided[part[i]].byIn, i)
	}
	for _, i := range l.byBegin {
		divided[part[i]].byBegin = append(divided[part[i]].byBegin, i)
	}
	for _, i := range l.byOut {
		divided[part[i]].byOut = append(divided[part[i]].byOut, i)
	}
	for _, i := range l.byEnd {
		divided[part[i]].byEnd = append(divided[part[i]].byEnd, i)
	}
	return divided
}
