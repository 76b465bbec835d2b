package weak

import (
	"context"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// Of is the checker of sequential consistency for a model of one's own. It searches, so a history
// of many concurrent calls may stay unknown.
func Of[S, In, Out any](m model.Model[S, In, Out]) checker.Checker { return own[S, In, Out]{m} }

type own[S, In, Out any] struct{ m model.Model[S, In, Out] }

func (own[S, In, Out]) Name() string { return Sequential }

func (c own[S, In, Out]) Check(ctx context.Context, h *history.History) checker.Result {
	return bySearch(ctx, c.m, h)
}

// AddGradeOf is AddGrade for a model of one's own, whose weaker level is sequential.
func AddGradeOf[S, In, Out any](ctx context.Context, r *checker.Result, m model.Model[S, In, Out], h *history.History) {
	if r.Verdict != checker.Invalid {
		return
	}
	switch checker.Safe(limited(ctx), Of(m), h).Verdict {
	case checker.Valid:
		r.Holds = []string{Sequential}
	case checker.Unknown:
		if r.Stats == nil {
			r.Stats = map[string]any{}
		}
		r.Stats["undecided-levels"] = []string{Sequential}
	}
}
