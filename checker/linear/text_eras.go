package linear

import (
	"cmp"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// byEras decides a text in O(n log n) and the time to read what was got, if no text that was put
// or appended is the beginning of another, and nobody got one that several calls wrote. Where it
// cannot decide it says so.
//
// Why it is exact. What a get returned has one division into words (textCode), each word has one
// writer, and so the get tells which calls made the text since the last put, and in which order. A
// put and the appends and gets up to the last that is known to stand behind it, before the next
// put, are an era: contiguous in every order, for whatever wrote between them would have been got.
// The known text of an era is the longest one that a get returned; all its other gets returned
// prefixes of it. This ranks its calls, and the ranks must agree with time. The initial era has no
// put and comes first; a put of the empty text begins one that cannot be told from it, so if both
// may have been seen it is not decided here. What wrote a word that nobody got may stand between
// any two eras: an append there changes what nobody gets. It is an era by itself, or left out if
// its outcome is unknown. An append of nothing changes nothing: it has a place between its begin
// and its end whatever the order of the others.
//
// Eras move as one, so what is left is whether "some call of a ended before some call of b began"
// has a cycle on them, and then it has one of length two: see byZones, with f the least end of an
// era and s its greatest begin.
func byEras(calls []textCall) (outcome, bool) {
	e := eras{calls: calls}
	w, decided := e.find()
	o := outcome{verdict: checker.Valid, method: "eras", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o, decided
}

// eras is the state of byEras. Calls and eras are named by their positions in the slices.
type eras struct {
	calls  []textCall
	code   textCode
	eras   []era   // the first is the initial one
	of     []int32 // by call: its era, or nobody
	size   []int32 // by get: how many words it returned
	resets bool    // the empty text was put
}

// era is what was got of the text between two puts.
type era struct {
	text    string  // the longest
	longest int32   // who got it, or nobody
	writers []int32 // who wrote its words
	ends    []int   // by number of words: the length of the text that they make
	gets    []int32
}

func (e *eras) find() (*witness, bool) {
	code, unique := newTextCode(e.calls)
	if !unique {
		return nil, false
	}
	e.code = code
	e.eras = []era{newEra()}
	e.of, e.size = make([]int32, len(e.calls)), make([]int32, len(e.calls))
	for i := range e.calls {
		in := &e.calls[i].in
		e.of[i] = nobody
		e.resets = e.resets || in.F == model.Put && in.Text == ""
	}
	for i := range e.calls {
		if c := &e.calls[i]; c.in.F == model.Get && !c.pending() {
			if w, decided := e.get(int32(i)); w != nil || !decided {
				return w, decided
			}
		}
	}
	extents := make([]extent, 0, len(e.calls))
	for a := range e.eras {
		x, w := e.order(int32(a))
		if w != nil {
			return w, true
		}
		if a > 0 || e.eras[a].longest != nobody {
			extents = append(extents, x)
		}
	}
	for i := range e.calls {
		if c := &e.calls[i]; c.in.F != model.Get && !c.pending() && e.of[i] == nobody && !nothing(&c.in) {
			extents = append(extents, extent{era: nobody, f: c.end, s: c.begin, first: int32(i), last: int32(i)})
		}
	}
	return e.conflict(extents), true
}

func newEra() era { return era{longest: nobody, ends: []int{0}} }

// get puts a get into its era. It returns a witness if no text of the era can be what it returned,
// and false if that has a word which several calls wrote.
func (e *eras) get(i int32) (*witness, bool) {
	text := e.calls[i].out
	a := int32(0)
	if text != "" {
		first := e.code.first(text)
		switch {
		case first == nil:
			return e.fromNowhere(i, 0), true
		case first.writes > 1:
			return nil, false
		case e.calls[first.by].in.F == model.Put:
			if a = e.of[first.by]; a == nobody {
				a = int32(len(e.eras))
				e.eras = append(e.eras, newEra())
			}
		}
	}
	if a == 0 && e.resets {
		return nil, false
	}
	if w, decided := e.extend(a, i); w != nil || !decided {
		return w, decided
	}
	known := &e.eras[a]
	words, whole := slices.BinarySearch(known.ends, len(text))
	if !whole {
		return e.fromNowhere(i, known.ends[words-1]), true
	}
	e.of[i], e.size[i] = a, int32(words)
	known.gets = append(known.gets, i)
	return nil, true
}

// extend makes what get i returned the longest text of era a, unless it is a beginning of what is
// known already.
func (e *eras) extend(a, i int32) (*witness, bool) {
	known, text := &e.eras[a], e.calls[i].out
	switch {
	case known.longest == nobody || len(text) > len(known.text) && strings.HasPrefix(text, known.text):
	case strings.HasPrefix(known.text, text):
		return nil, true
	default:
		return e.disagree(a, i), true
	}
	for at := len(known.text); at < len(text); {
		word := e.code.first(text[at:])
		switch {
		case word == nil:
			return e.fromNowhere(i, at), true
		case word.writes > 1:
			return nil, false
		case at > 0 && e.calls[word.by].in.F == model.Put:
			return e.putInside(i, word.by), true
		case e.of[word.by] == a:
			return e.twice(i, word.by), true
		case e.of[word.by] != nobody:
			return e.inTwoEras(i, word.by), true
		}
		at += len(word.text)
		e.of[word.by] = a
		known.writers, known.ends = append(known.writers, word.by), append(known.ends, at)
	}
	known.text, known.longest = text, i
	return nil, true
}

// extent is what an era takes of time: f is the least end in it, that of the call first, s the
// greatest begin, that of last. A write whose word nobody got is an era by itself, with nobody for
// its name.
type extent struct {
	era         int32
	f, s        int
	first, last int32
}

// order ranks the calls of an era, writes odd and gets even, and looks for two that stand against
// time.
func (e *eras) order(a int32) (extent, *witness) {
	known := &e.eras[a]
	items := make([]ranked, 0, len(known.writers)+len(known.gets))
	add := func(i int32, rank int) {
		items = append(items, ranked{i, rank, e.calls[i].begin, e.calls[i].end})
	}
	for n, w := range known.writers {
		add(w, 2*n+1)
	}
	for _, g := range known.gets {
		add(g, 2*int(e.size[g]))
	}
	if late, before, found := backwards(items); found {
		return extent{}, e.against(a, late.call, before.call)
	}
	x := extent{era: a, f: never, s: -1, first: nobody, last: nobody}
	for _, item := range items {
		if item.end < x.f {
			x.f, x.first = item.end, item.call
		}
		if item.begin > x.s {
			x.s, x.last = item.begin, item.call
		}
	}
	if a == 0 {
		x.f, x.first = -1, nobody
	}
	return x, nil
}

// conflict finds two eras that stand in both orders: see byZones.
func (e *eras) conflict(extents []extent) *witness {
	var forward []extent
	for _, x := range extents {
		if x.f < x.s {
			forward = append(forward, x)
		}
	}
	slices.SortFunc(forward, func(a, b extent) int { return cmp.Compare(a.f, b.f) })
	for i := 1; i < len(forward); i++ {
		if a, b := forward[i-1], forward[i]; b.f < a.s {
			return e.bothOrders(a, b)
		}
	}
	for _, x := range extents {
		if x.f < x.s {
			continue
		}
		at, _ := slices.BinarySearchFunc(forward, x.s, func(a extent, s int) int { return cmp.Compare(a.f, s) })
		if at > 0 && forward[at-1].s > x.f {
			return e.bothOrders(forward[at-1], x)
		}
	}
	return nil
}
