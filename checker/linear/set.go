package linear

import (
	"cmp"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

type setCall = call[model.SetCall, model.SetResult]

// found says whether a call of one element was told that it was there, before any change of its
// own.
func found(c *setCall) bool { return !c.pending() && c.out.Found() }

// missed says whether a call of one element was told that it was not there.
func missed(c *setCall) bool { return !c.pending() && c.out.Missed() }

// adds says whether a call may add its element. An add that found it there only looked.
func adds(c *setCall) bool { return c.in.F == model.Add && !found(c) }

// removes says whether a call may remove its element. A remove that missed it only looked.
func removes(c *setCall) bool { return c.in.F == model.Remove && !missed(c) }

// byGrowth decides a set from which nothing is removed, in time linear in what was read, and a
// sort.
//
// Why it is exact. An element that is added is there from some moment on for ever. That moment is
// behind the begin of the earliest add and of every contains that did not find it, and before the
// end of every add and of every contains that did; later adds of it may happen anywhere behind. An
// add that was told that it added the element is that moment; one that was told that the element
// was there already only found it. Adds with unknown outcome of an element that nobody saw may be
// left out. Reads of the whole set must grow: in the order of their sizes each holds all elements
// of the one before. They put the elements into groups, each of which appears between one read and
// the next larger one, so that all moments and reads have ranks, and an order exists if and only
// if the ranks agree with time.
func byGrowth(calls []setCall) (outcome, bool) {
	for i := range calls {
		if calls[i].in.F == model.Remove { // also one that missed its element, which no such history needs
			return outcome{}, false
		}
	}
	w := growing{calls: calls, elements: map[model.Value]*element{}}.find()
	o := outcome{verdict: checker.Valid, method: "growth", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o, true
}

type growing struct {
	calls    []setCall
	elements map[model.Value]*element
	reads    []int32 // by size
}

// element is what is known of one element. Calls are nobody where there is none.
type element struct {
	value      model.Value
	add        int32 // the add that began first
	after      int32 // the element appeared after this call began: the add, or a contains that did not find it
	before     int32 // and before this call ended: an add, or a contains that found it
	begin, end int   // of these
	seen       bool
	read       int32 // the smallest read that has it
	rank       int
}

func (g growing) find() *witness {
	for i := range g.calls {
		if w := g.gather(int32(i)); w != nil {
			return w
		}
	}
	slices.SortStableFunc(g.reads, func(a, b int32) int {
		return cmp.Compare(len(g.calls[a].out.Values), len(g.calls[b].out.Values))
	})
	last, w := g.group()
	if w != nil {
		return w
	}
	var items []ranked
	for i, r := range g.reads {
		items = append(items, ranked{r, 2*i + 1, g.calls[r].begin, g.calls[r].end})
		if i > 0 && len(g.calls[r].out.Values) == len(g.calls[g.reads[i-1]].out.Values) {
			items[i].rank = items[i-1].rank // the same elements
		}
	}
	var elements []*element
	for _, e := range g.elements {
		elements = append(elements, e)
	}
	slices.SortFunc(elements, func(a, b *element) int { return cmp.Compare(a.begin, b.begin) })
	for i, e := range elements {
		switch {
		case e.add == nobody && !e.seen:
			continue
		case e.add == nobody:
			w := &witness{kind: "value-from-nowhere"}
			w.say(e.witness(), "#%d found %s, which nobody added", g.calls[e.witness()].op, e.value)
			return w
		case e.begin > e.end:
			return g.impossible(e)
		case e.read == nobody:
			e.rank = last
		}
		items = append(items, ranked{int32(-2 - i), e.rank, e.begin, e.end})
	}
	late, before, found := backwards(items)
	if !found {
		return nil
	}
	return g.against(late, before, elements)
}

// witness is a call that saw the element.
func (e *element) witness() int32 {
	if e.before != nobody {
		return e.before
	}
	return e.read
}

func (g growing) element(v model.Value) *element {
	e := g.elements[v]
	if e == nil {
		e = &element{value: v, add: nobody, after: nobody, before: nobody, begin: -1, end: never, read: nobody}
		g.elements[v] = e
	}
	return e
}

// gather notes what one call says of its element.
func (g *growing) gather(i int32) *witness {
	c := &g.calls[i]
	if c.in.F == model.Read {
		if c.out.Twice {
			w := &witness{kind: "duplicate-element"}
			w.say(i, "#%d read an element twice: %s", c.op, model.Set{}.Describe(c.in, &c.out))
			return w
		}
		g.reads = append(g.reads, i)
		return nil
	}
	e := g.element(c.in.Value)
	if c.in.F == model.Contains && missed(c) {
		e.notBefore(i, c.begin)
		return nil
	}
	switch {
	case missed(c) && e.add != nobody && missed(&g.calls[e.add]):
		w := &witness{kind: "lost-add"}
		w.include(e.add)
		w.say(i, "#%d added %s and so did #%d, but it is never removed", c.op, e.value, g.calls[e.add].op)
		return w
	case missed(c), adds(c) && e.add == nobody:
		e.add = i
		e.notBefore(i, c.begin)
	}
	if found(c) {
		e.seen = true
	}
	if c.end < e.end {
		e.before, e.end = i, c.end
	}
	return nil
}

func (e *element) notBefore(i int32, begin int) {
	if begin > e.begin {
		e.after, e.begin = i, begin
	}
}

// group ranks the elements by the smallest read that has them, and returns the rank behind all
// reads.
func (g *growing) group() (last int, w *witness) {
	var before *setCall
	for i, r := range g.reads {
		c := &g.calls[r]
		if before != nil {
			if missing, found := lacks(c.out.Values, before.out.Values); found {
				return 0, g.incomparable(g.reads[i-1], r, missing)
			}
		}
		before = c
		for _, v := range c.out.Values {
			if e := g.element(v); e.read == nobody {
				e.read, e.seen, e.rank = r, true, 2*i
			}
		}
	}
	return 2 * len(g.reads), nil
}

// lacks finds an element of b, sorted like a, that a has not.
func lacks(a, b []model.Value) (model.Value, bool) {
	for _, v := range b {
		if _, has := slices.BinarySearch(a, v); !has {
			return v, true
		}
	}
	return "", false
}

// incomparable is two reads each of which has what the other lacks, or of which the larger lacks
// something.
func (g *growing) incomparable(small, large int32, missing model.Value) *witness {
	other, _ := lacks(g.calls[small].out.Values, g.calls[large].out.Values)
	w := &witness{kind: "incomparable-reads"}
	for i := range g.calls {
		if in := g.calls[i].in; in.F == model.Add && (in.Value == missing || in.Value == other) {
			w.include(int32(i))
		}
	}
	w.say(small, "#%d has %s without %s", g.calls[small].op, missing, other)
	w.say(large, "#%d has %s without %s, and nothing is ever removed", g.calls[large].op, other, missing)
	return w
}

// impossible is an element that should have appeared after a call began that began after it should
// have been there.
func (g *growing) impossible(e *element) *witness {
	after, before := &g.calls[e.after], &g.calls[e.before]
	w := &witness{kind: "lost-add"}
	w.include(e.add, e.before)
	switch {
	case !missed(after):
		w.kind = "read-from-future"
		w.say(e.before, "#%d found %s and ended before #%d, the first to add it, began", before.op, e.value, after.op)
	case adds(before):
		w.say(e.after, "#%d began after #%d ended, so it must find %s, which is never removed", after.op, before.op,
			e.value)
	default:
		w.kind = "stale-read"
		w.say(e.after, "#%d began after #%d ended, which found %s; it is never removed", after.op, before.op, e.value)
	}
	return w
}

// against says why late cannot come before before.
func (g *growing) against(late, before ranked, elements []*element) *witness {
	w := &witness{kind: "stale-read"}
	of := func(r ranked) *element {
		if r.call >= 0 {
			return nil
		}
		return elements[-2-r.call]
	}
	a, b := of(late), of(before)
	number := func(i int32) int { return g.calls[i].op }
	switch {
	case a == nil && b == nil:
		missing, _ := lacks(g.calls[late.call].out.Values, g.calls[before.call].out.Values)
		w.include(g.elements[missing].add, before.call)
		w.say(late.call, "#%d began after #%d ended, which has %s; it must have it too", number(late.call),
			number(before.call), missing)
	case a == nil:
		w.include(b.add, b.before)
		if adds(&g.calls[b.before]) {
			w.kind = "lost-add"
		}
		w.say(late.call, "#%d began after #%d ended, so it must have %s, which is never removed", number(late.call),
			number(b.before), b.value)
	case b == nil && adds(&g.calls[a.after]):
		w.kind = "read-from-future"
		w.include(a.after)
		w.say(before.call, "#%d has %s and ended before #%d, the first to add it, began", number(before.call), a.value,
			number(a.after))
	case b == nil:
		w.include(a.add, before.call)
		w.say(a.after, "#%d began after #%d ended, which has %s; it is never removed", number(a.after),
			number(before.call), a.value)
	default:
		w.kind = "reordered"
		w.include(a.add, b.add, a.after, b.before)
		w.say(a.after, "#%d began after #%d ended, so %s was there before %s", number(a.after), number(b.before),
			b.value, a.value)
		w.say(a.read, "#%d has %s without %s", number(a.read), a.value, b.value)
	}
	return w
}

// splitSet divides a set that is never read as a whole into its elements, which are objects of
// their own.
func splitSet(calls []setCall) [][]setCall {
	at := map[model.Value]int{}
	var parts [][]setCall
	for i := range calls {
		if calls[i].in.F == model.Read {
			return [][]setCall{calls}
		}
		v := calls[i].in.Value
		n, known := at[v]
		if !known {
			n = len(parts)
			at[v] = n
			parts = append(parts, nil)
		}
		parts[n] = append(parts[n], calls[i])
	}
	return parts
}

// projectSet leaves out observations at will. An add is left out alone if no one keeps having seen
// its element there, a remove if no one keeps having seen it missing; else the element is left out
// with all that happened to it, and no read is asked about it any more.
func projectSet(calls []setCall, keep func(i int) bool) []setCall {
	there, lost, missing := observed(calls, keep)
	out := map[model.Value]bool{} // elements left out
	for i := range calls {
		c := &calls[i]
		if v := c.in.Value; !keep(i) && (adds(c) && there[v] || removes(c) && (missing || lost[v])) {
			out[v] = true
		}
	}
	var kept []setCall
	for i := range calls {
		c := calls[i]
		if !keep(i) || c.in.F != model.Read && out[c.in.Value] {
			continue
		}
		if c.in.F == model.Read && len(out) > 0 {
			c.out.Values = slices.DeleteFunc(slices.Clone(c.out.Values), func(v model.Value) bool { return out[v] })
			c.out.Twice = false
			for j := 1; j < len(c.out.Values); j++ {
				c.out.Twice = c.out.Twice || c.out.Values[j] == c.out.Values[j-1]
			}
		}
		kept = append(kept, c)
	}
	return kept
}

// observed are the elements that calls which ended found, and those that they asked for in vain;
// missing says that one read the whole set, and so could miss any.
func observed(calls []setCall, keep func(i int) bool) (there, lost map[model.Value]bool, missing bool) {
	there, lost = map[model.Value]bool{}, map[model.Value]bool{}
	for i := range calls {
		switch c := &calls[i]; {
		case !keep(i) || c.pending():
		case c.in.F == model.Read:
			missing = true
			for _, v := range c.out.Values {
				there[v] = true
			}
		case found(c):
			there[c.in.Value] = true
		case missed(c):
			lost[c.in.Value] = true
		}
	}
	return there, lost, missing
}

// reduceSet leaves out adds with unknown outcome of elements that nobody saw, and removes of
// elements that nobody missed: nothing depends on them. It narrows the times of the remaining
// calls.
func reduceSet(calls []setCall) []setCall {
	there, lost, missing := observed(calls, func(int) bool { return true })
	return boundSet(filter(calls, func(i int) bool {
		c := &calls[i]
		return !c.pending() || c.in.F == model.Add && there[c.in.Value] ||
			c.in.F == model.Remove && (missing || lost[c.in.Value])
	}))
}
