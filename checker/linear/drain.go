package linear

import (
	"cmp"
	"slices"

	"github.com/splitvote/splitvote/model"
)

// finer is how many positions an event of a history with drains has, so that parts of a drain can
// lie between two events.
const finer = 4

// expand puts the dequeues that a drain is made of in its place. Each takes effect between the
// drain's begin and its end, after those before it, and after its value was put in; the last found
// nothing. So none begins before the first enqueue of its value, or of a value before it, begins.
// Where the order of two values contradicts the order in which a FIFO queue certainly took them,
// their dequeues are given that order in time. A drain with unknown outcome may have removed any
// number of values.
//
// For an unordered queue in which all values differ this is exact. Whatever order explains the
// parts without regard to their own order, each can be moved to its begin: no value is there for
// longer then, and these begins are in the order of the parts.
func expand[S, In, Out any](m model.Model[S, In, Out], o *object[In, Out]) {
	drainer, ok := any(m).(model.Drainer[In, Out])
	if !ok || !slices.ContainsFunc(o.calls, func(c call[In, Out]) bool { return drains(m, c.in) }) {
		return
	}
	calls, queue := any(&o.calls).(*[]queueCall)
	if !queue {
		return
	}
	_, ordered := any(m).(model.Queue)
	o.scale = finer
	d := newDraining(*calls)
	for i := range *calls {
		c := (*calls)[i]
		c.begin *= finer
		if !c.pending() {
			c.end *= finer
		}
		results, drain := any(drainer).(model.Drainer[model.QueueCall, model.Value]).Drained(c.in, c.result())
		switch {
		case !drain:
			d.calls = append(d.calls, c)
		case c.pending():
			for range d.left {
				d.calls = append(d.calls, c)
			}
		default:
			d.parts(c, results, ordered)
		}
	}
	slices.SortStableFunc(d.calls, func(a, b queueCall) int { return cmp.Compare(a.begin, b.begin) })
	*calls = d.calls
	if d.repeats {
		o.open = "a drain took out values that were put in more than once, and whether in their order is not judged"
	}
}

// drains says whether a call is a drain.
func drains[S, In, Out any](m model.Model[S, In, Out], in In) bool {
	drainer, ok := any(m).(model.Drainer[In, Out])
	if !ok {
		return false
	}
	_, drain := drainer.Drained(in, nil)
	return drain
}

// draining is the state of expand.
type draining struct {
	calls   []queueCall
	puts    map[model.Value]span // of each value: the begin of its first enqueue and, if there is only one, its end
	several map[model.Value]bool // values with more than one enqueue
	left    int                  // values that nobody is known to have taken out
	repeats bool                 // the order within a drain of a FIFO queue is not told by its values
}

func newDraining(calls []queueCall) *draining {
	d := &draining{puts: map[model.Value]span{}, several: map[model.Value]bool{}}
	for i := range calls {
		c := &calls[i]
		switch {
		case puts(c):
			d.left++
			s := span{c.begin, c.end}
			if first, again := d.puts[c.in.Value]; again {
				d.several[c.in.Value] = true
				s = span{first.begin, never}
			}
			d.puts[c.in.Value] = s
		case c.pending():
		case c.in.F == model.Drain:
			results, _ := model.Bag{}.Drained(c.in, &c.out)
			d.left -= len(results) - 1
		case c.out != model.Null:
			d.left--
		}
	}
	d.left = max(0, d.left)
	return d
}

// parts adds the dequeues of a drain.
func (d *draining) parts(c queueCall, results []model.Value, ordered bool) {
	values := results[:len(results)-1]
	from := len(d.calls)
	last := c
	last.out = model.Null
	for _, v := range values {
		if put, known := d.puts[v]; known {
			last.begin = max(last.begin, min(put.begin*finer, c.end-3))
		}
		part := last
		part.out = v
		d.calls = append(d.calls, part)
	}
	if ordered {
		d.repeats = d.repeats || len(values) > 1 && slices.ContainsFunc(values, func(v model.Value) bool {
			return d.several[v]
		})
		if i, j, found := d.swapped(values); found {
			d.calls[from+i].end = c.end - 2
			d.calls[from+j].begin = c.end - 1
		}
	}
	d.calls = append(d.calls, last)
}

// swapped finds two values of which the later was put in before the other's enqueue began.
func (d *draining) swapped(values []model.Value) (earlier, later int, found bool) {
	latest := -1 // of the values so far: the one whose enqueue began last
	for j, v := range values {
		put, known := d.puts[v]
		if !known {
			continue
		}
		if latest >= 0 && put.end < d.puts[values[latest]].begin {
			return latest, j, true
		}
		if latest < 0 || put.begin > d.puts[values[latest]].begin {
			latest = j
		}
	}
	return 0, 0, false
}
