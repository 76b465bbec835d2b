package weak

import (
	"context"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Grade is what a history still satisfies.
type Grade struct {
	Holds     []string   // the levels that hold, the strongest first
	Undecided []string   // those of which a limit, or the history itself, left open whether they hold
	Staleness *Staleness // of registers whose values are unique, else nil
}

// Strongest judges every level of the model, from the strongest down; what a level that holds implies is not judged
// again. Where ctx ends first the rest is undecided. It is an error if there is no such model.
func Strongest(ctx context.Context, modelName string, h *history.History) (Grade, error) {
	var g Grade
	levels := Levels(modelName)
	if levels == nil {
		_, err := New(Sequential, modelName)
		return g, err
	}
	for _, level := range levels {
		c, err := New(level, modelName)
		if err != nil {
			return g, err
		}
		implied := slices.ContainsFunc(g.Holds, func(held string) bool { return slices.Contains(implies[held], level) })
		if implied {
			g.Holds = append(g.Holds, level)
			continue
		}
		judged, cancel := context.WithTimeout(ctx, share(ctx))
		r := checker.Safe(judged, c, h)
		cancel()
		switch r.Verdict {
		case checker.Valid:
			g.Holds = append(g.Holds, level)
		case checker.Unknown:
			g.Undecided = append(g.Undecided, level)
		}
	}
	if isRegister(modelName) {
		if t, err := registers(h, model.Register{CAS: modelName == "cas-register"}); err == nil {
			s := staleness(t)
			g.Staleness = &s
		}
	}
	return g, nil
}

// share is the time that one level may take: half of what is left, so that a hard level leaves the others theirs.
func share(ctx context.Context) time.Duration {
	deadline, limited := ctx.Deadline()
	if !limited {
		return time.Hour
	}
	return time.Until(deadline) / 2
}

// mostPatience bounds what grading adds to a verdict.
const mostPatience = 5 * time.Second

// Graded is a checker of linearizability that also says, where it finds a history invalid, which weaker levels hold, as the
// result's Holds, and in its Stats "undecided-levels" and "staleness". Grading takes 5 s at most and changes no verdict.
func Graded(linearizable checker.Checker, modelName string) checker.Checker {
	return graded{linearizable, modelName}
}

type graded struct {
	checker.Checker
	model string
}

func (g graded) Check(ctx context.Context, h *history.History) checker.Result {
	r := g.Checker.Check(ctx, h)
	if r.Verdict != checker.Invalid {
		return r
	}
	ctx, cancel := context.WithTimeout(ctx, mostPatience)
	defer cancel()
	grade, err := Strongest(ctx, g.model, h)
	if err != nil {
		return r
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
	return r
}
