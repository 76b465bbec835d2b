package linear

import (
	"slices"

	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// liveQueue is byQueueOrder fed event by event. What it looks for becomes certain at different
// times: a value from nowhere, one taken out twice and one taken out by a call that began after a
// value behind it had left, when the dequeue ends; a value that was overtaken and is never taken
// out, and a dequeue of nothing, when all calls have ended that were under way then, as one of them
// might have taken it. It remembers the values in the queue, and those taken out while a call was
// under way that still is.
type liveQueue struct {
	finding[model.QueueCall, model.Value]
	values  map[model.Value][]*liveItem
	of      map[*queueCall]*liveItem // by enqueue
	waiting []*liveItem              // values in the queue, by the ends of their enqueues
	overdue []*liveItem              // values that were overtaken, by their deadlines
	taken   []*liveItem              // values taken out not long ago
	empties []*queueCall             // dequeues of nothing that are not judged yet
	lost    []int                    // begins of dequeues with unknown outcome, not handed out
	guessed bool                     // some were
	open    window[model.QueueCall, model.Value]
}

// liveItem is a value that was enqueued.
type liveItem struct {
	enqueue, dequeue *queueCall
	deadline         int       // it must be gone by then
	overtaker        *liveItem // whose dequeue ended then
	gone             bool      // it is not in the queue for certain
}

func newLiveQueue() *liveQueue {
	q := &liveQueue{values: map[model.Value][]*liveItem{}, of: map[*queueCall]*liveItem{}}
	q.method = "queue order"
	return q
}

func (q *liveQueue) begin(c *queueCall) {
	q.open.add(c)
	if !puts(c) {
		return
	}
	// A removal before this call began took out another element with the same value.
	v := c.in.Value
	q.values[v] = slices.DeleteFunc(q.values[v], func(it *liveItem) bool { return it.dequeue != nil })
	it := &liveItem{enqueue: c, deadline: never}
	q.values[v] = append(q.values[v], it)
	q.of[c] = it
}

func (q *liveQueue) end(c *queueCall, how history.Kind, at int) {
	q.open.remove(c)
	switch {
	case puts(c) && how == history.Fail:
		if it := q.of[c]; it.dequeue != nil {
			q.accuse(it.dequeue)
			return
		}
		q.forget(q.of[c])
	case puts(c) && how == history.Ok:
		if it := q.of[c]; it.dequeue == nil {
			q.waiting = append(q.waiting, it)
		}
	case !puts(c) && how == history.Info:
		q.lose(c)
	case !puts(c) && how == history.Ok && c.out == model.Null:
		q.empties = append(q.empties, c)
	case !puts(c) && how == history.Ok:
		q.take(c)
	}
	if !q.over() {
		q.advance(q.open.since(at + 1))
	}
}

// close takes the calls under way as of unknown outcome.
func (q *liveQueue) close() {
	for _, c := range q.open.calls {
		if !puts(c) {
			q.lose(c)
		}
	}
	q.advance(never)
}

// lose notes a dequeue with unknown outcome.
func (q *liveQueue) lose(c *queueCall) {
	n, _ := slices.BinarySearch(q.lost, c.begin)
	q.lost = slices.Insert(q.lost, n, c.begin)
}

// take notes who took out a value.
func (q *liveQueue) take(c *queueCall) {
	candidates := q.values[c.out]
	switch len(candidates) {
	case 0:
		q.accuse(c)
		return
	case 1:
	default:
		q.gaveUp = "a value was enqueued again while it was in the queue, and then dequeued"
		return
	}
	it := candidates[0]
	switch {
	case it.dequeue != nil:
		q.accuse(c, it.enqueue, it.dequeue)
		return
	case it.deadline < c.begin:
		q.accuse(c, it.enqueue, it.overtaker.enqueue, it.overtaker.dequeue)
		return
	}
	it.dequeue, it.gone = c, true
	q.taken = append(q.taken, it)
	// All that were certainly ahead of it should have left.
	for len(q.waiting) > 0 && (q.waiting[0].gone || q.waiting[0].enqueue.end < it.enqueue.begin) {
		if ahead := q.waiting[0]; !ahead.gone {
			ahead.deadline, ahead.overtaker = c.end, it
			q.overdue = append(q.overdue, ahead)
		}
		q.waiting = q.waiting[1:]
	}
}

// advance judges what is certain now that all calls have ended that began before window.
func (q *liveQueue) advance(window int) {
	for len(q.empties) > 0 && q.empties[0].end < window && !q.over() {
		q.nothing(q.empties[0])
		q.empties = q.empties[1:]
	}
	for len(q.overdue) > 0 && (q.overdue[0].gone || q.overdue[0].deadline < window) && !q.over() {
		it := q.overdue[0]
		q.overdue = q.overdue[1:]
		switch {
		case it.gone:
		case len(q.lost) > 0 && q.lost[0] < it.deadline:
			// It left by a dequeue with unknown outcome, any that began in time.
			q.lost, q.guessed, it.gone = q.lost[1:], true, true
			q.forget(it)
		default:
			q.accuse(it.overtaker.dequeue, it.enqueue, it.overtaker.enqueue)
		}
	}
	first := window
	if len(q.empties) > 0 {
		first = min(first, q.empties[0].begin)
		for _, e := range q.empties {
			first = min(first, e.begin)
		}
	}
	if len(q.taken) > 0 && len(q.taken) > 2*len(q.open.calls)+16 {
		q.taken = slices.DeleteFunc(q.taken, func(it *liveItem) bool {
			// Its enqueue, or whoever else took it out, has ended too.
			old := it.dequeue.end < first && it.enqueue.begin < window && !slices.Contains(q.open.calls, it.enqueue)
			if old {
				q.forget(it)
			}
			return old
		})
	}
}

// forget makes a value impossible to take out.
func (q *liveQueue) forget(it *liveItem) {
	v := it.enqueue.in.Value
	delete(q.of, it.enqueue)
	rest := slices.DeleteFunc(q.values[v], func(other *liveItem) bool { return other == it })
	if len(rest) == 0 {
		delete(q.values, v)
	} else {
		q.values[v] = rest
	}
}

// nothing judges a dequeue that found nothing: between its begin and its end there must be a moment
// at which no value is certainly there.
func (q *liveQueue) nothing(c *queueCall) {
	until := c.end // from here on some value is there that has not been taken out
	items := []*liveItem{}
	for _, it := range slices.Concat(q.overdue, q.waiting[:min(len(q.waiting), q.firstWaiting()+1)]) {
		if !it.gone && it.enqueue.end < until {
			until = it.enqueue.end
			items = append(items[:0], it)
		}
	}
	last := items // the value that stays, if there is one
	items = slices.DeleteFunc(slices.Clone(q.taken), func(it *liveItem) bool {
		return it.enqueue.end >= it.dequeue.begin || it.dequeue.begin < c.begin || it.enqueue.end > c.end
	})
	slices.SortFunc(items, func(a, b *liveItem) int { return a.enqueue.end - b.enqueue.end })
	covered := c.begin
	var calls []*queueCall
	for _, it := range items {
		if it.enqueue.end > covered {
			break
		}
		covered = max(covered, it.dequeue.begin)
		calls = append(calls, it.enqueue, it.dequeue)
	}
	if covered < until {
		return
	}
	for _, it := range last {
		calls = append(calls, it.enqueue)
	}
	if q.guessed || len(q.lost) > 0 {
		q.gaveUp = "a dequeue found nothing beside dequeues with unknown outcome, which may have made room"
		return
	}
	q.accuse(c, calls...)
}

// firstWaiting is the position of the first value that is certainly in the queue.
func (q *liveQueue) firstWaiting() int {
	for i, it := range q.waiting {
		if !it.gone {
			return i
		}
	}
	return len(q.waiting)
}
