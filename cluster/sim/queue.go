package sim

import "time"

// kind says what an event is.
type kind uint8

const (
	ticked   kind = iota // a tick of node's clock is due; tag is the node's life
	arrived              // message ref reaches node
	synced               // node's disk has finished a sync; tag is the node's life
	asked                // client's request ref reaches node
	answered             // an answer reaches the client of call ref; tag is the attempt
	expired              // the time of an attempt is over; ref and tag as in answered
	retried              // the next attempt of call ref is due; tag is the attempt before
	urged                // the leader is to be asked for the wanted membership
)

// event is a future event. Events hold no pointers: they refer to slabs, so the queue costs the
// garbage collector nothing.
type event struct {
	at   time.Duration
	seq  uint64 // order among events of one time: that of their creation
	tag  uint64
	ref  int32
	node int16
	kind kind
}

func (e *event) before(f *event) bool { return e.at < f.at || e.at == f.at && e.seq < f.seq }

// queue is a heap of events with four children a node: half the depth of a binary one, and siblings
// share cache lines.
type queue struct {
	heap []event
	seq  uint64
}

func (q *queue) empty() bool { return len(q.heap) == 0 }

func (q *queue) push(e event) {
	e.seq = q.seq
	q.seq++
	q.heap = append(q.heap, e)
	h, i := q.heap, len(q.heap)-1
	for i > 0 {
		up := (i - 1) / 4
		if !e.before(&h[up]) {
			break
		}
		h[i] = h[up]
		i = up
	}
	h[i] = e
}

// pop removes the earliest event; the queue must not be empty.
func (q *queue) pop() event {
	h := q.heap
	first, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	q.heap = h
	if len(h) == 0 {
		return first
	}
	i := 0
	for {
		child := 4*i + 1
		if child >= len(h) {
			break
		}
		least := child
		for j := child + 1; j < min(child+4, len(h)); j++ {
			if h[j].before(&h[least]) {
				least = j
			}
		}
		if !h[least].before(&last) {
			break
		}
		h[i] = h[least]
		i = least
	}
	h[i] = last
	return first
}
