package linear

import (
	"fmt"

	"github.com/splitvote/splitvote/model"
)

// This file puts in words what byEras found.

// says is how a report tells a call: #5 (append "b").
func (e *eras) says(i int32) string {
	c := &e.calls[i]
	return fmt.Sprintf("#%d (%s)", c.op, model.Text{}.Describe(c.in, c.result()))
}

// fromNowhere is a get of a text that is no sequence of words from position at on.
func (e *eras) fromNowhere(i int32, at int) *witness {
	w := &witness{kind: "value-from-nowhere"}
	w.say(i, "%s is no sequence of texts that were put and appended: what begins at byte %d is none", e.says(i), at+1)
	return w
}

// disagree is a get that has another text than the longest get of its era, and neither is the
// beginning of the other.
func (e *eras) disagree(a, i int32) *witness {
	if _, end := e.code.divide(e.calls[i].out); end < len(e.calls[i].out) {
		return e.fromNowhere(i, end)
	}
	long := e.eras[a].longest
	w := &witness{kind: "incompatible-order"}
	w.include(long)
	w.say(i, "%s and %s are of one text that only grows, but neither is the beginning of the other", e.says(i),
		e.says(long))
	return w
}

// putInside is a text in which what was put does not stand at the beginning.
func (e *eras) putInside(i, put int32) *witness {
	w := &witness{kind: "impossible-text"}
	w.include(put)
	w.say(i, "%s has, behind other texts, what #%d put, which replaced all that was there", e.says(i), e.calls[put].op)
	return w
}

func (e *eras) twice(i, by int32) *witness {
	w := &witness{kind: "duplicate-element"}
	w.include(by)
	w.say(i, "%s has twice what only %s wrote", e.says(i), e.says(by))
	return w
}

// inTwoEras is a text that was got behind two puts.
func (e *eras) inTwoEras(i, by int32) *witness {
	other := e.eras[e.of[by]].longest
	w := &witness{kind: "duplicate-element"}
	w.include(by)
	w.say(other, "%s has what %s wrote", e.says(other), e.says(by))
	w.say(i, "%s has it too, behind another put; it was written once", e.says(i))
	return w
}

// against says why late, which began after before ended, cannot stand before it in era a.
func (e *eras) against(a, late, before int32) *witness {
	known := &e.eras[a]
	w := &witness{kind: "stale-read"}
	w.include(before)
	since := fmt.Sprintf("#%d began after #%d ended", e.calls[late].op, e.calls[before].op)
	wrote := func(i int32) bool { return e.calls[i].in.F != model.Get }
	switch {
	case !wrote(late):
		w.include(known.longest)
		has := "what that appended, behind what #%[2]d returned"
		if !wrote(before) {
			has = "all that it returned, of which #%[2]d has only the beginning"
		}
		w.say(late, "%[1]s, so it must have "+has, since, e.calls[late].op)
	case !wrote(before):
		w.kind = "read-from-future"
		w.include(late)
		w.say(before, "%s ended before %s, the only one to write what it has, began", e.says(before), e.says(late))
	default:
		w.kind = "reordered"
		w.say(late, "%s, so what it wrote comes later", since)
		w.say(known.longest, "%s has it earlier", e.says(known.longest))
	}
	return w
}

// bothOrders is two eras, a call of each of which ended before a call of the other began.
func (e *eras) bothOrders(a, b extent) *witness {
	// The initial era comes first for certain; else the era of the call that begins last is the
	// accused.
	if a.era != 0 && (b.era == 0 || b.era != nobody && b.s > a.s) {
		a, b = b, a
	}
	w := &witness{kind: "stale-read"}
	for _, x := range []extent{a, b} {
		w.include(x.first, x.last)
		if x.era != nobody {
			w.include(e.eras[x.era].longest)
		}
	}
	began := func(late, before int32) string {
		return fmt.Sprintf("#%d began after #%d ended, so", e.calls[late].op, e.calls[before].op)
	}
	if a.first != nobody {
		w.say(b.last, "%s %s comes after %s", began(b.last, a.first), e.name(b), e.name(a))
	}
	since := began(a.last, b.first)
	if b.era == nobody && e.calls[b.first].in.F == model.Append {
		w.kind = "lost-append"
		w.say(a.last, "%s what that appended must be there, behind %s", since, e.name(a))
		return w
	}
	w.say(a.last, "%s by then %s has taken the place of %s", since, e.name(b), e.name(a))
	return w
}

// name is what makes an era known.
func (e *eras) name(x extent) string {
	if x.era == 0 {
		return "the text before any put"
	}
	by := x.last
	if x.era != nobody {
		by = e.eras[x.era].writers[0]
	}
	verb := "put"
	if e.calls[by].in.F == model.Append {
		verb = "appended"
	}
	return fmt.Sprintf("what #%d %s", e.calls[by].op, verb)
}
