package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/harness"
	"github.com/splitvote/splitvote/internal/build"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/internal/progress"
	"github.com/splitvote/splitvote/plan"
	"github.com/splitvote/splitvote/protocol"
	"github.com/splitvote/splitvote/targets/bundled"
)

func bugsCommand() *cobra.Command {
	b := bugSearcher{wanted: 5, correct: 500, limit: 9*time.Minute + 30*time.Second}
	cmd := &cobra.Command{
		Use:   "bugs",
		Short: "every planted bug must be found, no correct build accused: the table of both",
		Long: `Bugs looks for every planted bug with plans that are drawn from seeds: the same plans for all of them, and for the correct
builds, of which none may be accused.

Exit status: 1 if a bug is missed or a correct build is accused · 2 if the time did not suffice to look at all of them ·
255 if it was stopped · 0 otherwise`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return b.run(cmd.Context(), cmd.OutOrStdout(), cmd.ErrOrStderr())
		},
	}
	f := cmd.Flags()
	f.BoolVar(&b.quick, "quick", false,
		"be content with finding each bug once, within two minutes; seeds that showed one before come first")
	f.StringVar(&b.target, "target", "", "only the bugs of this target: "+strings.Join(bundled.Names(), ", "))
	f.StringVar(&b.bug, "bug", "", "only this one")
	f.IntVar(&b.wanted, "finds", b.wanted, "how often to find each, for the medians")
	f.IntVar(&b.correct, "correct", b.correct, "seeds of each correct build")
	f.DurationVar(&b.limit, "for", b.limit, "how long to look at most")
	f.IntVar(&b.jobs, "jobs", runtime.GOMAXPROCS(0), "seeds at a time")
	f.Uint64Var(&b.seed, "seed", 1, "first seed, from 1")
	f.BoolVar(&b.small, "shrink", false,
		"afterwards shrink the first find of every safety bug, each for less than a minute")
	f.StringVar(&b.remember, "remember", "",
		"write the first find's seed of every bug to this file; --quick begins with those in cmd/splitvote/bugseeds.txt")
	f.StringVar(&b.json, "json", "", "write the matrix as JSON to this file")
	f.StringVar(&b.markdown, "markdown", "", "write the tables into this Markdown file, between its marks")
	return cmd
}

// bugSearcher is splitvote bugs with its flags.
type bugSearcher struct {
	quick, small    bool
	target, bug     string
	wanted, correct int
	jobs            int
	limit           time.Duration
	seed            uint64
	json, markdown  string
	remember        string

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

func (b *bugSearcher) run(ctx context.Context, out, errs io.Writer) error {
	if err := b.validate(); err != nil {
		return err
	}
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	b.began, b.tell = time.Now(), progress.New(errs, 0)
	limited, cancel := context.WithTimeoutCause(ctx, b.limit, errTimeUp)
	defer cancel()
	m := b.begin()
	m.correct = b.correct
	err := b.search(limited, m)
	m.Wall = time.Since(b.began)
	if b.small && (err == nil || errors.Is(err, errTimeUp)) {
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
		return failed(werr)
	}
	if err != nil && !errors.Is(err, errTimeUp) {
		return failed(err)
	}
	switch {
	case len(m.missed())+len(m.strayed())+len(m.accused()) > 0:
		return verdictExit(checker.Invalid)
	case len(m.unfinished()) > 0:
		return verdictExit(checker.Unknown)
	}
	return nil
}

func (b *bugSearcher) validate() error {
	if b.quick {
		b.wanted, b.correct, b.limit = 1, min(b.correct, 100), min(b.limit, 110*time.Second)
	}
	if b.jobs < 1 || b.wanted < 1 || b.correct < 0 || b.seed < 1 || b.limit <= 0 {
		return usage(errors.New("--jobs, --finds and --seed want numbers from 1, --correct one from 0, --for more " +
			"than 0s"))
	}
	if b.target != "" {
		if _, ok := bundled.Named(b.target); !ok {
			return usage(fmt.Errorf("--target: no such name: %q", b.target), plan.Suggest(b.target, bundled.Names()))
		}
	}
	if b.bug != "" && len(b.begin().Planted) == 0 {
		return usage(fmt.Errorf("--bug: no such name: %q", b.bug), "splitvote list bugs names them")
	}
	return nil
}

// begin is the matrix before anything was tried.
func (b *bugSearcher) begin() *matrix {
	m := &matrix{Version: build.Version(), Jobs: b.jobs}
	for _, t := range bundled.All() {
		has := func(m protocol.Mutant) bool { return m.Name == b.bug }
		if b.target != "" && b.target != t.Name() || b.bug != "" && !slices.ContainsFunc(t.Protocol().Mutants, has) {
			continue
		}
		m.Correct = append(m.Correct, harness.BugSearch{Target: t.Name(), Doc: t.Protocol().Doc})
		for _, mutant := range t.Protocol().Mutants {
			if b.bug == "" || b.bug == mutant.Name {
				m.Planted = append(m.Planted, harness.BugSearch{Target: t.Name(), Bug: mutant.Name,
					Class: string(mutant.Class), Doc: mutant.Doc, Source: mutant.Source})
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
func (b *bugSearcher) search(ctx context.Context, m *matrix) error {
	if b.quick {
		if err := b.recall(ctx, m); err != nil {
			return err
		}
		if err := b.lookForAll(ctx, m, unfound, firstRound, 1); err != nil {
			return err
		}
	}
	for i := range m.Correct {
		if err := b.look(ctx, m, &m.Correct[i], b.correct, 1); err != nil {
			return err
		}
	}
	for seeds := firstRound; ; seeds *= 2 {
		for _, stage := range []struct {
			open          func(*harness.BugSearch) bool
			seeds, wanted int
		}{
			{unfound, seeds, 1},
			{func(h *harness.BugSearch) bool {
				return seeds >= repeatRound && len(h.Finds) < b.wanted
			}, seeds, b.wanted},
		} {
			if err := b.lookForAll(ctx, m, stage.open, stage.seeds, stage.wanted); err != nil {
				return err
			}
		}
		left := false
		for i := range m.Planted {
			left = left || len(m.Planted[i].Finds) < b.wanted
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
func (b *bugSearcher) lookForAll(ctx context.Context, m *matrix, open func(*harness.BugSearch) bool, seeds,
	wanted int) error {
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
func (b *bugSearcher) look(ctx context.Context, m *matrix, h *harness.BugSearch, seeds, wanted int) error {
	c, err := b.campaign(m, h)
	if err != nil {
		return err
	}
	return h.Run(ctx, c, seeds, wanted)
}

// campaign tries seeds for one bug.
func (b *bugSearcher) campaign(m *matrix, h *harness.BugSearch) (harness.Campaign, error) {
	target, draw, err := b.draws(h)
	if time.Since(b.told) >= b.tell.Every {
		b.told = time.Now()
		b.tell.Draw(b.progress(m, h))
	}
	return harness.Campaign{Target: target, Draw: draw, First: b.seed, Shard: harness.Whole, Jobs: b.jobs}, err
}

// draws is the target of a search, and how its plans are drawn.
func (b *bugSearcher) draws(h *harness.BugSearch) (bundled.Target, func(seed uint64) (harness.Experiment, error),
	error) {
	target, _ := bundled.Named(h.Target)
	base := swarmBase()
	base.Target, base.Bug = h.Target, h.Bug
	s, err := newSwarm(base, func(string) bool { return false })
	return target, s.draw, err
}

func (b *bugSearcher) progress(m *matrix, h *harness.BugSearch) string {
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
	left := b.limit - time.Since(b.began)
	return fmt.Sprintf("%d of %d bugs found, %d seeds, at most %v left: %s", found, len(m.Planted), seeds,
		left.Round(time.Second), name)
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
	return slices.Concat(named(m.Planted, func(h *harness.BugSearch) bool { return !h.AsItsClass() && !lookedFor(h) }),
		named(m.Correct, func(h *harness.BugSearch) bool { return !h.Found() && h.Tally.Seeds < m.correct }))
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

func (b *bugSearcher) write(m *matrix, out io.Writer) error {
	if err := m.print(out); err != nil {
		return err
	}
	if b.json != "" {
		text, err := json.MarshalIndent(m, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(b.json, append(text, '\n'), 0o644); err != nil {
			return err
		}
	}
	if b.remember != "" {
		if err := os.WriteFile(b.remember, []byte(m.seeds()), 0o644); err != nil {
			return err
		}
	}
	if b.markdown != "" {
		return m.into(b.markdown)
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
