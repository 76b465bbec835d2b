package weak

import (
	"context"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
)

// Grade is what a history still satisfies.
type Grade struct {
	Holds     []string   // the levels that hold, the strongest first
	Undecided []string   // those of which a limit, or the history itself, left open whether they hold
	Staleness *Staleness // of registers whose values are unique, else nil
}

// Strongest judges every level of the model, but what a level that holds implies, which is not
// judged again. Each level has a budget of steps and memory. In long histories one sort decides
// some levels, one pass may refute others, and what remains is undecided. It is an error if there
// is no such model.
func Strongest(ctx context.Context, modelName string, h *history.History, opts ...Option) (Grade, error) {
	var g Grade
	levels := Levels(modelName)
	if levels == nil {
		_, err := New(Sequential, modelName)
		return g, err
	}
	long := len(h.Calls()) > mostGraded
	read, set := leveled{model: modelName}.trace(h), apply(opts)
	var lost map[string]bool // of registers: the levels that one pass refutes
	for _, level := range cheapFirst(levels) {
		c := judged{leveled{level, modelName, set}, read}
		implied := slices.ContainsFunc(g.Holds, func(held string) bool { return slices.Contains(implies[held], level) })
		if implied {
			g.Holds = append(g.Holds, level)
			continue
		}
		if isRegister(modelName) && !isCheap(level) {
			if t, err := read(); err == nil && lost == nil {
				lost = refuted(t)
			}
			if lost[level] {
				continue
			}
		}
		if long && !isCheap(level) {
			g.Undecided = append(g.Undecided, level)
			continue
		}
		r := checker.Safe(limited(ctx), c, h)
		switch r.Verdict {
		case checker.Valid:
			g.Holds = append(g.Holds, level)
		case checker.Unknown:
			g.Undecided = append(g.Undecided, level)
		}
	}
	strength := func(a, b string) int { return slices.Index(levels, a) - slices.Index(levels, b) }
	slices.SortFunc(g.Holds, strength)
	slices.SortFunc(g.Undecided, strength)
	if isRegister(modelName) {
		if t, err := read(); err == nil {
			s := staleness(t)
			g.Staleness = &s
		}
	}
	return g, nil
}

// cheapFirst puts the levels in front that one sort decides, so that a long history is graded at
// least by these if the others take too long. Eventual is the first of all: it needs no trace, and
// its own copy of the history is garbage before the trace of the others is read.
func cheapFirst(levels []string) []string {
	cheap := func(level string) int {
		switch {
		case level == Eventual:
			return 0
		case isCheap(level):
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(levels), func(a, b string) int { return cheap(a) - cheap(b) })
}

func isCheap(level string) bool { return level == Regular || level == Safe || level == Eventual }

// judged is a level of a history whose trace is read once for all levels.
type judged struct {
	leveled
	read func() (*trace, error)
}

func (c judged) Check(ctx context.Context, h *history.History) checker.Result {
	return c.judge(ctx, h, c.read)
}

// Graded is a checker of linearizability that also says, where it finds a history invalid, which
// weaker levels hold, as the result's Holds, and in its Stats "undecided-levels" and "staleness".
// Grading changes no verdict.
func Graded(linearizable checker.Checker, modelName string, opts ...Option) checker.Checker {
	return graded{linearizable, modelName, opts}
}

type graded struct {
	checker.Checker
	model string
	opts  []Option
}

func (g graded) Check(ctx context.Context, h *history.History) checker.Result {
	r := checker.Safe(ctx, g.Checker, h) // which notes what the verdict took, grading aside
	AddGrade(ctx, &r, g.model, h, g.opts...)
	return r
}

// AddGrade adds to the result of a history of single objects what Graded would have added. Who
// prints the verdict first grades afterwards.
func AddGrade(ctx context.Context, r *checker.Result, modelName string, h *history.History, opts ...Option) {
	if r.Verdict != checker.Invalid {
		return
	}
	grade, err := Strongest(ctx, modelName, h, opts...)
	if err != nil {
		return
	}
	r.Holds = grade.Holds
	if r.Stats == nil {
		r.Stats = map[string]any{}
	}
	if len(grade.Undecided) > 0 {
		r.Stats["undecided-levels"] = grade.Undecided
	}
	if grade.Staleness != nil && grade.Staleness.Reads > 0 {
		r.Stats["staleness"] = *grade.Staleness
	}
}
