package weak

import (
	"context"

	"github.com/splitvote/splitvote/checker"
	"github.com/splitvote/splitvote/history"
	"github.com/splitvote/splitvote/model"
)

// SequentialOf judges sequential consistency of any model by the search.
func SequentialOf[S, In, Out any](ctx context.Context, m model.Model[S, In, Out], h *history.History) checker.Result {
	return bySearch(ctx, m, h)
}
