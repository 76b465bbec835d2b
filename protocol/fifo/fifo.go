// Package fifo provides the queue in which cores keep requests, proposals and unconfirmed rounds.
package fifo

// Queue is a first-in, first-out queue that reuses its memory. The zero value is empty.
type Queue[T any] struct {
	items []T
	head  int
}

// Len is the number of items.
func (q *Queue[T]) Len() int { return len(q.items) - q.head }

// Front returns the item that the next Pop takes; the queue must not be empty. The pointer is valid
// until the next Push or Pop.
func (q *Queue[T]) Front() *T { return &q.items[q.head] }

// All returns the items, front first. The slice is valid until the next Push or Pop.
func (q *Queue[T]) All() []T { return q.items[q.head:] }

// Push adds an item at the back.
func (q *Queue[T]) Push(item T) {
	if q.head > 32 && q.head > len(q.items)/2 {
		n := copy(q.items, q.items[q.head:])
		clear(q.items[n:])
		q.items, q.head = q.items[:n], 0
	}
	q.items = append(q.items, item)
}

// Pop takes the item at the front; the queue must not be empty.
func (q *Queue[T]) Pop() T {
	var zero T
	item := q.items[q.head]
	q.items[q.head] = zero
	q.head++
	if q.head == len(q.items) {
		q.items, q.head = q.items[:0], 0
	}
	return item
}
