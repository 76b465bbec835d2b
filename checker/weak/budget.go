package weak

import (
	"context"
	"sync/atomic"
)

// A grade is an extra: it must cost no more than the verdict it follows. So a level that is graded
// gets a budget, counted in the looks that its algorithm takes at its context, which makes the
// answer the same on every machine.

const (
	mostGraded   = 100_000  // calls of a history that is graded by more than the cheap levels
	gradedLooks  = 1 << 10  // at its context that the algorithm of a level may take
	gradedMemory = 64 << 20 // bytes of one graph or search
)

// budget is a context that ends after a given number of checks of its error. It is one of a grade:
// a refuted level is not explained.
type budget struct {
	context.Context
	looks *atomic.Int64
}

// limited gives one level its budget.
func limited(ctx context.Context) context.Context {
	b := budget{ctx, new(atomic.Int64)}
	b.looks.Store(gradedLooks)
	return b
}

// Err is a deadline once the looks are used up.
func (b budget) Err() error {
	if err := b.Context.Err(); err != nil {
		return err
	}
	if b.looks.Add(-1) < 0 {
		return context.DeadlineExceeded
	}
	return nil
}

// memoryOf is what one graph or search may take, in bytes.
func memoryOf(ctx context.Context) int {
	if _, graded := ctx.(budget); graded {
		return gradedMemory
	}
	return mostMemory
}
