package weak_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/splitvote/splitvote/checker/weak"
)

// looks counts how often a grade asks its context whether to go on.
type looks struct {
	context.Context
	n *atomic.Int64
}

func (l looks) Err() error { l.n.Add(1); return l.Context.Err() }

// A long history is graded by the levels that one sort decides; the others are open, and no step is
// spent on them.
func TestALongHistoryIsGradedByTheCheapLevels(t *testing.T) {
	ctx := looks{context.Background(), new(atomic.Int64)}
	g, err := weak.Strongest(ctx, "register", replicated(rand.New(rand.NewPCG(3, 4)), 4, 3, 100_500))
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []string{weak.Sequential, weak.Causal, weak.PRAM} {
		if !slices.Contains(g.Undecided, level) {
			t.Errorf("%s is not open: holds %v, open %v", level, g.Holds, g.Undecided)
		}
	}
	if slices.Contains(g.Undecided, weak.Regular) || g.Staleness == nil {
		t.Errorf("open %v, staleness %v: the cheap levels are judged", g.Undecided, g.Staleness)
	}
	if n := ctx.n.Load(); n > 100 {
		t.Errorf("looked %d times whether to go on", n)
	}
}

// Measuring reads that all lag far behind is not quadratic in the length of the history.
func TestStalenessIsBounded(t *testing.T) {
	var text strings.Builder
	const writes, reads = 3000, 3000 // nine million versions in all
	for i := range writes {
		fmt.Fprintf(&text, "0 write x %d\n", i+1)
	}
	for range reads {
		text.WriteString("1 read x null 1\n")
	}
	g, err := weak.Strongest(t.Context(), "register", story(t, text.String()))
	if err != nil {
		t.Fatal(err)
	}
	if g.Staleness.Reads != reads || g.Staleness.Versions != writes-1 {
		t.Errorf("%v, want %d reads that lag by %d versions", g.Staleness, reads, writes-1)
	}
}
