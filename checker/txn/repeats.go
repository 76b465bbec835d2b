package txn

import (
	"fmt"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/history"
)

// repeats are the values that were written more than once to a key, or that are the initial one
// (X16). Each write has a value of its own, which reads cannot tell from the others.
type repeats struct {
	of    map[keyValue][]int32 // further values that look like one
	like  map[int32]int32      // the one that such a value looks like, none for the initial one
	token map[int32][]byte     // how such an element stands in the text of a list
}

// keyValue is a value of a key, none for the initial one.
type keyValue struct{ key, value int32 }

func newRepeats() *repeats {
	return &repeats{of: map[keyValue][]int32{}, like: map[int32]int32{}, token: map[int32][]byte{}}
}

func (r *repeats) add(key, v, further int32) {
	r.of[keyValue{key, v}] = append(r.of[keyValue{key, v}], further)
	r.like[further] = v
}

// looks is the value as reads see it.
func (r *repeats) looks(v int32) int32 {
	if like, ok := r.like[v]; ok {
		return like
	}
	return v
}

// candidates are the values that a read of one may have seen.
func (r *repeats) candidates(key, v int32) []int32 {
	return append([]int32{v}, r.of[keyValue{key, v}]...)
}

// again is a value for one more write of a value.
func (t *trace) again(v int32) int32 {
	key := t.values[v].key
	further := t.newValue(key, t.values[v].text)
	t.repeats.add(key, v, further)
	for n := int(further); ; n++ { // a name that no element has
		token := fmt.Appendf(nil, `"\u0000%d"`, n)
		text, err := canonical(token)
		if name := (valueName{key, string(text)}); err == nil {
			if _, taken := t.others[name]; !taken {
				t.others[name], t.repeats.token[further] = further, token
				return further
			}
		}
	}
}

// ambiguity is a read that may have seen one of several writes: options are what it may have
// returned, told apart.
type ambiguity struct {
	micro   int32
	txn     int32
	saw     int32 // a value that repeats
	options []option
}

// option is one way to tell apart what a read returned.
type option struct {
	value  int32   // of a register
	list   []byte  // text of a list
	chosen []int32 // the values that repeat, as they are told apart
}

// mostOptions bounds the ways in which one read is told apart.
const mostOptions = 1 << 10

// ambiguous lists the reads that may have seen one of several writes. A read that follows a read
// or a write of the same value in its transaction saw the same: that it could have seen another
// like it makes nothing possible that is impossible otherwise. It is not whole if a read has too
// many options; that read has none then. An error is a list that cannot be read.
func (t *trace) ambiguous(modelName string) (all []ambiguity, whole bool, err error) {
	whole = true
	if len(t.repeats.like) == 0 {
		return nil, true, nil
	}
	keys := map[int32]bool{}
	for of := range t.repeats.of {
		keys[of.key] = true
	}
	for x := range t.txns {
		for i := t.txns[x].from; i < t.txns[x].to; i++ {
			m := &t.micros[i]
			if m.write || !keys[m.key] {
				continue
			}
			a := ambiguity{micro: i, txn: int32(x), saw: m.value}
			if modelName == ListAppend {
				ok, err := t.tellApart(&a, m)
				if err != nil {
					return nil, false, err
				}
				whole = whole && ok
				if !ok || len(a.options) > 1 {
					all = append(all, a)
				}
				continue
			}
			candidates := t.repeats.candidates(m.key, m.value)
			if len(candidates) == 1 || m.prev != none && t.repeats.looks(t.micros[m.prev].value) == m.value {
				continue
			}
			t.byTime(int32(x), candidates)
			for _, v := range candidates {
				a.options = append(a.options, option{value: v, chosen: []int32{v}})
			}
			all = append(all, a)
		}
	}
	return all, whole, nil
}

// tellApart lists the options of a read of a list; not ok if there are too many.
func (t *trace) tellApart(a *ambiguity, m *micro) (ok bool, err error) {
	seen, err := t.elements(m.key, m.list)
	if err != nil {
		return false, err
	}
	a.options = []option{{value: none}}
	for i, v := range seen {
		candidates := t.repeats.candidates(m.key, v)
		if len(candidates) > 1 {
			a.saw = v
			t.byTime(a.txn, candidates)
		}
		if len(a.options)*len(candidates) > mostOptions {
			a.options = nil
			return false, nil
		}
		var longer []option
		for _, o := range a.options {
			for _, c := range candidates {
				text := slices.Clone(o.list)
				if i > 0 {
					text = append(text, ',')
				}
				token, further := t.repeats.token[c]
				if !further {
					token = t.values[c].text
				}
				next := option{none, append(text, token...), o.chosen}
				if len(candidates) > 1 {
					next.chosen = append(slices.Clone(o.chosen), c)
				}
				longer = append(longer, next)
			}
		}
		a.options = longer
	}
	return true, nil
}

// byTime puts the values first that were written before a transaction ended, the latest of them
// first.
func (t *trace) byTime(x int32, candidates []int32) {
	end := t.txns[x].end
	at := func(v int32) int32 {
		if v == none {
			return -1 // before all
		}
		if begin := t.txns[t.values[v].writer].begin; begin < end {
			return begin
		}
		return -2
	}
	slices.SortStableFunc(candidates, func(a, b int32) int { return int(at(b) - at(a)) })
}

// told is a copy of the trace in which some reads are told apart and the other ambiguous ones are
// left out: fewer reads ask less of an execution, so that what is ruled out without them is ruled
// out with them. A predicate read is left out whole.
func (t *trace) told(modelName string, all []ambiguity, choices []int) *trace {
	c := &trace{history: t.history, initial: t.initial, begins: t.begins, strays: t.strays, repeats: t.repeats,
		txns: slices.Clone(t.txns), keys: slices.Clone(t.keys), values: slices.Clone(t.values),
		micros: make([]micro, 0, len(t.micros)), latest: make([]int32, len(t.keys)),
		keyNumbers: maps.Clone(t.keyNumbers), small: maps.Clone(t.small), others: maps.Clone(t.others)}
	for k := range c.latest {
		c.latest[k] = none
	}
	kept := make([]micro, len(t.micros))
	copy(kept, t.micros)
	gone := make([]bool, len(t.micros))
	for i, a := range all {
		if i >= len(choices) {
			gone[a.micro] = true
			continue
		}
		o := a.options[choices[i]]
		kept[a.micro].value, kept[a.micro].list = o.value, o.list
	}
	for i := range kept {
		m := &kept[i]
		if modelName != RWRegister || m.write || m.prev == none {
			continue
		}
		same := t.repeats.looks(t.micros[m.prev].value) == m.value
		if same && len(t.repeats.candidates(m.key, m.value)) > 1 {
			m.value = kept[m.prev].value // it saw the same
			gone[i] = gone[i] || !t.micros[m.prev].write && gone[m.prev]
		}
	}
	for _, p := range t.predicates {
		if slices.Contains(gone[p.from:p.to], true) {
			for i := p.from; i < p.to; i++ {
				gone[i] = true
			}
		}
	}
	next := 0 // predicate read
	for x := range c.txns {
		of := &c.txns[x]
		from, to := of.from, of.to
		of.from, of.committed = int32(len(c.micros)), of.kind == history.Ok
		for i := from; i <= to; i++ {
			for next < len(t.predicates) && t.predicates[next].txn == int32(x) && t.predicates[next].from == i {
				p := t.predicates[next]
				if next++; !slices.Contains(gone[p.from:p.to], true) {
					at := int32(len(c.micros))
					c.predicates = append(c.predicates, predicate{p.txn, at, at + p.to - p.from})
				}
			}
			if i < to && !gone[i] {
				m := kept[i]
				m.bad = false
				c.touch(m)
			}
		}
		of.to = int32(len(c.micros))
		c.forget(c.did(int32(x)))
	}
	return c
}
