package linear

import (
	"cmp"
	"iter"
	"slices"

	"github.com/splitvote/splitvote/model"
)

// boundSet narrows the times between which calls may take effect, and leaves out removes with
// unknown outcome that nothing depends on, so that a search has fewer orders to try. It looks at
// elements that one call adds and at most one removes. What the two themselves were told of the
// element it leaves to the search.
//
// Why the verdict stays. Whatever it concludes holds in every order that explains the calls. Such
// an element is there from its add until its remove, if that comes later, else for ever; so
//
//   - who finds it comes after the add, and before a remove that comes after the add;
//   - who misses it and comes after the add comes after the remove, which then has taken effect,
//     and after the add;
//   - who misses it and comes before the remove, or where there is none, or only one before the
//     add, comes before the add.
//
// Of two calls of which one comes before the other, it takes effect before the other ends, and the
// other after it began. A remove with unknown outcome may as well not have happened if whoever
// misses the element ended before the add began.
func boundSet(calls []setCall) []setCall {
	b := setBounds{calls: calls, at: map[model.Value]int{}}
	if !b.gather() {
		return calls
	}
	for range mostRounds {
		b.changed = false
		for i := range b.elements {
			b.narrow(&b.elements[i])
		}
		if !b.changed {
			break
		}
	}
	var bounded []setCall
	for i, c := range calls {
		c.begin, c.end = b.spans[i].begin, b.spans[i].end
		if !c.pending() || !removes(&calls[i]) || !b.idle(int32(i)) {
			bounded = append(bounded, c)
		}
	}
	slices.SortStableFunc(bounded, func(a, b setCall) int { return cmp.Compare(a.begin, b.begin) })
	return bounded
}

const (
	mostPairs  = 1 << 27 // of a whole read and an element that are looked at
	mostRounds = 8       // conclusions from conclusions
)

type setBounds struct {
	calls    []setCall
	spans    []span // by call
	elements []setElement
	at       map[model.Value]int // place in elements
	reads    []int32
	changed  bool
}

// span is the time within which a call takes effect.
type span struct{ begin, end int }

// setElement is what is known of one element. Calls are nobody where there is none.
type setElement struct {
	add, remove   int32
	adds, removes int
	asked         []int32  // who asked for it, and was answered
	read          []uint64 // by place in setBounds.reads: who has it
}

// gather divides calls by element. It says false if that is too much.
func (b *setBounds) gather() bool {
	for i := range b.calls {
		c, in := &b.calls[i], b.calls[i].in
		b.spans = append(b.spans, span{c.begin, c.end})
		switch {
		case adds(c):
			e := b.element(in.Value)
			e.add = int32(i)
			e.adds++
		case removes(c):
			e := b.element(in.Value)
			e.remove = int32(i)
			e.removes++
		case c.pending():
		case in.F == model.Read:
			b.reads = append(b.reads, int32(i))
		default:
			e := b.element(in.Value)
			e.asked = append(e.asked, int32(i))
		}
	}
	if len(b.reads)*len(b.elements) > mostPairs {
		return false
	}
	words := (len(b.reads) + 63) / 64
	room := make([]uint64, words*len(b.elements))
	for i := range b.elements {
		b.elements[i].read, room = room[:words], room[words:]
	}
	for n, r := range b.reads {
		for _, v := range b.calls[r].out.Values {
			if i, known := b.at[v]; known {
				b.elements[i].read[n/64] |= 1 << (n % 64)
			}
		}
	}
	return true
}

func (b *setBounds) element(v model.Value) *setElement {
	i, known := b.at[v]
	if !known {
		i = len(b.elements)
		b.at[v] = i
		b.elements = append(b.elements, setElement{add: nobody, remove: nobody})
	}
	return &b.elements[i]
}

// plain says that one call adds the element, and at most one removes it.
func (e *setElement) plain() bool { return e.adds == 1 && e.removes <= 1 }

// observers are the calls that found the element or missed it.
func (b *setBounds) observers(e *setElement) iter.Seq2[int32, bool] {
	return func(yield func(c int32, found bool) bool) {
		for _, c := range e.asked {
			if !yield(c, b.calls[c].out.Has) {
				return
			}
		}
		for n, r := range b.reads {
			if !yield(r, e.read[n/64]>>(n%64)&1 == 1) {
				return
			}
		}
	}
}

// narrow draws the conclusions from one element.
func (b *setBounds) narrow(e *setElement) {
	if !e.plain() {
		return
	}
	behind := e.remove != nobody && b.precedes(e.add, e.remove) // whether the remove is known to come after the add
	for c, found := range b.observers(e) {
		switch {
		case found:
			b.order(e.add, c)
		case e.remove == nobody || b.precedes(c, e.remove) || b.precedes(e.remove, e.add):
			b.order(c, e.add)
		case b.precedes(e.add, c):
			b.order(e.remove, c)
			b.order(e.add, e.remove)
			behind = true
		}
	}
	if !behind {
		return
	}
	for c, found := range b.observers(e) {
		if found {
			b.order(c, e.remove)
		}
	}
}

// precedes says whether a comes before c by their times.
func (b *setBounds) precedes(a, c int32) bool { return b.spans[a].end < b.spans[c].begin }

// order notes that a comes before c, if c takes effect at all.
func (b *setBounds) order(a, c int32) {
	if b.spans[a].end > b.spans[c].end {
		b.spans[a].end, b.changed = b.spans[c].end, true
	}
	if b.spans[c].begin < b.spans[a].begin {
		b.spans[c].begin, b.changed = b.spans[a].begin, true
	}
}

// idle says whether nothing depends on a remove with unknown outcome.
func (b *setBounds) idle(remove int32) bool {
	e := b.element(b.calls[remove].in.Value)
	if !e.plain() {
		return false
	}
	for c, found := range b.observers(e) {
		if !found && !b.precedes(c, e.add) {
			return false
		}
	}
	return true
}
