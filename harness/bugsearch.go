package harness

import (
	"context"
	"slices"
	"time"

	"github.com/splitvote/splitvote/plan"
)

// BugSearch searches for one planted bug by general exploration: by plans drawn from seeds, like
// those of every other bug. A seed that shows the bug in another way than its class demands (it
// breaks an invariant that no client notices) is a lead. Its plan has what the bug needs, so it is
// run again with different luck.
type BugSearch struct {
	Target string `json:"target"`
	Bug    string `json:"bug"`
	Class  string `json:"class"` // how the bug shows: protocol.Class
	Doc    string `json:"doc"`
	Source string `json:"source"`

	Tally Tally  `json:"tally"`
	Finds []Find `json:"finds"`

	since Find // the search since the latest find
	fresh int  // seeds tried in order
	leads []lead
}

// lead is a seed that is worth a second look, and how many looks it has had.
type lead struct{ seed, looks uint64 }

// Find is the cost of finding a bug, counted since the find before.
type Find struct {
	Seed      uint64        `json:"seed"`  // the seed that showed it
	Seeds     int           `json:"seeds"` // seeds tried for it
	Simulated time.Duration `json:"simulated"`
	Wall      time.Duration `json:"wall"` // on one core, including judgement
}

// Checkers that do not judge client histories.
const (
	invariants = "invariants"
	core       = "core"
	liveness   = "liveness"
)

// SeenByClients reports whether a checker of histories convicts, and not for a lack of progress.
func (s Sign) SeenByClients() bool {
	return s.Checker != invariants && s.Checker != core && s.Checker != liveness
}

// shows reports whether bugs of the class show as a violation with this sign.
func shows(class string, s Sign) bool {
	switch class {
	case "internal":
		return s.Checker == invariants || s.Checker == core
	case "liveness":
		return s.Checker == liveness
	default:
		return s.SeenByClients()
	}
}

// Shows reports whether a violation with this sign is how the bug must show.
func (h *BugSearch) Shows(s Sign) bool { return shows(h.Class, s) }

// Add counts a trial. A trial that shows the bug as its class demands is a find.
func (h *BugSearch) Add(t Trial) {
	h.Tally.Add(t)
	h.since.Seeds++
	h.since.Simulated += t.Outcome.Virtual
	h.since.Wall += t.Outcome.Wall
	switch signs, _ := t.Outcome.Signs(); {
	case slices.ContainsFunc(signs, h.Shows):
		h.since.Seed = t.Seed
		h.Finds, h.since = append(h.Finds, h.since), Find{}
	case len(signs) > 0 && plan.Again(t.Seed, 0) == t.Seed:
		h.leads = append(h.leads, lead{seed: t.Seed})
	}
}

// Run tries the next seeds of c until the bug was found as often as wanted. If there are leads,
// half the runs are fresh seeds and half re-run a lead with different luck.
func (h *BugSearch) Run(ctx context.Context, c Campaign, seeds, wanted int) error {
	add := func(t Trial) bool {
		h.Add(t)
		return len(h.Finds) < wanted
	}
	fresh := seeds
	if len(h.leads) > 0 {
		fresh -= seeds / 2
	}
	from := h.fresh
	err := c.Run(ctx, from, from+fresh, func(t Trial) bool {
		h.fresh++
		return add(t)
	})
	if err != nil || len(h.Finds) >= wanted || fresh == seeds {
		return err
	}
	c.Seeds = h.again(seeds - fresh)
	return c.Run(ctx, 0, len(c.Seeds), add)
}

// Try tries one seed of c that has shown the bug before, like a fuzzer that starts from its
// corpus.
func (h *BugSearch) Try(ctx context.Context, c Campaign, seed uint64) error {
	c.Seeds = []uint64{seed}
	return c.Run(ctx, 0, 1, func(t Trial) bool {
		h.Add(t)
		return true
	})
}

// again takes the given number of second looks at leads, those with the fewest looks first.
func (h *BugSearch) again(looks int) []uint64 {
	seeds := make([]uint64, looks)
	for i := range seeds {
		next := &h.leads[0]
		for k := range h.leads {
			if h.leads[k].looks < next.looks {
				next = &h.leads[k]
			}
		}
		next.looks++
		seeds[i] = plan.Again(next.seed, next.looks)
	}
	return seeds
}

// Found reports whether anything convicted the bug.
func (h *BugSearch) Found() bool { return len(h.Tally.Findings) > 0 }

// AsItsClass reports whether the bug was convicted in the way its class demands.
func (h *BugSearch) AsItsClass() bool { return len(h.Finds) > 0 }

// Median returns the median cost of a find, each measure by itself; the zero Find if there are
// none.
func (h *BugSearch) Median() Find {
	if len(h.Finds) == 0 {
		return Find{}
	}
	return Find{
		Seed:      h.Finds[0].Seed,
		Seeds:     middle(h.Finds, func(f Find) int { return f.Seeds }),
		Simulated: middle(h.Finds, func(f Find) time.Duration { return f.Simulated }),
		Wall:      middle(h.Finds, func(f Find) time.Duration { return f.Wall }),
	}
}

// middle returns the lower median of a measure.
func middle[T int | time.Duration](finds []Find, of func(Find) T) T {
	all := make([]T, len(finds))
	for i, f := range finds {
		all[i] = of(f)
	}
	slices.Sort(all)
	return all[(len(all)-1)/2]
}
