package weak

import (
	"context"
	"maps"
	"slices"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// SequentialOf judges sequential consistency of any model by the search.
func SequentialOf[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], h *history.History) checker.Result {
	return bySearch(ctx, m, h)
}

// RefutedInOnePass lists the levels that one pass over a history refutes.
func RefutedInOnePass(modelName string, h *history.History) ([]string, error) {
	t, err := registers(h, model.Register{CAS: modelName == "cas-register"})
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(refuted(t))), nil
}
