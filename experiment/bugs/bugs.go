// Package bugs looks for every planted bug of the bundled protocols with plans that are drawn from
// seeds, and in as many seeds of their correct builds for something to accuse: the table of both.
package bugs

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/experiment/campaign"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/targets/bundled"
)

// Search is what to look for, and how long.
type Search struct {
	Quick       bool   // each bug once, within two minutes; remembered seeds come first
	Shrink      bool   // afterwards, the first find of every safety bug
	Target, Bug string // only these
	Finds       int    // of each bug, for the medians
	Correct     int    // seeds of each correct build
	Jobs        int    // seeds at a time
	Limit       time.Duration
	Seed        uint64 // the first
	// Files to write: the matrix as JSON, its tables between the marks of a Markdown file, and the
	// first find's seed of every bug.
	JSON, Markdown, Remember string

	began, told time.Time
	tell        *progress.Line
}

// matrix is what splitvote bugs has found out.
type matrix struct {
	Version string              `json:"version"`
	Jobs    int                 `json:"jobs"`
	Wall    time.Duration       `json:"wall"`
	Correct []harness.BugSearch `json:"correct"` // no bug is planted: nothing must be found
	Planted []harness.BugSearch `json:"planted"`
	Shrunk  []shrunk            `json:"shrunk,omitempty"`
	Stopped string              `json:"stopped,omitempty"` // why it came to no end

	correct int // seeds that each correct build was to be tried with
}

var errTimeUp = errors.New("the time is up")

// Run looks for the bugs, prints the matrix to out and how it goes on to errs.
func (b *Search) Run(ctx context.Context, out, errs io.Writer) (checker.Verdict, error) {
	if err := b.validate(); err != nil {
		return checker.Unknown, err
	}
	b.began, b.tell = time.Now(), progress.New(errs, 0)
	limited, cancel := context.WithTimeoutCause(ctx, b.Limit, errTimeUp)
	defer cancel()
	m := b.begin()
	m.correct = b.Correct
	err := b.search(limited, m)
	m.Wall = time.Since(b.began)
	if b.Shrink && (err == nil || errors.Is(err, errTimeUp)) {
		err = errors.Join(err, b.shrinkAll(ctx, m))
	}
	b.tell.Done()
	if ctx.Err() != nil {
		err = errors.New("stopped before the end")
	}
	if err != nil {
		m.Stopped = failure.OneLine(err)
	}
	if werr := b.write(m, out); werr != nil {
		return checker.Unknown, failure.Internal(werr)
	}
	if err != nil && !errors.Is(err, errTimeUp) {
		return checker.Unknown, failure.Internal(err)
	}
	switch {
	case len(m.missed())+len(m.strayed())+len(m.accused()) > 0:
		return checker.Invalid, nil
	case len(m.unfinished()) > 0:
		return checker.Unknown, nil
	}
	return checker.Valid, nil
}

func (b *Search) validate() error {
	if b.Quick {
		b.Finds, b.Correct, b.Limit = 1, min(b.Correct, 100), min(b.Limit, 110*time.Second)
	}
	if b.Jobs < 1 || b.Finds < 1 || b.Correct < 0 || b.Seed < 1 || b.Limit <= 0 {
		return failure.Usage(
			errors.New("--jobs, --finds and --seed want numbers from 1, --correct one from 0, --for more than 0s"),
		)
	}
	if b.Target != "" {
		if _, ok := bundled.Named(b.Target); !ok {
			return failure.Usage(
				fmt.Errorf("--target: no such name: %q", b.Target),
				plan.Suggest(b.Target, bundled.Names()),
			)
		}
	}
	if b.Bug != "" && len(b.begin().Planted) == 0 {
		return failure.Usage(fmt.Errorf("--bug: no such name: %q", b.Bug), "splitvote list bugs names them")
	}
	return nil
}

// begin is the matrix before anything was tried.
func (b *Search) begin() *matrix {
	m := &matrix{Version: build.Version(), Jobs: b.Jobs}
	for _, t := range bundled.All() {
		has := func(m protocol.Mutant) bool { return m.Name == b.Bug }
		if b.Target != "" && b.Target != t.Name() ||
			b.Bug != "" && !slices.ContainsFunc(t.Protocol().Mutants, has) {
			continue
		}
		m.Correct = append(m.Correct, harness.BugSearch{Target: t.Name(), Doc: t.Protocol().Doc})
		for _, mutant := range t.Protocol().Mutants {
			if b.Bug == "" || b.Bug == mutant.Name {
				m.Planted = append(
					m.Planted,
					harness.BugSearch{
						Target: t.Name(),
						Bug:    mutant.Name,
						Class:  string(mutant.Class),
						Doc:    mutant.Doc,
						Source: mutant.Source,
					},
				)
			}
		}
	}
	return m
}

// firstRound is how many seeds each bug is looked for with before any is looked for longer.
const firstRound = 16

// search goes in rounds, each twice as long as the one before, so that well-hidden bugs cost the
// others little. In each, the bugs that nothing has convicted as their class says come first, then,
// once there was time for the others, those that were found less often than wanted. A bug is done
// when it was found as often as wanted. The quick search has little time, and begins with what it
// remembers of the bugs and a first round for the others.
func (b *Search) search(ctx context.Context, m *matrix) error {
	if b.Quick {
		if err := b.recall(ctx, m); err != nil {
			return err
		}
		if err := b.lookForAll(ctx, m, unfound, firstRound, 1); err != nil {
			return err
		}
	}
	for i := range m.Correct {
		if err := b.look(ctx, m, &m.Correct[i], b.Correct, 1); err != nil {
			return err
		}
	}
	for seeds := firstRound; ; seeds *= 2 {
		for _, stage := range []struct {
			open          func(*harness.BugSearch) bool
			seeds, wanted int
		}{
			{unfound, seeds, 1},
			{func(h *harness.BugSearch) bool { return seeds >= repeatRound && len(h.Finds) < b.Finds }, seeds, b.Finds},
		} {
			if err := b.lookForAll(ctx, m, stage.open, stage.seeds, stage.wanted); err != nil {
				return err
			}
		}
		left := false
		for i := range m.Planted {
			left = left || len(m.Planted[i].Finds) < b.Finds
		}
		if !left {
			return nil
		}
	}
}

// repeatRound is the length of the first round in which what was found is looked for again.
const repeatRound = 8 * firstRound

func unfound(h *harness.BugSearch) bool { return !h.AsItsClass() }

// lookForAll tries the next seeds for each bug that is open.
func (b *Search) lookForAll(
	ctx context.Context,
	m *matrix,
	open func(*harness.BugSearch) bool,
	seeds, wanted int,
) error {
	for i := range m.Planted {
		if !open(&m.Planted[i]) {
			continue
		}
		if err := b.look(ctx, m, &m.Planted[i], seeds, wanted); err != nil {
			return err
		}
	}
	return nil
}

// look tries the next seeds for one bug.
func (b *Search) look(ctx context.Context, m *matrix, h *harness.BugSearch, seeds, wanted int) error {
	c, err := b.campaign(m, h)
	if err != nil {
		return err
	}
	return h.Run(ctx, c, seeds, wanted)
}

// campaign tries seeds for one bug.
func (b *Search) campaign(m *matrix, h *harness.BugSearch) (harness.Campaign, error) {
	target, draw, err := b.draws(h)
	if time.Since(b.told) >= b.tell.Every {
		b.told = time.Now()
		b.tell.Draw(b.progress(m, h))
	}
	return harness.Campaign{Target: target, Draw: draw, First: b.Seed, Shard: harness.Whole, Jobs: b.Jobs}, err
}

// draws is the target of a search, and how its plans are drawn.
func (b *Search) draws(
	h *harness.BugSearch,
) (bundled.Target, func(seed uint64) (harness.Experiment, error), error) {
	target, _ := bundled.Named(h.Target)
	base := campaign.Base()
	base.Target, base.Bug = h.Target, h.Bug
	s, err := campaign.NewSwarm(base, func(string) bool { return false })
	return target, s.Draw, err
}

func (b *Search) progress(m *matrix, h *harness.BugSearch) string {
	seeds, found := 0, 0
	for i := range m.Planted {
		seeds += m.Planted[i].Tally.Seeds
		if m.Planted[i].AsItsClass() {
			found++
		}
	}
	name := h.Bug
	if name == "" {
		name = "the correct " + h.Target
	}
	left := b.Limit - time.Since(b.began)
	return fmt.Sprintf(
		"%d of %d bugs found, %d seeds, at most %v left: %s",
		found,
		len(m.Planted),
		seeds,
		left.Round(time.Second),
		name,
	)
}

// missed are the bugs that nothing has convicted, though they were looked for.
func (m *matrix) missed() []string {
	return named(m.Planted, func(h *harness.BugSearch) bool { return !h.Found() && lookedFor(h) })
}

// strayed are the bugs that something has convicted, but nothing that their class says must, though
// it was looked for.
func (m *matrix) strayed() []string {
	return named(m.Planted, func(h *harness.BugSearch) bool { return h.Found() && !h.AsItsClass() && lookedFor(h) })
}

// unfinished are the bugs that there was no time to look for, and the correct builds that were not
// tried with all their seeds and are not accused so far.
func (m *matrix) unfinished() []string {
	return slices.Concat(
		named(m.Planted, func(h *harness.BugSearch) bool { return !h.AsItsClass() && !lookedFor(h) }),
		named(m.Correct, func(h *harness.BugSearch) bool { return !h.Found() && h.Tally.Seeds < m.correct }),
	)
}

// lookedFor says that a bug had its first round, so that it counts as missed if it was not found.
func lookedFor(h *harness.BugSearch) bool { return h.Tally.Seeds >= firstRound }

// accused are the correct builds of which something was found.
func (m *matrix) accused() []string { return named(m.Correct, (*harness.BugSearch).Found) }

func named(searches []harness.BugSearch, that func(*harness.BugSearch) bool) []string {
	var names []string
	for i := range searches {
		if h := &searches[i]; that(h) {
			names = append(names, cmp.Or(h.Bug, h.Target))
		}
	}
	return names
}

func (b *Search) write(m *matrix, out io.Writer) error {
	if err := m.print(out); err != nil {
		return err
	}
	if b.JSON != "" {
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(b.JSON, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if b.Remember != "" {
		if err := os.WriteFile(b.Remember, []byte(m.seeds()), 0o644); err != nil {
			return err
		}
	}
	if b.Markdown != "" {
		return m.into(b.Markdown)
	}
	return nil
}

// by says what convicted a bug: the checkers, the most frequent first.
func by(h *harness.BugSearch) string {
	seeds := map[string]int{}
	var names []string
	for _, f := range h.Tally.Findings {
		if !slices.Contains(names, f.Checker) {
			names = append(names, f.Checker)
		}
		seeds[f.Checker] += f.Seeds
	}
	slices.SortStableFunc(names, func(a, b string) int { return seeds[b] - seeds[a] })
	for i, name := range names {
		names[i] = fmt.Sprintf("%s %d", name, seeds[name])
	}
	return strings.Join(names, ", ")
}
