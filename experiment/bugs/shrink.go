package bugs

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/cluster/sim"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/history"
)

// shrinkLimit is how long a finding of the matrix is shrunk at most.
const shrinkLimit = 50 * time.Second

// shrunk is the smallest run in which a bug was seen to show, made from its first find.
type shrunk struct {
	Bug    string        `json:"bug"`
	Seed   uint64        `json:"seed"` // of the find
	Sign   harness.Sign  `json:"sign"`
	Nodes  int           `json:"nodes"`
	Faults int           `json:"faults"`
	Calls  int           `json:"calls"` // of clients
	Named  int           `json:"named"` // events that the explanation names
	Tries  int           `json:"tries"`
	Wall   time.Duration `json:"wall"`
}

// shrinkAll shrinks the first find of every bug that breaks a promise of safety.
func (b *Search) shrinkAll(ctx context.Context, m *matrix) error {
	var bugs []*harness.BugSearch
	for i := range m.Planted {
		if h := &m.Planted[i]; h.Class != "liveness" && h.AsItsClass() {
			bugs = append(bugs, h)
		}
	}
	m.Shrunk = make([]shrunk, len(bugs))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(b.Jobs)
	for i, h := range bugs {
		b.tell.Draw(fmt.Sprintf("shrinking %d of %d: %s", i+1, len(bugs), h.Bug))
		g.Go(func() (err error) {
			m.Shrunk[i], err = b.shrink(ctx, h)
			return err
		})
	}
	return g.Wait()
}

// shrink makes the first find of a bug small.
func (b *Search) shrink(ctx context.Context, h *harness.BugSearch) (shrunk, error) {
	target, draw, err := b.draws(h)
	if err != nil {
		return shrunk{}, err
	}
	began, s := time.Now(), shrunk{Bug: h.Bug, Seed: h.Finds[0].Seed}
	x, err := draw(s.Seed)
	if err != nil {
		return shrunk{}, err
	}
	before, err := x.Simulate(ctx, target, sim.Options{})
	if err != nil {
		return shrunk{}, err
	}
	signs, _ := before.Signs()
	at := slices.IndexFunc(signs, h.Shows)
	if at < 0 {
		return shrunk{}, fmt.Errorf("%s: seed %d showed it and does not show it again", h.Bug, s.Seed)
	}
	s.Sign = signs[at]
	limited, cancel := context.WithTimeout(ctx, shrinkLimit)
	defer cancel()
	work := harness.Shrinker{Target: target, Sign: s.Sign}
	small, after, err := work.Shrink(limited, x, before)
	if err != nil {
		return shrunk{}, err
	}
	if !s.Sign.Same(after) {
		return shrunk{}, fmt.Errorf("%s: seed %d: what is left of it does not show it", h.Bug, s.Seed)
	}
	s.Nodes, s.Faults, s.Tries, s.Wall = small.Nodes, len(after.History.Windows()), work.Tries, time.Since(began)
	for _, c := range after.History.Calls() {
		if after.History.Invocation(c).Process != history.Nemesis {
			s.Calls++
		}
	}
	s.Named = namedBy(after.Result, s.Sign)
	return s, context.Cause(ctx)
}

// namedBy is how many events the explanation of a violation names.
func namedBy(r checker.Result, sign harness.Sign) int {
	for _, part := range r.Parts {
		if part.Verdict != checker.Invalid || part.Checker != sign.Checker {
			continue
		}
		for _, e := range part.Evidence {
			if e.Kind == sign.Evidence {
				return len(e.Ops)
			}
		}
	}
	return 0
}

// printShrunk writes what shrinking came to for a terminal.
func (m *matrix) printShrunk(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "shrunk\tshows as\tnodes\tfaults\tcalls\tnamed\ttries\treal")
	for _, s := range m.Shrunk {
		fmt.Fprintln(w, strings.Join(s.cells(), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(out, "\n%s\n", m.shrinkage())
	return err
}

func (s shrunk) cells() []string {
	return []string{
		s.Bug,
		s.Sign.String(),
		fmt.Sprint(s.Nodes),
		fmt.Sprint(s.Faults),
		fmt.Sprint(s.Calls),
		fmt.Sprint(s.Named),
		fmt.Sprint(s.Tries),
		length(s.Wall),
	}
}

// shrinkage sums up what shrinking came to.
func (m *matrix) shrinkage() string {
	calls, mostCalls := spread(m.Shrunk, func(s shrunk) int { return s.Calls })
	faults, mostFaults := spread(m.Shrunk, func(s shrunk) int { return s.Faults })
	wall, mostWall := spread(m.Shrunk, func(s shrunk) time.Duration { return s.Wall })
	return fmt.Sprintf(
		"%d findings shrink to a median of %d calls (at most %d) and %d faults (at most %d), in %s (at most %s)",
		len(m.Shrunk),
		calls,
		mostCalls,
		faults,
		mostFaults,
		length(wall),
		length(mostWall),
	)
}

// spread is the median and the greatest of a measure.
func spread[T cmp.Ordered](all []shrunk, of func(shrunk) T) (median, most T) {
	values := make([]T, len(all))
	for i, s := range all {
		values[i] = of(s)
	}
	slices.Sort(values)
	if len(values) == 0 {
		return median, most
	}
	return values[(len(values)-1)/2], values[len(values)-1]
}

// shrunkTable is what shrinking came to as Markdown, empty where nothing was shrunk.
func (m *matrix) shrunkTable() string {
	if len(m.Shrunk) == 0 {
		return ""
	}
	var t strings.Builder
	fmt.Fprintf(
		&t,
		"## Shrunk\n\n%s.\n\n| bug | shows as | nodes | faults | calls | named | tries | real |\n"+
			"|---|---|--:|--:|--:|--:|--:|--:|\n",
		m.shrinkage(),
	)
	for _, s := range m.Shrunk {
		fmt.Fprintf(&t, "| %s |\n", strings.Join(s.cells(), " | "))
	}
	return t.String() + "\n"
}
