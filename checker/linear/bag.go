package linear

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

// byPresence decides an unordered queue in O(n log n), unless some call found nothing in a queue
// into which a value was put more than once.
//
// Why it is exact. Values do not get into each other's way. Without a call that found nothing
// there is an order if and only if the n-th dequeue of each value ends after its n-th enqueue
// began: then each dequeue has its own enqueue, and calls with unknown outcome need not have
// happened, except the enqueues that are used.
//
// A call that found nothing needs a moment between its begin and its end at which the queue is
// empty. A value that is put in once is certainly there from the end of its enqueue to the begin
// of its dequeue: its core. At every other moment it need not be: it can be there for just its
// core or, without one, for an instant only. So the moment must lie in no core of a value that was
// taken out, and it is possible to choose it for each such call by itself. A value that nobody is
// known to have taken out has a core without end, if its enqueue ended, unless a dequeue with
// unknown outcome took it, at any time after it began. These dequeues suffice for a set of moments
// if and only if before each of them no fewer had begun than there are such values whose enqueue
// had ended: before a moment, both the values that must be gone and the dequeues that can have
// taken them include those before an earlier moment.
func byPresence(calls []queueCall) (outcome, bool) {
	p := presence{calls: calls}
	w := p.gather()
	if w == nil && len(p.empties) > 0 {
		if p.repeated {
			return outcome{}, false
		}
		w = p.nothing()
	}
	o := outcome{verdict: checker.Valid, method: "presence", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o, true
}

// presence is the state of byPresence.
type presence struct {
	calls    []queueCall
	items    []item
	lost     []int   // begins of calls with unknown outcome that may have taken out a value
	empties  []int32 // calls that found nothing
	repeated bool    // some value was put in more than once
}

// gather pairs enqueues and dequeues by value.
func (p *presence) gather() *witness {
	type use struct{ in, out []int32 }
	of := map[model.Value]*use{}
	var order []*use
	at := func(v model.Value) *use {
		if of[v] == nil {
			of[v] = &use{}
			order = append(order, of[v])
		}
		return of[v]
	}
	for i := range p.calls {
		switch c := &p.calls[i]; {
		case puts(c):
			u := at(c.in.Value)
			u.in = append(u.in, int32(i))
		case c.pending():
			p.lost = append(p.lost, c.begin)
		case c.out == model.Null:
			p.empties = append(p.empties, int32(i))
		default:
			u := at(c.out)
			u.out = append(u.out, int32(i))
		}
	}
	slices.Sort(p.lost)
	for _, u := range order {
		if w := p.pair(u.in, u.out); w != nil {
			return w
		}
		p.repeated = p.repeated || len(u.in) > 1
	}
	return nil
}

// pair gives each dequeue of a value an enqueue, in the order of their begins.
func (p *presence) pair(in, out []int32) *witness {
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(p.calls[a].end, p.calls[b].end) })
	for n, d := range out {
		c := &p.calls[d]
		if n < len(in) && p.calls[in[n]].begin < c.end {
			continue
		}
		w := &witness{kind: "duplicate-delivery"}
		w.include(in[:min(n, len(in))]...)
		w.include(out[:n]...)
		switch {
		case len(in) == 0:
			w.kind = "value-from-nowhere"
			w.say(d, "#%d took out %s, which nobody put in", c.op, c.out)
		case n == 0:
			w.kind = "read-from-future"
			w.include(in[0])
			w.say(d, "#%d took out %s and ended before #%d, the first to put it in, began", c.op, c.out,
				p.calls[in[0]].op)
		default:
			w.say(d, "#%d took out %s, which had been put in %s by then and taken out %s before", c.op, c.out, times(n),
				times(n))
		}
		return w
	}
	for n, e := range in {
		c := &p.calls[e]
		it := item{enqueue: e, dequeue: nobody, begin: c.begin, in: c.end, out: never, end: never}
		if n < len(out) {
			it.dequeue, it.out, it.end = out[n], p.calls[out[n]].begin, p.calls[out[n]].end
		}
		if it.in < it.out {
			p.items = append(p.items, it)
		}
	}
	return nil
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// nothing looks for a call that found nothing though there is no moment in it at which the queue
// can be empty. The moment just behind event p is called p.
func (p *presence) nothing() *witness {
	var left []int // ends of the enqueues of values that nobody is known to have taken out
	var busy []span
	slices.SortFunc(p.items, func(a, b item) int { return cmp.Compare(a.in, b.in) })
	for _, it := range p.items {
		switch last := len(busy) - 1; {
		case it.dequeue == nobody:
			left = append(left, it.in)
		case last >= 0 && it.in <= busy[last].end:
			busy[last].end = max(busy[last].end, it.out)
		default:
			busy = append(busy, span{it.in, it.out})
		}
	}
	possible := func(moment int) bool {
		n, _ := slices.BinarySearch(left, moment+1)
		taken, _ := slices.BinarySearch(p.lost, moment+1)
		at, _ := slices.BinarySearchFunc(busy, moment+1, func(b span, m int) int { return cmp.Compare(b.begin, m) })
		return n <= taken && (at == 0 || busy[at-1].end <= moment)
	}
	// Where it becomes possible a core has just ended, or a dequeue with unknown outcome has begun.
	var moments []int
	for _, b := range busy {
		moments = append(moments, b.end)
	}
	moments = slices.DeleteFunc(append(moments, p.lost...), func(m int) bool { return !possible(m) })
	slices.Sort(moments)
	for _, e := range p.empties {
		c := &p.calls[e]
		next, _ := slices.BinarySearch(moments, c.begin)
		if !possible(c.begin) && (next == len(moments) || moments[next] >= c.end) {
			return p.falseEmpty(e)
		}
	}
	return nil
}

// falseEmpty is a call that found nothing while something was certainly there.
func (p *presence) falseEmpty(e int32) *witness {
	c := &p.calls[e]
	w := &witness{kind: "false-empty"}
	var lost []item
	for _, it := range p.items {
		if it.in < c.end && it.out > c.begin {
			w.include(it.enqueue, it.dequeue)
			if it.dequeue == nobody && it.in < c.begin {
				lost = append(lost, it)
			}
		}
	}
	for i := range p.calls {
		if d := &p.calls[i]; d.pending() && !puts(d) && d.begin < c.end {
			w.include(int32(i))
		}
	}
	if len(lost) == 0 {
		w.say(e, "#%d found nothing, but from its begin to its end some value was certainly there", c.op)
		return w
	}
	w.kind = "lost-value"
	put := &p.calls[lost[0].enqueue]
	w.say(e, "#%d found nothing, but #%d had put in %s, which nobody took out", c.op, put.op, put.in.Value)
	return w
}

// noteBag names all values that were lost by the time of a call that found nothing, or taken out
// too often by that of one that took out too much.
func noteBag(all []queueCall, c *queueCall) string {
	if puts(c) || c.pending() {
		return ""
	}
	in, out := map[model.Value]int{}, map[model.Value]int{}
	var order []model.Value
	for i := range all {
		switch d := &all[i]; {
		case puts(d):
			if in[d.in.Value]++; in[d.in.Value] == 1 {
				order = append(order, d.in.Value)
			}
			if d.end > c.begin && c.out == model.Null {
				out[d.in.Value]++ // it need not have been there
			}
		case !d.pending() && d.out != model.Null:
			out[d.out]++
		}
	}
	var named []string
	for _, v := range order {
		if c.out == model.Null && in[v] > out[v] || c.out != model.Null && in[v] < out[v] {
			named = append(named, string(v))
		}
	}
	if len(named) < 2 {
		return ""
	}
	const most = 20
	text := strings.Join(named[:min(most, len(named))], ", ")
	if len(named) > most {
		text += " …"
	}
	if c.out == model.Null {
		return fmt.Sprintf("%d values had been put in by then and were never taken out: %s", len(named), text)
	}
	return fmt.Sprintf("%d values were taken out more often than they were put in: %s", len(named), text)
}
