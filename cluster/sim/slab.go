package sim

// slab keeps values at fixed slots and reuses the slots of released values: events refer to them
// by number.
type slab[T any] struct {
	at   []T
	free []int32
}

// put returns the place of v. Pointers into the slab are valid until the next put.
func (s *slab[T]) put(v T) int32 {
	if n := len(s.free); n > 0 {
		place := s.free[n-1]
		s.free = s.free[:n-1]
		s.at[place] = v
		return place
	}
	s.at = append(s.at, v)
	return int32(len(s.at) - 1)
}

// take returns what lies at place and frees it.
func (s *slab[T]) take(place int32) T {
	v := s.at[place]
	var none T
	s.at[place] = none
	s.free = append(s.free, place)
	return v
}

// fifo is a line: first in, first out, in one slice that is reused.
type fifo[T any] struct {
	items []T
	head  int
}

func (f *fifo[T]) len() int { return len(f.items) - f.head }

func (f *fifo[T]) push(v T) { f.items = append(f.items, v) }

// first is the one that pop would return; the line must not be empty.
func (f *fifo[T]) first() *T { return &f.items[f.head] }

func (f *fifo[T]) pop() T {
	v := f.items[f.head]
	var none T
	f.items[f.head] = none
	f.head++
	switch {
	case f.head == len(f.items):
		f.items, f.head = f.items[:0], 0
	case f.head >= 64 && 2*f.head >= len(f.items):
		n := copy(f.items, f.items[f.head:])
		clear(f.items[n:])
		f.items, f.head = f.items[:n], 0
	}
	return v
}

func (f *fifo[T]) clear() {
	clear(f.items)
	f.items, f.head = f.items[:0], 0
}
