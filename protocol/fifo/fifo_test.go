package fifo_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/splitvote/splitvote/protocol/fifo"
)

// A queue behaves like a slice, whatever the order of calls.
func TestFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q fifo.Queue[int]
		var want []int
		next := 0
		for _, n := range rapid.SliceOf(rapid.IntRange(-60, 60)).Draw(t, "pushed, or popped if negative") {
			for ; n > 0; n-- {
				next++
				q.Push(next)
				want = append(want, next)
			}
			for ; n < 0 && len(want) > 0; n++ {
				if got := q.Pop(); got != want[0] {
					t.Fatalf("popped %d, want %d", got, want[0])
				}
				want = want[1:]
			}
			if q.Len() != len(want) || !slices.Equal(q.All(), want) || len(want) > 0 && *q.Front() != want[0] {
				t.Fatalf("length %d (-want +got):\n%s", q.Len(), cmp.Diff(want, q.All()))
			}
		}
	})
}

// A queue that stays short does not grow, however many items pass through it.
func TestMemoryIsReused(t *testing.T) {
	var q fifo.Queue[int]
	for range 10 {
		q.Push(0)
	}
	through := func() {
		for range 100 {
			q.Push(1)
			q.Pop()
		}
	}
	through() // it grows to what it needs
	if n := testing.AllocsPerRun(100, through); n > 0 {
		t.Errorf("%v allocations for 100 items", n)
	}
}
