package judge

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/checker/levels"
	"github.com/splitvote/splitvote/checker/linear"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/internal/failure"
	"github.com/splitvote/splitvote/plan"
)

// Reduce keeps the calls of a history that show a violation by themselves. The model is told by the
// calls where none is given; decided hears the verdict on the whole.
func Reduce(ctx context.Context, name string, h *history.History, model, level string, limit time.Duration,
	decided func(checker.Verdict)) (part *history.History, witness checker.Evidence, _ string, err error) {
	if model != "" && !slices.Contains(levels.ModelNames(), model) {
		return nil, witness, model, failure.Usage(
			fmt.Errorf("--model: no such model: %q", model),
			plan.Suggest(model, levels.ModelNames()),
		)
	}
	if model == "" {
		model = Guess(h)
	}
	by, err := levels.Judge(model, level, linear.Options{}, true)
	if err != nil {
		return nil, witness, model, failure.Usage(
			fmt.Errorf("%s: which model?", name),
			"--model says it; splitvote list models names them",
		)
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	whole := checker.Safe(limited, by, h)
	if ctx.Err() != nil {
		return nil, witness, model, failure.ErrStopped
	}
	if whole.Verdict != checker.Invalid || len(whole.Evidence) == 0 {
		return nil, witness, model, failure.Usage(
			fmt.Errorf("%s: it is %s as a %s: there is nothing to shrink", name, whole.Verdict, model),
		)
	}
	witness = whole.Evidence[0]
	part = h.Filter(func(op *history.Op) bool {
		return slices.Contains(witness.Ops, op.Index) && op.Process != history.Nemesis
	})
	decided(whole.Verdict)
	again := checker.Safe(limited, by, part)
	if ctx.Err() != nil {
		return nil, witness, model, failure.ErrStopped
	}
	if again.Verdict != checker.Invalid {
		return nil, witness, model, failure.Internal(
			fmt.Errorf("%s: the calls %v alone are %s", name, witness.Ops, again.Verdict),
		)
	}
	return part, witness, model, nil
}
