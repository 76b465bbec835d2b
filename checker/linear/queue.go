package linear

import (
	"cmp"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/model"
)

type queueCall = call[model.QueueCall, model.Value]

// byQueueOrder decides a FIFO queue in O(n log n) if no value that was dequeued was enqueued more
// than once, and if calls with unknown outcome and dequeues of nothing do not both matter.
//
// Why it is exact. A complete history of values that are all different is linearizable if and only
// if it shows none of four things (Henzinger, Sezgin and Vafeiadis, Aspect-Oriented Linearizability
// Proofs, CONCUR 2013; Bouajjani, Emmi, Enea and Hamza, On Reducing Linearizability to State
// Reachability, ICALP 2015): a value dequeued that was never enqueued, or whose enqueue began only
// later; a value dequeued twice; a value a enqueued before b though b was dequeued before a, or a
// never; and a dequeue of nothing during all of which some value or other was certainly in the
// queue.
//
// An enqueue with unknown outcome whose value was never dequeued may be left out: leaving a value
// out of an order that explains the history leaves one. A dequeue with unknown outcome may have
// taken any value that nobody else took, and is then a dequeue of it that never ended. Such a value
// matters only if b behind it was dequeued, and it must then be gone by the end of the first such
// dequeue: its deadline. A dequeue can meet every deadline behind its begin, so handing them out in
// the order of their begins, to values in the order of their deadlines, succeeds if anything does.
func byQueueOrder(calls []queueCall) (outcome, bool) {
	q := queues{calls: calls}
	w, decided := q.gather()
	if decided && w == nil {
		w, decided = q.order()
	}
	if decided && w == nil {
		w, decided = q.nothing()
	}
	o := outcome{verdict: checker.Valid, method: "queue order", witness: w}
	if w != nil {
		o.verdict = checker.Invalid
	}
	return o, decided
}

// queues is the state of byQueueOrder.
type queues struct {
	calls   []queueCall
	items   []item
	lost    []int32 // dequeues with unknown outcome
	empties []int32 // dequeues of nothing
}

// item is a value that was in the queue. It is certainly there between in and out.
type item struct {
	enqueue, dequeue int32 // dequeue is nobody if it never left
	begin, in        int   // of the enqueue
	out, end         int   // of the dequeue
}

// puts says whether a call of a queue or a stack puts a value in; others take one out.
func puts(c *queueCall) bool { return c.in.F == model.Enqueue || c.in.F == model.Push }

// gather pairs enqueues and dequeues by value.
func (q *queues) gather() (*witness, bool) {
	numbers := newNumbering(len(q.calls))
	of := make([]int32, len(q.calls))
	for i := range q.calls {
		switch c := &q.calls[i]; {
		case puts(c):
			of[i] = numbers.of(c.in.Value)
		case c.pending():
			q.lost = append(q.lost, int32(i))
		case c.out == model.Null:
			q.empties = append(q.empties, int32(i))
		default:
			of[i] = numbers.of(c.out)
		}
	}
	enqueue, dequeue := make([]int32, numbers.count), make([]int32, numbers.count)
	times := make([]int32, numbers.count) // how often it was enqueued
	for v := range enqueue {
		enqueue[v], dequeue[v] = nobody, nobody
	}
	for i := range q.calls {
		if puts(&q.calls[i]) {
			enqueue[of[i]] = int32(i)
			times[of[i]]++
		}
	}
	unique := true
	var twice *witness
	for i := range q.calls {
		c := &q.calls[i]
		if puts(c) || c.pending() || c.out == model.Null {
			continue
		}
		e := enqueue[of[i]]
		switch {
		case e == nobody:
			w := &witness{kind: "value-from-nowhere"}
			w.say(int32(i), "#%d took out %s, which nobody put in", c.op, c.out)
			return w, true
		case times[of[i]] > 1:
			unique = false
		case dequeue[of[i]] != nobody:
			if twice == nil {
				first := &q.calls[dequeue[of[i]]]
				twice = &witness{kind: "duplicate-delivery"}
				twice.include(e, dequeue[of[i]])
				twice.say(int32(i), "#%d took out %s, which #%d put in once and #%d took out too", c.op, c.out,
					q.calls[e].op, first.op)
			}
		case c.end < q.calls[e].begin:
			w := &witness{kind: "read-from-future"}
			w.include(e)
			w.say(int32(i), "#%d took out %s and ended before #%d, the only one to put it in, began", c.op, c.out,
				q.calls[e].op)
			return w, true
		}
		dequeue[of[i]] = int32(i)
	}
	if twice != nil || !unique {
		return twice, twice != nil
	}
	q.items = make([]item, 0, len(enqueue))
	for i := range q.calls {
		c := &q.calls[i]
		if !puts(c) {
			continue
		}
		it := item{enqueue: int32(i), dequeue: dequeue[of[i]], begin: c.begin, in: c.end, out: never, end: never}
		if it.dequeue != nobody {
			it.out, it.end = q.calls[it.dequeue].begin, q.calls[it.dequeue].end
		} else if c.pending() {
			continue
		}
		q.items = append(q.items, it)
	}
	return nil, true
}

// order looks for a value that was overtaken, after handing out the dequeues with unknown outcome.
func (q *queues) order() (*witness, bool) {
	// The items are in the order of the begins of their enqueues. first[i] is, of those from i on,
	// the one dequeued first.
	first := make([]int32, len(q.items)+1)
	first[len(q.items)] = nobody
	for i := len(q.items) - 1; i >= 0; i-- {
		first[i] = first[i+1]
		if q.items[i].dequeue != nobody && (first[i] == nobody || q.items[i].end < q.items[first[i]].end) {
			first[i] = int32(i)
		}
	}
	overtaker := func(it *item) int32 {
		behind, _ := slices.BinarySearchFunc(q.items, it.in, func(b item, in int) int {
			return cmp.Compare(b.begin, in)
		})
		return first[behind]
	}
	var missing []deadline
	for i := range q.items {
		it := &q.items[i]
		b := overtaker(it)
		switch {
		case b == nobody || q.items[b].end > it.out:
		case it.dequeue != nobody:
			return q.overtaken(it, &q.items[b]), true
		default:
			missing = append(missing, deadline{int32(i), b, q.items[b].end})
		}
	}
	slices.SortFunc(missing, func(a, b deadline) int { return cmp.Compare(a.at, b.at) })
	for n, d := range missing {
		it := &q.items[d.item]
		if n >= len(q.lost) || q.calls[q.lost[n]].begin > d.at {
			w := q.overtaken(it, &q.items[d.overtaker])
			for _, other := range missing[:n] { // they compete for the same dequeues
				w.include(q.items[other.item].enqueue, q.items[other.overtaker].enqueue,
					q.items[other.overtaker].dequeue)
			}
			w.include(q.lost...)
			return w, true
		}
		it.dequeue, it.out = q.lost[n], q.calls[q.lost[n]].begin
	}
	q.lost = q.lost[len(missing):]
	return nil, true
}

// deadline is the end of the dequeue by which an item that nobody is known to have dequeued must
// be gone.
type deadline struct {
	item, overtaker int32
	at              int
}

// overtaken says that b left before a, which was ahead of it.
func (q *queues) overtaken(a, b *item) *witness {
	enqueueA, enqueueB := &q.calls[a.enqueue], &q.calls[b.enqueue]
	w := &witness{kind: "reordered"}
	w.include(a.enqueue)
	w.say(b.enqueue, "#%d began after #%d ended, so %s was behind %s", enqueueB.op, enqueueA.op, enqueueB.in.Value,
		enqueueA.in.Value)
	if a.dequeue == nobody {
		w.kind = "lost-value"
		w.say(b.dequeue, "#%d dequeued %s, but %s was never dequeued", q.calls[b.dequeue].op, enqueueB.in.Value,
			enqueueA.in.Value)
		return w
	}
	w.include(b.dequeue)
	if q.calls[a.dequeue].op == q.calls[b.dequeue].op { // a drain
		w.say(a.dequeue, "#%d took out %s before %s", q.calls[a.dequeue].op, enqueueB.in.Value, enqueueA.in.Value)
		return w
	}
	w.say(a.dequeue, "#%d began after #%d ended, so %s left before %s", q.calls[a.dequeue].op, q.calls[b.dequeue].op,
		enqueueB.in.Value, enqueueA.in.Value)
	return w
}

// nothing looks for a dequeue of nothing while the queue was certainly not empty. It cannot decide
// if dequeues with unknown outcome might have made room.
func (q *queues) nothing() (*witness, bool) {
	w := q.neverEmpty()
	if w != nil && (len(q.lost) > 0 || q.guessed()) {
		return nil, false
	}
	return w, true
}

// neverEmpty looks for a call that found nothing though there is no moment in it, between two
// neighbouring events, at which no item is certainly there.
func (q *queues) neverEmpty() *witness {
	if len(q.empties) == 0 {
		return nil
	}
	// Merge the items into stretches of time during which the queue was not empty.
	items := slices.DeleteFunc(slices.Clone(q.items), func(it item) bool { return it.in >= it.out })
	slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.in, b.in) })
	var busy [][2]int
	for _, it := range items {
		if last := len(busy) - 1; last >= 0 && it.in <= busy[last][1] {
			busy[last][1] = max(busy[last][1], it.out)
		} else {
			busy = append(busy, [2]int{it.in, it.out})
		}
	}
	for _, e := range q.empties {
		c := &q.calls[e]
		at, found := slices.BinarySearchFunc(busy, c.begin, func(b [2]int, begin int) int {
			return cmp.Compare(b[0], begin)
		})
		if !found {
			at--
		}
		if at < 0 || busy[at][1] < c.end {
			continue
		}
		w := &witness{kind: "false-empty"}
		for k := range items {
			if items[k].in < c.end && items[k].out > c.begin {
				w.include(items[k].enqueue, items[k].dequeue)
			}
		}
		w.say(e, "#%d found nothing, but from its begin to its end some value was certainly there", c.op)
		return w
	}
	return nil
}

// guessed says whether an item was given a dequeue with unknown outcome: another choice might have
// served better.
func (q *queues) guessed() bool {
	return slices.ContainsFunc(q.items, func(it item) bool {
		return it.dequeue != nobody && q.calls[it.dequeue].pending()
	})
}

// projectQueue leaves out values of queues and stacks, each with all calls that put it in or took
// it out, and dequeues of nothing at will: an order that explains the whole explains what happens
// to the other values. Calls with unknown outcome that take out must stay as long as there is a
// value that they might have taken.
func projectQueue(calls []queueCall, keep func(i int) bool) []queueCall {
	missing := map[model.Value]bool{}
	value := func(c *queueCall) (v model.Value, in, ok bool) {
		if puts(c) {
			return c.in.Value, true, true
		}
		return c.out, false, !c.pending() && c.out != model.Null
	}
	for i := range calls {
		if v, _, ok := value(&calls[i]); ok && !keep(i) {
			missing[v] = true
		}
	}
	surplus := map[model.Value]int{} // put in, and not known to be taken out
	for i := range calls {
		if v, in, ok := value(&calls[i]); ok && !missing[v] {
			if in {
				surplus[v]++
			} else {
				surplus[v]--
			}
		}
	}
	left := false
	for _, n := range surplus {
		left = left || n > 0
	}
	return filter(calls, func(i int) bool {
		c := &calls[i]
		if v, _, ok := value(c); ok {
			return !missing[v]
		}
		return keep(i) || c.pending() && left
	})
}
