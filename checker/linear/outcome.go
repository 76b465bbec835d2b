package linear

import (
	"context"
	"errors"

	"github.com/splitvote/splitvote/checker"
)

// outcome is what an engine found out about one object.
type outcome struct {
	verdict checker.Verdict
	cause   checker.Cause // of Unknown
	reason  string        // of Unknown, one line
	method  string
	stack   string   // of a panic
	through int      // of Unknown and Invalid, if not 0: the completion that could not be reached or explained
	witness *witness // of Invalid, if the engine found one
}

// interrupted is the outcome when ctx is over.
func interrupted(ctx context.Context) outcome {
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return outcome{verdict: checker.Unknown, cause: checker.Timeout, reason: "the time limit came first"}
	}
	return outcome{verdict: checker.Unknown, cause: checker.Cancelled, reason: "the check was stopped"}
}

func outOfMemory() outcome {
	return outcome{verdict: checker.Unknown, cause: checker.Memory, reason: "the memory limit came first"}
}
